"""One text at several urls: who owns it is decided when all of them are known, by a rule that never changes its mind.

    passages ──fingerprint──> the same for the same words in the same order
    urls     ──owner────────> the shortest, then the first in the alphabet
    links    ──marked──> stored ──mark_of──> the fingerprint of a page that answers 304

The fingerprint is stored as one more link (a urn, which no crawl follows), so that an unchanged site needs no bodies to
tell its duplicates. Finds no similar pages, only equal ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from core.domain import Passage

_MARK = "urn:footnote:text:"


def fingerprint(passages: Iterable[Passage]) -> str:
    """32 hex digits over what the passages say, without their urls and anchors."""
    words = hashlib.blake2b(digest_size=16)
    for passage in passages:
        words.update(passage.identity)
    return words.hexdigest()


def owner(urls: Iterable[str]) -> str:
    """`["https://h/b", "https://h/index", "https://h/a"]` -> `"https://h/a"`."""
    return min(urls, key=lambda url: (len(url), url))


def marked(links: Sequence[str], mark: str) -> tuple[str, ...]:
    """The links as they are stored."""
    return (*links, _MARK + mark)


def mark_of(links: Sequence[str]) -> str:
    """The fingerprint among stored links, "" where there is none."""
    return links[-1].removeprefix(_MARK) if links and links[-1].startswith(_MARK) else ""


def without_mark(links: Sequence[str]) -> Sequence[str]:
    """The links that lead somewhere."""
    return links[:-1] if mark_of(links) else links
