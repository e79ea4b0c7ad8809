"""Values on their way into Postgres: rows of pages and passages, and texts that it can hold.

    StagedPage, Passage ──> tuples in the order of `PAGE_COLUMNS`, `PASSAGE_COLUMNS`, for COPY

Postgres holds no NUL and no half of a surrogate pair; whatever a page says, its row can be stored. Asks no database.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping, Sequence

from core.domain import Passage
from core.index.crawling import StagedPage
from core.index.terms import SLOTS, lexemes, split_terms, weights
from core.postgres.values import text_of

PASSAGE_COLUMNS = (
    "crawl", "url", "ordinal", "anchor", "path", "title", "kind", "language", "body", "identity", "terms", "weights",
)  # fmt: skip
_URL, _IDENTITY = PASSAGE_COLUMNS.index("url"), PASSAGE_COLUMNS.index("identity")
PAGE_COLUMNS = (
    "crawl",
    "url",
    "title",
    "etag",
    "last_modified",
    "links",
    "unchanged",
    "fingerprint",
    "says",
    "reading",
)


def page_row(crawl: int, page: StagedPage) -> tuple[object, ...]:
    """Return a page as a row of `staged_page`."""
    unchanged = page.passages is None
    texts = [text_of(text) for text in (page.url, page.title, page.etag, page.last_modified)]
    links = [text_of(link) for link in page.links]
    return crawl, *texts, links, unchanged, page.fingerprint, text_of(page.says), page.reading


def passage_row(crawl: int, passage: Passage) -> tuple[object, ...]:
    """Return a passage as a row of `staged_passage`, with its terms counted."""
    terms = Counter(split_terms("\n".join((*passage.path, passage.text))))
    return (
        crawl,
        passage.url,
        passage.ordinal,
        passage.anchor,
        list(passage.path),
        passage.title,
        passage.kind.value,
        passage.language,
        passage.text,
        passage.identity,
        lexemes(terms),
        sparse(weights(terms, split_terms(passage.path[-1]) if passage.path else ())),
    )


def sparse(placed: Mapping[int, float]) -> bytes:
    """Return a `sparsevec` of `SLOTS` in the binary form of pgvector's `sparsevec_recv`.

    This is three times as fast as `SparseVector`.
    """
    places = sorted(placed)
    count = len(places)
    return struct.pack(f">iii{count}i{count}f", SLOTS, count, 0, *places, *map(placed.__getitem__, places))


def distinct(rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Return the rows without repetitions: of those with the same url and identity, the first."""
    return list({(row[_URL], row[_IDENTITY]): row for row in reversed(rows)}.values())
