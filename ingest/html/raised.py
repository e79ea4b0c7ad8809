"""Raised and lowered text: exponents, ordinals, indices, and the signs of notes, which are no text.

    2<sup>32</sup> rows          2^32 rows          30<sup>[1]</sup> seconds     30 seconds
    x<sup>n-1</sup>              x^(n-1)            1<sup>st</sup>, Rope<sup>TM</sup>    1st, RopeTM
    H<sub>2</sub>O, x<sub>1</sub>    H2O, x1        10<sub>2</sub>, a<sub>max</sub>      10_2, a_max
    <sup>1</sup>/<sub>2</sub>    1/2

A plain number after a word is a note, after a number, a letter or a unit an exponent; the notes that a page explains
("<p><sup>1</sup> Measured ...") decide what could be either. Judges the tree, makes no pieces of text itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ingest.html.known import is_note_name
from ingest.html.tree import BLOCK_TAGS, Node, raw_text, words

_SIGN = re.compile(
    r"[\[({]?\s?(?:\d{1,3}|[*\u2217\u2020\u2021\u00a7\u00b6#]{1,3}|(?P<letter>[a-z])(?P=letter)?|[ivx]{1,5})\s?[\])}]?\Z",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"(?:[\[(]?(?:\d{1,3}|[*\u2020\u2021\u00a7\u00b6]{1,3}|[a-z])[\])]?[\s,;\u2013-]{0,3}){1,8}\Z")
_BRACKETED = re.compile(r"\[[^\[\]]{1,40}\]\Z|\d{1,3}\)\Z")
_ENCLOSED = re.compile(r"\(\d{1,2}\)\Z")
_STARS = re.compile(r"[*\u2217\u2020\u2021\u00a7\u00b6]{1,3}\Z")
_ELEMENT = re.compile(r"[A-Z][a-z]?(?![^\W_])")
_SCALE = re.compile(r"\s?[CFK]\b")
_STARRED = re.compile(r"\s*(?P<stars>\*{1,3})\s?[^\W_*]")
_NUMBERS = re.compile(r"\d{1,2}(?:\s?[,;\u2013-]\s?\d{1,2}){0,4}\Z")
_NOTE_FRAGMENT = re.compile(
    r"#(?:[\w:.-]{0,40}[-_:.])?(?:user-content-)?_?(?:fn|ftn|foot|docf|footnote|footnotedef|note|endnote|edn|en|cite|"
    r"cite_note|citation|cmnt|sdfootnote|sdendnote|bib|ref|reference)s?(?:[-_:.]{0,3}\d[\w:.-]{0,40}|[-_:.]{1,3}[\w:.-]{1,40})\Z",
    re.IGNORECASE,
)
_NOTE_ATTRIBUTES = words("data-footnote-ref data-footnote-backref")
_NOTE_KINDS = words("doc-noteref noteref footnote")
_MARKING = words("data-footnote-ref data-footnote-backref rel role class")
_GLUED = re.compile(r"\[[\d,;\s\u2013-]{0,20}\Z|\d\Z|[^\W\d_]{3}[.,;!?)]\Z")
"""What a number that is a link follows where it is the sign of a note: an open bracket, or a number or the end of a
sentence without a blank."""

_BACK = frozenset(["\u21a9", "\u21a9\ufe0e", "\u21a9\ufe0f", "\u23ce", "\u2191", "^", "\u2b11", "\u2934", "\u21b5"])
_ORDINAL = re.compile(r"(?:st|nd|rd|th|e|er|re|\u00e8re|\u00e8me|\u00e9?me|nde?|[oa]|\u00ba|\u00aa)\Z", re.IGNORECASE)
_CLOSED = re.compile(r"\([^()]*\)\Z")
_LOWER_HALF = re.compile(r"[/\u2044]\d")
_NEXT_NOTE = re.compile(r"[.;:]\s+\Z")
_SPACED_BASE = re.compile(r"(?:(?<![\d.,])(?:2|10)|\d\s?[kcmdn\u03bc]?m) \Z")
"""What a number that is raised after a blank is the exponent of: 2, 10, or the sign of a length."""

_PRICED = re.compile(r"[$\u20ac\xa3\xa5]\s?\d[\d,]*\Z")
RAISABLE = frozenset({"span", "font", "small"})
"""Elements that a style may raise or lower."""

_SHORTENED = frozenset(["o", "os", "me", "mes", "lle", "gr"])
_TRADE = re.compile(r"\(?(?:tm|r|sm|c)\)?\Z|[\u2122\u00ae\u2120\u00a9]\Z", re.IGNORECASE)
_WORD = re.compile(r"(?P<letters>[^\W\d_]+)\Z")
_BASE = re.compile(r"(?P<number>\d+(?:[.,]\d+)*)\Z")
_SIMPLE = re.compile(r"[-+\u2212]?(?:\d+(?:[.,/]\d+)?|[^\W\d_]{1,12})[-+\u2212]?\Z")
_BASES = frozenset(")]}|$\u2019'%\u03bc\u00b0`")
_POWERED = frozenset({"2", "10", "16", "e"})
_LEAST_WORD, _LEAST_BADGE = 4, 3
_ALIGNED = re.compile(r"vertical-align ?: ?(sup|sub)", re.IGNORECASE)
_RULE = re.compile(r"\.([\w-]{1,60})\s{0,9}\{[^{}]{0,400}vertical-align\s?:\s?(sup|sub)(?:er)?\s?[;}!]")
_LONGEST_STYLE = 200_000
_RAISED = {
    **dict.fromkeys(("superscript", "sup", "super"), "sup"),
    **dict.fromkeys(("subscript", "sub", "inferior"), "sub"),
}
_CLIMB = 3
_LONGEST = 30
_LEAST_NOTE, _MOST_STARS = 10, 3


def raising_rules(style: str) -> dict[str, str]:
    """Return the classes that a style sheet raises or lowers: `".c2{vertical-align:super}"` -> `{"c2": "sup"}`."""
    if "vertical-align" not in style:
        return {}
    return {found[1]: found[2].lower() for found in _RULE.finditer(style[:_LONGEST_STYLE])}


def raised_tag(tag: str, attrs: Mapping[str, str | None], rules: Mapping[str, str]) -> str:
    """Return `"sup"` or `"sub"` for a span that a style or a class raises or lowers, else its tag.

    `rules` are those of the page's style sheets, by class (`raising_rules`).
    """
    if (name := attrs.get("class")) in _RAISED:
        return _RAISED[name or ""]
    if rules and name and (found_tag := next((rules[one] for one in name.split() if one in rules), "")):
        return found_tag
    found = _ALIGNED.search(style) if "vertical-align" in (style := attrs.get("style") or "") else None
    return found[1].lower() if found is not None else tag


def may_be_sign(link: Node) -> bool:
    """Return whether a link needs a closer look: it leads to a fragment, or has attributes that signs of notes have."""
    return "#" in link.get("href") or not _MARKING.isdisjoint(link.attrs)


def is_note_link(link: Node) -> bool:
    """Return whether a link is the sign of a note, a citation or a comment, or leads back from one."""
    attrs = link.attrs
    kinds = (attrs.get("rel"), attrs.get("role"), attrs.get("epub:type"))
    if not _NOTE_ATTRIBUTES.isdisjoint(attrs) or not _NOTE_KINDS.isdisjoint(kinds):
        return True
    href = link.get("href")
    return is_note_name("a", link.get("class")) or ("#" in href and _looks_like_sign(link, href))


def _looks_like_sign(link: Node, href: str) -> bool:
    text = raw_text(link).strip()
    if any(kid.tag == "code" for kid in link.nodes):
        return False
    if not _SIGN.match(text):
        is_citation = href[0] == "#" and _BRACKETED.match(text) is not None and _leads_to_its_name(href, text)
        return is_citation or text in _BACK
    raised = any(kid.tag == "sup" for kid in link.nodes) or (link.parent is not None and link.parent.tag == "sup")
    is_back = link.attrs.get("role") == "doc-backlink"
    if raised or is_back or (text[:1] == "[" and href[0] == "#") or _NOTE_FRAGMENT.search(href) is not None:
        return True
    return text.isdigit() and href[0] == "#" and _GLUED.search(text_before(link)) is not None


def _leads_to_its_name(href: str, text: str) -> bool:
    """Return whether a citation in brackets leads to an entry of that name: `[Knu84]` to `#knu84`."""
    return re.sub(r"\W+", "", href[1:]).lower().endswith(re.sub(r"\W+", "", text).lower())


def hide_note_signs(raised: list[Node]) -> None:
    """Hide the `<sup>`s of a page that are signs of notes, in the text and where the notes are explained."""
    explained = frozenset(_explained(raised))
    for sup in raised:
        sup.shown = sup.shown and not is_note_sign(sup, explained)


def _explained(raised: list[Node]) -> Iterator[str]:
    """Yield the signs that begin a paragraph, an item or a cell: there the page explains them."""
    stars = {text for sup in raised if len(text := raw_text(sup).strip()) <= _MOST_STARS and text.strip("*") == ""}
    if stars - {""}:
        yield from _stars_below(_root_of(raised[0]))
    explaining: set[Node] = set()
    for sup in raised:
        text, holder = raw_text(sup).strip(), sup.parent
        if len(text) > _LONGEST or not _SIGN.match(text) or holder is None or is_upper_half(sup):
            continue
        before = text_before(sup)
        if not before.strip() and holder.size > sup.size + _LEAST_NOTE:
            explaining.add(holder)
            yield text
        elif holder in explaining and _NEXT_NOTE.search(before):
            yield text


def _is_isotope(sup: Node) -> bool:
    """Return whether the sign of a chemical element follows a bare number: `<sup>14</sup>C`."""
    if not raw_text(sup).strip().isdigit():
        return False
    kids = sup.parent.kids if sup.parent is not None else []
    place = next((at for at, kid in enumerate(kids) if kid is sup), len(kids))
    after = kids[place + 1] if place + 1 < len(kids) else ""
    return isinstance(after, str) and _ELEMENT.match(after) is not None


def _root_of(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def _stars_below(node: Node) -> Iterator[str]:
    """Yield the stars that begin a text: `<p>* Not on Sundays.</p>`."""
    first = next((kid for kid in node.kids if not isinstance(kid, str) or kid.strip()), None)
    if isinstance(first, str) and (found := _STARRED.match(first)):
        yield found["stars"]
    for kid in node.nodes:
        yield from _stars_below(kid)


def is_note_sign(sup: Node, explained: frozenset[str]) -> bool:
    """Return whether a raised text is the sign of a note. `explained`: the signs that the page explains."""
    text = raw_text(sup).strip()
    if len(text) > _LONGEST or is_upper_half(sup) or is_degree(sup) or _is_isotope(sup):
        return False
    if not text.strip("[]() ") or _BRACKETED.match(text):  # without letters: the link in it is hidden already
        return True
    if sup.linked and _is_linked_sign(sup, text):
        return True
    before = text_before(sup)
    if _ENCLOSED.match(text):  # a derivative after one letter, y(1)
        word = _WORD.search(before)
        return word is None or len(word[0]) > 1
    if _STARS.match(text):  # in a grammar, a star means that something repeats
        return text[0] not in "*\u2217" or text in explained
    is_list = "," in text and not explained.isdisjoint(map(str.strip, text.split(",")))
    is_plain = _NUMBERS.match(text) is not None or (len(text) == 1 and text.isalpha() and text.islower())
    return is_list or (is_plain and _is_after_words(before, text, explained))


def _is_linked_sign(sup: Node, text: str) -> bool:
    if sup.linked < sum(map(str.isalnum, text)) or not _SIGNS.match(text):
        return False
    links = [kid for kid in _below(sup) if kid.tag == "a"]
    return all("#" in link.get("href") or link.get("href").startswith("javascript:") for link in links)


def _below(node: Node) -> list[Node]:
    return [found for kid in node.nodes for found in (kid, *_below(kid))]


def _is_after_words(before: str, text: str, explained: frozenset[str]) -> bool:
    """Return whether a plain number or letter stands where a note does, judged by what it follows."""
    before = before.rstrip("\u200b\u2060")
    if before.endswith(" ") and _SPACED_BASE.search(before):
        return text in explained
    if not before or before[-1].isspace() or before[-1] in ".,;:!?\"'\u201d\u2019\u00bb`\u3002\u3001":
        return text[0].isdigit() or text in explained
    if number := _BASE.search(before):
        return text in explained and number["number"] not in _POWERED
    if word := _WORD.search(before):
        letters = word["letters"]
        is_word = len(letters) >= _LEAST_WORD or (len(letters) == _LEAST_WORD - 1 and letters.isupper())
        return (is_word and (text[0].isdigit() or text in explained)) or (text in explained and len(letters) > 1)
    return text in explained


def text_before(node: Node) -> str:
    """Return the text just before a node within its block, at least its last word."""
    here, steps = node, 0
    while here.parent is not None and steps < _CLIMB:
        found = _before(here, here.parent)
        if found or here.parent.tag in BLOCK_TAGS:
            return found
        here, steps = here.parent, steps + 1
    return ""


def _before(node: Node, parent: Node) -> str:
    last = ""
    for kid in parent.kids:
        if kid is node:
            break
        if isinstance(kid, str):
            last = (last + kid)[-80:]
        elif kid.tag == "br":
            last = ""
        elif kid.shown:
            text = raw_text(kid)[-80:]
            last = (last + (f"{text}`" if kid.tag == "code" else text))[-80:]
    return last


def is_upper_half(sup: Node) -> bool:
    """Return whether raised text is the upper half of a fraction: a slash and lowered text follow."""
    kids = sup.parent.kids if sup.parent is not None else []
    place = next((at for at, kid in enumerate(kids) if kid is sup), len(kids))
    after = kids[place + 1 : place + 3]
    if after and isinstance(after[0], str) and _LOWER_HALF.match(after[0]):
        return raw_text(sup).strip().isdigit()
    is_slash = len(after) > 1 and (after[0] if isinstance(after[0], str) else raw_text(after[0])).strip() in {
        "/",
        "\u2044",
    }
    return is_slash and isinstance(after[1], Node) and after[1].tag == "sub"


def is_degree(sup: Node) -> bool:
    """Return whether a raised letter stands for the sign of degrees: `25<sup>o</sup>C`."""
    kids = sup.parent.kids if sup.parent is not None else []
    place = next((at for at, kid in enumerate(kids) if kid is sup), len(kids))
    after = kids[place + 1] if place + 1 < len(kids) else ""
    is_scale = isinstance(after, str) and _SCALE.match(after) is not None
    return (
        is_scale
        and raw_text(sup).strip() in {"o", "\u00b0", "\u00ba", "0", "\u2218"}
        and text_before(sup).rstrip()[-1:].isdigit()
    )


def raised_text(text: str, before: str, *, is_half: bool = False) -> str:
    """Return raised text as it is written after `before`: `"32"` -> `"^32"`, `"n-1"` -> `"^(n-1)"`, `"st"` -> `"st"`.

    `is_half`: it is the upper half of a fraction.
    """
    text = text.strip()
    before = before.rstrip() if _SPACED_BASE.search(before) else before
    last = before[-1:]
    if not text or _is_plain(text, last) or not before.strip():
        return text
    if (is_half and last.isdigit()) or _is_badge(text, last):
        return f" {text}"
    if len(text) == 2 and text.isdigit() and (text == "00" or _PRICED.search(before)):
        return f".{text}"
    if (not last.isalnum() and last not in _BASES) or not any(map(str.isalnum, text)):
        return text
    return f"^{text}" if _SIMPLE.match(text) or _CLOSED.match(text) else f"^({text})"


def _is_plain(text: str, last: str) -> bool:
    """Return whether raised text is part of the word before it: an ordinal, a trade mark, an abbreviation."""
    if _TRADE.match(text) and not (last.isdigit() and text.lower() in {"r", "c"}):
        return True
    return (_ORDINAL.match(text) is not None and last.isdigit()) or (text in _SHORTENED and last.isupper())


def _is_badge(text: str, last: str) -> bool:
    """Return whether raised text is a word after another: `Search<sup>beta</sup>`."""
    return len(text) >= _LEAST_BADGE and text.isascii() and text.replace(" ", "").isalpha() and not last.isdigit()


def lowered_text(text: str, before: str) -> str:
    """Return lowered text as it is written after `before`: `"2"` -> `"2"`, after a number and in words `"_2"`."""
    text = text.strip()
    if not text or not before[-1:].isalnum():
        return text
    if " " in text and text.replace(" ", "").isalpha():
        return f" {text}"
    if before[-1].isdigit() == text[0].isdigit():
        return f"_{text}" if _SIMPLE.match(text) else f"_({text})"
    return text
