"""People who ask the loopback Discord all the time, and the count of what they got; the model is `tests.bot.crowd`'s.

crowd.asking() ──> channels, threads, direct messages, commands, edits     each question has its token: qbc
crowd.wrongs() ──> what is not exactly one whole reply                     empty: all is well

A question in a guild must be answered, even if nobody was there to hear it. A direct message or a command that nobody
heard is lost, as Discord has it; one that was stored is not.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import asyncpg

from bot.reply import MAX_TRIES
from core.answer.prompt import APOLOGY
from core.sentences import ENGLISH
from tests.bot.crowd import make_token
from tests.bot.rows import OVER
from tests.servers.discord.model import Posted
from tests.servers.discord.server import Discord

_TOKEN = re.compile(r"\bq[a-j]+z?\b")
_WORDS = "How does the trainer {token} treat the chosen answers?"
_NOTICE = ENGLISH.answers_take.partition("{")[0]
_ROWS = "select * from question order by id"
_LAST = "Here the trainer of {token} ends"


@dataclass(slots=True)
class SentQuestion:
    """One question; `token` is the one in its text now, `message` 0 for a command. `sure`: it must be stored."""

    key: str
    token: str
    channel: int
    user: int
    message: int = 0
    sure: bool = True


@dataclass(slots=True)
class Crowd:
    """People who ask in `channels`, in their threads, in private and by commands. `sent` is what was asked so far."""

    discord: Discord
    chance: random.Random
    channels: Sequence[int]
    sent: list[SentQuestion] = field(default_factory=list)

    async def asking(self, seconds: float) -> None:
        """Ask for ever, a question every `seconds` on average, and edit one now and then."""
        while True:
            self.ask_somewhere()
            if self.chance.random() < 0.12:
                self._edit(self.chance.choice(self.sent[-8:]))
            await asyncio.sleep(self.chance.uniform(0, 2 * seconds))

    def ask_somewhere(self) -> None:
        """Ask one question."""
        user, channel = self.chance.randrange(1, 40), self.chance.choice(self.channels)
        luck, threads = self.chance.random(), self.discord.threads(channel)
        if luck < 0.15:
            self.say(self.discord.direct(user), user, sure=False)
        elif luck < 0.4:
            self._command(channel, user)
        elif luck < 0.55 and threads:
            self.say(self.chance.choice(threads[-6:]).id, user)
        else:
            self.say(channel, user)

    def say(self, channel: int, user: int, *, sure: bool = True) -> None:
        """Ask by a mention, which arrives twice."""
        token = make_token(len(self.sent))
        message = self.discord.say(channel, self._words(token), user_id=user, copies=2)
        self.sent.append(SentQuestion(f"{channel}:{message}", token, channel, user, message, sure))

    def _command(self, channel: int, user: int) -> None:
        token = make_token(len(self.sent))
        question = {"question": _WORDS.format(token=token)}
        asked = self.discord.slash("ask", question, channel_id=channel, user_id=user, copies=2)
        self.sent.append(SentQuestion(f"ask:{asked.id}", token, channel, user, sure=False))

    def _words(self, token: str) -> str:
        return f"<@{self.discord.bot_id}> {_WORDS.format(token=token)}"

    def _edit(self, sent: SentQuestion) -> None:
        if sent.message and sent.sure and not sent.token.endswith("z"):
            sent.token += "z"
            self.discord.edit(sent.message, self._words(sent.token))

    # --- the count

    async def settled(self, dsn: str, within: float) -> list[asyncpg.Record]:
        """Wait until each question that must be is stored and over; any other is among the wrongs. -> the rows."""
        connection, deadline = await asyncpg.connect(dsn), asyncio.get_running_loop().time() + within
        try:
            rows = await connection.fetch(_ROWS)
            while not self._is_over(rows) and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(0.2)
                rows = await connection.fetch(_ROWS)
        finally:
            await connection.close()
        return rows

    def _is_over(self, rows: Sequence[asyncpg.Record]) -> bool:
        texts = {row["place_key"]: row["body"] for row in rows}
        known = all(sent.token in _TOKEN.findall(texts.get(sent.key, "")) for sent in self.sent if sent.sure)
        return known and all(row["state"] in OVER for row in rows)

    def wrongs(self, rows: Sequence[asyncpg.Record]) -> list[str]:
        """Return a line for each question that has not exactly one whole reply, and for each message too many."""
        by_key = {row["place_key"]: row for row in rows}
        shown = {f"{each.channel_id}/{each.id}": each for each in self.replies()}
        parts = {part: row["place_key"] for row in rows for part in row["parts"]}
        found = [f"a message of nobody: {each.content[:90]!r}" for ref, each in shown.items() if ref not in parts]
        for sent in self.sent:
            row = by_key.get(sent.key)
            if row is None:
                found += [f"{sent} was never stored"] * sent.sure
            elif why := _wrong(sent, row, [shown[part] for part in row["parts"] if part in shown]):
                found.append(f"{why}: {sent} {dict(row) | {'answer': ''}}")
        return found

    def replies(self) -> Iterator[Posted]:
        """Yield the bot's messages that everybody, or one person in private, sees, but for notices."""
        for place in list(self.discord.world.places):
            yield from (each for each in self.discord.replies(place) if not each.content.startswith(_NOTICE))


def _wrong(sent: SentQuestion, row: asyncpg.Record, parts: Sequence[Posted]) -> str:
    """Return what is wrong with a reply; empty: nothing."""
    if row["state"] != "done":
        return f"it is {row['state']}"
    if not parts or len(parts) != len(row["parts"]):
        return "a part is missing"
    if len({each.channel_id for each in parts}) > 1:
        return "it stands in two places"
    text = "".join(each.content for each in parts)
    if APOLOGY in text and row["tries"] > MAX_TRIES:
        return ""  # it is a reply, and a bot that is killed so often cannot give another
    if text.count(_LAST.format(token=sent.token)) != 1 or set(_TOKEN.findall(text)) != {sent.token}:
        return f"it is half an answer, two, or another's: {text!r}"
    return ""
