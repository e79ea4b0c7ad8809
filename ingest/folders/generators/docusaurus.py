"""Docusaurus: docs, blog and pages, `routeBasePath`, `slug`, numbered names, versions, `trailingSlash`.

Follows what `@docusaurus/plugin-content-docs` does with file names (its `numberPrefix` and `slug` modules).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import LARGEST, Script, find_first
from ingest.folders.generators.port import NO_PAGE, Front, below, is_markdown, is_underscored
from ingest.folders.opening import read_small_text

FILES = tuple(f"docusaurus.config.{ending}" for ending in ("js", "ts", "mjs", "cjs", "mts"))
_OF_DOCS = re.compile(
    r"\b(?:sidebarPath|routeBasePath|path|editUrl|numberPrefixParser|lastVersion|sidebarCollapsible)\b"
)
_NO_NUMBER = re.compile(r"(?:\d{2}|\d{4})[-_.]\d{2}(?:[-_.](?:\d{2}|\d{4}))?|\d+[-_.]\d+")
_NUMBER = re.compile(r"\d+\s*[-_.]+\s*([^-_.\s].*)\Z")
_DATED = re.compile(r"(?:.*/)?(\d{4})[-/](\d{1,2})[-/](\d{1,2})[-/]?(.*)\Z")
_VERSIONED = re.compile(r"(?:([\w-]+)_)?versioned_docs/version-([^/]+)/(.+)\Z")
_TRANSLATED = re.compile(r"i18n/([^/]+)/docusaurus-plugin-content-docs(?:-([\w-]+))?/(current|version-[^/]+)/(.+)\Z")


@dataclass(frozen=True, slots=True)
class _Docs:
    """One instance of the docs plugin: its id ("" the default), folder, route, and the routes of its versions."""

    id: str
    path: str
    base: str
    versions: Mapping[str, str]
    numbered: bool

    def route_of(self, version: str) -> str:
        """Return the route of a version; "current" is the folder itself."""
        return _join(self.base, self.versions.get(version, "" if version == "current" else version))


class Docusaurus:
    """The site of a docusaurus.config."""

    name: ClassVar[str] = "Docusaurus"
    style: ClassVar[SlugStyle] = SlugStyle.DOCUSAURUS
    uses_front: ClassVar[bool] = True

    def __init__(self, config: Path) -> None:
        script = Script.read(config)
        url, base = script.text("url"), script.text("baseUrl")
        self.site_url = f"{url.rstrip('/')}/{base.strip('/')}" if url else base
        self._slash = script.flag("trailingSlash")
        self._docs = tuple(_instances(script, config.parent))
        blogs = [*script.blocks("blog"), *script.blocks("@docusaurus/plugin-content-blog"), Script("")]
        self._blog = (blogs[0].own.text("path") or "blog", _route_base(blogs[0].own, "blog"))

    def route(self, name: str, front: Front) -> str | None:
        """Return the route of a doc of any version, a blog post, or a page in src/pages."""
        if not is_markdown(name):
            return None
        for docs, prefix, inside in self._found(name):
            return self._ended(NO_PAGE if is_underscored(inside) else _join(prefix, _doc_slug(inside, front, docs)))
        post, page = below(self._blog[0], name), below("src/pages", name)
        if post is not None:
            return self._ended(NO_PAGE if is_underscored(post) else _join(self._blog[1], _post_slug(post, front)))
        if page is not None and not is_underscored(page):
            stem = PurePosixPath(page).with_suffix("").as_posix()
            return self._ended(
                "" if stem == "index" else stem.removesuffix("index") if stem.endswith("/index") else stem
            )
        return None

    def _found(self, name: str) -> Iterator[tuple[_Docs, str, str]]:
        """Yield the instance that a file is of, the route of its version, and its name in there."""
        translated, versioned = _TRANSLATED.match(name), _VERSIONED.match(name)
        for docs in self._docs:
            inside = below(docs.path, name)
            if inside is not None:
                yield docs, docs.route_of("current"), inside
            elif versioned is not None and (versioned[1] or "") == docs.id:
                yield docs, docs.route_of(versioned[2]), versioned[3]
            elif translated is not None and (translated[2] or "") == docs.id:
                yield docs, f"{translated[1]}/{docs.route_of(translated[3].removeprefix('version-'))}", translated[4]

    def _ended(self, route: str) -> str:
        if route == NO_PAGE or not route or self._slash is None:
            return route
        return route.rstrip("/") + ("/" if self._slash else "")


def _instances(script: Script, folder: Path) -> list[_Docs]:
    """Return the instances that are configured, those of inner folders first."""
    presets = sorted(script.blocks("docs"), key=lambda block: _OF_DOCS.search(block.own.code) is None)
    blocks = [*presets[:1], *script.blocks("@docusaurus/plugin-content-docs"), *script.blocks("content-docs")]
    if not blocks and script.flag("docs") is not False:
        blocks = [Script("")]
    found = []
    for block in blocks:
        own = block.own
        name = own.text("id") if own.text("id") != "default" else ""
        path, base = normpath(own.text("path") or "docs"), _route_base(own, "docs")
        found.append(
            _Docs(name, path, base, _versions(folder, name, block), own.flag("numberPrefixParser") is not False)
        )
    return sorted(found, key=lambda docs: -len(docs.path))


def _route_base(block: Script, usual: str) -> str:
    listed = re.search(r"routeBasePath\s*:", block.code)
    return block.text("routeBasePath").strip("/") if listed else usual


def _versions(folder: Path, name: str, block: Script) -> dict[str, str]:
    """Return the routes of versions: none for the last one, `next` for the current one where others are released."""
    text = read_small_text(folder / (f"{name}_versions.json" if name else "versions.json"), LARGEST)
    try:
        listed: Any = json.loads(text) if text else []
    except ValueError:
        listed = []
    released = [str(version) for version in listed] if isinstance(listed, list) else []
    last = block.own.text("lastVersion") or (released[0] if released else "current")
    routes = {version: "" if version == last else version for version in released}
    routes["current"] = "" if last == "current" else "next"
    own = next(block.blocks("versions"), Script(""))
    for version in routes:
        settings = next(own.blocks(re.escape(version)), Script("")).own
        if "path" in settings.code:
            routes[version] = settings.text("path").strip("/")
    return routes


def _unnumbered(part: str) -> str:
    """Return a name without the number that orders it: `"01-intro"` -> `"intro"`, `"2024-01-notes"` stays."""
    found = None if _NO_NUMBER.match(part) else _NUMBER.match(part)
    return found[1] if found else part


def _doc_slug(inside: str, front: Front, docs: _Docs) -> str:
    """Return the route of a doc within its version; that of a category's index ends in "/"."""
    *folders, file = PurePosixPath(inside).with_suffix("").as_posix().split("/")
    strip = _unnumbered if docs.numbered else str
    above = "".join(f"{strip(folder)}/" for folder in folders)
    slug, stem = front.get("slug", ""), strip(file)
    if slug:
        return slug.lstrip("/") if slug.startswith("/") else normpath(above + slug).removeprefix(".")
    if stem.lower() in {"index", "readme"} or (folders and stem.lower() == strip(folders[-1]).lower()):
        return above
    return above + (front.get("id") or stem)


def _post_slug(inside: str, front: Front) -> str:
    slug = front.get("slug", "")
    if slug:
        return slug.strip("/")
    path = PurePosixPath(inside).with_suffix("").as_posix().removesuffix("/index")
    dated = _DATED.match(path)
    if dated is None:
        return path
    return "/".join(filter(None, (dated[1], dated[2].zfill(2), dated[3].zfill(2), dated[4])))


def _join(base: str, route: str) -> str:
    """Return a route below another one; the base itself keeps no slash: `("docs", "")` -> `"docs/"`."""
    return f"{base.rstrip('/')}/{route}" if base else route


def detect(folder: Path) -> Docusaurus | None:
    """Return the site that is configured in a folder."""
    config = find_first(folder, FILES)
    return Docusaurus(config) if config is not None else None
