"""The text of one paragraph, cell, term or heading, as a browser shows it, with code in backticks.

    See <a href=x>the <code>run()</code> guide</a><br>for <b>more</b>.  ->  "See the `run()` guide\\nfor more."

A formula comes once. Links and emphasis leave only their words: a link that is shown comes from the database. Pictures
leave nothing (no reader sees their alt text), except formulas drawn as pictures.
"""

from __future__ import annotations

import re

from core.check.links import remove_invisible
from ingest.html.formulas import drawn_formula, is_formula, render_formula
from ingest.html.known import SIDE_NOTES
from ingest.html.raised import is_degree, is_note_link, is_upper_half, lowered_text, may_be_sign, raised_text
from ingest.html.tree import BLOCK_TAGS, HEADINGS, Node, raw_text

BREAK = "\x00"
"""A line break among the pieces; it survives the folding of white space."""

NOTE = "\x01"
"""Where the sign of a note was; it goes with the brackets around it."""

CODE_TAGS = frozenset({"code", "tt", "kbd", "samp", "var-code"})
PERMALINKS = frozenset(["", "#", "¶", "§", "\U0001f517", "◆", "◆ ", "⚓", "∞", "permalink", "link", "anchor"])

_SET_APART = frozenset({"a", "sup", "sub", "math", "img", "span"})
_LONGEST_SIGN = 60
_PUNCTUATED = frozenset({"comma", "classifier", "sep"}) | SIDE_NOTES
_SPACE = re.compile(r"[ \t\r\n\f]+")
_UNSEEN = str.maketrans({"\u200b": None, "\u00ad": None, "\ufeff": None, "\u2060": None, "\xa0": " ", "\u2028": " "})
_ANY_UNSEEN = re.compile("[\u200b\u00ad\ufeff\u2060\xa0\u2028]")
_TRACE = r"(?:\[[\s\x01,;\u2013-]{0,20}\x01[\s\x01,;\u2013-]{0,20}\]|\(\x01\)|\x01)"
_NOTED = re.compile(rf"[ \t\xa0]?{_TRACE}(?=[\s.,;:!?)\]]|\Z)|{_TRACE}")
_FENCE = re.compile(r"^(?=```|~~~)", re.MULTILINE)
_TICKS = re.compile(r"`+")


def render_inline(node: Node, *, code: bool = True) -> str:
    """Return the text of what is below a node; `code=False` writes no backticks."""
    pieces: list[str] = []
    add_kids(node, pieces, code=code)
    return tidy(pieces)


def render_line(node: Node, *, code: bool = True) -> str:
    """Return the text of what is below a node without line breaks; `code=False` writes no backticks."""
    return render_inline(node, code=code).replace("\n", " ")


def tidy(pieces: list[str]) -> str:
    """Return the pieces joined, with lines escaped that would open a code fence."""
    text = "".join(pieces)
    text = _NOTED.sub("", text) if NOTE in text else text
    text = " ".join(text.split()) if text.isascii() else _SPACE.sub(" ", _seen(text)).replace("\u2044", "/").strip()
    if not (text.isascii() and text.isprintable()):  # most texts are
        if BREAK in text:
            text = "\n".join(line for part in text.split(BREAK) if (line := part.strip()))
        text = remove_invisible(text).strip().rstrip("¶").rstrip()
    return _FENCE.sub(r"\\", text) if "```" in text or "~~~" in text else text


def _seen(text: str) -> str:
    """Return a text without characters of no width. It checks first: most texts have none, and translating costs."""
    return text.translate(_UNSEEN) if _ANY_UNSEEN.search(text) else text


def add_kids(node: Node, pieces: list[str], *, code: bool = True) -> None:
    """Append the text of what is below a node."""
    for kid in node.kids:
        if isinstance(kid, str):
            pieces.append(kid)
        elif kid.shown:
            add(kid, pieces, code=code)
        elif kid.tag == "sup":
            pieces.append(NOTE)


def add(node: Node, pieces: list[str], *, code: bool = True) -> None:
    """Append the text of a node."""
    tag = node.tag
    if code and tag in CODE_TAGS:
        pieces.append(_code(node))
    elif tag == "br":
        pieces.append(BREAK)
    elif tag in _SET_APART and (tag != "span" or is_formula(node)) and _add_apart(node, pieces, code=code):
        return
    elif node.classes and not _PUNCTUATED.isdisjoint(node.classes) and not _is_footnote(node):
        _punctuated(node, pieces, code=code)
    elif tag in BLOCK_TAGS:
        edge = " " if tag in {"td", "th"} else BREAK
        pieces.append(edge)
        add_kids(node, pieces, code=code)
        pieces.append(edge)
    else:
        add_kids(node, pieces, code=code)


def _is_footnote(node: Node) -> bool:
    """Return whether a node is a note on a line of its own, as DocBook has them below a table."""
    return node.tag in BLOCK_TAGS and "footnote" in node.classes


def _add_apart(node: Node, pieces: list[str], *, code: bool) -> bool:
    """Append a sign, a formula, a picture of one, or raised text. Return whether the node is one of these."""
    tag = node.tag
    if tag == "a":
        return _add_sign(node, pieces)
    if tag in {"sup", "sub"}:
        _add_raised(node, pieces, code=code)
    elif tag == "img":
        pieces.append(drawn_formula(node))
    elif is_formula(node):
        pieces.append(render_formula(node))
    else:
        return False
    return True


def _add_sign(link: Node, pieces: list[str]) -> bool:
    """Return whether a link is only a sign: of a note, which leaves a trace, or of the link itself."""
    if link.size <= _LONGEST_SIGN and may_be_sign(link) and is_note_link(link):
        pieces.append(NOTE)
        return True
    return is_permalink(link) and _is_sign(link)


def _add_raised(node: Node, pieces: list[str], *, code: bool) -> None:
    before = next((piece for piece in reversed(pieces) if piece), "")
    inner: list[str] = []
    add_kids(node, inner, code=code)
    text = "".join(inner).replace(BREAK, " ").replace(NOTE, "")
    if node.tag == "sup" and is_degree(node):
        pieces.append("\u00b0")
    elif node.tag == "sub":
        pieces.append(lowered_text(text, before))
    else:
        said = raised_text(text, before, is_half=is_upper_half(node))
        if said[:1] == "^" and not pieces[-1].isspace():
            pieces[-1] = pieces[-1].rstrip()
        pieces.append(said)


def _punctuated(node: Node, pieces: list[str], *, code: bool) -> None:
    """Append a node's text with what style sheets add: commas (doc-builder), colons (docutils), dots (gi-docgen).

    A note that the style sheet moves to the margin comes in brackets.
    """
    is_note = node.tag != "a" and not SIDE_NOTES.isdisjoint(node.classes)
    if "classifier" in node.classes or is_note:
        pieces.append(" (" if is_note else " : ")
    add_kids(node, pieces, code=code)
    if is_note:
        pieces.append(")")
    elif "comma" in node.classes:
        pieces.append(", ")
    elif "sep" in node.classes and node.tag == "span" and not node.size:
        pieces.append(".")


def is_permalink(node: Node) -> bool:
    """Return whether a link is only a sign that leads to the link itself."""
    return node.get("href")[:1] == "#" and node.size < 10 and raw_text(node).strip().lower() in PERMALINKS


def is_worded(link: Node) -> bool:
    """Return whether a link has words that say more than "link"."""
    text = raw_text(link).strip().lower()
    return any(map(str.isalnum, text)) and text not in PERMALINKS


def _is_sign(link: Node) -> bool:
    """Return whether a permalink is only a sign: in a heading any is, in running text only the usual signs are."""
    parent = link.parent
    return raw_text(link).strip() in {"#", "¶", ""} or (parent is not None and parent.tag in HEADINGS)


def code_words(node: Node) -> str:
    """Return the text of code within a line, where exponents stay exponents."""
    if not any(kid.tag in {"sup", "sub", "a", "br"} for kid in node.nodes):
        return raw_text(node)
    pieces: list[str] = []
    add_kids(node, pieces, code=False)
    return "".join(pieces).replace(BREAK, " ").replace(NOTE, "")


def _code(node: Node) -> str:
    kids = node.kids
    raw = kids[0] if len(kids) == 1 and isinstance(kids[0], str) else code_words(node)  # nearly always one text
    is_plain = raw.isascii() and raw.isprintable() and "  " not in raw  # most names are
    text = raw if is_plain else remove_invisible(_SPACE.sub(" ", _seen(raw)))
    bare = text.strip()
    if not bare:
        return " " if text else ""
    if "`" in bare:
        longest = max(len(run) for run in _TICKS.findall(bare))
        ticks = "`" * (longest + 1)
        return f"{ticks} {bare} {ticks}" if bare[0] == "`" or bare[-1] == "`" else f"{ticks}{bare}{ticks}"
    return f"{' ' * (text[0] == ' ')}`{bare}`{' ' * (text[-1] == ' ')}"
