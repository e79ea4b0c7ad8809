"""What a page withdraws together with its name: the text below a struck heading, the meaning of a struck term.

    <h3><del>Old way</del></h3><p>Call it.</p>       both go, up to the next heading of that level
    <dt><s>--fast</s></dt><dd>Makes it fast.</dd>    both go, as do a row whose first cell is struck, and an item that
                                                     begins with a struck name and a colon

Struck text itself is hidden while the page is read (`ingest.html.hidden`). Without this, what it explained would stand
under the name before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.html.hidden import is_struck
from ingest.html.tree import HEADINGS, Node, hide, raw_text

_JOINT = re.compile(r"\s*[:\u2013\u2014-]\s")


def withdraw(node: Node) -> None:
    """Hide below a node what belongs to names that are struck."""
    kids = node.nodes
    for place, kid in enumerate(kids):
        if kid.tag in HEADINGS and _is_withdrawn(kid):
            _hide_all(_section(kids[place + 1 :], HEADINGS[kid.tag]))
        elif kid.tag == "dt" and _is_withdrawn(kid):
            _hide_all(_description(kids[place + 1 :]))
        elif (kid.tag == "tr" and _has_no_name(kid)) or (kid.tag == "li" and _begins_withdrawn(kid)):
            _hide_all(iter((kid,)))
        elif kid.shown:
            withdraw(kid)


def _hide_all(nodes: Iterator[Node]) -> None:
    for node in nodes:
        if node.shown:
            hide(node)


def _section(after: list[Node], level: int) -> Iterator[Node]:
    for node in after:
        first = next((kid for kid in (node, *node.nodes[:1]) if kid.tag in HEADINGS), None)
        if first is not None and HEADINGS[first.tag] <= level:
            return
        yield node


def _description(after: list[Node]) -> Iterator[Node]:
    for node in after:
        if node.tag == "dt":
            if not _is_withdrawn(node):
                return
        else:
            yield node


def _is_withdrawn(node: Node) -> bool:
    """Return whether all that a node says is struck."""
    return (not node.shown and is_struck(node)) or (node.shown and not node.size and _holds_struck(node))


def _holds_struck(node: Node) -> bool:
    return any(
        (is_struck(kid) and raw_text(kid, hidden=True).strip() != "") or _holds_struck(kid) for kid in node.nodes
    )


def _has_no_name(row: Node) -> bool:
    cells = [kid for kid in row.nodes if kid.tag in {"td", "th"}]
    return len(cells) > 1 and _is_withdrawn(cells[0])


def _begins_withdrawn(item: Node) -> bool:
    """Return whether an item begins with a struck name, and goes on with what it means."""
    kids = [kid for kid in item.kids if not isinstance(kid, str) or kid.strip()]
    if kids and isinstance(kids[0], Node) and kids[0].tag == "p":
        kids = [kid for kid in kids[0].kids if not isinstance(kid, str) or kid.strip()]
    if len(kids) < 2 or not isinstance(kids[0], Node) or not is_struck(kids[0]):
        return False
    return isinstance(kids[1], str) and _JOINT.match(kids[1]) is not None
