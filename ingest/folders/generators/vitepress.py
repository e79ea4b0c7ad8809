"""VitePress: `base`, `srcDir`, `cleanUrls` and `rewrites` of .vitepress/config."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import Script, find_first
from ingest.folders.generators.port import Front, below, is_markdown, page_route

FILES = tuple(f".vitepress/config{ending}" for ending in (".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.mts"))
_PARAMETER = re.compile(r":(\w+)(\([^()]*\))?([*+?]?)|\(([^()]*)\)|\*")


class VitePress:
    """The site of a folder `.vitepress`."""

    name: ClassVar[str] = "VitePress"
    style: ClassVar[SlugStyle] = SlugStyle.VITEPRESS
    uses_front: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        config = find_first(folder, FILES)
        script = Script("") if config is None else Script.read(config)
        host, base = script.text("hostname"), script.text("base")
        self.site_url = f"{host.rstrip('/')}/{base.strip('/')}" if host else base
        self._content = script.text("srcDir").removeprefix("./") or "."
        self._ending = "" if script.flag("cleanUrls") else ".html"
        self._rewrites = [
            (_pattern(source), target) for block in script.blocks("rewrites") for source, target in block.pairs()
        ]

    def route(self, name: str, _front: Front) -> str | None:
        """Return the route of a file in `srcDir`, as the rewrites change it."""
        inside = below(self._content, name)
        if inside is None or not is_markdown(inside):
            return inside
        for pattern, target in self._rewrites:
            if found := pattern.fullmatch(inside):
                inside = _filled(target, found)
                break
        return page_route(inside, self._ending)


def _pattern(source: str) -> re.Pattern[str]:
    """Return the expression of a path with parameters: `":pkg/src/(.*)"`, in the syntax of path-to-regexp."""
    parts, at, unnamed = [], 0, 0
    for found in _PARAMETER.finditer(source):
        parts.append(re.escape(source[at : found.start()]))
        at = found.end()
        name = found[1]
        if name is None:
            name, unnamed = f"_{unnamed}", unnamed + 1
        inner = ".*" if found[3] in {"*", "+"} or found[0] == "*" else (found[2] or f"({found[4] or '[^/]+'})")[1:-1]
        parts.append(f"(?P<{name}>{inner if inner in _INNERS else '[^/]+?'})")
    try:
        return re.compile("".join(parts) + re.escape(source[at:]))
    except re.error:  # one parameter twice
        return re.compile(r"(?!)")


_INNERS = frozenset({".*", ".+", "[^/]+", r"\w+", r"\d+"})


def _filled(target: str, found: re.Match[str]) -> str:
    values = {name: value or "" for name, value in found.groupdict().items()}
    unnamed = iter(sorted(name for name in values if name.startswith("_")))

    def fill(one: re.Match[str]) -> str:
        return values.get(one[1] or next(unnamed, ""), "")

    return _PARAMETER.sub(fill, target)


def detect(folder: Path) -> VitePress | None:
    """Return the site that is configured in a folder."""
    return VitePress(folder) if (folder / ".vitepress").exists() else None
