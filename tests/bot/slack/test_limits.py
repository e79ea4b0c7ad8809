"""Slack with limits for one asker, and open to other workspaces: what each setting changes, of a real process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.bot.talks import ANSWER, Held, Talk, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {"USER_OPEN_LIMIT": "2", "USER_MINUTE_LIMIT": "3", "SLACK_ALLOW_EXTERNAL": "true"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, filled_template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process."""
    async with talking(server, filled_template, tmp_path_factory.mktemp("limits"), SETTINGS) as made:
        yield made


async def test_what_one_person_asks_too_much_is_told_once_to_that_person_alone(talk: Talk) -> None:
    held = Held()
    talk.mind.on("calamansi", held)
    asked = []
    for number in range(6):
        asked.append(await talk.ask(f"CMUCH{number}", f"What of calamansi {number}?", user="UMUCH"))
        await talk.row(f"CMUCH{number}:{asked[-1]}")
    other = await talk.ask("CMUCH9", "How do I start?", user="UPATIENT")
    await talk.answered("CMUCH9", other)
    await talk.slack.until(lambda: talk.slack.ephemerals("UMUCH"))
    (notice,) = talk.slack.ephemerals("UMUCH")
    assert "I take 2 open questions and 3 questions a minute from each person" in notice.visible
    held.go.set()
    for number, ts in enumerate(asked):
        await talk.over(f"CMUCH{number}", ts)
    replies = [talk.slack.replies(f"CMUCH{number}", ts) for number, ts in enumerate(asked)]
    assert [len(each) for each in replies] == [1, 1, 0, 0, 0, 0]
    assert len(talk.slack.ephemerals()) == 1
    assert len(talk.mind.prompts("calamansi")) == 2


async def test_strangers_in_a_shared_channel_are_answered_where_an_operator_allows_it(talk: Talk) -> None:
    talk.slack.channel("CBOTH", shared=True)
    ts = await talk.ask("CBOTH", "How do I start?", user="UFOREIGN", team="T_OTHER")
    reply = await talk.answered("CBOTH", ts)
    assert ANSWER[0].strip() in reply.visible
    (start,) = talk.calls("chat.startStream", channel="CBOTH")
    assert (start["recipient_team_id"], start["recipient_user_id"]) == ("T_OTHER", "UFOREIGN")
    alone = await talk.ask("CALONE", "How do I start?", user="UFOREIGN2", team="T_OTHER")
    await talk.settled()
    assert not talk.slack.replies("CALONE", alone), "only where the channel is shared"
