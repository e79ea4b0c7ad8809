"""What a picture, an icon or a checkbox says where it is all that a cell, an item or a heading holds.

    <td><img alt="yes">                      yes      <td><svg><title>Supported</title>      Supported
    <td><i class="fa fa-times">              no       <td><input type=checkbox checked>      checked
    <li><input type=checkbox checked> Oil    - [x] Oil

A label has at most 40 characters: longer ones describe pictures, and nobody sees them on the page. In running text
pictures say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.check.links import remove_invisible
from ingest.html.known import CHECKED, LIGATURES, SPOKEN, TASK_LISTS, UNCHECKED
from ingest.html.tree import Node, raw_text, words

LONGEST_LABEL = 40
"""Characters."""

_ICON_TAGS = words("i span svg img em b use abbr")
_LONGEST_SPOKEN, _LONGEST_SIGN = 20, 2
_EXPLICIT, _READ_OUT, _SIGN, _NAMED = range(4)
_LETTERS = re.compile(r"[a-z]+")
_DRAWN = words(
    "fa fas far fab fal fad solid regular light duotone icon icons ico bi mdi ti tabler lucide glyphicon glyphicons "
    "octicon codicon ph ri la las uil feather icofont material heroicon heroicons ionicon ion carbon fluent i emoji "
    "status feature svg inline img image outline outlined circle circled square mark bold fill filled rounded lg sm xs "
    "xl md thick thin sign double alt o green red blue grey gray black white small big large heavy"
)
"""What names of icons say of the font, the set, the shape and the colour."""

_YES = words("check checkmark tick yes ok true success done supported available")
_STATES = words("yes no supported unsupported available unavailable tick cross")
"""Classes of an empty cell that a style sheet draws a sign in."""

_NAMING = ("data-icon", "data-feather", "data-lucide", "icon", "name", "class", "data-use")
_FILES = words("svg png gif jpg jpeg webp")
_BOXES = ("[ ] ", "[x] ")
_BOXED = CHECKED | UNCHECKED
_CLIMB = 5
_NO = words("times cross xmark x close no remove false cancel ban fail failure unsupported unavailable")


def label_of(holder: Node) -> str:
    """Return the label of what a cell, item or heading without text holds, "" where it has none."""
    if not holder.attrs and all(isinstance(kid, str) for kid in holder.kids):
        return ""
    is_cell = holder.tag in {"td", "th"}
    own = (holder.get("aria-label") or holder.get("title")) if is_cell else ""
    named = next((name for name in sorted(holder.classes) if name in _STATES), "") if is_cell else ""
    found = [(_EXPLICIT, own), *_labels(holder), (_NAMED, _meant(named))]
    surest = min((rank for rank, label in found if label.strip()), default=_EXPLICIT)
    said = (" ".join(label.split()) for rank, label in found if rank == surest)
    text = ", ".join(dict.fromkeys(filter(None, said)))
    return remove_invisible(text) if len(text) <= LONGEST_LABEL else ""


def _labels(holder: Node) -> Iterator[tuple[int, str]]:
    for kid in holder.nodes:
        is_icon = kid.tag in {"svg", "input"} or kid.attrs.get("aria-hidden") == "true"
        if kid.shown or is_icon or not LIGATURES.isdisjoint(kid.classes) or kid.attrs.get("role") == "checkbox":
            yield from _own_label(kid)
        elif not SPOKEN.isdisjoint(kid.classes) and len(holder.nodes) > 1 and kid.size <= _LONGEST_SPOKEN:
            yield _READ_OUT, raw_text(kid)


def _own_label(node: Node) -> Iterator[tuple[int, str]]:
    """Yield what one node says, else what is in it, each with how sure it is."""
    if (checked := _is_checked(node)) is not None:
        yield _EXPLICIT, "checked" if checked else "not checked"
        return
    if node.tag == "input":
        return
    label = node.get("alt") or node.get("aria-label") or node.get("title") or node.get("data-original-title")
    if label:
        yield _EXPLICIT, _without_ending(label)
    elif not LIGATURES.isdisjoint(node.classes):
        yield _NAMED, _meant(raw_text(node).strip().lower())
    elif any(not isinstance(kid, str) or kid.strip() for kid in node.kids):
        yield from _labels(node)
        if node.attrs.get("aria-hidden") == "true" and not node.nodes and len(raw_text(node).strip()) <= _LONGEST_SIGN:
            yield _SIGN, raw_text(node)
    elif node.tag in _ICON_TAGS or "icon" in node.tag:
        yield _NAMED, _meaning(node)


def _without_ending(label: str) -> str:
    """Return what the name of a file says: `"Yes check.svg"` -> `"yes"`, `"Blue.png"` -> `"Blue"`."""
    stem, ending, after = label.rpartition(".")
    if not ending or after.lower() not in _FILES:
        return label
    return _meant(stem.lower().replace(" ", "-")) or stem


def _meaning(icon: Node) -> str:
    """Return what the name of an icon means: `"fa fa-check-circle"` -> `"yes"`; "" for any other picture."""
    file = icon.get("src").partition("?")[0].rpartition("/")[2].partition(".")[0]
    names = " ".join((*map(icon.get, _NAMING), file))
    return next(filter(None, map(_meant, names.lower().split())), "")


def _meant(name: str) -> str:
    """Return what one name of an icon means: `"mdi:check-bold"` -> `"yes"`, `"user-check"` -> `""`."""
    words = [word for word in _LETTERS.findall(name.rpartition(":")[2].rpartition("#")[2]) if word not in _DRAWN]
    if not words:
        return ""
    return "yes" if _YES.issuperset(words) else "no" if _NO.issuperset(words) else ""


def state_of(item: Node) -> str:
    """Return `"[x] "` or `"[ ] "` for an item of a list that begins with a checkbox, "" for any other."""
    if item.parent is not None and not TASK_LISTS.isdisjoint(item.parent.classes):
        return _BOXES[not CHECKED.isdisjoint(item.classes)]
    node: Node | str | None = item
    for _ in range(_CLIMB):
        if not isinstance(node, Node):
            break
        if (checked := _is_checked(node)) is not None:
            return _BOXES[checked]
        node = next((kid for kid in node.kids if not isinstance(kid, str) or kid.strip()), None)
    return ""


def _is_checked(box: Node) -> bool | None:
    """Return whether a checkbox is checked, None for what is none."""
    if box.tag == "input" and box.get("type").lower() in {"checkbox", "radio"}:
        return "checked" in box.attrs
    if box.attrs.get("role") in {"checkbox", "switch"}:
        return box.get("aria-checked") == "true"
    if not box.classes or _BOXED.isdisjoint(box.classes) or box.tag == "li":
        return None
    return not CHECKED.isdisjoint(box.classes)
