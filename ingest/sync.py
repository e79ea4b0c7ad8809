"""From what a crawl found to what readers see: stage, judge, embed what is absent, switch.

    Outcome* ──> Tally, staged pages ──> Verdict ──┬─ ok, partial ───────> embed ──> switch (one transaction)
                                                   └─ quarantined, aborted ──> readers keep what they have

The verdict itself is `ingest.verdict`'s. Fetches nothing and parses nothing (that is `ingest.crawl`); knows no SQL
(that is behind `core.ports.Crawling`).
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from core.domain import CrawlReport, Source, Verdict
from core.errors import ModelError, SiteUnreachable
from core.ports import Corpus, Crawling, Embedder, KnownPage, StagedPage, Switched
from ingest.pages import Failed, Gone, Kept, Outcome, Skipped, Unchanged
from ingest.verdict import Judgement, Tally, forced, judge, leavers

STAGE_PAGES, EMBED_PASSAGES = 50, 256
"""Pages staged and passages embedded at a time. What was embedded survives a killed crawl, what was staged does not."""

Walk: TypeAlias = Callable[[Mapping[str, KnownPage]], AsyncGenerator[Outcome, None]]
"""Given what is known of the source's pages, what a crawl finds; of two outcomes of one url the later counts."""


@dataclass(frozen=True, slots=True)
class Progress:
    """For whoever watches: `stage` is "crawl", "embed" or "switch"."""

    stage: str
    pages: int = 0
    skipped: int = 0
    embedded: int = 0
    to_embed: int = 0


Watch: TypeAlias = Callable[[Progress], None]


async def sync(
    source: Source, corpus: Corpus, embedder: Embedder, walk: Walk, *, watch: Watch, force: bool = False
) -> CrawlReport:
    """Crawl a source and let readers see the result, unless the verdict is against it.

    `force` switches although pages are missing. Raises `SourceBusy`, `StoreError`; a site or a model that fails is a
    verdict in the report.
    """
    started = time.monotonic()
    async with corpus.crawl(source) as crawling:
        known = await crawling.known_pages()
        tally, judgement = await _collect(crawling, walk, known, watch)
        if judgement is None:
            judgement = judge(tally, known, await crawling.outlook())
        if force:
            judgement = forced(judgement)
        switched = Switched(0, 0, source.passages)
        if judgement.switches:
            judgement, switched = await _embed_and_switch(crawling, embedder, tally, known, judgement, watch)
        report = _report(source, tally, judgement, switched, time.monotonic() - started)
        await crawling.finish(report)
    return report


async def _collect(
    crawling: Crawling, walk: Walk, known: Mapping[str, KnownPage], watch: Watch
) -> tuple[Tally, Judgement | None]:
    """Stage what is found. A judgement only where the site could not be read at all."""
    tally = Tally()
    try:
        await _stage_all(crawling, walk, known, watch, tally)
    except SiteUnreachable as error:
        return tally, Judgement(Verdict.ABORTED, str(error))
    return tally, None


async def _stage_all(
    crawling: Crawling, walk: Walk, known: Mapping[str, KnownPage], watch: Watch, tally: Tally
) -> None:
    stage = _Stage(crawling)
    async with aclosing(walk(known)) as outcomes:
        async for outcome in outcomes:
            tally.take(outcome)
            if page := _staged(outcome, known):
                await stage.add(page, tally)
            watch(_progress("crawl", tally))
    await stage.close(tally)


class _Stage:
    """Pages on their way into the store, some at a time; those that turn out to be duplicates are taken back."""

    def __init__(self, crawling: Crawling) -> None:
        self._crawling = crawling
        self._waiting: list[StagedPage] = []
        self._staged: set[str] = set()

    async def add(self, page: StagedPage, tally: Tally) -> None:
        self._waiting.append(page)
        if len(self._waiting) == STAGE_PAGES:
            await self._flush()
            state = {"stage": "crawl", "pages": tally.found_so_far, "skipped": len(tally.skipped)}
            await self._crawling.progress(state)

    async def close(self, tally: Tally) -> None:
        await self._flush()
        if withdrawn := self._staged - tally.found:
            await self._crawling.unstage(withdrawn)

    async def _flush(self) -> None:
        if self._waiting:
            await self._crawling.stage(self._waiting)
            self._staged |= {page.url for page in self._waiting}
            self._waiting = []


def _staged(outcome: Outcome, known: Mapping[str, KnownPage]) -> StagedPage | None:
    match outcome:
        case Kept():
            return StagedPage(
                outcome.url,
                outcome.title,
                outcome.etag,
                outcome.last_modified,
                outcome.links,
                outcome.passages,
                outcome.fingerprint,
            )
        case Unchanged():
            page = known[outcome.url]
            return StagedPage(
                page.url,
                etag=page.etag,
                last_modified=page.last_modified,
                links=page.links,
                fingerprint=page.fingerprint,
            )
        case Skipped() | Gone() | Failed():
            return None
        case _:
            assert_never(outcome)


async def _embed_and_switch(
    crawling: Crawling,
    embedder: Embedder,
    tally: Tally,
    known: Mapping[str, KnownPage],
    judgement: Judgement,
    watch: Watch,
) -> tuple[Judgement, Switched]:
    try:
        await _embed(crawling, embedder, tally, watch)
    except ModelError as error:
        # What was embedded is kept: the next crawl goes on from there.
        return Judgement(Verdict.ABORTED, f"embedding failed: {error}"), Switched(0, 0, 0)
    watch(_progress("switch", tally))
    missed, gone = leavers(tally, known, forced=judgement.forced)
    return judgement, await crawling.switch(missed, gone)


async def _embed(crawling: Crawling, embedder: Embedder, tally: Tally, watch: Watch) -> None:
    """Give every staged passage without a vector one."""
    absent = await crawling.absent()
    state = replace(_progress("embed", tally), to_embed=len(absent))
    watch(state)
    for start in range(0, len(absent), EMBED_PASSAGES):
        texts = await crawling.texts(absent[start : start + EMBED_PASSAGES])
        vectors = await embedder.embed_passages([text for _, text in texts])
        await crawling.store_vectors([(identity, vector) for (identity, _), vector in zip(texts, vectors, strict=True)])
        tally.embedded += len(texts)
        state = replace(state, embedded=tally.embedded)
        watch(state)
        await crawling.progress({"stage": state.stage, "embedded": state.embedded, "to_embed": state.to_embed})


def _progress(stage: str, tally: Tally) -> Progress:
    return Progress(stage, pages=tally.found_so_far, skipped=len(tally.skipped), embedded=tally.embedded)


def _report(source: Source, tally: Tally, judgement: Judgement, switched: Switched, seconds: float) -> CrawlReport:
    return CrawlReport(
        source=source.name,
        pages=tally.found_so_far,
        fetched=len(tally.kept),
        not_modified=len(tally.unchanged),
        passages=switched.kept + switched.added if judgement.switches else source.passages,
        embedded=tally.embedded,
        removed=switched.removed,
        dropped_short=tally.dropped_short,
        skipped=tally.reasons,
        verdict=judgement.verdict,
        seconds=round(seconds, 2),
        reason=judgement.reason,
    )
