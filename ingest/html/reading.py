"""Reads lexbor's tree into `ingest.html.tree.Page`, in one pass and without recursion.

    <html> ──> Node ──reviewed as it opens──> its kids ──reviewed as it closes──> the next one

`ingest.html.review` judges what is shown. Hidden nodes stay in the tree, because their ids exist and their links are
followed.
"""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from ingest.html.disclosures import title_of_element
from ingest.html.head import read_head
from ingest.html.hidden import (
    hiding_rules,
)
from ingest.html.raised import RAISABLE, raised_tag, raising_rules
from ingest.html.review import NodeReview
from ingest.html.tree import (
    BLOCK,
    DEEPEST,
    HEADINGS,
    MOST_HREFS,
    MOST_NODES,
    SKIPPED,
    Node,
    Page,
    number_of,
    parse_html,
)

_MAY_MOUNT = frozenset({"div", "main", "section"})
_PLAIN = frozenset({"div", "span", "ul", "li", "section", "p"})
_TABLED = {
    **dict.fromkeys(("cell", "gridcell"), "td"),
    **dict.fromkeys(("columnheader", "rowheader"), "th"),
    "table": "table",
    "row": "tr",
    "rowgroup": "tbody",
}
_FEW = 8


def read_page(text: str) -> Page:
    """Return the page as a tree. Never fails: HTML has no errors."""
    tree, top = parse_html(text)
    reader = _Reader(top.attributes if top is not None else {})
    if top is not None:
        reader.read(top)
    del tree
    return reader.page


def _meant_tag(tag: str, attrs: Mapping[str, str | None], raising: Mapping[str, str]) -> str:
    """Return the tag that a node with a role, a class or a style stands for, else its own."""
    if "role" in attrs:
        return _spoken_tag(tag, attrs)
    return raised_tag(tag, attrs, raising) if tag in RAISABLE else tag


def _spoken_tag(tag: str, attrs: Mapping[str, str | None]) -> str:
    """Return the tag of a heading or of a part of a table for a node with that role.

    `<div role=heading aria-level=3>` is an `h3`, `<span role=cell>` a `td`.
    """
    if tag in _PLAIN and (spoken := _TABLED.get(attrs["role"] or "")) is not None:
        return spoken
    if attrs["role"] != "heading" or tag in HEADINGS:
        return tag
    return f"h{min(max(number_of(attrs.get('aria-level') or '', 3), 1), 6)}"


class _Reader:
    def __init__(self, attrs: Mapping[str, str | None]) -> None:
        self.page = Page(Node("html", attrs, None))
        self._here = self.page.root
        self._below = 0  # how many levels lexbor's tree is deeper here than ours
        self._depth = 0
        self._left = MOST_NODES
        self._review = NodeReview(self.page)
        self._raising: dict[str, str] = {}

    def read(self, top: LexborNode) -> None:
        """Read everything below `top` into `page`."""
        node = top.first_child
        while node is not None and self._left:
            down = self._enter(node)
            if down is not None:
                node = down
                continue
            while (after := node.next) is None:
                parent = node.parent
                if parent is None or parent.tag == "html":
                    return self._finish()
                node = parent
                self._leave()
            node = after
        return self._finish()

    def _finish(self) -> None:
        while self._here.parent is not None:
            self._below = 0
            self._leave()
        self._review.finish()

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Add one node. Return its first child where that is to be read next, else None."""
        tag = node.tag or "-"
        if tag == "-text":
            self._text(node.text_content or "")
            return None
        if tag[0] == "-":
            return None
        if tag in SKIPPED:
            self._skip(node, tag)
            return None
        self._left -= 1
        attrs = node.attributes
        child = self._make(tag, attrs)
        self._review.open_node(child)
        self._here.kids.append(child)
        self.page.nodes.append(child)
        below = node.first_child
        if below is None:
            if tag in _MAY_MOUNT and "id" in attrs:
                self.page.mounts.append(child)
            self._review.close_node(child)
        elif self._depth >= DEEPEST:
            self._below += 1
            self._review.close_node(child)
        else:
            self._here = child
            self._depth += 1
        return below

    def _leave(self) -> None:
        if self._below:
            self._below -= 1
            return
        closed = self._here
        if closed.parent is not None:
            self._here = closed.parent
            self._depth -= 1
            self._review.close_node(closed)

    def _text(self, text: str) -> None:
        here = self._here
        here.kids.append(text)
        if not text.isspace():
            here.size += len(text)

    def _make(self, tag: str, attrs: Mapping[str, str | None]) -> Node:
        """Return the node for an element; one of scripts that opens becomes a `<details>` under its title."""
        is_plain = not attrs or (tag not in RAISABLE and "role" not in attrs)
        child = Node(tag if is_plain else _meant_tag(tag, attrs, self._raising), attrs, self._here)
        title = title_of_element(tag, attrs) if "-" in tag else ""
        if not title:
            return child
        summary = Node("summary", {}, child)
        summary.kids.append(title)
        child.tag, child.size, child.holds = "details", len(title), BLOCK
        child.kids.append(summary)
        self.page.nodes.append(summary)
        return child

    def _add(self, child: Node) -> None:
        self._here.kids.append(child)
        self.page.nodes.append(child)

    def _skip(self, node: LexborNode, tag: str) -> None:
        """Leave an element out, but note what it says about the page."""
        page = self.page
        match tag:
            case "script":
                page.scripted = True
                if (node.attributes.get("type") or "").startswith("math/"):
                    self._formula(node)
            case "svg":
                self._picture(node)
            case "title":
                page.head.title = page.head.title or " ".join((node.text() or "").split())
            case "style":
                self._style(node.text() or "")
            case "noscript":
                self._without_script(node)
            case "head":
                self._head(node)
            case _:
                pass

    def _without_script(self, node: LexborNode) -> None:
        """Note what readers without scripts see: programs like ours, for whose links a menu is written there."""
        self.page.without_script += (node.text() or "")[:1_000]
        for link in node.css("a[href]")[:MOST_HREFS]:
            self._review.note_href(link.attributes.get("href"))

    def _head(self, node: LexborNode) -> None:
        page = self.page
        page.head = read_head(node)
        page.scripted = page.scripted or page.head.scripted
        for style in page.head.styles:
            self._style(style)

    def _style(self, style: str) -> None:
        self._review.rules |= hiding_rules(style)
        self._raising |= raising_rules(style)

    def _picture(self, svg: LexborNode) -> None:
        """Add a drawing without its lines, for the label that it may have (`ingest.html.pictures`); it is not shown."""
        attrs = svg.attributes
        inner = svg.first_child
        for _ in range(_FEW):
            if inner is None:
                break
            if inner.tag == "title" and not attrs.get("aria-label"):
                attrs = {**attrs, "aria-label": (inner.text() or "").strip()}
            elif inner.tag == "use":
                attrs = {**attrs, "data-use": inner.attributes.get("href") or inner.attributes.get("xlink:href")}
            inner = inner.next
        drawing = Node("svg", attrs, self._here)
        if self._review.hides_drawing(drawing):
            return
        drawing.shown = False
        self._add(drawing)

    def _formula(self, script: LexborNode) -> None:
        """Add the formula whose source MathJax 2 keeps in a script."""
        formula = Node("math", {"alttext": (script.text() or "").strip()}, self._here)
        formula.size = len(formula.get("alttext"))
        self._add(formula)
