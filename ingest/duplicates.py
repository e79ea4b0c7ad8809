"""One text at several urls: who owns it is decided when all of them are known, by a rule that never changes its mind.

    passages ──fingerprint──> the same for the same words in the same order
    urls     ──owner────────> the shortest, then the first in the alphabet

Fingerprints are stored, so that an unchanged site needs no bodies to tell its duplicates. Finds equal pages, not alike
ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from core.domain import Passage


def fingerprint(passages: Iterable[Passage]) -> str:
    """32 hex digits over what the passages say, without their urls and anchors."""
    words = hashlib.blake2b(digest_size=16)
    for passage in passages:
        words.update(passage.identity)
    return words.hexdigest()


def owner(urls: Iterable[str]) -> str:
    """`["https://h/b", "https://h/index", "https://h/a"]` -> `"https://h/a"`."""
    return min(urls, key=lambda url: (len(url), url))
