"""What stands in a passage word for word is shown, and what only looks like it is judged like anything else."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.check.verbatim import stands_in
from tests.fakes import hit

PASSAGE = """This call is a hint. It does *not* add enough nodes so that 145 tasks can [run](r.html) [3].

Nobody says that it adds 145 nodes at once.

- `--slow`: waits for -1 seconds at most.

| Linux Python 3.9 (x86_64) | Linux Python 3.9 (aarch64) |
| all-to-all | ✘ | ✘ |
"""


@pytest.mark.parametrize(
    "text",
    [
        "It does not add enough nodes so that 145 tasks can run.",
        "This call is a hint. It does not add enough nodes so that 145 tasks can run.",
        "`--slow`: waits for -1 seconds at most.",
        "Linux Python 3.9 (x86_64) Linux Python 3.9 (aarch64)",
    ],
)
def test_whole_sentences_items_and_rows_stand_in_their_passage(text: str) -> None:
    assert stands_in(text, PASSAGE)


@pytest.mark.parametrize(
    "text",
    [
        "It does add enough nodes so that 145 tasks can run.",
        "It adds 145 nodes at once.",  # the passage says that nobody says so
        "`slow`: waits for -1 seconds at most.",
        "`--slow`: waits for 1 seconds at most.",
        "This call is a hint. `--slow`: waits for -1 seconds at most.",
        "Linux Python 3.8 (x86_64) Linux Python 3.9 (aarch64)",
        "A hint.",
    ],
)
def test_a_changed_cut_or_joined_text_does_not(text: str) -> None:
    assert not stands_in(text, PASSAGE)


def test_a_quoted_sentence_is_shown_although_its_passage_seems_to_say_otherwise() -> None:
    checker = Checker([hit(PASSAGE)], "What does this call do?")
    draft = "This call is a hint [1]. It does not add enough nodes so that 145 tasks can run [1]."
    assert "".join([*checker.feed(draft), *checker.finish()]) == draft
