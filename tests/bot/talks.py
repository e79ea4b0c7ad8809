"""One `footnote up` that many tests of a module talk to, and a model on loopback that answers by the words it is asked.

    talk.mind.on("kiwi", text("It is a fruit [1]."))        people who ask about a kiwi get this answer
    ts = await talk.ask("C1", "What is a kiwi?")
    reply = await talk.answered("C1", ts)
    talk.mind.prompts("kiwi")[0]                            what the model was sent

Tests stay apart by using their own channels and words. Limits of Slack and of askers are off, unless a test wants them;
the bot's budgets are not: of one minute's questions the first fifteen are streamed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp import web

from tests.bot.rows import Rows
from tests.bot.up import Up, model_settings, slack_settings, up
from tests.databases import database_on
from tests.servers.openai_server import serve_openai, text
from tests.servers.scripted import Behaviour, Json, ScriptedServer
from tests.servers.slack import Envelope, Message, Slack, Tiers, serve_slack

ANSWER = (
    "The trainer reads pairs of a chosen and a rejected answer [1]. ",
    "It fine-tunes a mistral model with DPO [1]. ",
    "It moves the model towards the chosen answers [1].",
)
"""All from one passage of `tests.bot.install`: whatever [1] means, the check finds it, and the numbers stay."""
SHOWN = "".join(ANSWER)
STANDALONE = "How does the trainer of the frobnicator learn?"
UNLIMITED = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}
PATIENCE = 60.0
"""Seconds that Slack waits for an acknowledgement where that is not under test: a busy machine may take them."""


class Mind:
    """What the model thinks: for the first word that a question holds, else three good sentences."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self._by_word: dict[str, Behaviour] = {}

    def on(self, word: str, behaviour: Behaviour) -> None:
        self._by_word[word] = behaviour

    def prompts(self, word: str) -> list[list[Json]]:
        """Return the messages of each request for an answer whose question holds the word."""
        return [each["messages"] for each in self.asked if each.get("stream") and word in _question(each)]

    async def answer(self, request: web.Request, asked: Json) -> web.StreamResponse:
        if not isinstance(asked, dict):
            raise web.HTTPNotFound  # a question about the server itself, which this one does not answer
        self.asked.append(asked)
        if not asked.get("stream"):
            return await text(STANDALONE)(request, asked)
        question = _question(asked)
        chosen = next((each for word, each in self._by_word.items() if word in question), text(*ANSWER))
        return await chosen(request, asked)


def _question(asked: Json) -> str:
    return str(asked["messages"][-1]["content"]).rpartition("Question:\n")[2].partition("\n\n(Write a few")[0]


@dataclass(slots=True)
class Held:
    """An answer that stops in the middle until `go` is set; `reached` is set when it has come to the middle.

    A sentence is shown once the next one is checked, which is when the one after that has begun.
    """

    before: Sequence[str] = (*ANSWER[:2], ANSWER[2][:9])
    after: Sequence[str] = (ANSWER[2][9:],)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: web.Request, asked: Json) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in self.before:
            await response.write(_chunk(piece))
        self.reached.set()
        await self.go.wait()
        for piece in self.after:
            await response.write(_chunk(piece))
        await response.write(_chunk("", "stop"))
        return response

    async def here(self) -> None:
        """Wait until the answer has come to its middle. Raises `TimeoutError`."""
        async with asyncio.timeout(60):
            await self.reached.wait()


def _chunk(piece: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": piece} if piece else {}, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()


@dataclass(slots=True)
class Talk(Rows):
    """A process that answers, and all that it talks with."""

    slack: Slack
    mind: Mind
    bot: Up

    async def ask(self, channel: str, text: str, **more: Any) -> str:
        """Mention the bot. -> the ts."""
        return await self.slack.say(channel, f"<@{self.slack.bot_user}> {text}", **more)

    async def answered(self, channel: str, ts: str, thread: str = "") -> Message:
        """Return the one reply to the message `ts`, as it is when the question is over."""
        row = await self.over(channel, ts)
        assert row["state"] == "done", row["state"]
        (ref,) = row["parts"]
        (reply,) = [each for each in self.slack.replies(channel, thread or ts) if each.ts == ref]
        assert not reply.streaming
        return reply

    async def over(self, channel: str, ts: str, *, revision: int = 0, seconds: float = 60) -> asyncpg.Record:
        """Return the row of a question, once its work is over."""
        return await self.over_at(f"{channel}:{ts}", revision=revision, seconds=seconds)

    async def questions(self, channel: str) -> int:
        """Return how many questions of a channel the inbox holds."""
        return await self.count("select count(*) from question where channel = $1", channel)

    async def settled(self, *envelopes: Envelope | None) -> None:
        """Wait until all envelopes so far, or these, are acknowledged or given up: questions are stored then."""
        waiting = [each for each in envelopes or self.slack.envelopes if each is not None]
        await self.slack.until(
            lambda: all(each.acked_at is not None or each.error or each.given_up for each in waiting)
        )

    def calls(self, method: str, **arguments: object) -> list[Json]:
        """Return the arguments of the calls of a method that had these arguments among them."""
        return [
            each.args
            for each in self.slack.calls
            if each.method == method and all(each.args.get(key) == value for key, value in arguments.items())
        ]


@asynccontextmanager
async def talking(
    server: str, template: str, folder: Path, *settings: Mapping[str, str], tiers: Tiers | None = None
) -> AsyncIterator[Talk]:
    """Run a process on a copy of the filled database, with a model that speaks OpenAI's API."""
    async with (
        database_on(server, f"talk_{folder.name}".lower().replace("-", "_"), template) as dsn,
        serve_slack(tiers=tiers or Tiers.none()) as slack,
        served_mind() as (mind, models),
        up(dsn, folder, slack_settings(slack), model_settings(models), UNLIMITED, *settings) as bot,
    ):
        slack.sockets.patience = slack.trigger_life = PATIENCE
        yield Talk(dsn, slack, mind, bot)


@asynccontextmanager
async def served_mind() -> AsyncIterator[tuple[Mind, ScriptedServer]]:
    """Serve a model. -> the model, and its server."""
    mind = Mind()
    async with serve_openai() as models:
        models.otherwise = mind.answer
        yield mind, models
