"""Declarations of an API: which nodes are declarations, and their text in one line.

    dt.sig                          Sphinx         p.src               Haddock
    div.memproto                    doxygen        div.attr            pdoc
    div.member-signature            javadoc        div.tsd-signature   TypeDoc
    div.method-heading              RDoc           div.symbol.monospace     Dokka
    .docstring > header             Documenter
    table.RBoxed, a line a row      Scribble       p with commas       doc-builder
    div.spec, pre > span#VALx       odoc and its elder             dt > pre   Nim

    f( a, b=1, ) [source]   ->   f(a, b=1)

Headings that declare something (rustdoc, qdoc, mkdocstrings) stay headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.html.inline import add, render_inline, tidy
from ingest.html.tree import LIST, PRE, Node, raw_text, words

_DECLARING = words(
    "member-signature memproto methodSignature code-header tsd-signature signature method-heading "
    "param-head type-signature"
)
_OCAML = re.compile(r"(?:VAL|TYPE|EXCEPTION|MODULE|MODULETYPE|METHOD|CLASS)[^A-Z]")
_PDOC = words("function class variable decorator")
_SOURCE = words("source src [source] [src] view")
_OPENED = re.compile(r"([(\[]) ")
_CLOSED = re.compile(r",? ([)\]])")
_MOST_SOURCE = 12
NAMING = words("b strong code tt kbd samp em dfn var")
_AROUND = words("p div section article span")
_CLIMB = 4
LONGEST_NAME = 80
_LONGEST_SIGNATURE = 600


def is_declaration(node: Node) -> bool:
    """Return whether a container, a paragraph or the like is a declaration."""
    names = node.classes
    if not names:
        return node.tag == "header" and node.parent is not None and "docstring" in node.parent.classes
    return (
        not _DECLARING.isdisjoint(names)
        or (node.tag == "p" and "src" in names)
        or ("spec" in names and node.tag == "div")
        or ("symbol" in names and "monospace" in names)
        or ("attr" in names and not _PDOC.isdisjoint(names))
    )


def is_term(term: Node) -> bool:
    """Return whether a `<dt>` is a declaration rather than a word."""
    kids = term.nodes
    is_nim = len(kids) == 1 and kids[0].tag == "pre" and "\n" not in raw_text(kids[0]).strip()
    return is_nim or "sig" in term.classes or "sig-object" in term.classes


def is_ocaml(pre: Node) -> bool:
    """Return whether a `<pre>` begins with the id that ocamldoc gives a declaration."""
    first = next(iter(pre.kids), None)
    return isinstance(first, Node) and _OCAML.match(first.get("id")) is not None


def is_parameters(node: Node) -> bool:
    """Return whether a node holds doc-builder's parameters."""
    return node.tag == "p" and any(not isinstance(kid, str) and "comma" in kid.classes for kid in node.kids)


def name_at_start(block: Node) -> str:
    """Return the name that a block of text begins with, in one line of markdown; "" where it begins with plain words.

    `<p><b>--all</b> shows ...` -> `"**--all**"`
    """
    first: Node | str | None = block
    for _ in range(_CLIMB):
        if not isinstance(first, Node) or (first is not block and first.tag not in _AROUND):
            break
        first = next((kid for kid in first.kids if (kid.strip() if isinstance(kid, str) else kid.size)), None)
    if not isinstance(first, Node) or first.tag not in NAMING or first.size > LONGEST_NAME:
        return ""
    return line_of(first)


def first_line(block: Node) -> str:
    """Return the text of the first of several short blocks that a container holds, in bold; "" where it is none."""
    kids = [kid for kid in block.kids if (kid.strip() if isinstance(kid, str) else kid.shown and kid.size)]
    first = kids[0] if len(kids) > 1 else None
    if not isinstance(first, Node) or first.size > LONGEST_NAME or first.tag not in _AROUND:
        return ""
    return line_of(first)


def line_of(node: Node) -> str:
    """Return a name in one line of markdown, in bold if it is no code."""
    pieces: list[str] = []
    add(node, pieces)
    text = tidy(pieces).replace("\n", " ").lstrip("§ ")
    return text if "`" in text or not text else f"**{text}**"


def line_of_term(term: Node) -> str:
    """Return a `<dt>` in one line of markdown, "" for one that holds lists or code."""
    if is_term(term):
        return declare(term)
    return "" if term.holds & (PRE | LIST) else line_of(term)


def declare(node: Node) -> str:
    """Return a declaration in one line of markdown."""
    text = one_line_of(node)
    ticks = "" if len(text) > _LONGEST_SIGNATURE or not text else "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"


def one_line_of(node: Node) -> str:
    """Return the declaration in one line, without the link to its source, which is hidden from now on."""
    for link in list(_source_links(node)):
        link.shown = False
    text = " ".join(render_inline(node, code=False).split())
    return _CLOSED.sub(r"\1", _OPENED.sub(r"\1", text))


def _source_links(node: Node) -> Iterator[Node]:
    for kid in node.nodes:
        if kid.tag == "a" and kid.size <= _MOST_SOURCE and raw_text(kid).strip().lower() in _SOURCE:
            yield kid
        else:
            yield from _source_links(kid)
