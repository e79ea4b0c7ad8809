"""`footnote check`: checks answers that anything wrote against the passages that they cite."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from bot.cli.running import print_json, read_text, run_async
from core.answer.opinion import CheckedDraft, check_draft
from core.config.settings import load
from core.domain import Hit, Passage
from core.errors import UsageError
from core.model_wiring import choose_verifier


@click.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True), default="-")
def command(file: Path) -> None:
    """Check the drafts in FILE (or standard input), a JSON object a line, and print what of them may be shown.

    \b
    in   {"id", "question", "passages": [{"url", "anchor", "path", "title", "text"}], "draft"}
    out  {"id", "units": [{"text", "verdict", "reason", "quote", "cites"}], "text", "abstention"}

    [n] in a draft means the nth passage. Needs no database, and no model unless CHECK_MODEL is set.

    \b
    footnote check drafts.jsonl
    cat drafts.jsonl | footnote check
    """
    run_async(_check(file))


async def _check(file: Path) -> None:
    async with AsyncExitStack() as closing:
        verifier = await choose_verifier(load(), closing)
        for number, question, hits, draft in _rows(file):
            _print(number, await check_draft(draft, hits, question, verifier))


def _print(number: object, checked: CheckedDraft) -> None:
    print_json(
        {
            "id": number,
            "units": [
                {
                    "text": unit.text,
                    "verdict": unit.verdict.value,
                    "reason": unit.reason or None,
                    "quote": unit.quote,
                    "cites": list(unit.passages),
                }
                for unit in checked.units
            ],
            "text": checked.text,
            "abstention": checked.abstention.value if checked.abstention else None,
        }
    )


def _rows(file: Path) -> Iterator[tuple[object, str, list[Hit], str]]:
    for number, line in enumerate(read_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            hits = [_to_hit(passage) for passage in row["passages"]]
            yield row["id"], str(row.get("question", "")), hits, str(row["draft"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f'Line {number} is not {{"id", "question", "passages", "draft"}}.') from None


def _to_hit(row: Mapping[str, Any]) -> Hit:
    path = tuple(str(each) for each in row.get("path") or ())
    passage = Passage(
        str(row.get("url", "")), str(row.get("anchor") or ""), path, str(row["text"]), str(row.get("title") or "")
    )
    return Hit(passage, "", 0.0)
