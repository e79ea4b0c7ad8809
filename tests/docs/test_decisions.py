"""Every decision has one form, so that a reader finds its reasons, its price and what was refused in the same place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "docs/decisions"
DECISIONS = sorted(FOLDER.glob("*.md"))
SECTIONS = ["Context", "Decision", "Consequences", "Refused"]

_LINK = re.compile(r"\[(?P<number>\d{4})\]\((?P<file>[^)]+)\)")
_STATUS = re.compile(
    r"Status: (?:accepted|(?:superseded|changed) by (?P<later>\[\d{4}\]\([^)]+\)(?:, \[\d{4}\]\([^)]+\))*))\. "
    r"Date: \d{4}-\d{2}-\d{2}\."
)
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def paragraphs(page: Path) -> list[str]:
    """Return the paragraphs of a page, each on one line, without its blocks of code."""
    return [" ".join(text.split()) for text in _FENCE.sub("", page.read_text("utf-8")).split("\n\n") if text.strip()]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_begins_with_its_number_and_its_status(page: Path) -> None:
    title, status = paragraphs(page)[:2]
    assert re.fullmatch(rf"# {page.name[:4]}: \S.*", title)
    assert _STATUS.fullmatch(status), status


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_four_sections_in_order_and_none_is_empty(page: Path) -> None:
    texts = paragraphs(page)
    heads = [place for place, text in enumerate(texts) if text.startswith("## ")]
    assert [texts[place] for place in heads] == [f"## {name}" for name in SECTIONS]
    assert heads[0] == 2
    for place, end in zip(heads, [*heads[1:], len(texts)], strict=True):
        assert any(not text.startswith("#") for text in texts[place + 1 : end]), texts[place]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_status_names_later_decisions_that_are_there(page: Path) -> None:
    for later in _LINK.finditer(paragraphs(page)[1]):
        assert later["number"] > page.name[:4]
        assert later["file"].startswith(f"{later['number']}-")
        assert (FOLDER / later["file"]).is_file()


def test_each_number_is_given_once() -> None:
    assert len({page.name[:4] for page in DECISIONS}) == len(DECISIONS)
