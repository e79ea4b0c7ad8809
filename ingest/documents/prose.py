"""The dialects of markdown within one line: templates, attributes, roles, citations, wiki links and edits.

    {ref}`the guide <target>`, {py:func}`~a.run`     the guide, `run`
    [[turn|the turn]], [@knuth], {{ name }}          the turn, nothing, nothing

Code in backticks stays as it is.
"""

from __future__ import annotations

import re
from html import escape

from ingest.documents.changes import settle_edits
from ingest.documents.components import unlink
from ingest.html.tree import words

_SPAN = re.compile(r"(\{[A-Za-z][\w:+-]*\})?(`+)([^`]+)\2(?!`)")
_TEMPLATE = re.compile(
    r"\{%[^%\n]{0,500}%\}|\{\{[<%][^\n]{0,500}?[>%]\}\}|\{/\*(?![ \t]*#)[^\n]{0,1000}?\*/\}|"
    r"\{\{#[a-z_]{3,20} [^{}\n]{1,300}\}\}"
)
_ATTRIBUTES = re.compile(r"(?<=[)\]*`\"])\{:?[ \t]*(?:[.#][\w-]|[\w-]+=)[^{}\n]{0,200}\}")
_PROSE_ROLES = words("ref doc term numref any eq abbr sub-ref guilabel menuselection download")
_RAISING, _CITING = words("sup sub superscript subscript"), words("cite footcite")
_NOTABLE = re.compile(r"[{^~]|\[-?@|\[\[|==|\+\+|%%")
_CITED = re.compile(r"[ \t]?\[-?@[\w:.-]{1,80}(?:[,;][^\[\]\n]{0,200})?\](?!\()")


def translate_prose(line: str) -> str:
    """Return a line of text without templates, attributes, roles, citations and wiki links, with its edits settled."""
    if not _NOTABLE.search(line):
        return line
    parts, at = [], 0
    for span in _SPAN.finditer(line):
        parts += [_plain(line[at : span.start()]), _role(span) if span[1] else span[0]]
        at = span.end()
    parts.append(_plain(line[at:]))
    return _ATTRIBUTES.sub("", "".join(parts))


def _plain(text: str) -> str:
    return settle_edits(_CITED.sub("", unlink(_TEMPLATE.sub("", text))))


def _role(span: re.Match[str]) -> str:
    """Return a role's text: ``{ref}`the guide <target>` `` -> `"the guide"`, ``{py:func}`~a.run` `` -> "`run`"."""
    name, text = span[1].strip("{}"), span[3].strip()
    shown, _, target = text.partition("<")
    if shown.strip() and target.endswith(">"):
        return shown.strip()
    if name.rpartition(":")[2] in _RAISING:
        return f"<{name.rpartition(':')[2][:3]}>{escape(text)}</{name.rpartition(':')[2][:3]}>"
    if name.partition(":")[0] in _CITING:
        return ""
    if name in _PROSE_ROLES:
        return text
    return f"`{text.rpartition('.')[2] if text.startswith('~') else text.lstrip('!~')}`"
