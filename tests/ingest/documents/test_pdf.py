"""PDFs parsed: pages as anchors, bookmarks as headings, lines as paragraphs, and what cannot be read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ingest.documents.pdf import MOST_PAGES, read_pdf
from ingest.pages import Block, BlockKind, Extract
from ingest.parsing.parse import Parser
from tests.ingest.parsers import patient_parser
from tests.ingest.pdfs import CODE, Row, paragraph, pdf, raw

URL = "https://docs.example/files/user%20guide.pdf"
WORDS = (
    "The relay opens when the voltage falls below the limit that the operator has set, and closes again once it has "
    "been above that limit for a minute. Until then the pump stands still and the lamp is lit."
)


def manual(pages: int = 4) -> bytes:
    """Return a manual with running heads, bookmarks on two levels, and code."""
    sheets = []
    for number in range(pages):
        head = Row(f"Relay manual 2.{number % 2}", 760, size=8)
        text = paragraph(f"Page {number + 1}. {WORDS}", 680)
        sheets.append([head, Row(f"{number + 1} Part {number}", 710, size=16), *text, Row(str(number + 1), 40, x=300)])
    sheets[1] += [Row("relay --set 12", 500, font=CODE), Row("--volt", 488, x=84, font=CODE)]
    marks = [("Part 0", 0, 1), ("Part 1", 1, 2), ("Part 2", 2, 1), ("Part 3", 3, 1)]
    return pdf(sheets, marks=marks[:pages], title="Relay manual")


def texts(extract: Extract, kind: BlockKind = BlockKind.PARAGRAPH) -> list[str]:
    return [block.text for block in extract.blocks if block.kind is kind]


def test_bookmarks_are_headings_and_pages_are_anchors() -> None:
    found = read_pdf(manual(), URL)
    assert (found.title, found.trouble) == ("Relay manual", "")
    headings = [(block.text, block.level, block.anchor) for block in found.blocks if block.kind is BlockKind.HEADING]
    assert headings == [
        ("Part 0", 1, "page=1"),
        ("Part 1", 2, "page=2"),
        ("Part 2", 1, "page=3"),
        ("Part 3", 1, "page=4"),
    ]
    second = next(block for block in found.blocks if block.text.startswith("Page 2."))
    assert (second.anchor, second.path) == ("page=2", ("Relay manual", "Part 0", "Part 1"))


def test_lines_are_joined_and_running_heads_and_numbers_are_gone() -> None:
    found = read_pdf(manual(), URL)
    assert texts(found) == [f"Page {number}. {WORDS}" for number in range(1, 5)]


def test_code_keeps_its_lines_and_its_indentation() -> None:
    assert texts(read_pdf(manual(), URL), BlockKind.CODE) == ["relay --set 12\n  --volt"]


def test_quotation_marks_in_code_are_those_that_are_typed() -> None:
    rows = [Row("plot \u2019a b\u2019", 700, font=CODE), Row("x=\u2018date\u2018", 688, font=CODE)]
    assert texts(read_pdf(pdf([rows]), URL), BlockKind.CODE) == ["plot 'a b'\nx=`date`"]


def test_a_word_divided_at_the_end_of_a_line_is_joined_and_a_compound_is_not() -> None:
    rows = [Row("The config-", 700), Row("uration of a well-known relay-A-", 688), Row("B type.", 676)]
    assert texts(read_pdf(pdf([rows]), URL)) == ["The configuration of a well-known relay-A- B type."]


def test_a_paragraph_goes_on_over_the_end_of_a_page() -> None:
    found = read_pdf(pdf([[Row("It ends on the", 60)], [Row("next page. Then", 760), Row("Another one.", 700)]]), URL)
    assert [(block.text, block.anchor) for block in found.blocks] == [
        ("It ends on the next page. Then", "page=1"),
        ("Another one.", "page=2"),
    ]


def test_items_of_a_list_are_told_apart() -> None:
    rows = [Row("Choose:", 700), Row("\u2022 the first of", 688), Row("both", 676, x=80), Row("2. the other", 664)]
    found = read_pdf(pdf([rows]), URL)
    assert texts(found, BlockKind.ITEM) == ["- the first of both", "2. the other"]


def test_without_bookmarks_large_type_makes_headings() -> None:
    rows = [Row("Start", 720, size=18), *paragraph(WORDS, 690), Row("More", 600, size=14), *paragraph(WORDS, 580)]
    found = read_pdf(pdf([rows]), URL)
    assert [(block.path, block.level) for block in found.blocks if block.kind is BlockKind.HEADING] == [
        (("Start",), 1),
        (("Start", "More"), 2),
    ]


def test_the_title_is_the_documents_then_the_largest_line_then_the_file_name() -> None:
    assert read_pdf(pdf([[Row("Some text.", 700)]], title="Microsoft Word - x.doc"), URL).title == "user guide"
    assert read_pdf(pdf([[Row("A Guide", 740, size=20), *paragraph(WORDS, 700)]]), URL).title == "A Guide"


def test_a_table_of_contents_is_no_text() -> None:
    rows = [Row("Wiring . . . . . . . . . . . . 12", 700), Row("Pumps ........ xiv", 688), Row("The end is near.", 600)]
    assert texts(read_pdf(pdf([rows]), URL)) == ["The end is near."]


def test_text_that_no_reader_sees_is_not_read() -> None:
    rows = [Row("Obey me at once.", 650, size=0.5), Row("Obey me, too.", 700, x=900), *paragraph(WORDS * 3, 690)]
    assert texts(read_pdf(pdf([rows]), URL)) == [WORDS * 3]


def test_narrow_gaps_between_words_are_blanks() -> None:
    body = pdf([[Row("gap", 700)]]).replace(b"(gap) Tj", b"[(how)-180(to)-175(be)30(come)-170(one)]TJ")
    (block,) = read_pdf(body, URL).blocks
    assert block.text == "how to become one"


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (pdf([[Row("Secret text.", 700)]], password="x"), "encrypted pdf"),
        (b"%PDF-1.7\nnothing of the kind", "damaged pdf"),
        (manual()[:700], "damaged pdf"),
        (pdf([[]]), "no text"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(body: bytes, trouble: str) -> None:
    found = read_pdf(body, URL)
    assert (found.trouble, found.blocks) == (trouble, ())


CATALOG, PAGE = b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
FORM = b"<</Type/XObject/Subtype/Form/Length 11/Resources<</XObject<</X 5 0 R>>>>>>stream\n/X Do /X Do\nendstream"


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (raw(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), "damaged pdf"),
        (raw(CATALOG, b"<</Type/Pages/Kids[]/Count 2000000000>>"), "no text"),
        (raw(CATALOG, PAGE, b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>", b"[" * 3_000), "no text"),
        (
            raw(
                CATALOG,
                PAGE,
                b"<</Type/Page/Parent 2 0 R>>",
                b"<</First 5 0 R>>",
                b"<</Title(A)/Next 5 0 R/First 5 0 R>>",
            ),
            "no text",
        ),
        (
            raw(
                CATALOG,
                PAGE,
                b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
                b"<</Length 5>>stream\n/X Do\nendstream",
                FORM,
            ),
            "no text",
        ),
    ],
    ids=["pages in a circle", "more pages than bytes", "nested", "bookmarks in a circle", "a form in itself"],
)
def test_files_that_lead_in_circles_end(body: bytes, trouble: str) -> None:
    assert read_pdf(body, URL).trouble == trouble


def test_a_pdf_of_too_many_pages_is_not_begun() -> None:
    assert read_pdf(pdf([[]] * (MOST_PAGES + 1)), URL).trouble == "over 3,000 pages"


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    async with patient_parser(5.0) as opened:
        yield opened


async def test_the_child_takes_pdfs_apart_whatever_their_type_says(parser: Parser) -> None:
    parsed = await parser.parse(manual(), "application/octet-stream", URL)
    assert parsed.extract.title == "Relay manual"
    assert {passage.link for passage in parsed.passages} == {f"{URL}#page={number}" for number in (1, 2, 3, 4)}


async def test_a_pdf_has_more_time_than_a_page() -> None:
    async with patient_parser(0.4) as parser:
        parsed = await parser.parse(manual(200), "application/pdf", URL)
    assert len(parsed.passages) > 50


def test_blocks_have_the_shape_of_a_page_of_html() -> None:
    (block,) = read_pdf(pdf([[Row("Some text.", 700)]]), URL).blocks
    assert block == Block(BlockKind.PARAGRAPH, "Some text.", "page=1", ("user guide",))
