"""Which messages of a history were addressed to the bot when they were written, and how Slack's histories are read."""

from __future__ import annotations

from typing import Any

import pytest

from bot.face import TryLater
from bot.slack.api import SlackRefused
from bot.slack.gaps import LATELY_SECONDS, MARGIN_SECONDS, Gaps
from bot.slack.history import PAGE, PAGES, TRIES, History
from bot.slack.missed import drop_stopped, find_addressed, find_follow_ups, has_news
from bot.slack.reading import Me
from tests.servers.slack import Slack, Tiers, serve_slack
from tests.servers.slack.bolted import client_of

ME = Me("UBOT00001", "BBOT00001", "T0001")
MENTION = f"<@{ME.user}> "


def message(at: int, text: str, user: str = "U1", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": user, "text": text, "ts": f"{at}.000000", **more}


def follow_ups(*thread: dict[str, Any], people: dict[str, float] | None = None, since: float = 10.0) -> list[str]:
    below = [each | {"thread_ts": "1.000000"} for each in thread]
    found = find_follow_ups(below, people or {}, "C1", since, ME, external=False)
    return [each.incoming.text for each in found]


def test_in_a_thread_of_others_only_what_follows_the_mention_may_be_for_the_bot() -> None:
    assert follow_ups(
        message(11, "How do you do it?", "U2"),
        message(12, f"{MENTION}How does one?", "U3"),
        message(13, "And then?", "U2"),
        message(14, "That is it.", "U4"),
        message(15, "Try the other one", "U3"),
    ) == ["How does one?", "And then?", "That is it.", "Try the other one"]


def test_what_follows_an_answer_or_a_question_may_be_for_the_bot() -> None:
    chatter, question = message(11, "Try the other one"), message(12, "And then?", "U2")
    assert follow_ups(chatter, question) == []
    assert follow_ups(chatter, question, people={"U1": 5.0}) == ["Try the other one", "And then?"]
    assert follow_ups(chatter, question, people={"U1": 11.5}) == [], "that was later"
    assert follow_ups(message(9, "So [1].", ME.user, bot_id=ME.bot), chatter, question) == [
        "Try the other one",
        "And then?",
    ]


def test_what_came_before_the_gap_and_what_programs_write_is_not_asked() -> None:
    assert follow_ups(message(9, f"{MENTION}How?"), message(12, f"{MENTION}Why?", bot_id="B9")) == []
    old, new, other = message(9, f"{MENTION}Old?"), message(11, f"{MENTION}New?"), message(12, "How do you all do it?")
    found = find_addressed([other, new, old], "C1", 10.0, ME, external=False)
    assert [each.incoming.text for each in found] == ["New?"]
    assert [each.incoming.text for each in find_addressed([other], "D1", 10.0, ME, external=False)] == [other["text"]]


def test_only_replies_of_others_are_news() -> None:
    replied = message(5, "How?", latest_reply="12.000000", reply_users=[ME.user], reply_users_count=1)
    assert not has_news(replied, 10.0, ME)
    assert has_news(replied | {"reply_users": [ME.user, "U1"], "reply_users_count": 2}, 10.0, ME)
    assert not has_news(replied | {"reply_users": ["U1"]}, 13.0, ME)
    assert not has_news(message(5, "How?"), 1.0, ME)


def test_what_was_stopped_is_not_asked() -> None:
    page = [message(at, words) for at, words in ((11, "One?"), (12, "stop"), (13, "Two?"))]
    found = find_addressed(page, "D1", 10.0, ME, external=False)
    assert [each.incoming.text for each in drop_stopped(found[::-1])] == ["Two?"]
    elsewhere = [message(11, f"{MENTION}One?"), message(12, f"{MENTION}stop")]
    found = find_addressed(elsewhere, "C1", 10.0, ME, external=False)
    assert [each.incoming.text for each in drop_stopped(found)] == ["One?"], "of another thread"


def test_a_gap_is_an_hour_long_at_most_and_as_long_as_the_longest() -> None:
    gaps, other = Gaps(), Gaps()
    gaps.open(0.0)
    other.open()
    longest, shortest = gaps.take(), other.take()
    assert LATELY_SECONDS - MARGIN_SECONDS - 60 < shortest - longest <= LATELY_SECONDS - MARGIN_SECONDS
    other.open(shortest - 500)
    other.open()
    assert other.take() == shortest - 500 - MARGIN_SECONDS


# --- reading


async def test_a_history_is_read_until_a_page_is_older() -> None:
    async with serve_slack(tiers=Tiers.none()) as slack:
        posted = [await slack.say("C1", str(number)) for number in range(3 * PAGE)]
        history = History(client_of(slack))
        found, whole = await history.messages("C1", float(posted[-PAGE - 1]))
        assert (len(found), whole, calls(slack)) == (2 * PAGE, True, 2)
        found, whole = await history.messages("C1", 0.0)
        assert (len(found), whole) == (3 * PAGE, True)
        slack.longest_page = 15
        found, whole = await history.messages("C1", 0.0)
        assert (len(found), whole) == (15 * PAGES, False)


async def test_slack_is_asked_again_after_the_pause_that_it_wants_and_not_for_ever() -> None:
    async with serve_slack(tiers=Tiers.none()) as slack:
        await slack.say("C1", "How?")
        history = History(client_of(slack))
        slack.faults.refuse("conversations.history", "ratelimited", status=429, retry_after="0.5", times=TRIES - 1)
        assert len((await history.messages("C1", 0.0))[0]) == 1
        assert calls(slack) == TRIES
        slack.faults.refuse("conversations.history", "ratelimited", status=429, retry_after="0.5", times=2 * TRIES)
        with pytest.raises(TryLater):
            await history.messages("C1", 0.0)
        assert calls(slack) == 2 * TRIES
        slack.scopes.discard("im:read")
        with pytest.raises(SlackRefused, match="missing_scope"):
            await history.conversations(["public_channel", "im"])
        assert [each["id"] for each in await history.conversations(["public_channel"])] == ["C1"]


def calls(slack: Slack) -> int:
    return sum(each.method == "conversations.history" for each in slack.calls)
