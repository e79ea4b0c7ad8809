"""`ingest.rendering.render`, and how a crawl gets a browser: none is needed here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.config.settings import Settings
from core.domain import Source
from core.errors import ConfigurationError
from ingest import assembly
from ingest.assembly import check_rendering, fetcher_for, rendering
from ingest.crawl import Crawler
from ingest.pages import Failed, Kept, Skipped
from ingest.rendering import render
from ingest.rendering.render import RenderFailed, RenderReply, Supply
from ingest.web.fetch import Fetcher
from ingest.web.results import Fetched
from tests.ingest.crawling import RegexParser, fetcher_of, source_of
from tests.servers.site import DocSite, page, serve_site

SHELL = "<title>Shell</title><trouble>needs javascript</trouble>"


class Renderer:
    """Gives each page the text that a test wants, and notes which pages it was asked for."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.asked: list[str] = []

    async def render(self, page: Fetched) -> Fetched:
        self.asked.append(page.url)
        if not self.html:
            raise RenderFailed("rendering timed out")
        return Fetched(page.url, self.html.encode(), "text/html")


async def fate(html: str, renderer: Renderer) -> object:
    async with serve_site(DocSite({"/docs/": html})) as site, fetcher_of(site.base_url) as fetcher:
        crawler = Crawler(source_of(site), fetcher, RegexParser(), renderer=renderer)
        found = [each async for each in crawler.walk({}) if isinstance(each, Kept | Skipped | Failed)]
        return found[0]


async def test_a_page_that_needs_its_scripts_is_kept_as_they_make_it() -> None:
    kept = await fate(SHELL, Renderer(page("Docs", text="What the scripts have made.")))
    assert isinstance(kept, Kept)
    assert (kept.title, kept.passages[0].text, kept.etag) == ("Docs", "What the scripts have made.", "")


async def test_a_page_that_is_as_empty_afterwards_is_skipped_for_what_it_needs() -> None:
    skipped = await fate(SHELL, Renderer(SHELL))
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "needs javascript"


@pytest.mark.parametrize(
    "html",
    [
        page("Docs"),
        "<trouble>login wall</trouble>",
        "<trouble>no text</trouble>",
        f'{SHELL}<meta name="robots" content="noindex">',
    ],
)
async def test_no_other_page_is_rendered(html: str) -> None:
    renderer = Renderer(page("Docs"))
    site = DocSite({"/docs/": page("Start", "a"), "/docs/a": html})
    async with serve_site(site), fetcher_of(site.base_url) as fetcher:
        crawler = Crawler(source_of(site), fetcher, RegexParser(), renderer=renderer)
        assert [each async for each in crawler.walk({})]
    assert renderer.asked == []


async def test_a_page_that_could_not_be_rendered_stays_as_it_was() -> None:
    renderer = Renderer("")
    async with serve_site(DocSite({"/docs/": page("Start", "a"), "/docs/a": SHELL})) as site:
        async with fetcher_of(site.base_url) as fetcher:
            crawler = Crawler(source_of(site), fetcher, RegexParser(), renderer=renderer)
            found = [each async for each in crawler.walk({})]
        assert Failed(site.url("/docs/a"), "rendering timed out") in found


def assets() -> DocSite:
    site = DocSite(robots="User-agent: *\nDisallow: /secret/\n")
    site.files = {"/a.js": b"a()", "/secret/b.js": b"b()"}
    site.redirects = {"/to/a": "/a.js", "/to/secret": "/secret/b.js"}
    return site


async def test_an_answer_is_fetched_once_a_crawl() -> None:
    async with serve_site(assets()) as site, fetcher_of(site.base_url) as fetcher:
        supply = Supply(fetcher)
        for _ in range(3):
            assert await supply.answer(site.url("/a.js#x")) == RenderReply(b"a()")
            assert await supply.answer(site.url("/none.js")) == RenderReply(status=404)
        assert dict(site.asked) == {"/robots.txt": 1, "/a.js": 1, "/none.js": 1}


async def test_what_is_too_much_to_keep_is_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MAX_KEPT", 2)
    async with serve_site(assets()) as site, fetcher_of(site.base_url) as fetcher:
        supply = Supply(fetcher)
        for _ in range(2):
            assert await supply.answer(site.url("/a.js")) == RenderReply(b"a()")
        assert site.asked["/a.js"] == 2


async def test_robots_txt_is_obeyed_at_each_hop() -> None:
    async with serve_site(assets()) as site, fetcher_of(site.base_url) as fetcher:
        supply = Supply(fetcher)
        assert await supply.answer(site.url("/to/a")) == RenderReply(b"a()")
        assert await supply.answer(site.url("/secret/b.js")) is None
        assert await supply.answer(site.url("/to/secret")) is None
        assert not site.asked["/secret/b.js"]


async def test_another_host_is_asked_by_its_own_rules_and_not_at_all_where_the_source_is_private() -> None:
    async with serve_site(assets()) as one, serve_site(assets()) as other:
        one.redirects = {"/over": other.url("/a.js"), "/hidden": other.url("/secret/b.js")}
        async with fetcher_of(one.base_url, other.base_url) as fetcher:
            supply = Supply(fetcher)
            assert await supply.answer(one.url("/over")) == RenderReply(b"a()")
            assert await supply.answer(one.url("/hidden")) is None
            assert dict(other.asked) == {"/robots.txt": 1, "/a.js": 1}
            other.forget()
            private = Supply(fetcher, home=one.base_url)
            assert await private.answer(one.url("/a.js")) == RenderReply(b"a()")
            assert await private.answer(one.url("/over")) is None
            assert await private.answer(other.url("/a.js")) is None
            assert not other.asked


async def test_pages_may_ask_a_few_hosts_and_no_local_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MAX_HOSTS", 1)
    one, other = assets(), assets()
    async with serve_site(one), serve_site(other), fetcher_of(one.base_url, other.base_url) as fetcher:
        supply = Supply(fetcher)
        assert await supply.answer("file:///etc/hostname") is None
        assert await supply.answer(one.url("/a.js")) == RenderReply(b"a()")
        assert await supply.answer(other.url("/a.js")) is None
        assert not other.asked


async def test_addresses_are_judged_as_for_any_page() -> None:
    async with serve_site(assets()) as site, serve_site(assets()) as named, fetcher_of(named.base_url) as fetcher:
        assert await Supply(fetcher).answer(site.url("/a.js")) is None
        assert await Supply(fetcher).answer("http://169.254.169.254/latest/meta-data") is None
        assert not site.asked


async def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "find_spec", lambda name: None)
    source = Source(1, "docs", "https://docs.example/", render=True)
    with pytest.raises(ConfigurationError, match=r"footnote-bot\[render\].*playwright install chromium"):
        await check_rendering(source, Settings())


async def test_a_source_that_does_not_ask_for_it_gets_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assembly, "find_spec", lambda name: None)
    source = Source(1, "docs", "https://docs.example/")
    async with fetcher_for(source, Settings(), Fetcher) as fetcher, rendering(source, fetcher, Settings()) as renderer:
        assert renderer is None


def test_the_extra_is_not_loaded_where_it_is_not_used() -> None:
    code = "import sys, ingest.worker, bot.cli.source_add, bot.cli.crawl; sys.exit('playwright' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
