"""`footnote move`: copies the whole index into another Postgres, for example a managed one, or back."""

from __future__ import annotations

import time
from pathlib import Path

import click

from bot.cli.running import console, json_option, notices, print_json, read_text, run_async
from core.config.settings import load
from core.errors import UsageError
from core.plural import format_count
from core.wiring import move_index


@click.command("move")
@click.option(
    "--to",
    required=True,
    metavar="URL",
    help="An empty database, as in DATABASE_URL; `-` reads it from standard input; `embedded`: that of FOOTNOTE_HOME.",
)
@json_option
def command(to: str, *, as_json: bool) -> None:
    """Copy everything from the database that is set now into an empty one: sources, passages, vectors, questions.

    Either everything arrives, and is counted, or nothing does. Nothing is embedded again, and the old database stays as
    it is. The new one may have another version of Postgres, and is reached with TLS as its url says
    (docs/operations.md).

    \b
    1. Make a database with the extension vector (docs/configuration.md, "Use my own Postgres").
    2. Stop everything that answers or crawls.
    3. footnote move --to "postgresql://me:secret@db.example.org/footnote?sslmode=require"
    4. Put that url into .env as DATABASE_URL, and start footnote again.

    \b
    To keep the password out of the list of processes and the history of your shell:
      footnote move --to - < url.txt

    \b
    Back into the embedded database, while DATABASE_URL is set:
      footnote move --to embedded
    """
    url = read_text(Path("-")).strip() if to == "-" else to.strip()
    if not url:
        raise UsageError("There is no url on standard input.")
    started = time.monotonic()

    def watch(table: str, rows: int) -> None:
        if rows:
            notices().print(f"{table}: {format_count(rows, 'row')}", highlight=False)

    moved = run_async(move_index(load(), url, watch))
    if as_json:
        print_json({"rows": sum(moved.values()), "tables": dict(moved), "seconds": time.monotonic() - started})
        return
    rows, seconds = format_count(sum(moved.values()), "row"), time.monotonic() - started
    console().print(f"Moved {rows} in {seconds:.0f} s. The old database stays as it is: nothing reads it from here on.")
    console().print(
        "Unset DATABASE_URL, then start footnote again."
        if url == "embedded"
        else "Put the new url into .env as DATABASE_URL, then start footnote again."
    )
