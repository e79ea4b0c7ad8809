"""Turns the markdown of documentation generators into CommonMark with HTML for their additions, line by line.

    !!! note, ??? note, :::note, ```{note}, <Note>    a <div class="admonition note"> with its title
    === "npm", <TabItem label="npm">                  the label as a paragraph, "npm:", before what it labels
    import ..., <Tabs>, {/* */}, {% %}, {{< >}}       removed; the text between them stays
    <ParamField path="a" type="string" required>      a <dt> with what the attributes say, and a <dd> with the text
    <Update label="v2">                               a heading
    ```{code-block} python, ```py title="a" {1,3}     ```python
    {ref}`text <target>`, (target)=, {.class}         text, nothing, nothing

Reads the common part of MkDocs, Docusaurus, VitePress, Starlight, Mintlify, Sphinx (MyST), Hugo and GitBook. Code in
fences stays as it is. Runs in the parse child; no expression here has two unbounded repeats in a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape

from ingest.documents.changes import shown_lines
from ingest.documents.components import (
    FIELDS,
    describe_field,
    read_items,
    split_one_line,
    title_of_update,
    value_of_tab,
    without_values,
)
from ingest.documents.prose import translate_prose
from ingest.documents.shortcodes import count_ends, ends_shortcode, read_shortcode
from ingest.html.tree import words

_DEEPEST = 12
_LONGEST_TAG, _LONGEST_MODULE = 40, 200  # lines
_ADMONITIONS = words(
    "note tip warning caution important danger info hint seealso attention error question example quote abstract "
    "summary bug failure success todo tldr faq"
)
_OTHER_NAMES = {"aside": "note", "callout": "note", "admonition": "note", "warn": "warning", "check": "success"}
_VERSIONS = {"versionadded": "New in version", "versionchanged": "Changed in version", "deprecated": "Deprecated since"}
_CODE = words("code-block code sourcecode code-cell parsed-literal highlight prompt testcode doctest")
_NOTHING = words(
    "toctree contents image figure include literalinclude raw graphviz bibliography eval-rst autodoc automodule "
    "autoclass autofunction autosummary index meta only"
)
_LANGUAGES = words("python r julia bash sh sql js ojs javascript mermaid ruby")

_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<marks>`{3,}(?=[^`]*\Z)|~{3,})(?P<info>.*)\Z")
_DIRECTIVE = re.compile(r"\s*\{(?P<name>[\w:-]+)\}[ \t]*(?P<rest>.*)")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s|\Z)")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#_.-]+")
_GROUP_LABEL = re.compile(r"\[([^\[\]]{1,80})\]")
_INDENTED = re.compile(r"(?P<indent>[ \t]*)(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+(?P<rest>\S.*)\Z")
_TAB = re.compile(r"[ \t]*===[!+]?[ \t]+\"")
_QUOTED = re.compile(r"\"(.*)\"|'(.*)'")
_COLONS = re.compile(r"(?P<indent>[ \t]*)(?P<marks>:{3,})[ \t]*(?P<rest>.*)\Z")
_CONTAINER = re.compile(r"\{?(?P<name>[A-Za-z][\w-]*)\}?[ \t]*(?P<title>.*)\Z")
_TAG = re.compile(r"(?P<indent>[ \t]*)<(?P<close>/?)(?P<name>[A-Z][\w.]*|)(?P<rest>(?:[\s/>].*)?)\Z", re.DOTALL)
_LABEL = re.compile(r"\b(?:label|title)=[\"'{]{1,2}([^\"'{}\n]{1,80})")
_TYPE = re.compile(r"\btype=[\"'{]{1,2}(\w+)")
_MODULE = re.compile(
    r"import\s[^\"'\n]{0,500}[\"'][^\"'\n]+[\"']|import\s[\w*, ]{0,80}\{\s*\Z|"
    r"export\s+(?:const|let|var|default|function|async)\b"
)
_LEFT_OUT = re.compile(
    r"\s*(?:\([\w:. -]+\)=|-{1,4}8<-{1,4}.*|<<<[ \t]+[@./].*|"
    r"\[toc\]|\[\[_?toc_?\]\]|\{:?\s*[.#:][^{}]*\}|\{:[^{}]*\})\s*\Z",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"[ \t]*(?:[*+-]|1\.)[ \t]+\S")
_CONTENTS = re.compile(r"\{:[^{}]{0,80}\btoc\b[^{}]{0,80}\}\s*\Z")
_BLOCK_ID = re.compile(r"\{:[^{}#]{0,80}#([\w:.-]{1,200})[^{}]{0,80}\}\s*\Z")


def translate_dialects(text: str) -> str:
    """Return the whole document as CommonMark with HTML."""
    return "\n".join(_Lines(text.split("\n"), 0).read())


class _Lines:
    """Translates some lines of a document. The content of a container gets another one, `depth` levels down."""

    def __init__(self, lines: list[str], depth: int) -> None:
        self._lines = lines
        self._depth = depth
        self._at = 0
        self._out: list[str] = []
        self._open: list[tuple[str, str]] = []  # of ::: containers: name, what closes it
        self._boxes: list[bool] = []  # of templates' tags that are open: whether each is an admonition
        self._ends = count_ends(lines)
        self._labels: list[str] = []  # of tabs that carry none
        self._inside_update = False  # its headings are one level below its own

    def read(self) -> list[str]:
        """Return all lines, translated."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not any(translate(self, line) for translate in _TRANSLATORS):
                self._out.append(translate_prose(f"#{line}" if self._inside_update and line.startswith("#") else line))
                self._at += 1
        while self._open:
            self._emit("", self._open.pop()[1])
        return self._out

    def fence(self, line: str) -> bool:
        """Translate a block of code or a directive of MyST. Return whether `line` begins one."""
        match = _FENCE.match(line)
        if match is None:
            return False
        indent, marks, info = match["indent"], match["marks"], match["info"].strip()
        start = self._at + 1
        closing = re.compile(rf"[ \t]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*\Z")
        end = next((at for at in range(start, len(self._lines)) if closing.match(self._lines[at])), len(self._lines))
        body = self._lines[start:end]
        self._at = end + 1
        directive = _DIRECTIVE.match(info)
        if directive and not (directive["name"] in _LANGUAGES and not directive["rest"]):
            self._directive(indent, directive["name"], directive["rest"], body)
            return True
        label = _GROUP_LABEL.search(info) if self._open and self._open[-1][0] == "code-group" else None
        if label:
            self._emit(indent, _label(label[1]))
        self._code(indent, marks, info, body)
        return True

    def indented(self, line: str) -> bool:
        """Translate `!!! note "Title"`, `??? note` or `=== "Tab"` with the indented lines below it.

        Returns whether `line` is one of these.
        """
        match = _INDENTED.match(line)
        if match is None or (line.lstrip().startswith("=") and not _TAB.match(line)):
            return False
        indent, rest = match["indent"], match["rest"]
        quoted = _QUOTED.search(rest)
        title = next((part for part in quoted.groups() if part is not None), "") if quoted else None
        self._at += 1
        content = self._below(len(indent.expandtabs(4)))
        if _TAB.match(line):
            self._emit(indent, _label(title or ""))
            self._inner(indent, content)
        else:
            name = rest.split()[0].lower() if not rest.startswith(('"', "'")) else "note"
            self._note(indent, name, title, content)
        return True

    def colons(self, line: str) -> bool:
        """Translate the first or last line of a container, `:::note Title` or `:::`. Return whether `line` is one."""
        match = _COLONS.match(line)
        if match is None:
            return False
        indent, rest = match["indent"], match["rest"].strip()
        container = _CONTAINER.match(rest)
        if container is not None:
            self._at += 1
            name, title = container["name"].lower(), container["title"].strip()
            self._skip_options()
            self._emit(indent, *_opening(name, title.strip("[]").partition("]")[0]))
            self._open.append((name, indent + ("</div>" if _kind(name) else "")))
        elif rest:
            return False
        else:
            self._at += 1
            if self._open:
                self._emit("", self._open.pop()[1])
        return True

    def tag(self, line: str) -> bool:
        """Translate a line that is nothing but a JSX tag. Return whether `line` begins one; a tag's text is prose."""
        if not _TAG.match(line):
            return False
        if parts := split_one_line(line):
            self._lines[self._at : self._at + 1] = parts
        end = self._at + 1
        while (
            ">" not in without_values(self._lines[end - 1]) and end < len(self._lines) and end - self._at < _LONGEST_TAG
        ):
            end += 1
        match = _TAG.match("\n".join(self._lines[self._at : end]).rstrip())
        if match is None or not _is_one_tag(match["rest"]):
            return False
        self._at = end
        self._emit(match["indent"], *self._component(match["name"].lower(), match["rest"], closes=bool(match["close"])))
        return True

    def _component(self, name: str, rest: str, *, closes: bool) -> list[str]:
        """Return what stands for the tag of a component. `rest`: what follows its name."""
        if name in FIELDS:
            ended = "</dd></dl>" if closes or rest.endswith("/>") else ""
            return [ended if closes else describe_field(name, rest) + ended]
        self._inside_update = self._inside_update if name != "update" else not closes
        if closes:
            return ["</div>" if _kind(name) else ""]
        label = _LABEL.search(rest)
        if _kind(name) and not rest.endswith("/>"):
            said = _TYPE.search(rest)
            return _opening(said[1].lower() if said else name, label[1] if label else "")
        if name == "update":
            return [f"## {title_of_update(rest)}"]
        self._labels = read_items(rest) or self._labels
        if label is None and name in {"tab", "tabs.tab"} and self._labels:
            return [_label(self._labels.pop(0))]
        return [_label(label[1] if label else value_of_tab(name, rest))]

    def shortcode(self, line: str) -> bool:
        """Translate a line that is nothing but the tag of a template. Return whether `line` is one that shows."""
        tag = read_shortcode(line, _ADMONITIONS)
        if tag is None:
            return False
        self._at += 1
        if tag.closes:
            self._ends[tag.name] -= 1
        ends = self._ends[tag.name] > 0
        if tag.name == "highlight" and not tag.closes:
            closing = (at for at in range(self._at, len(self._lines)) if ends_shortcode(self._lines[at], tag.name))
            end = next(closing, len(self._lines))
            self._code("", "`" * 8, tag.language, self._lines[self._at : end])
            self._at = end + 1
        elif tag.said:
            self._note("", tag.kind, None, [tag.said])
        elif tag.closes:
            self._emit("", "</div>" if self._boxes and self._boxes.pop() else "")
        elif tag.kind:
            self._boxes += [True] * ends
            self._emit("", *(_opening(tag.kind, tag.label) if ends else [_label(tag.label)]))
        else:
            self._boxes += [False] * ends
            self._emit("", _label(tag.label))
        return True

    def attributed(self, line: str) -> bool:
        """Read kramdown's attributes below a heading or the list of contents. Return whether `line` is one of these."""
        after = self._lines[self._at + 1] if self._at + 1 < len(self._lines) else ""
        if after[:2] != "{:":
            return False
        if _LIST_ITEM.match(line) and _CONTENTS.match(after):
            del self._lines[self._at : self._at + 2]
            return True
        found = _BLOCK_ID.match(after) if line.startswith("#") else None
        if found is not None:
            self._lines[self._at : self._at + 2] = [f"{line.rstrip()} {{#{found[1]}}}"]
        return found is not None

    def left_out(self, line: str) -> bool:
        """Remove lines that no reader sees. Return whether `line` is the first of some."""
        if _MODULE.match(line):
            self._skip_module()
            return True
        if line.lstrip().startswith("{/*") and "*/" not in line:
            while self._at < len(self._lines) and "*/" not in self._lines[self._at]:
                self._at += 1
        elif not _LEFT_OUT.match(line):
            return False
        self._at += 1
        self._out.append("")
        return True

    def _directive(self, indent: str, name: str, rest: str, body: list[str]) -> None:
        while body and _OPTION.match(body[0]):
            body = body[1:]
        name = name.rpartition(":")[2].lower()
        if name in _CODE:
            self._code(indent, "`" * 8, rest, body)
        elif name in _VERSIONS:
            self._emit(indent, f'<div class="{name}">', "", f"{_VERSIONS[name]} {rest.strip()}:", "")
            self._inner(indent, body)
            self._emit(indent, "</div>")
        elif _kind(name):
            self._note(indent, name, rest.strip() or None, body)
        elif name not in _NOTHING:
            self._emit(indent, _label(rest.strip()) if rest.strip() else "")
            self._inner(indent, body)

    def _note(self, indent: str, name: str, title: str | None, content: list[str]) -> None:
        self._emit(indent, *_opening(name if _kind(name) else "note", title or ""))
        self._inner(indent, content)
        self._emit(indent, "</div>")

    def _code(self, indent: str, marks: str, info: str, body: Iterable[str]) -> None:
        language = _LANGUAGE.search(info.strip("{. "))
        self._out += [f"{indent}{marks}{language[0] if language else ''}", *shown_lines(body, info), f"{indent}{marks}"]

    def _inner(self, indent: str, content: list[str]) -> None:
        if self._depth < _DEEPEST:
            content = _Lines(content, self._depth + 1).read()
        self._out += [indent + line if line.strip() else "" for line in content]

    def _emit(self, indent: str, *lines: str) -> None:
        """Add lines of HTML with blank lines around them, so that what follows is markdown again."""
        self._out += ["", *(indent + line if line else "" for line in lines), ""]

    def _below(self, indent: int) -> list[str]:
        """Return the lines indented by four more than `indent`, without that indent, and blank lines between them."""
        found: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at].expandtabs(4)
            if line.strip() and len(line) - len(line.lstrip()) < indent + 4:
                break
            found.append(line[indent + 4 :])
            self._at += 1
        return found

    def _skip_module(self) -> None:
        """Skip an import or export, up to the first blank line where its brackets are closed."""
        depth = 0
        for line in self._lines[self._at : self._at + _LONGEST_MODULE]:
            if not line.strip() and depth <= 0:
                break
            depth += sum(map(line.count, "{(")) - sum(map(line.count, "})"))
            self._at += 1

    def _skip_options(self) -> None:
        while self._at < len(self._lines) and _OPTION.match(self._lines[self._at]):
            self._at += 1


_TRANSLATORS: tuple[Callable[[_Lines, str], bool], ...] = (
    _Lines.fence,
    _Lines.indented,
    _Lines.colons,
    _Lines.tag,
    _Lines.shortcode,
    _Lines.attributed,
    _Lines.left_out,
)


def _kind(name: str) -> str:
    return name if name in _ADMONITIONS else _OTHER_NAMES.get(name, "")


def _opening(name: str, title: str) -> list[str]:
    kind = _kind(name)
    if not kind:
        return [_label(title) if title and name != "code-group" else ""]
    titled = [f'<p class="admonition-title">{escape(title)}</p>'] if title else []
    return [f'<div class="admonition {kind}">', *titled]


def _label(text: str) -> str:
    text = text.rstrip(": ")
    return f"<p>{escape(text)}{'' if text[-1] in '?!.' else ':'}</p>" if text.strip() else ""


def _is_one_tag(rest: str) -> bool:
    """Return whether the tag ends with the line: `" label='x'>"`, not `">text</Foo>"`."""
    rest = without_values(rest)
    return rest.endswith(">") and "</" not in rest and (rest.count(">") == 1 or "=>" in rest or "{" in rest)
