"""Reviews each node of a page twice: as its tag opens, and as it closes.

    open   what it links to, the ids and labels it gives, what it opens on a click; hidden? furniture? a landmark?
    close  what only the whole node shows: menus, long forms, controls in a sentence; sizes and bits go to its parent

`ingest.html.hidden` and its neighbours say what a node is; `ingest.html.reading` brings the nodes in order.
"""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache

from ingest.html.adjoining import part_from_neighbour
from ingest.html.disclosures import (
    CONTROLS,
    OPENING,
    controlled_ids,
    find_opener,
    is_api_line,
    is_clicked,
    is_labelled_item,
    is_menu,
    is_put_away,
    labels_below,
    mark_questions,
    show_controls,
)
from ingest.html.hidden import (
    MAY_BE_MENU,
    hides_by_name,
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
from ingest.html.raised import hide_note_signs
from ingest.html.tree import (
    BLOCK,
    BLOCK_TAGS,
    BUTTON,
    HEADING,
    HEADINGS,
    LONGEST_ID,
    MARKED,
    MOST_HREFS,
    STEP,
    Node,
    Page,
    bits_of,
    words,
)
from ingest.html.withdrawn import withdraw

_LINKING = {"a": "href", "area": "href", "iframe": "src", "frame": "src", **dict.fromkeys(MOUNTS, "")}
"""The attribute with the url of what a node links to; "" for nodes that scripts fill."""

_CLOSED_WITH_CARE = frozenset({*HEADINGS, "dt", "sup", "form"})
_MAY_BE_MENU = MAY_BE_MENU | BARS
_TEXT = (False, False, None)
"""What is found of a node that is neither hidden nor furniture nor a landmark."""

_LONG_FORM = 1_000
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


def _judge(node: Node, rules: Set[str]) -> tuple[bool, bool, int | None]:
    """Return whether a node is hidden, whether it is furniture, and how surely it holds the text (`rank_of`)."""
    if is_hidden(node, rules) and not is_tab_panel(node):
        return True, False, None
    furniture, rank = is_furniture(node), rank_of(node)
    return (False, furniture, rank) if furniture or rank is not None else _TEXT


@lru_cache(8_192)
def _judge_by_class(tag: str, classes: str) -> tuple[bool, bool, int | None]:
    """Return what `_judge` does for a node whose class is all that counts; a page has few kinds of these."""
    return _judge(Node(tag, {"class": classes} if classes else {}, None), frozenset())


class NodeReview:
    """Writes to a page what its nodes say of it. `rules`: what the style sheets read so far hide (`hiding_rules`)."""

    def __init__(self, page: Page) -> None:
        self.rules: set[str] = set()
        self._page = page
        self._furniture: set[Node] = set()
        self._opened: set[Node] = set()
        self._struck = False
        self._boxed: list[Node] = []  # labels of checkboxes

    def finish(self) -> None:
        """Decide what only the whole page shows: signs of notes, withdrawn text, questions about what they open."""
        page = self._page
        hide_note_signs(page.raised)
        if self._struck:
            withdraw(page.root)
        if page.panels or self._boxed:
            labels_below(self._boxed, page.panels)
            mark_questions(page.panels)

    def hides_drawing(self, svg: Node) -> bool:
        """Return whether a style or a style sheet hides a drawing."""
        return bool(svg.attrs) and (bool(self.rules) or "style" in svg.attrs) and is_hidden(svg, self.rules)

    def open_node(self, node: Node) -> None:
        """Note what the start tag says; its parent does not have the node yet."""
        attrs = node.attrs
        if node.tag in _LOOKED_AT:
            self._note_element(node)
        if self.rules or not _TELLING.isdisjoint(attrs):
            judged = self._judge_node(node)
        else:
            judged = _judge_by_class(node.tag, attrs.get("class") or "")
        if judged is not _TEXT:
            self._note(node, *judged)

    def _note_element(self, node: Node) -> None:
        name, page = _LINKING.get(node.tag), self._page
        if name:
            self._note_link(node, node.attrs.get(name))
        elif name is not None:
            page.mounts.append(node)
        else:
            node.before = _last_element(node.parent)
            if node.tag == "h1":
                page.titles.append(node)

    def _note(self, node: Node, hidden: bool, furniture: bool, rank: int | None) -> None:  # noqa: FBT001 as judged
        page, attrs = self._page, node.attrs
        node.shown = not (hidden or furniture)
        if hidden:
            self._struck = self._struck or is_struck(node)
        elif furniture:
            self._furniture.add(node)
            page.password = page.password or attrs.get("type") == "password"
            page.account = page.account or (node.tag == "input" and not _ACCOUNT.isdisjoint(attrs.values()))
        elif rank is not None:
            page.marked.append((rank, node))
            node.holds |= MARKED if rank <= LIKELY else 0

    def _judge_node(self, node: Node) -> tuple[bool, bool, int | None]:
        """Return what `_judge` does, where what opens on a click counts as shown."""
        self._note_names(node)
        self._note_panels(node)
        judged = _judge(node, self.rules)
        if judged[0] and (not hides_by_name(node) or is_put_away(node, self._page.controls)):
            opener = find_opener(node, self._page.controls)
            if opener is not None:
                self._page.panels.setdefault(node, opener)
                self._opened.add(node)
                return False, is_furniture(node), rank_of(node)
        return judged

    def _note_panels(self, node: Node) -> None:
        controls, name = self._page.controls, node.attrs.get("id")
        if name and (control := controls.get(name)) is not None:
            self._page.panels[node] = control
        if not OPENING.isdisjoint(node.attrs):
            for opened in controlled_ids(node):
                controls.setdefault(opened, node)

    def _note_names(self, node: Node) -> None:
        attrs, ids = node.attrs, self._page.ids
        name = attrs.get("id")
        if name and len(name) <= LONGEST_ID:
            ids.add(name)
            if name in MOUNT_IDS:
                self._page.mounts.append(node)
            if attrs.get("role") == "tab" or "tab" in node.classes:
                self._page.labels[name] = node
        if node.tag == "a" and (name := attrs.get("name")) and len(name) <= LONGEST_ID:
            ids.add(name)
        if attrs.get("role") == "tab" and (panel := attrs.get("aria-controls") or node.get("href").lstrip("#")):
            self._page.labels[f"#{panel}"] = node
        if attrs.keys() & _TOGGLES and node.get("href")[:1] == "#":  # Bootstrap's, without roles
            self._page.labels[node.get("href")] = node

    def _note_link(self, node: Node, href: str | None) -> None:
        if not _TURNING.isdisjoint(node.attrs) and is_turning_link(node.attrs):
            node.holds |= STEP
        rel = node.attrs.get("rel")
        if not (rel and "nofollow" in rel.lower().split()):
            self.note_href(href)

    def note_href(self, href: str | None) -> None:
        """Note a link of the page, as it is written."""
        if href and href[0] != "#" and len(self._page.hrefs) < MOST_HREFS:
            self._page.hrefs[href.partition("#")[0]] = None

    def close_node(self, node: Node) -> None:
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
            if (node.tag == "span" or "-" in node.tag) and len(parent.kids) > 1:
                part_from_neighbour(node, parent)
            parent.size += node.size
            parent.linked += node.size if tag == "a" and not node.holds & BLOCK else node.linked
            parent.holds |= bits_of(node)

    def _close_text(self, node: Node) -> None:
        tag = node.tag
        if tag == "p" and "shortcomment" in node.classes and node.parent is not None:
            node.shown = node.parent.get("fullcomment") != "yes"  # Scaladoc repeats it in full
        elif tag == "dt" or tag in HEADINGS:
            self._show_self_link(node)
        elif tag == "sup":
            self._page.raised.append(node)
        elif tag == "form":
            node.shown = node.size > _LONG_FORM or node.holds & HEADING != 0
        elif node in self._opened and is_menu(node):
            node.shown = False
        elif node.linked and not node.holds & MARKED and (is_link_list(node) or is_pager(node)):
            node.shown = rank_of(node) is not None

    def _show_self_link(self, named: Node) -> None:
        """Show the self-link at the start of a heading or a term, if it holds the name (mandoc, VuePress)."""
        link = next((kid for kid in named.kids if not isinstance(kid, str) or not kid.isspace()), None)
        if not (isinstance(link, Node) and link in self._furniture and link.tag == "a"):
            return
        if link.get("href")[:1] == "#" and is_worded(link):
            link.shown = True
            named.size += link.size
            named.linked += link.size

    def _close_furniture(self, node: Node) -> None:
        """Decide whether a node that looked like furniture is text; a control may still be part of a sentence."""
        node.shown = is_mistaken(node) or (node.tag == "label" and is_labelled_item(node)) or is_api_line(node)
        if node.tag in CONTROLS and node.parent is not None:
            node.parent.holds |= BUTTON
            if (node.tag == "label" and node.get("for")) or (
                node.tag == "button" and (is_clicked(node) or "aria-expanded" in node.attrs)
            ):
                self._boxed.append(node)


def _last_element(parent: Node | None) -> Node | None:
    """Return the last element that a parent has so far; None where text is behind it."""
    for kid in reversed(parent.kids[-2:] if parent is not None else ()):
        if not isinstance(kid, str):
            return kid
        if not kid.isspace():
            return None
    return None
