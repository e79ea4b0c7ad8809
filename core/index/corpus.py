"""Where crawls write: implements the ports `core.index.crawling.Corpus` and `Crawling`.

Staging, vectors and the switch; nothing that readers see changes before the switch (`core.index.switch`). The lock
of a source is an advisory lock of Postgres: it ends with its process, however that ends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, fields
from importlib.metadata import version
from uuid import UUID, uuid4

import asyncpg

from core.domain import CRAWLED, Edition, Source, Vector
from core.errors import SourceBusy, StoreError, StoreUnavailable
from core.index.batches import PostgresBatches, share, text_of_row
from core.index.carry import carry_vectors
from core.index.crawling import (
    READING,
    Batches,
    Crawling,
    CrawlReport,
    GraphProgress,
    KnownPage,
    Outlook,
    Resumed,
    StagedPage,
    Switched,
)
from core.index.graph import GRAPH_ROWS, build_graph, drop_outgrown
from core.index.partitions import Change
from core.index.rows import PAGE_COLUMNS, PASSAGE_COLUMNS, distinct, page_row, passage_row
from core.index.search import to_half_vector
from core.index.switch import rows_of, switch
from core.postgres.database import Connection, Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements_of_space
from core.postgres.values import json_of, text_of, to_storable

SPARE_DAYS = 30
"""How long the vectors of removed passages are kept."""

NAMED = 1_000
"""Pages that a crawl is remembered to have added, changed, removed: so many of each. All of them are counted."""


class PostgresCorpus:
    """Opens crawls, one at a time for each source."""

    def __init__(self, database: Database, *, graph_rows: int = GRAPH_ROWS) -> None:
        self._database = database
        self._graph_rows = graph_rows

    def batches(self) -> Batches:
        """Return the batches of all crawls."""
        return PostgresBatches(self._database)

    async def build_graph(self, watch: Callable[[GraphProgress], None]) -> None:
        """Build the graph of the live space if it is missing; see `core.index.graph`. Raises `StoreError`."""
        await build_graph(self._database, watch, least_rows=self._graph_rows)

    @asynccontextmanager
    async def crawl(self, source: Source) -> AsyncIterator[Crawling]:
        """Open a crawl that holds the source's lock until it is left. Raises `SourceBusy`, `StoreError`."""
        async with self._locked(source) as connection:
            with translate_errors():
                holder = uuid4()
                number = await self._begin(connection, source, holder)
            yield PostgresCrawling(self._database, source, number, holder)

    async def _begin(self, connection: Connection, source: Source, holder: UUID) -> int:
        """Return the number of a new crawl, or of the one that a killed process left."""
        sql, definition = self._database.sql, _definition(source)
        async with connection.transaction():
            number = await connection.fetchval(sql["resume_crawl"], source.id, definition, holder)
            await connection.execute(sql["drop_cut_short"], source.id, number)
            if number is None:
                number = await connection.fetchval(sql["begin_crawl"], source.id, definition, holder)
        return int(number)

    @asynccontextmanager
    async def _locked(self, source: Source) -> AsyncIterator[Connection]:
        with translate_errors():
            connection = await self._database.writers.acquire()
        try:
            with translate_errors():
                if not await connection.fetchval(self._database.sql["source_lock"], source.id):
                    row = await connection.fetchrow(self._database.sql["crawl_underway"], source.id)
                    since = f" since {row['started_at']:%H:%M:%S} UTC" if row else ""
                    raise SourceBusy(
                        f"{source.name} is being crawled already{since}: wait for that crawl to end, nothing was "
                        "started twice."
                    )
            yield connection
        finally:
            # Releasing resets the session, which gives the lock back; a connection that broke has lost it already.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
                await self._database.writers.release(connection, timeout=5)


class PostgresCrawling:
    """One crawl, from its first staged page to its report."""

    def __init__(self, database: Database, source: Source, number: int, holder: UUID) -> None:
        self._database = database
        self._source = source
        self._number = number
        self._holder = holder
        self._space = database.space

    async def known_pages(self) -> Mapping[str, KnownPage]:
        """Return by url what earlier crawls stored."""
        with translate_errors():
            rows = await self._database.writers.fetch(self._database.sql["known_pages"], self._source.id)
        return {row["url"]: KnownPage(**{**row, "links": tuple(row["links"])}) for row in rows}

    async def resumed(self) -> Resumed:
        """Return what a killed process of this crawl had done."""
        with translate_errors():
            staged = await self._database.writers.fetch(self._database.sql["staged_urls"], self._number)
            visited = await self._database.writers.fetch(self._database.sql["visited"], self._number)
        return Resumed(frozenset(row["url"] for row in staged), {row["url"]: row["record"] for row in visited})

    async def stage(self, pages: Sequence[StagedPage], visits: Sequence[tuple[str, bytes]] = ()) -> None:
        """Copy pages, their passages and visits in; each url once in a crawl."""
        page_rows, passage_rows = [], []
        for page in pages:
            page_rows.append(page_row(self._number, page))
            passage_rows += self._passage_rows(page)
            await asyncio.sleep(0)  # counting the terms of fifty pages takes a third of a second: others need the loop
        visit_rows = [(self._number, text_of(url), record) for url, record in visits]
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                await self._count(connection, len(pages))
                await connection.copy_records_to_table("staged_page", records=page_rows, columns=PAGE_COLUMNS)
                await connection.copy_records_to_table("staged_passage", records=passage_rows, columns=PASSAGE_COLUMNS)
                await connection.copy_records_to_table("visited", records=visit_rows)

    def _passage_rows(self, page: StagedPage) -> list[tuple[object, ...]]:
        return distinct([passage_row(self._number, to_storable(each)) for each in page.passages or ()])

    async def _count(self, connection: Connection, pages: int) -> None:
        row = await connection.fetchval(self._database.sql["count_staged"], self._number, self._holder, pages)
        if row is None:
            raise SourceBusy(self._taken_over)

    @property
    def _taken_over(self) -> str:
        return f"Another crawl of {self._source.name} began meanwhile: this one changed nothing."

    async def unstage(self, urls: Collection[str]) -> None:
        """Take staged pages back, with their passages."""
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                places = [text_of(url) for url in urls]
                status = await connection.execute(self._database.sql["unstage"], self._number, places)
                await self._count(connection, -rows_of(status))

    async def absent(self) -> list[bytes]:
        """Return the identities of staged passages without a vector, shortest text first.

        Passages whose own words did not change have got the vector that they had before (`core.index.carry`).
        """
        sql = self._database.sql
        with translate_errors():
            await self._database.writers.execute(sql["carry_reread_vectors"], self._number, self._source.id)
            rows = await self._database.writers.fetch(sql["absent"], self._number)
            absent = [row["identity"] for row in rows]
            if not absent:
                return []
            carried = await carry_vectors(self._database, self._number, self._source.id, absent)
        return [identity for identity in absent if identity not in carried]

    async def texts(self, identities: Sequence[bytes]) -> list[tuple[bytes, str]]:
        """Return (identity, text to embed) of some staged passages."""
        with translate_errors():
            rows = await self._database.writers.fetch(
                self._database.sql["staged_texts"], self._number, list(identities)
            )
        return [(row["identity"], text_of_row(row["path"], row["body"])) for row in rows]

    async def store_vectors(self, vectors: Sequence[tuple[bytes, Vector]]) -> None:
        """Store vectors, which are kept whatever becomes of this crawl."""
        await store_vectors(self._database, vectors)

    async def outlook(self) -> Outlook:
        """Return what the switch would leave readers with: what is staged, and the pages that are not."""
        with translate_errors():
            row = await self._database.writers.fetchrow(self._database.sql["outlook"], self._number, self._source.id)
        assert row is not None
        return Outlook(row["before"], row["after"])

    async def share(self, identities: Sequence[bytes]) -> None:
        """Let any worker take part in embedding these."""
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                await share(connection, self._database, self._number, identities)

    def batches(self) -> Batches:
        """Return the batches of this crawl."""
        return PostgresBatches(self._database, self._number)

    async def switch(
        self, missed: Sequence[str], gone: Sequence[str], editions: Mapping[str, Edition] | None = None
    ) -> Switched:
        """Let readers see what was staged, in one transaction; then tend the tables.

        Raises `SourceBusy`, `StoreError`; then readers keep what they had.
        """
        sql = self._database.sql
        change = Change(
            crawl=self._number,
            source=self._source.id,
            missed=[text_of(url) for url in missed],
            gone=[text_of(url) for url in gone],
            editions=editions or {},
        )
        with translate_errors():
            async with self._database.writers.acquire() as connection:
                added = await connection.fetchval(sql["to_add"], self._number, self._source.id)
                await drop_outgrown(self._database, connection, added=added)
                # Outside of the transaction: nobody else crawls this source, and other switches need not wait for it.
                await connection.execute(sql["forget_changes"], self._number)
                await connection.execute(sql["note_changes"], self._number, self._source.id, list(change.gone), NAMED)
                async with connection.transaction():
                    await connection.execute(sql["switch_lock"])
                    await self._refuse_to_mislead(connection)
                    switched = await switch(connection, sql, change)
                    await connection.execute(sql["switched"], self._number)
                    await connection.execute(sql["forget_older_changes"], self._number, self._source.id)
                await tend(self._database, connection, changed=switched.added + switched.removed)
        return switched

    async def _refuse_to_mislead(self, connection: Connection) -> None:
        """Raise `SourceBusy`, `StoreUnavailable` or `StoreError` if this crawl may not switch any more.

        Since it began, its lock may have been lost, its stage emptied, or the model changed.
        """
        row = await connection.fetchrow(self._database.sql["still_ours"], self._number, self._holder)
        if row is None:
            raise SourceBusy(self._taken_over)
        if row["pages"] != row["staged"]:
            raise StoreUnavailable("Postgres was restarted during the crawl, which lost its pages: crawl again.")
        live = await connection.fetchval(self._database.sql["live_space"])
        if self._space is not None and live != self._space.id:
            raise StoreError("The index was moved to another embedding model during the crawl: crawl again.")

    async def finish(self, report: CrawlReport, left_out: Mapping[str, str] | None = None) -> None:
        """Store the report and the reasons; drop what is still staged, and vectors unused for `SPARE_DAYS`."""
        sql = self._database.sql
        rows = {text_of(url): (self._source.id, text_of(url), text_of(why)) for url, why in (left_out or {}).items()}
        with translate_errors():
            async with self._database.writers.acquire() as connection, connection.transaction():
                await connection.execute(sql["finish_crawl"], self._number, json_of(asdict(report)))
                await connection.execute(sql["forget_left_out"], self._source.id)
                await connection.copy_records_to_table("left_out", records=rows.values())
            await self._database.writers.execute(sql["sweep_spare"], SPARE_DAYS)


async def store_vectors(
    database: Database, vectors: Sequence[tuple[bytes, Vector]], *, space: int | None = None
) -> None:
    """Store vectors in the spare table of a space (None: the live one); storing one twice is harmless."""
    if not vectors:
        return
    sql = database.sql if space is None else statements_of_space(space)
    with translate_errors():
        await database.writers.execute(
            sql["store_vectors"],
            [identity for identity, _ in vectors],
            [to_half_vector(vector) for _, vector in vectors],
        )


async def tend(database: Database, connection: Connection, *, changed: int) -> None:
    """Refresh statistics and clear dead rows after a large change. Runs outside any transaction."""
    sql = database.sql
    assert database.space is not None
    rows = await connection.fetchval(sql["vector_rows"])
    if changed * 10 > rows:
        await connection.execute("vacuum (analyze) passage, lexical, lexeme, page")
        # Skipped while a graph is built on it, which may take longer than this statement has.
        await connection.execute(f"vacuum (analyze, skip_locked) vector_{database.space.id}")
    elif changed:
        await connection.execute(sql["sort_in_words"])


def _definition(source: Source) -> str:
    """Return what a crawl depends on, with the version of footnote and of the rules that read pages.

    A process that finds it changed does not go on with an earlier crawl.
    """
    kept = {each.name: getattr(source, each.name) for each in fields(source) if CRAWLED in each.metadata}
    return json.dumps(kept | {"version": version("footnote-bot"), "reading": READING})
