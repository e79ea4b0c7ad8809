"""Which nodes are not to be read: what a browser does not show, and the furniture around the text.

    is_hidden(node, rules)   display:none and its many spellings; text that only machines read carries prompt injections
    is_furniture(node)   menus, tables of contents, footers, buttons: by element, role, or the class a generator gives
    is_link_list(node)   is named like a menu, and is mostly links: judged when its text is known

A hidden tab panel is content (one click away), so `ingest.html.tabs` judges it. No rule here may name a site; class
names are those of generators and their themes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import lru_cache

from ingest.html.known import (
    FURNITURE,
    FURNITURE_ATTRIBUTE_NAMES,
    FURNITURE_ATTRIBUTES,
    FURNITURE_IDS,
    FURNITURE_PAIRS,
    HIDDEN,
    SMALL_LINKS,
    STRUCK,
    has_name,
    is_note_name,
)
from ingest.html.tree import HEADINGS, Node, raw_text, words

_STYLE = re.compile(
    r"display ?: ?none|visibility ?: ?(?:hidden|collapse)|content-visibility ?: ?hidden|"
    r"(?:font-size|opacity|max-height|max-width|zoom|scale) ?: ?0{0,9}\.?0{0,9}(?:px|r?em|pt|%)? ?"
    r"(?:!important)? ?(?:;|$)|"
    r"(?:^|[; ])font ?: ?(?:[a-z]{1,12} ){0,3}0(?:px|r?em|pt|%)?[ /]|font-size ?: ?[12](?:\.\d{0,9})?p[xt]|"
    r"opacity ?: ?0?\.0|filter ?: ?opacity\( ?0(?:%|\.0{0,9})? ?\)|"
    r"(?:^|[; ])(?:left|right|top|bottom|inset|text-indent|margin-left|margin-top) ?: ?-\d{3}|"
    r"(?:^|[; ])(?:left|right|top|bottom|inset|text-indent) ?: ?-[6-9]\d(?:r?em|v[hw])|"
    r"text-indent ?: ?\d{3}|translate(?:[xyz]|3d)?\((?:[^()]{0,40}, ?)?-\d{3}|"
    r"(?:^|[; ])(?:width|height) ?: ?[01](?:px)? ?(?:!important)? ?;.{0,300}overflow ?: ?hidden|"
    r"clip ?: ?rect\( ?[01](?:px)?[ ,]{1,3}[01]|clip-path ?: ?(?:inset\( ?(?:50|100)%|circle\( ?0)|"
    r"clip-path ?: ?polygon\( ?(?:0(?:px|%)? 0(?:px|%)? ?, ?){2,40}0(?:px|%)? 0(?:px|%)? ?\)|"
    r"transform ?: ?scale[xy]?\( ?0 ?\)|text-decoration(?:-line)? ?:[^;]{0,60}line-through",
    re.IGNORECASE,
)
"""For a style with single blanks (`_folded`). Strangers write styles, so every repeat has a bound."""

_COLOUR = re.compile(r"(?:^|[; ])(?:-webkit-text-fill-)?color ?: ?([^;!]{1,100})", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color)? ?: ?([^;!]{1,100})", re.IGNORECASE)
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})(?![0-9a-z])")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,60})\)")
_NUMBER = re.compile(r"[0-9.]{1,12}%?")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6}) ?")
_TAKEN_OVER = words("inherit initial unset revert currentcolor")
_COLOURS = {"white": "ffffff", "black": "000000", "transparent": ""}
_RESPONSIVE = re.compile(r":|^d-(?!none)|-(?:block|flex|inline)$")
_AT_BLOCK = re.compile(r"@[^{};]{0,200}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]{0,9})?[.#][\w-]+\Z")
_LONGEST_STYLE = 200_000

TAGS = words("nav footer button input label noindex rp rustdoc-toolbar")
_ROLES = words("navigation search banner contentinfo menu menubar toolbar tooltip dialog alertdialog")
_UNSEEN = frozenset({"data-nosnippet", "popover"})
_NAMED = words("section h1 h2 h3 h4 h5 h6")
_SPARED = words("html body main article")
MAY_BE_MENU = words("div ul ol section aside header table dl p")
_MENU_WORDS = words(
    "nav navbar navigation menu sidebar toc breadcrumb breadcrumbs footer pagination pager banner skip skipnav topbar "
    "toolbar related"
)
_WORDS = re.compile(r"[A-Za-z]+")
_LEAST_MISTAKEN, _LEAST_TELLING = 3_000, 200
_LONGEST_LINK, _LONGEST_SMALL, _LEAST_ASKING = 25, 60, 250
_ASKING = re.compile(r"\b(?:was|is|did|do|are) (?:this|that|you|we)\b.{0,40}\?|\bthank(?:s| you) for\b", re.IGNORECASE)
_STRUCK_TAGS = words("del s strike")
_UNSAID = _STRUCK_TAGS | words("rt rtc rp")
"""Withdrawn text, and how a word is read aloud: neither is what the page says."""

_OVERRIDABLE = words(
    "display visibility opacity font-size max-height max-width height width zoom scale left right top bottom "
    "text-indent text-decoration text-decoration-line"
)
_UNDERSTOOD = re.compile(
    r"(?:[-+.]?\d|(?:auto|none|normal|inherit|initial|unset|revert|visible|hidden|collapse|contents|list-item|flow-root|"
    r"(?:inline-)?(?:block|flex|grid|table)|inline|table-[a-z-]{3,12}|underline|line-through|max-content|min-content|"
    r"fit-content)(?: |!|$))"
)
_DISPLAYED = re.compile(r"(?:^|[; ])display ?: ?(?:block|flex|grid|inline|table|contents|list-item)", re.IGNORECASE)
_PANEL = re.compile(r"(?:^|[\s_-])(?:tab(?:s|bed)?[_-]?(?:content|pane|panel|block|item)s?|tabpanel)(?:$|[\s_-])")


def is_hidden(node: Node, rules: Set[str]) -> bool:
    """Return whether a browser hides a node, or the page has withdrawn what it says.

    `rules`: simple selectors (".x", "p#y") that a style sheet hides or strikes through.
    """
    if node.tag in _UNSAID or node.attrs.get("role") == "deletion":
        return True
    attrs = node.attrs
    if not attrs:
        return False
    if ("hidden" in attrs and attrs["hidden"] != "until-found") or not _UNSEEN.isdisjoint(attrs):
        return True
    if attrs.get("aria-hidden") == "true" or ((style := attrs.get("style")) and _hides_by_style(style)):
        return True
    return hides_by_name(node) or (bool(rules) and any(n in rules or node.tag + n in rules for n in _selectors(node)))


def is_struck(node: Node) -> bool:
    """Return whether a hidden node is withdrawn text: by its element, its role, its style or its class."""
    if node.tag in _STRUCK_TAGS or node.attrs.get("role") == "deletion" or not STRUCK.isdisjoint(node.classes):
        return True
    return "line-through" in node.get("style")


def hides_by_name(node: Node) -> bool:
    """Return whether a class of a node hides it for good: what is for screen readers alone, and signs of notes."""
    if not HIDDEN.isdisjoint(node.classes) and not any(map(_RESPONSIVE.search, node.classes)):
        return True
    # A link to a note goes with the brackets around it (`ingest.html.inline`), unless it leads back from there.
    names = node.get("class")
    return bool(names) and (node.tag != "a" or "back" in names) and is_note_name(node.tag, names)


def _selectors(node: Node) -> Iterator[str]:
    yield from (f".{name}" for name in node.classes)
    yield f"#{node.get('id')}"


@lru_cache(4096)
def _hides_by_style(style: str) -> bool:
    style = _settled(_folded(style))
    if _STYLE.search(style):
        return True
    front, back = _COLOUR.findall(style), _BACKGROUND.search(style)
    if not front or "background-clip" in style:  # letters through which the background shows
        return False
    colour = _colour_of(front[-1])
    return not colour or (back is not None and colour not in _TAKEN_OVER and colour == _colour_of(back[1]))


def _colour_of(written: str) -> str:
    """Return a colour in hex: `"#FFF"`, `"white"`, `"rgb(255, 255, 255)"` -> `"ffffff"`; "" for a transparent one."""
    written = written.strip().lower()
    if found := _HEX.search(written):
        digits = found[1] if len(found[1]) > 4 else "".join(2 * digit for digit in found[1])
        return "" if digits[6:] == "00" else digits[:6]
    if found := _FUNCTION.search(written):
        numbers = _NUMBER.findall(found[2])
        if len(numbers) > 3 and not numbers[3].strip("0.%"):
            return ""
        if found[1] == "rgb" and all(number.isdigit() for number in numbers[:3]):
            return "".join(f"{int(number):02x}" for number in numbers[:3])
    return _COLOURS.get(written, written)


def is_tab_panel(node: Node) -> bool:
    """Return whether a node may be hidden only until its tab is clicked."""
    names = node.attrs.get("class")
    return (bool(names) and _names_panel(names or "")) or node.attrs.get("role") == "tabpanel"


@lru_cache(8_192)
def _names_panel(classes: str) -> bool:
    return _PANEL.search(classes) is not None


def hiding_rules(style: str) -> set[str]:
    """Return the simple selectors that a style sheet hides.

    `"p {} .a, #b { display: none } @media print { .c { display: none } }"` -> `{".a", "#b"}`.
    """
    if "none" not in style and "hidden" not in style and "line-through" not in style:
        return set()
    found: set[str] = set()
    for rule in _AT_BLOCK.sub("", _folded(style[:_LONGEST_STYLE])).split("}"):
        before, _, body = rule.rpartition("{")
        names = filter(_SIMPLE.match, map(str.strip, before.rpartition("{")[2].split(",")))
        if _STYLE.search(_settled(body)):
            found.update(names)
        elif _DISPLAYED.search(body):
            found.difference_update(names)
    return found


def _settled(style: str) -> str:
    """Return a style with the declarations that count: of one property the last, if a browser understands it.

    `"display:none;display:block"` -> `"display:block"`.
    """
    if style.count(":") < 2:
        return style
    counted: dict[str, str] = {}
    for place, part in enumerate(style.split(";")):
        name, _, value = (piece.strip().lower() for piece in part.partition(":"))
        before = counted.get(name, "")
        if name not in _OVERRIDABLE:
            counted[f"{place}"] = part.strip()
        elif not before or (_UNDERSTOOD.match(value) and ("!important" not in before or "!important" in value)):
            counted.pop(name, None)
            counted[name] = f"{name}:{value}"
    return "; ".join(counted.values())


def _folded(style: str) -> str:
    """Return a style without comments and escapes, with single blanks.

    `"d\\\\69splay/* */ :\\n none"` -> `"display : none"`.
    """
    if "\\" in style:
        style = _ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), style)
    first, *others = style.split("/*")
    return " ".join(" ".join([first, *(other.partition("*/")[2] for other in others)]).split())


def is_furniture(node: Node) -> bool:
    """Return whether a node belongs to the site rather than to the text, judged by its start tag.

    A class alone never makes that of a heading.
    """
    if node.tag in TAGS:
        return not (node.tag == "button" and node.attrs.get("role") == "tab")
    if not node.attrs or node.tag in _SPARED:
        return False
    return (
        (bool(node.classes) and node.tag not in HEADINGS and _is_furniture_by_name(node))
        or node.attrs.get("role") in _ROLES
        or _has_attribute(node)
        or (node.attrs.get("id") in FURNITURE_IDS and node.tag not in _NAMED)
    )


def _has_attribute(node: Node) -> bool:
    if FURNITURE_ATTRIBUTE_NAMES.isdisjoint(node.attrs):
        return False
    return any(f"{name}={node.get(name)}" in FURNITURE_ATTRIBUTES for name in FURNITURE_ATTRIBUTE_NAMES)


def _is_furniture_by_name(node: Node) -> bool:
    return (
        has_name(FURNITURE, node.tag, node.classes)
        or not SMALL_LINKS.isdisjoint(node.classes)
        or any(node.classes >= pair for pair in FURNITURE_PAIRS)
    )


def is_mistaken(node: Node) -> bool:
    """Return whether a node that looked like furniture is text: its name is misleading, now that its text is known."""
    if node.tag in TAGS:
        return False
    unlinked = node.size - node.linked
    if "toc" in node.classes and node.linked < unlinked > _LEAST_TELLING:  # each entry describes its target
        return True
    return unlinked > _LEAST_MISTAKEN or _is_more_than_a_link(node, unlinked)


def _is_more_than_a_link(node: Node, unlinked: int) -> bool:
    """Return whether a node with a name of small links is a block of text: authors use these names for much else."""
    if SMALL_LINKS.isdisjoint(node.classes) or has_name(FURNITURE, node.tag, node.classes):
        return False
    if node.tag == "a":
        return unlinked > _LONGEST_LINK
    if unlinked <= node.linked or (unlinked < _LEAST_ASKING and _ASKING.search(raw_text(node))):
        return False
    return unlinked > _LONGEST_SMALL or raw_text(node).rstrip().endswith((".", "\u3002"))


def is_link_list(node: Node) -> bool:
    """Return whether a node whose text is known now is a menu: mostly links, and named like one."""
    if node.linked * 2 <= node.size or node.tag not in MAY_BE_MENU:
        return False
    if node.tag == "aside":
        return True
    names = f"{node.get('class')} {node.get('id')}"
    return any(word.lower() in _MENU_WORDS for word in _WORDS.findall(names))
