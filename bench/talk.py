"""Does it know when to speak? Plays the labelled threads of `../shared/talk` and prints a table by situation.

    python -m bench.talk [--half 0|1] [--platform slack|discord] [--model] [--show] [--home DIR] [--threads FILE]

Each thread is played twice, on the loopback Slack and Discord, against the real `footnote up`, without any key or
(`--model`) with a scripted chat model on loopback, over the documentation that it is about (`../shared/sites`). The
first run indexes both sites, which takes minutes; `--home` (build/talk) keeps them. `--half`: the threads whose id
hashes to it, so that one half can be kept for the report.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import asyncpg
from aiohttp import web

from bench.bars import Bar
from core.config.settings import Settings
from core.domain import Source
from core.embedded.postgres import EmbeddedPostgres
from core.wiring import open_footnote
from ingest.assembly import crawl_source
from tests.bot.played import Played, Thread, play_all, read_threads, score, staged
from tests.bot.up import KEYLESS, model_settings
from tests.databases import database_on, execute
from tests.servers.openai_server import serve_openai, text
from tests.servers.scripted import Json

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
_PASSAGE = re.compile(r"BEGIN[^\n]*?(\d+)[^\n]*\n(.*?)\n[^\n]*END", re.DOTALL)
_FEWEST_WORDS = 5
MOST_SPOKEN, LEAST_ANSWERED = 1.0, 95.0
"""Shares in percent."""


async def indexed(server: str, docs: str) -> str:
    """Return the name of a database that holds a site, made if it is not there."""
    name = f"talk_{docs}"
    with suppress(asyncpg.DuplicateDatabaseError):
        await execute(server, f"create database {name}")
    dsn = server.replace("/postgres?", f"/{name}?")
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(DATABASE_URL=dsn, FOOTNOTE_HOME=home, EMBED_THREADS=1)
        async with open_footnote(settings) as footnote:
            if not await footnote.catalog.list():
                folder = f"{(SHARED / 'sites' / docs).resolve().as_uri()}/"
                base = f"https://{docs}.example/"
                source = Source(0, docs, base, served_at=folder, kind="folder")
                stored = await footnote.catalog.add(source)
                embedder = await footnote.embedder_for_writing()
                report = await crawl_source(stored, footnote.corpus, embedder, settings, watch=lambda _: None)
                print(f"indexed {docs}: {report.passages} passages, {report.verdict}", flush=True)
                assert report.passages, report.reason
    return name


def quote_passage(prompt: str) -> str:
    """Return what the scripted model writes: the first sentence of the best passage that has one, with its mark."""
    for number, body in _PASSAGE.findall(prompt):
        lines = [line for line in body.splitlines() if len(line.split()) > _FEWEST_WORDS and line[:1].isalpha()]
        if lines:
            return f"{lines[0].partition('. ')[0].rstrip('.')} [{number}]."
    return "NO_CONTEXT"


async def answer_as_scripted(request: web.Request, asked: Json) -> web.StreamResponse:
    """Quote a passage where a question is to be answered; rewrite a follow-up as its thread's last two questions."""
    prompt = str(asked["messages"][-1]["content"]) if isinstance(asked, dict) else ""
    if not prompt:
        raise web.HTTPNotFound
    asks = re.findall(r"(?:Question|Last question): (.+)", prompt)
    return await text(quote_passage(prompt) if asked.get("stream") else " ".join(asks[-2:]))(request, asked)


async def played(server: str, threads: Sequence[Thread], platforms: Sequence[str], *, by_model: bool) -> list[Played]:
    """Play the threads, one process for each documentation."""
    outcomes: list[Played] = []
    for docs in sorted({each.docs for each in threads}):
        template = await indexed(server, docs)
        mine = [each for each in threads if each.docs == docs]
        copy = f"{template}_played"
        await execute(server, f"drop database if exists {copy} with (force)")  # of a run that was killed
        async with database_on(server, copy, template) as dsn:
            outcomes += await played_on(dsn, mine, platforms, by_model=by_model)
    return outcomes


async def played_on(dsn: str, threads: Sequence[Thread], platforms: Sequence[str], *, by_model: bool) -> list[Played]:
    """Play the threads over one documentation."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            settings = KEYLESS
            if by_model:
                models = await stack.enter_async_context(serve_openai())
                models.otherwise = answer_as_scripted
                settings = model_settings(models)
            stages = await stack.enter_async_context(staged(dsn, Path(folder), threads, settings))
            chosen = [each for each in stages if each.platform in platforms]
            return [one for stage in chosen for one in await play_all(stage, threads, dsn)]


def table(outcomes: Sequence[Played]) -> Iterator[str]:
    """Yield the lines of the table: one for each situation, then all."""
    yield f"{'situation':26} {'must answer':>14} {'must not speak':>17} {'refusals':>9}"
    for name in [*sorted({each.thread.situation for each in outcomes}), ""]:
        counts = score(each for each in outcomes if name in ("", each.thread.situation))
        share = f"{counts.spoken / counts.must_not:6.1%}" if counts.must_not else ""
        yield (
            f"{name or 'all':26} {counts.answered:>6} of {counts.must_answer:>4} "
            f"{counts.spoken:>4} of {counts.must_not:>4} {share} {counts.refusals:>5}"
        )


def wrong(outcomes: Sequence[Played]) -> Iterator[str]:
    """Yield a line for each message that was answered and must not be, or the other way round."""
    for each in outcomes:
        asked, label = each.message, each.message["label"]
        if label == "either" or each.posted == (label == "answer") or asked.get("silent_ok"):
            continue
        word = "REFUSED" if each.refused else "SPOKE" if each.posted else "silent"
        text = str(asked["text"]).replace("\n", "\\n")[:110]
        yield f"{each.thread.id} {asked['i']:>2} {each.platform:8}{word:8}{asked['kind']}: {text}"


def main() -> int:
    """Play and print; return 1 if a bar was missed."""
    parser = argparse.ArgumentParser(prog="bench.talk", description="Play labelled threads, and count.")
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--platform", choices=("slack", "discord"))
    parser.add_argument("--model", action="store_true", help="with a scripted chat model instead of the keyless reader")
    parser.add_argument("--show", action="store_true", help="print each message that went wrong")
    parser.add_argument("--only", default="", help="threads whose id begins so")
    parser.add_argument("--home", type=Path, default=ROOT / "build" / "talk")
    parser.add_argument("--threads", type=Path, default=SHARED / "talk" / "threads.jsonl")
    given = parser.parse_args()
    if not given.threads.exists() or not (SHARED / "sites").exists():
        print(f"SKIPPED: {given.threads} or {SHARED / 'sites'} is not there; nothing was measured.")
        return 0
    found = [each for each in read_threads(given.threads) if given.half in (None, each.half)]
    threads = [each for each in found if each.id.startswith(given.only)]
    given.home.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(given.home) as postgres:
        platforms = [given.platform] if given.platform else ["slack", "discord"]
        outcomes = asyncio.run(played(postgres.start(), threads, platforms, by_model=given.model))
    print("\n".join([*wrong(outcomes)] if given.show else []))
    print("\n".join(table(outcomes)))
    counts = score(outcomes)
    bars = [
        Bar("must be answered, and were: %", 100 * counts.answered / max(counts.must_answer, 1), least=LEAST_ANSWERED),
        Bar(
            "must stay unanswered, and got something: %",
            100 * counts.spoken / max(counts.must_not, 1),
            most=MOST_SPOKEN,
        ),
        Bar("refusals to unaddressed messages", counts.refusals, most=0),
    ]
    print("\n".join(map(str, bars)))
    return 0 if all(bar.held for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
