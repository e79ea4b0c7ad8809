"""Where the text of a page is: the container that a generator marks, else a landmark, else where most words are.

    rank_of(node)     a rank of `ingest.html.known`, while the page is read: lower is surer
    main_of(page)     the node to walk: the best rank that holds enough of the page; else dense(body)
    find_outside_parts(main)  what belongs to the text but is outside it: AsciiDoc's name of a manual page, footnotes

Knows the landmarks of HTML, and the names that generators give to the text.
"""

from __future__ import annotations

from itertools import groupby

from ingest.html.known import TEXT, TEXT_IDS
from ingest.html.tree import HEADING, HEADINGS, PRE, Node, Page, find, words

_HOLDERS = words("div main article section td body center font table")
_ARTICLE_BODY = 1
_ROLE_MAIN = 2
_MAIN = 5
_ARTICLE = 6
_SURE = 3
"""Ranks below this are marked by a generator: they may be short."""

LIKELY = 7
"""Ranks up to this are no accident: menus do not have them."""

_LEAST, _LEAST_SURE, _LEAST_SHARE = 200, 60, 0.15
_DENSE, _SPEAKING = 0.8, 120
_MOST_OF_IT, _MOST_WORDS, _NEARLY = 1.5, 0.75, 0.9


def rank_of(node: Node) -> int | None:
    """Return how surely this node holds the text, lower is surer; None: no sign of it."""
    if node.tag not in _HOLDERS:
        return None
    ranks = [TEXT[name] for name in node.classes if name in TEXT]
    attrs = node.attrs
    if attrs:
        if attrs.get("role") == "main":
            ranks.append(_ROLE_MAIN)
        if attrs.get("itemprop") == "articleBody":
            ranks.append(_ARTICLE_BODY)
        if (name := attrs.get("id")) in TEXT_IDS:
            ranks.append(TEXT_IDS[name or ""])
    if node.tag == "main":
        ranks.append(_MAIN)
    elif node.tag == "article":
        ranks.append(_ARTICLE)
    return min(ranks) if ranks else None


def main_of(page: Page) -> Node:
    """Return the node that holds the text of the page."""
    body = next((node for node in page.root.nodes if node.tag in {"body", "frameset"}), page.root)
    marked = [(rank, node) for rank, node in page.marked if _is_shown(node)]
    for rank, found in groupby(sorted(marked, key=lambda mark: mark[0]), key=lambda mark: mark[0]):
        best = _together([node for _, node in found])
        if best.size >= _LEAST_SURE and rank < _SURE:
            return best
        # Links are not counted: a menu of a thousand entries does not make a short page long.
        if best.size >= _LEAST and best.size >= _LEAST_SHARE * (body.size - body.linked):
            return _wider(best, marked) if rank == _ARTICLE else best
    return _dense(body)


def find_outside_parts(main: Node) -> tuple[list[Node], list[Node]]:
    """Return what to walk before the text, and after it."""
    siblings = [node for node in main.parent.nodes if node.shown] if main.parent is not None and main.shown else []
    place = siblings.index(main) if main in siblings else len(siblings)
    before = [node for node in siblings[:place] if node.attrs.get("id") == "header" and _has_text(node)]
    after = [
        node for node in siblings[place + 1 :] if node.attrs.get("id") == "footnotes" or "footnotes" in node.classes
    ]
    return before, after


def _has_text(header: Node) -> bool:
    if any("sectionbody" in node.classes for node in header.nodes):
        return True
    heading = find(header, "h1")
    return heading is not None and heading.get("id") == "page-title"  # Mintlify: a summary of the page is below


def _is_shown(node: Node) -> bool:
    here: Node | None = node
    while here is not None:
        if not here.shown:
            return False
        here = here.parent
    return True


def _together(nodes: list[Node]) -> Node:
    """Return the largest node, or the holder of all where none of them is most of it (a page of many articles)."""
    best = max(nodes, key=lambda node: node.size)
    for node in nodes:  # the same name twice, one around the other: the inner one, if it lacks no more than a menu
        if best.size - node.size < _SPEAKING and node.size >= _NEARLY * best.size and _holds(best, node):
            best = node
    outer: list[Node] = []
    for node in nodes:  # in document order: a holder comes before what it holds
        if not (outer and _holds(outer[-1], node)):
            outer.append(node)
    if sum(node.size for node in outer) <= _MOST_OF_IT * best.size:
        return best
    holder = best
    for node in outer:
        while not (holder is node or _holds(holder, node)):
            holder = holder.parent or holder
    return holder


def _wider(article: Node, marked: list[tuple[int, Node]]) -> Node:
    """Return the article, or a marked node around it where that holds much more text (one entry of many)."""
    words = article.size - article.linked
    for rank, node in marked:
        if rank > _ARTICLE and words < _MOST_WORDS * (node.size - node.linked) and _holds(node, article):
            return node
    return article


def _holds(holder: Node, node: Node) -> bool:
    above = node.parent
    while above is not None and above is not holder:
        above = above.parent
    return above is holder


def _dense(node: Node) -> Node:
    """Return the node reached from the body by going down while one child holds nearly all unlinked text."""
    while True:
        words = node.size - node.linked
        below = max(
            (kid for kid in node.nodes if kid.shown and kid.tag in {"div", "section", "center", "table", "td", "tr"}),
            key=lambda kid: kid.size - kid.linked,
            default=None,
        )
        if below is None or below.tag == "table" or below.size - below.linked < _DENSE * words or not words:
            return node
        if any(_speaks(kid) for kid in node.nodes if kid is not below and kid.shown):
            return node
        node = below


def _speaks(node: Node) -> bool:
    """Return whether a node next to the densest one is text too, no menu or footer: heading, code or many words."""
    unlinked = node.size - node.linked
    if unlinked <= node.linked:
        return False
    is_heading = node.tag in HEADINGS or node.holds & HEADING != 0
    return is_heading or node.tag == "pre" or node.holds & PRE != 0 or unlinked > _SPEAKING
