"""What `bench.load` plays: a Slack with its real limits, the people who ask in it, and a model at a set speed.

    Burst.ask ──> slack.say          Burst.figures ──> seconds to the ack and to the final text, lost, double

Times are of this process's clock, in seconds. A reply counts as final when its last message last changed.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

from tests.bot.crowd import is_notice, question_of
from tests.servers.openai_server import text
from tests.servers.scripted import Behaviour, Json
from tests.servers.slack import Message, Slack

TOPICS = ("crawl", "index", "anchor", "vector", "worker", "schedule", "heading", "passage")
WORDS = "Each page of this manual explains one thing in so many words that it is worth keeping [1]. "
PIECES = 24


@dataclass(slots=True)
class Burst:
    """Questions by the ts of their message: who asked, and when."""

    slack: Slack
    asked: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    async def ask(self, channel: str, user: str) -> None:
        """Ask one question by a mention."""
        topic, number = TOPICS[len(self.asked) % len(TOPICS)], len(self.asked)
        now = time.monotonic()
        ts = await self.slack.say(
            channel, f"<@{self.slack.bot_user}> What does the {topic} explain, {number}?", user=user
        )
        self.asked[ts] = (channel, user, now)

    async def ask_within(self, seconds: float, users: Sequence[str], channels: Sequence[str]) -> None:
        """Ask one question of each person, evenly spread."""
        began = time.monotonic()
        for number, user in enumerate(users):
            await asyncio.sleep(began + seconds * number / len(users) - time.monotonic())
            await self.ask(channels[number % len(channels)], user)

    def acks(self) -> list[float]:
        """Return seconds from the delivery of each event about a question to its acknowledgement; inf: none."""
        about = [each for each in self.slack.envelopes if each.body.get("event", {}).get("ts") in self.asked]
        return [float("inf") if each.waited is None else each.waited for each in about]

    def finals(self) -> dict[str, float]:
        """Return seconds from each question to the end of its reply, where it has one."""
        ends = {ts: max((_changed(each) for each in self._reply(ts)), default=0.0) for ts in self.asked}
        return {ts: end - self.asked[ts][2] for ts, end in ends.items() if end}

    def double(self) -> int:
        """Return how many questions have two replies: two messages claim the same part of it, or two questions."""
        return sum(len(numbers) != len(set(numbers)) for numbers in map(self._numbers, self.asked))

    def _numbers(self, ts: str) -> list[object]:
        return [(each.metadata or {}).get("event_payload", {}).get("number") for each in self._reply(ts)]

    def _reply(self, ts: str) -> list[Message]:
        replies = self.slack.replies(self.asked[ts][0], ts)
        return [each for each in replies if not each.streaming and not is_notice(each) and question_of(each)]

    def refused_people(self) -> set[str]:
        """Return the people who were refused because of a limit."""
        return {each.ephemeral for each in self.slack.ephemerals() if each.ephemeral}

    def of(self, user: str) -> list[str]:
        """Return the questions of one person."""
        return [ts for ts, (_, asker, _) in self.asked.items() if asker == user]


def _changed(message: Message) -> float:
    return message.changed_at or message.at


def calls_of(slack: Slack) -> str:
    """Return the calls by method, and how many were refused because there were too many."""
    counted: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for call in slack.calls:
        counted[call.method][0] += 1
        counted[call.method][1] += call.status == 429
    return ", ".join(
        f"{name} {made}{f' ({refused} refused)' * bool(refused)}" for name, (made, refused) in sorted(counted.items())
    )


def model(seconds: float, otherwise: Behaviour) -> Behaviour:
    """Return a model that answers in pieces over this many seconds; vectors come at once."""
    words = (WORDS * 4).split(" ")
    each = max(1, len(words) // PIECES)
    pieces = [" ".join(words[at : at + each]) + " " for at in range(0, len(words), each)]
    answer = text(*pieces, delay=seconds / (len(pieces) + 1))

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        chats = request.path.endswith("/chat/completions")
        return await (answer if chats else otherwise)(request, asked)

    return behave
