"""People who ask the loopback Slack all the time, a model that answers them, and the count of what they got.

crowd.asking() ──> channels, threads, direct messages, edits       each question has its token: qbc
model()        ──> sentences that repeat the token and cite [1]    slow and fast ones, short and long ones
crowd.wrongs() ──> what is not exactly one whole reply             empty: all is well
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiohttp import web

from core.answer.prompt import APOLOGY
from tests.bot.rows import OVER
from tests.servers.openai_server import text
from tests.servers.scripted import Behaviour, Json
from tests.servers.slack import Message, Slack

_TOKEN = re.compile(r"\bq[a-j]+z?\b")
"""A word, not a name or a number: those would have to stand in the documentation to be shown."""

_SENTENCE = "The trainer of {token} moves the model towards the chosen answers [1]. "
_LONG = "The trainer of {token} moves << << << << << << << the model towards the chosen answers [1]. "
_LAST = "Here the trainer of {token} ends [1]."


def make_token(number: int) -> str:
    """Return a number in letters: `12` -> `"qbc"`."""
    return "q" + "".join("abcdefghij"[int(digit)] for digit in str(number))


@dataclass(slots=True)
class SentQuestion:
    """One question; `token` is the one in its text now."""

    channel: str
    thread: str
    ts: str
    user: str
    token: str
    edited: bool = False

    @property
    def key(self) -> str:
        """The place_key of its row."""
        return f"{self.channel}:{self.ts}"


@dataclass(slots=True)
class Crowd:
    """People who ask in `channels` and in direct messages. `sent` is what was asked so far."""

    slack: Slack
    chance: random.Random
    channels: Sequence[str] = ("C1", "C2", "C3", "C4")
    sent: list[SentQuestion] = field(default_factory=list)

    async def ask(self, channel: str, user: str, thread: str | None = None, *, mention: bool = True) -> SentQuestion:
        """Ask one question."""
        token = make_token(len(self.sent))
        ts = await self.slack.say(channel, self._words(token, mention=mention), user=user, thread_ts=thread)
        self.sent.append(SentQuestion(channel, thread or ts, ts, user, token))
        return self.sent[-1]

    def _words(self, token: str, *, mention: bool) -> str:
        return f"{f'<@{self.slack.bot_user}> ' * mention}How does the trainer {token} treat the chosen answers?"

    async def asking(self, seconds: float) -> None:
        """Ask for ever, a question every `seconds` on average, and edit one now and then."""
        while True:
            await self.ask_somewhere()
            if self.chance.random() < 0.12:
                await self._edit(self.chance.choice(self.sent[-8:]))
            await asyncio.sleep(self.chance.uniform(0, 2 * seconds))

    async def ask_somewhere(self) -> None:
        """Ask in a channel, in a thread of people or one that the bot is in, or in private."""
        user = f"U{self.chance.randrange(1, 40)}"
        channel, luck = self.chance.choice(self.channels), self.chance.random()
        if luck < 0.15:
            await self.ask(self.slack.dm(user).id, user)
        elif luck < 0.25:
            await self.ask(channel, user, await self.slack.say(channel, "Has anybody trained one?", user="U99"))
        elif luck < 0.45 and self.sent:
            earlier = self.chance.choice(self.sent[-20:])
            mention = self._is_guest(earlier) or not self._is_answered(earlier)
            await self.ask(earlier.channel, earlier.user, earlier.thread, mention=mention)
        else:
            await self.ask(channel, user)

    def _is_guest(self, sent: SentQuestion) -> bool:
        """Return whether people began the thread: there the bot answers only those who mention it."""
        return sent.thread not in {each.ts for each in self.sent}

    def _is_answered(self, sent: SentQuestion) -> bool:
        return any(_LAST.format(token=sent.token)[:-5] in each.visible for each in self._replies(sent))

    async def _edit(self, sent: SentQuestion) -> None:
        if not sent.edited:
            sent.edited, sent.token = True, f"{sent.token}z"
            await self.slack.edit(sent.channel, sent.ts, self._words(sent.token, mention=True))

    def _replies(self, sent: SentQuestion) -> list[Message]:
        return self.slack.replies(sent.channel, sent.thread)

    # --- the count

    async def settled(self, dsn: str, within: float) -> list[asyncpg.Record]:
        """Wait until each question is stored and over, and all that was delivered is acknowledged. -> the rows."""
        connection = await asyncpg.connect(dsn)
        try:
            async with asyncio.timeout(within):
                await self._settle(connection)
        except TimeoutError:
            pass  # what is still open is among the wrongs
        finally:
            rows = await connection.fetch("select * from question order by id")
            await connection.close()
        return rows

    async def _settle(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        states = "select count(*) as stored, count(*) filter (where state <> all ($1)) as open from question"
        while True:
            row = await connection.fetchrow(states, OVER)
            assert row is not None
            if row["stored"] >= len(self.sent) and not row["open"] and not self.unacknowledged:
                return
            await asyncio.sleep(0.2)

    @property
    def unacknowledged(self) -> int:
        """The number of events that nobody took in yet."""
        return sum(each.acked_at is None for each in self.slack.envelopes)

    def wrongs(self, rows: Sequence[asyncpg.Record], *, keyless: bool = False) -> list[str]:
        """Return a paragraph for each question that has not exactly one whole reply, and for each message too many."""
        by_key = {row["place_key"]: row for row in rows}
        known = {row["id"]: row for row in rows}
        groups: defaultdict[int, list[Message]] = defaultdict(list)
        found = [f"{sent.key} {sent.token} was never stored" for sent in self.sent if sent.key not in by_key]
        for message in self._all_replies():
            question = question_of(message)
            if question is None or question not in known:
                found.append(f"a message of nobody: {shown(message)}")
            else:
                groups[question].append(message)
        for sent in self.sent:
            row = by_key.get(sent.key)
            why = None if row is None else self._wrong(sent, row, groups[row["id"]], keyless=keyless)
            if why is not None:
                found.append(f"{why}\n{self.story(sent, row)}")
        return found

    def _all_replies(self) -> Iterator[Message]:
        """Yield all that the bot shows, but for notices."""
        for channel in self.slack.channels:
            for message in self.slack.messages(channel):
                if message.bot_id == self.slack.bot_id and not is_notice(message):
                    yield message

    def _wrong(self, sent: SentQuestion, row: asyncpg.Record, mine: Sequence[Message], *, keyless: bool) -> str | None:
        parts = sorted(mine, key=lambda each: each.ts)
        numbers = [each.metadata["event_payload"]["number"] for each in parts]
        if row["state"] != "done":
            return f"{sent.token} is not done but {row['state']}"
        if not parts or numbers != list(range(len(parts))):
            return f"{sent.token} has the parts {numbers}"
        if {(each.channel, each.root) for each in parts} != {(sent.channel, sent.thread)}:
            return f"{sent.token} was answered somewhere else"
        if [each.ts for each in parts] != row["parts"] or any(each.streaming for each in parts):
            return f"{sent.token} has a message that is not known, or not finished"
        return None if keyless else self._half(sent, "".join(each.visible for each in parts))

    def _half(self, sent: SentQuestion, visible: str) -> str | None:
        """Return what is wrong with the words of the model's answer.

        An apology is a reply: it means that so many tries were too many.
        """
        if visible.strip() == APOLOGY:
            return None
        last = _LAST.format(token=sent.token).removesuffix(" [1].")
        if visible.count(last) != 1 or set(_TOKEN.findall(visible)) != {sent.token}:
            return f"{sent.token} has half an answer, two, or another's"
        return None

    def story(self, sent: SentQuestion, row: asyncpg.Record | None) -> str:
        """Return the row of a question, and all messages of its thread."""
        answer = "" if row is None or row["answer"] is None else json.loads(row["answer"])["answer"]["text"][:80]
        kept = {} if row is None else {key: value for key, value in row.items() if key not in ("answer", "details")}
        lines = [f"  row {kept}", f"  answer {answer!r}"]
        return "\n".join([*lines, *(f"  {shown(each)}" for each in self.slack.thread(sent.channel, sent.thread))])


def question_of(message: Message) -> int | None:
    """Return the number of the question that a message answers by its metadata."""
    metadata = message.metadata or {}
    number = metadata.get("event_payload", {}).get("question")
    return number if metadata.get("event_type") == "footnote_reply" else None


def is_notice(message: Message) -> bool:
    """Return whether a message is marked as a notice, which answers nothing."""
    return bool(message.metadata) and message.metadata["event_type"] == "footnote_notice"


def shown(message: Message) -> str:
    """Return one message on one line."""
    state = message.stream.state if message.stream is not None else "posted"
    edits = [each.text[:20] for each in message.edits]
    return f"{message.ts} {message.user} {state} {question_of(message)} {message.visible[:90]!r} edits {edits}"


def model(chance: random.Random, otherwise: Behaviour, *, first: float = 0.8, each: float = 0.08) -> Behaviour:
    """Return a model that answers a question with its token.

    After `first` seconds at most, in pieces at most `each` seconds apart.
    """

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        if not request.path.endswith("/chat/completions"):
            return await otherwise(request, asked)
        prompt = str(asked["messages"][-1]["content"])
        if not asked.get("stream"):  # the question of a thread, to be rewritten
            return await text(prompt.rpartition("Last question: ")[2])(request, asked)
        token = _TOKEN.findall(prompt.rpartition("Question:\n")[2])[-1]
        await asyncio.sleep(chance.uniform(0, first))
        return await text(*pieces(token, chance), delay=chance.uniform(0, each))(request, asked)

    return behave


def pieces(token: str, chance: random.Random) -> Iterator[str]:
    """Yield an answer word by word; every eighth takes two messages."""
    sentences = [_LONG] * 28 if chance.random() < 0.125 else [_SENTENCE] * chance.randrange(1, 5)
    for sentence in [*sentences, _LAST]:
        words = sentence.format(token=token).split(" ")
        yield from (" ".join(words[at : at + 8]) + " " for at in range(0, len(words), 8))


def counts(slack: Slack) -> dict[str, Any]:
    """Return counts of what happened, to be read in the test's output."""
    streams = sum(each.stream is not None for each in bot_messages(slack))
    return {
        "streams": streams,
        "posts": sum(each.stream is None for each in bot_messages(slack)),
        "cut": sum(each.cut for each in slack.calls),
        "refused by 429": sum(each.status == 429 for each in slack.calls),
        "apologies": sum(each.visible.strip() == APOLOGY for each in bot_messages(slack)),
        "looks": sum(each.method == "conversations.replies" for each in slack.calls),
    }


def bot_messages(slack: Slack) -> list[Message]:
    """Return all that the bot wrote."""
    every = [message for channel in slack.channels for message in slack.messages(channel)]
    return [each for each in every if each.bot_id == slack.bot_id]
