"""Recognises the language of each page, by its path, hreflang and `<html lang>`, when all pages are known. Pure.

    /de/a, lang="de"  ──> its pages agree: believed          /ts/a, lang="en" ──> they do not: no language
    /ja/a, no lang    ──> believed next to /de/a             /py/a            ──> there is no such language
    /a,    lang="en"  ──> what most pages of that kind say

Where all pages have one language, none is recognised.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import lru_cache

from core.index.editions import base_language, plain_language
from ingest.editions.branches import DEPTH, Branch, EditionPage, Parts, have_same_paths, is_version

_ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj
kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv
ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
_CODES = frozenset(_ISO_639_1.split())
_TAG = re.compile(r"(?P<base>[a-z]{2})(?:[-_](?:[a-z]{2}|hans|hant|latn|cyrl|419)){0,2}\Z", re.IGNORECASE)


@lru_cache(4096)
def language_code(text: str) -> str:
    """Return the language that a segment of a path may name: `"zh_CN"` -> `"zh-cn"`, `"go"` -> `""`."""
    found = _TAG.match(text)
    return text.lower().replace("_", "-") if found and found["base"].lower() in _CODES else ""


def recognise_languages(pages: Sequence[EditionPage]) -> list[EditionPage]:
    """Return the pages with their languages, without the segments that named them.

    Where all pages have one language, they are returned unchanged.
    """
    believed = _language_branches(pages)
    spoken = [_spoken(page, believed) for page in pages]
    if any(page.language for page in spoken):
        spoken = _with_common_language(spoken)
    if len({page.language for page in spoken}) > 1:
        return spoken
    return [replace(page, language="") for page in spoken]


def _place(parts: Parts, at: int) -> Parts:
    """Return the segments before one, each version as "*": a language of one version is a language of all."""
    return tuple("*" if is_version(part) else part for part in parts[:at])


def _language_branches(pages: Sequence[EditionPage]) -> set[tuple[Parts, str]]:
    """Return (place, code) of the folders that are languages."""
    branches: dict[Parts, dict[str, Branch]] = {}
    for page in pages:
        for at, part in enumerate(page.parts[:DEPTH]):
            if language_code(part):
                branches.setdefault(_place(page.parts, at), {}).setdefault(part, Branch()).add(page, at)
    return {(place, code) for place, codes in branches.items() for code in _believed(place, codes, pages)}


def _believed(place: Parts, codes: Mapping[str, Branch], pages: Sequence[EditionPage]) -> set[str]:
    """Return the codes whose pages agree, and silent ones with the same paths as another language of that place."""
    opinions = {code: branch.agrees(language_code(code)) for code, branch in codes.items()}
    agreed = {code for code, agrees in opinions.items() if agrees}
    silent = {code for code, agrees in opinions.items() if agrees is None}
    peers = agreed or (silent if len(silent) == len(codes) else set())
    alike = {
        code for code in silent if any(have_same_paths(codes[code].paths, codes[peer].paths) for peer in peers - {code})
    }
    if not alike or any(have_same_paths(codes[code].paths, other) for code in alike for other in _others(place, pages)):
        return agreed
    return agreed | alike


def _others(place: Parts, pages: Sequence[EditionPage]) -> Iterable[AbstractSet[Parts]]:
    """Return the paths in the other folders of a place, which are no languages: `/py/` next to `/cs/`."""
    found: dict[str, set[Parts]] = {}
    for page in pages:
        at = len(place)
        if len(page.parts) > at + 1 and _place(page.parts, at) == place and not language_code(page.parts[at]):
            found.setdefault(page.parts[at], set()).add(page.parts[at + 1 :])
    return [paths for name, paths in found.items() if not is_version(name)]


def _spoken(page: EditionPage, believed: AbstractSet[tuple[Parts, str]]) -> EditionPage:
    for at, part in enumerate(page.parts[:DEPTH]):
        if (_place(page.parts, at), part) in believed:
            return replace(page, parts=page.parts[:at] + page.parts[at + 1 :], language=language_code(part))
    return replace(page, language=plain_language(page.says.alternate))


def _with_common_language(pages: Sequence[EditionPage]) -> list[EditionPage]:
    """Return the pages, each with a language: where only `<html lang>` names one, that of most such pages.

    That is often the language of the root. Where most of these pages do not agree, they stay without a language.
    """
    rest = [page for page in pages if not page.language]
    said = Counter(base_language(page.says.language) for page in rest)
    common, count = said.most_common(1)[0] if said else ("", 0)
    if not common or count * 2 <= len(rest):
        return list(pages)
    named = Counter(page.language for page in pages if base_language(page.language) == common)
    common = named.most_common(1)[0][0] if named else common
    return [page if page.language else replace(page, language=common) for page in pages]
