"""Turns what a crawl found into what readers see: stage, judge, embed what is absent, switch.

    Outcome* ──> Tally, staged pages ──> Verdict ──┬─ ok, partial ───────> embed ──> switch (one transaction)
                                                   └─ quarantined, aborted ──> readers keep what they have
    then the graph, should the index be large and lack it

`ingest.verdict` makes the verdict. Fetches and parses nothing (`ingest.crawl` does), and knows no SQL (that is behind
`core.index.crawling.Crawling`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from core.domain import Source
from core.errors import ModelError, SiteUnreachable, StoreError
from core.index.crawling import Corpus, Crawling, CrawlReport, GraphProgress, KnownPage, StagedPage, Switched, Verdict
from core.ports import Embedder
from core.work.port import Phase
from ingest.embedding import embed_all
from ingest.pages import Editions, Failed, Found, Gone, Kept, Outcome, Skipped, Unchanged, Visited
from ingest.verdict import Judgement, Tally, forced, judge, leavers

STAGE_VISITS, STAGE_SECONDS = 50, 2.0
"""Visits stored at a time, and seconds between two writes: after a kill, no more than these are made again."""

Walk: TypeAlias = Callable[[Mapping[str, KnownPage], Mapping[str, bytes]], AsyncGenerator[Found, None]]
"""Takes the source's known pages, and the visits of a killed process of this crawl; yields what the crawl finds.

Of two outcomes of one url, the later counts.
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl is. `stage` is the phase, as rows of requests name it; `step` is what Postgres does in it."""

    stage: Phase
    pages: int = 0
    skipped: int = 0
    embedded: int = 0
    to_embed: int = 0
    indexed: int = 0
    to_index: int = 0
    step: str = ""


Watch: TypeAlias = Callable[[Progress], None]

_log = logging.getLogger(__name__)


async def sync(
    source: Source, corpus: Corpus, embedder: Embedder, walk: Walk, *, watch: Watch, force: bool = False
) -> CrawlReport:
    """Crawl a source, show readers the result unless the verdict is against it, and return the report.

    `force` switches even if pages are missing. The report is stored before the graph is built. A site or a model that
    fails is a verdict in the report. Raises `SourceBusy`, `StoreError`.
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
        await crawling.finish(report, tally.left_out)
    await build_graph(corpus, watch, _progress(Phase.GRAPH, tally))
    return report


async def build_graph(corpus: Corpus, watch: Watch, state: Progress) -> None:
    """Build the graph where it is missing. A failure is logged: the crawl is done, and the next crawl tries again.

    No source is locked meanwhile, so other crawls go on. `state` is the crawl's progress so far.
    """

    def watch_graph(seen: GraphProgress) -> None:
        watch(replace(state, indexed=seen.done, to_index=seen.rows, step=seen.step))

    try:
        await corpus.build_graph(watch_graph)
    except StoreError as error:
        _log.warning("The graph could not be built, so searches may use words alone until the next crawl: %s", error)


async def _collect(
    crawling: Crawling, walk: Walk, known: Mapping[str, KnownPage], watch: Watch
) -> tuple[Tally, Judgement | None]:
    """Stage what is found, and return the tally. The judgement is None unless the site could not be read at all."""
    tally = Tally()
    try:
        await _stage_all(crawling, walk, known, watch, tally)
    except SiteUnreachable as error:
        return tally, Judgement(Verdict.ABORTED, str(error))
    return tally, None


async def _stage_all(
    crawling: Crawling, walk: Walk, known: Mapping[str, KnownPage], watch: Watch, tally: Tally
) -> None:
    before = await crawling.resumed()
    stage = _Stage(crawling, before.staged)
    async with aclosing(walk(known, before.visited)) as outcomes:
        async for found in outcomes:
            if isinstance(found, Editions):
                tally.editions = found.by_url
                continue
            if isinstance(found, Visited):
                await stage.note(found, new=found.url not in before.visited)
                continue
            tally.take(found)
            if page := _staged(found, known):
                stage.add(page)
            watch(_progress(Phase.CRAWL, tally))
    await stage.close(tally)


class _Stage:
    """Stages pages and visits, some at a time; pages that turn out to be duplicates are unstaged.

    `staged`: urls of pages that an earlier process of this crawl has staged.
    """

    def __init__(self, crawling: Crawling, staged: Collection[str]) -> None:
        self._crawling = crawling
        self._pages: list[StagedPage] = []
        self._visits: list[tuple[str, bytes]] = []
        self._staged = set(staged)
        self._without_text: set[str] = set()
        self._stored_at = time.monotonic()

    def add(self, page: StagedPage) -> None:
        """Add a page, once per url, even if an earlier process of this crawl has added it."""
        if page.url in self._staged:
            return
        if page.fingerprint and page.passages == ():
            # A replayed visit whose text is not staged: it was unstaged, and will be again, or it is lost.
            self._without_text.add(page.url)
        else:
            self._staged.add(page.url)
            self._pages.append(page)

    async def note(self, visited: Visited, *, new: bool) -> None:
        """Note that a visit is over. It is stored with the pages it staged, now or soon."""
        if new:
            self._visits.append((visited.url, visited.record))
        late = time.monotonic() - self._stored_at > STAGE_SECONDS
        if len(self._visits) >= STAGE_VISITS or (late and self._visits):
            await self._store()

    async def close(self, tally: Tally) -> None:
        await self._store()
        if withdrawn := self._staged - tally.found:
            await self._crawling.unstage(withdrawn)
        for url in self._without_text & tally.found:
            tally.lose(url, "lost when a process was killed")

    async def _store(self) -> None:
        if self._pages or self._visits:
            await self._crawling.stage(self._pages, self._visits)
        self._pages, self._visits = [], []
        self._stored_at = time.monotonic()


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
                outcome.says,
            )
        case Unchanged():
            page = known[outcome.url]
            return StagedPage(
                page.url,
                etag=page.etag,
                last_modified=page.last_modified,
                links=page.links,
                fingerprint=page.fingerprint,
                says=page.says,
                reading=page.reading,
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
        # What was embedded stays: the next crawl goes on from there.
        return Judgement(Verdict.ABORTED, f"embedding failed: {error}"), Switched(0, 0, 0)
    watch(_progress(Phase.SWITCH, tally))
    missed, gone = leavers(tally, known, forced=judgement.forced)
    return judgement, await crawling.switch(missed, gone, tally.editions)


async def _embed(crawling: Crawling, embedder: Embedder, tally: Tally, watch: Watch) -> None:
    """Give every staged passage without a vector one, with the help of any workers there are."""
    absent = await crawling.absent()
    state = replace(_progress(Phase.EMBED, tally), to_embed=len(absent))

    def report_progress(left: int) -> None:
        tally.embedded = max(0, len(absent) - left)
        watch(replace(state, embedded=tally.embedded))

    if absent:
        await crawling.share(absent)
        await embed_all(crawling.batches(), embedder, report_progress)
    else:
        watch(state)


def _progress(stage: Phase, tally: Tally) -> Progress:
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
