"""`ingest.web.fetch` and `ingest.web.politeness` against a site on loopback, and `ingest.web.headers`."""

from __future__ import annotations

import asyncio
import gzip
import time
from dataclasses import replace

import pytest

from ingest.web.fetch import Fetcher
from ingest.web.guard import Guard
from ingest.web.headers import directives, refresh_target
from ingest.web.politeness import HostClosed, PoliteHost
from ingest.web.results import (
    Fetched,
    FetchFailed,
    FetchLimits,
    FetchRequest,
    NotFound,
    NotModified,
    Redirected,
    Refused,
    Validators,
)
from tests.ingest.crawling import QUICK, fetcher_of
from tests.servers.ports import held_port
from tests.servers.site import DocSite, page, serve_site

HTML = {"Content-Type": "text/html"}


async def got(site: DocSite, path: str, **options: object) -> object:
    async with fetcher_of(site.base_url) as fetcher:
        return await fetcher.get(FetchRequest(site.url(path), **options))  # type: ignore[arg-type]  # options of Ask


async def test_a_page_comes_with_its_validators_and_headers() -> None:
    site = DocSite({"/a": page("A")}, headers={"/a": {"X-Robots-Tag": "noindex", "Refresh": "0; url=/b"}})
    async with serve_site(site):
        answer = await got(site, "/a")
        assert isinstance(answer, Fetched)
        assert "All about A" in answer.text
        assert answer.etag
        assert (answer.robots_tag, answer.refresh) == ("noindex", "0; url=/b")


async def test_validators_make_a_304_of_an_unchanged_page() -> None:
    async with serve_site(DocSite({"/a": page("A")})) as site:
        first = await got(site, "/a")
        assert isinstance(first, Fetched)
        answer = await got(site, "/a", validators=lambda _: Validators(first.etag))
        assert answer == NotModified(site.url("/a"))


async def test_redirects_are_shown_to_the_asker_one_by_one() -> None:
    site = DocSite({"/c": page("C")}, {"/a": "/b", "/b": "c", "/loop": "/loop2", "/loop2": "/loop", "/bad": "ftp://x/"})
    async with serve_site(site):
        seen: list[str] = []
        answer = await got(site, "/a", permit=lambda target: seen.append(target) or "")  # type: ignore[func-returns-value]  # records
        assert isinstance(answer, Fetched)
        assert seen == [site.url("/b"), site.url("/c")]
        assert await got(site, "/a", permit=lambda _: "no") == Redirected(site.url("/a"), site.url("/b"), "no")
        assert await got(site, "/loop") == Refused(site.url("/loop2"), "redirect loop")
        assert await got(site, "/bad") == Refused(site.url("/bad"), "redirect to no url")


async def test_five_redirects_are_followed_and_no_more() -> None:
    site = DocSite({"/6": page("End")}, {f"/{n}": f"/{n + 1}" for n in range(6)})
    async with serve_site(site):
        assert isinstance(await got(site, "/1"), Fetched)
        assert await got(site, "/0") == Refused(site.url("/5"), "redirect limit")


@pytest.mark.parametrize("status", [404, 410])
async def test_a_missing_page_is_missing_at_once(status: int) -> None:
    async with serve_site(DocSite(statuses={"/a": [status]})) as site:
        assert await got(site, "/a") == NotFound(site.url("/a"), status)
        assert site.asked["/a"] == 1


async def test_a_fault_that_passes_is_asked_again() -> None:
    async with serve_site(DocSite({"/a": page("A")}, statuses={"/a": [503, 200]})) as site:
        assert isinstance(await got(site, "/a"), Fetched)
        assert site.asked["/a"] == 2


@pytest.mark.parametrize(("status", "times"), [(500, 2), (429, 2), (401, 1), (403, 1)])
async def test_a_fault_that_stays_is_broken(status: int, times: int) -> None:
    async with serve_site(DocSite(statuses={"/a": [status]})) as site:
        assert await got(site, "/a") == FetchFailed(site.url("/a"), f"http {status}", status)
        assert site.asked["/a"] == times


async def test_what_is_no_page_is_refused_unread() -> None:
    site = DocSite(
        files={"/pdf": b"%PDF", "/text": b"plain words", "/html": b" <p>hidden</p>", "/big": b"<p>" + b"x" * 999}
    )
    site.headers = {"/pdf": {"Content-Type": "application/pdf"}, "/big": HTML}
    async with serve_site(site):
        assert await got(site, "/pdf") == Refused(site.url("/pdf"), "pdf")
        assert await got(site, "/text") == Refused(site.url("/text"), "not html")
        assert isinstance(await got(site, "/html"), Fetched)
        assert await got(site, "/big", cap=500) == Refused(site.url("/big"), "too large")


async def test_compression_is_undone_and_a_bomb_refused() -> None:
    site = DocSite(files={"/gz": gzip.compress(b"<p>packed</p>"), "/bomb": gzip.compress(bytes(50_000_000))})
    site.headers = {path: HTML | {"Content-Encoding": "gzip"} for path in site.files}
    async with serve_site(site):
        answer = await got(site, "/gz")
        assert isinstance(answer, Fetched)
        assert answer.text == "<p>packed</p>"
        assert await got(site, "/bomb") == Refused(site.url("/bomb"), "too large")


async def test_no_answer_at_all_is_broken() -> None:
    with held_port() as port:
        site = DocSite(base_url=f"http://127.0.0.1:{port}")
        assert await got(site, "/a") == FetchFailed(site.url("/a"), "cannot connect")


async def test_a_server_that_never_answers_is_given_up() -> None:
    site = DocSite({"/a": page("A")}, latch=asyncio.Event())
    limits = FetchLimits(tries=1, backoff=0.0, header_timeout=0.05, patience=1.0)
    async with serve_site(site), fetcher_of(site.base_url, limits=limits) as fetcher:
        assert await fetcher.get(FetchRequest(site.url("/a"))) == FetchFailed(site.url("/a"), "timed out")


async def test_a_host_that_is_down_is_left_alone() -> None:
    async with serve_site(DocSite(mode="down")) as site, fetcher_of(site.base_url) as fetcher:
        answers = [await fetcher.get(FetchRequest(site.url(f"/{n}"))) for n in range(15)]
        assert answers[-1] == FetchFailed(site.url("/14"), "the site is down")
        assert fetcher.requests == site.asked.total() == 20


async def test_headers_of_a_source_go_to_named_hosts_only() -> None:
    async with serve_site(DocSite({"/a": page("A")})) as site:
        guard = Guard([site.base_url], allow_private=True)
        async with Fetcher(guard, user_agent="bot", headers={"User-Agent": "secret"}) as fetcher:
            await fetcher.get(FetchRequest(site.url("/a")))
        assert set(site.agents) == {"secret"}


async def test_a_pause_that_is_too_long_closes_the_host() -> None:
    site = DocSite(statuses={"/a": [503]}, headers={"/a": {"Retry-After": "3600"}})
    async with serve_site(site):
        assert await got(site, "/a") == FetchFailed(site.url("/a"), "the site asks to be left alone for longer", 503)
        assert site.asked["/a"] == 1


@pytest.mark.parametrize("booted", [-3_000.0, 0.0, 1e6])
async def test_pauses_without_end_close_a_host(monkeypatch: pytest.MonkeyPatch, booted: float) -> None:
    host = PoliteHost(1)
    with monkeypatch.context() as clock:
        for minute in range(40):
            clock.setattr(time, "monotonic", lambda now=booted + minute * 60: now)
            host.pause(50)
            host.pause(50)
    with pytest.raises(HostClosed, match="left alone"):
        async with host.turn():
            pass


async def test_a_closed_host_gives_no_turn() -> None:
    host = PoliteHost(1)
    host.pause(1e9)
    with pytest.raises(HostClosed):
        async with host.turn():
            pass


@pytest.mark.parametrize(
    ("value", "target"),
    [("0; url='../b'", "../b"), ('1,URL="/c"', "/c"), ("300; url=/", ""), ("30", ""), ("", ""), ("0;url=", "")],
)
def test_a_refresh_header_is_a_redirect_when_it_is_quick(value: str, target: str) -> None:
    assert refresh_target(value) == target


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("noindex, nofollow", {"noindex", "nofollow"}),
        ("NONE", {"none", "noindex", "nofollow"}),
        ("googlebot: noindex, nofollow", set()),
        ("googlebot: nofollow\nnoindex", {"noindex"}),
        ("footnote-bot: noindex", {"noindex"}),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noindex", {"noindex"}),
    ],
)
def test_robots_tags_are_read_for_us_and_for_all(tag: str, words: set[str]) -> None:
    assert directives(tag, "footnote-bot") - {""} == words


@pytest.mark.parametrize(("asked", "paused"), [("in a while", True), ("1 minute", True), ("", False), ("0", False)])
async def test_a_pause_in_words_that_cannot_be_read_is_kept_all_the_same(asked: str, *, paused: bool) -> None:
    site = DocSite(statuses={"/a": [429]}, headers={"/a": {"Retry-After": asked} if asked else {}})
    limits = replace(QUICK, unread_pause=1e9)  # so long that the host is left alone
    async with serve_site(site), fetcher_of(site.base_url, limits=limits) as fetcher:
        found = await fetcher.get(FetchRequest(site.url("/a")))
    assert isinstance(found, FetchFailed)
    assert ("left alone" in found.reason) is paused
    assert FetchLimits().unread_pause == 60
