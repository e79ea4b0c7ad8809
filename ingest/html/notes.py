"""Admonitions: which containers are admonitions, and of what kind ("note", "warning", "versionadded", ...).

    div.admonition.tip, div.tip.custom-block, aside.starlight-aside--tip, div.markdown-alert-tip, DocBook's div.tip

Reads class names only. The text of a note is walked like any other; `ingest.html.blocks` recognises its title.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.html.known import BYLINES, NOTE_ATTRIBUTES, NOTE_LISTS
from ingest.html.tree import HEADINGS, Node, find, raw_text, words

_TAGS = frozenset({"div", "aside", "blockquote", "section", "details"})
_KINDS = words(
    "note tip warning caution important danger info hint seealso attention versionadded versionchanged "
    "versionremoved deprecated"
)
_FRAMED = words("warn error question example quote abstract summary bug failure success todo tldr help faq")
_CLIMB = 3
_BOX = re.compile(
    r"(?:^|\s)(?:\S*-)?(?:admonition|callout|custom-block|alert|aside|admonitionblock)(?:--?\S*)?(?:$|\s)"
)
_WORDS = re.compile(r"[a-z]+")


def kind_of(node: Node) -> str:
    """Return the kind of an admonition, "" for any other node. `class="admonition tip"` -> `"tip"`."""
    if node.tag not in _TAGS or not node.classes or (node.tag == "details" and "alert" in node.classes):
        return ""
    if not NOTE_ATTRIBUTES.isdisjoint(node.attrs):
        return next((kind for name in NOTE_ATTRIBUTES if (kind := node.get(name).lower()) in _KINDS), "")
    return _kind_of_names(node.get("class"))


@lru_cache(8_192)
def _kind_of_names(classes: str) -> str:
    """Return the kind that the classes of an admonition name. Cached: a page repeats the same few."""
    names = classes.lower()
    is_box = _BOX.search(names) is not None
    for name in names.split():
        words = _WORDS.findall(name)
        last = words[-1] if words else ""
        if last in _KINDS and (is_box or (name == last != "info")):  # ocamldoc's descriptions are called info
            return last
        if is_box and last in _FRAMED:
            return last
    return "note" if is_box and "admonition" in classes.split() else ""


def says_its_kind(note: Node, first: Node | None, kind: str) -> bool:
    """Return whether a note without a title begins with a heading, or with its kind: `<p><b>Warning:</b> ...`."""
    return (first is not None and first.tag in HEADINGS) or raw_text(note).lstrip().lower().startswith(f"{kind}:")


def is_note_list(node: Node) -> bool:
    """Return whether a node holds the footnotes of a page, which stand under no heading before them."""
    if node.classes and not NOTE_LISTS.isdisjoint(node.classes):
        return True
    attrs = node.attrs
    return attrs.get("role") == "doc-endnotes" or "data-footnotes" in attrs or attrs.get("id") == "footnotes"


def find_first_node(note: Node) -> Node | None:
    """Return the first node of an admonition, None without one; of one laid out as a table (DocBook), the header."""
    first = next((kid for kid in note.nodes if kid.shown or _is_unspoken_title(kid)), None)
    return (find(first, "th") or first) if first is not None and first.tag == "table" else first


def _is_unspoken_title(node: Node) -> bool:
    """Return whether a node is a title hidden from screen readers only, as Starlight's are."""
    return node.attrs.get("aria-hidden") == "true" and is_title(node)


def is_outside_outline(heading: Node) -> bool:
    """Return whether a heading begins no section: it names an author (DocBook), or is in a card that is a link."""
    if not BYLINES.isdisjoint(heading.classes):
        return True
    above = heading.parent
    for _ in range(_CLIMB):
        if above is None or above.tag == "a":
            break
        above = above.parent
    return above is not None and above.tag == "a" and above.get("href")[:1] not in {"", "#"}


def is_title(node: Node) -> bool:
    """Return whether the first node of an admonition is its title."""
    if node.tag == "th":
        return True
    names = node.get("class").lower()
    return node.tag == "summary" or "title" in names or "heading" in names or "label" in names
