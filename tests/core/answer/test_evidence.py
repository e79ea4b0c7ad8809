"""What a section consists of: blocks in its order, each with what introduces it."""

from __future__ import annotations

from core.answer.evidence import add_neighbours, limit_per_page, select_links, spread_sections
from core.check.segments import UnitKind
from core.domain import Hit, Passage
from core.quote.blocks import SectionBlock, split_blocks
from tests.fakes import hit


def blocks(text: str) -> list[SectionBlock]:
    return split_blocks([(1, hit(text).passage)])


def shown(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return (lead, lines) of each block."""
    return [(each.lead, each.lines) for each in blocks(text)]


def test_a_term_with_a_colon_keeps_its_meaning() -> None:
    text = "Ids are in classes as follows:\n\n**0-99:**\nGiven by the project to all.\n\n**100-999:**\nGiven at need."
    items = ("- **0-99**: Given by the project to all.", "- **100-999**: Given at need.")
    assert shown(text) == [("Ids are in classes as follows:", items)]


def test_a_label_above_terms_is_none_of_them_and_introduces_them() -> None:
    text = "**Options:**\n**-q**\nBe quiet in all that you say.\n**-v**\nSay more of what you do."
    items = ("- **-q**: Be quiet in all that you say.", "- **-v**: Say more of what you do.")
    assert shown(text) == [("Options:", items)]


def test_a_heading_within_the_text_labels_what_follows_and_a_bold_line_may_hold_a_nested_list() -> None:
    assert shown("**Example**\n\n```sh\nkiln\n```") == [("Example:", ("```sh\nkiln\n```",))]
    assert shown("Note:\n\nThere are two:\n\n1. Fire.\n2. Wait.") == [
        ("Note: There are two:", ("1. Fire.", "2. Wait."))
    ]
    assert shown("## Clay\n\nClay is wet.") == [("", ("Clay: Clay is wet.",))]
    assert shown("By load:\n\n**The kiln adds shelves,**\n  - and takes them away.") == [
        ("By load:", ("- The kiln adds shelves,", "  - and takes them away."))
    ]


def test_code_on_a_line_above_a_paragraph_is_its_term() -> None:
    assert shown("Before all.\n\n`-B`\nUse strong hashing. If it is slow, wait.\n\n`-q`, `--quiet`\nBe quiet.") == [
        ("", ("Before all.",)),
        ("", ("- `-B`: Use strong hashing. If it is slow, wait.", "- `-q`, `--quiet`: Be quiet.")),
    ]


def test_a_sentence_that_points_ahead_introduces_what_it_points_at() -> None:
    assert shown("The tools know the following levels.\n\n- high and mighty\n- low and behold") == [
        ("The tools know the following levels:", ("- high and mighty", "- low and behold"))
    ]
    assert shown("The following holds for all of them. Levels are high or low.") == [
        ("", ("The following holds for all of them.", "Levels are high or low."))
    ]


def test_a_paragraph_ends_at_its_line_and_code_takes_the_lead_before_it() -> None:
    found = blocks("Kilns are hot. Clay is wet.\n\nBricks are dry. Run this:\n\n```sh\nkiln\n```")
    assert [(each.kind, each.lead, each.lines) for each in found] == [
        (UnitKind.SENTENCE, "", ("Kilns are hot.", "Clay is wet.")),
        (UnitKind.SENTENCE, "", ("Bricks are dry.",)),
        (UnitKind.FENCE, "Run this:", ("```sh\nkiln\n```",)),
    ]


def test_the_tail_of_a_sentence_that_began_before_cannot_be_shown() -> None:
    assert [each.whole for each in blocks("appear to work in all shells.\n\nAll is well.")] == [False, True]


def test_a_formula_or_an_open_backtick_cannot_be_shown() -> None:
    assert [each.whole for each in blocks("A \\alpha \\beta \\gamma kiln.\n\nThe `kiln is open.\n\nAll is well.")] == [
        False,
        False,
        True,
    ]


def test_what_a_page_repeats_is_one_block() -> None:
    assert shown("The kiln is hot today.\n\nThe kiln is hot today.") == [("", ("The kiln is hot today.",))]


def test_the_best_hit_brings_what_its_section_says_before_and_after_it() -> None:
    def part(anchor: str, ordinal: int) -> Hit:
        return Hit(
            Passage("https://docs.example/a", anchor, ("A",), f"{anchor}{ordinal}", ordinal=ordinal), "docs", 1.0
        )

    hits = [part("x", 4), part("y", 9), part("z", 5), part("x", 3), part("x", 1), part("x", 5)]
    assert [each.passage.text for each in add_neighbours(hits)] == ["x4", "x3", "x5", "x1", "y9", "z5"]
    assert [each.passage.text for each in limit_per_page(add_neighbours(hits), 3)] == ["x4", "x3", "x5"]
    assert add_neighbours([]) == []


def test_a_section_is_linked_where_its_best_passage_ranks_not_its_last() -> None:
    names = ["a#x", "b#y", "c#z", "a#x", "a#w", "a#v"]
    hits = [hit(str(at), url=name[0], anchor=name[2]) for at, name in enumerate(names)]
    assert [link.url for link in select_links(hits, 3)] == ["a#x", "b#y", "c#z"]
    assert [each.passage.link for each in spread_sections(hits, 2)] == ["a#x", "b#y", "c#z", "a#w", "a#v"]
