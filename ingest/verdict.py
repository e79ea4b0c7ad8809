"""Whether what a crawl found may replace what readers have. Comes before any delete.

    nothing found                                      aborted       readers keep what they have
    lost pages > max(5, 20 %), passages < 70 %         quarantined   the same, until an admin forces it
    some pages failed, the page limit was reached,     partial       switched; what failed stays as it was
    or a fifth of the site cannot be read
    else                                               ok            switched

Lost: a known page that was not found, for any reason but a few (`_NOT_LOST`). Leavers: 410, 404 seen twice, and pages
left out on purpose. Pure; docs/decisions/0007 says what the numbers keep out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from core.domain import Edition
from core.index.crawling import KnownPage, Outlook, Verdict
from ingest.frontier import DEPTH, LIMITS, OUT_OF_SCOPE, PAGE_LIMIT, TIME_LIMIT, UNREAD_VARIANTS
from ingest.html.trouble import BARRIERS, NEEDS_SCRIPT
from ingest.outcomes import MOVED
from ingest.pages import Failed, Gone, Kept, Outcome, Skipped, Unchanged
from ingest.patterns import EXCLUDED, NOT_INCLUDED
from ingest.visit import LOGIN

LOST_PAGES, LOST_SHARE, KEPT_SHARE = 5, 0.20, 0.70
UNREAD_SHARE = 0.20
"""Pages that could not be read, of those that could be or not: a larger share is a large part of the site."""

_NOT_LOST = frozenset({MOVED, OUT_OF_SCOPE, NOT_INCLUDED, EXCLUDED, *LIMITS})
"""The page has a new url, the operator no longer wants it, or it was not requested."""

_UNREAD = BARRIERS | {
    *(NEEDS_SCRIPT, DEPTH, UNREAD_VARIANTS, f"redirect, {LOGIN}", "login", "too large", "http 401", "http 403"),
    *("http 429", "parser timed out", "parser ran out of memory", "parser crashed"),
}
"""There is a page, and nobody meant to leave it out."""

_GONE = 410
_NOT_FOUND = 404


@dataclass(slots=True)
class Tally:
    """What became of the urls so far; of two outcomes of one url, the later counts. `editions` come at the end."""

    kept: set[str] = field(default_factory=set)
    unchanged: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    dropped_short: int = 0
    embedded: int = 0
    editions: Mapping[str, Edition] = field(default_factory=dict)

    def take(self, outcome: Outcome) -> None:
        """Count one outcome."""
        match outcome:
            case Kept():
                self.kept.add(outcome.url)
                self.dropped_short += outcome.dropped_short
            case Unchanged():
                self.unchanged.add(outcome.url)
            case Skipped():
                self.kept.discard(outcome.url)
                self.unchanged.discard(outcome.url)
                self.skipped[outcome.url] = outcome.reason
            case Gone():
                self.kept.discard(outcome.url)
                self.unchanged.discard(outcome.url)
                self.gone[outcome.url] = outcome.status
            case Failed():
                self.failed[outcome.url] = outcome.reason
            case _:
                assert_never(outcome)

    def lose(self, url: str, reason: str) -> None:
        """Count a page that was found, but whose text was lost, as one that could not be read."""
        self.kept.discard(url)
        self.failed[url] = reason

    @property
    def found(self) -> set[str]:
        """The urls of pages that were found."""
        return self.kept | self.unchanged

    @property
    def found_so_far(self) -> int:
        """The number of pages found; cheap, as it is read after every outcome."""
        return len(self.kept) + len(self.unchanged)

    @property
    def left_out(self) -> Mapping[str, str]:
        """Every url that is not in the index, with its reason."""
        return {url: f"http {status}" for url, status in self.gone.items()} | self.failed | self.skipped

    @property
    def reasons(self) -> Mapping[str, int]:
        """The number of urls that were left out, by reason."""
        missing = Counter(f"http {status}" for status in self.gone.values())
        return dict(Counter(self.skipped.values()) + missing + Counter(self.failed.values()))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a crawl, with its reason where it is not ok. `forced`: an admin has overruled a quarantine."""

    verdict: Verdict
    reason: str = ""
    forced: bool = False

    @property
    def switches(self) -> bool:
        """Whether readers will see what was found."""
        return self.verdict in (Verdict.OK, Verdict.PARTIAL)


def judge(tally: Tally, known: Mapping[str, KnownPage], outlook: Outlook) -> Judgement:
    """Return the judgement on a crawl. `outlook`: the number of passages that readers have, and would have."""
    lost = sum(url not in tally.found and tally.skipped.get(url) not in _NOT_LOST for url in known)
    if not tally.found or not outlook.after:
        return Judgement(Verdict.ABORTED, f"no page with text was found ({_why_none(tally)})")
    if lost > max(LOST_PAGES, LOST_SHARE * len(known)):
        return Judgement(Verdict.QUARANTINED, f"{lost} of {len(known)} known pages are missing")
    if outlook.after < KEPT_SHARE * outlook.before:
        return Judgement(Verdict.QUARANTINED, f"only {outlook.after} of {outlook.before} passages would be left")
    incomplete = _incomplete(tally, known)
    return Judgement(Verdict.PARTIAL, incomplete) if incomplete else Judgement(Verdict.OK)


def _incomplete(tally: Tally, known: Mapping[str, KnownPage]) -> str:
    notes = []
    if tally.failed:
        stay = sum(url in known for url in tally.failed)
        stayed = f", of which {stay} stay as they were" if stay else ""
        notes.append(f"{_count(len(tally.failed), 'page')} could not be read{stayed}")
    if beyond := sum(reason == PAGE_LIMIT for reason in tally.skipped.values()):
        notes.append(f"the page limit was reached, {_count(beyond, 'url')} not asked for (CRAWL_MAX_PAGES)")
    if beyond := sum(reason == TIME_LIMIT for reason in tally.skipped.values()):
        notes.append(f"the time was up, {_count(beyond, 'url')} not asked for (CRAWL_MAX_MINUTES)")
    unread = Counter(reason for reason in tally.skipped.values() if reason in _UNREAD)
    if unread.total() > UNREAD_SHARE * (tally.found_so_far + unread.total()):
        reasons = ", ".join(f"{count} x {reason}" for reason, count in unread.most_common(3))
        notes.append(f"a large part of the site was left out ({reasons})")
    return "; ".join(notes)


def _count(number: int, noun: str) -> str:
    """Return a number with its noun: `(1, "page")` -> `"1 page"`, `(2, "page")` -> `"2 pages"`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _why_none(tally: Tally) -> str:
    common = Counter(tally.reasons).most_common(3)
    return ", ".join(f"{count} x {reason}" for reason, count in common) or "the site has no pages in scope"


def forced(judgement: Judgement) -> Judgement:
    """Return the judgement with a quarantine overruled. Any other stays: a site that is gone shows nothing."""
    if judgement.verdict is not Verdict.QUARANTINED:
        return judgement
    return replace(judgement, verdict=Verdict.PARTIAL, reason=f"forced although {judgement.reason}", forced=True)


def leavers(tally: Tally, known: Mapping[str, KnownPage], *, forced: bool = False) -> tuple[list[str], list[str]]:
    """Return the known pages that were not found as (missed, gone): missed once, and leaving the index now.

    A missed page leaves when it is missed again; with `forced`, a 404 need not be seen twice. Pages that failed, or
    were not requested, are in neither list.
    """
    missed, gone = [], []
    for url in known.keys() - tally.found:
        status = tally.gone.get(url)
        again = forced or known[url].misses >= 1
        on_purpose = url in tally.skipped and tally.skipped[url] not in LIMITS
        if on_purpose or status == _GONE or (status == _NOT_FOUND and again):
            gone.append(url)
        elif status is not None:
            missed.append(url)
    return sorted(missed), sorted(gone)
