"""Checks whether everything that answering and crawling need is there: one line each, which says what to do.

    check_settings   what is set, and what follows from it          nothing is opened
    check_store      Postgres, pgvector, the index, the sources     reads only
    check_answers    what broke for the latest answers in chat      reads only
    check_models     what a question asks of each model             costs tokens where a model is paid for

Repairs nothing. Whether there is a database at all is known before these run (`core.wiring.open_footnote`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from core.answer.trace import PARTS
from core.config.settings import Settings, env_file, names, withheld
from core.domain import Hit, Passage, Source
from core.errors import FootnoteError
from core.health_check import Check, Health
from core.health_reader import build_failure, check_reader
from core.inbox.channels import may_see
from core.index.crawling import Verdict
from core.plural import format_count
from core.wiring import Footnote

__all__ = [
    "Check",
    "Health",
    "check_answers",
    "check_disk",
    "check_models",
    "check_settings",
    "check_store",
    "check_tokens",
    "check_workers",
]

_NAMED = 5
_NEXT_FILE = 16 << 20
"""Bytes of the next file of Postgres' write-ahead log: a server that cannot make it ends all changes."""


def check_settings(settings: Settings) -> Iterator[Check]:
    """Yield where settings come from and what is set, in words; never a secret."""
    written = env_file()
    where = f"from the environment and {written.path}" if written else f"from the environment; {Path.cwd()} has no .env"
    yield Check("settings", Health.OK, where)
    for name, meant in written.find_misspelt(names()) if written else ():
        yield Check("settings", Health.NOTE, f"{name} in .env is no setting and does nothing: is {meant} meant?")
    for sentence in withheld():
        yield Check("settings", Health.NOTE, sentence)
    if settings.database_url.get_secret_value():
        yield Check("database", Health.OK, "DATABASE_URL is set: state lives in that Postgres")
    else:
        yield Check("database", Health.OK, f"DATABASE_URL is not set: an embedded Postgres in {settings.folder}")
    if not settings.openai_api_key.get_secret_value() and not settings.openai_base_url:
        yield Check(
            "models",
            Health.NOTE,
            "neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: passages are embedded on this machine, and answers "
            "are quoted from the pages instead of written",
        )


async def check_store(footnote: Footnote, audience: frozenset[str] | None = None) -> AsyncIterator[Check]:
    """Yield the versions, the model of the index, and the last crawl of each source that `audience` sees (None: all).

    Sources that it does not see are not counted either. Raises `StoreError`.
    """
    versions = await footnote.database.versions()
    sources = [source for source in await footnote.catalog.list() if may_see(source.visible_to, audience)]
    passages = versions.passages if audience is None else sum(source.passages for source in sources)
    yield Check("postgres", Health.OK, f"Postgres {versions.postgres} with pgvector {versions.pgvector}")
    space = footnote.database.space
    made_with = f"embedded with {space.model} ({space.dimensions} numbers)" if space else "no embedding model yet"
    held = f"{format_count(passages, 'passage')} of {format_count(len(sources), 'source')}"
    yield Check("index", Health.OK, f"{held}, {made_with}")
    if footnote.embedded is not None:
        status = await asyncio.to_thread(footnote.embedded.status)
        size = f"{status.size / 1e6:.0f} MB in {status.data}, as user {status.user}"
        yield Check("embedded", Health.OK, f"{size}; socket in {status.sockets}, pg_dump in {status.programs}")
        for check in check_disk(status.data, status.free, status.size):
            yield check
    async for check in _check_graph(footnote):
        yield check
    if not sources:
        yield Check("sources", Health.NOTE, "there are none yet: footnote sources add https://docs.example.org/")
    for check in sorted(map(_of_source, sources), key=lambda check: check.health is Health.OK):
        yield check
    if old := [source for source in sources if source.old_reading]:
        yield _of_readings(old)


def check_disk(data: Path, free: int, size: int) -> Iterator[Check]:
    """Yield what is wrong with the room on the disk of the embedded Postgres; nothing where there is enough.

    `free` is the bytes that are left on the disk, `size` those of the folder `data`.
    """
    left = f"{free / 1e6:.0f} MB are left"
    if free < _NEXT_FILE:
        says = f"the disk that holds {data} is full ({left}), so nothing can be stored: free some space"
        yield Check("disk", Health.FAIL, says)
    elif free < size:
        says = f"{left}, less than the index takes: a crawl that changes all pages may fill the disk"
        yield Check("disk", Health.NOTE, says)


async def _check_graph(footnote: Footnote) -> AsyncIterator[Check]:
    """Yield whether the vectors of a large index can be searched, and whether their graph fits into memory."""
    graph = await footnote.look_at_graph()
    if graph is None:
        return
    by_words = "; questions are answered by words alone until then" if graph.is_awaited else ""
    if graph.size is not None:
        yield Check("graph", Health.OK, f"built, {graph.size >> 20:,} MB")
    elif graph.progress is not None:
        share = 100 * graph.progress.done // max(1, graph.rows)
        yield Check("graph", Health.NOTE, f"being built, {share} % ({graph.progress.step}){by_words}")
    elif graph.is_wanted:
        yield Check("graph", Health.NOTE, f"missing, the next crawl builds it: footnote crawl{by_words}")
    else:
        yield Check("graph", Health.OK, "none: so few passages are looked at one by one")
    if graph.size is None and graph.is_wanted and graph.shortage:
        yield Check("graph", Health.NOTE, graph.shortage)


def _of_source(source: Source) -> Check:
    subject = f"source {source.name}"
    if source.last_crawl is None:
        return Check(subject, Health.NOTE, f"never crawled: footnote crawl {source.name}")
    read = f"{format_count(source.pages, 'page')}, {format_count(source.passages, 'passage')}"
    crawled = f"{read}, crawled {source.last_crawl:%Y-%m-%d %H:%M} UTC"
    match source.verdict:
        case Verdict.OK | Verdict.PARTIAL:
            return Check(subject, Health.OK, f"{crawled} ({source.verdict})")
        case Verdict.QUARANTINED:
            return Check(subject, Health.NOTE, f"{crawled}, in quarantine: footnote crawl {source.name} --force")
        case _:
            return Check(subject, Health.NOTE, f"{crawled}, cut short: footnote crawl {source.name}")


def _of_readings(sources: Sequence[Source]) -> Check:
    pages = format_count(sum(source.old_reading for source in sources), "page")
    names = ", ".join(source.name for source in sources[:_NAMED]) + (", ..." if len(sources) > _NAMED else "")
    says = f"{pages} ({names}) were read by an older version: coming crawls read them again, at once with --reread"
    return Check("reading", Health.NOTE, says)


async def check_workers(footnote: Footnote) -> AsyncIterator[Check]:
    """Yield whether workers are running, and whether they can be woken up. Raises `StoreError`."""
    jobs = footnote.jobs()
    if not await jobs.wakes():
        yield Check(
            "workers",
            Health.FAIL,
            "no wake-up arrives: DATABASE_URL leads through a pooler in transaction mode, and workers need a direct "
            "connection to Postgres",
            configuration=True,
        )
    elif running := await jobs.workers():
        yield Check("workers", Health.OK, f"{running} running, and wake-ups arrive")
    else:
        yield Check("workers", Health.NOTE, "none is running, so no schedule is kept: footnote up")


async def check_answers(footnote: Footnote) -> AsyncIterator[Check]:
    """Yield what broke for the latest answers in chat, and has not worked since. Raises `StoreError`."""
    for trouble in await footnote.history.list_troubles():
        yield Check("answers", Health.NOTE, f"lately without the {PARTS[trouble.part]}: {trouble.describe()}")


async def check_tokens(footnote: Footnote) -> AsyncIterator[Check]:
    """Yield the keys of web pages that are good no more, where no other key took their place. Raises `StoreError`."""
    tokens = await footnote.tokens.list()
    served = {origin for each in tokens if not (each.is_revoked or each.is_expired) for origin in each.origins}
    for token in tokens:
        if not set(token.origins) - served:
            continue
        happened, at = ("was revoked", token.revoked_at) if token.is_revoked else ("expired", token.expires_at)
        pages = ", ".join(sorted(set(token.origins) - served))
        yield Check(
            f"token {token.name}",
            Health.NOTE,
            f"{happened} on {at:%Y-%m-%d}, so the widget on pages of {pages} gets no answers: "
            "make another key for them (`footnote token add`), or take the widget off",
        )


async def check_models(footnote: Footnote) -> AsyncIterator[Check]:
    """Ask each model what a question asks of it, and yield how it went."""
    probe = Hit(Passage("https://doctor.invalid/", "", ("Doctor",), "Is anybody there?"), "doctor", 1.0)
    reader, reranker, settings = footnote.reader, footnote.reranker, footnote.settings
    yield await _probe_model("embedder", footnote.embedder.model, lambda: footnote.embedder.embed_query("Is it there?"))
    if reader.generative:
        silence = settings.silence_seconds or settings.answer_seconds / 3
        async for check in check_reader(reader, settings.prompt_tokens, silence, judges=settings.chat_role == "judge"):
            yield check
    else:
        yield Check("reader", Health.OK, f"{reader.model}: quotes the pages, no model is asked")
    if reranker is None:
        yield Check(
            "reranker",
            Health.NOTE,
            "none: COHERE_API_KEY, RERANK_BASE_URL or RERANK_MODEL=/a/folder switch it on; answers work without it",
        )
    else:
        yield await _probe_model(
            "reranker", reranker.model, lambda: reranker.rerank("Is anybody there?", [probe, probe])
        )


async def _probe_model(subject: str, model: str, ask: Callable[[], Awaitable[object]]) -> Check:
    """Send one small request and return how it went."""
    started = time.perf_counter()
    try:
        await ask()
    except FootnoteError as error:
        return build_failure(subject, model, error)
    return Check(subject, Health.OK, f"{model} answered in {(time.perf_counter() - started) * 1000:.0f} ms")
