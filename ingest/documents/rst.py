"""Turns reStructuredText into HTML with docutils, and knows what Sphinx adds: its roles, its directives, their options.

    :py:func:`~a.run`, :ref:`the guide <target>`     `run`, the guide
    .. code-block:: python                           a block of code, whatever options it has
       :caption: x
    .. py:function:: run(fast)                       the signature, and below it what is said of it
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
_PROSE = words("ref doc term numref any eq abbr guilabel menuselection download cite")
_CODE = words("code code-block sourcecode highlight-block prompt parsed-literal-block testcode doctest ipython")
_NOTHING = words(
    "toctree highlight literalinclude include automodule autoclass autofunction automethod autodata autoattribute "
    "autosummary autoexception currentmodule module py:module py:currentmodule default-domain index tabularcolumns "
    "bibliography raw meta graphviz inheritance-diagram program codeauthor sectionauthor"
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
    bare = name.rpartition(":")[2].lower()
    if bare in {"sup", "superscript"}:
        return [nodes.superscript(rawtext, text)], []
    if bare in {"sub", "subscript"}:
        return [nodes.subscript(rawtext, text)], []
    titled = _TITLED.match(text)
    if titled is not None:
        return [nodes.inline(rawtext, titled["title"])], []
    if bare in {"emphasis", "strong", "math"}:
        return [{"emphasis": nodes.emphasis, "strong": nodes.strong, "math": nodes.math}[bare](rawtext, text)], []
    if bare in _PROSE:
        return [nodes.inline(rawtext, text.lstrip("!~"))], []
    shown = text.rpartition(".")[2] if text.startswith("~") else text.lstrip("!")
    return [nodes.literal(rawtext, shown)], []


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


class _Object(_Lenient):
    """A signature and what is said of it. Several signatures, one a line, share it."""

    def run(self) -> list[nodes.Node]:
        lines = (line.strip().rstrip("\\") for line in (self.arguments or [""])[0].splitlines())
        term = nodes.term("", "", nodes.literal("", ", ".join(filter(None, lines))))
        item = nodes.definition_list_item("", term, self.inside(nodes.definition()))
        return [nodes.definition_list("", item)]


class _Anything(_Lenient):
    """What no generator of ours knows: its argument as a label, and its content."""

    def run(self) -> list[nodes.Node]:
        label = (self.arguments or [""])[0].strip()
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
    if ":" in name or bare in _OBJECTS:
        return _Object if bare in _OBJECTS or ":" in name else _Anything
    known, _ = directives.directive(name, en, new_document(""))
    return None if known is not None else _Anything
