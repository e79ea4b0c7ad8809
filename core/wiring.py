"""The one composition root: settings in, objects out.

    Settings ──> database                    DATABASE_URL, or the embedded Postgres in FOOTNOTE_HOME
             └─> embedder, reader, reranker  chosen by `core.model_wiring`, the part of this root that knows the models

An adapter that not every process needs is imported where it is made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from core.answer.engine import Engine
from core.answer.limits import AnswerLimits
from core.config.model_settings import LANGUAGE_OF_QUESTION
from core.config.settings import Settings
from core.console.port import ConsoleAccess
from core.console.postgres import PostgresConsoleAccess
from core.embedded.postgres import EmbeddedPostgres
from core.errors import FootnoteError, UsageError
from core.history.port import GapReports, QuestionHistory
from core.history.postgres import PostgresHistory
from core.history.reported import PostgresGapReports
from core.history.samples import SampleQuestions
from core.history.samples_postgres import PostgresSampleQuestions
from core.inbox.callers import CallerQuestions
from core.inbox.channels import Audit, ChannelDirectory
from core.inbox.channels_postgres import PostgresAudit, PostgresChannels
from core.inbox.port import Inbox
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.crawling import Corpus
from core.index.graph import GraphState, look_at_graph
from core.index.pages import PostgresPages
from core.index.port import Catalog, PageStore
from core.index.reembed import reembed
from core.index.search import PostgresIndex
from core.model_wiring import (
    build_quoter,
    choose_embedder,
    choose_reader,
    choose_reranker,
    choose_verifier,
    dimensions_of,
)
from core.overview.port import Overview
from core.overview.postgres import PostgresOverview
from core.ports import Embedder, Reader, Reranker
from core.postgres.database import Database, open_database, open_pool
from core.spend.embedding import CountedEmbedder
from core.spend.port import SpendReports
from core.spend.postgres import PostgresSpend
from core.tokens.port import Tokens
from core.tokens.postgres import PostgresTokens
from core.work.port import JobQueue, Requests
from core.work.requests import PostgresRequests

EMBEDDED = "embedded"
CALLER_CONNECTIONS, CALLER_SECONDS = 4, 5.0
LOOK_SECONDS = 5.0
"""Between two checks of the embedded Postgres."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallerStore:
    """Where the tokens of callers are looked up, their questions stored and answered."""

    tokens: Tokens
    questions: CallerQuestions
    engine: Engine


@dataclass(slots=True)
class Footnote:
    """Everything that a front end or a crawl works with. `open_footnote` makes and closes it.

    `quoting` answers as `engine` does, without a chat model: to try what costs nothing.
    """

    settings: Settings
    database: Database
    catalog: Catalog
    corpus: Corpus
    pages: PageStore
    requests: Requests
    channels: ChannelDirectory
    audit: Audit
    history: QuestionHistory
    gap_reports: GapReports
    overview: Overview
    access: ConsoleAccess
    tokens: Tokens
    spend: SpendReports
    samples: SampleQuestions
    engine: Engine
    quoting: Engine
    embedder: Embedder
    reader: Reader
    reranker: Reranker | None
    embedded: EmbeddedPostgres | None = None

    async def embedder_for_writing(self) -> Embedder:
        """Record the embedder's model as the index's and return it. Raises `ModelMismatch`, `ModelError`."""
        await self.database.use_space(self.embedder.model, await dimensions_of(self.embedder))
        return self.embedder

    @asynccontextmanager
    async def open_inbox(self) -> AsyncIterator[Inbox]:
        """Open the inbox on separate connections, for processes that answer in chat. Raises `StoreError`."""
        from core.inbox.postgres import open_inbox

        async with open_inbox(self.database.dsn) as inbox:
            yield inbox

    @asynccontextmanager
    async def open_callers(self) -> AsyncIterator[CallerStore]:
        """Open the tokens, questions and answers of callers on separate connections: chat never waits behind them."""
        from core.inbox.callers_postgres import PostgresCallerQuestions

        async with (
            open_pool(self.database.dsn, CALLER_CONNECTIONS, CALLER_SECONDS) as pool,
            self.database.open_more_readers(CALLER_CONNECTIONS) as database,
        ):
            index = PostgresIndex(database, model=self.embedder.model, language=self.settings.docs_language)
            yield CallerStore(PostgresTokens(pool), PostgresCallerQuestions(pool), self.engine.over(index))

    async def look_after_database(self) -> None:
        """Restart the embedded server whenever it dies, until cancelled; return at once where DATABASE_URL is set."""
        while self.embedded is not None:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.jobs().workers()  # any small query will do
            except FootnoteError:
                await self._revive(self.embedded)

    async def _revive(self, embedded: EmbeddedPostgres) -> None:
        try:
            await asyncio.to_thread(embedded.start)
        except FootnoteError as error:
            _log.warning("The embedded Postgres does not come back: %s", error)
        else:
            _log.warning("The embedded Postgres had to be looked after, and is there.")

    def jobs(self) -> JobQueue:
        """Return the queue of the jobs that all processes share."""
        from core.work.queue import PgqueuerJobs

        return PgqueuerJobs(self.database)

    async def look_at_graph(self) -> GraphState | None:
        """Return the state of a large index's graph; None where nothing was ever embedded. Raises `StoreError`."""
        return await look_at_graph(self.database)

    async def reembed(self, watch: Callable[[int, int], None]) -> int:
        """Embed every stored passage with the model that is set, then switch readers to it. -> passages embedded."""
        return await reembed(self.database, self.embedder, await dimensions_of(self.embedder), watch)


@asynccontextmanager
async def open_footnote(settings: Settings, *, reembedding: bool = False) -> AsyncIterator[Footnote]:
    """Open everything that the settings name; close it in reverse order.

    `reembedding` lets EMBEDDING_MODEL differ from the model of the index. Raises `ConfigurationError`, `StoreError`.
    """
    async with AsyncExitStack() as closing:
        embedded = None if settings.database_url.get_secret_value() else EmbeddedPostgres(settings.folder)
        dsn = settings.database_url.get_secret_value() if embedded is None else await _start(embedded, closing)
        database = await closing.enter_async_context(open_database(dsn))
        embedder = await choose_embedder(settings, database.space, closing, reembedding=reembedding)
        reader = await choose_reader(settings, closing)
        quoter = build_quoter()
        reranker = await choose_reranker(settings, closing)
        spoken = "" if settings.answer_language == LANGUAGE_OF_QUESTION else settings.answer_language
        spend = PostgresSpend(database, settings.caps, settings.price_of)
        index = PostgresIndex(database, model=embedder.model, language=settings.docs_language)
        yield Footnote(
            settings=settings,
            database=database,
            catalog=PostgresCatalog(database, language=settings.docs_language),
            corpus=PostgresCorpus(database),
            pages=PostgresPages(database),
            requests=PostgresRequests(database),
            channels=PostgresChannels(database),
            audit=PostgresAudit(database),
            history=PostgresHistory(database, settings.retention_days),
            gap_reports=PostgresGapReports(database),
            overview=PostgresOverview(database, settings.retention_days),
            access=PostgresConsoleAccess(database),
            tokens=PostgresTokens(database.writers),
            spend=spend,
            samples=PostgresSampleQuestions(database),
            engine=Engine(
                index,
                embedder,
                reader,
                reranker,
                AnswerLimits.within(settings.answer_seconds),
                quoter=quoter,
                verifier=await choose_verifier(settings, closing),
                language=spoken,
                ledger=spend,
            ),
            quoting=Engine(index, embedder, quoter, reranker, language=spoken),
            embedder=CountedEmbedder(embedder, spend),
            reader=reader,
            reranker=reranker,
            embedded=embedded,
        )


async def move_index(settings: Settings, to: str, watch: Callable[[str, int], None]) -> Mapping[str, int]:
    """Copy the index that the settings name into the empty database `to`: a url, or `embedded`. -> rows of each table.

    Raises `UsageError`, `ConfigurationError`, `StoreError`.
    """
    from core.index.move import copy_index

    async with AsyncExitStack() as closing:
        source = settings.database_url.get_secret_value()
        if to == EMBEDDED and not source:
            raise UsageError("The index is in the embedded database already: DATABASE_URL is not set.")
        here = await _start(EmbeddedPostgres(settings.folder), closing) if not source or to == EMBEDDED else ""
        return await copy_index(source or here, here if to == EMBEDDED else to, watch)


async def _start(embedded: EmbeddedPostgres, closing: AsyncExitStack) -> str:
    """Start or join the embedded server in a thread: a first start takes seconds."""
    closing.push_async_callback(asyncio.to_thread, embedded.stop)  # also after a cancelled start: it goes on
    return await asyncio.to_thread(embedded.start)
