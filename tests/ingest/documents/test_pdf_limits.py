"""PDFs made to cost: reading takes time in proportion to size, and a file that takes too long is left out by name."""

from __future__ import annotations

import math
import signal
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Passage, Source
from ingest.crawl import Crawler
from ingest.documents.pdf import read_pdf
from ingest.documents.pdf_blocks import MOST_TEXT, Writer
from ingest.documents.pdf_lines import Bookmark, Line, remove_edges
from ingest.documents.time_limit import OutOfTime, TimeBudget, time_limit
from ingest.folders.addresses import file_url
from ingest.folders.folder import Folder
from ingest.pages import Extract, Found, Kept, Parsed, Skipped
from tests.ingest.crawling import fetcher_of, source_of
from tests.ingest.parsers import patient_parser
from tests.ingest.pdfs import raw
from tests.servers.site import DocSite, serve_site

# The interrupt may fall into another library's callback of the garbage collector (Hypothesis has one), which swallows
# it with a warning. It is raised again a moment later, which is what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


URL = "https://docs.example/guide.pdf"
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
SHEET = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
    b"/Resources<</Font<</F1 3 0 R>>/XObject<</X 4 0 R>>>>>>"
)


def stream(data: bytes, kind: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%b>>stream\n%b\nendstream" % (len(packed), kind, packed)


def shared(content: bytes, pages: int) -> bytes:
    """Return a file whose pages all show the same content."""
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 5 + pages))
    return raw(CATALOG, b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, pages), FONT, stream(content), *([SHEET] * pages))


def rows(count: int) -> bytes:
    """Return this many lines, each a separate text."""
    return b"\n".join(
        b"BT /F1 10 Tf 1 0 0 1 72 %d Tm (Word %d of many that stand here.) Tj ET" % (700 - number * 12 % 600, number)
        for number in range(count)
    )


@contextmanager
def in_proportion() -> Iterator[None]:
    """Allow far more of the processor than the body needs, far less than the square of its size would take."""
    with time_limit(TimeBudget(15, math.inf)):
        yield


def test_lines_at_one_height_cost_no_square() -> None:
    page = [Line(f"word {number} here", 72.0, 700.0, 10.0) for number in range(60_000)]
    with in_proportion():
        (kept,) = remove_edges([page])
    assert len(kept) == 60_000


def test_a_paragraph_without_end_costs_no_square() -> None:
    line, writer = Line("some words that go on", 72.0, 700.0, 10.0), Writer("")
    with in_proportion():
        writer.write([[line] * 300_000], [])
    assert sum(len(block.text) for block in writer.blocks) == MOST_TEXT


def test_bookmarks_that_no_line_says_cost_no_product() -> None:
    page = [Line(f"word {number} here", 72.0, 700.0, 10.0) for number in range(20_000)]
    marks = [Bookmark(f"Part {number} that is nowhere", 0, 1, 600.0) for number in range(5_000)]
    writer = Writer("")
    with in_proportion():
        writer.write([page], marks)
    assert len(writer.blocks) > 5_000


def test_bookmarks_on_thousands_of_pages_cost_no_product() -> None:
    pages = [[Line(f"Part {number}", 72.0, 700.0, 10.0)] for number in range(3_000)]
    writer = Writer("")
    with in_proportion():
        writer.write(pages, [Bookmark(f"Part {number}", number, 1) for number in range(3_000) for _ in range(6)])
    assert len(writer.blocks) >= 3_000


def test_dots_without_end_cost_no_square() -> None:
    with in_proportion():
        (kept,) = remove_edges([[Line(". " * 200_000 + "and then", 72.0, 700.0, 10.0)]])
    assert len(kept) == 1


def test_what_a_library_swallows_is_raised_again() -> None:
    def spin() -> None:
        while True:
            pass

    with time_limit(TimeBudget(0.1, math.inf)):
        for _ in range(3):
            with pytest.raises(OutOfTime):
                spin()


def test_a_timer_that_was_set_before_goes_on_with_what_is_left() -> None:
    signal.setitimer(signal.ITIMER_PROF, 1_000)
    try:
        with time_limit(TimeBudget(15, math.inf)):
            sum(range(5_000_000))  # many ticks of the kernel's clock
        assert 0 < signal.getitimer(signal.ITIMER_PROF)[0] < 1_000
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def test_a_file_that_takes_too_long_is_read_as_far_as_its_time_goes() -> None:
    found = read_pdf(shared(rows(400), 3_000), URL, TimeBudget(3.0, math.inf))
    assert found.trouble == ""
    assert found.blocks
    first = int(found.left_out.removeprefix("page="))
    assert 1 < first < 3_000


@pytest.mark.parametrize(
    "content", [b"q 1 0 0 1 0 0 cm Q " * 300_000, b"/X Do " * 20, b"BT /F1 10 Tf " + b"(a) Tj " * 400_000 + b"ET"]
)
def test_one_page_that_takes_too_long_is_interrupted(content: bytes) -> None:
    found = read_pdf(shared(content, 1), URL, TimeBudget(0.5, math.inf))
    assert (found.trouble, found.blocks) in (("pdf takes too long", ()), ("no text", ()), ("damaged pdf", ()))


def test_pages_that_share_their_text_say_it_as_often_as_there_is_room() -> None:
    text = b"BT /F1 10 Tf 72 700 Td (" + b"All words of it. " * 60_000 + b") Tj ET"
    found = read_pdf(shared(text, 3_000), URL, TimeBudget(60.0, math.inf))
    assert found.left_out
    assert sum(len(block.text) for block in found.blocks) <= MOST_TEXT


async def test_the_parser_gets_what_was_read_in_time_and_hears_what_was_left_out() -> None:
    async with patient_parser(0.2) as parser:
        parsed = await parser.parse(shared(rows(100), 3_000), "application/pdf", URL)
        assert parsed.passages
        assert parsed.extract.left_out.startswith("page=")
        assert (await parser.parse(b"<p>" + b"Words that are kept. " * 20, "text/html", URL)).passages


class _Cut:
    """A parser that reads three pages of a document."""

    async def parse(self, body: bytes, content_type: str, url: str) -> Parsed:
        passages = (Passage(url, "page=1", ("Guide",), "Words that are kept. " * 20, "Guide"),)
        return Parsed(Extract("Guide", (), left_out="page=4"), passages, 0)


async def test_pages_that_were_left_out_are_named_and_the_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "guide.pdf").write_bytes(b"%PDF-1.7")
    served_at = file_url(tmp_path)
    source = Source(1, "docs", "https://docs.example/", served_at=served_at, kind="folder", pdf=True)
    _is_cut([each async for each in Folder(source, _Cut()).walk({})])


async def test_a_crawl_names_them_too_and_asks_for_the_file_without_a_condition() -> None:
    site = DocSite(files={"/docs/guide.pdf": b"%PDF-1.7"})
    site.headers["/docs/guide.pdf"] = {"Content-Type": "application/pdf", "ETag": '"1"'}
    async with serve_site(site):
        source = replace(source_of(site, "/docs/guide.pdf"), kind="page")
        async with fetcher_of(source.root_url) as fetcher:
            _is_cut([each async for each in Crawler(source, fetcher, _Cut()).walk({})])


def _is_cut(found: Sequence[Found]) -> None:
    (kept,) = [each for each in found if isinstance(each, Kept)]
    (rest,) = [each for each in found if isinstance(each, Skipped)]
    assert (rest.url, rest.reason) == (f"{kept.url}#page=4", "limits of one pdf")
    assert (kept.etag, kept.last_modified) == ("", "")
