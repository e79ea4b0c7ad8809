"""What chat keeps in the store: who may see a source, settings of channels, and what was done."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from core.answer.engine import Engine
from core.domain import Edition, Hit, Question, Source
from core.errors import EditionUnknown, SourceUnknown, UsageError
from core.inbox.channels import AuditEntry, AuditFilter, ChannelSettings, Outcome, build_audience, may_see, parse_places
from core.inbox.channels_postgres import PostgresAudit, PostgresChannels
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.conversation_postgres import PostgresConversation
from core.inbox.port import Platform
from core.index import search as index
from core.index.catalog import PostgresCatalog
from core.index.graph import build_graph
from core.index.search import PostgresIndex
from core.postgres import database as postgres
from core.postgres.database import Database
from core.postgres.statements import migrations
from tests.core.index.helpers import Embedder, add, crawl, fetch, vector
from tests.fakes import FakeReader

T1, T1_C1, T2 = (
    build_audience(Platform.SLACK, "T1", "C9"),
    build_audience(Platform.SLACK, "T1", "C1"),
    build_audience(Platform.SLACK, "T2", "C1"),
)
GUILD = build_audience(Platform.DISCORD, "T1", "C1")
OPERATOR = None
ENTRY = AuditEntry(Platform.SLACK, "T1", "U1", "C1", "remove", {"source": "docs"})


async def site(database: Database, name: str, *visible_to: str, pages: int = 3) -> Source:
    """Add a crawled source that only those places see; without any, everybody does."""
    source = await add(database, name, f"https://{name}.example/")
    await crawl(database, source, {f"p{number}": [f"words of {name} {number}"] for number in range(pages)})
    return await PostgresCatalog(database).change(replace(source, visible_to=visible_to or None))


async def found(database: Database, audience: frozenset[str] | None, *names: str, **more: Any) -> set[str]:
    """Return the sources that hits of a search are from."""
    search = PostgresIndex(database).search
    hits = await search("words", vector("words"), limit=200, sources=names, audience=audience, **more)
    return {hit.source for hit in hits}


async def test_each_audience_finds_what_it_may_see_and_the_operator_all(either: Database) -> None:
    await site(either, "open")
    await site(either, "team", "slack:T1")
    await site(either, "room", "slack:T1/C1", "discord:T1")
    for audience, expected in (
        (OPERATOR, {"open", "team", "room"}),
        (T1, {"open", "team"}),
        (T1_C1, {"open", "team", "room"}),
        (T2, {"open"}),
        (GUILD, {"open", "room"}),
        (frozenset[str](), {"open"}),
    ):
        assert await found(either, audience) == expected


async def test_ten_are_got_through_the_graph_as_well_and_none_is_of_a_hidden_source(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site(database, "open", pages=400)
    await site(database, "hidden", "slack:T1", pages=400)
    await build_graph(database, lambda _: None, least_rows=100)
    search = PostgresIndex(database).search
    for exact, words in itertools.product((index.EXACT_ROWS, 0), ("words of hidden", "nothing of the kind")):
        monkeypatch.setattr(index, "EXACT_ROWS", exact)
        hits = await search(words, vector(words), limit=10, audience=T2)
        assert [hit.source for hit in hits] == ["open"] * 10


async def test_a_hidden_source_is_told_from_one_that_is_not_there_by_nobody(database: Database) -> None:
    await site(database, "open")
    await site(database, "secret", "slack:T1")
    sentences = []
    for name in ("secret", "nothing"):
        with pytest.raises(SourceUnknown) as refused:
            await found(database, T2, name)
        sentences.append(str(refused.value).replace(name, "X"))
    assert sentences[0] == sentences[1]
    assert await found(database, T1, "secret") == {"secret"}


async def test_a_hidden_sources_versions_are_not_listed(database: Database) -> None:
    await site(database, "open")
    secret = await site(database, "secret", "slack:T1")
    pages = {f"{version}/a": ["words"] for version in ("1.0", "2.0")}
    await crawl(database, secret, pages, editions={name: Edition(name.partition("/")[0]) for name in pages})
    assert await found(database, T1, edition=Edition("1.0")) == {"secret"}
    with pytest.raises(
        EditionUnknown, match=r"^There is no version 1\.0: no versions are known of what is searched\.$"
    ):
        await found(database, T2, edition=Edition("1.0"))
    with pytest.raises(EditionUnknown, match=r"^There is no version 9: there are 2\.0, 1\.0\.$"):
        await found(database, T1, edition=Edition("9"))


async def test_nothing_is_found_where_all_sources_are_hidden(database: Database) -> None:
    await site(database, "secret", "slack:T1")
    assert await found(database, T2) == set()


async def test_a_source_that_is_hidden_or_comes_between_two_statements_is_not_shown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site(database, "open")
    decide = PostgresIndex._scope

    def deciding_early(self: PostgresIndex, rows: list[Any], wanted: Any) -> Any:
        return decide(self, [row for row in rows if row["name"] == "open"], wanted)

    await site(database, "late", "slack:T1")
    monkeypatch.setattr(PostgresIndex, "_scope", deciding_early)
    assert await found(database, T2) == {"open"}


async def test_questions_and_searches_of_the_engine_go_by_their_audience(database: Database) -> None:
    await site(database, "open")
    await site(database, "secret", "slack:T1")
    engine = Engine(PostgresIndex(database), Embedder(), FakeReader("Words [1]."))

    async def evidence(audience: frozenset[str] | None) -> set[str]:
        asked = Question("words of secret", audience=audience)
        events = [event async for event in engine.ask(asked)]
        return {hit.source for hit in events[0].hits}  # type: ignore[union-attr]  # the first is the evidence

    async def hits(audience: frozenset[str] | None) -> list[Hit]:
        return await engine.search("words of secret", 10, audience=audience)

    assert (await evidence(T2), await evidence(T1)) == ({"open"}, {"open", "secret"})
    assert {hit.source for hit in await hits(T2)} == {"open"}
    assert {hit.source for hit in await hits(OPERATOR)} == {"open", "secret"}


async def test_a_source_keeps_who_may_see_it_and_may_be_opened_again(database: Database) -> None:
    catalog = PostgresCatalog(database)
    source = await catalog.add(Source(0, "docs", "https://docs.example/", visible_to=("discord:8/9", "slack:T1")))
    assert source.visible_to == ("discord:8/9", "slack:T1")
    assert (await catalog.change(replace(source, visible_to=None))).visible_to is None


async def test_an_install_of_the_release_before_keeps_whom_its_sources_are_for(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = await asyncpg.connect(dsn)
    monkeypatch.setattr(postgres, "migrations", lambda: migrations()[:6])
    await postgres.migrate(connection)
    monkeypatch.undo()
    await connection.execute(
        "insert into source (name, root_url, visible_to) values ('open', 'https://a.example/', null),"
        " ('closed', 'https://b.example/', '{slack:T1}'); insert into shelf (id, source) select id, id from source"
    )
    await connection.close()
    async with postgres.open_database(dsn) as database:
        sources = {source.name: source.visible_to for source in await PostgresCatalog(database).list()}
        assert sources == {"open": None, "closed": ("slack:T1",)}
        assert await PostgresChannels(database).get(Platform.SLACK, "T1", "C1") == ChannelSettings()
        assert await PostgresAudit(database).recent(5) == []
        with pytest.raises(SourceUnknown):
            await found(database, T2, "closed")


def test_a_question_can_still_be_a_key() -> None:
    asked = Question("Why?", audience=build_audience(Platform.SLACK, "T1", "C1"), tone="dry", language="German")
    assert {asked: 1}[replace(asked)] == 1


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["slack:T1"], ("slack:T1",)),
        (["slack:T1/C1, Discord:8814", "slack:T1/C1"], ("discord:8814", "slack:T1/C1")),
        (["SLACK:t1/c1"], ("slack:T1/C1",)),
        (["all"], None),
        ([" ALL , everybody"], None),
    ],
)
def test_places_are_read_as_people_write_them(texts: list[str], expected: tuple[str, ...] | None) -> None:
    assert parse_places(texts) == expected


@pytest.mark.parametrize("text", ["", " , ", "T1", "teams:T1", "slack:", "slack:T1/", "slack:T1/C1/x", "all,slack:T1"])
def test_what_is_no_place_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"slack:"):
        parse_places([text])


def test_a_message_outside_of_any_workspace_is_in_no_workspace() -> None:
    assert build_audience(Platform.DISCORD, "", "77") == {"discord:/77"}
    assert not may_see(("discord:",), build_audience(Platform.DISCORD, "", "77"))
    assert build_audience(Platform.DISCORD, "8", "thread", "parent") == {
        "discord:8",
        "discord:8/thread",
        "discord:8/parent",
    }


async def test_a_channel_without_settings_has_the_defaults_and_keeps_what_it_is_given(database: Database) -> None:
    channels = PostgresChannels(database)
    assert await channels.get(Platform.SLACK, "T1", "C1") == ChannelSettings()
    for settings in (ChannelSettings(("b", "a"), "sh\0ort", "German", unmentioned=True), ChannelSettings(("c",))):
        await channels.put(Platform.SLACK, "T1", "C1", settings)
        assert await channels.get(Platform.SLACK, "T1", "C1") == replace(settings, tone=settings.tone.replace("\0", ""))
    for other in ((Platform.DISCORD, "T1", "C1"), (Platform.SLACK, "T2", "C1"), (Platform.SLACK, "T1", "C2")):
        assert await channels.get(*other) == ChannelSettings()


async def test_a_channel_is_answered_from_those_of_its_sources_that_are_there_for_it(database: Database) -> None:
    channels, catalog = PostgresChannels(database), PostgresCatalog(database)
    for name in ("a", "b"):
        await add(database, name, f"https://{name}.example/")
    both, alone = ChannelSettings(("b", "a"), "dry"), ChannelSettings(("a",))
    await channels.put(Platform.SLACK, "T1", "both", both)
    await channels.put(Platform.SLACK, "T1", "alone", alone)
    await catalog.change(replace(await catalog.get("b"), visible_to=("slack:T2", "slack:T1/alone")))
    assert await channels.get(Platform.SLACK, "T1", "both") == replace(both, sources=("a",))
    await catalog.change(replace(await catalog.get("b"), visible_to=("slack:T1/both",)))
    assert await channels.get(Platform.SLACK, "T1", "both") == both
    await catalog.remove("a")
    assert await channels.get(Platform.SLACK, "T1", "both") == replace(both, sources=("b",))
    assert await channels.get(Platform.SLACK, "T1", "alone") == alone  # an empty list would open all the others to it


async def test_an_act_is_there_before_it_ends_and_newest_first(database: Database) -> None:
    audit = PostgresAudit(database)
    first = await audit.begin(ENTRY)
    await audit.begin(replace(ENTRY, act="add", details={"url": "half \ud800 \0"}, outcome=Outcome.REFUSED))
    (refused, begun) = await audit.recent(5)
    assert (refused.act, refused.outcome, refused.details) == ("add", Outcome.REFUSED, {"url": "half \ufffd "})
    assert begun.at is not None
    assert replace(begun, id=0, at=None) == ENTRY
    await audit.end(first, Outcome.DONE, {"removed": 3})
    (_, done) = await audit.recent(2)
    assert (done.outcome, done.details) == (Outcome.DONE, {"source": "docs", "removed": 3})
    assert await fetch(database, "select count(*) from audit") == [(2,)]


HERE, WORKSPACE = frozenset({"slack:T1", "slack:T1/C1"}), frozenset({"slack:T1", "slack:T1/C9"})


async def test_channels_are_listed_by_workspace_without_the_conversations_of_others(database: Database) -> None:
    channels, catalog = PostgresChannels(database), PostgresCatalog(database)
    for name, seen in (("guide", None), ("plans", ("slack:T1/C1",))):
        await catalog.add(Source(0, name, f"https://{name}.example/", visible_to=seen))
    both = ChannelSettings(sources=("guide", "plans", "gone"), tone="short")
    for tenant, channel in (("T1", "C1"), ("T1", "C2"), ("T1", "D7"), ("T2", "C1")):
        await channels.put(Platform.SLACK, tenant, channel, both)
    await channels.put(Platform.DISCORD, "", "77", both)
    listed = await channels.find(HERE, 50)
    assert [(each.tenant, each.channel) for each in listed] == [("T1", "C1"), ("T1", "C2")]
    assert [(each.settings.sources, each.hidden) for each in listed[:1]] == [(("guide", "plans"), 1)]
    assert [(each.settings.sources, each.hidden) for each in await channels.find(WORKSPACE, 1)] == [(("guide",), 2)]
    assert len(await channels.find(frozenset({"slack:T1", "slack:T1/D7"}), 50)) == 3
    assert len(await channels.find(None, 50)) == 5
    assert len(await channels.find(None, 50, 4)) == 1
    assert await channels.find(frozenset(), 50) == []
    assert await channels.find(frozenset({"discord:881", "discord:881/9"}), 50) == []


async def test_acts_of_other_places_are_listed_without_what_they_name(database: Database) -> None:
    audit = PostgresAudit(database)
    for channel, who in (("C1", "U1"), ("C2", "U2"), ("D7", "U3")):
        number = await audit.begin(AuditEntry(Platform.SLACK, "T1", who, channel, "add", {"url": "u"}, via="console"))
        await audit.end(number, Outcome.DONE, {"source": "plans"})
    await audit.begin(AuditEntry(Platform.SLACK, "T2", "U4", "C1", "remove", {"source": "x"}))
    await audit.begin(AuditEntry(Platform("machine"), "", "machine", "", "remove", {"source": "x"}))
    listed = await audit.find(AuditFilter(), HERE, 50)
    assert [(each.who, dict(each.details), each.via) for each in listed] == [
        ("U2", {}, "console"),
        ("U1", {"url": "u", "source": "plans"}, "console"),
    ]
    assert len(await audit.find(AuditFilter(), None, 50)) == 5
    await audit.begin(AuditEntry(Platform.SLACK, "T1", "U5", "", "add", {"source": "of all"}, via="console"))
    assert (await audit.find(AuditFilter(), HERE, 1))[0].details == {"source": "of all"}
    assert len(await audit.find(AuditFilter(who="U5"), frozenset({"slack:T2"}), 9)) == 0
    assert [each.who for each in await audit.find(AuditFilter(), None, 2, 2)] == ["U4", "U3"]
    assert [each.who for each in await audit.find(AuditFilter(act="add", who="U3"), None, 9)] == ["U3"]
    assert await audit.find(AuditFilter(outcome="refused"), None, 9) == []
    assert await audit.find(AuditFilter(), frozenset({"discord:881"}), 9) == []


async def test_mutes_are_listed_until_somebody_calls_the_bot(database: Database) -> None:
    conversation, channels = PostgresConversation(database.writers), PostgresChannels(database)

    async def say(thread: str, at: float, kind: UtteranceKind, channel: str = "C1") -> None:
        key = ThreadKey("slack", "T1", channel, thread)
        mark = f"{channel}:{thread}:{at}:{kind.value}"
        await conversation.remember(key, Utterance(mark, frozenset({"U1"}), at, kind))

    for thread in ("t1", "t2", "t3", ""):
        await say(thread, 100.0, UtteranceKind.MUTE)
    await say("t1", 101.0, UtteranceKind.MUTE, "D7")
    await say("t2", 110.0, UtteranceKind.CALL)
    await say("t3", 110.0, UtteranceKind.UNMUTE)
    await say("t3", 120.0, UtteranceKind.MUTE)
    found = await channels.mutes(HERE, 50)
    assert (found[0].thread, found[0].who, found[0].since.timestamp()) == ("t3", "U1", 120.0)
    assert {each.thread for each in found} == {"t1", "t3", ""}
    assert len(await channels.mutes(None, 50)) == 4
    assert await channels.mutes(frozenset({"slack:T2"}), 50) == []
