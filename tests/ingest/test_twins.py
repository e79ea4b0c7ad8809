"""Empty shells that are read from the markdown that their site names."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from ingest.frontier import Bounds
from ingest.kinds.port import WalkTools
from ingest.kinds.registry import find_kind
from ingest.pages import Kept, Outcome, Skipped, Visited
from ingest.parsing.parse import Parser
from tests.ingest.crawling import fetcher_of, source_of
from tests.servers.site import DocSite, serve_site

TEXT = (
    "# Kiln\n\nThe kiln is heated to 1,240 degrees over nine hours, and is not opened before it has cooled to 90.\n\n"
    "## Cooling\n\nCooling takes a day and a half in winter; see [glazes](glaze.md) for what happens otherwise.\n"
)
GLAZE = (
    "# Glaze\n\nA glaze is mixed from feldspar, whiting and quartz, and sieved twice before a pot is dipped into it."
)
MARKDOWN = {"Content-Type": "text/markdown; charset=utf-8"}


def shell(head: str = "", body: str = "") -> str:
    return f"<html><head><title>Pots</title>{head}</head><body><div id='app'></div>{body}<script src='/a.js'></script>"


def named(href: str) -> str:
    return f"<link rel='alternate' type='text/markdown' href='{href}'>"


async def read(site: DocSite) -> dict[str, Outcome]:
    """Crawl a site with the real parse child. -> path -> the outcome that counts."""
    async with serve_site(site), fetcher_of(site.base_url) as fetcher, Parser() as parser:
        source = source_of(site)
        walk = find_kind(source).walk(source, WalkTools(fetcher, parser, Bounds()))
        async with aclosing(walk({}, {})) as found:
            outcomes = {each.url: each async for each in found if not isinstance(each, Visited)}  # type: ignore[union-attr]
    return {url.removeprefix(site.base_url): outcome for url, outcome in outcomes.items()}  # type: ignore[misc]


def texts(outcome: Outcome) -> str:
    assert isinstance(outcome, Kept), outcome
    return "\n".join(passage.text for passage in outcome.passages)


@pytest.mark.parametrize("where", ["page", "llms.txt of the folder", "llms.txt of the host"])
async def test_a_shell_is_read_from_its_twin_and_linked_as_the_page(where: str) -> None:
    head = named("kiln.md") if where == "page" else ""
    site = DocSite(
        {"/docs/": shell(body="<a href='kiln'>Kiln</a> <a href='glaze'>Glaze</a>"), "/docs/kiln": shell(head)}
    )
    site.pages["/docs/glaze"] = shell(named("/docs/glaze.md") if where == "page" else "")
    site.files = {"/docs/kiln.md": TEXT.encode(), "/docs/glaze.md": GLAZE.encode()}
    site.headers = dict.fromkeys(site.files, MARKDOWN)
    if where != "page":
        listed = b"# Pots\n\n- [Kiln](/docs/kiln.md): heat\n- [Glaze](/docs/glaze.md)\n"
        site.files["/docs/llms.txt" if "folder" in where else "/llms.txt"] = listed
    found = await read(site)
    kiln = found["/docs/kiln"]
    assert "1,240 degrees" in texts(kiln)
    assert "feldspar" in texts(found["/docs/glaze"])
    assert isinstance(kiln, Kept)
    assert (kiln.title, kiln.etag) == ("Kiln", "")
    assert {passage.link.removeprefix(site.base_url) for passage in kiln.passages} == {"/docs/kiln"}
    assert "/docs/kiln.md" not in found


async def test_links_between_twins_lead_to_pages() -> None:
    site = DocSite({"/docs/": shell(named("kiln.md")), "/docs/glaze": shell(named("glaze.md"))})
    site.files = {"/docs/kiln.md": TEXT.encode(), "/docs/glaze.md": GLAZE.encode()}
    site.headers = dict.fromkeys(site.files, MARKDOWN)
    assert "feldspar" in texts((await read(site))["/docs/glaze"])


@pytest.mark.parametrize(
    ("robots", "twin", "kind"),
    [
        ("User-agent: *\nDisallow: /docs/kiln.md", TEXT, "text/markdown"),
        ("", shell(), "text/html"),  # an application answers every path with itself
        ("", "", "text/markdown"),
    ],
)
async def test_a_shell_without_a_twin_to_be_read_needs_its_scripts(robots: str, twin: str, kind: str) -> None:
    site = DocSite({"/docs/": shell(body="<a href='kiln'>Kiln</a>"), "/docs/kiln": shell(named("kiln.md"))})
    site.files, site.headers = {"/docs/kiln.md": twin.encode()}, {"/docs/kiln.md": {"Content-Type": kind}}
    site.robots = robots
    assert (await read(site))["/docs/kiln"] == Skipped(site.url("/docs/kiln"), "needs javascript")


async def test_a_page_with_text_is_read_as_it_is_and_its_twin_is_not_asked_for() -> None:
    text = "<main><h1>Kiln</h1><p>The kiln is heated slowly, and it cools for a day and a half before it is opened.</p>"
    site = DocSite({"/docs/": shell(named("kiln.md"), text)})
    site.files = {"/docs/kiln.md": TEXT.encode()}
    assert "heated slowly" in texts((await read(site))["/docs/"])
    assert site.asked["/docs/kiln.md"] == 0
