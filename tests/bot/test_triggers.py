"""By which names the bot is called where nobody mentions it: by its own everywhere, by "bot" in its own threads."""

from __future__ import annotations

import pytest

from bot.attention import Trigger
from bot.triggers import TriggerRule
from core.inbox.channels import ChannelSettings
from core.inbox.channels_postgres import PostgresChannels
from core.inbox.platforms import QuestionDetails
from core.inbox.port import IntakeLimits, NewQuestion, Platform, Visibility
from core.inbox.postgres import open_inbox
from core.postgres.database import Database

ASKED = "how long does the token live?"


def message(text: str, *, channel: str = "C1", number: int = 2, in_thread: bool = False) -> NewQuestion:
    key = f"{channel}:{number}"
    return NewQuestion(
        *(Platform.SLACK, "T1", key, key, channel, "1" if in_thread else str(number), "U1", Visibility.THREAD, text),
        QuestionDetails(at=float(number), in_thread=in_thread),
    )


@pytest.mark.parametrize(
    ("text", "where", "answered"),
    [
        (f"footnote, {ASKED}", "channel", "always"),
        (f"bot, {ASKED}", "channel", "no"),
        (f"hey bot {ASKED}", "channel", "no"),
        (f"bot, {ASKED}", "listening", "if cited"),
        (f"bot, {ASKED}", "thread", "always"),
        (f"bot, {ASKED}", "thread of others", "no"),
        (f"footnote, {ASKED}", "thread of others", "always"),
    ],
)
async def test_who_is_called_bot_may_be_another(database: Database, text: str, where: str, answered: str) -> None:
    channels = PostgresChannels(database)
    async with open_inbox(database.dsn) as inbox:
        rule = TriggerRule(inbox, channels)
        if where == "listening":
            await channels.put(Platform.SLACK, "T1", "C1", ChannelSettings(unmentioned=True))
        if where == "thread":
            assert await inbox.receive(message("How?", number=1), IntakeLimits(0, 0), 0.1)
        why = Trigger.FOLLOW_UP if where.startswith("thread") else Trigger.OVERHEARD
        question = (await rule.judge(message(text, in_thread=why is Trigger.FOLLOW_UP), why)).question
        if question is None:
            assert answered == "no"
        else:
            assert answered == ("if cited" if question.details.if_cited else "always")
            assert question.text == ASKED
