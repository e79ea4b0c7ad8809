"""The text of one paragraph, cell, term or heading, as a browser shows it, with code in backticks.

    See <a href=x>the <code>run()</code> guide</a><br>for <b>more</b>.  ->  "See the `run()` guide\\nfor more."

A formula comes once. Links and emphasis leave only their words: a link that is shown comes from the database. Pictures
leave nothing (no reader sees their alt text), except formulas drawn as pictures.
"""

from __future__ import annotations

import re

from core.check.links import remove_invisible
from ingest.html.tree import BLOCK_TAGS, HEADINGS, Node, find, raw_text

BREAK = "\x00"
"""A line break among the pieces; it survives the folding of white space."""

CODE_TAGS = frozenset({"code", "tt", "kbd", "samp", "var-code"})
PERMALINKS = frozenset(["", "#", "¶", "§", "\U0001f517", "◆", "◆ ", "⚓", "∞", "permalink", "link", "anchor"])

_PUNCTUATED = frozenset({"comma", "classifier", "sep"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_UNSEEN = str.maketrans({"\u200b": None, "\u00ad": None, "\ufeff": None, "\u2060": None, "\xa0": " ", "\u2028": " "})
_ANY_UNSEEN = re.compile("[\u200b\u00ad\ufeff\u2060\xa0\u2028]")
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
    text = " ".join(text.split()) if text.isascii() else _SPACE.sub(" ", _seen(text))
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


def add(node: Node, pieces: list[str], *, code: bool = True) -> None:
    """Append the text of a node."""
    tag = node.tag
    if code and tag in CODE_TAGS:
        pieces.append(_code(node))
    elif tag == "br":
        pieces.append(BREAK)
    elif tag == "math" or (tag == "span" and ("katex" in node.classes or "mwe-math-element" in node.classes)):
        pieces.append(_formula(node))
    elif tag == "img":
        pieces.append(_drawn_formula(node))
    elif tag == "a" and is_permalink(node) and _is_sign(node):
        return
    elif node.classes and not _PUNCTUATED.isdisjoint(node.classes):
        _punctuated(node, pieces, code=code)
    elif tag in BLOCK_TAGS:
        edge = " " if tag in {"td", "th"} else BREAK
        pieces.append(edge)
        add_kids(node, pieces, code=code)
        pieces.append(edge)
    else:
        add_kids(node, pieces, code=code)


def _punctuated(node: Node, pieces: list[str], *, code: bool) -> None:
    """Append a node's text with what style sheets add: commas (doc-builder), colons (docutils), dots (gi-docgen)."""
    if "classifier" in node.classes:
        pieces.append(" : ")
    add_kids(node, pieces, code=code)
    if "comma" in node.classes:
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


def _code(node: Node) -> str:
    text = remove_invisible(_SPACE.sub(" ", _seen(raw_text(node))))
    bare = text.strip()
    if not bare:
        return " " if text else ""
    if "`" in bare:
        longest = max(len(run) for run in _TICKS.findall(bare))
        ticks = "`" * (longest + 1)
        return f"{ticks} {bare} {ticks}" if bare[0] == "`" or bare[-1] == "`" else f"{ticks}{bare}{ticks}"
    return f"{' ' * (text[0] == ' ')}`{bare}`{' ' * (text[-1] == ' ')}"


def _formula(node: Node) -> str:
    """Return a formula's source between dollar signs, once: KaTeX and MathJax write a formula two or three times."""
    source = node.get("alttext")
    annotation = find(node, "annotation")
    if annotation is not None:
        source = raw_text(annotation, hidden=True)
    elif not source and (math := find(node, "math")) is not None:
        source = math.get("alttext") or raw_text(math)
    source = _SPACE.sub(" ", source or raw_text(node)).strip()
    return f"${source}$" if source else ""


def _drawn_formula(node: Node) -> str:
    is_formula = any("math" in name or "formula" in name or name == "tex" for name in node.classes)
    source = node.get("alt").strip().strip("$")
    return f"${source}$" if is_formula and source else ""
