"""Questions from chat in Postgres, through two small pools. Implements the port `core.inbox.port.Inbox`.

    receive, revise, withdraw ──> 2 connections for intake     never wait behind answers: a platform gives us seconds
    claim, renew, save, ...   ──> 4 connections for replies

Frozen or lost connections end in a few seconds as `StoreError`, and the pools recover by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary

import asyncpg

from core.domain import Turn
from core.inbox.callers import CALLER_PLATFORMS
from core.inbox.conversation_postgres import PostgresConversation
from core.inbox.port import (
    KNOWN_PLATFORMS,
    Feedback,
    IntakeLimits,
    Lease,
    LeaseLost,
    NewQuestion,
    Participant,
    Platform,
    QuestionState,
    Received,
    Refusal,
    Reply,
    StoredQuestion,
)
from core.inbox.rows import REPLY, to_question, to_turn, write_details
from core.postgres.database import Connection, Pool, open_pool
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import json_of, text_of

LEASE_SECONDS = 15.0
"""How long a question stays with a silent process; a live one renews the lease three times as often."""

INTAKE_CONNECTIONS, WORK_CONNECTIONS, SECONDS = 2, 4, 5.0
BARRED_HOURS = 48
"""How long what was forgotten or deleted is not taken in, whatever finds it: no catch-up looks back so far."""

SPEND_MINUTES = 20
"""How long calls for a forgotten person are counted without a name: longer than an answer takes."""

ONCE_MINUTES = 30
"""How long a request is recognised; its signature is good for five, by a clock that may be wrong."""


@asynccontextmanager
async def open_inbox(dsn: str) -> AsyncIterator[PostgresInbox]:
    """Open both pools of a database that was migrated before. Raises `ConfigurationError`."""
    async with open_pool(dsn, INTAKE_CONNECTIONS, SECONDS) as intake, open_pool(dsn, WORK_CONNECTIONS, SECONDS) as work:
        yield PostgresInbox(intake, work)


class PostgresInbox:
    """Safe to share between tasks, and between processes on one database."""

    def __init__(self, intake: Pool, work: Pool) -> None:
        self.conversation = PostgresConversation(intake)
        self._intake = intake
        self._work = work
        self._askers: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()

    async def receive(self, incoming: NewQuestion, limits: IntakeLimits, seconds_each: float) -> Received | None:
        """Store a question, on disk on return; None where it is known.

        One of a person at a time: of two at once, neither would count the other to the limit, and a flood of theirs
        would hold both connections. Two processes may still take one question too many.
        """
        arguments = (
            incoming.platform,
            *(text_of(key) for key in (incoming.tenant, incoming.event_key, incoming.place_key)),
            *(text_of(key) for key in (incoming.channel, incoming.thread, incoming.asker)),
            incoming.visibility.value,
            text_of(incoming.text),
            None if incoming.reply is None else json_of(REPLY.dump_python(incoming.reply, mode="json")),
            limits.an_asker_open,
            limits.an_asker_a_minute,
            limits.open,
            limits.wait_seconds,
            seconds_each,
            write_details(incoming.details),
        )
        asker = self._askers.setdefault((incoming.platform, incoming.tenant, incoming.asker), asyncio.Lock())
        with translate_errors():
            async with asker:
                row = await self._intake.fetchrow(statements()["receive"], *arguments)
        return Received(row["id"], Refusal(row["refusal"]), row["ahead"]) if row else None

    async def revise(  # noqa: PLR0913 - the message by its key, what it says now, and what its asker may
        self,
        platform: Platform,
        tenant: str,
        place_key: str,
        text: str,
        at: float = 0.0,
        *,
        shared: bool = False,
        limits: IntakeLimits | None = None,
    ) -> bool:
        """Store the new text of a question that its asker edited. -> whether anything changed."""
        of_asker = (limits.an_asker_open, limits.an_asker_a_minute) if limits else (0, 0)
        return await self._touch("revise", platform, tenant, place_key, text_of(text), at, shared, *of_asker)

    async def withdraw(self, platform: Platform, tenant: str, place_key: str, *, edited: bool = False) -> bool:
        """Withdraw a question: its text goes at once, its reply soon. -> whether it is known.

        A deletion that comes before its question, for example to another process, bars it. A message that was `edited`
        so that it asks nothing may ask again.
        """
        key = (platform, text_of(tenant), text_of(place_key))
        with translate_errors():
            if not edited and await self._intake.fetchval(statements()["bar_missing"], *key, BARRED_HOURS):
                return False
        return await self._touch("withdraw", platform, tenant, place_key)

    async def stop(self, platform: Platform, tenant: str, channel: str, thread: str) -> bool:
        """Stop the answers of a thread or channel whose asker has read enough. -> whether there were any."""
        return await self._touch("stop", platform, tenant, channel, thread)

    async def give_feedback(self, platform: Platform, tenant: str, number: int, feedback: Feedback) -> bool:
        """Store a person's feedback, in place of an earlier one. -> whether there is such a question."""
        return await self._touch(
            "give_feedback",
            platform,
            tenant,
            number,
            feedback.who,
            feedback.thumb.value,
            list(feedback.reasons),
            text_of(feedback.comment),
        )

    async def notice_due(self, platform: Platform, tenant: str, channel: str) -> bool:
        """Return whether this call is the first within a minute, over all processes."""
        return await self._touch("notice_due", platform, tenant, channel)

    async def _touch(self, name: str, *arguments: object) -> bool:
        """Return whether there was such a row."""
        with translate_errors():
            return await self._intake.fetchval(statements()[name], *arguments) is not None

    async def get(self, platform: Platform, tenant: str, number: int) -> StoredQuestion | None:
        """Return None where that workspace has no such question."""
        with translate_errors():
            row = await self._intake.fetchrow(statements()["question"], platform, tenant, number)
        return to_question(row) if row else None

    async def claim(
        self, owner: str, platform: Platform, tenants: Sequence[str] | None, limit: int, in_hand: Collection[int] = ()
    ) -> list[StoredQuestion]:
        """Claim questions in fair order; none where another process claimed in the same thread at the same moment."""
        arguments = (owner, platform, tenants and list(tenants), limit, LEASE_SECONDS, list(in_hand))
        with translate_errors():
            try:
                rows = await self._work.fetch(statements()["claim"], *arguments)
            except asyncpg.UniqueViolationError:
                return []
        claimed = [to_question(row) for row in rows]
        order = {Refusal.BUSY: 0, Refusal.NONE: 1, Refusal.LIMIT: 2}
        return sorted(claimed, key=lambda each: (order[each.refusal], each.id))

    async def renew(self, owner: str, numbers: Collection[int]) -> Mapping[int, Lease]:
        """Extend the lease of these questions, and return the state of those that are still held."""
        if not numbers:
            return {}
        with translate_errors():
            rows = await self._work.fetch(statements()["renew"], owner, LEASE_SECONDS, list(numbers))
        return {row["id"]: Lease(row["revision"], row["stopped"], QuestionState(row["state"])) for row in rows}

    async def turns(self, asked: StoredQuestion, limit: int) -> tuple[Turn, ...]:
        """Return the earlier turns of its thread, oldest first."""
        with translate_errors():
            rows = await self._work.fetch(statements()["turns"], asked.id, limit)
        return tuple(to_turn(row) for row in reversed(rows))

    async def save(
        self, owner: str, asked: StoredQuestion, reply: Reply, shown_for: float | None = None
    ) -> StoredQuestion:
        """Store the reply, so that the model is not asked again."""
        written = json_of(REPLY.dump_python(reply, mode="json"))
        return await self._changed("save", asked.id, owner, asked.revision, written, shown_for)

    async def sending(self, owner: str, asked: StoredQuestion) -> StoredQuestion:
        """Record that a message is about to be sent, before it is."""
        return await self._changed("sending", asked.id, owner, asked.revision)

    async def sent(self, owner: str, asked: StoredQuestion, parts: Sequence[str]) -> StoredQuestion:
        """Store the messages, also where it was edited meanwhile; that raises `LeaseLost`: they answer the old text."""
        now = await self._changed("sent", asked.id, owner, list(parts))
        if now.revision != asked.revision:
            raise LeaseLost
        return now

    async def finish(self, owner: str, asked: StoredQuestion, parts: Sequence[str], state: QuestionState) -> None:
        """Record that nothing more is to be done about a question."""
        arguments = (asked.id, owner, asked.revision, list(parts), state.value)
        with translate_errors():
            if await self._work.fetchval(statements()["finish"], *arguments) is None:
                raise LeaseLost

    async def finish_refused(self, owner: str, asked: StoredQuestion) -> int:
        """Finish all refusals of its asker at once. -> their number."""
        with translate_errors():
            return len(await self._work.fetch(statements()["finish_refused"], asked.id, owner))

    async def release(self, owner: str, asked: StoredQuestion, seconds: float = 0.0, *, failed: bool = False) -> None:
        """Let go of a question, whether or not it is still ours."""
        with translate_errors():
            await self._work.execute(statements()["release"], asked.id, owner, seconds, failed)

    async def release_all(self, owner: str) -> None:
        """Let go of all that this process holds, when it ends."""
        with translate_errors():
            await self._work.execute(statements()["release_all"], owner)

    async def unknown(self, asked: StoredQuestion, refs: Collection[str]) -> list[str]:
        """Return those of the messages that belong to no other question, in their order."""
        arguments = (asked.platform, asked.tenant, asked.id, asked.channel, list(refs))
        with translate_errors():
            known = {row["part"] for row in await self._work.fetch(statements()["known_parts"], *arguments)}
        return [ref for ref in refs if ref not in known]

    async def conversations(self, platform: Platform, limit: int) -> list[str]:
        """Return the channels of conversations, as far back as questions are kept."""
        with translate_errors():
            rows = await self._intake.fetch(statements()["conversations"], platform, limit)
        return [row["channel"] for row in rows]

    async def participants(self, platform: Platform, tenant: str, limit: int) -> list[Participant]:
        """Return who asked where, and since when."""
        with translate_errors():
            rows = await self._work.fetch(statements()["participants"], platform, tenant, limit)
        return [
            Participant(row["channel"], row["thread"], row["asker"], row["since"], row["lately"], row["external"])
            for row in rows
        ]

    async def open_count(self) -> int:
        """Return the number of questions that wait or are being answered."""
        with translate_errors():
            number = await self._work.fetchval(statements()["open_count"])
        return int(number or 0)

    async def tidy(self, retention_days: int, counts_days: int = 365) -> int:
        """Give up replies that can no longer be sent, and drop what is long over. -> number of questions dropped."""
        with translate_errors():
            await self._work.execute(statements()["give_up"])
            await self._work.execute(statements()["close_left_open"], list(CALLER_PLATFORMS))
            await self._work.execute(statements()["forget_notices"])
            await self._work.execute(statements()["lift_bars"])
            await self._work.execute(statements()["forget_console_links"])
            await self._work.execute(statements()["forget_console_sessions"])
            await self._work.execute(statements()["lift_unnamed"])
            await self._work.execute(statements()["samples_tidy"])
            await self._work.execute(statements()["forget_utterances"], retention_days)
            await self._work.execute(statements()["forget_acts"], retention_days)
            await self._work.execute(statements()["forget_spenders"], retention_days)
            await self._work.execute(statements()["forget_spend"], counts_days, retention_days)
            await self._work.execute(statements()["forget_gaps"], retention_days)
            return len(await self._work.fetch(statements()["forget_questions"], retention_days))

    async def forget(self, person: str, platform: Platform | None = None) -> int:
        """Drop all that is or holds a person's words or id, in one transaction; bar their messages. -> questions."""
        with translate_errors():
            async with self._work.acquire() as connection, connection.transaction():
                return await _forget(connection, person, platform)

    async def take_once(self, key: bytes) -> bool:
        """Return whether this call is the first with that key, over all processes."""
        return await self._touch("bar", sha256(key).digest(), ONCE_MINUTES)

    async def _changed(self, name: str, *arguments: Any) -> StoredQuestion:
        with translate_errors():
            row = await self._work.fetchrow(statements()[name], *arguments)
        if row is None:
            raise LeaseLost
        return to_question(row)


OWN = (
    "forget_feedback_of",
    "keep_orders_of",
    "forget_utterances_of",
    "forget_audit_of",
    "forget_context_of",
    "forget_spend_of",
    "forget_gaps_of",
    "forget_console_links_of",
    "forget_console_sessions_of",
)
"""Statements that forget the rows of a person, or who that was, by person and platform."""


async def _forget(connection: Connection, person: str, platform: Platform | None) -> int:
    """Forget a person within a transaction, and return the number of questions dropped."""

    async def execute(name: str, *arguments: object) -> None:
        await connection.execute(statements()[name], *arguments)

    who = (person, platform)
    platforms = [each for each in (*KNOWN_PLATFORMS, *CALLER_PLATFORMS) if platform in (None, each)]
    names = [f"{each}:{person}" for each in platforms]
    await execute("hold_questions")
    await execute("hold_spend")
    await execute("lift_bars")
    rows = await connection.fetch(statements()["conversations_of"], *who)
    conversations = [[row[key] for row in rows] for key in ("platform", "tenant", "channel")]
    for name in ("forget_notices_in", "forget_settings_of"):
        await execute(name, *conversations)
    for name in OWN:
        await execute(name, *who)
    await execute("unname", person, platforms, SPEND_MINUTES)
    for name in ("forget_previews_of", "forget_request_of"):
        await execute(name, names)
    await execute("samples_forget")
    return len(await connection.fetch(statements()["forget_person"], *who, BARRED_HOURS))
