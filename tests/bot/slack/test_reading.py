"""What a payload of Slack means: any content is read or left alone, and what it names is as Slack writes it."""

from __future__ import annotations

import re
from typing import Any, assert_never

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.reading import (
    Delete,
    Edit,
    Me,
    Meaning,
    Odd,
    QuietReaction,
    SlackAsk,
    Stop,
    is_foreign,
    read_command,
    read_event,
    read_shortcut,
)
from core.inbox.platforms import SlackDetails

ME = Me("UBOT00001", "BBOT00001", "T0001")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
PLACE = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9._:-]{1,200}")
STRANGE = ("", "C|1", "C1\nU2", "C" * 10_000, "\x00", "\ud800", "../../etc/passwd", "１.１", "1.1\n")

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(STRANGE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    *("type", "subtype", "channel", "channel_id", "ts", "thread_ts", "deleted_ts", "text", "user", "user_id", "team"),
    *("bot_id", "message", "previous_message", "event", "team_id", "context_team_id", "event_id", "trigger_id", "id"),
    *("command", "callback_id", "is_ext_shared_channel", "response_url"),
)
WORDS = (
    *("app_mention", "message", "message_changed", "message_deleted", "tombstone", "agent_session_stopped", "T0001"),
    *("C1", "D1", "U1", "UBOT00001", "1.1", "<@UBOT00001> q", "answer_this", "event_callback"),
)
maps = st.recursive(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(WORDS) | json_values, max_size=9),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner | st.sampled_from(WORDS), max_size=9),
    max_leaves=4,
)


@settings(deadline=None)
@given(maps, maps)
def test_whatever_a_payload_holds_it_is_read_or_left_alone(body: dict[str, Any], event: dict[str, Any]) -> None:
    for whole in (body, body | {"event": event}, body | {"event": event, "team_id": "T0001"}):
        is_foreign(whole, ME)
        for meaning in (read_event(whole, ME), read_command(whole, ME), read_shortcut(whole, ME)):
            match meaning:
                case SlackAsk(incoming):
                    assert ID.fullmatch(incoming.channel)
                    assert ID.fullmatch(incoming.asker)
                    assert PLACE.fullmatch(incoming.place_key)
                    assert len(incoming.event_key) <= 300
                    assert incoming.tenant == ME.team
                case Edit(place) | Delete(place):
                    assert PLACE.fullmatch(place)
                case Stop(channel, thread):
                    assert PLACE.fullmatch(f"{channel}:{thread}")
                case QuietReaction(channel, ts):
                    assert PLACE.fullmatch(f"{channel}:{ts}")
                case Odd() | None:
                    pass
                case _:
                    assert_never(meaning)


def read(event: dict[str, Any], **more: Any) -> Meaning | None:
    whole = {"type": "message", "channel": "C1", "ts": "1.1", "user": "U1", "text": "How?"} | event
    return read_event({"type": "event_callback", "team_id": ME.team, "event": whole} | more, ME)


def test_a_shared_channel_is_told_of_by_another_workspace_on_behalf_of_ours() -> None:
    mention = {"text": "<@UBOT00001> How?", "team": "T9"}
    theirs = {"team_id": "T9", "is_ext_shared_channel": True}
    meaning = read(mention, **theirs, context_team_id=ME.team)
    assert isinstance(meaning, SlackAsk)
    assert meaning.external
    assert SlackDetails.of(meaning.incoming.details).team == "T9"
    assert isinstance(read(mention, **theirs), Odd)
    assert isinstance(read(mention), Odd)


def test_an_edit_says_what_a_message_is_now() -> None:
    now = {"user": "U1", "ts": "1.1", "text": "<@UBOT00001> What?"}
    change = {"subtype": "message_changed", "message": now, "previous_message": {"text": "How?"}}
    meaning = read(change)
    assert isinstance(meaning, Edit)
    assert (meaning.place_key, meaning.text) == ("C1:1.1", "What?")
    assert meaning.ask is not None
    assert read(change | {"previous_message": {"text": now["text"]}}) is None, "a link was unfurled"
    assert read(change | {"message": now | {"bot_id": "B1"}}) is None
    assert read(change | {"message": now | {"subtype": "tombstone"}}) == Delete("C1:1.1")
