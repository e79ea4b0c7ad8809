"""Makes the pictures of docs/console.md: `python -m bench.screenshots`.

    docs/ ──crawled──> a database of its own ──questions of evals/own.jsonl, answered without a model──> a history
                                                                             └─ Chromium ──> docs/pictures/*.png

Answers, passages and verdicts are real. Who asked, when, the thumbs, and what a model would have taken are made up.
Takes a few minutes, most of them for embedding; needs Chromium and the development packages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.server import database_in, server
from core.calls import ModelCall, Purpose
from core.domain import Asker, Source, TokenUsage
from core.inbox.channels import AuditEntry, ChannelSettings, Outcome
from core.inbox.platforms import SlackDetails
from core.inbox.port import Feedback, NewQuestion, Platform, Thumb, Visibility
from core.postgres.database import Database
from core.spend.port import SpendCaps
from core.spend.postgres import PostgresSpend
from core.wiring import Footnote
from ingest.assembly import crawl_source
from tests.bot.console.asked import store_answer
from tests.bot.console.served import MACHINE, BrowserPage, ServedConsole, open_browser, serve_app

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
BASE = "https://docs.example/footnote/"
QUESTIONS, DAYS = 60, 28
WIDTH = 1_000
MOST_BYTES = 100_000

PEOPLE = ("U0ANNA", "U0BEN", "U0CLEO", "U0DARIO", "U0EMRE", "U0FATIMA")
CHANNELS = ("C0HELP", "C0DEV", "C0OPS")
COMMENTS = ("It lacks the command.", "This is about another setting.", "")
PRICES = '{"gpt-6.1-terra": {"in": 0.25, "out": 2}}'


async def index_docs(footnote: Footnote) -> None:
    """Crawl the folder of these docs."""
    made = Source(0, "docs", BASE, served_at=f"{(ROOT / 'docs').as_uri()}/", kind="folder", licence="MIT")
    source = await footnote.catalog.add(made)
    embedder = await footnote.embedder_for_writing()
    await crawl_source(source, footnote.corpus, embedder, footnote.settings, watch=lambda _: None)


async def make_history(served: ServedConsole, database: Database) -> int:
    """Ask, judge and spend. -> the number of a question whose answer got a thumb down."""
    chance, down = random.Random(16), 0
    lines = (ROOT / "evals/own.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines if line.strip()][:QUESTIONS]
    spend = PostgresSpend(database, SpendCaps(), {})
    for number, text in enumerate(questions):
        person, channel = chance.choice(PEOPLE), chance.choice(CHANNELS)
        key = f"{channel}:{number}"
        visibility = Visibility.THREAD
        asked = NewQuestion(
            Platform.SLACK, "T0DEMO", key, key, channel, str(number), person, visibility, text, SlackDetails(ts=key)
        )
        stored = await store_answer(served.console, asked)
        if number % 4 == 1:
            thumb = chance.choice((Thumb.UP, Thumb.UP, Thumb.DOWN))
            reasons = ("incomplete",) if thumb is Thumb.DOWN else ()
            comment = chance.choice(COMMENTS) if thumb is Thumb.DOWN else ""
            feedback = Feedback(chance.choice(PEOPLE), thumb, reasons, comment)
            await served.console.inbox.give_feedback(Platform.SLACK, "T0DEMO", stored, feedback)
            down = stored if thumb is Thumb.DOWN else down
        usage = TokenUsage(chance.randrange(1_500, 5_500), chance.randrange(60, 400))
        await spend.record(
            Asker("slack", "T0DEMO", person, channel), [ModelCall("gpt-6.1-terra", Purpose.ANSWER, usage)]
        )
        days = int(DAYS * chance.random() ** 1.5)
        await _move_back(database, stored, days, chance.uniform(0.8, 6.0))
    return down


async def _move_back(database: Database, number: int, days: int, seconds: float) -> None:
    """Let a question be one of so many days ago, answered within so many seconds; its tokens as well."""
    await database.writers.execute(
        "update question set asked_at = asked_at - make_interval(days => $2), "
        "finished_at = asked_at - make_interval(days => $2) + make_interval(secs => $3), "
        "answered_at = asked_at - make_interval(days => $2) + make_interval(secs => $3), "
        "first_shown_at = asked_at - make_interval(days => $2) + make_interval(secs => $3 / 3) where id = $1",
        number,
        days,
        seconds,
    )
    await database.writers.execute(
        "with moved as (delete from spend where day = (now() at time zone 'utc')::date returning *) "
        "insert into spend select day - $1::int, platform, tenant, person, channel, model, purpose, calls, sent, "
        "received, estimated, units from moved on conflict do nothing",
        days,
    )


async def manage(footnote: Footnote) -> None:
    """Set a channel, so that there is something to see."""
    settings = ChannelSettings(sources=("docs",), tone="short", ask="<!subteam^S0DOCS>")
    await footnote.channels.put(Platform.SLACK, "T0DEMO", "C0OPS", settings)
    entry = AuditEntry(Platform.SLACK, "T0DEMO", "U0ANNA", "C0OPS", "settings", {"tone": "short"})
    await footnote.audit.end(await footnote.audit.begin(entry), Outcome.DONE, {})


async def take(browser: BrowserPage, name: str, path: str, height: int) -> None:
    """Take one picture, from the part that the path names on; less of it where it would be too large.

    Raises `RuntimeError` where that does not do.
    """
    await browser.page.set_viewport_size({"width": WIDTH, "height": height})
    await browser.goto(path)
    heading = path.partition("#")[2]
    if heading:
        await browser.page.locator("h2", has_text=heading).evaluate("each => each.scrollIntoView()")
    for tall in (height, height * 3 // 4, height // 2):
        picture: bytes = await browser.page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": tall})
        if len(picture) <= MOST_BYTES:
            (PICTURES / f"console-{name}.png").write_bytes(picture)
            say(f"{name}: {len(picture):,} bytes")
            return
    raise RuntimeError(f"The picture {name} has {len(picture):,} bytes.")


async def run(home: Path | None) -> None:
    """Make all of it."""
    PICTURES.mkdir(exist_ok=True)
    with server("", home) as dsn, tempfile.TemporaryDirectory() as folder:
        filled = await database_in(dsn, "screenshots")
        more: dict[str, Any] = {"PRICES": PRICES, "DAILY_TOKENS": 2_000_000, "EMBED_THREADS": 2}
        async with serve_app(filled, Path(folder), **more) as served:
            await take_all(served)


async def take_all(served: ServedConsole) -> None:
    """Fill the database of a console, and take its pictures."""
    footnote = served.console.footnote
    if not await footnote.catalog.list():
        await index_docs(footnote)
    tables = "question, feedback, spend, channel, audit"
    await footnote.database.writers.execute(f"truncate {tables} restart identity cascade")
    question = await make_history(served, footnote.database)
    await manage(footnote)
    asked = quote(await _text_of(footnote.database, question))
    async with open_browser(served, MACHINE, width=WIDTH) as browser:
        for name, path, height in (
            ("today", "/", 900),
            ("spend", "/#Models", 800),
            ("questions", "/questions", 700),
            ("question", f"/questions/{question}", 900),
            ("gaps", "/gaps", 700),
            ("sources", "/sources", 450),
            ("inspector", f"/inspector?text={asked}", 500),
        ):
            await take(browser, name, path, height)


async def _text_of(database: Database, number: int) -> str:
    return str(await database.readers.fetchval("select body from question where id = $1", number))


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the arguments, and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a folder that keeps the Postgres, and the index, for the next run")
    asyncio.run(run(parser.parse_args().home))


if __name__ == "__main__":
    main()
