"""Words that a style sheet sets apart: `<span>amount</span><span class=type>integer</span>` reads "amount integer".

Two elements of a line with nothing between them are one word, unless one is a label (a type, "required", a badge), or
both stand in a row of their own. Tokens of code share a class, and are left as they are.
"""

from __future__ import annotations

import re

from ingest.html.tree import Node, raw_text, words

_LABEL = re.compile(
    r"(?:^|[\s_-])(?:badge|label|chip|pill|types?|required|optional|deprecated|defaults?|status|tag|version|since)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_BADGE = re.compile(r"(?:^|[\s_-])(?:badge|chip|pill|required|optional|deprecated)(?:$|[\s_-])", re.IGNORECASE)
"""What is a label after a plain word, too."""

_INLINE = words("span code a b strong em i small var kbd tt")
_CODE = words("pre code tt samp")
_TOKEN = re.compile(r"(?:^|\s)(?:token|hljs|mtk|pl-|tok-)")
_LONGEST = 60


def part_from_neighbour(node: Node, parent: Node) -> None:
    """Add a blank before the last child of a parent where it and the element just before it are two words."""
    before = parent.kids[-2]
    if parent.tag in _CODE or (isinstance(before, Node) and before.tag not in _INLINE and "-" not in before.tag):
        return
    if isinstance(before, str):
        if before[-1:].isalnum() and node.shown and _BADGE.search(node.get("class")) and raw_text(node)[:1].isalpha():
            parent.kids.insert(-1, " ")
        return
    if "-" in before.tag and "-" in node.tag and not node.tag.startswith("mjx-"):
        parent.kids.insert(-1, " " if node.size and before.size else "")
        return
    if not (node.shown and before.shown and 0 < node.size <= _LONGEST and 0 < before.size <= _LONGEST):
        return
    first = raw_text(node)[:1]
    is_word = first.isalnum() or (first == "/" and parent.tag == "button")
    if is_word and _is_apart(node, before, parent) and _ends_word(before):
        parent.kids.insert(-1, " ")


def _is_apart(node: Node, before: Node, parent: Node) -> bool:
    names = (node.get("class"), before.get("class"))
    if any(map(_TOKEN.search, names)):
        return False
    if any(map(_LABEL.search, names)):
        return True
    return parent.tag in {"div", "button"} and node.classes.isdisjoint(before.classes)


def _ends_word(node: Node) -> bool:
    return node.tag in _CODE or raw_text(node)[-1:].isalnum()
