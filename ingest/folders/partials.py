"""Partials of MDX: a file that others import belongs to the pages that show it, and is no page of its own.

    import Install from '../_install.mdx'     <Install version="2" />     the text of _install.mdx, {props.version} as 2
    <Snippet file="install.mdx" />            the text of snippets/install.mdx                         Mintlify

A name is a partial where it begins with "_", or lies in a folder of partials and is imported. Reads within the source's
folder only, through `ingest.folders.files`. Blocks: call it in a thread.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from posixpath import dirname, normpath

from ingest.folders.files import read_head

MDX, MARKDOWN = ".mdx", ".md"
DEEPEST, LARGEST, MOST_TEXT = 4, 200_000, 2_000_000
"""Imports within imports, bytes of one partial, and letters of a page with all of them."""

_IMPORT = re.compile(
    r"^import\s+(?P<name>[A-Z]\w*)\s+from\s+['\"](?P<path>[^'\"\n]{1,300}\.mdx?)['\"];?[ \t]*$", re.MULTILINE
)
_USE = re.compile(
    r"^(?P<indent>[ \t]*)<(?P<name>[A-Z]\w*)(?P<props>(?:\s[^<>]*)?)(?:/>|>[ \t]*</(?P=name)>)[ \t]*$", re.MULTILINE
)
_PROP = re.compile(r"([A-Za-z]\w*)=(?:\"([^\"\n]*)\"|'([^'\n]*)'|\{\s*[\"'`]?([^{}\n]*?)[\"'`]?\s*\})")
_SHOWN_PROP = re.compile(r"\{\s*(?:props\.)?([A-Za-z]\w*)\s*\}")
_FRONT = re.compile(r"\A---[ \t]*\r?\n.*?\r?\n---[ \t]*\r?\n", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})", re.MULTILINE)
_PARTIAL_FOLDERS = frozenset(
    {"snippets", "partials", "includes", "fragments", "shared", "reusable", "reusables", "common", "components"}
)


def may_import(name: str) -> bool:
    """Return whether a document may show others: Docusaurus reads `.md` as MDX, too."""
    return name.endswith((MDX, MARKDOWN))


class Partials:
    """The partials of a folder, `root`. `names`: the documents that a scan found."""

    def __init__(self, root: Path, names: Collection[str]) -> None:
        self._root = root
        self._names = frozenset(names)
        pages = [name for name in names if may_import(name)]
        self._room = MOST_TEXT
        self._imported = {path for name in pages for path in self._imports(name, read_head(root, name)).values()}

    def is_part(self, name: str) -> bool:
        """Return whether a document is shown within others only."""
        *folders, file = name.split("/")
        if name.endswith(MDX) and file.startswith("_"):
            return True
        is_aside = file.startswith("_") or any(part.startswith("_") or part in _PARTIAL_FOLDERS for part in folders)
        return is_aside and name in self._imported

    def expand(self, name: str, text: str) -> str:
        """Return the text of a page with its partials in place."""
        self._room = MOST_TEXT
        return self._expand(name, text, [name])

    def _expand(self, name: str, text: str, above: list[str]) -> str:
        """Return a text with its partials in place. `above`: the documents that it is shown in."""
        imports = self._imports(name, text)
        code = list(_code_of(text))

        def show(use: re.Match[str]) -> str:
            props = {each[1]: next(filter(None, each.groups()[1:]), "") for each in _PROP.finditer(use["props"])}
            path = imports.get(use["name"]) or self._snippet(use["name"], props)
            if not path or path in above or any(start <= use.start() < end for start, end in code) or self._room < 0:
                return use[0]
            inner = _FRONT.sub("", read_head(self._root, path, LARGEST))
            self._room -= len(inner)
            if len(above) < DEEPEST:
                inner = self._expand(path, inner, [*above, path])
            shown = _SHOWN_PROP.sub(lambda prop: props.get(prop[1], prop[0]), inner)
            return "\n".join(["", *(use["indent"] + line if line.strip() else "" for line in shown.splitlines()), ""])

        return _USE.sub(show, text) if imports or "<Snippet" in text else text

    def _snippet(self, element: str, props: dict[str, str]) -> str:
        path = normpath(f"snippets/{props.get('file', '')}") if element == "Snippet" else ""
        return path if path in self._names else ""

    def _imports(self, name: str, text: str) -> dict[str, str]:
        """Return the partials that a page imports: the name of the element -> the document."""
        found = {each["name"]: self._resolve(name, each["path"]) for each in _IMPORT.finditer(text)}
        return {element: path for element, path in found.items() if path}

    def _resolve(self, name: str, path: str) -> str:
        """Return the document of a path in an import; "" where it is none of this source."""
        if path.startswith("."):
            tries = [normpath(f"{dirname(name)}/{path}" if dirname(name) else path)]
        else:
            bare = re.sub(r"\A(?:@site/|@/|~/|/|[@~]\w+/)", "", path)
            above = dirname(name).split("/")
            tries = [bare, f"src/{bare}", bare.partition("/")[2]]  # the source may be a folder of the site's project
            tries += [f"{'/'.join(above[:depth])}/{bare}" for depth in range(len(above), 0, -1)]
        return next((each for each in tries if each in self._names), "")


def _code_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield where blocks of code begin and end."""
    fences = [found.start() for found in _FENCE.finditer(text)]
    yield from zip(fences[::2], [*fences[1::2], len(text)][: len(fences[::2])], strict=False)
