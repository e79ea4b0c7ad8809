"""`footnote questions`: what people asked in chat and what came of it, as a table, one JSON document, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from bot.cli.running import console, json_option, print_json, with_footnote
from core.domain import UnitVerdict
from core.errors import UsageError
from core.history.port import QuestionFilter, QuestionRecord
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Thumb
from core.plural import format_count
from core.wiring import Footnote

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, full-width letters included."""

COLOURS = {
    QuestionOutcome.ANSWERED: "green",
    QuestionOutcome.PARTLY: "yellow",
    QuestionOutcome.ABSTAINED: "yellow",
    QuestionOutcome.APOLOGY: "red",
    QuestionOutcome.UNDELIVERABLE: "red",
}


@click.command("questions")
@click.option("--outcome", type=click.Choice([each.value for each in QuestionOutcome]), help="How it ended.")
@click.option("--thumb", type=click.Choice([each.value for each in Thumb]), help="What somebody thought of the answer.")
@click.option("--channel", metavar="ID", help="Asked in this channel: its id, as in C0123456.")
@click.option("--source", metavar="NAME", help="Passages of this source were found for it.")
@click.option("--platform", metavar="NAME", help="Asked on this platform: slack or discord.")
@click.option("--text", help="The question or its answer has this text, in upper or lower case.")
@click.option("--dropped", is_flag=True, help="Sentences of its answer were left out by the check.")
@click.option("--days", type=click.IntRange(1, 3650), help="Asked within so many days.  [default: all that is kept]")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="At most so many.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV on standard output, a line for each question.")
@json_option
def command(limit: int, *, as_csv: bool, as_json: bool, **wanted: Any) -> None:
    """List what people asked in chat and what came of it, newest first. Times are in UTC.

    Administrators see questions: this lists all of them, also those that were asked in private. What was forgotten or
    is older than RETENTION_DAYS is not there.

    \b
    footnote questions
    footnote questions --outcome abstained --days 7
    footnote questions --thumb down --channel C0123456
    footnote questions --source guide --dropped --json
    footnote questions --text proxy --limit 1000 --csv > questions.csv
    """
    if as_csv and as_json:
        raise UsageError("Choose one of --json and --csv.")
    chosen = _to_filter(**wanted)

    async def read(footnote: Footnote) -> list[QuestionRecord]:
        return await footnote.history.list_questions(chosen, limit)

    records = with_footnote(read)
    if as_json:
        print_json({"questions": [to_document(record) for record in records]})
    elif as_csv:
        click.echo(to_csv(records), nl=False)
    else:
        draw(records, limit)


def _to_filter(**wanted: Any) -> QuestionFilter:
    """Return the filter of the options, which click has checked."""
    outcome, thumb, platform = (wanted.pop(name) for name in ("outcome", "thumb", "platform"))
    return QuestionFilter(
        outcome=QuestionOutcome(outcome) if outcome else None,
        thumb=Thumb(thumb) if thumb else None,
        platform=Platform(platform) if platform else None,
        **wanted,
    )


def to_document(record: QuestionRecord) -> dict[str, object]:
    """Return the JSON shape of a question (docs/command-line.md)."""
    answer = record.reply.answer if record.reply else None
    return {
        "id": record.id,
        "asked_at": record.asked_at.isoformat(),
        "platform": record.platform,
        "workspace": record.tenant,
        "channel": record.channel,
        "asker": record.asker,
        "visibility": record.way.value,
        "question": record.text,
        "outcome": record.outcome.value,
        "answer": answer.text if answer else "",
        "not_covered": list(answer.not_covered) if answer else [],
        "dropped": _dropped(record),
        "sources": sorted({passage.source for passage in record.reply.found}) if record.reply else [],
        "citations": [citation.url for citation in answer.citations] if answer else [],
        "model": answer.model if answer else "",
        "tokens": asdict(answer.usage) if answer and answer.usage else None,
        "seconds": record.seconds,
        "thumbs_up": record.ups,
        "thumbs_down": record.downs,
        "reasons": list(record.reasons),
        "comments": list(record.comments),
    }


def _dropped(record: QuestionRecord) -> list[dict[str, str]]:
    units = (record.reply.answer.units if record.reply else None) or ()
    return [{"text": unit.text, "reason": unit.reason} for unit in units if unit.verdict is UnitVerdict.DROPPED]


def to_csv(records: Sequence[QuestionRecord]) -> str:
    """Return CSV with a header, cells of several values one per line. No cell is a formula to a spreadsheet."""
    written = io.StringIO()
    table = csv.DictWriter(written, CELLS, lineterminator="\r\n")
    table.writeheader()
    for record in records:
        document = to_document(record)
        tokens = document.pop("tokens")
        flat = document | (tokens if isinstance(tokens, dict) else {})
        table.writerow({name: to_cell(flat.get(name)) for name in CELLS})
    return written.getvalue()


CELLS = (
    *("id", "asked_at", "platform", "workspace", "channel", "asker", "visibility", "question", "outcome", "answer"),
    *("not_covered", "dropped", "sources", "citations", "model", "sent", "received", "estimated", "seconds"),
    *("thumbs_up", "thumbs_down", "reasons", "comments"),
)


def to_cell(value: object) -> str:
    """Return a value as a cell: `["a", "b"]` -> `"a\\nb"`, `"=1+1"` -> `"'=1+1"`, None -> `""`."""
    match value:
        case None:
            return ""
        case list():
            text = "\n".join(each["text"] if isinstance(each, dict) else str(each) for each in value)
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def draw(records: Sequence[QuestionRecord], limit: int) -> None:
    """Print a table, a row for each question, and their number."""
    screen = console()
    if not records:
        screen.print("No such question is stored.")
        return
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
    more = ", as many as --limit says" if len(records) == limit else ""
    screen.print(f"\n{format_count(len(records), 'question')}{more}. Times are in UTC.", style="dim")


def to_line(text: str) -> str:
    """Return what somebody wrote as one line without control characters, which a terminal would obey."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
