"""The one composition root: settings in, objects out. No-key mode is a choice of adapters made here and nowhere else.

    Settings ──> database   DATABASE_URL, or the embedded Postgres in FOOTNOTE_HOME
             ├─> embedder   the model the index was built with; EMBEDDING_MODEL may only name the same (ModelMismatch)
             ├─> reader     CHAT_MODEL on OPENAI_BASE_URL, or extractive
             └─> reranker   Cohere's, where COHERE_API_KEY is set

Adapters are imported where they are chosen, so the SDKs of unused models are never loaded.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from core.answer.engine import Engine, Limits
from core.answer.prompt import Style
from core.config.settings import Settings
from core.embedded.postgres import EmbeddedPostgres
from core.errors import ConfigurationError, FootnoteError, ModelMismatch, UsageError
from core.inbox.channels import Audit, Channels
from core.inbox.channels_postgres import PostgresAudit, PostgresChannels
from core.inbox.port import Inbox
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.index.graph import GraphState, look_at_graph
from core.index.reembed import reembed
from core.index.search import PostgresIndex
from core.ports import Catalog, Corpus, Embedder, Reader, Reranker
from core.postgres.database import Database, Space, explain_mismatch, open_database
from core.work.port import JobQueue, Requests
from core.work.requests import PostgresRequests

LOCAL, EXTRACTIVE, DEFAULT_EMBEDDING = "local", "extractive", "text-embedding-3-small"
EMBEDDED = "embedded"
LOOK_SECONDS = 5.0
"""Between two checks of the embedded Postgres."""

_log = logging.getLogger(__name__)
NO_KEY = "no-key-needed"  # sent to a local server: the SDK insists on a key


@dataclass(slots=True)
class Footnote:
    """Everything that a front end or a crawl works with. `open_footnote` makes and closes it."""

    settings: Settings
    database: Database
    catalog: Catalog
    corpus: Corpus
    requests: Requests
    channels: Channels
    audit: Audit
    engine: Engine
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
        index = PostgresIndex(database, model=embedder.model, language=settings.docs_language)
        yield Footnote(
            settings=settings,
            database=database,
            catalog=PostgresCatalog(database, language=settings.docs_language),
            corpus=PostgresCorpus(database),
            requests=PostgresRequests(database),
            channels=PostgresChannels(database),
            audit=PostgresAudit(database),
            engine=Engine(
                index,
                embedder,
                reader,
                reranker,
                Limits.within(settings.answer_seconds),
                quoter=quoter,
                language=settings.answer_language,
            ),
            embedder=embedder,
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


def choose_embedding_model(settings: Settings, space: Space | None) -> str:
    """Return the model to embed with: the one set, else the index's, else OpenAI's (with a key) or the local one."""
    if settings.embedding_model:
        return settings.embedding_model
    if space is not None:
        return space.model
    return DEFAULT_EMBEDDING if settings.openai_api_key.get_secret_value() else LOCAL


async def choose_embedder(
    settings: Settings, space: Space | None, closing: AsyncExitStack, *, reembedding: bool = False
) -> Embedder:
    """Return the local embedder or one behind OpenAI's API. Raises `ModelMismatch`, `ConfigurationError`."""
    from core.minilm.files import MODEL

    wanted = choose_embedding_model(settings, space)
    wanted = MODEL if wanted == LOCAL else wanted
    if space is not None and wanted != space.model and not reembedding:
        raise ModelMismatch(explain_mismatch(space.model, wanted))
    if wanted == MODEL:
        from core.minilm.local import LocalEmbedder

        local = LocalEmbedder(threads=settings.embed_threads)
        closing.push_async_callback(local.aclose)
        return local
    from core.models.openai_client import Server
    from core.models.openai_embedder import OpenAIEmbedder

    known = space.dimensions if space is not None and space.model == wanted else None
    server = Server(_key(settings, f"the embedding model {wanted}"), settings.openai_base_url)
    embedder = OpenAIEmbedder(server, model=wanted, dimensions=known)
    closing.push_async_callback(embedder.aclose)
    return embedder


async def choose_reader(settings: Settings, closing: AsyncExitStack) -> Reader:
    """Return a model that writes, or the extractive reader where it is set or there is neither key nor server."""
    has_server = bool(settings.openai_api_key.get_secret_value() or settings.openai_base_url)
    if settings.chat_model == EXTRACTIVE or not (has_server or settings.chat_model):
        return build_quoter()
    from core.models.openai_client import Server
    from core.models.openai_reader import DEFAULT_CHAT_MODEL, OpenAIReader, ReaderLimits

    model = settings.chat_model or DEFAULT_CHAT_MODEL
    reader = OpenAIReader(
        Server(_key(settings, f"the chat model {model}"), settings.openai_base_url),
        model=model,
        style=Style(settings.answer_tone, settings.answer_language),
        budget=settings.prompt_tokens,
        limits=ReaderLimits.within(settings.answer_seconds),
    )
    closing.push_async_callback(reader.aclose)
    return reader


def build_quoter() -> Reader:
    """Return the reader without a model."""
    from core.minilm.files import ordinary_words
    from core.quote.reader import ExtractiveReader

    return ExtractiveReader(ordinary_words())


async def choose_reranker(settings: Settings, closing: AsyncExitStack) -> Reranker | None:
    """Return Cohere's reranker, or None without a key."""
    key = settings.cohere_api_key.get_secret_value()
    if not key:
        return None
    from core.models.cohere import CohereReranker

    reranker = CohereReranker(api_key=key, base_url=settings.cohere_base_url, model=settings.rerank_model)
    closing.push_async_callback(reranker.aclose)
    return reranker


def _key(settings: Settings, purpose: str) -> str:
    """Return the key, or a dummy for a self-hosted server. Raises `ConfigurationError`."""
    key = settings.openai_api_key.get_secret_value()
    if not key and not settings.openai_base_url:
        raise ConfigurationError(
            f"OPENAI_API_KEY is needed for {purpose}: set it, or set OPENAI_BASE_URL to a server of your own, or go "
            "keyless with CHAT_MODEL=extractive and EMBEDDING_MODEL=local (`footnote crawl --reembed` moves an index)."
        )
    return key or NO_KEY


async def dimensions_of(embedder: Embedder) -> int:
    """Return the length of the model's vectors; a remote model of unknown length is asked once."""
    return embedder.dimensions or len(await embedder.embed_query("dimensions"))
