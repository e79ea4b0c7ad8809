"""Links of ../shared in an answer: none is sent that no passage holds, however it is written and wherever it stands."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.check.links import remove_links_from_code, remove_links_from_prose
from tests.bad.inputs import Bad, bad
from tests.fakes import hit

pytestmark = pytest.mark.shared

PLACES = {
    "sentence": "{} [1].",
    "middle": "Use `fit` with {} to start [1].",
    "item": "- {} [1]\n",
    "heading": "## {}\n\nUse `fit` [1].",
    "lead-in": "{}:\n\n```\nfit\n```\n",
    "table": "| a | b |\n| --- | --- |\n| {} | y [1] |\n",
    "code span": "Call `{}` to fit [1].",
    "fence": "```\n{}\n```\n",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@bad("answer.links")
def test_no_link_leaves_that_a_model_wrote(bad: Bad, place: str) -> None:
    checker = Checker([hit("Use `fit` to start with SECRET, ref, x, path and page.")], "How do I start?")
    shown = "".join(checker.feed(place.replace("{}", bad.text)) + checker.finish())
    assert "evil" not in shown
    assert "://" not in shown
    assert "data:" not in shown
    assert "?x=" not in shown


def test_code_of_a_passage_keeps_its_url_byte_for_byte() -> None:
    checker = Checker([hit("Run `curl https://docs.example/get` to fit.")], "How do I start?")
    draft = "Run `curl https://docs.example/get` and not `curl https://docs.example/get?x=1` to fit [1]."
    shown = "".join(checker.feed(draft) + checker.finish())
    assert "https://docs.example/get?x=1" not in shown


@pytest.mark.parametrize("before", ["0", "x" * 40, "9" * 40, "_", "é", "1a"])
def test_no_letter_in_front_of_a_url_saves_it(before: str) -> None:
    for text in (f"See {before}https://evil.example/x.", f"See `{before}https://evil.example/x`."):
        assert "evil.example" not in remove_links_from_prose(text, (), "")
    assert "evil.example" not in remove_links_from_code(f"curl {before}https://evil.example/x", ())
