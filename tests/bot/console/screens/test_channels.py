"""Channels and people: settings, mutes and the audit by place, and forgetting behind a page that asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.domain import Source
from core.inbox.channels import AuditEntry, ChannelSettings, Outcome, may_manage
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.port import IntakeLimits, NewQuestion, Platform, Visibility
from core.inbox.viewer import Viewer
from core.postgres.database import Database
from tests.bot.console.served import ADMIN, MACHINE, OTHER_ADMIN, ServedConsole, serve_app

C2 = "platform=slack&tenant=T1&channel=C2"
FIELDS = {"platform": "slack", "tenant": "T1", "channel": "C2"}
CANARY = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def served(database: object, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(dsn, tmp_path) as made:
        yield made


async def put(served: ServedConsole, tenant: str, channel: str, **settings: object) -> None:
    changed = ChannelSettings(**settings)  # type: ignore[arg-type]  # named like the fields
    await served.console.footnote.channels.put(Platform.SLACK, tenant, channel, changed)


async def ask(served: ServedConsole, asker: str, platform: Platform = Platform.SLACK) -> None:
    where = (platform, "T1", f"e{asker}", f"p{asker}", "C1", "t1", asker)
    asked = NewQuestion(*where, Visibility.THREAD, "How?")
    assert await served.console.inbox.receive(asked, IntakeLimits(), 0.0) is not None


async def test_the_settings_of_a_channel_are_shown_and_changed_and_the_act_is_recorded(served: ServedConsole) -> None:
    channels, catalog = served.console.footnote.channels, served.console.footnote.catalog
    for name, seen in (("guide", None), ("plans", ("slack:T1/C2",))):
        await catalog.add(Source(0, name, f"https://{name}.example/", visible_to=seen))
    await put(served, "T1", "C2", sources=("guide", "plans"), tone=CANARY)
    async with served.client(ADMIN) as client:
        listed = await client.get("/channels")
        assert "slack:T1/C2" in listed.text
        assert CANARY in listed.text
        assert "<img" not in listed.html
        form = await client.get(f"/channel?{C2}")
        assert 'value="guide"' in form.html
        assert "1 more that are gone, or that you do not see" in form.text
        assert "plans" not in form.text
        answer = await client.post("/channel", FIELDS | {"language": "German", "unmentioned": "on"})
        assert answer.headers["Location"] == "/channels?done=channel"
        kept = await channels.get(Platform.SLACK, "T1", "C2")
        assert (kept.sources, kept.tone, kept.language, kept.unmentioned) == (
            ("guide", "plans"),
            CANARY,
            "German",
            True,
        )
        for wrong, says in (
            ({"language": "%%"}, "a word or two"),
            ({"sources": "plans"}, "no source named plans"),
            ({"tone": "x" * 201}, "shorten"),
        ):
            refused = await client.post("/channel", FIELDS | wrong)
            assert refused.status == 422
            assert says in refused.text
        assert await channels.get(Platform.SLACK, "T1", "C2") == kept
    acts = await served.console.footnote.audit.recent(9)
    assert [(each.act, each.outcome.value, each.via, each.who) for each in acts] == [
        *[("settings", "refused", "console", "UADMIN")] * 3,
        ("settings", "done", "console", "UADMIN"),
    ]


async def test_a_channel_of_another_workspace_or_conversation_is_404(served: ServedConsole) -> None:
    for tenant, channel in (("T2", "C2"), ("T1", "D7"), ("", "99")):
        await put(served, tenant, channel, tone="secret tone")
    places = [
        ("slack", "T2", "C2"),
        ("slack", "T1", "D7"),
        ("slack", "", "99"),
        ("discord", "881", "4"),
        ("", "T1", "C1"),
    ]
    async with served.client(ADMIN) as client:
        assert "secret tone" not in (await client.get("/channels")).text
        for platform, tenant, channel in places:
            fields = {"platform": platform, "tenant": tenant, "channel": channel}
            assert (await client.get("/channel", params=fields)).status == 404
            assert (await client.post("/channel", fields | {"tone": "mine"})).status == 404
            assert (await client.post("/channels/unmute", fields)).status == 404
    async with served.client(MACHINE) as machine:
        assert (await machine.get("/channels")).text.count("secret tone") == 3


async def test_a_mute_is_shown_and_lifted(served: ServedConsole) -> None:
    conversation, key = served.console.inbox.conversation, ThreadKey("slack", "T1", "C2", "t9")
    await conversation.remember(key, Utterance("C2:t9:1", frozenset({"U7"}), 100.0, UtteranceKind.MUTE))
    async with served.client(ADMIN) as client, served.client(OTHER_ADMIN) as other:
        assert "U7" in (await client.get("/channels")).text
        assert "U7" not in (await other.get("/channels")).text
        assert (await other.post("/channels/unmute", FIELDS | {"thread": "t9"})).status == 404
        lifted = await client.post("/channels/unmute", FIELDS | {"thread": "t9"})
        assert lifted.headers["Location"] == "/channels?done=lifted"
        assert "Nobody has asked for quiet" in (await client.get("/channels")).text
    heard = await conversation.heard(key, 1e12)
    assert [each.kind for each in heard] == [UtteranceKind.MUTE, UtteranceKind.UNMUTE]
    assert (await served.console.footnote.audit.recent(1))[0].act == "unmute"


async def test_the_audit_can_be_filtered_and_names_nothing_of_other_places(served: ServedConsole) -> None:
    audit = served.console.footnote.audit
    for channel, who, act in (("C1", "U1", "add"), ("C2", "U2", "remove"), ("D7", "U3", "add")):
        entry = AuditEntry(Platform.SLACK, "T1", who, channel, act, {"source": f"plans-{channel}", "requests": [1, 2]})
        await audit.end(await audit.begin(entry), Outcome.DONE, {})
    async with served.client(ADMIN) as client, served.client(MACHINE) as machine:
        page = await client.get("/channels")
        assert "plans-C1" in page.text
        assert "1, 2" in page.text
        assert "slack:U2" in page.text
        assert "plans-C2" not in page.text
        assert "U3" not in page.text
        assert "slack:U1" not in (await client.get("/channels?act=remove")).text
        assert "slack:U2" not in (await client.get("/channels?who=slack:U1")).text
        assert "No act fits" in (await client.get("/channels?outcome=failed&who=%00")).text
        seen = (await machine.get("/channels")).text
        assert all(f"plans-{each}" in seen for each in ("C1", "C2", "D7"))


async def test_a_person_is_forgotten_after_a_page_that_asks(served: ServedConsole, database: Database) -> None:
    for asker in ("U7", "UADMIN"):
        await ask(served, asker)
    await ask(served, "U7", Platform.DISCORD)
    async with served.client(ADMIN) as client:
        asking = await client.get("/forget?person=<@U7>")
        assert "slack:U7" in asking.text
        assert "Forget slack:U7" in asking.text
        assert await database.readers.fetchval("select count(*) from question") == 3
        done = await client.post("/forget", {"person": "slack:U7"})
        assert done.headers["Location"] == "/channels?done=forgotten"
        rows = await database.readers.fetch("select platform, asker from question order by 1")
        assert [tuple(row) for row in rows] == [("discord", "U7"), ("slack", "UADMIN")]
        act = (await served.console.footnote.audit.recent(1))[0]
        assert (act.act, act.who, dict(act.details), act.outcome) == (
            "forget",
            "UADMIN",
            {"questions": 1},
            Outcome.DONE,
        )
        for wrong in ("", "!!", "discord:U7", "token:ci", "slack:", CANARY):
            refused = await client.post("/forget", {"person": wrong})
            assert refused.status == 422, wrong
            assert "<img" not in refused.html
        assert len(await served.console.footnote.audit.recent(9)) == 1


async def test_who_forgets_themselves_is_signed_out_and_named_nowhere(
    served: ServedConsole, database: Database
) -> None:
    await ask(served, "UADMIN")
    async with served.client(ADMIN) as client:
        await client.post("/forget", {"person": "UADMIN"})
        assert (await client.get("/channels")).status == 401
    assert [each.who for each in await served.console.footnote.audit.recent(9)] == ["somebody"]


async def test_the_machine_forgets_people_of_any_platform(served: ServedConsole, database: Database) -> None:
    await ask(served, "U7", Platform.DISCORD)
    async with served.client(MACHINE) as machine:
        assert (await machine.post("/forget", {"person": "discord:U7"})).status == 303
    assert await database.readers.fetchval("select count(*) from question") == 0
    assert (await served.console.footnote.audit.recent(1))[0].who == "machine"


@pytest.mark.parametrize(
    ("place", "may"),
    [
        ((Platform.SLACK, "T1", "C2"), True),
        ((Platform.SLACK, "T1", "D1"), False),
        ((Platform.SLACK, "T2", "C1"), False),
        ((Platform.DISCORD, "", "C1"), False),
        ((Platform.DISCORD, "T1", "C1"), False),
    ],
)
def test_channels_are_managed_by_people_of_their_workspace(place: tuple[Platform, str, str], *, may: bool) -> None:
    assert may_manage(*place, ADMIN.audience) is may
    assert may_manage(*place, MACHINE.audience)
    own = Viewer(Platform.DISCORD, "", "7", "C1")
    assert may_manage(Platform.DISCORD, "", "C1", own.audience)
    assert not may_manage(Platform.DISCORD, "", "C2", own.audience)
