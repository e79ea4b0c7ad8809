"""Editions of a documentation: which one wins, and which ones a filter means. Pure.

    "v1.2" ──version_rank──> a key to sort by        "2.0" ──same_version──> also "v2.0", "release-2.0"
    shelves of a source, what is asked ──choose_shelves──> those that are searched

Order of versions: current > stable > latest > 2.10 > 2.9 > 3.0rc1 > next, dev, main, ...: what is released comes before
what is not. Whether a page belongs to an edition at all is decided in `ingest.editions.edition`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.domain import DEFAULT_EDITION, Edition

CURRENT = "current"
"""The version of pages without one in their url, where others have one."""

RELEASED = {"latest": 3, "stable": 4, CURRENT: 5}
UNRELEASED = frozenset(
    {"dev", "devel", "develop", "development", "main", "master", "trunk", "nightly", "next", "edge", "unstable"}
    | {"canary", "head", "snapshot", "preview"}
)
ENOUGH = 0.1
"""A version or language with less than this share of the largest one's passages is not searched by default."""

_PREFIX = r"(?:release[-_.]?|releases[-_]|version[-_.]?|ver[-_.]?|rel[-_.]?|v)?"
_PRE = r"(?:[-_.]?(?P<pre>rc|beta|alpha|pre|preview|snapshot|dev|a|b|m)[-_.]?(?P<nth>\d{0,4}))?"
_VERSION = re.compile(
    rf"(?P<prefix>{_PREFIX})(?P<numbers>\d{{1,4}}(?:[._]\d{{1,4}}){{0,3}})(?P<any>[._]x)?{_PRE}\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class EditionPartition:
    """The passages of one edition of a source. `default`: searched when no edition is asked for."""

    number: int
    edition: Edition
    passages: int
    default: bool = True


def numbers_of(version: str) -> tuple[int, ...]:
    """Return the numbers of a version: `"v1.2.x"` -> `(1, 2)`; empty if it has none."""
    found = _VERSION.match(version)
    return tuple(int(number) for number in re.split("[._]", found["numbers"])) if found else ()


def is_dotted(version: str) -> bool:
    """Return whether a name can only be a version: `"1.2"` and `"2.x"` can, `"v1"` and `"2024"` may be other things."""
    found = _VERSION.match(version)
    return found is not None and ("." in found["numbers"] or "_" in found["numbers"] or bool(found["any"]))


def version_rank(version: str) -> tuple[int, tuple[int, ...], int]:
    """Return a key that sorts versions, the winner highest."""
    if (tier := RELEASED.get(version.lower())) is not None:
        return tier, (), 0
    found = _VERSION.match(version)
    if found is None:
        return 0, (), 0
    numbers = (*numbers_of(version), *((9999,) if found["any"] else ()))
    return 1 if found["pre"] else 2, numbers, int(found["nth"] or 0)


def same_version(asked: str, version: str) -> bool:
    """Return whether two names mean one version: `("2.0", "v2.0")` -> True; a name without numbers is only itself."""
    return _plain(asked) == _plain(version)


def _plain(version: str) -> str:
    found = _VERSION.match(version)
    return version[found.end("prefix") :].lower().replace("_", ".") if found else version.lower()


def plain_language(tag: str) -> str:
    """Return a tag of a language in lower case with dashes: `"zh_CN"` -> `"zh-cn"`."""
    return tag.strip().lower().replace("_", "-")


def base_language(tag: str) -> str:
    """Return a language without its region: `"pt-BR"` -> `"pt"`."""
    return plain_language(tag).partition("-")[0]


def language_fits(asked: str, language: str) -> bool:
    """Return whether a language is what was asked for: `("en", "en-us")` -> True, `("en-us", "en")` -> False."""
    return plain_language(asked) in (language, base_language(language))


def choose_shelves(shelves: Sequence[EditionPartition], asked: Edition, language: str) -> list[EditionPartition]:
    """Return those shelves of one source that a search looks through: never two versions of one page unless asked.

    `language` is the operator's. Empty if the source does not have the version or language that was asked for.
    """
    pool = [shelf for shelf in shelves if shelf.passages]
    if len(pool) < 2 and asked == DEFAULT_EDITION:
        return pool  # most sources have no more, and each question chooses among thousands
    if asked.version:
        pool = [shelf for shelf in pool if same_version(asked.version, shelf.edition.version)]
    if asked.language:
        pool = [shelf for shelf in pool if language_fits(asked.language, shelf.edition.language or language)]
    pool = _of_language(pool, asked.language or language)
    return pool if asked.version else _newest(pool)


def _of_language(shelves: Sequence[EditionPartition], language: str) -> list[EditionPartition]:
    """Return the shelves in the operator's language and those without one, which count as that.

    If there are none, those of the language with the most passages.
    """
    sizes = _sizes((shelf.edition.language, shelf.passages) for shelf in shelves)
    unknown = sizes.pop("", 0)
    fitting = [each for each in sizes if language_fits(language, each)]
    if not sizes or (not fitting and unknown >= max(sizes.values()) / 2):
        wins = ""
    else:
        wins = max(fitting or sizes, key=lambda each: (each == plain_language(language), sizes[each], each))
    return [shelf for shelf in shelves if shelf.edition.language in ("", wins)]


def _newest(shelves: Sequence[EditionPartition]) -> list[EditionPartition]:
    """Return of each place the best version that has its documentation at all, and pages that belong to no version."""
    kept = [shelf for shelf in shelves if not shelf.edition.version]
    for place in sorted({shelf.edition.place for shelf in shelves}):
        here = [shelf for shelf in shelves if shelf.edition.place == place and shelf.edition.version]
        sizes = _sizes((shelf.edition.version, shelf.passages) for shelf in here)
        enough = [version for version, size in sizes.items() if size >= ENOUGH * max(sizes.values())]
        if enough:
            best = max(enough, key=lambda version: (version_rank(version), version))
            kept += [shelf for shelf in here if shelf.edition.version == best]
    return kept


def _sizes(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name, passages in parts:
        sizes[name] = sizes.get(name, 0) + passages
    return sizes


def list_editions(shelves: Iterable[EditionPartition]) -> tuple[list[str], list[str]]:
    """Return the versions that there are, the winner first, and the languages, in alphabetical order."""
    editions = [shelf.edition for shelf in shelves if shelf.passages]
    versions = {edition.version for edition in editions} - {""}
    languages = sorted({edition.language for edition in editions} - {""})
    return sorted(versions, key=lambda version: (version_rank(version), version), reverse=True), languages
