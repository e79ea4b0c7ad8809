"""Hugo: `baseURL`, `contentDir`, `uglyURLs`, `permalinks`, languages; `slug`, `url` and dates of pages."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any, ClassVar

from ingest.documents.slugs import SlugStyle
from ingest.folders.generators.configs import find_first, read_config, table_at, text_at
from ingest.folders.generators.port import Front, below, is_markdown

_ENDINGS = ("toml", "yaml", "yml", "json")
FILES = tuple(
    f"{place}{name}.{ending}"
    for place in ("", "config/_default/")
    for name in ("hugo", "config")
    for ending in _ENDINGS
)
_TABLES = ("languages", "permalinks", "uglyurls")
_UNSAFE = re.compile(r"[^\w\s./#%+\-@~\u0080-\U0010ffff]")
_TOKEN = re.compile(r":(\w+)(?:\[([^\]]*)\])?")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DATED_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})[-_ ](.+)")


class Hugo:
    """The site of a hugo.toml, or a config.toml of the same meaning."""

    name: ClassVar[str] = "Hugo"
    style: ClassVar[SlugStyle] = SlugStyle.DOCUSAURUS
    uses_front: ClassVar[bool] = True

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.site_url = text_at(values, "baseURL")
        self._content = normpath(text_at(values, "contentDir") or "content")
        ugly = table_at(values, "uglyURLs")
        self._ugly = {name for name in map(str.lower, ugly) if text_at(values, "uglyURLs", name) == "True"}
        self._all_ugly = text_at(values, "uglyURLs") == "True"
        self._lower = text_at(values, "disablePathToLower") != "True"
        self._permalinks = dict(_permalinks(table_at(values, "permalinks")))
        self._default = (text_at(values, "defaultContentLanguage") or "en").lower()
        self._in_subfolder = text_at(values, "defaultContentLanguageInSubdir") == "True"
        languages = table_at(values, "languages")
        self._languages = {
            name.lower(): normpath(text_at(languages, name, "contentDir") or self._content) for name in languages
        }

    def route(self, name: str, front: Front) -> str | None:
        """Return the route of a page, a section (`_index.md`) or a bundle (`index.md`)."""
        language, inside = self._placed(name)
        if inside is None or not is_markdown(inside):
            return inside
        path = PurePosixPath(inside)
        stem, _, suffix = path.with_suffix("").name.rpartition(".")
        if stem and suffix.lower() in self._languages:
            language, path = suffix.lower(), path.with_name(f"{stem}{path.suffix}")
        prefix = f"{language}/" if self._languages and (language != self._default or self._in_subfolder) else ""
        own = front.get("url", "")
        if own:
            return own.lstrip("/") if own.startswith("/") else prefix + own
        return prefix + self._clean(self._path(path, front))

    def _placed(self, name: str) -> tuple[str, str | None]:
        """Return the language and the name within the content folder; None where the file is no content."""
        for language, folder in sorted(self._languages.items(), key=lambda each: -len(each[1])):
            inside = below(folder, name)
            if inside is not None and folder != self._content:
                return language, inside
        return self._default, below(self._content, name)

    def _path(self, path: PurePosixPath, front: Front) -> str:
        parts, stem = list(path.parent.parts), path.stem
        is_ugly = self._all_ugly or (bool(parts) and parts[0].lower() in self._ugly)
        if stem.lower() == "_index":
            return "/".join(parts) + (".html" if is_ugly else "/") if parts else ""
        if stem.lower() == "index":
            if not parts:
                return ""
            stem = parts.pop()
        section = parts[0] if parts else ""
        pattern = self._permalinks.get(section.lower() if section else "/")
        if pattern:
            return _filled(pattern, parts, stem, front)
        last = _slug(front["slug"]) if front.get("slug") else stem
        return "/".join([*parts, last]) + (".html" if is_ugly else "/")

    def _clean(self, route: str) -> str:
        route = _UNSAFE.sub("", route.lower() if self._lower else route)
        return re.sub(r"\s+", "-", route)


def _permalinks(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (section, pattern) of single pages, from both forms of the table."""
    for name, value in values.items():
        if isinstance(value, str):
            yield name.strip("/").lower() or "/", value
        elif name.lower() == "page" and isinstance(value, Mapping):
            yield from (
                (section.strip("/").lower() or "/", text) for section, text in value.items() if isinstance(text, str)
            )


def _filled(pattern: str, parts: list[str], stem: str, front: Front) -> str:
    """Return a permalink: `"/:year/:slug/"` with the values of a page."""
    dated = _DATED_NAME.fullmatch(stem)
    year, month, day = _date(front, dated)
    title, slug = _slug(front.get("title", "")) or stem, _slug(front.get("slug", ""))
    values = {
        "year": year,
        "month": month,
        "day": day,
        "monthname": month_name[int(month) % 13].lower(),
        "section": parts[0] if parts else "",
        "sections": "/".join(parts),
        "title": title,
        "slug": slug or title,
        **dict.fromkeys(("filename", "contentbasename"), stem),
        **dict.fromkeys(("slugorfilename", "slugorcontentbasename"), slug or stem),
    }

    def fill(token: re.Match[str]) -> str:
        if token[1] == "sections" and token[2] is not None:
            return "/".join(_sliced(parts, token[2]))
        return values.get(token[1].lower(), token[0])

    return re.sub(r"/{2,}", "/", _TOKEN.sub(fill, pattern)).lstrip("/")


def _date(front: Front, dated: re.Match[str] | None) -> tuple[str, str, str]:
    found = _DATE.match(front.get("date", "") or (dated[1] if dated else ""))
    return (found[1], found[2], found[3]) if found else ("0001", "01", "01")


def _sliced(parts: list[str], bounds: str) -> list[str]:
    """Return some of the sections: `"1:"`, `":last"`, `"0"`."""
    start, colon, end = bounds.partition(":")
    numbers = [len(parts) - 1 if each == "last" else int(each) if each.isdigit() else None for each in (start, end)]
    if not colon:
        return [] if numbers[0] is None else parts[numbers[0] : numbers[0] + 1]
    return parts[numbers[0] : numbers[1]]


def _slug(text: str) -> str:
    """Return a title as Hugo writes it in a url: `"What's new, in 2.0?"` -> `"whats-new-in-2.0"`."""
    return re.sub(r"-{2,}", "-", re.sub(r"[\s/]+", "-", _UNSAFE.sub("", text.lower()).strip()))


def detect(folder: Path) -> Hugo | None:
    """Return the site that is configured in a folder."""
    config = find_first(folder, FILES)
    if config is None:
        return None
    values = dict(read_config(config))
    if "_default" in config.parts:  # where tables may be files of their own
        parts = {name: find_first(config.parent, [f"{name}.{ending}" for ending in _ENDINGS]) for name in _TABLES}
        values |= {name: read_config(part) for name, part in parts.items() if part is not None}
    is_hugo = config.stem == "hugo" or "_default" in config.parts or bool(text_at(values, "baseURL"))
    return Hugo(values) if is_hugo else None
