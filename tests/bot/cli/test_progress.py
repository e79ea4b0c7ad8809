"""How far a crawl is, as people and log files are shown it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bot.cli.crawl import draw_next, draw_report
from bot.cli.progress import LINE_EVERY, WINDOW, ProgressDescriber, Rate, build_log_watch, crawl_bar, format_duration
from core.index.crawling import CrawlReport, Verdict
from core.work.port import Phase
from ingest.sync import Progress


class Clock:
    """A clock that stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def paper(*, terminal: bool = False, width: int = 80) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=terminal, highlight=False, color_system=None), out


def test_a_pace_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    pace = Rate(clock)
    assert pace.take(0) == 0.0
    for count in range(1, 101):
        clock.now += 0.1
        rate = pace.take(count)
    assert rate == pytest.approx(10)
    for count in range(101, 111):  # the site becomes slow
        clock.now += WINDOW / 10
        rate = pace.take(count)
    assert rate == pytest.approx(1, rel=0.2)


def test_the_line_says_how_far_how_fast_and_how_long_still() -> None:
    clock = Clock()
    teller = ProgressDescriber(clock)
    assert teller.describe(Progress(Phase.CRAWL, pages=1, skipped=2)) == "1 page, 2 skipped, 0.0 pages/s"
    clock.now += 2
    assert teller.describe(Progress(Phase.CRAWL, pages=1401, skipped=2)) == "1,401 pages, 2 skipped, 700.0 pages/s"
    assert teller.describe(Progress(Phase.EMBED, to_embed=9000)) == "0 of 9,000 embedded"
    clock.now += 4
    line = teller.describe(Progress(Phase.EMBED, embedded=400, to_embed=9000))
    assert line == "400 of 9,000 embedded, 100/s, 86 s left"
    assert teller.describe(Progress(Phase.EMBED, embedded=9000, to_embed=9000)) == "9,000 of 9,000 embedded"
    assert teller.describe(Progress(Phase.SWITCH)) == "letting readers see it"
    waits = Progress(Phase.GRAPH, to_index=9000, step="waiting for writers before build")
    assert teller.describe(waits) == "building the graph: waiting for writers before build"
    assert teller.describe(Progress(Phase.GRAPH, indexed=10, to_index=9000)) == "10 of 9,000 in the graph"
    clock.now += 4
    line = teller.describe(Progress(Phase.GRAPH, indexed=4010, to_index=9000, step="building index"))
    assert line == "4,010 of 9,000 in the graph, 1000/s, 5 s left"
    ends = Progress(Phase.GRAPH, indexed=9000, to_index=9000, step="waiting for old snapshots")
    assert teller.describe(ends) == "building the graph: waiting for old snapshots"


@pytest.mark.parametrize(("seconds", "text"), [(38.2, "38 s"), (150, "2 min"), (5400, "90 min"), (9000, "2 h 30 min")])
def test_time_left_is_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_without_a_terminal_there_is_a_plain_line_now_and_then() -> None:
    clock = Clock()
    screen, out = paper()
    watch = build_log_watch(screen, "docs", clock)
    watch(Progress(Phase.CRAWL, pages=1))
    assert out.getvalue() == ""
    clock.now += LINE_EVERY
    watch(Progress(Phase.CRAWL, pages=21, skipped=3))
    watch(Progress(Phase.CRAWL, pages=22, skipped=3))
    assert out.getvalue() == "docs: 21 pages, 3 skipped, 2.0 pages/s\n"


def test_the_bar_fits_into_eighty_columns() -> None:
    screen, out = paper(terminal=True)
    with crawl_bar(screen, "docs-example-org-en-latest") as watch:
        watch(Progress(Phase.EMBED, embedded=0, to_embed=80_000))
        watch(Progress(Phase.EMBED, embedded=12_345, to_embed=80_000))
    drawn = [line for line in out.getvalue().splitlines() if "embedded" in line]
    assert any("12,345 of 80,000 embedded" in line for line in drawn)


def report(verdict: Verdict, **skipped: int) -> CrawlReport:
    return CrawlReport("docs", 3, 3, 0, 9, 9, 0, 0, skipped, verdict, 1.5, "half of the pages are missing")


def test_the_end_says_what_to_do_about_a_quarantine_and_where_the_skipped_urls_are() -> None:
    screen, out = paper()
    draw_report(screen, report(Verdict.QUARANTINED, pdf=2, noindex=1))
    draw_next(screen, report(Verdict.QUARANTINED, pdf=2, noindex=1))
    text = out.getvalue()
    assert "3 skipped: 2 pdf, 1 noindex" in text
    assert "footnote crawl docs --force" in text
    assert "footnote sources skipped docs" in text


def test_the_end_of_a_clean_crawl_asks_for_nothing() -> None:
    screen, out = paper()
    draw_next(screen, report(Verdict.OK))
    assert out.getvalue() == ""
