"""One `footnote up` in Discord that many tests of a module talk to, with the model of `tests.bot.talks`.

    talk.mind.on("kiwi", text("It is a fruit [1]."))
    asked = talk.ask(talk.channel(), "What is a kiwi?")
    reply = await talk.answered(asked)

Each test takes its own channels (`channel`, `forum`): all of them are there before the bot comes. Limits of Discord
and of askers are off, unless a test wants them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bot.rows import Rows
from tests.bot.talks import PATIENCE, SHOWN, UNLIMITED, Mind, served_mind
from tests.bot.up import Up, discord_settings, model_settings, up
from tests.databases import database_on
from tests.servers.discord import rates
from tests.servers.discord.model import Asked, Intents, Kind, Posted
from tests.servers.discord.server import Discord, serve_discord

CHANNELS, FORUMS = 40, 6
NONE = Intents(0)
LIMITS = replace(rates.UNLIMITED, response_seconds=PATIENCE)


@dataclass(slots=True)
class DiscordTalk(Rows):
    """A process that answers, and all that it talks with."""

    discord: Discord
    mind: Mind
    bot: Up
    channels: Iterator[int]
    forums: Iterator[int]
    voice: int

    def channel(self) -> int:
        """Return a channel where nobody has written anything."""
        return next(self.channels)

    def forum(self) -> int:
        """Return a forum without posts."""
        return next(self.forums)

    def ask(self, channel: int, text: str, user_id: int | None = None, **more: Any) -> int:
        """Mention the bot. -> the id of the message."""
        return self.discord.say(channel, f"<@{self.discord.bot_id}> {text}", user_id=user_id, **more)

    async def growing(self, thread: int, words: str) -> Posted:
        """Return the reply in a thread that is still to be made, as soon as it holds these words."""
        await self.discord.until(lambda: thread in self.discord.world.places)
        await self.discord.until(lambda: [one for one in self.discord.replies(thread) if words in one.content])
        return next(one for one in self.discord.replies(thread) if words in one.content)

    async def answered(self, message: int, *, revision: int = 0) -> Posted:
        """Return the one message of the reply to a message, as it is when the question is over."""
        return await self.reply(self.place_of(message), revision=revision)

    async def reply(self, place_key: str, *, revision: int = 0) -> Posted:
        """Return the one message of the reply to a question, by the question's place."""
        row = await self.over_at(place_key, revision=revision)
        assert row["state"] == "done", row["state"]
        (ref,) = row["parts"]
        return self.discord.world.messages[int(ref.rpartition("/")[2].lstrip("@"))]

    def place_of(self, message: int) -> str:
        """Return how the inbox knows a message."""
        return f"{self.discord.world.messages[message].channel_id}:{message}"

    async def questions(self, channel: int) -> int:
        """Return how many of a channel's questions the inbox holds, once all that was written before has arrived.

        A command is answered after everything that came before it: the gateway keeps the order.
        """
        asked = self.discord.autocomplete("ask", {"question": "", "site": ""}, "site")
        await self.discord.until(lambda: asked.choices is not None)
        return await self.count("select count(*) from question where channel = $1", str(channel))

    async def docs(self, words: str, channel: int, options: Mapping[str, object] | None = None) -> str:
        """Return the last answer to an administrator's command."""
        asked = self.discord.slash(f"docs {words}", options or {}, user_id=self.discord.admin, channel_id=channel)
        await self.discord.until(lambda: asked.shown)
        return shown(asked)


def with_question(question: str, answer: str = SHOWN) -> str:
    """Return a public answer to a command, with its question: Discord shows others the command's name alone."""
    return f"> {question}\n\n{answer}"


def shown(asked: Asked) -> str:
    """Return what the asker reads now."""
    return "\n".join(each.content for each in asked.shown)


def controls(message: Posted) -> list[str]:
    """Return what can be pressed: "good", "bad", "why"."""
    return [each["custom_id"].split(":")[1] for row in message.components for each in row["components"]]


def button(message: Posted, press: str) -> str:
    """Return the id of a control."""
    return next(
        each["custom_id"]
        for row in message.components
        for each in row["components"]
        if each["custom_id"].split(":")[1] == press
    )


@asynccontextmanager
async def talking(
    server: str,
    template: str,
    folder: Path,
    *settings: Mapping[str, str],
    limits: rates.Limits = LIMITS,
    intents: Intents = NONE,
) -> AsyncIterator[DiscordTalk]:
    """Run a process on a copy of the filled database, with a model that speaks OpenAI's API."""
    async with (
        database_on(server, f"talk_{folder.name}".lower().replace("-", "_"), template) as dsn,
        serve_discord(limits=limits) as discord,
        served_mind() as (mind, models),
    ):
        discord.grant(intents)
        channels = [discord.add_channel(f"c{number}") for number in range(CHANNELS)]
        voice = discord.add_channel("lounge", Kind.VOICE)
        forums = [discord.add_channel(f"f{number}", Kind.FORUM) for number in range(FORUMS)]
        async with up(dsn, folder, discord_settings(discord), model_settings(models), UNLIMITED, *settings) as bot:
            yield DiscordTalk(dsn, discord, mind, bot, iter(channels), iter(forums), voice)
