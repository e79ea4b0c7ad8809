"""A hundred questions about footnote's own documentation at every door, and what a door adds to the engine alone.

same     the terminal, Slack, Discord, HTTP, its stream, the widget, OpenAI's SDK and MCP (tests/bot/parity.py)
added    the engine, HTTP and MCP in one process, each question at all three in turn: difference of the medians
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import openai
from mcp import Client

from bench.bars import Bar
from bench.load import at_percentile
from bench.server import database_in
from bot.mcp.run import build_server, find_operator
from bot.service.answers import open_service
from core.config.settings import Settings
from core.domain import Question, Source
from core.wiring import Footnote, open_footnote
from tests.bot.filled import add_source
from tests.bot.parity import compare, open_doors
from tests.bot.served_api import serve_api

ROOT = Path(__file__).resolve().parent.parent
OTHERS = ("How do I bake bread?", "Does it run on PostgreSQL 9.1?", "Wie füge ich eine Seite hinzu?", "Which colour?")
Ask: TypeAlias = Callable[[str], Awaitable[object]]


def questions(count: int) -> list[str]:
    """Return so many questions: answered, answered in part, and not at all."""
    lines = (ROOT / "evals/own.jsonl").read_text("utf-8").splitlines()
    own = list(dict.fromkeys(str(json.loads(line)["question"]) for line in lines if line.strip()))
    return [*OTHERS, *own][:count]


async def find_parity(options: argparse.Namespace, dsn: str, folder: Path) -> list[Bar]:
    """Ask everywhere, then measure what doors add."""
    database, pages = await database_in(dsn, "bench_parity"), folder / "pages"
    pages.mkdir()
    for page in (ROOT / "docs").glob("*.md"):
        (pages / page.name).write_text(page.read_text("utf-8"), "utf-8")
    await add_source(database, pages, Source(0, "own", "https://own.example/"))
    wanted = questions(options.questions)
    async with open_doors(database, folder) as doors:
        report = await compare(doors, wanted)
    print(f"\noutcomes {dict(report.outcomes)}; answers {dict(report.doors)}", *report.differences[:10], sep="\n")
    return [
        Bar("parity: questions", report.outcomes.total(), least=100),
        Bar("parity: doors but the terminal", len(report.doors), least=7),
        Bar("parity: answers that differ", len(report.differences), most=0),
        *await measure_added(database, folder, wanted),
    ]


async def measure_added(dsn: str, folder: Path, wanted: Sequence[str]) -> list[Bar]:
    """Ask the engine, HTTP and MCP in turn, after a first round that embeds all questions."""
    settings = Settings(_env_file=None, DATABASE_URL=dsn, FOOTNOTE_HOME=folder, API_ADDRESS_LIMIT=0)
    async with open_footnote(settings) as footnote, open_service(footnote) as service, serve_api(footnote) as api:
        server = build_server(footnote, service.answers, find_operator)
        client = openai.AsyncOpenAI(base_url=f"{api.url}/v1", api_key=api.token)
        async with Client(server) as mcp, client:

            async def ask_sdk(question: str) -> object:
                messages: list[Any] = [{"role": "user", "content": question}]
                return await client.chat.completions.create(model="footnote", messages=messages)

            doors: Mapping[str, Ask] = {
                "engine": lambda question: ask_engine(footnote, question),
                "HTTP": api.ask,
                "OpenAI's SDK": ask_sdk,
                "MCP": lambda question: mcp.call_tool("ask_docs", {"question": question}),
            }
            taken = await _take_turns(doors, wanted)
    medians = {
        name: [at_percentile(each, 50) for each in zip(*figures, strict=True)] for name, figures in taken.items()
    }
    alone, processor = medians.pop("engine")
    bars = [Bar("engine alone: ms, median", alone), Bar("engine alone: ms of the processor, median", processor)]
    for name, (taken_ms, spent_ms) in medians.items():
        limit = None if name == "OpenAI's SDK" else 10.0  # most of it is the client, which is no door's
        bars.append(Bar(f"{name}: ms that it adds at the median", taken_ms - alone, most=limit))
        bars.append(Bar(f"{name}: ms of the processor that it adds, client and all", spent_ms - processor))
    return bars


async def ask_engine(footnote: Footnote, question: str) -> None:
    """Let the engine answer, without a door."""
    async for _ in footnote.engine.ask(Question(question)):
        pass


async def _take_turns(doors: Mapping[str, Ask], wanted: Sequence[str]) -> dict[str, list[tuple[float, float]]]:
    """Return the ms of each question at each door, and those of the processor. Doors begin in turn."""
    for question in wanted:
        await doors["engine"](question)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in doors}
    names = list(doors)
    for number, question in enumerate([*wanted] * 3):
        for at in range(len(names)):
            name = names[(number + at) % len(names)]
            began, spent = time.perf_counter(), time.process_time()
            await doors[name](question)
            taken[name].append(((time.perf_counter() - began) * 1000, (time.process_time() - spent) * 1000))
    return taken
