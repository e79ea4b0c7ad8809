"""Turns reStructuredText into HTML with docutils, and knows what Sphinx adds: its roles, its directives, their options.

    :py:func:`~a.run`, :ref:`the guide <target>`     `run`, the guide
    .. code-block:: python                           a block of code, whatever options it has
       :caption: x
    .. py:function:: run(fast)                       the signature, and below it what describes it
    .. toctree::, .. automodule::                    nothing: other files, and code that is not run

Nothing is included from other files, no raw HTML is let through, no configuration is read. docutils is an optional
extra: `ingest.documents.document` says so where it is missing. Runs in the parse child.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from docutils import nodes
from docutils.core import publish_parts
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en
from docutils.utils import Reporter, new_document
from docutils.writers.html5_polyglot import HTMLTranslator, Writer

from ingest.html.tree import words

_SETTINGS: Mapping[str, object] = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": Reporter.SEVERE_LEVEL + 1,
    "halt_level": Reporter.SEVERE_LEVEL + 1,
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "initial_header_level": 2,
    "line_length_limit": 100_000,
    "auto_id_prefix": "id",
}
_ROLE = re.compile(r":([A-Za-z][\w:+.-]{0,60}):`")
_DIRECTIVE = re.compile(r"^[ \t]*\.\. (?:\|[^|\n]{1,80}\| )?([A-Za-z][\w:+.-]{0,60})::", re.MULTILINE)
_TITLED = re.compile(r"(?P<title>.+?)\s*<[^<>]+>\Z", re.DOTALL)
_PROSE = words("ref doc term numref any eq abbr guilabel menuselection download")
_CODE = words(
    "code code-block sourcecode highlight-block prompt parsed-literal-block testcode doctest ipython code-tab"
)
_PLAIN = words("only ifconfig rst-class class container hlist tabs tab-set grid compound cssclass")
_PREFIXES = {"option": "cmdoption", "cmdoption": "cmdoption", "envvar": "envvar", "confval": "confval"}
"""What Sphinx puts before the names of entries in their ids."""

_NOTHING = words(
    "toctree highlight literalinclude include automodule autoclass autofunction automethod autodata autoattribute "
    "autosummary autoexception currentmodule module py:module py:currentmodule default-domain index tabularcolumns "
    "bibliography raw meta graphviz inheritance-diagram codeauthor sectionauthor todolist"
)
_NOTES = {
    "seealso": "See also", "todo": "To do", "versionadded": "New in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since", "versionremoved": "Removed in version", "deprecated-removed": "Deprecated since",
}  # fmt: skip
_OBJECTS = words(
    "function method class data attribute exception classmethod staticmethod property decorator describe object option "
    "cmdoption envvar confval setting directive role macro type var member enum enumerator struct union concept alias "
    "get post put delete patch opcode fixture"
)


def render_rst(text: str) -> str:
    """Return the document as a page of HTML. Its title is the first heading where that stands alone."""
    for name in set(_ROLE.findall(text)):
        roles.register_local_role(name, _role)
    for name in set(_DIRECTIVE.findall(text)):
        if (directive := _directive_of(name)) is not None:
            directives.register_directive(name, directive)
    writer = Writer()
    writer.translator_class = _Translator
    parts = publish_parts(text, writer=writer, settings_overrides=dict(_SETTINGS))
    if not parts["title"]:  # something stands before the first heading, or several headings are of its level
        parts = publish_parts(text, writer=writer, settings_overrides={**_SETTINGS, "initial_header_level": 1})
    return f"<html><head><title>{parts['title']}</title></head><body><main>{parts['html_body']}</main></body></html>"


class _Translator(HTMLTranslator):  # type: ignore[misc]  # docutils ships no types
    """Writes literals as `<code>`, where docutils writes a span with a class."""

    def visit_literal(self, node: nodes.literal) -> None:
        self.body.append(self.starttag(node, "code", ""))

    def depart_literal(self, _node: nodes.literal) -> None:
        self.body.append("</code>")


def _role(
    name: str, rawtext: str, text: str, _lineno: int, _inliner: object, _options: object = None, _content: object = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Return what a role shows, whatever it is: the words of prose, else code."""
    bare, shown = name.rpartition(":")[2].lower(), text.lstrip("!")
    titled = _TITLED.match(text)
    if name.lower().startswith(("cite", "footcite")):
        return [], []
    if bare in _NODES:
        node = _NODES[bare](rawtext, text)
    elif titled is not None or bare in _PROSE:
        node = nodes.inline(rawtext, titled["title"] if titled is not None else text.lstrip("!~"))
    else:
        node = nodes.literal(rawtext, text.rpartition(".")[2] if text.startswith("~") else shown)
    return [node], []


_NODES: Mapping[str, Callable[[str, str], nodes.Node]] = {
    **dict.fromkeys(("sup", "superscript"), nodes.superscript),
    **dict.fromkeys(("sub", "subscript"), nodes.subscript),
    "emphasis": nodes.emphasis,
    "strong": nodes.strong,
    "math": nodes.math,
}


class _AnyOptions(dict[str, Callable[[str], str]]):
    """Takes every option as it is written: Sphinx and its extensions have hundreds."""

    def __bool__(self) -> bool:
        return True  # docutils takes an empty mapping for: no options

    def __missing__(self, _name: str) -> Callable[[str], str]:
        return directives.unchanged  # type: ignore[no-any-return]  # docutils ships no types


class _Lenient(Directive):  # type: ignore[misc]  # docutils ships no types
    """A directive that takes any argument, options and content."""

    optional_arguments: ClassVar[int] = 1
    final_argument_whitespace: ClassVar[bool] = True
    has_content: ClassVar[bool] = True
    option_spec: ClassVar[dict[str, Any]] = _AnyOptions()

    def inside(self, node: nodes.Element) -> nodes.Element:
        """Put the parsed content into a node, and return it."""
        self.state.nested_parse(self.content, self.content_offset, node)
        return node

    def inline(self, text: str) -> list[nodes.Node]:
        """Return a line of text, parsed."""
        parsed: list[nodes.Node] = self.state.inline_text(text, self.lineno)[0]
        return parsed


class _Code(_Lenient):
    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        if not code:
            return []
        language = (self.arguments or [""])[0].strip().lower()
        return [nodes.literal_block(code, code, classes=["code", language] if language else ["code"])]


class _Nothing(_Lenient):
    def run(self) -> list[nodes.Node]:
        return []


class _Note(_Lenient):
    def run(self) -> list[nodes.Node]:
        first, _, rest = (self.arguments or [""])[0].partition("\n")
        title = f"{_NOTES[self.name.lower()]} {first}".strip()
        note = nodes.admonition("", nodes.title("", "", *self.inline(title)), classes=["note"])
        if rest.strip():
            note += nodes.paragraph("", "", *self.inline(rest))
        return [self.inside(note)]


class _Program(_Lenient):
    """Names the program whose options follow: it is part of their ids."""

    def run(self) -> list[nodes.Node]:
        self.state.document.program = "-".join((self.arguments or [""])[0].split())
        return []


class _Object(_Lenient):
    """A signature and what describes it. Several signatures, one a line, share it."""

    def run(self) -> list[nodes.Node]:
        lines = (line.strip().rstrip("\\") for line in (self.arguments or [""])[0].splitlines())
        signature = ", ".join(filter(None, lines))
        term = nodes.term("", "", nodes.literal("", signature))
        if prefix := _PREFIXES.get(self.name.rpartition(":")[2]):
            program = getattr(self.state.document, "program", "") if prefix == "cmdoption" else ""
            term["ids"] = [_id_of("-".join(filter(None, (prefix, program, re.split(r"[ =,\[]", signature)[0]))))]
        item = nodes.definition_list_item("", term, self.inside(nodes.definition()))
        return [nodes.definition_list("", item)]


class _Glossary(_Lenient):
    """Terms, each on a line of its own, and below them what they mean."""

    def run(self) -> list[nodes.Node]:
        found = nodes.definition_list()
        at, lines = 0, list(self.content)
        while at < len(lines):
            terms = []
            while at < len(lines) and (not lines[at].strip() or not lines[at].startswith(" ")):
                terms += [lines[at].partition(" : ")[0].strip()]
                at += 1
            begin = at
            while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" ")):
                at += 1
            names = [term for term in terms if term and not term.startswith("..")]
            if names:
                found += self._entry(names, begin, at)
        return [found]

    def _entry(self, names: list[str], begin: int, end: int) -> nodes.Node:
        term = nodes.term("", "", *self.inline(", ".join(names)))
        term["ids"] = [_id_of(f"term-{names[0]}")]
        meaning = nodes.definition()
        block = self.content[begin:end]
        block.trim_left(min((len(line) - len(line.lstrip()) for line in block if line.strip()), default=0))
        self.state.nested_parse(block, self.content_offset + begin, meaning)
        return nodes.definition_list_item("", term, meaning)


def _id_of(name: str) -> str:
    """Return an id as Sphinx makes it of a name: `"cmdoption---load"` -> `"cmdoption-load"`."""
    return re.sub(r"[^a-zA-Z0-9._]+", "-", " ".join(name.split())).strip("-")


class _Anything(_Lenient):
    """What no generator of ours knows: its argument as a label, and its content."""

    def run(self) -> list[nodes.Node]:
        label = "" if self.name.lower() in _PLAIN else (self.arguments or [""])[0].strip()
        above = [nodes.paragraph("", "", *self.inline(f"{label.rstrip(':')}:"))] if label else []
        return [*above, *self.inside(nodes.container()).children]


def _directive_of(name: str) -> type[_Lenient] | None:
    """Return what reads a directive; None where docutils has one of its own that does well."""
    bare = name.rpartition(":")[2].lower()
    if name.lower() in _NOTHING:
        return _Nothing
    if bare in _CODE:
        return _Code
    if name.lower() in _NOTES:
        return _Note
    if name.lower() in {"glossary", "program"}:
        return _Glossary if name.lower() == "glossary" else _Program
    if ":" in name or bare in _OBJECTS:
        return _Object if bare in _OBJECTS or ":" in name else _Anything
    known, _ = directives.directive(name, en, new_document(""))
    return None if known is not None else _Anything
