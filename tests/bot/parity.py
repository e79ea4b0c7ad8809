"""The same questions at every door of one index: the terminal, Slack, Discord, HTTP, OpenAI's SDK, the widget and MCP.

    async with open_doors(dsn, folder) as doors:
        report = await compare(doors, questions)     # report.differences: what is not the same

One `footnote up` serves chat and the API; the terminal is one `footnote ask --batch`, MCP one `footnote mcp`. What must
be the same is the `essence` of an answer; in chat, every link of it must be on the screen as well.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import openai
from mcp import Client

from core.config.settings import Settings
from core.sentences import ENGLISH, GERMAN
from core.tokens.port import NewToken
from core.wiring import open_footnote
from tests.bot.install import Install
from tests.bot.mcp_clients import document_of, stdio_client
from tests.bot.served_api import ORIGIN, ServedApi
from tests.bot.up import Up, discord_settings, slack_settings, up
from tests.servers.discord.model import Posted
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.ports import own_port
from tests.servers.slack import Slack, Tiers, serve_slack
from tests.waiting import pause

NO_LIMITS = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0", "API_ADDRESS_LIMIT": "0"}
CHAT = ("slack", "discord")
_WHY = (ENGLISH.why, GERMAN.why)
STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True, slots=True)
class Doors:
    """Where questions may be asked, all of one index."""

    dsn: str
    folder: Path
    bot: Up
    slack: Slack
    discord: Discord
    api: ServedApi
    sdk: openai.AsyncOpenAI
    mcp: Client


@dataclass(slots=True)
class ParityReport:
    """How many questions ended how, and a line for each answer that is not as the terminal's."""

    outcomes: Counter[str] = field(default_factory=Counter)
    doors: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


@asynccontextmanager
async def open_doors(dsn: str, folder: Path) -> AsyncIterator[Doors]:
    """Start all processes on an index that is there."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(serve_slack(tiers=Tiers.none()))
        discord = await stack.enter_async_context(serve_discord(limits=UNLIMITED))
        port = stack.enter_context(own_port())
        own = NO_LIMITS | {"API_ADDRESS": f"127.0.0.1:{port}"}
        bot = await stack.enter_async_context(up(dsn, folder, slack_settings(slack), discord_settings(discord), own))
        await discord.ready()
        footnote = await stack.enter_async_context(open_footnote(Settings(DATABASE_URL=dsn, FOOTNOTE_HOME=folder)))
        token = await footnote.tokens.add(NewToken("parity", minute_limit=0))
        public = await footnote.tokens.add(NewToken("page", origins=(ORIGIN,), minute_limit=0, day_limit=0))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        api = ServedApi(footnote, port, token, public, session)
        sdk = await stack.enter_async_context(openai.AsyncOpenAI(base_url=f"{api.url}/v1", api_key=token))
        mcp = await stack.enter_async_context(stdio_client(Install(folder, {"DATABASE_URL": dsn})))
        yield Doors(dsn, folder, bot, slack, discord, api, sdk, mcp)


async def compare(doors: Doors, questions: Sequence[str]) -> ParityReport:
    """Ask each question everywhere. -> what is not as in the terminal."""
    report = ParityReport()
    printed = await in_terminal(doors, questions)
    shown = {each: (await ask_slack(doors.slack, each), await ask_discord(doors.discord, each)) for each in questions}
    kept = await stored_answers(doors.dsn)
    for question in questions:
        expected = essence(printed[question])
        unlinked = essence(printed[question], with_href=False)
        report.outcomes[str(printed[question]["outcome"])] += 1
        found = {platform: essence(kept[platform, question]) for platform in CHAT} | await ask_programs(doors, question)
        for door, answer in found.items():
            report.doors[door] += 1
            if answer != (unlinked if door == "mcp" else expected):
                report.differences.append(f"{door}: {question}\n  {expected}\n  {answer}")
        for link in {each["url"] for each in kept["slack", question]["citations"]}:
            report.differences += [f"{link} is not shown: {question}" for seen in shown[question] if link not in seen]
    return report


async def ask_programs(doors: Doors, question: str) -> dict[str, tuple[Any, ...]]:
    """Ask over HTTP, by OpenAI's SDK, as the widget does and over MCP. -> the essence of each answer."""
    api, body = doors.api, {"question": question}
    whole = await api.ask(question)
    stream = await api.call("POST", "/v1/ask", body, headers=STREAM)
    widget = await api.call("POST", "/v1/ask", body, token=api.public, headers=STREAM | {"Origin": ORIGIN})
    messages: list[Any] = [{"role": "user", "content": question}]
    completion = await doors.sdk.chat.completions.create(model="footnote", messages=messages)
    called = document_of(await doors.mcp.call_tool("ask_docs", body))
    return {
        "http": essence(whole.json),
        "stream": essence(stream.events[-1][1]),
        "widget": essence(widget.events[-1][1]),
        "openai": essence((completion.model_extra or {})["footnote"]),
        "mcp": essence(called, with_href=False),
    }


def essence(answer: Mapping[str, Any], *, with_href: bool = True) -> tuple[Any, ...]:
    """Return what must be the same everywhere: words, outcome, abstention, and numbered links with their quotes.

    MCP has no `href`: an agent reads sections, and opens no page at a sentence.
    """
    text = answer.get("text", answer.get("answer"))
    cited = [
        (each["number"], each["url"], each["quote"], with_href and (each["href"] or each["url"]))
        for each in answer["citations"]
    ]
    return text, answer["outcome"], list(answer["not_covered"]), answer["abstention"], cited


async def in_terminal(doors: Doors, questions: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Ask all by one `footnote ask --batch`. -> each answer."""
    batch = doors.folder / "questions.jsonl"
    batch.write_text("".join(json.dumps({"id": each, "question": each}) + "\n" for each in questions), "utf-8")
    ended = await Install(doors.folder, {"DATABASE_URL": doors.dsn}).run("ask", "--batch", str(batch))
    assert ended.code == 0, ended.err
    return {answer["id"]: answer for answer in map(json.loads, ended.out.splitlines())}


async def stored_answers(dsn: str) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return (platform, question) -> the answer that was stored, once all are done.

    A question is done a moment after its answer is shown.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(60):
            while await connection.fetchval("select count(*) from question where state <> 'done'"):
                await pause()
        rows = await connection.fetch("select platform, body, answer from question where platform = any($1)", CHAT)
    finally:
        await connection.close()
    return {(row["platform"], row["body"]): json.loads(row["answer"])["answer"] for row in rows}


async def ask_slack(slack: Slack, question: str) -> str:
    """Ask on Slack. -> what people see of the answer, blocks included."""
    ts = await slack.say("C1", f"<@{slack.bot_user}> {question}")
    await slack.until(lambda: [each for each in slack.replies("C1", ts) if each.metadata is not None])
    return "\n".join(f"{each.visible}\n{each.blocks}" for each in slack.replies("C1", ts))


async def ask_discord(discord: Discord, question: str, *, plain: bool = False) -> str:
    """Ask on Discord. -> what people see. `plain`: a sentence of the bot itself, which needs no thread."""
    message = discord.say(discord.channel, f"<@{discord.bot_id}> {question}")

    def finished() -> list[Posted]:
        if message in discord.world.places:  # the thread that is made of it has its id
            shown = discord.replies(message)
            return shown if any(word in str(each.components) for each in shown for word in _WHY) else []
        return [each for each in discord.replies(discord.channel) if plain and each.reply_to == message]

    await discord.until(lambda: bool(finished()))
    return "\n".join(f"{each.content}\n{each.embeds}" for each in finished())
