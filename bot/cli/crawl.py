"""`footnote crawl`: read sources into the index, with a bar for people and a report for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

import click
from rich.console import Console

from bot.cli.progress import crawl_bar
from bot.cli.running import console, json_option, notices, print_json, with_footnote
from bot.cli.serving import lower_priority
from core.domain import Source
from core.errors import UsageError
from core.index.crawling import CrawlReport, Verdict
from core.wiring import Footnote
from core.work.port import Phase
from ingest.perform import crawl_now
from ingest.sync import Progress, build_graph


@click.command("crawl")
@click.argument("name", required=False)
@click.option("--force", is_flag=True, help="Let readers see the result although many pages are missing.")
@click.option("--reread", is_flag=True, help="Read all pages again that an older version read, changed or not.")
@click.option("--connections", type=click.IntRange(1, 64), help="Requests at once. Default: CRAWL_CONNECTIONS, 5.")
@click.option("--reembed", is_flag=True, help="Embed all stored passages with the model now set; fetch nothing.")
@json_option
def command(
    name: str | None, *, force: bool, reread: bool, connections: int | None, reembed: bool, as_json: bool
) -> None:
    """Crawl the source NAME, or every source, and index what changed.

    \b
    footnote crawl guide
    footnote crawl
    footnote crawl guide --force
    """
    if reembed:
        embedded = with_footnote(_reembed, reembedding=True)
        print_json({"embedded": embedded}) if as_json else console().print(f"Embedded {embedded} passages again.")
        return
    lower_priority()
    options = {"force": force, "reread": reread} | ({"connections": connections} if connections else {})
    reports = with_footnote(lambda footnote: _crawl(footnote, name, options))
    if as_json:
        documents = [asdict(report) for report in reports]
        print_json(documents[0] if name else {"crawls": documents})
    else:
        for report in reports:
            draw_report(console(), report)
            draw_next(console(), report)
    if any(report.verdict in (Verdict.ABORTED, Verdict.QUARANTINED) for report in reports):
        sys.exit(1)


async def _crawl(footnote: Footnote, name: str | None, options: Mapping[str, int]) -> list[CrawlReport]:
    sources = [await footnote.catalog.get(name)] if name else await footnote.catalog.list()
    if not sources:
        raise UsageError("There is no source to crawl: add one with `footnote sources add URL`.")
    return [await crawl_with_bar(footnote, source, options) for source in sources]


async def crawl_with_bar(
    footnote: Footnote, source: Source, options: Mapping[str, int] = MappingProxyType({})
) -> CrawlReport:
    """Crawl one source in this process and show its progress, which its request in the database shows as well.

    `options`: those of a request (`core.work.port.Request`).
    """
    with crawl_bar(notices(), source.name) as watch:
        return await crawl_now(footnote, source, options, watch)


async def _reembed(footnote: Footnote) -> int:
    with crawl_bar(notices(), "re-embedding") as watch:
        embedded = await footnote.reembed(lambda done, all_: watch(Progress(Phase.EMBED, embedded=done, to_embed=all_)))
        await build_graph(footnote.corpus, watch, Progress(Phase.GRAPH))
    return embedded


def draw_report(screen: Console, report: CrawlReport) -> None:
    """Print what a crawl did, in up to three lines."""
    colour = {Verdict.OK: "green", Verdict.PARTIAL: "yellow"}.get(report.verdict, "red")
    because = f": {report.reason}" if report.reason else ""
    screen.print(f"[bold]{report.source}[/] [{colour}]{report.verdict.value}[/]", end="")
    screen.print(f"{because} ({report.seconds:.1f} s)", markup=False, soft_wrap=True)
    screen.print(
        f"  {report.pages:,} pages ({report.fetched:,} fetched, {report.not_modified:,} unchanged), "
        f"{report.passages:,} passages, {report.embedded:,} embedded, {report.removed:,} removed, "
        f"{report.dropped_short:,} too short to keep",
        markup=False,
    )
    if report.skipped:
        reasons = ", ".join(
            f"{count:,} {reason}" for reason, count in sorted(report.skipped.items(), key=lambda kv: -kv[1])
        )
        screen.print(f"  {sum(report.skipped.values()):,} skipped: {reasons}", markup=False)


def draw_next(screen: Console, report: CrawlReport) -> None:
    """Print what a person can do about a crawl, one line each; nothing if there is nothing to do."""
    if report.verdict is Verdict.QUARANTINED:
        screen.print("  Readers keep the old pages. If the site really is that much smaller:", soft_wrap=True)
        screen.print(f"    footnote crawl {report.source} --force", markup=False, soft_wrap=True)
    if report.skipped:
        screen.print(f"  See each url: footnote sources skipped {report.source}", markup=False, soft_wrap=True)
