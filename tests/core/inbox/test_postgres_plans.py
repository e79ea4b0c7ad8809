"""Frequent statements on the inbox read open questions, one thread or one asker, and never all rows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from core.postgres.database import Database
from core.postgres.statements import statements

OWNER = "00000000-0000-0000-0000-000000000001"
PAST = """
insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, turn, state, answer,
                      asked_at, finished_at)
select 'slack', 'T1', 'e' || n, 'p' || n, 'C' || n % 40, 't' || n / 3, 'U' || n % 300, 'thread', 'How?', 0,
       case when n > 20000 then 'queued' else 'done' end, '{}',
       now() - n * interval '1 minute', case when n > 20000 then null else now() end
from generate_series(1, 20050) n
"""
ASKED: Mapping[str, tuple[object, ...]] = {
    "receive": ("slack", "T1", "e", "p", "C1", "t", "U1", "thread", "How?", None, 5, 10, 1000, 540.0, 0.25, "{}"),
    "revise": ("slack", "T1", "p20001", "Why?", 0.0, False, 5, 10),
    "withdraw": ("slack", "T1", "p20001"),
    "stop": ("slack", "T1", "C1", "t1"),
    "conversation": ("slack", "T1", "C1", "t1", 2e9, False),
    "remember": ("slack", "T1", "C1", "t1", "p1", "U1", "remark", 2e9),
    "question": ("slack", "T1", 7),
    "claim": (OWNER, "slack", ["T1"], 32, 15.0, []),
    "renew": (OWNER, 15.0, [20_001]),
    "turns": (20_001, 5),
    "save": (20_001, OWNER, 0, "{}", None),
    "finish_refused": (20_001, OWNER),
    "release_all": (OWNER,),
    "open_count": (),
    "give_up": (),
    "forget_questions": (30,),
}


@pytest.fixture
async def long_used(database: Database) -> Database:
    await database.writers.execute(PAST)
    await database.writers.execute("analyze question")
    return database


async def test_no_statement_of_every_day_reads_the_whole_inbox(long_used: Database) -> None:
    for name, arguments in ASKED.items():
        plan = await long_used.writers.fetch(f"explain {statements()[name]}", *arguments)
        assert not any("Seq Scan on question" in row[0] for row in plan), name
