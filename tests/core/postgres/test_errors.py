"""`core.postgres.errors`: refusals of a real Postgres that is there, in sentences that say what to do."""

from __future__ import annotations

import asyncpg
import pytest

from core.errors import StoreUnavailable
from core.postgres.errors import translate_errors

SETTINGS = {
    "statement_timeout": ("set statement_timeout = 20", "select pg_sleep(5)", "statement_timeout"),
    "lock_timeout": ("set lock_timeout = 20", "select x from refused", "lock_timeout"),
    "read-only": ("set default_transaction_read_only = on", "create table other (x int)", "takes no changes"),
    "serialization": ("select 1", "do $$ begin raise exception using errcode = '40001'; end $$", "took back"),
    "deadlock": ("select 1", "do $$ begin raise exception using errcode = '40P01'; end $$", "took back"),
}


@pytest.mark.parametrize(("setting", "statement", "sentence"), SETTINGS.values(), ids=SETTINGS)
async def test_what_postgres_refuses_for_now_is_said_in_a_sentence(
    dsn: str, setting: str, statement: str, sentence: str
) -> None:
    holder, connection = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    try:
        await holder.execute("create table refused (x int)")
        await holder.execute("begin; lock table refused")
        await connection.execute(setting)
        with pytest.raises(StoreUnavailable, match=sentence), translate_errors():
            await connection.execute(statement)
    finally:
        await connection.close()
        await holder.close()
