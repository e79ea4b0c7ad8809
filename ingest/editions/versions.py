"""Recognises the version of each page of a crawl, by the paths of all pages. Pure.

/1.0/a, /2.0/a      the same paths below segments that are written as only versions are: versions
/latest/a, /v1/a    the same
/a, /1.0/a          pages without a version next to pages with one: the current version
/v1/a, /v2/a        nothing, unless the pages name these versions: it may be another interface
/api/1.0/a          nothing, for the same reason
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.domain import Edition
from core.index.editions import CURRENT, is_dotted, numbers_of, same_version
from ingest.editions.branches import BELIEVED, DEPTH, Branch, EditionPage, Parts, have_same_paths, is_version

_WORDS = frozenset({"preview", "snapshot", "canary", "edge", "head"})  # names of versions, and of many other things
_NOT_OF_DOCS = frozenset(
    {"api", "apis", "rest", "rpc", "grpc", "graphql", "openapi", "swagger", "endpoint", "endpoints", "webhooks"}
    | {"release", "releases", "release-notes", "changelog", "changes", "news", "blog", "posts", "whats-new"}
    | {"download", "downloads", "archive", "migration", "migrations", "upgrade", "upgrading"}
)
"""Numbers below these belong to interfaces and announcements."""


def is_denied(part: str) -> bool:
    """Return whether a folder's name says that numbers in it are not versions of documentation."""
    return part.lower() in _NOT_OF_DOCS


def _is_strong(part: str) -> bool:
    """Return whether a segment is written as only versions are."""
    return is_dotted(part) or (not numbers_of(part) and part.lower() not in _WORDS)


@dataclass(slots=True)
class _Line:
    """The versions below one folder, and its other pages. `plain`: the pages without a version, by language."""

    versions: dict[str, Branch] = field(default_factory=dict)
    plain: dict[str, Branch] = field(default_factory=dict)

    def joined(self) -> set[str]:
        """Return the versions that hold the same paths as another one."""
        names = list(self.versions)
        pairs = [
            {one, other}
            for at, one in enumerate(names)
            for other in names[at + 1 :]
            if have_same_paths(self.versions[one].paths, self.versions[other].paths)
        ]
        return set().union(*pairs)

    def matching_plain(self, plain: Branch) -> set[str]:
        """Return the versions with the same paths as pages without a version: those pages are the current version."""
        return {name for name, branch in self.versions.items() if have_same_paths(branch.paths, plain.paths)}

    def declared(self) -> set[str]:
        """Return the versions whose pages name them."""
        return {name for name, branch in self.versions.items() if _says_version(name, branch)}

    def has_twins(self, name: str) -> bool:
        """Return whether folders that are not versions hold the same paths: `/nuxt/install` next to `/next/install`."""
        folders: dict[str, set[Parts]] = {}
        for path in set().union(*(plain.paths for plain in self.plain.values())):
            if len(path) > 1:
                folders.setdefault(path[0], set()).add(path[1:])
        return any(have_same_paths(paths, self.versions[name].paths) for paths in folders.values())


def _says_version(name: str, branch: Branch) -> bool:
    said = [page.says.version for page in branch.pages if page.says.version]
    numbers = numbers_of(name)
    right = [
        each
        for text in said
        for each in text.split(",")
        if same_version(name, each.strip()) or (numbers and numbers_of(each.strip())[: len(numbers)] == numbers)
    ]
    return len(said) * 2 >= len(branch.pages) and len(right) >= BELIEVED * len(said)


def versions_of(pages: Sequence[EditionPage], *, denied: bool) -> dict[str, Edition]:
    """Return the editions, by url, of pages that have one. `denied`: numbers in the source's folder are no versions."""
    lines = _lines(pages)
    found = {place: _recognised(place, line, denied=denied) for place, line in lines.items()}
    editions: dict[str, Edition] = {}
    for place in sorted((place for place in found if found[place]), key=len):
        current = Edition(CURRENT, place="/".join(place))
        for plain in lines[place].plain.values():
            if found[place] & lines[place].matching_plain(plain):
                editions |= dict.fromkeys((page.url for page in plain.pages), current)
    for place in sorted((place for place in found if found[place]), key=len):
        for version in found[place]:
            edition = Edition(version, place="/".join(place))
            editions |= dict.fromkeys((page.url for page in lines[place].versions[version].pages), edition)
    return editions


def _lines(pages: Sequence[EditionPage]) -> dict[Parts, _Line]:
    """Return the versions of each folder that holds segments that may be versions."""
    lines: dict[Parts, _Line] = {}
    for page in pages:
        for at, part in enumerate(page.parts[:DEPTH]):
            if is_version(part):
                lines.setdefault(page.parts[:at], _Line()).versions.setdefault(part, Branch()).add(page, at)
                break
    for page in pages:
        for at in range(min(DEPTH, len(page.parts)) + 1):
            line = lines.get(page.parts[:at])
            if line is not None and not (at < len(page.parts) and page.parts[at] in line.versions):
                line.plain.setdefault(page.language, Branch()).add(page, at - 1)
    return lines


def _recognised(place: Parts, line: _Line, *, denied: bool) -> set[str]:
    """Return the segments below a folder that are versions of one documentation; none where that is in doubt."""
    joined, declared = line.joined(), line.declared()
    denied = denied or any(map(is_denied, place))
    if len(joined & declared) > 1 or (not denied and len(joined) > 1 and any(map(_is_strong, joined))):
        weak = not all(map(_is_strong, joined))
        return {name for name in line.versions if weak or _is_strong(name)}
    neighbours = set().union(*map(line.matching_plain, line.plain.values())) if not denied else set[str]()
    neighbours = {name for name in neighbours if _is_strong(name)}
    if any(is_dotted(name) or not line.has_twins(name) for name in neighbours):
        return {name for name in line.versions if _is_strong(name)}
    return set()
