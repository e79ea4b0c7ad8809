"""Many questions at once on Slack, with Slack's own limits: one reply each, streams for the first, posts for the rest.

`bench/load.py` measures the rest.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.slack.face import STARTS
from tests.bot.crowd import Crowd, bot_messages, counts, model
from tests.bot.up import model_settings, slack_settings, up
from tests.servers.openai_server import serve_openai
from tests.servers.scripted import Json, ScriptedServer
from tests.servers.slack import serve_slack

CHANNELS = tuple(f"C{number}" for number in range(1, 7))


@asynccontextmanager
async def crowded(dsn: str, folder: Path, limits: Mapping[str, str]) -> AsyncIterator[tuple[Crowd, ScriptedServer]]:
    """Run a bot with people who ask and a model of about 0.3 s. -> the people, and the model's server."""
    async with serve_openai() as models, serve_slack() as slack:
        models.otherwise = model(random.Random(8), models.otherwise, first=0.6, each=0.0)
        for channel in CHANNELS:
            slack.channel(channel)
        async with up(dsn, folder, slack_settings(slack), model_settings(models), limits) as bot:
            yield Crowd(slack, random.Random(8)), models
            assert await bot.stop() == 0


@pytest.mark.slow
async def test_sixty_questions_at_once_get_a_reply_each_and_slack_is_not_pressed(filled: str, tmp_path: Path) -> None:
    async with crowded(filled, tmp_path, {}) as (crowd, _):
        began = time.monotonic()
        for number in range(60):
            await crowd.ask(CHANNELS[number % 6], f"U{number % 40}")
        rows = await crowd.settled(filled, within=180)
        print(counts(crowd.slack))  # noqa: T201 - for people
        assert not crowd.wrongs(rows), "\n".join(crowd.wrongs(rows))
        minutes = 1 + int((time.monotonic() - began) // 60)
        assert STARTS <= sum(each.stream is not None for each in bot_messages(crowd.slack)) <= STARTS * minutes
        assert sum(each.status == 429 for each in crowd.slack.calls) <= 3


@pytest.mark.slow
async def test_who_floods_a_channel_is_told_once_and_holds_nobody_up(filled: str, tmp_path: Path) -> None:
    async with crowded(filled, tmp_path, {"USER_OPEN_LIMIT": "4", "USER_MINUTE_LIMIT": "0"}) as (crowd, models):
        thinking, think = asyncio.Event(), models.otherwise

        async def late(request: web.Request, asked: Json) -> web.StreamResponse:
            await thinking.wait()
            return await think(request, asked)

        models.otherwise = late
        flood = [await crowd.ask("C1", "UFLOOD") for _ in range(30)]
        for number in range(12):
            await crowd.ask(CHANNELS[number % 6], f"U{number}")
        await crowd.slack.until(lambda: not crowd.unacknowledged)  # everything is asked before anything is answered
        thinking.set()
        rows = {row["place_key"]: row for row in await crowd.settled(filled, within=180)}
        refused = {sent.key for sent in flood if rows[sent.key]["refusal"] == "limit"}
        assert len(refused) == 30 - 4
        assert [each.ephemeral for each in crowd.slack.ephemerals()] == ["UFLOOD"]
        crowd.sent = [sent for sent in crowd.sent if sent.key not in refused]
        wrongs = crowd.wrongs([row for key, row in rows.items() if key not in refused])
        assert not wrongs, "\n".join(wrongs)
