"""What Slack, or somebody who looks like it, may deliver: each line of ../shared, then worse, to one real process."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from bot.slack.events import EXTERNAL
from bot.slack.reading import Me
from core.domain import Source
from tests.bad.inputs import Bad, bad
from tests.bot.filled import BASE, add_source
from tests.bot.install import write_site
from tests.bot.talks import Held, Talk, talking
from tests.bot.up import ADMIN
from tests.servers.slack import Envelope

pytestmark = pytest.mark.asyncio(loop_scope="module")

ME = Me("UBOT00001", "BBOT00001", "T0001")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process for all tests."""
    folder = tmp_path_factory.mktemp("bad_slack")
    async with talking(server, "template1", folder, {"ADMINS": f"{ADMIN},U_ADMIN"}) as made:
        await add_source(made.dsn, write_site(folder / "site"), Source(0, "docs", BASE))
        yield made
        assert made.bot.process is not None
        assert made.bot.process.returncode is None, "it fell over"
        assert "Traceback" not in made.bot.logged


def input_of(bad: Bad) -> Any:
    """Return the input, with the bot's real id."""
    return json.loads(bad.text.replace("<@UBOT>", f"<@{ME.user}>").replace('"UBOT"', f'"{ME.user}"'))


def callback(talk: Talk, event: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return an event as Slack writes it, but for what the input says."""
    whole = {"channel": "CBAD", "user": "U1", "ts": talk.slack.new_ts()} | dict(event)
    number = next(talk.slack.numbers)
    return {"type": "event_callback", "team_id": ME.team, "event_id": f"Ev{number}"} | more | {"event": whole}


async def delivered(talk: Talk, *bodies: Any, kind: Any = "events_api") -> None:
    """Deliver bodies, and wait until each is acknowledged."""
    envelopes: list[Envelope] = []
    for body in bodies:
        if "event" in body and isinstance(channel := body["event"].get("channel"), str) and channel:
            talk.slack.channel(channel)
        envelopes += await talk.slack.deliver(body, kind)
    await talk.settled(*envelopes)
    assert all(each.acked_at is not None for each in envelopes)


async def is_ignored(talk: Talk, bad: Bad) -> None:
    channel = bad.id.upper()
    await delivered(talk, input_of(bad), callback(talk, input_of(bad)["event"], channel=channel))
    whole = callback(talk, {"channel": channel} | input_of(bad)["event"])
    await delivered(talk, whole)
    assert await talk.questions(channel) == 0


async def is_logged(talk: Talk, bad: Bad) -> None:
    """Deliver an input that is acknowledged, left alone, and reported in the log."""
    before = talk.bot.logged.count("left alone")
    raw = input_of(bad)
    await delivered(talk, {"type": "event_callback", "team_id": ME.team, "event_id": bad.id} | raw)
    await is_ignored(talk, bad) if "ts" in raw["event"] or "team" in raw["event"] else None
    assert talk.bot.logged.count("left alone") > before


async def is_answered_once(talk: Talk, bad: Bad) -> None:
    kinds, ts = input_of(bad)["_two"], input_of(bad)["ts"]
    event = {"channel": "CTWO", "ts": ts, "text": f"<@{ME.user}> How do I start?"}
    await delivered(talk, *(callback(talk, event | {"type": kind}) for kind in kinds))
    await talk.answered("CTWO", ts)
    assert len(talk.slack.replies("CTWO", ts)) == 1
    assert await talk.questions("CTWO") == 1


async def is_dropped_with_its_text(talk: Talk, bad: Bad) -> None:
    held = Held()
    talk.mind.on("bergamot", held)
    ts = await talk.ask("CDROP", "What of bergamot?")
    await held.here()
    await delivered(talk, callback(talk, input_of(bad)["event"] | {"channel": "CDROP", "deleted_ts": ts}))
    row = await talk.row(f"CDROP:{ts}", lambda row: row["state"] == "withdrawn")
    held.go.set()
    assert (row["body"], row["answer"]) == ("", None)
    assert talk.slack.replies("CDROP", ts) == []
    await delivered(talk, input_of(bad), callback(talk, input_of(bad)["event"]))


async def is_refused_in_shared_channels(talk: Talk, bad: Bad) -> None:
    raw = input_of(bad)
    body = callback(talk, {"channel": "CEXT"} | raw.pop("event"), **raw)
    await delivered(talk, body)
    reply = await talk.answered("CEXT", body["event"]["ts"])
    assert reply.visible == EXTERNAL


async def leaves_the_socket_up(talk: Talk, bad: Bad) -> None:
    (before,) = talk.slack.sockets.live
    talk.slack.sockets.send_frame(bad.text)
    await answers(talk, "CFRAME")
    assert talk.slack.sockets.live == [before]


async def reconnects_slowly(talk: Talk, bad: Bad) -> None:
    def opened() -> list[float]:
        return [call.at for call in talk.slack.calls if call.method == "apps.connections.open"]

    disconnected, before = time.monotonic(), len(opened())
    talk.slack.sockets.send_frame(bad.text)
    await talk.slack.until(lambda: len(opened()) > before)
    assert opened()[-1] - disconnected >= 9.5
    assert "too_many_websockets" in talk.bot.logged
    await answers(talk, "CCROWD")


async def is_answered_in_one_message(talk: Talk, bad: Bad) -> None:
    body = callback(talk, {"channel": "C40K"} | input_of(bad)["event"])
    await delivered(talk, body)
    reply = await talk.answered("C40K", body["event"]["ts"])
    assert "please shorten" not in reply.visible
    assert len(talk.slack.replies("C40K", body["event"]["ts"])) == 1


async def is_refused_as_a_command(talk: Talk, bad: Bad) -> None:
    raw = input_of(bad)
    await delivered(talk, raw, kind="slash_commands")
    call = await talk.slack.slash(raw["command"], raw["text"], user=raw["user_id"], channel="CDOCS")
    await talk.slack.until(lambda: call.responses)
    (answer,) = call.responses
    assert answer.ephemeral == raw["user_id"]
    assert any(words in answer.visible for words in ("Only administrators", "not allowed", "There is no source named"))
    for verb in ("add", "preview"):
        words = f"{verb} {raw['text'].split()[-1]}"
        other = await talk.slack.slash(raw["command"], words, user=raw["user_id"], channel="CDOCS")
        await talk.slack.until(lambda call=other: call.responses)  # type: ignore[misc]  # mypy infers no default
        assert any(each in other.responses[0].visible for each in ("Only administrators", "not allowed"))
    assert await talk.count("select count(*) from request") == 0
    assert not list(talk.slack.messages("CDOCS"))


async def votes_for_nothing(talk: Talk, bad: Bad) -> None:
    raw = input_of(bad)
    async with talk.database() as connection:
        await connection.execute(
            "insert into question (platform, tenant, event_key, place_key, channel, thread, asker, way, body, state,"
            " turn) values ('slack', 'T2', 'e', 'p', 'C', 't', 'U', 'thread', 'theirs', 'done', 0)"
        )
        number = await connection.fetchval("select id from question where tenant = 'T2'")
    ours = {"action_id": "feedback", "block_id": "b", "type": "feedback_buttons"}
    values = (
        f"good:{raw['actions'][0]['value']}",
        f"good:{number}",
        "good:9999999999999999999",
        "good:0",
        f"bad:{number}",
    )
    pressed = [raw | {"actions": [ours | {"value": value}]} for value in values]
    pressed += [raw | {"actions": [ours | {"action_id": each, "value": str(number)}]} for each in ("why", "share")]
    await delivered(talk, raw, *pressed, kind="interactive")
    assert await talk.count("select count(*) from feedback where who = 'U2'") == 0
    assert not talk.slack.views


async def is_acknowledged(talk: Talk, bad: Bad) -> None:
    await delivered(talk, input_of(bad), kind="interactive")


CHECKS: Mapping[str, Callable[[Talk, Bad], Awaitable[None]]] = {
    "slackin-002": is_answered_once,
    "slackin-003": is_ignored,
    "slackin-005": is_ignored,
    "slackin-008": is_logged,
    "slackin-010": is_dropped_with_its_text,
    "slackin-013": is_refused_in_shared_channels,
    "slackin-014": is_logged,
    "slackin-015": leaves_the_socket_up,
    "slackin-018": reconnects_slowly,
    "slackin-019": is_answered_in_one_message,
    "slackin-020": is_logged,
    "slackin-021": is_refused_as_a_command,
    "slackin-022": is_refused_as_a_command,
    "slackin-023": votes_for_nothing,
    "slackin-025": is_acknowledged,
}


@pytest.mark.shared
@bad("slack.event")
async def test_what_is_delivered_does_what_it_should(talk: Talk, bad: Bad) -> None:
    await CHECKS[bad.id](talk, bad)


async def answers(talk: Talk, channel: str) -> None:
    """Ask a question, to see that the process is alive and well."""
    await talk.answered(channel, await talk.ask(channel, "How do I start?"))


# --- neighbours

STRANGE = ("", "C|1", "C1\nU2", "C" * 10_000, "\x00", "\ud800", "../../etc/passwd", "<@UBOT00001>", "１.１", "1.1\n")


async def test_ids_that_slack_does_not_write_are_acknowledged_and_stored_nowhere(talk: Talk) -> None:
    before = await talk.count("select count(*) from question")
    base = {"type": "app_mention", "text": f"<@{ME.user}> q"}
    bodies = [
        callback(talk, base | {key: value})
        for key in ("channel", "ts", "thread_ts", "user")
        for value in STRANGE
        if (key, value) != ("thread_ts", "")
    ]
    changed = {"type": "message", "subtype": "message_changed", "message": {"user": "U1", "text": "x", "ts": "1.1"}}
    for strange in STRANGE:
        bodies.append(callback(talk, {"type": "message", "subtype": "message_deleted", "deleted_ts": strange}))
        bodies.append(callback(talk, changed | {"channel": strange}))
        bodies.append(callback(talk, {"type": "agent_session_stopped", "thread_ts": strange, "channel": strange}))
        bodies.append(callback(talk, {"type": "app_home_opened", "tab": "messages", "channel": strange}))
    await delivered(talk, *bodies)
    commands = [
        {"command": "/ask", "text": "q", "team_id": ME.team, "channel_id": "C1", "user_id": "U1", "trigger_id": "1.2.a"}
        | {key: strange}
        for key in ("channel_id", "user_id", "trigger_id")
        for strange in STRANGE
    ]
    await delivered(talk, *commands, kind="slash_commands")
    assert await talk.count("select count(*) from question") == before
    await answers(talk, "CSTRANGE")


async def test_the_name_of_a_delivery_may_be_anything(talk: Talk) -> None:
    bodies = [
        callback(talk, {"type": "app_mention", "text": f"<@{ME.user}> q", "channel": f"CEV{at}"}, event_id=strange)
        for at, strange in enumerate(list[Any]([*STRANGE, None, 7, []]))
    ]
    await delivered(talk, *bodies)
    for body in bodies:
        await talk.over(body["event"]["channel"], body["event"]["ts"])


WRONG: tuple[Any, ...] = (None, True, 0, 1.5, "", "x", [], [[]], {}, {"x": {}})


@pytest.mark.parametrize("kind", ["events_api", "interactive", "slash_commands"])
async def test_wrong_types_anywhere_do_not_make_it_deaf(talk: Talk, kind: Any) -> None:
    good: Mapping[str, Any] = {
        "events_api": callback(talk, {"type": "message", "text": f"<@{ME.user}> q", "subtype": "", "team": ME.team}),
        "slash_commands": {"command": "/ask", "text": "q", "team_id": ME.team, "channel_id": "C1", "user_id": "U1"},
        "interactive": {
            "type": "block_actions",
            "team": {"id": ME.team},
            "user": {"id": "U1"},
            "view": {"callback_id": "footnote_reasons", "state": {"values": {}}, "private_metadata": "1"},
            "actions": [{"action_id": "feedback", "value": "bad:1"}],
        },
    }
    for key, wrong in product(good[kind], WRONG):
        await talk.slack.deliver(dict(good[kind]) | {key: wrong}, kind)
    inner = good[kind].get("event", {})
    for key, wrong in product(inner, WRONG):
        await talk.slack.deliver(dict(good[kind]) | {"event": inner | {key: wrong}}, kind)
    await answers(talk, f"CTYPES{len(kind)}")


async def test_a_modal_that_says_nothing_sensible_is_acknowledged(talk: Talk) -> None:
    filled: tuple[dict[str, Any], ...] = (
        {"state": 1},
        {"state": {"values": []}},
        {"state": {"values": {"b": 1}}, "private_metadata": "1"},
        {"private_metadata": "9" * 30},
        {"private_metadata": "１"},
        {"private_metadata": None},
    )
    views = [{"callback_id": "footnote_reasons"} | each for each in filled]
    bodies = [{"type": "view_submission", "user": {"id": "U1"}, "view": view} for view in views]
    nobody = [body | {"user": user} for body in bodies for user in ("x", {"id": 7}, {})]
    await delivered(talk, *bodies, *nobody, kind="interactive")
    assert await talk.count("select count(*) from feedback where who <> 'U1'") == 0
