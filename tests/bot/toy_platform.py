"""A chat platform in one file: people connect over TCP, and each line `alice: How do I install it?` is a message.

It shows what a platform needs: a face, a reading of messages, a run, and one registration (`TOY`). Nothing in `bot` or
`core` names it. A message that begins with `bot,` is addressed. Answers are written to everybody as `bot> ...`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from bot.attention import Trigger
from bot.face import Announce, Live, MessagePart, Sighting, Spoken
from bot.intake import Intake, build_intake
from bot.platforms import ChatPlatform, Run
from bot.status import PlatformContext, State
from core.config.settings import Settings
from core.domain import Evidence
from core.health import Check, Health
from core.inbox.platforms import SharedFile
from core.inbox.port import NewQuestion, Platform, Reply, StoredQuestion, Visibility

NAME = Platform("toy")
ROOM, ADDRESS = "room", "bot, "


@dataclass(slots=True)
class ToyFace:
    """A room in memory: its messages by id, and the people who read along."""

    platform: Platform = NAME
    tenants: Sequence[str] | None = None
    names: Sequence[str] = ("bot",)
    question_characters: int = 1_000
    messages: dict[str, tuple[int, str]] = field(default_factory=dict)
    readers: list[asyncio.StreamWriter] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def pieces(self, asked: StoredQuestion, reply: Reply) -> Sequence[MessagePart]:
        sources = [f"[{each.number}] {each.url}" for each in reply.answer.citations]
        return [MessagePart(0, "\n".join([reply.answer.text, *sources]))]

    async def read_file(self, file: SharedFile) -> str | None:
        return None

    async def turn(self, asked: StoredQuestion) -> None:
        return None

    async def post(self, asked: StoredQuestion, piece: MessagePart) -> str:
        ref = str(next(self.numbers))
        self.messages[ref] = (asked.id, piece.content)
        await self.write(piece.content)
        return ref

    async def write(self, text: str) -> None:
        for reader in self.readers:
            reader.write("".join(f"bot> {line}\n" for line in text.splitlines()).encode() + b"\n")
            await reader.drain()

    async def rewrite(self, asked: StoredQuestion, ref: str, piece: MessagePart) -> bool:
        if ref not in self.messages:
            return False
        self.messages[ref] = (asked.id, piece.content)
        return True

    async def remove(self, asked: StoredQuestion, ref: str) -> None:
        self.messages.pop(ref, None)

    async def find(self, asked: StoredQuestion) -> list[Sighting]:
        return [Sighting(ref, question) for ref, (question, _) in self.messages.items()]

    async def searching(self, asked: StoredQuestion) -> None:
        return None

    async def begin(
        self, asked: StoredQuestion, evidence: Evidence, announce: Announce, language: str = ""
    ) -> Live | None:
        return None

    async def context(self, asked: StoredQuestion) -> Sequence[Spoken]:
        return ()

    async def refuse(self, asked: StoredQuestion, sentence: str) -> None:
        await self.write(sentence)

    async def confirm(self, incoming: NewQuestion, sentence: str) -> None:
        await self.write(sentence)

    async def notice(self, channel: str, sentence: str) -> None:
        await self.write(sentence)


def read_message(line: str, number: int) -> tuple[NewQuestion, Trigger]:
    """Return what a line asks, and why: `"alice: bot, how?"` is addressed, `"alice: how?"` was overheard."""
    asker, _, text = line.partition(": ")
    why = Trigger.ADDRESSED if text.startswith(ADDRESS) else Trigger.OVERHEARD
    key = f"line-{number}"
    return NewQuestion(NAME, "", key, key, ROOM, key, asker, Visibility.THREAD, text.removeprefix(ADDRESS).strip()), why


async def _receive(line: str, number: int, intake: Intake) -> None:
    incoming = await intake.accept(*read_message(line, number))
    if incoming is not None:
        intake.hand_over(incoming, await intake.receive(incoming))


def build_toy(port: int) -> ChatPlatform:
    """Return the platform, which listens on that port of loopback."""

    async def run(host: PlatformContext) -> None:
        face, numbers = ToyFace(), itertools.count(1)
        async with host.footnote.open_inbox() as inbox:
            intake, dispatcher = build_intake(host, face, inbox)

            async def converse(lines: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                face.readers.append(writer)
                async for line in lines:
                    await _receive(line.decode().strip(), next(numbers), intake)

            async with await asyncio.start_server(converse, "127.0.0.1", port):
                host.report(State.UP, "")
                await dispatcher.run(host.stop)
                for reader in face.readers:
                    reader.close()

    async def check(_settings: Settings) -> AsyncIterator[Check]:
        yield Check("toy", Health.OK, f"listens on port {port}")

    load: Callable[[Settings], Run] = lambda _settings: run  # noqa: E731 - what a module with an SDK would import
    return ChatPlatform("Toy", lambda _settings: True, load, check)
