"""One text at several urls: who owns it is decided when all of them are known, by a rule that never changes its mind.

    passages ──fingerprint──> the same for the same words in the same order
    urls     ──owner────────> the shortest, then the first in the alphabet
             ──overwritten──> pages of several texts that all say one thing now: a notice in their place

Fingerprints are stored, so that an unchanged site needs no bodies to tell its duplicates. Finds equal pages, not alike
ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from core.domain import Passage
from core.ports import KnownPage

SEVERAL = 3
"""So many known pages with texts of their own do not come to say the same by growing alike."""


def fingerprint(passages: Iterable[Passage]) -> str:
    """32 hex digits over what the passages say, without their urls and anchors."""
    words = hashlib.blake2b(digest_size=16)
    for passage in passages:
        words.update(passage.identity)
    return words.hexdigest()


def owner(urls: Iterable[str]) -> str:
    """`["https://h/b", "https://h/index", "https://h/a"]` -> `"https://h/a"`."""
    return min(urls, key=lambda url: (len(url), url))


def overwritten(urls: Iterable[str], known: Mapping[str, KnownPage], mark: str) -> bool:
    """Whether `SEVERAL` of these pages, which have the fingerprint `mark` now, had different ones before."""
    before = {known[url].fingerprint for url in urls if url in known}
    return len(before - {"", mark}) >= SEVERAL
