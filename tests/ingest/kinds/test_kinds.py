"""Sources that are more or less than a site: patterns, a single page, a list of urls, PDFs, markdown."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace

from core.domain import Source
from core.index.crawling import KnownPage, Outlook, Verdict
from ingest.frontier import Bounds
from ingest.kinds.port import WalkTools
from ingest.kinds.registry import find_kind
from ingest.pages import Failed, Gone, Kept, Outcome, Skipped, Unchanged, Visited
from ingest.parsing.parse import Parser
from ingest.verdict import Tally, judge, leavers
from tests.ingest.crawling import fetcher_of, kept, known_from, source_of, walked
from tests.ingest.pdfs import paragraph, pdf
from tests.servers.site import DocSite, page, serve_site

WORDS = "Each page of this manual explains one thing in so many words that it is worth keeping for those who ask."


def guide() -> DocSite:
    paths = ["guide/a", "guide/old/b", "changelog/1", "about"]
    pages = {f"/docs/{path}": page(path) for path in paths}
    return DocSite({"/docs/": page("Start", *paths)} | pages)


def reasons(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """Return path -> why it was left out."""
    return {path: outcome.reason for path, outcome in outcomes.items() if isinstance(outcome, (Skipped, Failed))}


async def wholly(site: DocSite, source: Source) -> dict[str, Outcome]:
    """Crawl a served site with the real parse child. -> path -> outcome."""
    async with (
        fetcher_of(source.root_url) as fetcher,
        Parser() as parser,
        aclosing(find_kind(source).walk(source, WalkTools(fetcher, parser, Bounds()))({}, {})) as outcomes,
    ):
        found = {outcome.url: outcome async for outcome in outcomes if not isinstance(outcome, Visited)}  # type: ignore[union-attr]  # no site here has editions
    return {url.removeprefix(site.base_url): outcome for url, outcome in found.items()}  # type: ignore[misc]  # no site here has editions


async def test_included_pages_are_read_and_the_start_page_for_its_links_alone() -> None:
    async with serve_site(guide()) as site:
        found = await walked(site, replace(source_of(site), include=("guide/**",)))
        assert kept(found) == ["/docs/guide/a", "/docs/guide/old/b"]
        assert reasons(found) == dict.fromkeys(["/docs/", "/docs/changelog/1", "/docs/about"], "not included")
        assert site.asked["/docs/about"] == 0


async def test_excluded_pages_are_not_asked_for_and_go_before_included_ones() -> None:
    async with serve_site(guide()) as site:
        source = replace(source_of(site), include=("**",), exclude=("changelog/**", "*/old/"))
        found = await walked(site, source)
    assert kept(found) == ["/docs/", "/docs/about", "/docs/guide/a"]
    assert reasons(found) == {"/docs/changelog/1": "excluded", "/docs/guide/old/b": "excluded"}


async def test_a_page_that_is_newly_excluded_leaves_at_once_and_is_not_lost() -> None:
    site = DocSite({"/docs/": page("Start", *map(str, range(20)))} | {f"/docs/{n}": page(str(n)) for n in range(20)})
    async with serve_site(site):
        known = known_from(await walked(site))
        known = {site.url(path): page for path, page in zip(_paths(known, site), known.values(), strict=True)}
        found = await walked(site, replace(source_of(site), exclude=("1*",)), known)
    tally = Tally()
    for outcome in found.values():
        tally.take(outcome)
    assert judge(tally, known, Outlook(21, 21)).verdict is Verdict.OK
    missed, gone = leavers(tally, known)
    assert (missed, gone) == ([], sorted(site.url(f"/docs/{n}") for n in [1, *range(10, 20)]))


def _paths(known: Mapping[str, KnownPage], site: DocSite) -> list[str]:
    return [url.removeprefix(site.base_url) for url in known]


async def test_an_unchanged_start_page_that_is_not_included_leaves() -> None:
    async with serve_site(guide()) as site:
        known = known_from(await walked(site))
        found = await walked(site, replace(source_of(site), exclude=("**/changelog/**", "about")), known)
        assert isinstance(found["/docs/"], Unchanged)
        found = await walked(site, replace(source_of(site), include=("guide/**",)), known)
    assert reasons(found)["/docs/"] == "not included"
    assert isinstance(found["/docs/guide/a"], Unchanged)


async def test_of_a_single_page_nothing_else_is_asked() -> None:
    async with serve_site(guide()) as site:
        found = await walked(site, replace(source_of(site), kind="page"))
        assert list(found) == ["/docs/"]
        assert set(site.asked) == {"/robots.txt", "/docs/"}


async def test_a_list_is_read_wherever_its_urls_lie_on_the_host_and_no_link_is_followed() -> None:
    site = guide()
    site.pages["/blog/post"] = page("Post", "/docs/about")
    site.robots = "User-agent: *\nDisallow: /docs/changelog/"
    async with serve_site(site):
        paths = ["/docs/missing", "/docs/guide/a", "/blog/post", "/docs/changelog/1", "/docs/guide/a#x"]
        urls = tuple(site.url(path) for path in paths)
        source = replace(source_of(site), kind="list", root_url=urls[0], urls=urls)
        found = await walked(site, source)
        assert set(site.asked) == {"/robots.txt", "/docs/missing", "/docs/guide/a", "/blog/post"}
    assert kept(found) == ["/blog/post", "/docs/guide/a"]
    assert isinstance(found["/docs/missing"], Gone)
    assert reasons(found) == {"/docs/changelog/1": "robots.txt"}


async def test_pdfs_are_read_where_they_are_wanted() -> None:
    body = pdf([paragraph(f"{WORDS} {WORDS}", 700)], title="A manual")
    site = DocSite(
        {"/docs/": page("Start", "a.pdf", "b", text=f"{WORDS} {WORDS}")}, files={"/docs/a.pdf": body, "/docs/b": body}
    )
    for path in site.files:
        site.headers[path] = {"Content-Type": "application/pdf"}
    async with serve_site(site):
        without = await wholly(site, source_of(site))
        assert reasons(without) == {"/docs/a.pdf": "pdf", "/docs/b": "pdf"}
        assert site.asked["/docs/a.pdf"] == 0
        found = await wholly(site, replace(source_of(site), pdf=True))
        assert kept(found) == ["/docs/", "/docs/b"]
        assert reasons(found) == {"/docs/a.pdf": "duplicate"}
        start = await wholly(site, replace(source_of(site, "/docs/a.pdf"), kind="page"))
        named = await wholly(site, replace(source_of(site), kind="list", urls=(site.url("/docs/b"),)))
    (manual,) = (outcome for outcome in start.values() if isinstance(outcome, Kept))
    assert manual.title == "A manual"
    assert manual.passages[0].link == site.url("/docs/a.pdf#page=1")
    assert kept(named) == ["/docs/b"]


async def test_a_pdf_that_cannot_be_read_is_left_out_with_its_reason() -> None:
    site = DocSite(files={"/a.pdf": b"%PDF-1.4 broken", "/b.pdf": pdf([[]], password="x")})
    async with serve_site(site):
        urls = (site.url("/a.pdf"), site.url("/b.pdf"))
        source = replace(source_of(site, "/a.pdf"), kind="list", urls=urls, pdf=True)
        assert reasons(await wholly(site, source)) == {"/a.pdf": "damaged pdf", "/b.pdf": "encrypted pdf"}


async def test_markdown_that_a_site_serves_is_a_page_and_its_links_lead_on_where_it_starts_there() -> None:
    start = f"# Start\n\n{WORDS} {WORDS} See [more](more.md).".encode()
    more = f"# More\n\n## With it\n\n{WORDS} And so on.".encode()
    site = DocSite(files={"/docs/README.md": start, "/docs/more.md": more})
    site.headers = {
        "/docs/README.md": {"Content-Type": "text/plain"},
        "/docs/more.md": {"Content-Type": "text/markdown"},
    }
    async with serve_site(site):
        found = await wholly(site, source_of(site, "/docs/README.md"))
    assert kept(found) == ["/docs/README.md", "/docs/more.md"]
    more_kept = found["/docs/more.md"]
    assert isinstance(more_kept, Kept)
    assert more_kept.passages[0].anchor == "with-it"


async def test_the_markdown_twins_of_a_site_of_html_are_not_asked() -> None:
    site = DocSite({"/docs/": page("Start", "a.md")}, files={"/docs/a.md": b"# A"})
    async with serve_site(site):
        assert reasons(await walked(site)) == {"/docs/a.md": "not a page"}
