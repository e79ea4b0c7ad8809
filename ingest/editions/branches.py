"""Groups pages by their paths, for recognising languages and versions. Pure.

    url, what the page says ──> EditionPage(parts, says) ──> Branch: the pages of one folder, and the paths in it

Two branches coincide when the smaller one holds mostly the same paths, as editions of one documentation do.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from core.index.editions import RELEASED, UNRELEASED, base_language, numbers_of
from core.net.urls import page_key

DEPTH = 3
"""Segments below the source's folder that may name a language or a version."""

SAME_PATHS, SAME_SHARE, BELIEVED = 2, 0.5, 0.8
"""Two folders are editions of each other when they share this many paths, and this share of the smaller one's; what
this share of the pages that say anything agree on is believed.
"""

Parts: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Says:
    """What a page says about itself: `<html lang>`, the hreflang that names it, and its version."""

    language: str = ""
    alternate: str = ""
    version: str = ""

    def __str__(self) -> str:
        """Return it as it is stored: `"en;;2.0"`; "" where the page says nothing."""
        said = ";".join(part.replace(";", ",") for part in (self.language, self.alternate, self.version))
        return said if said.strip(";") else ""

    @classmethod
    def of(cls, text: str) -> Says:
        """Return the object that `str()` made `text` of; an empty one for a text that another version has stored."""
        parts = text.split(";")
        return cls(*parts) if len(parts) == len(cls.__dataclass_fields__) else cls()


@dataclass(frozen=True, slots=True)
class EditionPage:
    """A page. `parts`: its path below the source's folder, without the segments that were recognised."""

    url: str
    parts: Parts
    says: Says
    language: str = ""

    @property
    def spoken(self) -> str:
        """The language that the page names, without its region."""
        return base_language(self.says.alternate or self.says.language)


def parts_of(url: str, folder: str) -> Parts:
    """Return a url's segments below a folder: `("https://h/docs/en/a/?q", "https://h/docs/")` -> `("en", "a?q")`."""
    path, question, query = page_key(url).removeprefix(folder).partition("?")
    parts = path.strip("/").split("/")
    return (*parts[:-1], parts[-1] + question + query) if path or query else ()


@dataclass(slots=True)
class Branch:
    """A folder that may be a language: its pages, and the paths in it."""

    pages: list[EditionPage] = field(default_factory=list)
    paths: set[Parts] = field(default_factory=set)

    def add(self, page: EditionPage, at: int) -> None:
        """Add a page. `at`: the index of the segment that names the folder; -1: the whole path is in it."""
        self.pages.append(page)
        if rest := page.parts[at + 1 :]:
            self.paths.add(rest)

    def agrees(self, code: str) -> bool | None:
        """Return whether its pages say that their language is `code`; None where too few name a language."""
        said = [page.spoken for page in self.pages if page.spoken]
        if len(said) * 2 < len(self.pages):
            return None
        return said.count(base_language(code)) >= BELIEVED * len(said)


def have_same_paths(one: AbstractSet[Parts], other: AbstractSet[Parts]) -> bool:
    """Return whether two folders hold mostly the same paths."""
    same = len(one & other)
    return same >= SAME_PATHS and same >= SAME_SHARE * min(len(one), len(other))


@lru_cache(4096)
def is_version(part: str) -> bool:
    """Return whether a segment may name a version (or something else): "1.2", "v2", "2024", "latest", "dev"."""
    return bool(numbers_of(part)) or part.lower() in RELEASED or part.lower() in UNRELEASED
