"""What models took, on Today: each figure where its row is, and names for those who may see them."""

from __future__ import annotations

from pathlib import Path

from core.calls import ModelCall, Purpose
from core.domain import Asker, TokenUsage
from core.postgres.database import Database
from core.spend.port import SpendCaps
from core.spend.postgres import PostgresSpend
from tests.bot.console.served import ADMIN, MACHINE, OTHER_ADMIN, serve_app

PRICES = '{"m": {"in": 2, "out": 8}}'


async def test_today_shows_what_models_took_by_day_model_person_and_channel(
    database: Database, dsn: str, tmp_path: Path
) -> None:
    spend = PostgresSpend(database, SpendCaps(), {})
    await spend.record(Asker("slack", "T1", "UANN", "C7"), [ModelCall("m", Purpose.ANSWER, TokenUsage(400_000, 1_000))])
    await spend.record(Asker("slack", "T9", "UBOB", "C8"), [ModelCall("e", Purpose.EMBED, TokenUsage(7, 0, True))])
    async with serve_app(dsn, tmp_path, PRICES=PRICES, DAILY_TOKENS=900_000) as served:
        pages = {}
        for viewer in (MACHINE, ADMIN, OTHER_ADMIN):
            async with served.client(viewer) as client:
                pages[viewer] = (await client.get("/")).text
    for words in (
        "Tokens 401,007",
        "Tokens today 401,000 of models that write, of 900,000 (DAILY_TOKENS)",
        "Calls 2",
        "Cost 0.81",
        "m answers 1 400,000 1,000",
    ):
        assert all(words in page for page in pages.values()), words
    assert all("7 of the tokens are estimated" in page for page in pages.values())
    assert [
        [name in page for name in ("slack:UANN", "slack:C7", "slack:UBOB", "slack:C8")] for page in pages.values()
    ] == [
        [True] * 4,
        [True, True, False, False],
        [False] * 4,
    ]


async def test_without_any_call_today_says_so(database: Database, dsn: str, tmp_path: Path) -> None:
    async with serve_app(dsn, tmp_path) as served, served.client(MACHINE) as client:
        page = (await client.get("/")).text
    assert "Tokens today 0 of models that write, without a cap" in page
    assert "Cost - PRICES is not set" in page
