"""What servers of ../shared do on the wire, and where they redirect to: the real fetcher, crawler and guard."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from itertools import pairwise

import psutil
import pytest

from ingest.pages import Kept
from ingest.web.body import ACCEPT_ENCODING
from ingest.web.fetch import MAX_REDIRECTS, Fetcher, _against_hop
from ingest.web.politeness import MAX_PAUSE
from ingest.web.results import Fetched, FetchFailed, FetchLimits, FetchRequest, Redirected, Refused, Result
from tests.bad.inputs import Bad, bad
from tests.bad.raw import Answer, drip, page, serve_raw
from tests.bad.test_urls import Names, guard_with
from tests.ingest.crawling import QUICK, fetcher_of, walked
from tests.servers import site as sites
from tests.servers.site import DocSite, serve_site

pytestmark = pytest.mark.shared

SHORT = FetchLimits(tries=2, backoff=0.0, header_timeout=0.2, patience=0.4)
GZIP = b"Content-Encoding: gzip"


def bomb(megabytes: int) -> bytes:
    """Return a gzip of zeros, made of one block that repeats."""
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (megabytes - 1)


async def got(answer: Answer, limits: FetchLimits = QUICK) -> tuple[Result, list[str]]:
    async with serve_raw(answer) as raw, fetcher_of(raw.url, limits=limits) as fetcher:
        return await fetcher.get(FetchRequest(raw.url)), raw.requests


async def _gzip_bomb() -> None:
    answer = page(bomb(1000), [GZIP])
    before = psutil.Process().memory_info().rss
    result, requests = await got(answer)
    assert isinstance(result, Refused)
    assert (result.reason, len(requests)) == ("too large", 1)
    assert psutil.Process().memory_info().rss - before < 32 << 20


async def _many_members() -> None:
    result, _ = await got(page(gzip.compress(b"") * 60_000, [GZIP]))
    assert isinstance(result, Refused)
    assert result.reason == "damaged compression"


async def _brotli() -> None:
    assert "br" not in ACCEPT_ENCODING.split(", ")
    result, requests = await got(page(b"\x8b\x00\x80", [b"Content-Encoding: br"]))
    assert isinstance(result, Refused)
    assert (result.reason, len(requests)) == ("unknown compression", 1)


async def _slow_drip() -> None:
    assert FetchLimits().patience <= 30
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n"
    result, _ = await got(drip(head, b"x", 0.02), SHORT)
    assert isinstance(result, FetchFailed)
    assert result.reason == "timed out"


async def _more_than_declared() -> None:
    result, _ = await got(page(b"<p>0123456" + b"y" * 1_000_000, length=10))
    assert result == Refused(result.url, "malformed answer") or (
        isinstance(result, Fetched) and result.body == b"<p>0123456"
    )


async def _long_header() -> None:
    result, requests = await got(page(headers=[b"X-Long: " + b"x" * 200_000]))
    assert isinstance(result, Refused)
    assert (result.reason, len(requests)) == ("malformed answer", 1)


async def _many_cookies() -> None:
    async with serve_raw(page(headers=[b"Set-Cookie: a%d=b" % number for number in range(10_000)])) as raw:
        async with fetcher_of(raw.url) as fetcher:
            for _ in range(2):
                assert isinstance(await fetcher.get(FetchRequest(raw.url)), Fetched | Refused)
        assert not [head for head in raw.requests if "\r\ncookie:" in head]


async def _no_end_of_header() -> None:
    assert FetchLimits().header_timeout <= 10
    result, _ = await got(drip(b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n", 0.02), SHORT)
    assert isinstance(result, FetchFailed)
    assert result.reason == "timed out"


async def _pause_on_success() -> None:
    async with serve_raw(page(headers=[b"Retry-After: 99999999"])) as raw, fetcher_of(raw.url) as fetcher:
        for _ in range(2):
            assert isinstance(await fetcher.get(FetchRequest(raw.url)), Fetched)


async def _endless_pause(bad: Bad) -> None:
    """Leave a host alone that asks for a longer pause than we wait; the crawl keeps what it had."""
    assert MAX_PAUSE <= 3600
    status, name, value = bad.text.split(" ", 2)
    site = DocSite({"/docs/": sites.page("Start", "a", "b")})
    site.statuses = {"/docs/a": [int(status)], "/docs/b": [int(status)]}
    site.headers = {path: {name.rstrip(":"): value} for path in site.statuses}
    async with serve_site(site):
        outcomes = await walked(site)
    assert isinstance(outcomes["/docs/"], Kept)
    assert site.asked["/docs/a"] + site.asked["/docs/b"] <= QUICK.tries


TRANSPORT: dict[str, Callable[[], Awaitable[None]]] = {
    "net-001": _gzip_bomb,
    "net-003": _many_members,
    "net-004": _brotli,
    "net-006": _slow_drip,
    "net-007": _more_than_declared,
    "net-009": _long_header,
    "net-010": _many_cookies,
    "net-012": _no_end_of_header,
    "net-015": _pause_on_success,
}


@bad("ingest.transport")
async def test_a_hostile_server_costs_a_page_at_most(bad: Bad) -> None:
    async with asyncio.timeout(60):
        await (TRANSPORT[bad.id]() if bad.id in TRANSPORT else _endless_pause(bad))


@bad("ingest.response")
async def test_no_answer_leads_to_an_address_that_nobody_named(bad: Bad) -> None:
    if bad.text.startswith("DNS:"):
        await _looked_up(bad)
    elif "https ->" in bad.text:
        assert _against_hop("http://docs.example/", ["https://docs.example/"]) == "redirect to plain http"
    elif bad.text.startswith(("30", "Refresh", "<")):
        await _led_away(bad)
    else:
        pytest.fail(f"{bad.id} is of no kind that is known")


async def _looked_up(bad: Bad) -> None:
    """Refuse a name whose addresses are all private; a private one among public ones is just not dialled."""
    addresses = ["10.0.0.1"] if "public" in bad.text else ["127.0.0.1"]
    guard = guard_with(Names(*addresses))
    async with Fetcher(guard, user_agent="footnote-bot/test", limits=FetchLimits(tries=1)) as fetcher:
        answer = await fetcher.get(FetchRequest("https://docs.example/"))
    assert answer == Refused("https://docs.example/", "address not allowed")
    assert guard.dialled == 0
    mixed = guard_with(Names("93.184.216.34", *addresses))
    assert [found["host"] for found in await mixed.resolve("docs.example", 443)] == ["93.184.216.34"]


async def _led_away(bad: Bad) -> None:
    async with serve_site(DocSite(pages={"/": sites.page("Secret")})) as secret, serve_site(DocSite()) as site:
        place, port = secret.base_url.rsplit(":", 1)
        text = bad.text.replace(":PORT", f":{port}").replace("127.0.0.1/", f"127.0.0.1:{port}/")
        _prepare(site, text)
        async with fetcher_of(site.base_url) as fetcher:
            answer = await fetcher.get(FetchRequest(site.url("/docs/go")))
            dialled = fetcher._guard.dialled
        outcomes = await walked(site)
        assert isinstance(outcomes["/docs/"], Kept)
        assert "/docs/go" in outcomes
        assert not secret.asked, place
    assert dialled == 1
    assert isinstance(answer, Refused | Redirected) or text.startswith(("<", "Refresh"))


def _prepare(site: DocSite, text: str) -> None:
    """Let `/docs/go` do what the input says, next to a page that is as it should be."""
    site.pages = {"/docs/": sites.page("Start", "go")}
    if text.startswith("<meta"):
        site.pages["/docs/go"] = sites.page("Go", head=text.replace("=refresh", '="refresh"'))
    elif text.startswith("<"):
        site.pages["/docs/go"] = sites.page("Go", head=text.replace("rel=canonical", 'rel="canonical"'))
    elif text.startswith("Refresh"):
        site.pages["/docs/go"] = sites.page("Go")
        site.headers["/docs/go"] = {"Refresh": text.partition(": ")[2]}
    elif "chain" in text:
        hops = ["/docs/go", *(f"/docs/go{number}" for number in range(30))]
        site.redirects = dict(pairwise(hops))
        assert len(hops) > MAX_REDIRECTS
    else:
        target = text.partition(": ")[2]
        where = {"itself (loop)": "/docs/go", "(empty)": ""}
        site.redirects = {"/docs/go": where.get(target, target)}
