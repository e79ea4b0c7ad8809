"""Parses a page of HTML: blocks under their headings with anchors that exist, links, what the page says of itself.

    text ──read_page──> tree ──main_of──> where the text is ──Walker──> blocks
                         └──> links, canonical, language, robots, ... and the trouble, where there is no text

Never fails and keeps no state. Call it on strangers' pages only in a process that can be killed
(`ingest.parsing.parse`). Fetches nothing, judges no scope, knows no site.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.check.links import remove_invisible
from core.net.urls import normalise, page_key
from ingest.html.blocks import Walker
from ingest.html.inline import render_line
from ingest.html.landmarks import find_outside_parts, main_of
from ingest.html.menus import trim_blocks
from ingest.html.reading import read_page
from ingest.html.tree import HEADING, HEADINGS, Node, Page, dismantle
from ingest.html.trouble import trouble_of
from ingest.pages import Block, Extract

LONGEST_TITLE = 300
MOST_LINKS, MOST_LINKED = 5_000, 1_000_000
"""Links of a page, and the characters of their urls: with a `<base>`, a small page can make thousands of 2,000 each."""

_LETTERS = re.compile(r"[\W_]+")


def extract(text: str, url: str) -> Extract:
    """Return the extract of a page found at `url`; links are resolved against that, or against the page's `<base>`."""
    page = read_page(text)
    main = main_of(page)
    heading = _page_heading(page, main)
    title = ((render_line(heading) if heading is not None else "") or remove_invisible(page.head.title))[:LONGEST_TITLE]
    walker = Walker(page, main, title)
    before, after = find_outside_parts(main)
    if heading is not None and not any(_is_within(heading, node) for node in (main, *before)):
        walker.add_heading(heading)
    for node in (*before, main, *after):
        walker.add_block(node) if node.tag in {"table", "pre"} else walker.walk(node)
    blocks = trim_blocks(walker.blocks)
    described = _described(page, url, title, blocks, trouble_of(page, title, blocks))
    dismantle(page.root)
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


def _page_heading(page: Page, main: Node) -> Node | None:
    """Return the `<h1>` that names the page; None where none of several does, and the `<title>` names it.

    That is the first `<h1>` within the text, else the first that is shown, unless it names the site. One that heads one
    section of many (Haddock, Nim), or comes after another, must occur in the title.
    """
    shown = [node for node in page.titles if _is_shown(node) and node.size]
    within = [node for node in shown if _is_within(node, main)]
    if not within:
        return _beneath(shown[0], page, main) if shown else None
    if (len(within) == 1 and shown[0] is within[0]) or _is_named(within[0], page):
        return within[0]
    if shown[0] is not within[0]:
        return shown[0] if _is_named(shown[0], page) else within[0]
    return None if page.head.title else within[0]


def _beneath(banner: Node, page: Page, main: Node) -> Node:
    """Return `banner`, the `<h1>` outside the text, or the first heading within it where `<title>` agrees with that."""
    first = next(filter(None, (_first_heading(kid) for kid in main.nodes)), None)
    above, title = _letters(render_line(banner, code=False)), _letters(page.head.title)
    name = _letters(render_line(first, code=False)) if first is not None else ""
    if first is None or not name or not title or name in above:
        return banner
    return first if name in title or title in name else banner


def _first_heading(node: Node) -> Node | None:
    if node.shown and node.tag in HEADINGS:
        return node
    if not (node.shown and node.holds & HEADING):
        return None
    return next(filter(None, map(_first_heading, node.nodes)), None)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text).lower()


def _is_named(heading: Node, page: Page) -> bool:
    """Return whether the title of the page contains this heading."""
    return _letters(render_line(heading, code=False)) in _letters(page.head.title)


def _is_within(node: Node, holder: Node) -> bool:
    here: Node | None = node
    while here is not None and here is not holder:
        here = here.parent
    return here is holder


def _is_shown(node: Node) -> bool:
    here: Node | None = node
    while here is not None and here.shown:
        here = here.parent
    return here is None
