"""What a page is called: its own `<h1>`, not that of the site, else its own part of `<title>`.

    <h1><a href=/>Prod 3.2</a></h1> ... <h1>Alpha</h1>      Alpha; the first one is a banner
    <title>Alpha — Prod 3.2.25 documentation</title>        Alpha, where no heading says it

A name of the site in every heading path would make every passage a new one when the site's version changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from core.check.links import remove_invisible
from ingest.html.inline import render_line
from ingest.html.tree import BLOCK, HEADING, HEADINGS, Node, Page, words

_LETTERS = re.compile(r"[\W_]+")
_SEPARATOR = re.compile(r"\s+(?:[|·•»›«‹–—:/\\>-]|::|&mdash;)\s+|\s*[—|»]\s*|:\s(?=\S)")
_OF_SITE = re.compile(
    r"\b(?:documentation|docs|manual|handbook|user guide|developer guide|api reference|reference manual|wiki|"
    r"help cent(?:er|re)|knowledge base|dokumentation|handbuch|manuel|documentaci[oó]n|ドキュメント|文档)\b|"
    r"\bv?\d+\.\d+(?:\.\w+)*\b",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?:^|[\s_-])(?:hd|header|masthead|banner|brand|logo|site-?name|site-?title|navbar|topbar|page-?header|doc-?header)(?:$|[\s_-])",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"(?<=\w)\s{1,3}\(([^()]{1,80})\)\s{0,3}\Z")
_NUMBERED = re.compile(r"\A\s*\d+(?:\.\d+)*\.?\s+(?=[^\W\d])")
_CLIMB = 3
_LINES = words("p div")
_MOST_LINES, _LONGEST_LINE, _SHORTEST_LINE = 40, 200, 3


def find_heading(page: Page, main: Node) -> tuple[Node | None, list[Node]]:
    """Return the `<h1>` that names the page, and those within the text that name the site.

    The first is None where none of several `<h1>` names the page, and `<title>` does. The heading is the first within
    the text, else the first that is shown. One that heads one section of many (Haddock, Nim), or comes after another,
    must occur in the title.
    """
    shown = [node for node in page.titles if _is_shown(node) and node.size]
    banners = [node for node in shown if _names_site(node, shown, page)] if len(shown) > 1 else []
    own = [node for node in shown if node not in banners]
    if not own:
        own, banners = shown, []
    chosen = _choose(own, page, main)
    if chosen is None or not _says(chosen, page.head.title):
        chosen = _find_stated(page, chosen) or chosen
    if chosen is not None and chosen.tag not in HEADINGS:
        chosen.tag = "h1"
    return chosen, [node for node in banners if is_within(node, main)]


def _find_stated(page: Page, heading: Node | None) -> Node | None:
    """Return the line above all headings, or the first of them, that says what the page is called; None without one.

    It says all of `<title>`, or where there is no `<h1>`, the part of it that comes after the name of the site. A line
    that is no heading says that part only below the name of the site (doxygen).
    """
    title, found = page.head.title, None
    parts = [] if heading is not None else [part for part in map(_letters, _SEPARATOR.split(title)) if part]
    tails = {"".join(parts[place:]) for place in range(1, len(parts))}
    is_below_site = False
    for node in islice(_lines(page.root), _MOST_LINES):
        said = _letters(render_line(node, code=False)) if node.size <= _LONGEST_LINE else ""
        if node.tag in HEADINGS:
            is_own = said in {_letters(title), _letters(own_title(page))} or (said in tails and not _is_in_header(node))
            return node if heading is None and found is None and said and is_own else found
        if len(said) >= _SHORTEST_LINE and said == _letters(title):
            return node
        is_below_site = is_below_site or said in parts[:1]
        if is_below_site and said in tails:
            found = node
    return found


def _says(node: Node, *texts: str) -> bool:
    return _letters(render_line(node, code=False)) in {_letters(text) for text in texts if text}


def _lines(node: Node) -> Iterator[Node]:
    """Yield the shown blocks that hold no other, and headings, in reading order; no links."""
    for kid in node.nodes:
        if not kid.shown or not kid.size:
            continue
        if kid.tag in HEADINGS or (kid.tag in _LINES and not kid.holds & BLOCK):
            if kid.linked * 2 < kid.size or kid.tag in HEADINGS:
                yield kid
        elif kid.holds & BLOCK:
            yield from _lines(kid)


def _choose(shown: list[Node], page: Page, main: Node) -> Node | None:
    within = [node for node in shown if is_within(node, main)]
    if not within:
        return _beneath(shown[0], page, main) if shown else None
    if (len(within) == 1 and shown[0] is within[0]) or _is_named(within[0], page):
        return within[0]
    if shown[0] is not within[0]:
        return shown[0] if _is_named(shown[0], page) else within[0]
    return None if page.head.title else within[0]


def _names_site(node: Node, shown: list[Node], page: Page) -> bool:
    """Return whether one `<h1>` of several names the site: it leads home, or is its part of `<title>`, in a header."""
    others = [other for other in shown if other is not node]
    if _is_link_away(node):
        return not all(map(_is_link_away, others))
    parts = [_letters(part) for part in _SEPARATOR.split(page.head.title) if _letters(part)]
    own = _letters(render_line(node, code=False))
    if len(parts) > 1 and own in parts and _is_of_site(node, own):
        return any(_letters(render_line(other, code=False)) in parts and not _is_link_away(other) for other in others)
    return _is_in_header(node) and not any(map(_is_in_header, others)) and shown[0] is node


def _is_of_site(node: Node, own: str) -> bool:
    return bool(own) and (_OF_SITE.search(render_line(node, code=False)) is not None or _is_in_header(node))


def _is_link_away(node: Node) -> bool:
    """Return whether a heading is a link to another page."""
    if node.linked * 10 < node.size * 9:
        return False
    links = (kid.attrs["href"] or "" for kid in _inner(node) if kid.tag == "a" and "href" in kid.attrs)
    return any(href == "#" or href[:1] != "#" for href in links)  # "#": the start page leads to itself


def _inner(node: Node) -> list[Node]:
    return [found for kid in node.nodes for found in (kid, *_inner(kid))]


def _is_in_header(node: Node) -> bool:
    here = node.parent
    for _ in range(_CLIMB):
        if here is None or here.tag in {"body", "main", "article"}:
            return False
        if here.tag == "header" or _HEADER.search(f"{here.get('id')} {here.get('class')}"):
            return not _holds_text(here, node)
        here = here.parent
    return False


def _holds_text(header: Node, heading: Node) -> bool:
    """Return whether a header holds more than a heading and links: it may be that of an article."""
    return header.size - header.linked > 2 * heading.size + 200


def title_of(page: Page, heading: Node | None) -> str:
    """Return what a page is called: its heading, or its own part of `<title>` where a lower heading says the same."""
    if heading is None or (heading.tag != "h1" and _says(heading, own_title(page))):
        return own_title(page)
    return render_line(heading) or own_title(page)


def own_title(page: Page) -> str:
    """Return the page's own part of `<title>`: `"Alpha — Prod 3.2 documentation"` -> `"Alpha"`; all of it if unsure."""
    title = remove_invisible(page.head.title)
    ending = _IN_BRACKETS.search(title)
    if ending is not None and _OF_SITE.search(ending[1]):
        return title[: ending.start()]
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    own = [part.strip() for part in parts if part.strip() and not _is_site_part(part)]
    site = [part for part in (parts[0], parts[-1]) if _is_site_part(part)]
    return own[0] if own and len(site) == 1 and len(own) == len(parts) - 1 and len(own) == 1 else title


def _is_site_part(part: str) -> bool:
    """Return whether a part of `<title>` names the site, the number of a section not counted: `"1.1.12 Grinding"`."""
    return _OF_SITE.search(_NUMBERED.sub("", part)) is not None


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


def is_within(node: Node, holder: Node) -> bool:
    """Return whether a node is the holder, or below it."""
    here: Node | None = node
    while here is not None and here is not holder:
        here = here.parent
    return here is holder


def _is_shown(node: Node) -> bool:
    here: Node | None = node
    while here is not None and here.shown:
        here = here.parent
    return here is None
