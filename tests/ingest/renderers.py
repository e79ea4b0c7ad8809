"""What the tests of rendering share: a Chromium where there is one, and an application to render with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec

import pytest

from core.index.crawling import KnownPage
from ingest.crawl import Crawler
from ingest.pages import Kept, Outcome, Skipped
from ingest.parsing.parse import Parser
from ingest.rendering.render import Supply
from ingest.web.results import Fetched
from tests.browser import BROWSER
from tests.ingest.crawling import fetcher_of, source_of
from tests.servers.site import DocSite

if find_spec("playwright") is None or not BROWSER:
    pytest.skip("needs the extra `render` and a Chromium on the PATH", allow_module_level=True)

from ingest.rendering.chromium import Chromium, open_chromium

SHELL = '<html><head><title>Docs</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>'
TEXT = "The scheduler keeps at most forty jobs in memory and writes the others to the disk of its machine."
ENDLESS = b"<body><script>setTimeout(() => { for (;;); }, 1)</script>"
APP = """
fetch("/api/page.json").then(answer => answer.json()).then(page => {
  document.title = page.title;
  document.getElementById("app").innerHTML =
    `<main><h1 id="top">${page.title}</h1><p>${page.text}</p><a href="/docs/b">next</a></main>`;
});
"""


def application() -> DocSite:
    site = DocSite({"/docs/": SHELL, "/docs/b": SHELL})
    site.files = {"/app.js": APP.encode(), "/api/page.json": f'{{"title": "Limits", "text": "{TEXT}"}}'.encode()}
    site.headers = {
        "/app.js": {"Content-Type": "text/javascript"},
        "/api/page.json": {"Content-Type": "application/json"},
    }
    return site


@asynccontextmanager
async def rendering(site: DocSite, home: str = "") -> AsyncIterator[Chromium]:
    async with fetcher_of(site.base_url) as fetcher, open_chromium(BROWSER, Supply(fetcher, home)) as renderer:
        yield renderer


async def rendered(site: DocSite, script: str, path: str = "/docs/x") -> str:
    """Return the text of a rendered page with this one script."""
    html = f'<html><body><p id="out"></p><script>{script}</script></body></html>'
    async with rendering(site) as renderer:
        page = await renderer.render(Fetched(site.url(path), html.encode(), "text/html"))
    return page.text


async def walked(site: DocSite, known: Mapping[str, KnownPage] | None = None) -> dict[str, Outcome]:
    async with fetcher_of(site.base_url) as fetcher, Parser() as parser, rendering(site) as renderer:
        crawler = Crawler(source_of(site), fetcher, parser, renderer=renderer)
        found = [each async for each in crawler.walk(known or {})]
    return {each.url.removeprefix(site.base_url): each for each in found if isinstance(each, Kept | Skipped)}
