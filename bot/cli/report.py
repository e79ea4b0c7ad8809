"""`footnote report`: figures of some days, and what the documentation does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from rich.text import Text

from bot.cli.questions import to_line
from bot.cli.running import console, json_option, print_json, with_footnote
from bot.cli.spending import MOST, spend_to_document, spend_to_lines
from bot.exports import to_markdown
from core.errors import UsageError
from core.history.port import ActivityReport, DocumentationGap
from core.inbox.port import Thumb
from core.plural import format_count
from core.spend.port import SpendReport
from core.wiring import Footnote


@click.command("report")
@click.option("--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="Of the last so many days.")
@click.option("--gaps", type=click.IntRange(0, 500), default=10, show_default=True, help="At most so many gaps.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the gaps as a Markdown page for a writer.")
@json_option
def command(days: int, gaps: int, *, as_markdown: bool, as_json: bool) -> None:
    """Report what was asked in chat, how it ended, and what the documentation does not answer.

    Gaps are questions that were not or partly answered, or whose answer got a thumb down, and what programs reported as
    missing. They are gathered by their wording, with the sections that came nearest. Administrators see questions: also
    those that were asked in private. What was forgotten or is older than RETENTION_DAYS is not counted.

    \b
    footnote report
    footnote report --days 30 --gaps 50
    footnote report --json
    footnote report --days 30 --markdown > gaps.md
    """
    if as_markdown and as_json:
        raise UsageError("Choose one of --json and --markdown.")
    if as_markdown:
        found = with_footnote(lambda footnote: footnote.history.list_gaps(days, gaps))
        click.echo(to_markdown(found, days, datetime.now(UTC)), nl=False)
        return

    async def read(footnote: Footnote) -> tuple[ActivityReport, SpendReport]:
        return await footnote.history.build_report(days, gaps), await footnote.spend.build_report(days, MOST)

    report, spend = with_footnote(read)
    if as_json:
        print_json(to_document(report, spend))
    else:
        for line in to_lines(report, spend):
            console().print(line)


def to_document(report: ActivityReport, spend: SpendReport | None = None) -> dict[str, object]:
    """Return the JSON shape of a report (docs/command-line.md)."""
    figures = report.figures
    return {
        "days": figures.days,
        "questions": figures.questions,
        "outcomes": {name.value: count for name, count in figures.by_outcome.items()},
        "platforms": {
            platform: {name.value: count for name, count in counts.items()}
            for platform, counts in figures.outcomes.items()
        },
        "thumbs": {thumb.value: count for thumb, count in figures.thumbs.items()},
        "reply_seconds": {"p50": figures.last_seconds.get("p50"), "p95": figures.last_seconds.get("p95")},
        "first_word_seconds": {"p50": figures.first_seconds.get("p50"), "p95": figures.first_seconds.get("p95")},
        "sources": [{"source": name, "answers": count} for name, count in figures.sources.items()],
        "tokens": {
            "answers": figures.tokens.answers,
            "sent": figures.tokens.sent,
            "received": figures.tokens.received,
            "estimated": figures.tokens.estimated,
        },
        "spend": spend_to_document(spend) if spend else None,
        "gap_questions": report.gaps.questions,
        "gaps": [_gap_document(gap) for gap in report.gaps.gaps],
    }


def _gap_document(gap: DocumentationGap) -> dict[str, object]:
    return {
        "examples": list(gap.examples),
        "questions": gap.questions,
        "askers": gap.askers,
        "first": gap.first.isoformat(),
        "last": gap.last.isoformat(),
        "abstained": gap.abstained,
        "partly": gap.partly,
        "thumbed_down": gap.down,
        "reported": gap.reported,
        "missing": list(gap.missing),
        "sections": [{"url": section.url, "path": list(section.path)} for section in gap.sections],
    }


def to_lines(report: ActivityReport, spend: SpendReport | None = None) -> Iterator[Text]:
    """Yield the lines of a report for a terminal."""
    figures = report.figures
    questions = format_count(figures.questions, "question")
    yield Text(f"{questions} in the last {format_count(figures.days, 'day')}", "bold")
    platforms = sorted(figures.outcomes)
    for outcome, count in figures.by_outcome.items():
        parts = [f"{name} {figures.outcomes[name].get(outcome, 0):,}" for name in platforms]
        yield Text(f"  {outcome.value:<14}{count:>8,}   {', '.join(parts)}")
    yield Text(f"thumbs        up {figures.thumbs[Thumb.UP]:,}, down {figures.thumbs[Thumb.DOWN]:,}")
    if figures.last_seconds:
        yield Text(f"to the answer p50 {figures.last_seconds['p50']:.1f} s, p95 {figures.last_seconds['p95']:.1f} s")
    if figures.first_seconds:
        yield Text(f"to first words p50 {figures.first_seconds['p50']:.1f} s, p95 {figures.first_seconds['p95']:.1f} s")
    if figures.tokens.answers:
        tokens = figures.tokens
        guessed = f", {tokens.estimated:,} of them estimated" if tokens.estimated else ""
        answers = format_count(tokens.answers, "answer")
        yield Text(f"tokens        sent {tokens.sent:,}, received {tokens.received:,} ({answers}{guessed})")
    yield from spend_to_lines(spend) if spend else ()
    if figures.sources:
        yield Text("Sources by answers that cite them", "bold")
        yield from (Text(f"  {count:>8,}   {to_line(name)}") for name, count in figures.sources.items())
    if report.gaps.gaps:
        yield Text(
            f"Gaps: {format_count(report.gaps.questions, 'question')} not or partly answered, or thumbed down", "bold"
        )
    for gap in report.gaps.gaps:
        yield from _gap_lines(gap)


def _gap_lines(gap: DocumentationGap) -> Iterator[Text]:
    first, *others = map(to_line, gap.examples)
    yield Text(f"  {gap.questions + gap.reported:>8,}   {first}")
    for other in others:
        yield Text(f"             {other}", "dim")
    asked = f"{format_count(gap.askers, 'asker')}, {gap.first:%Y-%m-%d} to {gap.last:%Y-%m-%d}"
    counts = f"abstained {gap.abstained:,}, partly {gap.partly:,}, down {gap.down:,}, reported {gap.reported:,}"
    yield Text(f"             {asked}; {counts}", "dim")
    for words in gap.missing:
        yield Text(f"             missing: {to_line(words)}", "dim")
    for section in gap.sections:
        yield Text(f"             near: {to_line(' > '.join(section.path))}  {to_line(section.url)}", "cyan")
