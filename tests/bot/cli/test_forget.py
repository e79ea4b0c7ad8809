"""`footnote forget`: nothing that a person asked, wrote or did under their name is left in any table."""

from __future__ import annotations

from pathlib import Path

import asyncpg

from core.config.settings import Settings
from core.domain import Answer
from core.inbox.channels import AuditEntry
from core.inbox.port import Feedback, IntakeLimits, NewQuestion, Platform, QuestionState, Reply, Thumb, Visibility
from core.inbox.postgres import open_inbox
from core.wiring import open_footnote
from core.work.port import RequestKind
from tests.bot.called import call
from tests.bot.install import Install

OWNER = "5f1f4d6e-0000-4000-8000-000000000001"


async def left(dsn: str, *canaries: str) -> dict[str, list[str]]:
    """Return table -> rows, as text, in which any of the canaries stands."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
        found = {}
        for (table,) in map(tuple, tables):
            rows = [str(dict(row)) for row in await connection.fetch(f"select * from {table}")]  # noqa: S608 - its own
            found[table] = [row for row in rows if any(canary in row for canary in canaries)]
        return {table: rows for table, rows in found.items() if rows}
    finally:
        await connection.close()


async def fill(dsn: str, folder: Path) -> None:
    """Store a question of UCANARY and one of another, which UCANARY judged; a request and an act of UCANARY."""
    settings = Settings(DATABASE_URL=dsn, FOOTNOTE_HOME=folder)
    async with open_footnote(settings) as footnote, footnote.open_inbox() as inbox:
        for number, asker in enumerate(("UCANARY", "UOTHER")):
            place = f"C1:{number}"
            asked = NewQuestion(
                Platform.SLACK, "T1", place, place, "C1", place, asker, Visibility.THREAD, f"words of {asker}"
            )
            assert await inbox.receive(asked, IntakeLimits(), 0.1)
            (claimed,) = await inbox.claim(OWNER, Platform.SLACK, None, 1)
            saved = await inbox.save(OWNER, claimed, Reply(Answer(f"reply to {asker}")))
            await inbox.finish(OWNER, saved, ["m1"], QuestionState.DONE)
            await inbox.give_feedback(Platform.SLACK, "T1", claimed.id, Feedback("UCANARY", Thumb.DOWN, (), "said"))
        await footnote.requests.put(RequestKind.PREVIEW, options={}, asked_by="slack:UCANARY")
        for channel in ("C1", "DCANARY"):
            await footnote.audit.begin(AuditEntry(Platform.SLACK, "T1", "UCANARY", channel, "preview"))


async def test_nothing_of_a_person_is_left_and_others_keep_theirs(dsn: str, tmp_path: Path) -> None:
    await fill(dsn, tmp_path)
    assert set(await left(dsn, "UCANARY")) == {"question", "question_summary", "feedback", "request", "audit"}
    ended = await Install(tmp_path, {"DATABASE_URL": dsn}).run("forget", "slack:UCANARY", "--json")
    assert (ended.code, ended.json) == (0, {"person": "UCANARY", "questions": 1})
    assert await left(dsn, "UCANARY", "DCANARY") == {}
    assert set(await left(dsn, "words of UOTHER")) == {"question"}


async def test_a_person_of_another_platform_is_not_meant(dsn: str, tmp_path: Path) -> None:
    await fill(dsn, tmp_path)
    install = Install(tmp_path, {"DATABASE_URL": dsn})
    assert (await call(install, "forget", "discord:UCANARY", "--json")).json["questions"] == 0
    assert "look at the id" in (await call(install, "forget", "discord:UCANARY")).out
    async with open_inbox(dsn) as inbox:
        assert await inbox.open_count() == 0
    assert "question" in await left(dsn, "UCANARY")


async def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    for wrong in ("teams:U1", "bob smith", "@bob.smith"):
        ended = await call(Install(tmp_path), "forget", wrong)
        assert ended.code == 2, wrong
        assert "discord:81384788765712384" in ended.err
