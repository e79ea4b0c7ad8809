"""Counts of what models cost, on a real Postgres: summed by whom and when, capped, forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from core.calls import WRITING, ModelCall, Purpose
from core.domain import OPERATOR, Asker, SpendCap, TokenUsage
from core.errors import StoreError
from core.inbox.port import Platform
from core.inbox.postgres import open_inbox
from core.models.openai_client import ModelServer
from core.models.openai_embedder import OpenAIEmbedder
from core.postgres.database import Database
from core.spend.embedding import CountedEmbedder
from core.spend.port import Price, SpendCaps, Spent
from core.spend.postgres import PostgresSpend
from core.spend.prices import parse_prices
from tests.servers.openai_server import counted, serve_openai

ANN, BOB = Asker("slack", "T1", "UANN", "C1"), Asker("slack", "T1", "UBOB", "C1")
NAMESAKE = Asker("discord", "5", "UANN", "77")


def call(sent: int, received: int, purpose: Purpose = Purpose.ANSWER, *, estimated: bool = False) -> ModelCall:
    return ModelCall("m", purpose, TokenUsage(sent, received, estimated))


def ledger(database: Database, caps: SpendCaps | None = None, **prices: Price) -> PostgresSpend:
    return PostgresSpend(database, caps or SpendCaps(), prices)


async def age(database: Database, days: int) -> None:
    """Move all counts into the past."""
    await database.writers.execute("update spend set day = day - $1::int", days)


def made_calls(random: Random) -> list[tuple[Asker, ModelCall]]:
    askers = [ANN, BOB, NAMESAKE, OPERATOR, Asker("slack", "T1", "UBOB", "C2"), Asker("slack", "T1", "", "C2")]
    return [
        (
            random.choice(askers),
            ModelCall(
                random.choice(["m", "n"]),
                random.choice(list(Purpose)),
                TokenUsage(random.randrange(5_000), random.randrange(500), estimated=random.random() < 0.2),
                random.randrange(2),
            ),
        )
        for _ in range(300)
    ]


async def test_each_figure_of_a_report_is_a_recount_of_the_calls(either: Database) -> None:
    spend = ledger(either, m=Price(2.0, 8.0, 0.5))
    calls = made_calls(Random(7))
    async with asyncio.TaskGroup() as group:
        for asker, each in calls:
            group.create_task(spend.record(asker, [each]))
    report = await spend.build_report(7, 10)
    of_m = [each for _, each in calls if each.model == "m"]
    assert (report.total.calls, report.total.sent) == (300, sum(each.usage.sent for _, each in calls))
    assert report.total.estimated == sum(
        each.usage.sent + each.usage.received for _, each in calls if each.usage.estimated
    )
    assert report.total.units == sum(each.units for _, each in calls)
    assert report.total.cost == pytest.approx(
        sum((each.usage.sent * 2 + each.usage.received * 8) / 1e6 + each.units * 0.5 for each in of_m)
    )
    assert report.total.unpriced == sum(each.usage.sent + each.usage.received for _, each in calls if each.model == "n")
    assert report.today == sum(each.usage.sent + each.usage.received for _, each in calls if each.purpose in WRITING)
    tokens: Counter[str] = Counter()
    for asker, each in calls:
        for key, named in ((f"{asker.platform}:{asker.person}", asker.person), (asker.channel, asker.channel)):
            tokens[key] += (each.usage.sent + each.usage.received) if named else 0
    assert {key: each.tokens for key, each in report.people.items()} == {
        key: tokens[key] for key in ("slack:UANN", "slack:UBOB", "discord:UANN")
    }
    assert {key: each.tokens for key, each in report.channels.items()} == {
        f"{platform}:{channel}": tokens[channel]
        for platform, channel in (("slack", "C1"), ("slack", "C2"), ("discord", "77"))
    }
    assert list(report.channels.values()) == sorted(report.channels.values(), key=lambda each: -each.tokens)
    assert sum(each.calls for each in report.models.values()) == 300
    assert len(report.models) == 2 * len(Purpose)
    assert list(report.by_day) == [datetime.now(UTC).date()]
    fewest = await spend.build_report(7, 1)
    assert (list(fewest.people), list(fewest.channels)) == (list(report.people)[:1], list(report.channels)[:1])


async def test_a_reader_sees_the_names_of_their_places_alone(database: Database) -> None:
    spend = ledger(database)
    for asker in (ANN, BOB, NAMESAKE, Asker("slack", "T1", "UBOB", "C2"), OPERATOR):
        await spend.record(asker, [call(10, 1)])
    of_all = await spend.build_report(1, 5)
    for places, people, channels in (
        ({"slack:T1"}, {"slack:UANN": 11, "slack:UBOB": 22}, {"slack:C1", "slack:C2"}),
        ({"slack:T1/C2"}, {"slack:UBOB": 11}, {"slack:C2"}),
        ({"discord:5/77", "slack:T2"}, {"discord:UANN": 11}, {"discord:77"}),
        (set[str](), {}, set[str]()),
    ):
        report = await spend.build_report(1, 5, frozenset(places))
        assert {key: each.tokens for key, each in report.people.items()} == people
        assert set(report.channels) == channels
        assert (report.total, report.by_day, report.models) == (of_all.total, of_all.by_day, of_all.models)


async def test_days_are_reported_apart_and_old_ones_not_at_all(database: Database) -> None:
    spend = ledger(database)
    for number in (3, 2, 1):
        await spend.record(ANN, [call(number, 0)])
        await age(database, 1)
    report = await spend.build_report(3, 5)
    today = datetime.now(UTC).date()
    assert {day: each.sent for day, each in report.by_day.items()} == {
        today - timedelta(days=2): 2,
        today - timedelta(days=1): 1,
    }
    assert (report.total.sent, report.today) == (3, 0)
    assert (await ledger(database).build_report(1, 5)).total == Spent()


@pytest.mark.parametrize(
    ("caps", "capped"),
    [
        (SpendCaps(), {}),
        (SpendCaps(day=100), {ANN: "day", BOB: "day", NAMESAKE: "day", OPERATOR: "day"}),
        (SpendCaps(day=101), {}),
        (SpendCaps(person=60), {ANN: "person"}),
        (SpendCaps(channel=100), {ANN: "channel", BOB: "channel"}),
        (SpendCaps(day=101, person=60, channel=100), {ANN: "person", BOB: "channel"}),
    ],
)
async def test_a_cap_is_reached_with_its_last_token(
    database: Database, caps: SpendCaps, capped: dict[Asker, str]
) -> None:
    spend = ledger(database, caps)
    await spend.record(ANN, [call(50, 10), call(1_000, 0, Purpose.EMBED)])
    await ledger(database).record(BOB, [call(30, 5, Purpose.REWRITE), call(3, 2, Purpose.CHECK)])
    for asker in (ANN, BOB, NAMESAKE, OPERATOR):
        wanted = SpendCap(capped[asker]) if asker in capped else None
        assert await spend.find_cap(asker) == wanted, asker
    await age(database, 1)
    assert await spend.find_cap(ANN) is None, "a new day"


async def test_a_person_is_forgotten_and_the_counts_of_the_day_stay(database: Database) -> None:
    spend = ledger(database)
    for asker in (ANN, BOB, NAMESAKE, ANN):
        await spend.record(asker, [call(10, 1)])
    before = await spend.build_report(30, 10)
    async with open_inbox(database.dsn) as inbox:
        await inbox.forget("UANN", Platform.SLACK)
        after = await spend.build_report(30, 10)
        assert (after.total, after.by_day, after.models) == (before.total, before.by_day, before.models)
        assert set(after.people) == {"slack:UBOB", "discord:UANN"}
        assert after.channels["slack:C1"].tokens == 11, "what is left there was BOB's"
        await spend.record(ANN, [call(5, 5)])  # an answer that was in flight
        later = await spend.build_report(30, 10)
        assert later.total.tokens == after.total.tokens + 10
        assert (later.people, later.channels) == (after.people, after.channels)
        await inbox.forget("UANN")
        await database.writers.execute("update unnamed set until = now() - interval '1 second'")
        await inbox.tidy(30)
        assert await database.readers.fetchval("select count(*) from unnamed") == 0
    assert set((await spend.build_report(30, 10)).people) == {"slack:UBOB"}


async def test_a_caller_is_forgotten_like_a_person(database: Database) -> None:
    spend, caller = ledger(database), Asker("api", "", "token:ci", "ci")
    await spend.record(caller, [call(10, 1)])
    async with open_inbox(database.dsn) as inbox:
        await inbox.forget("token:ci")
    await spend.record(caller, [call(10, 1)])
    report = await spend.build_report(1, 5)
    assert (report.people, report.channels, report.total.tokens) == ({}, {}, 22)


async def test_counts_lose_their_people_with_the_questions_and_go_later(database: Database) -> None:
    spend = ledger(database)
    await spend.record(ANN, [call(10, 1)])
    await age(database, 31)
    await spend.record(BOB, [call(20, 2)])
    async with open_inbox(database.dsn) as inbox:
        await inbox.tidy(30, 60)
        report = await spend.build_report(90, 10)
        assert (report.total.tokens, set(report.people), set(report.channels)) == (33, {"slack:UBOB"}, {"slack:C1"})
        await age(database, 30)
        await inbox.tidy(30, 60)
    assert (await spend.build_report(90, 10)).total.tokens == 22


async def test_what_could_not_be_stored_is_stored_with_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend = ledger(database)
    await database.writers.execute("alter table spend rename to away")
    with pytest.raises(StoreError):
        await spend.record(ANN, [call(10, 1)])
    await database.writers.execute("alter table away rename to spend")
    await spend.record(BOB, [call(20, 2)])
    assert {key: each.tokens for key, each in (await spend.build_report(1, 5)).people.items()} == {
        "slack:UBOB": 22,
        "slack:UANN": 11,
    }


async def test_a_figure_beyond_all_reason_breaks_nothing(database: Database) -> None:
    spend = ledger(database)
    await spend.record(
        Asker("slack", "T1", "U\0\ud800", "C1"), [ModelCall("m\0", Purpose.ANSWER, TokenUsage(10**40, 1))]
    )
    assert (await spend.build_report(1, 5)).total.sent == 10**9


def test_prices_are_read_and_what_is_none_is_named() -> None:
    assert parse_prices("") == {}
    assert parse_prices('{"a": {"in": 0.25, "out": 2}, "b": {"unit": 1}}') == {
        "a": Price(0.25, 2.0),
        "b": Price(0, 0, 1),
    }
    for wrong in (
        "[]",
        "1",
        "{",
        '{"a": 2}',
        '{"a": {}}',
        '{"a": {"in": -1}}',
        '{"a": {"in": "2"}}',
        '{"a": {"of": 1}}',
        '{"a": {"in": NaN}}',
        '{"a": {"in": true}}',
        '{"a": {"in": Infinity}}',
    ):
        with pytest.raises(ValueError, match="must be JSON such as"):
            parse_prices(wrong)


async def test_what_a_crawl_embeds_is_counted_for_nobody_and_in_no_cap(database: Database) -> None:
    spend = ledger(database, SpendCaps(day=1))
    async with serve_openai() as server:
        server.script(counted(server.otherwise, 1_234, 0), counted(server.otherwise, 66, 0))
        async with aclosing(OpenAIEmbedder(ModelServer("k", server.base_url), model="e", dimensions=8)) as embedder:
            embeds = CountedEmbedder(embedder, spend)
            assert len(await embeds.embed_passages(["one passage", "another"])) == 2
            assert len(await embeds.embed_passages(["a third"])) == 1
    report = await spend.build_report(1, 5)
    assert report.models == {("e", Purpose.CRAWL): Spent(2, 1_300, 0, unpriced=1_300)}
    assert (report.people, report.channels, await spend.find_cap(ANN)) == ({}, {}, None)
