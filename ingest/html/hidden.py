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

from ingest.html.tree import Node, words

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
    r"transform ?: ?scale[xy]?\( ?0 ?\)",
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
_HIDING = words(
    "hidden d-none is-hidden sl-hidden sr-only sr-only-focusable visually-hidden visuallyhidden screen-reader-text "
    "screen-reader-only hide-text vh noscript onlyprint print-only sd-hide-link-text"
)
_RESPONSIVE = re.compile(r":|^d-(?!none)|-(?:block|flex|inline)$")
_AT_BLOCK = re.compile(r"@[^{};]{0,200}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]{0,9})?[.#][\w-]+\Z")
_LONGEST_STYLE = 200_000

TAGS = words("nav footer button input label noindex rp rustdoc-toolbar")
_ROLES = words("navigation search banner contentinfo menu menubar toolbar tooltip dialog alertdialog")
_CLASSES = words("""
    headerlink hash-link header-anchor anchorjs-link permalink heading-anchor sl-anchor-link viewcode-link srclink
    viewcode-back skip-link skip-to-content VPSkipLink
    breadcrumbs breadcrumb theme-doc-breadcrumbs wy-breadcrumbs
    pagination pagination-nav prev-next-area prev-next-footer rst-footer-buttons related related-pages
    sphinxsidebar sidebar-wrapper sidebar-tree navheader navfooter nav-chapters nav-wrapper nav-wide-wrapper navigation
    toc table-of-contents tableOfContents theme-doc-toc-mobile fancy_toc local-toc toc-tree list-of-tables
    list-of-figures list-of-examples compound-hidden
    md-source-file md-content__button md-feedback md-top page-actions edit-this-page theme-edit-this-page vp-doc-footer
    VPDocFooter wm-page-content-end
    boring linenos lineno linenodiv linenumber line-numbers-wrapper line-numbers-rows listing_lines gutter ec-gutter
    hljs-ln-numbers lnt copybtn copy-button clipboard-button feedback DocSearch cookie cookie-banner
    dynheader dyncontent katex-html MathJax_Preview MJX_Assistive_MathML sub-nav top-nav subnav fixedNav
    rust-sidebar out-of-band rightside hideme
    test-arrow notable-traits ttc
    RBackgroundLabel link-seesrc method-permalink pdoc-code mkdocstrings-source tsd-sources col-sidebar selflink
    jp-InputPrompt jp-OutputPrompt input_prompt output_prompt search-results
    footer page-footer site-footer copyright-footer navsettop navsetbottom tocset
    mw-editsection mw-jump-link mw-indicators printfooter catlinks navbox
    method-click-advice method-source-code method-source-toggle summary_toggle inheritanceTree
    icon-action view-source docs-sourcelink docstring-article-toggle-button copy-popup-wrapper anchor-wrapper
    highlight-line-number source-toolbox
    """)
_SOURCES = {"a": "src", "table": "source_code"}  # Haddock's links, what YARD shows on a click
_DOCUTILS_CONTENTS = frozenset({"contents", "topic"})
_IDS = words(
    "toc table-of-contents quickview sidebar nav-path side-nav nav-tree MSearchSelectWindow top-nav menu-bar "
    "siteSub contentSub jump-to-nav mbrsel memberfilter"
)
_NAMED = words("section h1 h2 h3 h4 h5 h6")
_SPARED = words("html body main article")
_MAY_BE_MENU = words("div ul ol section aside header table dl p")
_MENU_WORDS = words(
    "nav navbar navigation menu sidebar toc breadcrumb breadcrumbs footer pagination pager banner skip skipnav topbar "
    "toolbar related"
)
_WORDS = re.compile(r"[A-Za-z]+")
_LEAST_MISTAKEN, _LEAST_TELLING = 3_000, 200
_PANEL = re.compile(r"(?:^|[\s_-])(?:tab(?:s|bed)?[_-]?(?:content|pane|panel|block|item)s?|tabpanel)(?:$|[\s_-])")


def is_hidden(node: Node, rules: Set[str]) -> bool:
    """Return whether a browser hides a node. `rules`: simple selectors (".x", "p#y") that a style sheet hides."""
    attrs = node.attrs
    if "hidden" in attrs and attrs["hidden"] != "until-found":
        return True
    if attrs.get("aria-hidden") == "true" or ((style := attrs.get("style")) and _hides_by_style(style)):
        return True
    if not _HIDING.isdisjoint(node.classes) and not any(map(_RESPONSIVE.search, node.classes)):
        return True
    return bool(rules) and any(name in rules or node.tag + name in rules for name in _selectors(node))


def _selectors(node: Node) -> Iterator[str]:
    yield from (f".{name}" for name in node.classes)
    yield f"#{node.get('id')}"


@lru_cache(4096)
def _hides_by_style(style: str) -> bool:
    style = _folded(style)
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
    return node.attrs.get("role") == "tabpanel" or _PANEL.search(node.get("class")) is not None


def hiding_rules(style: str) -> set[str]:
    """Return the simple selectors that a style sheet hides.

    `"p {} .a, #b { display: none } @media print { .c { display: none } }"` -> `{".a", "#b"}`.
    """
    if "none" not in style and "hidden" not in style:
        return set()
    found: set[str] = set()
    for rule in _AT_BLOCK.sub("", _folded(style[:_LONGEST_STYLE])).split("}"):
        before, _, body = rule.rpartition("{")
        if _STYLE.search(body):
            found.update(filter(_SIMPLE.match, map(str.strip, before.rpartition("{")[2].split(","))))
    return found


def _folded(style: str) -> str:
    """Return a style without comments and escapes, with single blanks.

    `"d\\\\69splay/* */ :\\n none"` -> `"display : none"`.
    """
    if "\\" in style:
        style = _ESCAPE.sub(lambda found: chr(min(int(found[1], 16), 0x10FFFF)), style)
    first, *others = style.split("/*")
    return " ".join(" ".join([first, *(other.partition("*/")[2] for other in others)]).split())


def is_furniture(node: Node) -> bool:
    """Return whether a node belongs to the site rather than to the text, judged by its start tag."""
    if node.tag in TAGS:
        return not (node.tag == "button" and node.attrs.get("role") == "tab")
    if not node.attrs or node.tag in _SPARED:
        return False
    return (
        not _CLASSES.isdisjoint(node.classes)
        or node.classes >= _DOCUTILS_CONTENTS
        or (node.tag in _SOURCES and _SOURCES[node.tag] in node.classes)
        or node.attrs.get("role") in _ROLES
        or node.attrs.get("data-component-part") == "step-number"
        or (node.attrs.get("id") in _IDS and node.tag not in _NAMED)
    )


def is_mistaken(node: Node) -> bool:
    """Return whether a node that looked like furniture holds so much unlinked text that its name is misleading."""
    unlinked = node.size - node.linked
    if "toc" in node.classes and node.linked < unlinked > _LEAST_TELLING:  # each entry describes its target
        return True
    return node.tag not in TAGS and unlinked > _LEAST_MISTAKEN


def is_link_list(node: Node) -> bool:
    """Return whether a node whose text is known now is a menu: mostly links, and named like one."""
    if node.linked * 2 <= node.size or node.tag not in _MAY_BE_MENU:
        return False
    if node.tag == "aside":
        return True
    names = f"{node.get('class')} {node.get('id')}"
    return any(word.lower() in _MENU_WORDS for word in _WORDS.findall(names))
