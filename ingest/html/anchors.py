"""Which fragment leads to a heading or a term: one that exists in the page, the surest first.

    its self-link ("#x" as written)  >  its id  >  an id or name within it  >  an empty anchor just before it
    >  the nearest ancestor's id that no heading has claimed

Plausible and wrong: Sphinx's label spans and `toc-backref` links, which lead to the table of contents. Invents nothing:
returns "" where no fragment exists, and the nearest one above stays in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, unquote

from ingest.html.hidden import is_tab_panel
from ingest.html.inline import is_permalink
from ingest.html.known import NAMED_BLOCKS
from ingest.html.signatures import LONGEST_NAME, NAMING, name_at_start
from ingest.html.tree import BLOCK, BLOCK_TAGS, HEADING, HEADINGS, Node, raw_text, words

_SELF_LINK = re.compile(
    r"headerlink|header-?link|hash-link|header-anchor|heading-anchor|anchor-?link|anchorjs|permalink|self-?link|"
    r"(?:^|\s)(?:anchor|header|mark|doc-anchor)(?:\s|$)"
)
_UNSAFE = re.compile(
    r"[\s<>|\"\\^`{}\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_HOPS = 6
_MOST_KIDS = 400
_STRUCTURE = words("section div span article header li details dd td a")
_NAMED = words("p pre table blockquote ul ol div section")
_FRAMES = words("div section")
_LARGEST_OPTION = 2_000
_MACHINE = re.compile(
    r"(?!q\d)(?:index-.*|(?:fn|fnref|footnote|endnote|cite|ref|note|bib)[-_.:].*\d|(?:user-content-)?(?:id|idm|idp|toc|_toc|fn|"
    r"fnref|cite|footnote|page|par|para|line|ref|sec|section|table|row|tr|cell|figure|item|menu-item|equation|eq|anchor|more|top|"
    r"\w{0,2})?[-_.:]*\d[-_.:\d]*|(?=\D*\d)[0-9a-f]{4,}(?:-?[0-9a-f]+)*)\Z",
    re.IGNORECASE,
)
"""Ids that a generator counts up or draws at random: nobody named what they lead to. `q3` is a question."""

_CONTROLS = frozenset({"button", "input", "label"})
_EMPTY = words("a span div p")


class Anchors:
    """The fragments of one page, and which of them headings have claimed. `root` limits the climb to ancestors."""

    def __init__(self, ids: set[str], root: Node) -> None:
        self._ids = ids
        self._root = root
        self._claimed: set[str] = set()

    def of_heading(self, heading: Node) -> str:
        """Claim and return the fragment of a heading; "" where it has none."""
        for found in (*self._own(heading), self._before(heading), self._above(heading)):
            if found:
                self._claimed.add(unquote(found))
                return found
        return ""

    def around(self, heading: Node) -> str:
        """Return the fragment of the nearest part of the page that a heading is in, also one that is taken; else ""."""
        node = heading.parent
        for _ in range(_HOPS):
            if node is None or node is self._root:
                break
            if node.tag in _STRUCTURE and (found := self.existing(node.get("id"))):
                return found
            node = node.parent
        return ""

    def of_term(self, term: Node) -> str:
        """Claim and return the fragment of a `<dt>` or of an entry like one; "" where it has none."""
        found = next((name for name in self._own(term) if name), "") or self._before(term)
        self._claimed.add(unquote(found))
        return found

    def of_entry(self, entry: Node) -> str:
        """Claim and return the fragment of a declaration, or of a container that holds little else; "" without one."""
        near = (entry.parent, entry.parent.parent if entry.parent is not None else None)
        above = (self.existing(node.get("id")) for node in near if node is not None and node is not self._root)
        for found in (*self._own(entry), *(name for name in above if unquote(name) not in self._claimed)):
            if found:
                self._claimed.add(unquote(found))
                return found
        return ""

    def of_block(self, block: Node, kids: Sequence[Node | str], place: int) -> str:
        """Claim and return the name that an author gave a block of text, or put before it; "" without one.

        `kids`, `place`: where the block stands in its parent.
        """
        is_text = block.tag == "p"
        if block.tag not in _NAMED or block.holds & HEADING or (is_text and not block.size):
            return ""
        is_named = is_text or not NAMED_BLOCKS.isdisjoint(block.classes) or self._is_option(block)
        inner = _neighbour(block.kids, -1, 1) if is_text else None
        for node in (inner, block if is_named else None, _place_before(kids, place)):
            if node is None or not node.attrs:
                continue
            is_given = node is block or _is_empty(node) or _is_named(node) or (node is inner and _wraps_name(node))
            if is_given and (found := self._given(node)):
                return found
        return ""

    def _is_option(self, block: Node) -> bool:
        """Return whether a container with an id is what the author says of one option.

        It begins with its name, or it is one of several of a class, each with an id.
        """
        is_small = block.tag in _FRAMES and 0 < block.size <= _LARGEST_OPTION
        if not (is_small and block.get("id") and block.holds & BLOCK):
            return False
        first = next((kid for kid in block.nodes if kid.shown and kid.size), block)
        return "title" not in first.classes and (is_one_of_many(block) or name_at_start(block) != "")

    def of_item(self, item: Node) -> str:
        """Claim and return the id that an author gave an item of a list; "" without one."""
        if item.holds & HEADING:
            return ""
        first = _neighbour(item.kids, -1, 1)
        inner = _neighbour(first.kids, -1, 1) if first is not None and first.tag == "p" else first
        return self._given(item) or (self._given(inner) if inner is not None and _is_named(inner) else "")

    def of_terms(self, terms: Sequence[Node]) -> str:
        """Claim and return the id of what terms without one stand in alone, or of their description; "" without one."""
        around = terms[0].parent
        kids = around.nodes if around is not None and len(around.kids) <= _MOST_KIDS else []
        if terms[-1] not in kids:
            return ""
        after = next((kid for kid in kids[kids.index(terms[-1]) + 1 :] if kid.shown), None)
        is_alone = around is not None and sum(kid.tag == "dt" for kid in kids) == len(terms)
        found = self.of_item(around) if around is not None and is_alone else ""
        return found or (self._given(after) if after is not None and after.tag == "dd" else "")

    def of_row(self, row: Node) -> str:
        """Claim and return the name that an author gave a row of a table, its first cell, or a place at its start."""
        cell = next((kid for kid in row.nodes if kid.shown), None)
        inner = _neighbour(cell.kids, -1, 1) if cell is not None else None
        deeper = _neighbour(inner.kids, -1, 1) if inner is not None else None
        near = (row, cell, inner, deeper)
        return next((found for node in near if node is not None and (found := self._given(node))), "")

    def of_text(self, node: Node, kids: Sequence[Node | str], place: int) -> str:
        """Claim and return the name of an empty anchor at the start of text that is in no block; "" for others."""
        is_at_start = _is_text(kids, place) if _is_empty(node) else _is_named(node) and _begins(kids, place)
        return self._given(node) if is_at_start else ""

    def of_line(self, node: Node, kids: Sequence[Node | str], place: int) -> str:
        """Claim and return the id of a word or two that stand alone above a block, as rustdoc's fields do; else ""."""
        if not node.size or not node.get("id"):
            return ""
        after = _neighbour(kids, place, 1)
        is_above = after is not None and (after.tag in BLOCK_TAGS or after.holds & BLOCK)
        return self._given(node) if is_above and _begins(kids, place) else ""

    def _given(self, node: Node) -> str:
        name = node.get("id") or _name(node)
        if not name or _MACHINE.match(name) or name in self._claimed:
            return ""
        found = self.existing(name)
        if found:
            self._claimed.add(name)
        return found

    def existing(self, name: str) -> str:
        """Return an id as it is written in a url, or "" where the page has no such id."""
        if name not in self._ids or name.startswith("__"):
            return ""
        return _UNSAFE.sub(lambda unsafe: quote(unsafe[0]), name)

    def id_of(self, *nodes: Node | None) -> str:
        """Return the id of the first of the nodes that has one which exists, as it is written in a url; else ""."""
        return next((found for node in nodes if node is not None and (found := self.existing(node.get("id")))), "")

    def _own(self, node: Node) -> Iterator[str]:
        yield from (found for link in _links(node) if (found := self._self_link(node, link)))
        yield self.existing(node.get("id"))
        yield from (found for inner in _inside(node) if (found := self.existing(inner.get("id") or _name(inner))))

    def _self_link(self, node: Node, link: Node) -> str:
        target = link.get("href")[1:]
        if not target or link.get("href")[0] != "#" or "toc-backref" in link.classes or _UNSAFE.search(target):
            return ""
        is_sign = _SELF_LINK.search(link.get("class")) is not None or is_permalink(link) or "aria-label" in link.attrs
        leads_away = link.get("id") not in {"", target}  # from a note back to its sign
        is_all = not leads_away and raw_text(link).strip() == raw_text(node).strip() and node.tag in HEADINGS
        if not (is_sign or is_all):
            return ""
        return target if target in self._ids or unquote(target) in self._ids else ""

    def _before(self, heading: Node) -> str:
        """Return the fragment of an anchor before a heading, `<a name="x"></a><h2>`; of several in a row the last."""
        before = heading.before or _before_list(heading)
        if before is None or before.tag not in _EMPTY:
            return ""
        if before.size and raw_text(before).strip():
            before = _ending(before)
        if before is None:
            return ""
        inner = next(iter(_inside(before)), before)
        found = self.existing(before.get("id") or _name(before) or inner.get("id") or _name(inner))
        return "" if unquote(found) in self._claimed else found

    def _above(self, heading: Node) -> str:
        node = heading.parent
        hops = 0
        while node is not None and hops < _HOPS and node is not self._root and node.tag not in {"body", "main"}:
            found = self.existing(node.get("id") or _name(node)) if node.tag in _STRUCTURE else ""
            if found and unquote(found) not in self._claimed:
                return found
            node = node.parent
            hops += 1
        return ""


def is_one_of_many(block: Node) -> bool:
    """Return whether a container has an id, and a sibling of its class has one too: what is in it ends with it."""
    if block.tag not in _FRAMES or not block.classes or not block.get("id") or block.parent is None:
        return False
    if is_tab_panel(block):
        return False
    siblings = (kid for kid in block.parent.kids if not isinstance(kid, str) and kid is not block)
    return any(kid.classes == block.classes and kid.get("id") for kid in siblings)


def _before_list(heading: Node) -> Node | None:
    """Return the node before the list that a heading opens, as in javadoc: `<a name="x"></a><ul><li><h4>...`."""
    item = heading.parent
    if item is None or item.tag != "li" or item.parent is None or not _is_first(heading, item):
        return None
    return item.parent.before if _is_first(item, item.parent) else None


def _ending(paragraph: Node) -> Node | None:
    """Return the anchor at the end of a paragraph that a heading closes: `<p>text <a name="x">&nbsp;</a><h2>...`."""
    last = next((kid for kid in reversed(paragraph.kids) if not isinstance(kid, str) or kid.strip()), None)
    return last if isinstance(last, Node) and last.tag == "a" and not raw_text(last).strip() else None


def _is_empty(node: Node) -> bool:
    """Return whether a node is an anchor without text: `<a name="x"></a>`, `<p id="x"></p>`."""
    return node.tag in _EMPTY and not node.size and bool(node.attrs) and not node.holds


def _is_named(node: Node) -> bool:
    """Return whether a node is an anchor around a name: `<a name="x"><b>Name</b></a>`, `<code id="x">name</code>`."""
    if node.tag == "a":
        name = node.get("id") or _name(node)
        return bool(name) and node.get("href") in {"", f"#{name}"}
    return node.tag in NAMING and 0 < node.size <= LONGEST_NAME and bool(node.get("id"))


def _wraps_name(node: Node) -> bool:
    """Return whether a node with an id holds a name and nothing else: `<span id="x"><b>Name</b></span>`."""
    is_small = node.tag == "span" and 0 < node.size <= LONGEST_NAME and bool(node.get("id"))
    return is_small and all(not isinstance(kid, str) and kid.tag in NAMING for kid in node.kids)


def _place_before(kids: Sequence[Node | str], place: int) -> Node | None:
    """Return the node just before a block; of a paragraph that holds nothing but an anchor, the anchor."""
    before = _neighbour(kids, place, -1)
    if before is None or before.tag != "p" or before.size or before.get("id"):
        return before
    return next((kid for kid in before.nodes if _is_empty(kid)), None)


def _neighbour(kids: Sequence[Node | str], place: int, step: int) -> Node | None:
    """Return the node next to a place, where only white space is between; None where there is text."""
    place += step
    while 0 <= place < len(kids):
        kid = kids[place]
        if not isinstance(kid, str):
            return kid
        if not kid.isspace():
            return None
        place += step
    return None


def _begins(kids: Sequence[Node | str], place: int) -> bool:
    """Return whether a line begins at a place: nothing, a break or a block is before it."""
    before = _neighbour(kids, place, -1)
    if before is None:
        return all(isinstance(kids[at], str) and str(kids[at]).isspace() for at in range(place))
    return before.tag == "br" or before.tag in BLOCK_TAGS or before.holds & BLOCK != 0 or _is_empty(before)


def _is_text(kids: Sequence[Node | str], place: int) -> bool:
    """Return whether text follows on a place where a line begins, and no block."""
    for at in range(place + 1, len(kids)):
        kid = kids[at]
        if isinstance(kid, str):
            if not kid.isspace():
                return _begins(kids, place)
        elif not _is_empty(kid):
            return kid.tag not in BLOCK_TAGS and not kid.holds & BLOCK and _begins(kids, place)
    return False


def _is_first(node: Node, holder: Node) -> bool:
    return next((kid for kid in holder.kids if not isinstance(kid, str)), None) is node


def _name(node: Node) -> str:
    return node.get("name") if node.tag == "a" else ""


def _links(node: Node) -> Iterator[Node]:
    return (inner for inner in _inside(node) if inner.tag == "a" and inner.get("href"))


def _inside(node: Node) -> Iterator[Node]:
    """Yield the descendants that have attributes, in order, except form controls that are no text."""
    for kid in node.nodes:
        if kid.attrs and (kid.tag not in _CONTROLS or kid.shown):
            yield kid
        yield from _inside(kid)
