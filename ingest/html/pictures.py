"""What a picture, an icon or a checkbox says where it is all that a cell, an item or a heading holds.

    <td><img alt="yes">                      yes      <td><svg><title>Supported</title>      Supported
    <td><i class="fa fa-times">              no       <td><input type=checkbox checked>      checked

A label has at most 40 characters: longer ones describe pictures, and nobody sees them on the page. In running text
pictures say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.check.links import remove_invisible
from ingest.html.known import SPOKEN
from ingest.html.tree import Node, raw_text, words

LONGEST_LABEL = 40
"""Characters."""

_ICON_TAGS = words("i span svg img em b use abbr icon iconify-icon fa-icon v-icon mat-icon ion-icon")
_LONGEST_SPOKEN, _LONGEST_SIGN = 20, 2
_EXPLICIT, _READ_OUT, _SIGN, _NAMED = range(4)
_NAME = re.compile(
    r"(?:^|[\s#/])(?:fa[a-z]{0,2}-|icon[-_]|bi-|mdi-|ti-|tabler-|lucide-|glyphicon-|octicon-|codicon-|ph-|ri-|la-|uil-|"
    r"feather-|icofont-|material-|heroicon-|i-|ionicon-|octicon-|emoji-|status-|feature-)?"
    r"(?:[a-z]{2,12}[:-])?(?:outline-|solid-|circle-|square-)?(?P<word>[a-z]+)"
    r"(?:-(?:circle|square|mark|bold|fill|filled|outline|lg|sm|thick|icon|sign|\d{2}))*(?=$|\s)",
    re.IGNORECASE,
)
_YES = words("check checkmark tick yes ok true success done supported available")
_NO = words("times cross xmark x close no remove false cancel ban fail failure unsupported unavailable")


def label_of(holder: Node) -> str:
    """Return the label of what a cell, item or heading without text holds, "" where it has none."""
    own = (holder.get("aria-label") or holder.get("title")) if holder.tag in {"td", "th"} else ""
    found = [(_EXPLICIT, own), *_labels(holder)]
    surest = min((rank for rank, label in found if label.strip()), default=_EXPLICIT)
    said = (" ".join(label.split()) for rank, label in found if rank == surest)
    text = ", ".join(dict.fromkeys(filter(None, said)))
    return remove_invisible(text) if len(text) <= LONGEST_LABEL else ""


def _labels(holder: Node) -> Iterator[tuple[int, str]]:
    for kid in holder.nodes:
        if kid.shown or kid.tag in {"svg", "input"} or kid.attrs.get("aria-hidden") == "true":
            yield from _own_label(kid)
        elif not SPOKEN.isdisjoint(kid.classes) and len(holder.nodes) > 1 and kid.size <= _LONGEST_SPOKEN:
            yield _READ_OUT, raw_text(kid)


def _own_label(node: Node) -> Iterator[tuple[int, str]]:
    """Yield what one node says, else what is in it, each with how sure it is."""
    if node.tag == "input":
        if node.get("type").lower() in {"checkbox", "radio"}:
            yield _EXPLICIT, "checked" if "checked" in node.attrs else "not checked"
        return
    label = node.get("alt") or node.get("aria-label") or node.get("title") or node.get("data-original-title")
    if label:
        yield _EXPLICIT, label
    elif any(not isinstance(kid, str) or kid.strip() for kid in node.kids):
        yield from _labels(node)
        if node.attrs.get("aria-hidden") == "true" and not node.nodes and len(raw_text(node).strip()) <= _LONGEST_SIGN:
            yield _SIGN, raw_text(node)
    elif node.tag in _ICON_TAGS:
        yield _NAMED, _meaning(node)


def _meaning(icon: Node) -> str:
    """Return what the name of an icon means: `"fa fa-check"` -> `"yes"`; "" for any other picture."""
    file = icon.get("src").partition("?")[0].rpartition("/")[2].partition(".")[0]
    names = " ".join(
        (
            icon.get("data-icon"),
            icon.get("icon"),
            icon.get("name"),
            icon.get("class"),
            icon.get("data-use"),
            file.replace("_", "-"),
        )
    )
    for found in _NAME.finditer(names):
        if (word := found["word"].lower()) in _YES:
            return "yes"
        if word in _NO:
            return "no"
    return ""
