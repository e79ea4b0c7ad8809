"""The question sets over sites of others: kinds, gold and facts are complete, so that a figure means what it says."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bot.cli.evaluate import read_cases
from tests.conftest import ROOT

SETS = ("celery", "knot", "scrapy")
ANSWERABLE = ("docs-words", "user-words")


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_as_many_questions_of_each_kind_as_its_readme_says(name: str) -> None:
    rows = [json.loads(line) for line in (ROOT / "evals" / f"{name}.jsonl").read_text("utf-8").splitlines()]
    assert Counter(row["kind"] for row in rows) == {
        "docs-words": 15,
        "user-words": 15,
        "near-miss": 15,
        "off-topic": 10,
    }
    assert len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", SETS)
def test_what_is_answerable_has_gold_and_a_fact_and_nothing_else_has(name: str) -> None:
    rows = [json.loads(line) for line in (ROOT / "evals" / f"{name}.jsonl").read_text("utf-8").splitlines()]
    for row in rows:
        asked = row["kind"] in ANSWERABLE
        assert bool(row["gold"]) == ("key" in row) == ("holds" in row) == asked, row["id"]


@pytest.mark.parametrize("name", SETS)
def test_the_command_reads_a_set(name: str) -> None:
    assert len(read_cases(ROOT / "evals" / f"{name}.jsonl")) == 55
