"""Where passages begin and end."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Passage, PassageKind
from ingest.html.extract import extract
from ingest.pages import Block, BlockKind, Extract
from ingest.split import split
from tests.examples import share_of

URL = "https://docs.example/page"
SENTENCE = "This sentence has exactly nine plain words in it. "


def passages(*blocks: Block, title: str = "Page") -> tuple[Passage, ...]:
    return split(Extract(title, blocks), URL)[0]


def heading(text: str, *above: str, level: int = 2) -> Block:
    return Block(BlockKind.HEADING, text, text.lower(), (*above, text), level, opens=True)


def prose(size: int, *path: str) -> Block:
    text = (SENTENCE * (size // len(SENTENCE) + 1))[:size].strip()
    return Block(BlockKind.PARAGRAPH, text, path[-1].lower() if path else "", path)


def code(text: str, language: str = "python", *path: str) -> Block:
    return Block(BlockKind.CODE, text, "", path, language=language)


def test_a_passage_knows_where_it_stands() -> None:
    (only,) = passages(heading("Part", "Page"), prose(300, "Page", "Part"))
    assert (only.url, only.anchor, only.path, only.title, only.ordinal) == (URL, "part", ("Page", "Part"), "Page", 0)
    assert only.kind is PassageKind.PROSE


def test_each_heading_begins_a_passage() -> None:
    found = passages(heading("A", "P"), prose(400, "P", "A"), heading("B", "P"), prose(400, "P", "B"))
    assert [passage.path[-1] for passage in found] == ["A", "B"]
    assert [passage.ordinal for passage in found] == [0, 1]


def test_a_long_section_is_cut_near_the_target() -> None:
    found = passages(heading("A", "P"), *(prose(300, "P", "A") for _ in range(12)))
    assert all(700 <= len(passage.text) <= 1_300 for passage in found)
    assert len(found) == 4


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    found = passages(heading("A", "P"), prose(4_000, "P", "A"))
    assert all(len(passage.text) <= 1_300 for passage in found)
    assert all(passage.text.endswith(".") for passage in found[:-1])


def test_the_introduction_of_a_section_does_not_stand_under_its_first_child() -> None:
    found = passages(heading("A", "P"), prose(30, "P", "A"), heading("B", "P", "A", level=3), prose(500, "P", "A", "B"))
    assert [(passage.anchor, passage.path) for passage in found] == [("a", ("P", "A")), ("b", ("P", "A", "B"))]
    assert "### B" not in found[0].text + found[1].text


def test_a_section_with_a_link_is_a_passage_from_three_words_on_its_heading_counted() -> None:
    texts = {"A": "Yes.", "Is it?": "No.", "Port": "8080", "B": "See below."}
    blocks = [b for name, text in texts.items() for b in (heading(name, "P"), unlinked_text(text, name))]
    found, dropped = split(Extract("P", tuple(blocks)), URL)
    assert [(passage.path[-1], passage.text) for passage in found] == [
        ("Is it?", "No."),
        ("Port", "8080"),
        ("B", "See below."),
    ]
    assert dropped == 1


def unlinked(text: str) -> Block:
    return heading(text, "P")._replace(anchor="", opens=False)


def unlinked_text(text: str, name: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text, name.lower(), ("P", name))


def unlinked_prose(size: int, *path: str) -> Block:
    return prose(size, *path)._replace(anchor="")


def test_small_siblings_without_links_share_a_passage_that_says_both_headings() -> None:
    top = heading("P", level=1)
    blocks = (unlinked("A"), unlinked_prose(150, "P", "A"), unlinked("B"), unlinked_prose(150, "P", "B"))
    (only,) = passages(top, *(block._replace(anchor="p") for block in blocks))
    assert (only.path, only.anchor) == (("P",), "p")
    assert re.findall(r"^## (\w)$", only.text, re.MULTILINE) == ["A", "B"]


def test_a_small_section_above_two_small_children_is_said_first_and_each_heading_once() -> None:
    blocks = [heading("Up", "P"), prose(60, "P", "Up")]
    for name in ("A", "B"):
        blocks += [heading(name, "P", "Up", level=3), prose(60, "P", "Up", name)]
    (only,) = passages(*(block._replace(anchor="", opens=False) for block in blocks))
    assert only.path == ("P", "Up")
    assert [line for line in only.text.split("\n\n") if line.startswith("#")] == ["### A", "### B"]
    assert not only.text.startswith("#")


def test_a_section_without_a_link_does_not_stand_under_the_sibling_before() -> None:
    found = passages(heading("A", "P"), prose(600, "P", "A"), unlinked("B"), unlinked_prose(150, "P", "B"))
    assert [(passage.path, passage.anchor) for passage in found] == [(("P", "A"), "a"), (("P", "B"), "")]


def test_a_section_without_a_link_that_is_too_short_keeps_its_heading_in_the_text_before() -> None:
    (only,) = passages(heading("A", "P"), prose(600, "P", "A"), unlinked("B"), unlinked_prose(20, "P", "B"))
    assert only.text.endswith("\n\n## B\n\nThis sentence has ex")


def test_code_up_to_two_thousand_characters_stays_whole() -> None:
    source = "\n\n".join(f"line_{n} = call({n})" for n in range(80))
    found = passages(heading("A", "P"), prose(900, "P", "A"), code(source, "python", "P", "A"))
    assert sum(f"```python\n{source}\n```" in passage.text for passage in found) == 1
    whole = next(passage for passage in found if source in passage.text)
    assert (whole.kind, whole.language) == (PassageKind.CODE, "python")


def test_larger_code_is_cut_on_blank_lines_with_its_fence_repeated() -> None:
    source = "\n\n".join(f"def f{n}():\n    return {n} * {'x' * 60}" for n in range(60))
    found = passages(heading("A", "P"), code(source, "python", "P", "A"))
    assert len(found) > 2
    assert all(passage.text.startswith("```python\ndef f") and passage.text.endswith("\n```") for passage in found)


def test_a_fence_is_longer_than_any_within() -> None:
    (only,) = passages(heading("A", "P"), prose(200, "P", "A"), code("a\n````\nb", "md", "P", "A"))
    assert "`````md\na\n````\nb\n`````" in only.text


def test_a_large_table_repeats_its_header() -> None:
    rows = "\n".join(f"| option_{n} | {'words ' * 12}|" for n in range(60))
    table = Block(BlockKind.TABLE, f"| Name | Meaning |\n| --- | --- |\n{rows}", "a", ("P", "A"))
    found = passages(heading("A", "P"), table)
    assert len(found) > 3
    assert all(passage.text.startswith("| Name | Meaning |\n| --- | --- |\n| option_") for passage in found)
    assert all(passage.kind is PassageKind.TABLE for passage in found)


def test_a_line_that_leads_stays_with_what_follows() -> None:
    lead = Block(BlockKind.PARAGRAPH, "Run the following command to see it:", "a", ("P", "A"))
    source = "\n".join(f"command --number {n}" for n in range(80))
    found = passages(heading("A", "P"), prose(900, "P", "A"), lead, code(source, "sh", "P", "A"))
    assert found[-1].text.startswith("Run the following command to see it:\n\n```sh\n")


def test_a_signature_stays_with_its_description() -> None:
    signature = Block(BlockKind.SIGNATURE, "`f(a, b)`", "f", ("P", "A"))
    found = passages(heading("A", "P"), prose(980, "P", "A"), signature, prose(300, "P", "A"))
    assert found[-1].text.startswith("`f(a, b)`\nThis sentence")
    assert (found[-1].anchor, found[-1].kind) == ("f", PassageKind.API)


def test_what_is_too_short_is_dropped_and_counted_after_joining() -> None:
    page = extract("<h1>T</h1><p>short</p>", URL)
    assert split(page, URL) == ((), 1)
    (only,) = passages(heading("A", "P"), prose(500, "P", "A"), unlinked("B"), unlinked_prose(20, "P", "B"))
    assert "## B" in only.text


def test_scripts_without_blanks_are_not_too_short() -> None:
    (only,) = passages(heading("A", "P"), Block(BlockKind.PARAGRAPH, "正在运行的文档内容用于测试" * 6, "a", ("P", "A")))
    assert only.text.startswith("正在")


def test_the_title_of_a_note_leads_and_starts_no_section() -> None:
    note = Block(BlockKind.HEADING, "Note", "a", ("P", "A", "Note"), 3, note="note")
    (only,) = passages(heading("A", "P"), prose(300, "P", "A"), note, prose(100, "P", "A"))
    assert "\n\n**Note**\n\nThis sentence" in only.text


def test_items_of_a_list_stand_close() -> None:
    items = [Block(BlockKind.ITEM, f"- item number {n} with words", "a", ("P", "A"), depth=1) for n in range(6)]
    (only,) = passages(heading("A", "P"), *items)
    assert only.text.count("\n") == 5


LINES = st.lists(st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=90), max_size=120)
KINDS = st.sampled_from([BlockKind.PARAGRAPH, BlockKind.CODE, BlockKind.ITEM, BlockKind.SIGNATURE, BlockKind.HEADING])


@given(st.lists(st.tuples(KINDS, LINES), max_size=12))
@settings(max_examples=share_of(120), deadline=None)
def test_no_line_of_code_is_lost_or_doubled(page: list[tuple[BlockKind, list[str]]]) -> None:
    filler = prose(200, "P")
    blocks: list[Block] = []
    for number, (kind, lines) in enumerate(page):
        text = "\n".join(lines) if kind is BlockKind.CODE else " ".join(lines)[:900].replace("`", "'")
        if text.strip():
            blocks += [Block(kind, text, f"a{number}", ("P",), 2), filler]
    found = passages(*blocks)
    wanted = [line for block in blocks if block.kind is BlockKind.CODE for line in block.text.split("\n") if line]
    assert [line for passage in found for line in _code_lines(passage.text)] == wanted
    known = {block.anchor for block in blocks}
    assert all(passage.anchor in known for passage in found)


def _code_lines(text: str) -> list[str]:
    """Return the lines in fences that are not blank."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if fence and line == fence:
            fence = ""
        elif fence:
            lines += [line] if line else []
        elif opening := re.match(r"`{3,}(?=python|$)", line):
            fence = opening.group()
    return lines
