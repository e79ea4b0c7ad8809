"""Reads lexbor's tree into `ingest.html.tree.Page`, in one pass and without recursion.

    <html> ──open──> Node, its id, its link, its landmark ──...──close──> sizes and bits added to its parent

`ingest.html.hidden` judges what is shown. Hidden nodes stay in the tree, because their ids exist and their links are
followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache

from selectolax.lexbor import LexborNode

from ingest.html.adjoining import part_from_neighbour
from ingest.html.disclosures import (
    CONTROLS,
    OPENING,
    controlled_ids,
    find_opener,
    is_clicked,
    is_labelled_item,
    is_menu,
    labels_below,
    mark_questions,
    show_controls,
)
from ingest.html.head import read_head
from ingest.html.hidden import (
    MAY_BE_MENU,
    hides_by_name,
    hiding_rules,
    is_furniture,
    is_hidden,
    is_link_list,
    is_mistaken,
    is_struck,
    is_tab_panel,
)
from ingest.html.inline import is_worded
from ingest.html.known import FURNITURE_ATTRIBUTE_NAMES, MOUNT_IDS, MOUNTS
from ingest.html.landmarks import LIKELY, rank_of
from ingest.html.menus import BARS, is_pager, is_turning_link
from ingest.html.raised import RAISABLE, hide_note_signs, raised_tag, raising_rules
from ingest.html.tree import (
    BLOCK,
    BLOCK_TAGS,
    BUTTON,
    DEEPEST,
    HEADING,
    HEADINGS,
    LONGEST_ID,
    MARKED,
    MOST_HREFS,
    MOST_NODES,
    SKIPPED,
    STEP,
    Node,
    Page,
    bits_of,
    number_of,
    parse_html,
    words,
)
from ingest.html.withdrawn import withdraw

_LINKING = {"a": "href", "area": "href", "iframe": "src", "frame": "src", **dict.fromkeys(MOUNTS, "")}
"""The attribute with the url of what a node links to; "" for nodes that scripts fill."""

_CLOSED_WITH_CARE = frozenset({*HEADINGS, "dt", "sup", "form"})
_MAY_BE_MENU = MAY_BE_MENU | BARS
_MAY_MOUNT = frozenset({"div", "main", "section"})
_PLAIN = frozenset({"div", "span", "ul", "li", "section", "p"})
_TABLED = {
    **dict.fromkeys(("cell", "gridcell"), "td"),
    **dict.fromkeys(("columnheader", "rowheader"), "th"),
    "table": "table",
    "row": "tr",
    "rowgroup": "tbody",
}
_TEXT = (False, False, None)
"""What is found of a node that is neither hidden nor furniture nor a landmark."""

_LONG_FORM = 1_000
_FEW = 8
_LOOKED_AT = frozenset({*_LINKING, *HEADINGS, "ul", "dt"})
_ACCOUNT = frozenset({"username", "user", "email", "identifier", "login"})
_TOGGLES = frozenset({"data-toggle", "data-bs-toggle"})
_TURNING = frozenset({"rel", "accesskey"})
_TELLING = (
    _TOGGLES
    | FURNITURE_ATTRIBUTE_NAMES
    | words(
        "hidden aria-hidden style role id itemprop name data-nosnippet aria-controls data-target "
        "data-bs-target aria-expanded popover popovertarget"
    )
)


def read_page(text: str) -> Page:
    """Return the page as a tree. Never fails: HTML has no errors."""
    tree, top = parse_html(text)
    reader = _Reader(top.attributes if top is not None else {})
    if top is not None:
        reader.read(top)
    del tree
    return reader.page


def _judge(node: Node, rules: Set[str]) -> tuple[bool, bool, int | None]:
    """Return whether a node is hidden, whether it is furniture, and how surely it holds the text (`rank_of`)."""
    if is_hidden(node, rules) and not is_tab_panel(node):
        return True, False, None
    furniture, rank = is_furniture(node), rank_of(node)
    return (False, furniture, rank) if furniture or rank is not None else _TEXT


@lru_cache(8_192)
def _by_class(tag: str, classes: str) -> tuple[bool, bool, int | None]:
    """Return what `_judge` does for a node whose class is all that counts; a page has few kinds of these."""
    return _judge(Node(tag, {"class": classes} if classes else {}, None), frozenset())


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
        self._furniture: set[Node] = set()
        self._rules: set[str] = set()
        self._raising: dict[str, str] = {}
        self._opened: set[Node] = set()
        self._struck = False
        self._boxed: list[Node] = []  # labels of checkboxes

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
        page = self.page
        hide_note_signs(page.raised)
        if self._struck:
            withdraw(page.root)
        if page.panels or self._boxed:
            labels_below(self._boxed, page.panels)
            mark_questions(page.panels)

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
        is_plain = not attrs or (tag not in RAISABLE and "role" not in attrs)
        child = Node(tag if is_plain else _meant_tag(tag, attrs, self._raising), attrs, self._here)
        self._look_at(child)
        self._here.kids.append(child)
        self.page.nodes.append(child)
        below = node.first_child
        if below is None:
            if tag in _MAY_MOUNT and "id" in attrs:
                self.page.mounts.append(child)
            self._close(child)
        elif self._depth >= DEEPEST:
            self._below += 1
            self._close(child)
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
            self._close(closed)

    def _text(self, text: str) -> None:
        here = self._here
        here.kids.append(text)
        if not text.isspace():
            here.size += len(text)

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
                page.without_script += (node.text() or "")[:1_000]
            case "head":
                self._head(node)
            case _:
                pass

    def _head(self, node: LexborNode) -> None:
        page = self.page
        page.head = read_head(node)
        page.scripted = page.scripted or page.head.scripted
        for style in page.head.styles:
            self._style(style)

    def _style(self, style: str) -> None:
        self._rules |= hiding_rules(style)
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
        if attrs and (self._rules or "style" in attrs) and is_hidden(Node("svg", attrs, None), self._rules):
            return
        drawing = Node("svg", attrs, self._here)
        drawing.shown = False
        self._add(drawing)

    def _formula(self, script: LexborNode) -> None:
        """Add the formula whose source MathJax 2 keeps in a script."""
        formula = Node("math", {"alttext": (script.text() or "").strip()}, self._here)
        formula.size = len(formula.get("alttext"))
        self._add(formula)

    def _look_at(self, node: Node) -> None:
        attrs = node.attrs
        if node.tag in _LOOKED_AT:
            self._look_closer(node)
        if self._rules or not _TELLING.isdisjoint(attrs):
            judged = self._judged(node)
        else:
            judged = _by_class(node.tag, attrs.get("class") or "")
        if judged is not _TEXT:
            self._note(node, *judged)

    def _look_closer(self, node: Node) -> None:
        name, page = _LINKING.get(node.tag), self.page
        if name:
            self._link(node, node.attrs.get(name))
        elif name is not None:
            page.mounts.append(node)
        else:
            node.before = self._last_element()
            if node.tag == "h1":
                page.titles.append(node)

    def _note(self, node: Node, hidden: bool, furniture: bool, rank: int | None) -> None:  # noqa: FBT001 as judged
        if hidden:
            node.shown = False
            self._struck = self._struck or is_struck(node)
        elif furniture:
            self._note_furniture(node)
        elif rank is not None:
            self.page.marked.append((rank, node))
            node.holds |= MARKED if rank <= LIKELY else 0

    def _note_furniture(self, node: Node) -> None:
        page, attrs = self.page, node.attrs
        node.shown = False
        self._furniture.add(node)
        page.password = page.password or attrs.get("type") == "password"
        page.account = page.account or (node.tag == "input" and not _ACCOUNT.isdisjoint(attrs.values()))

    def _judged(self, node: Node) -> tuple[bool, bool, int | None]:
        """Return what `_judge` does, where what opens on a click counts as shown."""
        self._names(node)
        self._note_disclosures(node)
        judged = _judge(node, self._rules)
        if judged[0] and not hides_by_name(node):
            opener = find_opener(node, self.page.controls)
            if opener is not None:
                self.page.panels.setdefault(node, opener)
                self._opened.add(node)
                return False, is_furniture(node), rank_of(node)
        return judged

    def _last_element(self) -> Node | None:
        for kid in reversed(self._here.kids[-2:]):
            if not isinstance(kid, str):
                return kid
            if not kid.isspace():
                return None
        return None

    def _note_disclosures(self, node: Node) -> None:
        controls, name = self.page.controls, node.attrs.get("id")
        if name and (control := controls.get(name)) is not None:
            self.page.panels[node] = control
        if not OPENING.isdisjoint(node.attrs):
            for opened in controlled_ids(node):
                controls.setdefault(opened, node)

    def _names(self, node: Node) -> None:
        attrs, ids = node.attrs, self.page.ids
        name = attrs.get("id")
        if name and len(name) <= LONGEST_ID:
            ids.add(name)
            if name in MOUNT_IDS:
                self.page.mounts.append(node)
            if attrs.get("role") == "tab" or "tab" in node.classes:
                self.page.labels[name] = node
        if node.tag == "a" and (name := attrs.get("name")) and len(name) <= LONGEST_ID:
            ids.add(name)
        if attrs.get("role") == "tab" and (panel := attrs.get("aria-controls") or node.get("href").lstrip("#")):
            self.page.labels[f"#{panel}"] = node
        if attrs.keys() & _TOGGLES and node.get("href")[:1] == "#":  # Bootstrap's, without roles
            self.page.labels[node.get("href")] = node

    def _link(self, node: Node, href: str | None) -> None:
        hrefs = self.page.hrefs
        if not _TURNING.isdisjoint(node.attrs) and is_turning_link(node.attrs):
            node.holds |= STEP
        if href and href[0] != "#" and len(hrefs) < MOST_HREFS:
            rel = node.attrs.get("rel")
            if not (rel and "nofollow" in rel.lower().split()):
                hrefs[href.partition("#")[0]] = None

    def _unlink(self, named: Node) -> None:
        """Show the self-link at the start of a heading or a term, if it holds the name (mandoc, VuePress)."""
        link = next((kid for kid in named.kids if not isinstance(kid, str) or not kid.isspace()), None)
        if not (isinstance(link, Node) and link in self._furniture and link.tag == "a"):
            return
        if link.get("href")[:1] == "#" and is_worded(link):
            link.shown = True
            named.size += link.size
            named.linked += link.size

    def _close(self, node: Node) -> None:
        """Decide what only the whole node shows, and add its sizes and bits to its parent."""
        tag = node.tag
        if not node.shown:
            if node in self._furniture:
                self._close_furniture(node)
        elif (
            tag in _CLOSED_WITH_CARE
            or (node.linked and tag in _MAY_BE_MENU)
            or self._opened
            or "shortcomment" in node.classes
        ):
            self._close_text(node)
        if node.holds & BUTTON and tag in BLOCK_TAGS:
            show_controls(node)
            node.holds &= ~BUTTON
        parent = node.parent
        if parent is not None and node.shown:
            if node.tag == "span" and len(parent.kids) > 1:
                part_from_neighbour(node, parent)
            parent.size += node.size
            parent.linked += node.size if tag == "a" and not node.holds & BLOCK else node.linked
            parent.holds |= bits_of(node)

    def _close_text(self, node: Node) -> None:
        tag = node.tag
        if tag == "p" and "shortcomment" in node.classes and node.parent is not None:
            node.shown = node.parent.get("fullcomment") != "yes"  # Scaladoc repeats it in full
        elif tag == "dt" or tag in HEADINGS:
            self._unlink(node)
        elif tag == "sup":
            self.page.raised.append(node)
        elif tag == "form":
            node.shown = node.size > _LONG_FORM or node.holds & HEADING != 0
        elif node in self._opened and is_menu(node):
            node.shown = False
        elif node.linked and not node.holds & MARKED and (is_link_list(node) or is_pager(node)):
            node.shown = rank_of(node) is not None

    def _close_furniture(self, node: Node) -> None:
        """Decide whether a node that looked like furniture is text; a control may still be part of a sentence."""
        node.shown = is_mistaken(node) or (node.tag == "label" and is_labelled_item(node))
        if node.tag in CONTROLS and node.parent is not None:
            node.parent.holds |= BUTTON
            if (node.tag == "label" and node.get("for")) or (
                node.tag == "button" and (is_clicked(node) or "aria-expanded" in node.attrs)
            ):
                self._boxed.append(node)
