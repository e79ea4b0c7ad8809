"""Formulas as one line of text: the TeX that a page keeps of them, else MathML read aloud in signs.

    <math><msup><mi>x</mi><mn>2</mn></msup></math>     $x^2$          <mfrac><mn>1</mn><mn>2</mn></mfrac>    $1/2$
    span.katex, img.math, mwe-math-element             their source, once

KaTeX and MathJax write a formula two or three times over; it comes once.
"""

from __future__ import annotations

import re

from ingest.html.known import FORMULAS
from ingest.html.tree import Node, find, raw_text

_SPACE = re.compile(r"[ \t\r\n\f]+")
_UNSPOKEN = str.maketrans(dict.fromkeys("\u2061\u2062\u2063\u2064"))
_SIMPLE = re.compile(r"[-\u2212+]?[\w.,'\u2032\u221e\u2026*]+\Z")
_WIDE = frozenset(
    [
        "+",
        "-",
        "\u2212",
        "=",
        "<",
        ">",
        "\u2264",
        "\u2265",
        "\u2260",
        "\u00b1",
        "\u2192",
        "\u2208",
        "\u2248",
        "\u00d7",
        "\u22c5",
        "\u2223",
    ]
)
_PRODUCT = re.compile(r"\d[\d.,]*[^\W\d_]")
_TEX = re.compile(r"tex", re.IGNORECASE)
_DEEPEST = 60
_UNSAID = frozenset({"annotation", "annotation-xml", "mphantom"})
_SHAPES = {
    ("mfrac", 2): "{2}/{3}",
    ("mroot", 2): "root({0}, {1})",
    **dict.fromkeys((("msup", 2), ("mover", 2)), "{0}^{3}"),
    **dict.fromkeys((("msub", 2), ("munder", 2)), "{0}_{3}"),
    ("msubsup", 3): "{0}_{4}^{5}",
    ("munderover", 3): "{0}_{4}^{5} ",
}
"""How an element with so many parts is written: the parts as they are, then the parts in brackets where needed."""


def is_formula(node: Node) -> bool:
    """Return whether a node is a formula in MathML, or the frame that a generator puts around one."""
    if node.tag != "span":
        return node.tag == "math"
    return not FORMULAS.isdisjoint(node.classes) or (node.attrs.get("role") == "math" and not node.size)


def render_formula(node: Node) -> str:
    """Return a formula's source between dollar signs, "" for an empty one."""
    source = _source(node)
    if not source:
        math = node if node.tag == "math" else find(node, "math")
        source = _spoken(math) if math is not None else raw_text(node)
    source = _SPACE.sub(" ", source).strip().strip("$")
    return f"${source}$" if source else ""


def drawn_formula(node: Node) -> str:
    """Return the source of a formula that is drawn as a picture, "" for any other picture."""
    is_drawn = any("math" in name or "formula" in name or name == "tex" for name in node.classes)
    alt = node.get("alt").strip()
    source = alt.strip("$")
    return f"${source}$" if source and (is_drawn or (len(alt) > 2 and alt[0] == alt[-1] == "$")) else ""


def _source(node: Node) -> str:
    annotation = find(node, "annotation")
    if annotation is not None and _TEX.search(annotation.get("encoding") or "tex"):
        return raw_text(annotation, hidden=True)
    math = node if node.tag == "math" else find(node, "math")
    return node.get("alttext") or (math.get("alttext") if math is not None else "") or node.get("aria-label")


def _spoken(node: Node, depth: int = 0) -> str:
    """Return MathML as signs: `"x^2"`, `"(a + b)/2"`, `"sqrt(x)"`."""
    if node.tag in _UNSAID or depth > _DEEPEST:
        return ""
    if not node.nodes:
        return _token(node.tag, raw_text(node))
    parts = [_spoken(kid, depth + 1) for kid in node.nodes]
    if node.tag == "mfrac" and len(parts) == 2 and _PRODUCT.match(parts[1]):
        parts[1] = f"({parts[1]})"  # 1/2a is not what 1 over 2a says
    shape = _SHAPES.get((node.tag, len(parts)))
    if shape is not None:
        return shape.format(*parts, *map(_grouped, parts))
    if node.tag == "semantics":
        return parts[0]
    joined = (" " if node.tag == "mtr" else "").join(parts)
    return f"sqrt({joined.strip()})" if node.tag == "msqrt" else f"{joined}; " if node.tag == "mtr" else joined


def _grouped(text: str) -> str:
    text = text.strip()
    return text if _SIMPLE.match(text) or (text[:1] == "(" and text[-1:] == ")") else f"({text})"


def _token(tag: str, text: str) -> str:
    text = _SPACE.sub(" ", text.translate(_UNSPOKEN)).strip()
    if tag == "mo" and text in _WIDE:
        return f" {text} "
    return f" {text} " if tag == "mtext" else text
