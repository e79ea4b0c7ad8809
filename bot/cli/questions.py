"""`footnote questions`: what people asked in chat and what came of it, as a table, JSON, lines of JSON, or CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.exports import to_csv_head, to_csv_line, to_document, to_json_line
from bot.phrases import CHOICES
from core.errors import UsageError
from core.history.paging import stream_questions
from core.history.port import QuestionCount, QuestionFilter, QuestionRecord
from core.inbox.outcome import QuestionOutcome
from core.inbox.platforms import CALLER_PLATFORMS, KNOWN_PLATFORMS
from core.inbox.port import Platform, Thumb
from core.plural import format_count
from core.wiring import Footnote

COLOURS = {
    QuestionOutcome.ANSWERED: "green",
    QuestionOutcome.PARTLY: "yellow",
    QuestionOutcome.ABSTAINED: "yellow",
    QuestionOutcome.APOLOGY: "red",
    QuestionOutcome.UNDELIVERABLE: "red",
}

NOBODY = "Nobody has asked anything yet. Questions of chat, HTTP and MCP come here, and none of the command line."


@click.command("questions")
@click.option("--outcome", type=click.Choice([each.value for each in QuestionOutcome]), help="How it ended.")
@click.option("--thumb", type=click.Choice([each.value for each in Thumb]), help="What somebody thought of the answer.")
@click.option("--reason", help=f"A reason that somebody gave with a thumb: {', '.join(CHOICES)}.")
@click.option("--channel", metavar="ID", help="Asked in this channel: its id, as in C0123456.")
@click.option("--source", metavar="NAME", help="Passages of this source were found for it.")
@click.option("--platform", metavar="NAME", help=f"Asked there: {', '.join((*KNOWN_PLATFORMS, *CALLER_PLATFORMS))}.")
@click.option("--text", help="The question or its answer has this text, in upper or lower case.")
@click.option("--dropped", is_flag=True, help="Sentences of its answer were left out by the check.")
@click.option("--days", type=click.IntRange(1, 3650), help="Asked within so many days.  [default: all that is kept]")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="At most so many.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV on standard output, a line for each question.")
@click.option("--jsonl", "as_lines", is_flag=True, help="Print a line of JSON for each question.")
@json_option
def command(limit: int, *, as_csv: bool, as_lines: bool, as_json: bool, **wanted: Any) -> None:
    """List what people asked in chat and what came of it, newest first. Times are in UTC.

    Administrators see questions: this lists all of them, also those that were asked in private. What was forgotten or
    is older than RETENTION_DAYS is not there.

    \b
    footnote questions
    footnote questions --outcome abstained --days 7
    footnote questions --thumb down --channel C0123456
    footnote questions --source guide --dropped --json
    footnote questions --thumb down --reason wrong --jsonl
    footnote questions --text proxy --limit 1000 --csv > questions.csv
    """
    if as_csv + as_lines + as_json > 1:
        raise UsageError("Choose one of --json, --jsonl and --csv.")
    chosen = _to_filter(**wanted)
    if as_csv or as_lines:
        head, to_line = (to_csv_head(), to_csv_line) if as_csv else ("", to_json_line)
        with_footnote(lambda footnote: _print_lines(footnote, chosen, limit, head, to_line))
        return

    async def read(footnote: Footnote) -> tuple[list[QuestionRecord], QuestionCount]:
        return await footnote.history.list_questions(chosen, limit), await footnote.history.count_questions(chosen)

    records, count = with_footnote(read)
    if as_json:
        print_json({"questions": [to_document(record) for record in records]})
        return
    if records:
        draw(records)
    elif chosen == QuestionFilter():
        console().print(NOBODY, soft_wrap=True)
    console().print(to_summary(len(records), count), style="dim", markup=False, soft_wrap=True)


async def _print_lines(
    footnote: Footnote, wanted: QuestionFilter, limit: int, head: str, to_line: Callable[[QuestionRecord], str]
) -> None:
    """Print a line for each question as it is read: memory does not grow with their number."""
    click.echo(head, nl=False)
    async with aclosing(stream_questions(footnote.history, wanted, limit=limit)) as records:
        async for record in records:
            click.echo(to_line(record), nl=False)


def _to_filter(**wanted: Any) -> QuestionFilter:
    """Return the filter of the options, which click has checked."""
    outcome, thumb, platform = (wanted.pop(name) for name in ("outcome", "thumb", "platform"))
    return QuestionFilter(
        outcome=QuestionOutcome(outcome) if outcome else None,
        thumb=Thumb(thumb) if thumb else None,
        platform=Platform(platform) if platform else None,
        **wanted,
    )


def to_summary(shown: int, count: QuestionCount) -> str:
    """Return how many questions are shown, of how many, and how many more were deleted."""
    of_all = f"The latest {shown:,} of " if shown < count.listed else ""
    more = f": --limit {count.listed} shows all" if shown < count.listed else ""
    deleted = f" {count.deleted:,} more deleted by their askers: --outcome withdrawn." if count.deleted else ""
    return f"{of_all}{format_count(count.listed, 'question')}{more}.{deleted} Times are in UTC."


def draw(records: Sequence[QuestionRecord]) -> None:
    """Print a table, a row for each question."""
    screen = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Asked", "Where", "Outcome", "Thumbs"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Question", overflow="fold")
    for record in records:
        outcome = Text(record.outcome.value, COLOURS.get(record.outcome, ""))
        thumbs = " ".join(f"{sign}{count}" for sign, count in (("+", record.ups), ("-", record.downs)) if count)
        where = f"{record.platform} {record.channel}"
        asked = f"{record.asked_at:%Y-%m-%d %H:%M}"
        table.add_row(asked, Text(to_line(where)), outcome, thumbs, Text(to_line(record.text)))
    screen.print(table, soft_wrap=False)
    screen.print()


def to_line(text: str) -> str:
    """Return what somebody wrote as one line without control characters, which a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
