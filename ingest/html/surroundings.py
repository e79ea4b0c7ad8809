"""What is around the text without a name that says so: recognised by what it is, once the heading of the page is known.

    <div><div>Version 3 is out</div><h1><a href=/>Prod</a></h1></div><div><h1>Alpha</h1>...   the header goes
    <p><a href="../">Home</a> » <a href="./">Guide</a> » Alpha</p><h1>Alpha</h1>              a trail of links upward
    ...<div><a href=a.html>← Alpha</a> <a href=c.html>Gamma →</a></div>                        links to neighbours
    ...<p><a href=/about>About</a> · <a href=/privacy>Privacy</a> · <a href=/terms>Terms</a>   links about the site

Looks at the nodes before the heading and at the last nodes of the text, never within it. `ingest.html.menus` knows what
links to neighbours say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.html.menus import is_pager
from ingest.html.titles import is_within
from ingest.html.tree import BLOCK, BLOCK_TAGS, HEADING, HEADINGS, LIST, PRE, TABLE, Node, find, hide, raw_text, words

_LARGEST_ROW, _LARGEST_HEADER, _LARGEST_BANNER, _LONGEST_HERE = 400, 1_500, 300, 100
_MOST_HIDDEN, _MOST_LINKS = 12, 40
_SIGNS = re.compile(r"[\s/|\\>»›→·•:~–—-]{0,9}")
_STEP_SIGNS = re.compile(r"[/>»›→]")
_ARROW = re.compile(
    r"\s*(?:[←→«»‹›⟵⟶⇐⇒⬅➡⮜⮞◀▶◄►]|<{1,2}(?=\s)|previous\b|next\b|prev\b)|.{0,200}(?:[→»›⟶⇒➡▶►]|\s>{1,2})\s*\Z",
    re.IGNORECASE,
)
_VERSION_NOTICE = re.compile(
    r"\byou(?:['\u2019]re| are) (?:currently )?(?:reading|viewing|looking at|browsing)\b|"
    r"\bthis is (?:the )?(?:unreleased|an? (?:old|older|outdated|archived|unmaintained|previous))\b|"
    r"\b(?:is|are) (?:now )?(?:out|available|released)\b.{0,80}\Z|"
    r"\b(?:no longer (?:actively )?maintained|for up-to-date documentation|see the latest version)\b",
    re.IGNORECASE,
)
_ABOUT_SITE = words(
    "about contact privacy terms imprint impressum legal cookies cookie license licence blog github gitlab twitter x "
    "mastodon discord slack linkedin facebook youtube bluesky rss feed status careers jobs press support community "
    "home docs documentation sitemap accessibility security copyright pricing help forum newsletter trademark "
    "disclaimer datenschutz kontakt changelog issues feedback login join donate sponsor"
)
_WORDS = re.compile(r"[^\W\d_]+")
_LONGEST_NAME = 4
_BOTH = 2


def hide_surroundings(main: Node, heading: Node | None, banners: list[Node]) -> None:
    """Hide what is before the heading and after the text of a page. `banners`: `<h1>`s that name the site."""
    if heading is not None and is_within(heading, main):
        for banner in banners:
            _hide_header(banner, heading)
        for node, is_sibling in list(_nodes_before(heading, main)):
            if _is_before_text(node, is_sibling=is_sibling):
                hide(node)
    _trim_end(main)


def _hide_header(banner: Node, heading: Node) -> None:
    """Hide the largest node around a banner that does not hold the heading, if it is small enough for a header."""
    node = banner
    while node.parent is not None and not is_within(heading, node.parent):
        node = node.parent
    if node.shown and node.size - node.linked <= _LARGEST_HEADER and not node.holds & PRE:
        hide(node)


def _nodes_before(heading: Node, main: Node) -> Iterator[tuple[Node, bool]]:
    """Yield the shown nodes before a heading, and whether each is in the same container."""
    here = heading
    while here is not main and here.parent is not None:
        for kid in here.parent.nodes:
            if kid is here:
                break
            if kid.shown and kid.size:
                yield kid, here is heading
        here = here.parent


def _is_before_text(node: Node, *, is_sibling: bool) -> bool:
    """Return whether a node before the heading of a page belongs to the site."""
    if node.holds & (PRE | HEADING) or node.tag in HEADINGS or node.tag not in BLOCK_TAGS:
        return False
    if node.size <= _LARGEST_ROW and (is_trail(node) or is_pager(node) or _is_row_about_site(node)):
        return True
    is_short = node.size <= _LARGEST_BANNER and not node.holds & (LIST | TABLE)
    if is_sibling:
        return is_short and _VERSION_NOTICE.search(" ".join(raw_text(node).split())) is not None
    return node.tag == "header" or is_short


def is_trail(node: Node) -> bool:
    """Return whether a node is the trail that leads to the page: links upward, and the name of the page at most."""
    if node.holds & (PRE | HEADING) or node.size > _LARGEST_ROW or not node.linked:
        return False
    links = list(_links(node))
    if not links or len(links) > _MOST_LINKS or not all(_leads_up(link.get("href")) for link in links):
        return False
    text = raw_text(node)
    for link in links:
        text = text.replace(raw_text(link), "\x00", 1)
    *between, after = text.split("\x00")
    if not all(_SIGNS.fullmatch(part.strip()) for part in between) or len(after.strip()) > _LONGEST_HERE:
        return False
    return (
        any(map(_STEP_SIGNS.search, (*between, after)))
        or (len(links) > 1 and node.holds & LIST != 0)
        or _is_chain(links)
    )


def _leads_up(href: str) -> bool:
    path = href.partition("?")[0]
    return (
        path[:3] == "../"
        or path[:1] == "/"
        or path in {"..", ".", "./"}
        or path.endswith(("index.html", "index.htm", "/"))
    )


def _is_chain(links: list[Node]) -> bool:
    """Return whether each of several links leads below the one before: `/`, `/guide/`, `/guide/setup/`."""
    paths = [link.get("href").rstrip("/") for link in links]
    return len(paths) > 1 and all(after.startswith(f"{before}/") for before, after in pairwise(paths))


def _links(node: Node) -> Iterator[Node]:
    for kid in node.nodes:
        if kid.shown and kid.tag == "a" and kid.get("href"):
            yield kid
        elif kid.shown:
            yield from _links(kid)


def _is_row_about_site(node: Node) -> bool:
    """Return whether a node is a row of links about the site: "About | Contact | Privacy"."""
    if node.linked * 3 < node.size * 2:
        return False
    known = other = 0
    for link in _links(node):
        named = _WORDS.findall(raw_text(link).lower())
        if 0 < len(named) <= _LONGEST_NAME and not _ABOUT_SITE.isdisjoint(named):
            known += 1
        else:
            other += 1
    return known > 1 and other * 2 <= known


def _is_row_of_neighbours(node: Node) -> bool:
    """Return whether a node is one link or two with an arrow each, or "Next" and a title, and nothing else."""
    links = list(_links(node))
    if not 0 < len(links) <= 2 or node.linked * 10 < node.size * 8:
        return False
    if any(link.get("href")[:1] == "#" for link in links):
        return False
    is_drawn = len(links) == _BOTH and all(find(link, "svg") is not None for link in links)
    return is_drawn or all(_ARROW.match(" ".join(raw_text(link).split())) for link in links)


def _trim_end(main: Node) -> None:
    """Hide the last nodes of a text while they are rows of links to neighbours of the page or about the site."""
    for _ in range(_MOST_HIDDEN):
        found = _last_row(main)
        if found is None:
            return
        hide(found)


def _last_row(main: Node) -> Node | None:
    node = main
    while True:
        kids = [kid for kid in node.kids if (kid.strip() if isinstance(kid, str) else kid.shown and kid.size)]
        last = kids[-1] if kids else None
        if (
            not isinstance(last, Node)
            or not (last.tag in BLOCK_TAGS or last.holds & BLOCK)
            or last.tag in {"table", "dl"}
        ):
            return None
        if _is_row(last):
            before = kids[-2] if len(kids) > 1 else None
            return None if isinstance(before, Node) and _announces(before) else last
        node = last


def _is_row(node: Node) -> bool:
    if node.size > _LARGEST_ROW or node.holds & (PRE | HEADING) or not node.linked or node.tag in HEADINGS:
        return False
    return is_pager(node) or _is_row_of_neighbours(node) or _is_row_about_site(node)


def _announces(node: Node) -> bool:
    """Return whether a node says what comes below it: "See also", "Links:"."""
    return node.tag in HEADINGS or raw_text(node).rstrip().endswith(":")
