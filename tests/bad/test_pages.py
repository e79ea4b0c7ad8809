"""Bodies of ../shared through the fetcher, the parse child and the splitter: parsed or skipped, and the crawl lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import psutil
import pytest

from core.domain import Passage
from ingest.pages import Parsed
from ingest.parsing.parse import ParseFailed, Parser
from ingest.web.results import Fetched, FetchFailed, FetchRequest, Refused
from tests.bad.inputs import Bad, bad
from tests.ingest.crawling import QUICK, fetcher_of
from tests.ingest.parsers import patient_parser
from tests.servers.site import DocSite, serve_site

pytestmark = pytest.mark.shared

URL = "https://docs.example/page"
HTML = "text/html"
FAILURES = {"parser timed out", "parser ran out of memory", "parser crashed", "page nested too deeply"}
MEMORY = 512 << 20
UNSEEN = set("\x00\ufeff\u00ad\u200b\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    async with patient_parser() as opened:
        yield opened


@bad("ingest.body.html")
async def test_hostile_html_is_parsed_or_skipped_and_the_next_page_is_read(parser: Parser, bad: Bad) -> None:
    good = ("<h1>Title</h1><p>" + "Words that are worth keeping. " * 10).encode()
    try:
        parsed = await parser.parse(bad.data, HTML, URL)
    except ParseFailed as failed:
        assert str(failed) in FAILURES  # noqa: PT017 - both ends are allowed
    else:
        HTML_CHECKS.get(bad.id, _harmless)(parsed)
        assert parser.pid is None or psutil.Process(parser.pid).memory_info().rss < MEMORY
    assert (await parser.parse(good, HTML, URL)).passages


def _harmless(parsed: Parsed) -> None:
    assert len(parsed.extract.title) <= 300
    assert len(parsed.extract.links) <= 5_000
    assert all(len(passage.text) <= 3_000 for passage in parsed.passages)


def _no_comment(parsed: Parsed) -> None:
    assert parsed.passages
    assert "SYSTEM" not in _words(parsed.passages)


def _short_title(parsed: Parsed) -> None:
    assert parsed.passages
    assert len(parsed.extract.title) == 300


def _short_anchor(parsed: Parsed) -> None:
    """Leave out an anchor that is too long: cut short, it would lead nowhere."""
    assert parsed.passages
    assert all(len(passage.anchor) <= 200 for passage in parsed.passages)


def _dropped(parsed: Parsed) -> None:
    assert not parsed.passages
    assert parsed.dropped_short


def _empty(parsed: Parsed) -> None:
    assert (parsed.passages, parsed.extract.trouble) == ((), "no text")


def _kept(parsed: Parsed) -> None:
    assert parsed.passages
    assert not parsed.dropped_short


def _needs_script(parsed: Parsed) -> None:
    assert (parsed.passages, parsed.extract.trouble) == ((), "needs javascript")


HTML_CHECKS: dict[str, Callable[[Parsed], None]] = {
    "html-022": _no_comment,
    "html-023": _short_title,
    "html-024": _short_anchor,
    "html-025": _dropped,
    "html-026": _empty,
    "html-028": _dropped,
    "html-029": _kept,
    "html-030": _needs_script,
}
REFUSED = {"enc-007": "pdf", "enc-008": "not html", "enc-009": "the answer was cut off", "enc-010": "not html"}
HEADERS = {"enc-009": {"Content-Encoding": "gzip"}}
DECLARED = {"enc-006": "; charset=utf-8"}


@bad("ingest.body.bytes")
async def test_bytes_that_are_no_text_are_skipped_and_all_others_are_stored(parser: Parser, bad: Bad) -> None:
    content_type = HTML + DECLARED.get(bad.id, "")
    site = DocSite(files={"/page": bad.data})
    site.headers["/page"] = {"Content-Type": content_type} | HEADERS.get(bad.id, {})
    async with serve_site(site), fetcher_of(site.base_url) as fetcher:
        answer = await fetcher.get(FetchRequest(site.url("/page")))
    assert site.asked["/page"] <= QUICK.tries
    if bad.id in REFUSED:
        assert isinstance(answer, Refused | FetchFailed)
        assert answer.reason == REFUSED[bad.id]
        return
    assert isinstance(answer, Fetched)
    parsed = await parser.parse(answer.body, answer.content_type, URL)
    assert parsed.passages
    words = _words(parsed.passages)
    assert UNSEEN.isdisjoint(words)
    words.encode("utf-8")  # a lone surrogate would not go into Postgres


def _words(passages: tuple[Passage, ...]) -> str:
    return "\n".join([text for each in passages for text in (each.title, *each.path, each.text)])
