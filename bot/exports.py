"""Questions and gaps as files for other programs and people: CSV, lines of JSON, and a Markdown page for a writer.

QuestionRecord ──> a line of CSV        no cell is a formula to a spreadsheet
              └──> a line of JSON       as `footnote questions --json` has it
GapList       ──> Markdown              whatever people wrote is text there, and pings nobody

Knows no platform, no console and no command line: each writes these lines where it wants them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime

from bot.markup.blocks import BREAK, to_one_line, to_rendered
from core.domain import UnitVerdict
from core.history.port import DocumentationGap, GapList, NearSection, QuestionRecord
from core.plural import format_count

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, full-width letters included."""


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
        "visibility": record.visibility.value,
        "question": record.text,
        "outcome": record.outcome.value,
        "withheld": record.withheld.value,
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


CELLS = (
    *("id", "asked_at", "platform", "workspace", "channel", "asker", "visibility", "question", "outcome", "withheld"),
    *("answer", "not_covered", "dropped", "sources", "citations", "model", "sent", "received", "estimated"),
    *("seconds", "thumbs_up", "thumbs_down", "reasons", "comments"),
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


def to_csv_head() -> str:
    """Return the first line of CSV: the names of the cells."""
    return _to_csv_line(dict(zip(CELLS, CELLS, strict=True)))


def to_csv_line(record: QuestionRecord) -> str:
    """Return a question as a line of CSV, cells of several values one per line within the cell."""
    document = to_document(record)
    tokens = document.pop("tokens")
    flat = document | (tokens if isinstance(tokens, dict) else {})
    return _to_csv_line({name: to_cell(flat.get(name)) for name in CELLS})


def to_json_line(record: QuestionRecord) -> str:
    """Return a question as a line of JSON."""
    return json.dumps(to_document(record), ensure_ascii=False) + "\n"


def _to_csv_line(cells: Mapping[str, str]) -> str:
    written = io.StringIO()
    csv.DictWriter(written, CELLS, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


LONGEST_TITLE, LONGEST_WORDING = 120, 500
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~$]")
_REFERENCE = re.compile(r"([@#!%$^~+])(?=\w)|(:)(?=//)|(?<=\bwww)(\.)", re.IGNORECASE)
"""What trackers and chats take for the name of a person, an issue or a link within plain words."""


def to_markdown(found: GapList, days: int, now: datetime) -> str:
    """Return gaps as a page for a writer. It names no person."""
    questions, gaps = format_count(found.questions, "question"), format_count(len(found.gaps), "subject")
    lines = [
        "# What the documentation does not answer",
        "",
        f"In the {format_count(days, 'day')} up to {now:%Y-%m-%d}: {questions} not answered, answered in part, or with "
        f"a thumb down. Here are {gaps}.",
    ]
    if found.withheld:
        lines += ["", f"{format_count(found.withheld, 'question')} asked in private, without their words here."]
    for number, gap in enumerate(found.gaps, 1):
        lines += ["", *_gap_lines(number, gap)]
    return "\n".join(lines) + "\n"


def _gap_lines(number: int, gap: DocumentationGap) -> Iterator[str]:
    yield f"## {number}. {_quote(gap.examples[0], LONGEST_TITLE)}"
    yield ""
    counts = f"{gap.abstained:,} not answered, {gap.partly:,} in part, {gap.down:,} with a thumb down"
    counts += f", {gap.reported:,} reported as missing" if gap.reported else ""
    people = f"{format_count(gap.questions, 'question')} by {format_count(gap.askers, 'asker')}"
    yield f"{people}, {gap.first:%Y-%m-%d} to {gap.last:%Y-%m-%d}: {counts}."
    if len(gap.examples) > 1:
        yield from ("", "Also asked as:", "")
        yield from (f"- {_quote(each, LONGEST_WORDING)}" for each in gap.examples[1:])
    if gap.missing:
        yield from ("", "Reported as missing:", "")
        yield from (f"- {_quote(each, LONGEST_WORDING)}" for each in gap.missing)
    if gap.sections:
        yield from ("", "Nearest sections:", "")
        yield from (f"- {_section(each)}" for each in gap.sections)


def _quote(text: str, longest: int) -> str:
    return f"“{escape_markdown(to_one_line(text, longest))}”"


def _section(section: NearSection) -> str:
    name = " > ".join(section.path) or section.url
    if not section.url.startswith(("https://", "http://")):
        return _quote(name, LONGEST_WORDING)
    url = re.sub(r"[<>\s\\]", lambda found: f"%{ord(found.group()):02X}", section.url)
    return f"[{escape_markdown(to_one_line(name, LONGEST_WORDING))}](<{url}>)"


def escape_markdown(text: str) -> str:
    """Return words that are plain text in the middle of a line of Markdown: no markup, no link, no mention.

    Trackers look for mentions in what a reader sees, so that no backslash helps: an invisible space stands there.
    """
    plain = _SPECIAL.sub(lambda found: f"\\{found.group()}", to_rendered(text))
    return _REFERENCE.sub(lambda found: found.group() + BREAK, plain)
