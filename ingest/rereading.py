"""Which unchanged pages a crawl reads again, because the rules that make passages of them have changed.

    known pages of an older reading ──choose_due──> those that this crawl requests without validators

Politely: up to 1,000 pages of a source in one crawl, of a larger one a third of its pages in each of three. Requests
nothing itself; a page of a folder costs no request and is read again at once (`ingest.folders.folder`).
"""

from __future__ import annotations

from collections.abc import Mapping

from core.index.crawling import READING, KnownPage

AT_ONCE, CRAWLS = 1_000, 3
"""Pages of a source that are all read again in one crawl; and over how many crawls those of a larger one are spread."""


def choose_due(known: Mapping[str, KnownPage], *, at_once: bool = False) -> frozenset[str]:
    """Return the urls to be requested without validators; the same for the same pages. `at_once`: all of them."""
    old = sorted(url for url, page in known.items() if page.reading < READING)
    if at_once or len(known) <= AT_ONCE:
        return frozenset(old)
    return frozenset(old[: -(-len(known) // CRAWLS)])
