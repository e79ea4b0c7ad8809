"""Declarative shadow roots, put in place as browsers do it before any script runs.

    <doc-note><template shadowrootmode=open><h2>Note</h2><slot></slot></template><p>Hot.</p></doc-note>
    ->  <doc-note><div><h2>Note</h2><p>Hot.</p></div></doc-note>

What is in the element goes to the slot of its name; what no slot takes is not shown. A slot that gets nothing shows
what is in it. Templates without a mode stay templates: scripts alone use them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

MARK = "shadowroot"
"""What the text of a page holds if it has such roots."""

_MOST_ROOTS = 5_000
_TEMPLATE = re.compile(r"<(?P<close>/?)template\b(?P<attributes>[^>]{0,500})>", re.IGNORECASE)
_MODE = re.compile(r"\bshadowroot(?:mode)?\s{0,9}=", re.IGNORECASE)
_OPENED = '<div data-opened-root="">'


def open_roots(text: str) -> str:
    """Return HTML with each declarative shadow root as a `<div>`, which `fill_slots` looks for."""
    parts: list[str] = []
    shadows: list[bool] = []
    at = 0
    for tag in _TEMPLATE.finditer(text):
        if tag["close"]:
            is_root = shadows.pop() if shadows else False
            written = "</div>"
        else:
            is_root = _MODE.search(tag["attributes"]) is not None
            shadows.append(is_root)
            written = _OPENED
        if is_root:
            parts += [text[at : tag.start()], written]
            at = tag.end()
    return "".join([*parts, text[at:]])


def fill_slots(tree: LexborHTMLParser) -> None:
    """Move what is in each element with an opened root to the slots of the root."""
    roots = tree.css("div[data-opened-root]")[:_MOST_ROOTS]
    for root in reversed(roots):  # those within others first
        _fill(root)


def _fill(root: LexborNode) -> None:
    host = root.parent
    if host is None:
        return
    slots: dict[str, LexborNode] = {}
    for slot in root.css("slot"):
        slots.setdefault(slot.attributes.get("name") or "", slot)
    taken: set[str] = set()
    for child in list(_children(host)):
        if child.mem_id == root.mem_id:
            continue
        name = (child.attributes.get("slot") or "") if child.is_element_node else ""
        if name in slots:
            slots[name].insert_before(child if child.is_element_node else child.text_content or "")
            taken.add(name)
        child.decompose()
    for name in taken:
        slots[name].decompose()


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next
