"""Sample questions hold no words of a person who is forgotten, at whatever moment of their making that happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import asyncpg
import pytest

from core.history.samples_postgres import PostgresSampleQuestions
from core.inbox.postgres import PostgresInbox, open_inbox
from core.postgres.database import Database
from core.postgres.statements import statements
from tests.core.locks import until_waiting

SCOPE, STATE, WORDS = b"scope", b"state", ["canary"]


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[PostgresInbox]:
    async with open_inbox(database.dsn) as made:
        yield made


async def take(samples: PostgresSampleQuestions) -> datetime:
    taken = await samples.take(SCOPE, STATE, 10)
    assert taken is not None
    return taken


async def test_what_was_made_is_kept_and_may_be_made_again(database: Database) -> None:
    samples = PostgresSampleQuestions(database)
    taken = await take(samples)
    assert await samples.take(SCOPE, STATE, 10) is None, "one process makes them"
    assert await samples.put(SCOPE, taken, WORDS, WORDS)
    assert await samples.get(SCOPE, STATE) == tuple(WORDS)
    again = await take(samples)
    assert await samples.get(SCOPE, STATE) == tuple(WORDS), "they are offered meanwhile"
    assert await samples.is_same(SCOPE, again, WORDS)
    assert not await samples.is_same(SCOPE, await take(samples), ["other"])


@pytest.mark.parametrize("taken_by_another", [False, True])
async def test_what_was_read_before_somebody_was_forgotten_is_not_put(
    database: Database, inbox: PostgresInbox, taken_by_another: bool
) -> None:
    samples = PostgresSampleQuestions(database)
    taken = await take(samples)
    await inbox.forget("U1")
    if taken_by_another:
        await take(samples)
    assert not await samples.put(SCOPE, taken, WORDS, WORDS)
    assert await samples.get(SCOPE, STATE) is None


async def test_none_are_begun_while_somebody_is_forgotten(database: Database) -> None:
    samples = PostgresSampleQuestions(database)
    async with asyncio.TaskGroup() as group:
        forgetting = await asyncpg.connect(database.dsn)
        transaction = forgetting.transaction()
        await transaction.start()
        await forgetting.execute(statements()["hold_questions"])
        taken = group.create_task(samples.take(SCOPE, STATE, 10))
        await until_waiting(database, 1)
        await transaction.commit()
        await forgetting.close()
    assert taken.result() is not None
