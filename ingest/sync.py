"""From what a crawl found to what readers see: stage, embed what is absent, judge, switch.

    Outcome* ──> Tally ──> staged pages ──> Verdict ──┬─ ok, partial ───────> embed ──> switch (one transaction)
                                                      └─ quarantined, aborted ──> readers keep what they have

Fetches nothing and parses nothing (that is `ingest.crawl`); knows no SQL (that is behind `core.ports.Crawling`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, assert_never

from core.domain import CrawlReport, Source, Verdict
from core.errors import ModelError, SiteUnreachable
from core.ports import Corpus, Crawling, Embedder, KnownPage, Outlook, StagedPage, Switched
from ingest.pages import Failed, Gone, Kept, Outcome, Skipped, Unchanged

STAGE_PAGES, EMBED_PASSAGES = 50, 256
"""Pages staged and passages embedded at a time: what a killed crawl loses at most."""

LOST_PAGES, LOST_SHARE, KEPT_SHARE = 5, 0.20, 0.70
"""Quarantine when more than max(5, 20 %) of the known pages are lost, or passages fall below 70 % (facts/ingest.md)."""

Walk: TypeAlias = Callable[[Mapping[str, KnownPage]], AsyncIterator[Outcome]]
"""Given what is known of the source's pages, what a crawl finds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """For whoever watches: `stage` is "crawl", "embed" or "switch"."""

    stage: str
    pages: int = 0
    skipped: int = 0
    embedded: int = 0
    to_embed: int = 0


Watch: TypeAlias = Callable[[Progress], None]


@dataclass(slots=True)
class Tally:
    """What became of the urls so far."""

    kept: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    dropped_short: int = 0
    embedded: int = 0

    def take(self, outcome: Outcome) -> None:
        """Count one outcome."""
        match outcome:
            case Kept():
                self.kept.add(outcome.url)
                self.dropped_short += outcome.dropped_short
            case Unchanged():
                self.unchanged.add(outcome.url)
            case Skipped():
                self.skipped[outcome.url] = outcome.reason
            case Gone():
                self.gone[outcome.url] = outcome.status
            case Failed():
                self.failed[outcome.url] = outcome.reason
            case _:
                assert_never(outcome)

    @property
    def found(self) -> set[str]:
        """Pages that are there."""
        return self.kept | self.unchanged

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many urls were left out, by reason."""
        missing = Counter(f"http {status}" for status in self.gone.values())
        return dict(Counter(self.skipped.values()) + missing + Counter(self.failed.values()))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a crawl, in words where it is not ok."""

    verdict: Verdict
    reason: str = ""

    @property
    def switches(self) -> bool:
        return self.verdict in (Verdict.OK, Verdict.PARTIAL)


def judge(tally: Tally, known: Mapping[str, KnownPage], outlook: Outlook) -> Judgement:
    """Whether what was found may replace what readers have. Comes before any delete."""
    lost = [url for url in known if url not in tally.found and url not in tally.skipped]
    if not outlook.after or not tally.found:
        return Judgement(Verdict.ABORTED, f"no page with text was found ({_why_none(tally)})")
    if len(lost) > max(LOST_PAGES, LOST_SHARE * len(known)):
        return Judgement(Verdict.QUARANTINED, f"{len(lost)} of {len(known)} known pages are missing")
    if outlook.after < KEPT_SHARE * outlook.before:
        return Judgement(Verdict.QUARANTINED, f"only {outlook.after} of {outlook.before} passages would be left")
    if tally.failed:
        return Judgement(Verdict.PARTIAL, f"{len(tally.failed)} pages could not be read and stay as they were")
    return Judgement(Verdict.OK)


def _why_none(tally: Tally) -> str:
    common = Counter(tally.reasons).most_common(3)
    return ", ".join(f"{count} x {reason}" for reason, count in common) or "the site has no pages in scope"


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
        if force and judgement.verdict is Verdict.QUARANTINED:
            judgement = Judgement(Verdict.PARTIAL, f"forced although {judgement.reason}")
        switched = Switched(0, 0, source.passages)
        if judgement.switches:
            judgement, switched = await _embed_and_switch(crawling, embedder, tally, known, judgement, watch)
        report = _report(source, tally, judgement, switched, time.monotonic() - started)
        await crawling.finish(report)
    return report


async def _collect(
    crawling: Crawling, walk: Walk, known: Mapping[str, KnownPage], watch: Watch
) -> tuple[Tally, Judgement | None]:
    """Stage pages as they come. A judgement only where the site could not be read at all."""
    tally = Tally()
    waiting: list[StagedPage] = []
    try:
        async for outcome in walk(known):
            tally.take(outcome)
            if staged := _staged(outcome, known):
                waiting.append(staged)
            if len(waiting) >= STAGE_PAGES:
                await crawling.stage(waiting)
                waiting.clear()
            watch(Progress("crawl", pages=len(tally.found), skipped=len(tally.skipped)))
    except SiteUnreachable as error:
        return tally, Judgement(Verdict.ABORTED, str(error))
    await crawling.stage(waiting)
    return tally, None


def _staged(outcome: Outcome, known: Mapping[str, KnownPage]) -> StagedPage | None:
    match outcome:
        case Kept():
            return StagedPage(
                outcome.url, outcome.title, outcome.etag, outcome.last_modified, outcome.links, outcome.passages
            )
        case Unchanged():
            page = known[outcome.url]
            return StagedPage(page.url, etag=page.etag, last_modified=page.last_modified, links=page.links)
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
    missed, gone = leavers(tally, known)
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


def leavers(tally: Tally, known: Mapping[str, KnownPage]) -> tuple[list[str], list[str]]:
    """(missed, gone) of the known pages that were not found: 410, 404 seen twice and left out on purpose are gone."""
    missed, gone = [], []
    for url in known.keys() - tally.found:
        status = tally.gone.get(url)
        if url in tally.skipped or status == 410 or (status == 404 and known[url].misses >= 1):
            gone.append(url)
        elif url not in tally.failed:
            missed.append(url)
    return sorted(missed), sorted(gone)


def _progress(stage: str, tally: Tally) -> Progress:
    return Progress(stage, pages=len(tally.found), skipped=len(tally.skipped), embedded=tally.embedded)


def _report(source: Source, tally: Tally, judgement: Judgement, switched: Switched, seconds: float) -> CrawlReport:
    return CrawlReport(
        source=source.name,
        pages=len(tally.found),
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
