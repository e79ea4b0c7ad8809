"""Where crawls write: keeps the ports `core.ports.Corpus` and `Crawling`.

Staging, vectors and the switch; nothing that readers see changes before the switch (`core.adapters.switch`). The lock
of a source is an advisory lock of Postgres: it ends with its process, however that ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, replace

import asyncpg
from pgvector import SparseVector

from core.adapters.index import half
from core.adapters.postgres import Connection, Database
from core.adapters.statements import statements_of_space
from core.adapters.store_errors import translated
from core.adapters.switch import rows_of, switch
from core.domain import CrawlReport, Passage, Source, Vector
from core.errors import SourceBusy, StoreError, StoreUnavailable
from core.ports import Crawling, KnownPage, Outlook, StagedPage, Switched
from core.terms import SLOTS, lexemes, tokens, weights

GRAPH_ROWS = 5_000
"""Below so many rows no graph is built: looking at each is as fast and exact."""

SPARE_DAYS = 30
"""How long the vectors of removed passages are kept."""

_LOCK = 7002
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_PASSAGE_COLUMNS = (
    "crawl", "url", "ordinal", "anchor", "path", "title", "kind", "language", "body", "identity", "terms", "weights",
)  # fmt: skip
_URL, _IDENTITY = _PASSAGE_COLUMNS.index("url"), _PASSAGE_COLUMNS.index("identity")
_PAGE_COLUMNS = ("crawl", "url", "title", "etag", "last_modified", "links", "unchanged", "fingerprint")


class PostgresCorpus:
    """Opens crawls, one a source at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def crawl(self, source: Source) -> AsyncIterator[Crawling]:
        """Hold the source's lock while inside. Raises `SourceBusy`, `StoreError`."""
        async with self._locked(source) as connection:
            with translated():
                number = await connection.fetchval(self._database.sql["begin_crawl"], source.id)
            yield PostgresCrawling(self._database, source, number)

    @asynccontextmanager
    async def _locked(self, source: Source) -> AsyncIterator[Connection]:
        with translated():
            connection = await self._database.writers.acquire()
        try:
            with translated():
                if not await connection.fetchval("select pg_try_advisory_lock($1, $2)", _LOCK, source.id):
                    raise SourceBusy(await self._busy(connection, source))
            yield connection
        finally:
            # Releasing resets the session, which gives the lock back; a connection that broke has lost it already.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
                await self._database.writers.release(connection, timeout=5)

    async def _busy(self, connection: Connection, source: Source) -> str:
        row = await connection.fetchrow(self._database.sql["crawl_underway"], source.id)
        since = f" since {row['started_at']:%H:%M:%S} UTC" if row else ""
        return f"{source.name} is being crawled already{since}: wait for that crawl to end, nothing was started twice."


class PostgresCrawling:
    """One crawl, from its first staged page to its report."""

    def __init__(self, database: Database, source: Source, number: int) -> None:
        self._database = database
        self._source = source
        self._number = number
        self._space = database.space
        self._staged = 0

    async def known_pages(self) -> Mapping[str, KnownPage]:
        """By url, what earlier crawls stored."""
        with translated():
            rows = await self._database.writers.fetch(self._database.sql["known_pages"], self._source.id)
        return {row["url"]: KnownPage(**{**row, "links": tuple(row["links"])}) for row in rows}

    async def stage(self, pages: Sequence[StagedPage]) -> None:
        """Copy pages and their passages in; each url once a crawl."""
        page_rows = [self._page_row(page) for page in pages]
        passage_rows = _distinct([self._passage_row(_storable(each)) for page in pages for each in page.passages or ()])
        with translated():
            async with self._database.writers.acquire() as connection, connection.transaction():
                await connection.copy_records_to_table("staged_page", records=page_rows, columns=_PAGE_COLUMNS)
                await connection.copy_records_to_table("staged_passage", records=passage_rows, columns=_PASSAGE_COLUMNS)
        self._staged += len(pages)

    async def unstage(self, urls: Collection[str]) -> None:
        """Take staged pages back, with their passages."""
        with translated():
            status = await self._database.writers.execute(
                self._database.sql["unstage"], self._number, [_text(url) for url in urls]
            )
        self._staged -= rows_of(status)

    async def absent(self) -> list[bytes]:
        """Identities of staged passages without a vector, shortest text first."""
        with translated():
            rows = await self._database.writers.fetch(self._database.sql["absent"], self._number)
        return [row["identity"] for row in rows]

    async def texts(self, identities: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """(identity, text to embed) of some staged passages."""
        with translated():
            rows = await self._database.writers.fetch(
                self._database.sql["staged_texts"], self._number, list(identities)
            )
        return [(row["identity"], Passage("", "", tuple(row["path"]), row["body"]).embedded_text) for row in rows]

    async def store_vectors(self, vectors: Sequence[tuple[bytes, Vector]]) -> None:
        """Kept whatever becomes of this crawl."""
        await store_vectors(self._database, vectors)

    async def outlook(self) -> Outlook:
        """What the switch would leave readers with: what is staged, and the pages that are not."""
        with translated():
            row = await self._database.writers.fetchrow(self._database.sql["outlook"], self._number, self._source.id)
        assert row is not None
        return Outlook(row["before"], row["after"])

    async def progress(self, state: Mapping[str, object]) -> None:
        """For whoever watches this crawl."""
        with translated():
            await self._database.writers.execute(self._database.sql["report_progress"], self._number, _json(state))

    async def switch(self, missed: Sequence[str], gone: Sequence[str]) -> Switched:
        """Let readers see what was staged, in one transaction; then tend the graph.

        Raises `SourceBusy`, `StoreError`; then readers keep what they had.
        """
        sql = self._database.sql
        with translated():
            async with self._database.writers.acquire() as connection:
                async with connection.transaction():
                    await connection.execute(sql["switch_lock"])
                    await self._refuse_to_mislead(connection)
                    switched = await switch(
                        connection,
                        sql,
                        crawl=self._number,
                        source=self._source.id,
                        missed=[_text(url) for url in missed],
                        gone=[_text(url) for url in gone],
                    )
                await tend(self._database, connection, changed=switched.added + switched.removed)
        return switched

    async def _refuse_to_mislead(self, connection: Connection) -> None:
        """Since this crawl began its lock may have been lost, its stage emptied, or the model changed."""
        row = await connection.fetchrow(self._database.sql["still_ours"], self._number)
        if row is None:
            raise SourceBusy(f"Another crawl of {self._source.name} began meanwhile: this one changed nothing.")
        if row["pages"] != self._staged:
            raise StoreUnavailable("Postgres was restarted during the crawl, which lost its pages: crawl again.")
        live = await connection.fetchval(self._database.sql["live_space"])
        if self._space is not None and live != self._space.id:
            raise StoreError("The index was moved to another embedding model during the crawl: crawl again.")

    async def finish(self, report: CrawlReport) -> None:
        """Keep the report, drop what is still staged, and vectors that nobody came back for."""
        with translated():
            await self._database.writers.execute(
                self._database.sql["finish_crawl"], self._number, _json(asdict(report))
            )
            await self._database.writers.execute(self._database.sql["sweep_spare"], SPARE_DAYS)

    def _page_row(self, page: StagedPage) -> tuple[object, ...]:
        unchanged = page.passages is None
        texts = [_text(text) for text in (page.url, page.title, page.etag, page.last_modified)]
        return self._number, *texts, [_text(link) for link in page.links], unchanged, page.fingerprint

    def _passage_row(self, passage: Passage) -> tuple[object, ...]:
        terms = tokens("\n".join((*passage.path, passage.text)))
        return (
            self._number,
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
            SparseVector(weights(terms, tokens(passage.path[-1]) if passage.path else ()), SLOTS),
        )


async def store_vectors(
    database: Database, vectors: Sequence[tuple[bytes, Vector]], *, space: int | None = None
) -> None:
    """Into the spare table of a space (None: the live one); storing one twice is harmless."""
    if not vectors:
        return
    sql = database.sql if space is None else statements_of_space(space)
    with translated():
        await database.writers.execute(
            sql["store_vectors"], [identity for identity, _ in vectors], [half(vector) for _, vector in vectors]
        )


async def tend(database: Database, connection: Connection, *, changed: int) -> None:
    """Statistics and dead rows after a large change, the graph after the first load. Outside any transaction."""
    sql = database.sql
    assert database.space is not None
    rows = await connection.fetchval(sql["vector_rows"])
    if changed * 10 > rows:
        await connection.execute(f"vacuum (analyze) passage, lexical, lexeme, page, vector_{database.space.id}")
    elif changed:
        await connection.execute(sql["sort_in_words"])
    if rows >= GRAPH_ROWS and not await connection.fetchval(sql["graph_exists"]):
        await _build_graph(connection, sql)


async def _build_graph(connection: Connection, sql: Mapping[str, str]) -> None:
    """Anew, should an earlier attempt have been cut short; not beside another process that is at it."""
    if not await connection.fetchval(sql["graph_lock"]):
        return
    try:
        await connection.execute(sql["drop_graph"])
        await connection.execute(sql["build_graph"])
    finally:
        await connection.execute(sql["graph_unlock"])


def _distinct(rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The first of rows that say the same in the same place of a page."""
    return list({(row[_URL], row[_IDENTITY]): row for row in reversed(rows)}.values())


def _text(text: str) -> str:
    """What Postgres can hold: no NUL, and no half of a surrogate pair (a replacement character stands for it)."""
    return _UNSTORABLE.sub(lambda found: "" if found.group() == "\0" else "\ufffd", text)


def _storable(passage: Passage) -> Passage:
    """The same with texts that can be stored, so that its identity is that of what is stored."""
    written = (passage.url, passage.anchor, *passage.path, passage.text, passage.title, passage.language)
    if not _UNSTORABLE.search("".join(written)):
        return passage  # nearly all of them: looked at once, not text by text
    return replace(
        passage,
        url=_text(passage.url),
        anchor=_text(passage.anchor),
        path=tuple(_text(part) for part in passage.path),
        text=_text(passage.text),
        title=_text(passage.title),
        language=_text(passage.language),
    )


def _json(state: Mapping[str, object]) -> str:
    """For jsonb, which holds no NUL and no half of a surrogate pair either, nor their escapes."""
    return json.dumps({key: _text(value) if isinstance(value, str) else value for key, value in state.items()})
