"""Menus that have no telltale class: recognised by where their links lead, what they say, or where they are.

    is_pager(node)     "Next: A, Previous: B, Up: C", "Home | Contents | Index", "Edit this page"; while a page is read
    is_contents(node)  a list of nothing but links into the same page, whose headings say the same
    trim_blocks(blocks)    without "On this page" above nothing, "Was this helpful?", and who made the page at its end

Everything here is judged by its size too: a paragraph that mentions a next page is text. `ingest.html.hidden` has the
names that generators give to their menus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest

from ingest.html.tree import HEADING, MOST_NODES, PRE, STEP, TABLE, Node, find, raw_text, words
from ingest.pages import Block, BlockKind

_RELATIONS = words("next prev previous up home contents start index top first last")
_KEYS = words("n p u h")
BARS = words("p div table ul ol center dl h6")
_LARGEST, _CONNECTING = 600, 40
_MOST_LINKS, _MOST_LOOKED_AT = 200, 600
_TURNING = frozenset(
    {"next", "previous", "prev", "up", "top", "home", "back", "first", "last", "contents", "index", "toc", "modules"}
    | {"search", "main", "overview", "start", "forward", "backward", "table of contents", "general index", "genindex"}
    | {"next page", "previous page", "next chapter", "previous chapter", "next section", "previous section"}
    | {"module index", "global module index", "top of book", "?", "about", ""}
    | {"package", "class", "use", "tree", "deprecated", "help"}  # javadoc, groovydoc
)
_PAIR = (r"\W*Prev(?:ious)?(?: page)?(?:[A-Z\s\W]|\Z)", r"\W*Next(?: page)?(?:[A-Z\s\W]|\Z)")
_TOPS = frozenset({"top", "to top", "to the top", "top of page", "top of the page", "page top"})
_BACK = re.compile(r"(?:(?:go |return )?back|return|go) to (?:the )?")
_BRACKETED = re.compile(r"\[[^\[\]]{1,60}\](?:\s{0,9}\[[^\[\]]{1,60}\]){2,20}\Z")
_SIGNS = " \t\r\n\f\xa0[](){}<>«»‹›←→↑↓⇐⇒|·•.,:-–—"
_STEPS = re.compile(
    r"(?=.{0,80}\b(?:next|prev(?:ious)?|up|back))"
    r"(?:[^\w\s]{0,4}\s{0,4}(?:(?:back to )?(?:next|prev(?:ious)?|up|top|home|table of contents|contents|index)"
    r"(?: (?:page|chapter|section))?)\s{0,4}[^\w\s]{0,4}\s{0,4}){1,6}\Z"
)
_NAMED_STEPS = re.compile(
    r"(?:(?:next|previous|prev|up): .{1,70}?(?:\s|\Z)){2,4}\Z|"
    r"[\u2190\u2039\u00ab] ?[^\u2190\u2192]{1,70} [\u2192\u203a\u00bb]\Z"
)
_EDITING = re.compile(
    r"(?:edit|improve|suggest|view|report)\b.{0,20}\b"
    r"(?:page|edits?|source|git(?:hub|lab)|issue|bug|problem|document(?:ation)?)\b.{0,20}\Z",
    re.IGNORECASE,
)
_EDIT_PAGE = re.compile(r"(?:edit|improve) this (?:page|document|article)\b[^.]{0,30}\Z", re.IGNORECASE)
_LEAST_CONTENTS, _MOST_OTHERS = 3, 4
_PLAIN_LINES = frozenset({BlockKind.HEADING, BlockKind.PARAGRAPH})
_LINES = _PLAIN_LINES | {BlockKind.SIGNATURE}
_CAPTIONS = frozenset(
    {"contents", "on this page", "table of contents", "in this article", "page contents", "in this page"}
    | {"in this section", "jump to", "quick links"}
)
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,5}\.?\s")
_COPYING = frozenset({"copy", "copied!", "copied", "copy code", "copy to clipboard", "copy copied!"})
_LONGEST_CAPTION, _LONGEST_ASKING, _LONGEST_COLOPHON, _MOST_COLOPHONS, _MOST_ABOVE = 30, 80, 400, 4, 3
_MOST_STEPS = 2
_IDLE = re.compile(
    r"(?:was|is|did|do you find) this .{0,20}\b(?:help|useful)|(?:last )?updated:? (?:on )?"
    r"(?:\d[\d :./-]{4,20}|[a-z]{3,9} \d{1,2}, \d{4}|\d{1,2} [a-z]{3,9} \d{4}|\w{1,3} [a-z]{3,9} ago)\Z",
    re.IGNORECASE,
)
_COLOPHON = re.compile(
    r"(?:©|\(c\) ?\d|copyright\b|all rights reserved|generated (?:by|on|at|with|using)\b|"
    r"(?:built|made|created|powered|produced) (?:with|using|by)\b|last (?:updated?|modified|changed|revised|edited)\b|"
    r"page last\b|this (?:page|document) was (?:last|generated|created|produced)\b|"
    r"documentation generated\b|except (?:as|where) otherwise noted\b)",
    re.IGNORECASE,
)


def is_turning_link(attrs: Mapping[str, str | None]) -> bool:
    """Return whether a link's attributes say that it leads to a neighbour of the page, or to it in another language."""
    relations = (attrs.get("rel") or "").lower().split()
    if not _RELATIONS.isdisjoint(relations) or (attrs.get("accesskey") or "").lower() in _KEYS:
        return True
    return "hreflang" in attrs and "alternate" in relations


def is_pager(node: Node) -> bool:
    """Return whether a node, whose text is known now, holds little but links to neighbours of the page."""
    if node.size > _LARGEST or node.tag not in BARS or node.holds & (HEADING | PRE):
        return False
    unlinked = node.size - node.linked
    if unlinked > node.linked and unlinked > _CONNECTING:
        return False
    is_turning = (
        node.holds & STEP != 0
        or _is_turning(node)
        or _is_pair(node)
        or _BRACKETED.match(raw_text(node).strip()) is not None
    )
    return is_turning and find(node, "pre") is None  # a line of code below "View source" sets no bit


def _is_turning(node: Node) -> bool:
    """Return whether nearly all links, two or more, are named after a neighbour of the page or a page number."""
    named = turning = others = 0
    for link in islice(_links(node, [_MOST_LOOKED_AT]), _MOST_LINKS):
        text = _BACK.sub("", raw_text(link).strip(_SIGNS).lower(), count=1)
        if _EDITING.match(text) or (text in _TOPS and link.get("href")[:1] == "#"):
            named, turning = named + 1, turning + 2
        elif text in _TURNING or text.isdigit() or len(text) == 1:
            named, turning = named + (len(text) > 1 and not text.isdigit()), turning + 1
        else:
            others += 1
            if others > _MOST_OTHERS:
                return False
    return named > 0 and turning > 1 and others * _MOST_OTHERS <= turning


def _is_pair(node: Node) -> bool:
    """Return whether there are two links: "Previous" with a page, and "Next" with a page."""
    pair = list(islice(_links(node, [_MOST_LOOKED_AT]), 3))
    return len(pair) == 2 and all(map(re.match, _PAIR, map(raw_text, pair)))


def is_contents(node: Node) -> bool:
    """Return whether a list holds nothing but links to sections of the same page."""
    if node.linked * 10 < node.size * 9 or node.holds & (PRE | TABLE):
        return False
    targets = [link.get("href") for link in _links(node, [MOST_NODES])]
    return len(targets) >= _LEAST_CONTENTS and all(target[:1] == "#" and len(target) > 1 for target in targets)


def is_caption(block: Block) -> bool:
    """Return whether a block says "Contents" or the like, and no more."""
    if len(block.text) > _LONGEST_CAPTION or block.kind not in _LINES:
        return False
    return _NUMBERS.sub("", block.text, count=1).strip(":* ").lower() in _CAPTIONS


def trim_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks of a page without those that belong to the site."""
    pairs = zip_longest(blocks, blocks[1:])
    some = [block for block, following in pairs if not _is_idle(block, following)]
    around = zip(some, [None, *some], [*some[1:], None], strict=False)
    kept = [block for block, *neighbours in around if not _is_copying(block, neighbours)]
    for _ in range(_MOST_STEPS):
        if kept and (_is_steps(kept[-1]) or _is_editing(kept[-1])):
            kept.pop()
    for place in range(min(len(kept), _MOST_ABOVE) - 1, -1, -1):
        if _is_steps(kept[place]):
            del kept[place]
    for _ in range(_MOST_COLOPHONS):
        if len(kept) < 2 or kept[-2].kind is BlockKind.HEADING or not _is_colophon(kept[-1]):
            break
        kept.pop()
    return tuple(kept)


def _is_steps(block: Block) -> bool:
    """Return whether a line holds nothing but the names of links to neighbours of the page."""
    is_line = block.kind is BlockKind.PARAGRAPH and len(block.text) <= 2 * _LONGEST_ASKING
    text = block.text.lower()
    return is_line and (_STEPS.match(text) is not None or _NAMED_STEPS.match(text) is not None)


def _is_editing(block: Block) -> bool:
    """Return whether a line asks to edit the page: "Edit this page on GitHub"."""
    return block.kind is BlockKind.PARAGRAPH and _EDIT_PAGE.match(block.text) is not None


def _is_idle(block: Block, following: Block | None) -> bool:
    if len(block.text) > _LONGEST_ASKING:
        return False
    if block.kind in _PLAIN_LINES and _IDLE.match(block.text):
        return True
    return is_caption(block) and (
        following is None
        or (following.kind is BlockKind.HEADING and following.level <= (block.level or following.level))
    )


def _is_copying(block: Block, neighbours: Iterable[Block | None]) -> bool:
    """Return whether a block is the text of the button next to a block of code."""
    if block.kind is not BlockKind.PARAGRAPH or len(block.text) > _LONGEST_CAPTION:
        return False
    is_next_to_code = any(one is not None and one.kind is BlockKind.CODE for one in neighbours)
    return is_next_to_code and block.text.strip().lower() in _COPYING


def _is_colophon(block: Block) -> bool:
    is_text = block.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}
    return is_text and len(block.text) <= _LONGEST_COLOPHON and _COLOPHON.match(block.text.lstrip("- ")) is not None


def _links(node: Node, left: list[int]) -> Iterator[Node]:
    """Yield the shown links below a node until `left[0]` nodes have been looked at."""
    for kid in node.nodes:
        left[0] -= 1
        if left[0] < 0:
            return
        if kid.shown and kid.tag == "a" and kid.get("href"):
            yield kid
        elif kid.shown:
            yield from _links(kid, left)
