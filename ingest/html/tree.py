"""The page as our tree, read from lexbor's in one pass: it has what the walkers need, and hidden nodes are marked.

    html text ──lexbor──> nodes ──read_page──> Page(root, ids, links, ...) of Node(tag, attrs, kids, shown, size, ...)

One pass, because asking lexbor again (a selector over the whole tree) costs more than all the rest. Nodes deeper than
`DEEPEST` are hung on their ancestor at that depth, so walkers of this tree may recurse. Decides nothing about content
but whether it is shown (`ingest.html.hidden`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.html.head import Head
from ingest.html.shadow import MARK, fill_slots, open_roots

DEEPEST = 110
MOST_NODES = 200_000
LONGEST_ID = 200
MOST_HREFS = 20_000

BLOCK, PRE, HEADING, TABLE, LIST, CONTROL, STEP, MARKED, BUTTON, QUESTION = (1 << bit for bit in range(10))
"""What a node holds, as bits: `node.holds & PRE` is true where some shown descendant is a `<pre>` of many lines.

STEP is a link to a neighbour of the page (`ingest.html.menus`), MARKED a node that surely holds the text
(`ingest.html.landmarks`); these two are set on the node itself too. BUTTON is a control that is not shown yet, QUESTION
a control that holds the question about what it opens (`ingest.html.disclosures`), set on the control alone.
"""


def words(text: str) -> frozenset[str]:
    """Return the words of a list of names: `"a b"` -> `frozenset({"a", "b"})`."""
    return frozenset(text.split())


HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
BLOCK_TAGS = words(
    "p div ul ol menu li dl dt dd table thead tbody tfoot tr td th pre blockquote section article main header figure "
    "figcaption details summary h1 h2 h3 h4 h5 h6 hr address fieldset center caption html body nav aside footer form "
    "listing xmp search"
)
_BITS = (
    dict.fromkeys(BLOCK_TAGS, BLOCK)
    | dict.fromkeys(HEADINGS, BLOCK | HEADING)
    | {"table": BLOCK | TABLE, "ul": BLOCK | LIST, "ol": BLOCK | LIST, "dl": BLOCK | LIST, "input": CONTROL}
)
SKIPPED = words(
    "script style noscript template svg canvas object video audio select textarea option datalist head "
    "noframes noembed progress meter dialog link meta title"
)
_NO_CLASSES: frozenset[str] = frozenset()


@lru_cache(8_192)
def classes_of(names: str) -> frozenset[str]:
    """Return the names in a class attribute. Cached: a page repeats the same few."""
    return frozenset(names.split())


class Node:
    """An element. `kids` are nodes and the texts between them; `size` counts the characters shown below it.

    `linked` counts those within links, `holds` is the kinds of nodes below (the bits above), `shown` is False for what
    a reader does not see and for the furniture of the site around the text. `before` is the element just before a
    heading or a list.
    """

    __slots__ = ("attrs", "before", "classes", "holds", "kids", "linked", "parent", "shown", "size", "tag")

    def __init__(self, tag: str, attrs: Mapping[str, str | None], parent: Node | None) -> None:
        self.tag = tag
        self.attrs = attrs
        self.parent = parent
        self.kids: list[Node | str] = []
        self.classes = classes_of(attrs.get("class") or "") if attrs else _NO_CLASSES
        self.shown = True
        self.before: Node | None = None
        self.size = self.linked = self.holds = 0

    def get(self, name: str) -> str:
        """Return an attribute's value, "" without one."""
        return self.attrs.get(name) or ""

    @property
    def nodes(self) -> list[Node]:
        """The child elements, shown or not."""
        return [kid for kid in self.kids if not isinstance(kid, str)]


@dataclass(slots=True)
class Page:
    """A page that was read. `nodes` are all below the root, in the order of their start tags.

    `ids` are the fragments that exist, `hrefs` the links as written, `marked` the landmarks.

    `controls` are known by the ids of what they open on a click, `panels` are what they open, each with its control;
    `mounts` are the elements that scripts may fill with the whole page, `raised` are the `<sup>`s that may be signs of
    notes. `scripted` says whether there are scripts, `without_script` holds what `<noscript>` says; `password` and
    `account` say whether the page has a field for a password, or for a user's name.
    """

    root: Node
    nodes: list[Node] = field(default_factory=list)
    head: Head = field(default_factory=Head)
    ids: set[str] = field(default_factory=set)
    hrefs: dict[str, None] = field(default_factory=dict)
    marked: list[tuple[int, Node]] = field(default_factory=list)
    titles: list[Node] = field(default_factory=list)
    labels: dict[str, Node] = field(default_factory=dict)
    raised: list[Node] = field(default_factory=list)
    controls: dict[str, Node] = field(default_factory=dict)
    panels: dict[Node, Node] = field(default_factory=dict)
    mounts: list[Node] = field(default_factory=list)
    scripted: bool = False
    without_script: str = ""
    password: bool = False
    account: bool = False


def raw_text(node: Node, *, hidden: bool = False) -> str:
    """Return all text below a node as it is; that of hidden nodes only with `hidden`."""
    kids = node.kids
    if len(kids) == 1 and isinstance(kids[0], str):
        return kids[0]  # nearly always
    parts: list[str] = []
    _gather(node, parts, hidden=hidden)
    return "".join(parts)


def _gather(node: Node, parts: list[str], *, hidden: bool) -> None:
    for kid in node.kids:
        if isinstance(kid, str):
            parts.append(kid)
        elif kid.shown or hidden:
            _gather(kid, parts, hidden=hidden)


def hide(node: Node) -> None:
    """Hide a node of a whole tree, and take what it holds off the sizes above it."""
    node.shown = False
    above = node.parent
    while above is not None:
        above.size -= node.size
        above.linked -= node.linked
        above = above.parent


def list_entries(node: Node) -> list[Node]:
    """Return the children of a list; text between its items comes as paragraphs that are not in the tree."""
    found: list[Node] = []
    loose: Node | None = None
    for kid in node.kids:
        if isinstance(kid, str) or not (kid.tag in BLOCK_TAGS or kid.holds & BLOCK):
            if loose is None and not (isinstance(kid, str) and kid.isspace()):
                loose = Node("p", {}, node)
                found.append(loose)
            if loose is not None:
                loose.kids.append(kid)
        else:
            loose = None
            found.append(kid)
    return found


def number_of(written: str, default: int) -> int:
    """Return the whole number that an attribute holds, `default` where it holds none."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 9 else default


def numbering_of(list_node: Node) -> tuple[int, int]:
    """Return the number of the first item of a list, and what is added for each further one."""
    if "reversed" not in list_node.attrs:
        return number_of(list_node.get("start"), 1), 1
    return number_of(list_node.get("start"), sum(kid.tag == "li" for kid in list_node.nodes)), -1


def find(node: Node, tag: str) -> Node | None:
    """Return the first descendant with that tag, shown or not; None where there is none."""
    for kid in node.kids:
        if not isinstance(kid, str):
            found = kid if kid.tag == tag else find(kid, tag)
            if found is not None:
                return found
    return None


def dismantle(page: Page) -> None:
    """Cut the links upward, so that the tree is freed at once, not by the garbage collector later."""
    for node in page.nodes:
        node.parent = None


def bits_of(node: Node) -> int:
    """Return the bits that a node adds to `holds` of its parent."""
    tag = node.tag
    bits = (node.holds & ~QUESTION) | _BITS.get(tag, 0)
    return bits | PRE if tag == "pre" and _has_lines(node) else bits


def _has_lines(pre: Node) -> bool:
    return "\n" in raw_text(pre).strip() or find(pre, "br") is not None or pre.holds & BLOCK != 0


def parse_html(text: str) -> tuple[LexborHTMLParser, LexborNode | None]:
    """Return lexbor's tree, which must be kept alive, and its `<html>`."""
    tree = LexborHTMLParser(open_roots(text) if MARK in text else text)
    if MARK in text:
        fill_slots(tree)
    return tree, tree.root
