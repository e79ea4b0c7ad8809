"""`ingest.crawl` against a site on loopback: what is asked, what is left out, and what becomes of each url."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from core.domain import Passage, Source
from core.errors import SiteUnreachable
from core.index.crawling import Outlook, Verdict
from ingest.crawl import Crawler
from ingest.frontier import Bounds, Frontier, Rules
from ingest.outcomes import Ledger
from ingest.pages import Extract, Failed, Gone, Kept, Parsed, Skipped, Unchanged
from ingest.site import Site
from ingest.verdict import Judgement, Tally, judge, leavers
from ingest.visit import Visit
from ingest.web.results import Fetched
from tests.ingest.crawling import RegexParser, fetcher_of, kept, known_from, source_of, walked
from tests.servers.site import DocSite, page, serve_site

DISCOVERY = {"/robots.txt", "/sitemap.xml", "/docs/sitemap.xml", "/docs/llms.txt"}


def small() -> DocSite:
    return DocSite({"/docs/": page("Start", "a", "b"), "/docs/a": page("A", "b"), "/docs/b": page("B", "./")})


async def test_every_linked_page_is_asked_once() -> None:
    async with serve_site(small()) as site:
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", "/docs/a", "/docs/b"]
        assert {path: count for path, count in site.asked.items() if path not in DISCOVERY} == {
            "/docs/": 1,
            "/docs/a": 1,
            "/docs/b": 1,
        }
        assert set(site.asked.values()) == {1}


async def test_a_page_of_many_links_leaves_the_event_loop_to_others_meanwhile() -> None:
    source = Source(1, "docs", "https://h.example/docs/")
    site = Site(source)
    rules = Rules(site, lambda _url: True)
    links = tuple(f"https://h.example/docs/{number}" for number in range(5_000))
    parsed = Parsed(Extract("Index", (), links), (Passage(source.root_url, "", (), "All pages."),), 0)
    visit = Visit(0, (source.root_url,), Fetched(source.root_url, b""), parsed, "mark")
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        others = group.create_task(take_turns())
        (page_kept,) = await Ledger(site, rules, Frontier(rules, Bounds()), {}).take(visit)
        others.cancel()
    assert isinstance(page_kept, Kept)
    assert page_kept.links == links
    assert turns >= 10


async def test_the_start_page_comes_right_after_robots() -> None:
    async with serve_site(small()) as site:
        await walked(site)
        assert list(site.asked)[:2] == ["/robots.txt", "/docs/"]


async def test_robots_are_obeyed_at_links_and_at_redirects() -> None:
    site = DocSite(
        {"/docs/": page("Start", "secret/a", "go"), "/docs/secret/a": page("Secret"), "/docs/secret/b": page("B")}
    )
    site.robots = "User-agent: *\nDisallow: /docs/secret/\n"
    site.redirects["/docs/go"] = "/docs/secret/b"
    async with serve_site(site):
        outcomes = await walked(site)
        assert outcomes["/docs/secret/a"] == Skipped(site.url("/docs/secret/a"), "robots.txt")
        assert outcomes["/docs/go"] == Skipped(site.url("/docs/go"), "redirect, robots.txt")
        assert not [path for path in site.asked if "secret" in path]


@pytest.mark.parametrize("mode", ["down", "mass404", "moved"])
async def test_a_site_without_its_start_page_is_unreachable(mode: str) -> None:
    site = small()
    site.mode = mode
    async with serve_site(site):
        with pytest.raises(SiteUnreachable):
            await walked(site)


async def test_a_start_page_behind_a_login_is_unreachable() -> None:
    site = small()
    site.redirects["/docs/"] = "/docs/login?next=/docs/"
    async with serve_site(site):
        with pytest.raises(SiteUnreachable, match="asks for a login"):
            await walked(site)


async def test_a_start_page_that_robots_forbid_is_not_asked() -> None:
    site = small()
    site.robots = "User-agent: footnote-bot\nDisallow: /\n"
    async with serve_site(site):
        with pytest.raises(SiteUnreachable, match=r"robots\.txt"):
            await walked(site)
        assert list(site.asked) == ["/robots.txt"]


async def test_an_unchanged_site_sends_no_bodies_of_kept_pages() -> None:
    async with serve_site(small()) as site:
        known = known_from(await walked(site))
        site.forget()
        outcomes = await walked(site, known=known)
        assert {type(outcomes[path]) for path in ("/docs/", "/docs/a", "/docs/b")} == {Unchanged}
        assert (site.not_modified, site.bodies) == (3, 0)


async def test_a_known_page_without_a_link_is_asked_before_it_is_missing() -> None:
    async with serve_site(small()) as site:
        known = known_from(await walked(site))
        site.pages["/docs/"] = page("Start again", "a")
        site.pages["/docs/a"] = page("A again")
        outcomes = await walked(site, known=known)
        assert isinstance(outcomes["/docs/b"], Unchanged)


async def test_noindex_and_nofollow_are_obeyed_in_page_and_header() -> None:
    site = DocSite({"/docs/": page("Start", "noindex", "nofollow", "header", "other-bot")})
    site.pages |= {
        "/docs/noindex": page("N", "child", head='<meta name="robots" content="noindex">'),
        "/docs/child": page("Child"),
        "/docs/nofollow": page("F", "unseen", head='<meta name="robots" content="nofollow">'),
        "/docs/header": page("H", "unseen"),
        "/docs/other-bot": page("O"),
        "/docs/unseen": page("Unseen"),
    }
    site.headers = {
        "/docs/header": {"X-Robots-Tag": "none"},
        "/docs/other-bot": {"X-Robots-Tag": "googlebot: noindex, nofollow"},
    }
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", "/docs/child", "/docs/nofollow", "/docs/other-bot"]
        assert outcomes["/docs/noindex"] == Skipped(site.url("/docs/noindex"), "noindex")
        assert "/docs/unseen" not in site.asked


async def test_a_page_that_must_not_be_quoted_is_skipped_and_its_links_are_followed() -> None:
    site = DocSite({"/docs/": page("Start", "meta", "header", "short")})
    site.pages |= {
        "/docs/meta": page("M", "child", head='<meta name="robots" content="nosnippet">'),
        "/docs/header": page("H"),
        "/docs/short": page("S", head='<meta name="robots" content="max-snippet:50">'),
        "/docs/child": page("Child"),
    }
    site.headers = {
        "/docs/header": {"X-Robots-Tag": "footnote-bot: max-snippet:0"},
        "/docs/child": {"X-Robots-Tag": "googlebot: max-snippet:0"},
    }
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", "/docs/child", "/docs/short"]
        for name in ("meta", "header"):
            assert outcomes[f"/docs/{name}"] == Skipped(site.url(f"/docs/{name}"), "nosnippet")


async def test_lists_of_all_names_are_read_for_their_links_alone() -> None:
    lists = ("class_list.html", "allclasses-index.html", "package-tree.html", "functions_func_t.html")
    site = DocSite({"/docs/": page("Start", *lists), "/docs/functions.html": page("Functions")})
    site.pages |= {f"/docs/{name}": page(name, f"behind-{name}", "functions.html") for name in lists}
    site.pages |= {f"/docs/behind-{name}": page(f"Behind {name}") for name in lists}
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == sorted(["/docs/", "/docs/functions.html", *(f"/docs/behind-{name}" for name in lists)])
        for name in lists:
            assert outcomes[f"/docs/{name}"] == Skipped(site.url(f"/docs/{name}"), "print, index or search page")


async def test_troubles_are_told_apart() -> None:
    site = DocSite({"/docs/": page("Start", "soft", "wall", "app", "empty", "broken", "401", "500", "410")})
    site.pages |= {
        "/docs/soft": page("S", head="<trouble>soft 404</trouble>"),
        "/docs/wall": page("W", head="<trouble>login wall</trouble>"),
        "/docs/app": page("J", head="<trouble>needs javascript</trouble>"),
        "/docs/empty": "<html></html>",
        "/docs/broken": "<broken>",
    }
    site.statuses |= {"/docs/401": [401], "/docs/500": [500], "/docs/410": [410]}
    async with serve_site(site):
        outcomes = await walked(site)
        found = {path.removeprefix("/docs/"): outcome for path, outcome in outcomes.items() if path != "/docs/"}
        assert {path: type(outcome) for path, outcome in found.items()} == {
            "soft": Gone,
            "wall": Skipped,
            "app": Skipped,
            "empty": Skipped,
            "broken": Failed,
            "401": Skipped,
            "500": Failed,
            "410": Gone,
        }


async def test_pages_of_the_sitemap_and_of_llms_txt_are_found() -> None:
    site = DocSite({"/docs/": page("Start"), "/docs/hidden": page("Hidden"), "/docs/twin": page("Twin")})
    async with serve_site(site):
        site.files |= {
            "/sitemap.xml": f"<urlset><url><loc>{site.url('/docs/hidden')}</loc></url></urlset>".encode(),
            "/docs/llms.txt": b"# Docs\n- [Twin](/docs/twin.md)\n- [Out](https://elsewhere.example/x.md)\n",
        }
        assert kept(await walked(site)) == ["/docs/", "/docs/hidden", "/docs/twin"]


async def test_a_sitemap_on_another_host_is_not_asked() -> None:
    async with serve_site(DocSite()) as other, serve_site(small()) as site:
        site.robots = f"Sitemap: {other.url('/sitemap.xml')}\n"
        await walked(site)
        assert not other.asked


async def test_a_filter_without_end_is_left_after_eight_variants() -> None:
    site = DocSite({"/docs/": page("Start", "list?d=0")})
    site.pages |= {f"/docs/list?d={n}": page(f"L{n}", *(f"list?d={3 * n + i}" for i in (1, 2, 3))) for n in range(100)}
    async with serve_site(site):
        known = known_from(await walked(site))
        assert sum(path.startswith("/docs/list") for path in site.asked) == 8
        site.forget()
        again = await walked(site, known=known)
        assert sum(isinstance(outcome, Unchanged) for outcome in again.values()) == 9
        assert sum(path.startswith("/docs/list") for path in site.asked) == 8


async def test_the_page_limit_holds_and_known_pages_beyond_it_are_named() -> None:
    site = DocSite({"/docs/": page("Start", *"abcdef")} | {f"/docs/{name}": page(name) for name in "abcdef"})
    async with serve_site(site):
        known = known_from(await walked(site))
        outcomes = await walked(site, known=known, bounds=Bounds(pages=3))
        assert sum(isinstance(outcome, Unchanged) for outcome in outcomes.values()) == 3
        assert sum(outcome == Skipped(outcome.url, "page limit") for outcome in outcomes.values()) == 4


async def test_urls_that_are_no_pages_do_not_use_up_the_page_limit() -> None:
    site = DocSite({"/docs/": page("Start", "x1", "x2", "a"), "/docs/a": page("A")})
    async with serve_site(site):
        assert kept(await walked(site, bounds=Bounds(pages=2))) == ["/docs/", "/docs/a"]


async def test_a_site_that_moved_to_another_port_keeps_its_rows() -> None:
    async with serve_site(small()) as old:
        known = known_from(await walked(old))
        root = source_of(old)
    async with serve_site(small()) as new:
        new.pages["/docs/"] = page("Start", "a", old.url("/docs/b"))
        new.files["/sitemap.xml"] = f"<urlset><url><loc>{old.url('/docs/a')}</loc></url></urlset>".encode()
        moved = source_of(old, served_at=new.url("/docs/"))
        outcomes = await walked(new, moved, known=known)
        assert kept(outcomes) == ["/docs/"]
        assert {path for path, outcome in outcomes.items() if isinstance(outcome, Unchanged)} == {"/docs/a", "/docs/b"}
        assert all(outcome.url.startswith(root.root_url) for outcome in outcomes.values())
        start = outcomes["/docs/"]
        assert isinstance(start, Kept)
        assert {passage.url for passage in start.passages} == {root.root_url}
        assert old.url("/docs/b") in start.links


async def test_a_site_served_in_another_folder_is_mapped() -> None:
    site = DocSite(
        {"/build/html/": page("Start", "a", "/build/html/b"), "/build/html/a": page("A"), "/build/html/b": page("B")}
    )
    async with serve_site(site):
        source = source_of(site, served_at=site.url("/build/html/"))
        outcomes = await walked(site, source)
        assert kept(outcomes) == ["/docs/", "/docs/a", "/docs/b"]


async def test_a_delay_that_robots_ask_for_is_kept() -> None:
    site = small()
    site.robots = "User-agent: *\nCrawl-delay: 0.01\n"
    async with serve_site(site), fetcher_of(site.base_url) as fetcher:
        async with aclosing(Crawler(source_of(site), fetcher, RegexParser()).walk({})) as outcomes:
            found = [outcome async for outcome in outcomes]
        assert fetcher.host(site.base_url).delay == 0.01
        assert len([outcome for outcome in found if isinstance(outcome, Kept)]) == 3


async def test_no_more_requests_at_once_than_allowed() -> None:
    site = DocSite({"/docs/": page("Start", *map(str, range(30)))} | {f"/docs/{n}": page(f"N{n}") for n in range(30)})
    async with serve_site(site):
        assert len(kept(await walked(site))) == 31
        assert site.peak <= 4


async def test_closing_the_walk_ends_all_requests() -> None:
    async with serve_site(small()) as site, fetcher_of(site.base_url) as fetcher:
        outcomes = Crawler(source_of(site), fetcher, RegexParser()).walk({})
        assert (await anext(outcomes)).url == site.url("/docs/")  # type: ignore[union-attr]  # the first outcome is a page
        await anext(outcomes)
        await outcomes.aclose()
        assert not _visits_under_way()


def _visits_under_way() -> list[str]:
    return [name for task in asyncio.all_tasks() if "_Pool" in (name := repr(task.get_coro()))]


async def test_cancelling_a_crawl_ends_all_requests() -> None:
    site = small()
    site.latch = asyncio.Event()
    async with serve_site(site), fetcher_of(site.base_url) as fetcher, asyncio.TaskGroup() as group:
        task = group.create_task(_exhaust(Crawler(source_of(site), fetcher, RegexParser())))
        await asyncio.wait_for(site.reached.wait(), 60)
        task.cancel()
    assert task.cancelled()
    assert not _visits_under_way()


async def _exhaust(crawler: Crawler) -> None:
    async with aclosing(crawler.walk({})) as outcomes:
        async for _ in outcomes:
            pass


async def test_a_crawl_whose_time_is_up_keeps_what_it_read_and_loses_nothing() -> None:
    site = DocSite({"/docs/": page("Start", *"abcdef")} | {f"/docs/{name}": page(name) for name in "abcdef"})
    async with serve_site(site):
        known = known_from(await walked(site))
        late = await walked(site, known=known, bounds=Bounds(seconds=0.0))
        tally = Tally()
        for outcome in late.values():
            tally.take(outcome)
    assert {outcome.reason for outcome in late.values() if isinstance(outcome, Skipped)} == {"time limit"}
    judgement = judge(tally, known, Outlook(7, 7))
    assert judgement == Judgement(Verdict.PARTIAL, "the time was up, 6 urls not asked for (CRAWL_MAX_MINUTES)")
    assert leavers(tally, known) == ([], [])


async def test_a_server_that_gives_one_body_for_all_urls_is_left_after_some_of_them() -> None:
    same = page("Not what you asked for", "x/", "y/", "z/", text="This is the application of the shop.")
    site = DocSite({"/docs/": page("Start", "app/", "good"), "/docs/good": page("Good")})
    site.pages = Everywhere(site.pages, "/docs/app/", same)
    async with serve_site(site):
        found = await walked(site)
    assert len([path for path in kept(found) if "app" in path]) == 1
    assert "/docs/good" in kept(found)
    assert sum(path.startswith("/docs/app/") for path in site.asked) <= 3 * 20 + 20


class Everywhere(dict[str, str]):
    """Pages, and one more for each url below a folder."""

    def __init__(self, pages: Mapping[str, str], folder: str, body: str) -> None:
        super().__init__(pages)
        self._folder, self._body = folder, body

    def get(self, path: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return self._body if path.startswith(self._folder) else super().get(path, default)
