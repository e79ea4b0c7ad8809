"""What stands in a block of code and is not code: numbered badges, prompts of notebooks, lines that a change removes.

    degrees: 12 <i class="conum"></i><b>(1)</b>      "degrees: 12"       Asciidoctor, DocBook, Quarto, and by hand
    key.claim() // (1)!                              "key.claim()"       MkDocs, where a numbered list explains it
    <span class="line diff remove">, <del>           nothing; where all lines are removed, they come with "- "
    In [1]:                                          nothing

A diff that shows its signs stays as it is. Decides about single nodes and texts; `ingest.html.codeblocks` walks.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.html.known import CALLOUTS, LINE_NUMBERS, REMOVED, has_name
from ingest.html.tree import Node, raw_text

_LINE = re.compile(r"(?:^|[-_])(?:line|row|ln|cl)\Z")
_OUT = re.compile(r"(?:remove[ds]?|del|deleted|deletion|minus)\Z")
_LINE_OUT = re.compile(
    r"(?:line|diff|code|highlight|highlighted|change|row)[-_]{1,2}(?:line[-_])?(?:remove[ds]?|del|deleted|deletion|minus)\Z|"
    r"(?:remove[ds]?|deleted|deletion|del)[-_](?:line|code|row)\Z"
)
BARE = frozenset({"del", "s", "strike", "b"})
"""Elements that may be no code though they have no attributes."""

_DIFFING = frozenset({"data-diff", "data-line-diff", "data-diff-type"})
_OUT_VALUES = frozenset({"remove", "removed", "del", "deleted", "deletion", "-", "--"})
_ANGLED = re.compile(r"<\d{1,2}>\Z")
_CIRCLED = re.compile(r"[ \t]+[\u2460-\u2473\u2776-\u2793]+[ \t]*$", re.MULTILINE)
_NUMBER = re.compile(r"\(?\d{1,2}\)?\Z")
_MARKING = re.compile(r"callout|annotation|conum")
_MARK = r"(?:\(\d{1,2}\)!?|<\d{1,2}>)"
_MARKED = re.compile(
    rf"[ \t]*(?:#|//|--|;+|%|'|<!--|/\*)[ \t]*{_MARK}(?:[ \t,]*{_MARK}){{0,9}}[ \t]*(?:-->|\*/)?[ \t]*$|"
    rf"(?<=\S)[ \t]+\(\d{{1,2}}\)!(?=[ \t]*(?:-->|\*/)?[ \t]*$)",
    re.MULTILINE,
)
_MARK_NUMBER = re.compile(r"\d{1,2}")
_PROMPT = re.compile(r"(?:In|Out|Input|Output)?\s?\[[\d*\s]{0,6}\]\s?:?\Z")
_CLIMB = 9
_ROOM = 240


def is_badge(node: Node) -> bool:
    """Return whether a node is a numbered badge, or the number in brackets that stands for it on paper."""
    names = node.get("class")
    if _role(node.tag, names) == "callout":
        return True
    if node.tag != "b" and not _MARKING.search(names):
        return False
    text = raw_text(node).strip()
    if _MARKING.search(names) and _NUMBER.match(text):
        return True
    return _ANGLED.match(text) is not None or (_NUMBER.match(text) is not None and _is_after_badge(node))


def _is_after_badge(node: Node) -> bool:
    before = None
    for kid in node.parent.kids if node.parent is not None else ():
        if kid is node:
            break
        before = kid
    return isinstance(before, Node) and _role(before.tag, before.get("class")) == "callout"


def is_line_number_name(node: Node) -> bool:
    """Return whether a class of a node is one that a generator gives to line numbers."""
    return _role(node.tag, node.get("class")) == "number"


def is_removed(node: Node) -> bool:
    """Return whether a node within code is a line, or a part of one, that the shown change removes."""
    if node.tag in {"del", "s", "strike"} or (node.tag == "mark" and "del" in node.classes):
        return True
    if not node.attrs:
        return False
    if _role(node.tag, node.get("class")) == "removed" or ("data-line" in node.attrs and _is_out(node)):
        return True
    return not _DIFFING.isdisjoint(node.attrs) and any(node.get(name) in _OUT_VALUES for name in _DIFFING)


def _is_out(line: Node) -> bool:
    return any(map(_OUT.match, line.classes))


@lru_cache(8_192)
def _role(tag: str, classes: str) -> str:
    """Return "callout", "removed" or "number" by the classes of a node in code; "" for all others."""
    if not classes:
        return ""
    names = classes.lower().split()
    if has_name(CALLOUTS, tag, classes.split()):
        return "callout"
    out = [name for name in names if _OUT.search(name.rpartition(":")[2])]
    in_line = any(_LINE.search(name) for name in names) or "diff" in names
    if has_name(REMOVED, tag, classes.split()) or any(map(_LINE_OUT.search, names)):
        return "removed"
    if in_line and any(_OUT.match(name) for name in out):
        return "removed"
    return "number" if not LINE_NUMBERS.isdisjoint(classes.split()) else ""


def is_prompt(text: str) -> bool:
    """Return whether a text is the prompt of a notebook: `"[1]:"`, `"In [2]:"`, `"Out[3]:"`."""
    return len(text) <= 16 and _PROMPT.match(text.strip()) is not None and "[" in text


def strip_marks(code: str, pre: Node) -> str:
    """Return code without numbers in circles at the ends of its lines, and without the marks in its comments.

    The marks go only where a numbered list below the code explains them.
    """
    if not code.isascii():
        code = _CIRCLED.sub("", code)
    if "(1)" not in code and "<1>" not in code:
        return code
    marks = _MARKED.findall(code)
    count = _items_below(pre) if marks else 0
    if not marks or count < max(int(number[0]) for mark in marks if (number := _MARK_NUMBER.search(mark))):
        return code
    lines = [_MARKED.sub("", line) for line in code.split("\n") if _MARKED.sub("", line) or not line.strip()]
    return "\n".join(lines) or code


def _items_below(pre: Node) -> int:
    """Return how many items the numbered list has that follows a block of code; 0 where none does."""
    node = pre
    for _ in range(_CLIMB):
        parent = node.parent
        if parent is None:
            break
        kids = parent.nodes
        place = next((at for at, kid in enumerate(kids) if kid is node), len(kids))
        after = next((kid for kid in kids[place + 1 :] if kid.shown), None)
        if after is not None:
            return sum(kid.tag == "li" for kid in after.nodes) if after.tag == "ol" else 0
        if parent.size > pre.size + _ROOM:
            break
        node = parent
    return 0
