"""Caps on tokens, over whole processes: what is counted is what the model counted, and nobody is refused."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from core.sentences import ENGLISH
from tests.bot.called import call
from tests.bot.install import Install
from tests.bot.rows import Rows
from tests.bot.up import model_settings, slack_settings, up
from tests.servers.openai_server import counted, serve_openai, text
from tests.servers.scripted import Json, ScriptedServer
from tests.servers.slack import Slack, serve_slack

WORKERS, PROCESSES, QUESTIONS = 32, 2, 90
ANSWER = "The beta parameter says how near the trained model is held to its reference [1]."


@dataclass(slots=True)
class CountingModel:
    """Answers once `together` requests are in flight, and counts what it reports."""

    together: int
    calls: list[tuple[int, int]] = field(default_factory=list)
    in_flight: int = 0
    full: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, request: web.Request, asked: Json) -> web.StreamResponse:
        self.in_flight += 1
        sent = 300 + 7 * len(self.calls)
        self.calls.append((sent, 20))
        if self.in_flight >= self.together:
            self.full.set()
        await self.full.wait()
        return await counted(text(ANSWER), sent, 20)(request, asked)

    @property
    def tokens(self) -> int:
        """What it reported, over all calls."""
        return sum(map(sum, self.calls))


async def answers(dsn: str, count: int) -> list[Any]:
    """Wait until all questions are over. -> their answers."""
    async with Rows(dsn).database() as connection, asyncio.timeout(240):
        while True:
            rows = await connection.fetch("select answer from question where state = 'done'")
            if len(rows) == count:
                return [json.loads(row["answer"])["answer"] for row in rows]
            await asyncio.sleep(0.2)


async def ask_all(slack: Slack, count: int) -> None:
    """Let many people ask in many channels."""
    for number in range(count):
        channel, person = f"C{number % 30 + 1}", f"U{number % 45}"
        await slack.say(channel, f"<@{slack.bot_user}> What does the beta parameter say?", user=person)


async def spent_by(folder: Path, dsn: str) -> Any:
    reported = await Install(folder, {"DATABASE_URL": dsn, "PRICES": '{"served-model": {"in": 1, "out": 10}}'}).run(
        "report", "--json"
    )
    return reported.json["spend"]


def many_settings(slack: Slack, server: ScriptedServer, **more: str) -> dict[str, str]:
    for number in range(30):
        slack.channel(f"C{number + 1}")
    limits = {"WORKERS": str(WORKERS), "USER_MINUTE_LIMIT": "0", "USER_OPEN_LIMIT": "0"}
    return slack_settings(slack) | model_settings(server) | limits | more


@pytest.mark.slow
async def test_two_processes_of_32_workers_spend_what_the_model_counts_and_keep_to_the_cap(
    filled: str, tmp_path: Path
) -> None:
    model, cap = CountingModel(WORKERS * PROCESSES), 4_000
    async with serve_openai() as server, serve_slack() as slack:
        server.otherwise = model
        settings = many_settings(slack, server, DAILY_TOKENS=str(cap))
        async with up(filled, tmp_path, settings, name="one"), up(filled, tmp_path, settings, name="two"):
            await ask_all(slack, QUESTIONS)
            made = await answers(filled, QUESTIONS)
    spend = await spent_by(tmp_path, filled)
    assert spend["total"]["sent"] + spend["total"]["received"] == spend["today"] == model.tokens
    assert (spend["total"]["calls"], spend["total"]["estimated"]) == (len(model.calls), 0)
    written = [each for each in made if each["cap"] is None]
    capped = [each for each in made if each["cap"] == "day"]
    assert (len(written), len(written) + len(capped)) == (len(model.calls), QUESTIONS)
    assert len(model.calls) == WORKERS * PROCESSES, "none begins after the cap is reached"
    assert spend["today"] - cap <= sum(map(sum, model.calls[-WORKERS * PROCESSES :]))
    assert {each["text"] for each in written} == {ANSWER}
    assert all(each["model"] == "extractive" and each["text"].endswith(ENGLISH.capped) for each in capped)
    assert all(each["citations"] for each in capped)
    assert all(set(asked.body) >= {"max_completion_tokens", "max_tokens"} for asked in server.requests)
    people = sum(each["sent"] + each["received"] for each in spend["people"])
    assert len(spend["people"]) == 10
    assert people < model.tokens


async def test_a_person_and_a_channel_have_caps_of_their_own(filled: str, tmp_path: Path) -> None:
    model = CountingModel(1)
    async with serve_openai() as server, serve_slack() as slack:
        server.otherwise = model
        settings = many_settings(slack, server, DAILY_TOKENS_PERSON="300", DAILY_TOKENS_CHANNEL="640")
        async with up(filled, tmp_path, settings):
            made = list[Any]()
            for channel, person in (("C1", "U1"), ("C2", "U1"), ("C1", "U2"), ("C1", "U3"), ("C2", "U3")):
                await slack.say(channel, f"<@{slack.bot_user}> What does the beta parameter say?", user=person)
                made = await answers(filled, len(made) + 1)
        async with Rows(filled).database() as connection:
            rows = await connection.fetch("select answer -> 'answer' ->> 'cap' as cap from question order by id")
    assert [row["cap"] for row in rows] == [None, "person", None, "channel", None]
    spend = await spent_by(tmp_path, filled)
    assert {each["person"]: each["calls"] for each in spend["people"]} == {"slack:U1": 1, "slack:U2": 1, "slack:U3": 1}
    assert {each["channel"]: each["calls"] for each in spend["channels"]} == {"slack:C1": 2, "slack:C2": 1}
    assert spend["total"]["cost"] == pytest.approx(sum(sent + 10 * received for sent, received in model.calls) / 1e6)


async def test_a_server_without_usage_is_marked_as_estimated(filled: str, tmp_path: Path) -> None:
    async with serve_openai(ANSWER) as server:
        install = Install(tmp_path, {"DATABASE_URL": filled, **model_settings(server)})
        asked = (await install.run("ask", "--json", "What does the beta parameter say?")).json
    assert (asked["usage"]["estimated"], asked["cap"]) == (True, None)
    spend = await spent_by(tmp_path, filled)
    total = spend["total"]
    assert total["estimated"] == total["sent"] + total["received"] == spend["today"] > 0
    assert (spend["people"], spend["channels"]) == ([], [])
    shown = (await call(install, "report")).out
    assert "of them estimated" in shown
    assert "served-model (answer)" in shown
