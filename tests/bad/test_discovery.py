"""robots.txt, sitemaps and traps of ../shared: what is read of them, and where a crawl stops."""

from __future__ import annotations

import gzip
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from itertools import count

import pytest

from core.index.crawling import Verdict
from ingest.crawl import SLOWER, Crawler
from ingest.frontier import Bounds
from ingest.pages import Skipped
from ingest.web.body import decode_text
from ingest.web.robots import MAX_ROBOTS, Robots, load_robots
from ingest.web.sitemap import MAX_SITEMAPS, parse_sitemap, read_sitemaps
from tests.bad.inputs import Bad, bad
from tests.ingest.crawling import MemoryCorpus, RegexParser, fetcher_of, kept, source_of, walked
from tests.ingest.test_sync import crawled
from tests.servers.site import DocSite, page, serve_site

pytestmark = pytest.mark.shared

HOST = "https://docs.example"


def _wildcard(rules: Robots) -> None:
    assert not rules.allows(f"{HOST}/a?b=c")
    assert rules.allows(f"{HOST}/a")


def _capped(rules: Robots) -> None:
    assert (rules.delay, rules.capped) == (30.0, True)


def _no_delay(rules: Robots) -> None:
    assert (rules.delay, rules.capped) == (0.0, False)


def _quick(rules: Robots) -> None:
    assert rules.allows(f"{HOST}/" + "ab" * 1000 + "c") in {True, False}


def _a_is_forbidden(rules: Robots) -> None:
    assert not rules.allows(f"{HOST}/a")
    assert rules.allows(f"{HOST}/b")


def _all_is_allowed(rules: Robots) -> None:
    assert rules.allows(f"{HOST}/a")


def _x_is_forbidden(rules: Robots) -> None:
    assert not rules.allows(f"{HOST}/x")


ROBOTS: dict[str, Callable[[Robots], None]] = {
    "robots-003": _wildcard,
    "robots-004": _capped,
    "robots-005": _no_delay,
    "robots-007": _x_is_forbidden,
    "robots-008": _quick,
    "robots-012": _a_is_forbidden,
    "robots-013": _all_is_allowed,
}


@bad("ingest.robots")
async def test_robots_are_read_whatever_they_hold(bad: Bad) -> None:
    site = DocSite(files={"/robots.txt": bad.data})
    async with serve_site(site), serve_site(DocSite()) as secret, fetcher_of(site.base_url) as fetcher:
        if bad.id not in ROBOTS:
            site.robots = 302
            site.headers["/robots.txt"] = {"Location": secret.url("/robots.txt")}
        else:
            site.robots = decode_text(bad.data[:MAX_ROBOTS], "text/plain")
        rules = await load_robots(fetcher, site.base_url)
        assert not secret.asked
    ROBOTS.get(bad.id, _all_is_allowed)(rules)


@bad("ingest.robots")
async def test_a_crawl_under_such_robots_ends_and_says_what_was_asked_too_much(bad: Bad) -> None:
    site = DocSite({"/docs/": page("Start")}, robots=bad.text[:MAX_ROBOTS])
    async with serve_site(site), fetcher_of(site.base_url) as fetcher:
        if bad.id != "robots-004":
            assert kept(await walked(site)) == ["/docs/"]
            return
        async with aclosing(Crawler(source_of(site), fetcher, RegexParser()).walk({})) as outcomes:
            assert await anext(outcomes) == Skipped(site.url("/robots.txt"), SLOWER)


def _bomb() -> bytes:
    return gzip.compress(b"<urlset>" + bytes(60_000_000), 1)


@bad("ingest.sitemap")
async def test_a_hostile_sitemap_yields_nothing_and_the_crawl_lives_on_links(bad: Bad) -> None:
    site = DocSite({"/docs/": page("Start", "a"), "/docs/a": page("A")})
    async with serve_site(site):
        body = _bomb() if "bomb" in bad.text else bad.data
        text = bad.text.partition(" (")[0].partition(" served")[0].replace("http://docs.test", site.base_url)
        site.files["/sitemap.xml"] = text.encode() if "sitemapindex>" in text or "html" in text else body
        if "->" in bad.text:
            first, second = (_index(site.url(place)) for place in ("/b.xml", "/sitemap.xml"))
            site.files |= {"/sitemap.xml": first, "/b.xml": second}
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", "/docs/a"]
        assert all(times == 1 for path, times in site.asked.items() if path.endswith(".xml"))
        async with fetcher_of(site.base_url) as fetcher:
            found = await read_sitemaps(fetcher, (), site.url("/docs/"), lambda url, base: _on(site, url))
        assert not [url for url in found.pages if url.startswith("http")]
    assert MAX_SITEMAPS <= 50


def _on(site: DocSite, url: str) -> str | None:
    return url if url.startswith(site.base_url) else None


def _index(url: str) -> bytes:
    return f"<sitemapindex><sitemap><loc>{url}</loc></sitemap></sitemapindex>".encode()


@pytest.mark.parametrize("trouble", ["broken xml", "not a sitemap"])
def test_why_a_sitemap_was_left_is_said(trouble: str) -> None:
    bodies = {"broken xml": b"<a>" * 200_000, "not a sitemap": b"<html>404</html>"}
    assert trouble in parse_sitemap(bodies[trouble]).trouble


class Endless(dict[str, str]):
    """Pages that are written when they are requested."""

    def __init__(self, write: Callable[[str], str | None]) -> None:
        super().__init__({"/docs/": ""})
        self.write = write

    def get(self, path: str, default: object = None) -> str | None:  # type: ignore[override]  # as DocSite asks
        return self.write(path)


async def _walked(write: Callable[[str], str | None], bounds: Bounds | None = None) -> tuple[DocSite, list[str]]:
    site = DocSite(Endless(write))
    async with serve_site(site):
        return site, kept(await walked(site, bounds=bounds))


async def _calendar() -> None:
    numbers = count(2)

    def write(path: str) -> str | None:
        if path == "/docs/":
            return page("Start", "cal?y=2024&m=1")
        return page(path, f"cal?y=2024&m={next(numbers)}") if "cal" in path else None

    _, found = await _walked(write)
    assert len(found) == 9
    assert Bounds().pages == 5000


async def _depth() -> None:
    def write(path: str) -> str | None:
        last = path.strip("/").split("/")[-1]
        return page(path, f"{int(last) + 1 if last.isdigit() else 1}/") if path.startswith("/docs/") else None

    _, found = await _walked(write)
    assert len(found) == Bounds().depth + 1 == 21


async def _sessions() -> None:
    numbers = count()

    def write(path: str) -> str | None:
        links = [f"{name}{tail}{next(numbers)}" for name in "ab" for tail in (";jsessionid=", "?sid=")]
        return page("P" + path, *links) if path in {"/docs/", "/docs/a", "/docs/b"} else None

    site, found = await _walked(write)
    assert found == ["/docs/", "/docs/a", "/docs/b"]
    assert site.asked["/docs/a"] == site.asked["/docs/b"] == 1


async def _tracking() -> None:
    def write(path: str) -> str | None:
        links = [f"a?utm_source={number}" for number in range(50)]
        return page("P" + path, *links) if path in {"/docs/", "/docs/a"} else None

    site, found = await _walked(write)
    assert found == ["/docs/", "/docs/a"]
    assert site.asked["/docs/a"] == 1


async def _growing_query() -> None:
    def write(path: str) -> str | None:
        return page(path, f"p?x={'1' * (len(path) - 3)}", "p?x=" + "1" * 3000) if path.startswith("/docs/") else None

    site, found = await _walked(write)
    assert len(found) == 9
    assert max(map(len, site.asked)) < 2048


def _names() -> Iterator[str]:
    return (f"p{number}" for number in range(60))


async def _half_way_down() -> None:
    """Lose half of the pages, which is more than RULINGS 22 lets pass: in quarantine, and nothing removed."""
    corpus = MemoryCorpus()
    site = DocSite({"/docs/": page("Start", *_names())} | {f"/docs/{name}": page(name) for name in _names()})
    async with serve_site(site):
        await crawled(site, corpus)
        site.statuses = {f"/docs/{name}": [503] for name in list(_names())[30:]}
        report = await crawled(site, corpus)
    assert report.verdict in {Verdict.PARTIAL, Verdict.QUARANTINED}
    assert (corpus.removed, len(corpus.passages)) == (0, 61)


async def _all_gone() -> None:
    corpus = MemoryCorpus()
    site = DocSite({"/docs/": page("Start", *_names())} | {f"/docs/{name}": page(name) for name in _names()})
    async with serve_site(site):
        await crawled(site, corpus)
        site.mode = "mass404"
        report = await crawled(site, corpus)
    assert (report.verdict, corpus.removed, len(corpus.passages)) == (Verdict.ABORTED, 0, 61)
    assert report.reason


async def _many_links() -> None:
    """Bound what the walk makes of links; the parser gives 5,000 of them (tests.bad.test_neighbours)."""
    site = DocSite({"/docs/": page("Start", *(f"p{number}" for number in range(500)))})
    async with serve_site(site):
        outcomes = await walked(site, bounds=Bounds(pages=5))
    assert sum(isinstance(outcome, Skipped) for outcome in outcomes.values()) >= 400
    assert site.asked.total() < 50


TRAPS: dict[str, Callable[[], Awaitable[None]]] = {
    "trap-001": _calendar,
    "trap-003": _depth,
    "trap-004": _sessions,
    "trap-005": _tracking,
    "trap-007": _many_links,
    "trap-009": _growing_query,
    "trap-011": _half_way_down,
    "trap-012": _all_gone,
}


@bad("ingest.crawl")
async def test_a_trap_ends(bad: Bad) -> None:
    await TRAPS[bad.id]()
