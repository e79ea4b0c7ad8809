"""What a passage offers to quote: nothing that needs words which are left behind."""

from __future__ import annotations

import pytest

from core.answer.evidence import add_neighbours, limit_per_page
from core.check.citations import Checker
from core.check.segments import UnitKind
from core.domain import Hit, Passage, Question
from core.ports import Reading
from core.quote.quotes import find_procedure, find_quotes
from core.quote.reader import ExtractiveReader
from tests.fakes import hit


def quoted(text: str) -> list[tuple[str, str]]:
    """Return (lead, text) of each quote."""
    return [(each.lead, each.text) for each in find_quotes(hit(text).passage, 1)]


def test_a_term_with_a_colon_keeps_its_meaning() -> None:
    text = "Ids are in classes as follows:\n\n**0-99:**\nGiven by the project to all.\n\n**100-999:**\nGiven at need."
    lead = "Ids are in classes as follows:"
    assert quoted(text) == [
        (lead, "- **0-99**: Given by the project to all."),
        (lead, "- **100-999**: Given at need."),
    ]


def test_a_label_above_terms_is_none_of_them() -> None:
    text = "**Options:**\n**-q**\nBe quiet in all that you say.\n**-v**\nSay more of what you do."
    assert [each for _, each in quoted(text)] == [
        "- **-q**: Be quiet in all that you say.",
        "- **-v**: Say more of what you do.",
    ]


def test_code_on_a_line_above_a_paragraph_is_its_term() -> None:
    assert quoted("Before all.\n\n`-B`\nUse strong hashing. If it is slow, wait.\n\n`-q`, `--quiet`\nBe quiet.") == [
        ("", "- `-B`: Use strong hashing. If it is slow, wait.\n- `-q`, `--quiet`: Be quiet.")
    ]


def test_a_chain_of_sentences_that_lean_comes_from_its_beginning() -> None:
    text = "The code respects all levels. Furthermore, it knows the limits. Hence it keeps the number."
    assert quoted(text)[-1] == (
        "The code respects all levels. Furthermore, it knows the limits.",
        "Hence it keeps the number.",
    )


def test_a_lead_in_that_breaks_off_is_not_quoted_alone() -> None:
    text = "In order to satisfy the guidelines of `main` packages you should either:\n\n- repack the upstream sources"
    assert [each for _, each in quoted(text)] == ["- repack the upstream sources"]


def test_a_sentence_that_points_ahead_comes_with_what_it_points_at_alone() -> None:
    assert quoted("The tools know the following levels.") == []
    assert quoted("The tools know the following levels.\n\n- high and mighty\n- low and behold") == [
        ("The tools know the following levels:", "- high and mighty\n- low and behold")
    ]
    assert quoted("The following holds for all of them. Levels are high or low.") == [
        ("", "The following holds for all of them."),
        ("", "Levels are high or low."),
    ]


@pytest.mark.parametrize(
    "leaning", ["Furthermore, it", "Hence the tool", "In this way the tool", "For the same reason it"]
)
def test_a_sentence_that_leans_on_one_that_is_not_there_is_not_quoted(leaning: str) -> None:
    assert quoted(f"```sh\ntool\n```\n\n{leaning} respects all levels.") == [("", "```sh\ntool\n```")]
    assert quoted(f"Tools are kind. {leaning} respects all levels.")[-1][0] == "Tools are kind."


def test_the_tail_of_a_sentence_that_code_interrupts_is_not_quoted() -> None:
    assert quoted("Things like\n\n```sh\ntool *\n```\n\nappear to work in all shells.")[1:] == []


STEPS = """Keys are encrypted, so that a dialog asks for the phrase.

1. Remove the encryption from the key:

   ```sh
   crypt --decrypt server.key
   ```

2. Make sure that only root reads it."""


def test_a_numbered_list_is_a_procedure_with_its_code() -> None:
    steps = find_procedure(find_quotes(hit(STEPS).passage, 1))
    assert [(each.kind, each.lead) for each in steps] == [
        (UnitKind.FENCE, "1. Remove the encryption from the key:"),
        (UnitKind.ITEM, ""),
    ]
    assert find_procedure(find_quotes(hit("1. One step that stands alone.").passage, 1)) == []
    many = "\n".join(f"{number}. {'a step of many words ' * 5}" for number in range(1, 30))
    assert find_procedure(find_quotes(hit(many).passage, 1)) == []


async def test_steps_with_code_between_are_shown_in_their_order() -> None:
    reading = Reading(Question("How do I decrypt the encrypted keys?"), (hit(STEPS),))
    draft = "".join([piece async for piece in ExtractiveReader().read(reading)])
    at = [draft.index(part) for part in ("1. Remove the encryption", "```sh", "2. Make sure that only root")]
    assert at == sorted(at)
    checker = Checker([hit(STEPS)], "")
    text = "".join([*checker.feed(draft), *checker.finish()])
    assert (text, checker.dropped) == (draft, [])


async def test_who_asks_how_gets_the_steps_of_the_leading_section_whole_and_once() -> None:
    text = (
        "The dialog asks for the phrase of the key.\n\n1. Decrypt it with `crypt`.\n2. Let only root read it, please."
    )
    reading = Reading(Question("How do I get rid of the dialog that asks for the phrase?"), (hit(text),))
    draft = "".join([piece async for piece in ExtractiveReader().read(reading)])
    assert "1. Decrypt it with `crypt`. [1]\n2. Let only root read it, please. [1]" in draft
    assert draft.count("Decrypt") == 1


def test_the_best_hit_brings_what_its_section_says_before_and_after_it() -> None:
    def part(anchor: str, ordinal: int) -> Hit:
        return Hit(
            Passage("https://docs.example/a", anchor, ("A",), f"{anchor}{ordinal}", ordinal=ordinal), "docs", 1.0
        )

    hits = [part("x", 4), part("y", 9), part("z", 5), part("x", 3), part("x", 1), part("x", 5)]
    assert [each.passage.text for each in add_neighbours(hits)] == ["x4", "x3", "x5", "y9", "z5", "x1"]
    assert [each.passage.text for each in limit_per_page(add_neighbours(hits), 3)] == ["x4", "x3", "x5"]
    assert add_neighbours([]) == []
