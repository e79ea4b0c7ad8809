"""Parses a page of HTML: blocks under their headings with anchors that exist, links, what the page says of itself.

    text ──read_page──> tree ──main_of──> where the text is ──Walker──> blocks
                         └──> links, canonical, language, robots, ... and the trouble, where there is no text

Never fails and keeps no state. Call it on strangers' pages only in a process that can be killed
(`ingest.parsing.parse`). Fetches nothing, judges no scope, knows no site.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.net.urls import normalise, page_key
from ingest.html import titles
from ingest.html.blocks import Walker
from ingest.html.landmarks import find_outside_parts, main_of
from ingest.html.menus import trim_blocks
from ingest.html.reading import read_page
from ingest.html.surroundings import hide_surroundings
from ingest.html.tree import Page, dismantle
from ingest.html.trouble import trouble_of
from ingest.pages import Block, Extract
from ingest.web.headers import NO_SNIPPET

LONGEST_TITLE = 300
MOST_LINKS, MOST_LINKED = 5_000, 1_000_000
"""Links of a page, and the characters of their urls: with a `<base>`, a small page can make thousands of 2,000 each."""


def extract(text: str, url: str) -> Extract:
    """Return the extract of a page found at `url`; links are resolved against that, or against the page's `<base>`."""
    page = read_page(text)
    main = main_of(page)
    heading, banners = titles.find_heading(page, main)
    title = titles.title_of(page, heading)[:LONGEST_TITLE]
    hide_surroundings(main, heading, banners)
    walker = Walker(page, main, title)
    before, after = find_outside_parts(main)
    if heading is not None and not any(titles.is_within(heading, node) for node in (main, *before)):
        walker.add_heading(heading)
    for node in (*before, main, *after):
        walker.add_block(node) if node.tag in {"table", "pre"} else walker.walk(node)
    blocks = trim_blocks(walker.blocks)
    described = _described(page, url, title, blocks, trouble_of(page, title, blocks))
    dismantle(page)
    return described


def _described(page: Page, url: str, title: str, blocks: tuple[Block, ...], trouble: str) -> Extract:
    head = page.head
    base = (normalise(head.base, url) or url) if head.base else url
    return Extract(
        title,
        blocks,
        _links(page, base),
        canonical=_absolute(head.canonical, base),
        language=page.root.get("lang") or page.root.get("xml:lang"),
        alternate=_alternate(head.alternates, url, base),
        version=head.version,
        twin=_absolute(head.twin, base),
        generator=head.generator,
        refresh=_absolute(head.refresh, base),
        noindex=not head.robots.isdisjoint({"noindex", "none"}),
        nosnippet=NO_SNIPPET in head.robots,
        nofollow=not head.robots.isdisjoint({"nofollow", "none"}),
        trouble=trouble,
    )


def _absolute(href: str, base: str) -> str:
    return (normalise(href, base) or "") if href else ""


def _alternate(alternates: Sequence[tuple[str, str]], url: str, base: str) -> str:
    """Return the language under which a page lists itself among its translations."""
    if len({language.lower() for language, _ in alternates} - {"x-default"}) < 2:
        return ""
    here = page_key(normalise(url) or url)
    named = ((language, normalise(href, base) or "") for language, href in alternates)
    own = [language for language, place in named if page_key(place) == here and language.lower() != "x-default"]
    return own[0] if len(own) == 1 else ""


def _links(page: Page, base: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    size = 0
    for href in page.hrefs:
        link = normalise(href, base)
        if link is not None and link not in found:
            found[link] = None
            size += len(link)
            if len(found) >= MOST_LINKS or size > MOST_LINKED:
                break
    return tuple(found)
