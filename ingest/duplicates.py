"""One text at several urls: which url owns it is decided once all are known, by a rule that always gives the same url.

    passages ──fingerprint──> the same for the same words in the same order
    urls     ──choose_owner────────> the shortest, then the first in the alphabet
             ──is_overwritten──> pages that had several texts and all have one text now: a notice replaced them

Fingerprints are stored, so the duplicates of an unchanged site are found without its bodies. Finds equal pages, not
similar ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from core.domain import Passage
from core.index.crawling import KnownPage

SEVERAL = 3
"""So many known pages with different texts do not become equal by chance."""


def fingerprint(passages: Iterable[Passage]) -> str:
    """Return 32 hex digits that identify what the passages say, without their urls and anchors."""
    words = hashlib.blake2b(digest_size=16)
    for passage in passages:
        words.update(passage.identity)
    return words.hexdigest()


def owner(urls: Iterable[str]) -> str:
    """Return the shortest url, the first in the alphabet of several: `["https://h/b", "https://h/a"]` -> `"https://h/a"`."""
    return min(urls, key=lambda url: (len(url), url))


def overwritten(urls: Iterable[str], known: Mapping[str, KnownPage], mark: str) -> bool:
    """Return whether these pages, which all have the fingerprint `mark` now, had `SEVERAL` others or more before."""
    before = {known[url].fingerprint for url in urls if url in known}
    return len(before - {"", mark}) >= SEVERAL
