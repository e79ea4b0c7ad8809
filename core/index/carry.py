"""Vectors carried over to passages whose own words did not change: only their site or their numbering did.

    5.4. Constraints > 5.4.1. Checks     5.5. Constraints > 5.5.1. Checks     the same own path
    Prod 3.2 docs > Setup                Prod 3.3 docs > Setup, or Setup      the same own path

A new version in the heading of a site, or a chapter inserted before the others, would embed all of it again. The
identity of a passage stays the hash of what is shown (`core.domain.Passage.identity`), so readers always see the page
as it is now; what is saved is the vector. A passage takes the vector of one at its own url alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.postgres.database import Database

PAGES_AT_A_TIME = 500
"""Bounds the memory: the passages of so many pages are compared at once."""

MOST_NAMES = 3
"""How many more parts one of two paths may have: the site's name, and the names of entries within a section."""

_NUMBER = r"(?:\d{1,3}|[A-Z]|[IVXLC]{1,6})(?:\.\d{1,3}){0,6}"
_CHAPTER = r"(?:chapter|appendix|part|section|annex|lesson|kapitel|anhang|chapitre|annexe|cap[ií]tulo|capitolo)"
_NUMBERING = re.compile(
    rf"(?:{_CHAPTER}\s{{1,3}}{_NUMBER}[.:]?|§\s?{_NUMBER}|{_NUMBER}[.):]|\d{{1,3}}(?:\.\d{{1,3}}){{1,6}})\s{{1,3}}(?=\S)",
    re.IGNORECASE,
)
_HEADINGS = re.compile(rf"^(#{{1,6}} |\*\*)(?:{_NUMBERING.pattern})", re.MULTILINE | re.IGNORECASE)
_REFERENCES = re.compile(
    r"\b(chapters?|sections?|tables?|figures?|examples?|appendix|parts?|listings?)\s\d{1,3}(?:[.-]\d{1,3}){0,6}\b|"
    r"\b(appendix)\s[A-Z](?:\.\d{1,3}){0,6}\b",
    re.IGNORECASE,
)
_OF_SITE = re.compile(r"\bv?\d+(?:\.\d+)+|\b(?:documentation|docs|manual)\b", re.IGNORECASE)


def to_own_path(path: Sequence[str]) -> tuple[str, ...]:
    """Return a heading path without numbering, and without a first heading that names the site.

    `("Prod 3.2 docs", "5.4. Constraints")` -> `("Constraints",)`.
    """
    own = tuple(_NUMBERING.sub("", part, count=1) if _NUMBERING.match(part) else part for part in path)
    return own[1:] if len(own) > 1 and _OF_SITE.search(own[0]) else own


def to_own_text(text: str) -> str:
    """Return a text without the numbering of its headings, and without numbers in references to others."""
    return _REFERENCES.sub(r"\1\2", _HEADINGS.sub(r"\1", text))


def is_same_place(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two own paths are equal, but for the site's name in front or the names of entries at the end."""
    first, second = tuple(one), tuple(other)
    return any(map(_begins_like, (first, first[1:], first), (second, second, second[1:])))


def _begins_like(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return bool(shorter) and longer[: len(shorter)] == shorter and len(longer) - len(shorter) <= MOST_NAMES


def find_pairs(
    staged: Sequence[Mapping[str, Any]], stored: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the identity of each staged row, and that of the stored row at its url with the same own words, if any.

    Rows have `identity`, `url`, `path` and `body`.
    """
    known: dict[tuple[str, str], list[tuple[tuple[str, ...], bytes]]] = {}
    for row in stored:
        place = (to_own_path(row["path"]), row["identity"])
        known.setdefault((row["url"], to_own_text(row["body"])), []).append(place)
    for row in staged:
        path = to_own_path(row["path"])
        places = known.get((row["url"], to_own_text(row["body"])), ())
        found = next((identity for other, identity in places if other == path), None)
        found = found or next((identity for other, identity in places if is_same_place(path, other)), None)
        if found is not None:
            yield row["identity"], found


async def carry_vectors(database: Database, crawl: int, source: int, absent: Sequence[bytes]) -> set[bytes]:
    """Store vectors for staged passages that a stored one with the same own words has, and return their identities.

    `absent` are the identities of staged passages without a vector.
    """
    sql = database.sql
    urls = [row["url"] for row in await database.writers.fetch(sql["urls_of_absent"], crawl, source, list(absent))]
    carried: set[bytes] = set()
    for at in range(0, len(urls), PAGES_AT_A_TIME):
        some = urls[at : at + PAGES_AT_A_TIME]
        staged = await database.writers.fetch(sql["staged_at"], crawl, some, list(absent))
        stored = await database.writers.fetch(sql["stored_at"], source, some)
        pairs = dict(find_pairs([*map(dict, staged)], [*map(dict, stored)]))
        if pairs:
            await database.writers.execute(sql["carry_vectors"], list(pairs), list(pairs.values()))
        carried |= pairs.keys()
        await asyncio.sleep(0)  # comparing thousands of texts takes a while: others need the loop
    return carried
