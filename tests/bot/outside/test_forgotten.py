"""What was forgotten stays so: no restart, redelivery or other process asks it again, and no other row holds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.phrases import ALREADY_ANSWERED
from tests.bot.called import call
from tests.bot.cli.test_forget import left
from tests.bot.discord_talks import talking
from tests.bot.install import Install
from tests.bot.rows import Rows
from tests.bot.talks import talking as talking_in_slack
from tests.servers.discord.model import Call

ASKER, OTHER = 51, 52


async def forget(folder: Path, dsn: str, person: str) -> int:
    """Run the command. -> how many questions it forgot."""
    ended = await call(Install(folder, {"DATABASE_URL": dsn}), "forget", person, "--json")
    assert ended.code == 0, ended.err
    return int(ended.json["questions"])


def _is_read(calls: Sequence[Call], channel: int) -> bool:
    return any(call.route == "history" and f"/{channel}/" in call.path for call in calls)


async def askers(rows: Rows) -> set[str]:
    """Return the people whose questions are stored."""
    async with rows.database() as connection:
        return {row["asker"] for row in await connection.fetch("select asker from question")}


async def test_messages_of_a_forgotten_person_are_not_asked_again_after_a_restart(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking(server, filled_template, tmp_path) as talk:
        channels = [talk.channel() for _ in range(5)]
        asked = [talk.ask(channel, "How do I start?", user_id=ASKER) for channel in channels]
        asked.append(talk.discord.say(talk.discord.direct(ASKER), "How do I start?", user_id=ASKER))
        kept = talk.ask(talk.channel(), "How do I start?", user_id=OTHER)
        for each in [*asked, kept]:
            await talk.answered(each)
        await talk.bot.kill()
        assert await forget(tmp_path, talk.dsn, f"discord:{ASKER}") == len(asked)
        before = len(talk.discord.calls)
        await talk.bot.start()
        calls = talk.discord.calls
        await talk.discord.until(lambda: all(_is_read(calls[before:], each) for each in channels))
        await talk.answered(talk.ask(talk.channel(), "How do I go on?", user_id=OTHER))
        assert await askers(talk) == {str(OTHER)}
        assert [len(talk.discord.replies(each)) for each in asked[:-1]] == [1] * len(channels)


async def test_a_delivery_of_a_forgotten_message_that_comes_again_is_left_alone(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking_in_slack(server, filled_template, tmp_path) as talk:
        ts = await talk.ask("C1", "How do I start?", user="UCANARY")
        await talk.answered("C1", ts)
        bodies = [each.body for each in talk.slack.envelopes if each.kind == "events_api"]
        assert await forget(tmp_path, talk.dsn, "UCANARY") == 1
        for body in bodies:
            await talk.slack.deliver(body)
            await talk.slack.deliver(body | {"event_id": f"{body['event_id']}again"})
        await talk.slack.edit("C1", ts, f"<@{talk.slack.bot_user}> How do I start now?", mention=True)
        again = await talk.slack.shortcut("answer_this", "C1", ts, user="UOTHER")
        await talk.slack.until(lambda: again.responses)
        await talk.settled()
        assert again.responses[0].visible == ALREADY_ANSWERED
        assert await talk.questions("C1") == 0


async def test_whose_words_others_had_answered_or_forwarded_is_found_in_slack(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking_in_slack(server, filled_template, tmp_path) as talk:
        chosen = await talk.slack.say("C1", "How do I start, canary?", user="UCANARY")
        await talk.slack.shortcut("answer_this", "C1", chosen, user="UOTHER")
        await talk.answered("C1", chosen)
        share = {"is_share": True, "author_id": "UCANARY", "text": "How do I go on, canary?", "fallback": "[a message]"}
        forwarded = await talk.ask("C1", "do you know?", user="UOTHER", extra={"attachments": [share]})
        await talk.answered("C1", forwarded)
        assert "question" in await left(talk.dsn, "canary", "UCANARY")
        assert await forget(tmp_path, talk.dsn, "slack:UCANARY") == 2
        assert await left(talk.dsn, "canary", "UCANARY") == {}
        assert "canary" not in talk.bot.logged.lower(), "nor in the log"


async def test_whose_words_others_had_answered_or_asked_below_is_found_in_discord(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking(server, filled_template, tmp_path) as talk:
        chosen = talk.discord.say(talk.channel(), "How do I start, canary?", user_id=ASKER)
        talk.discord.menu("Answer this", chosen, user_id=OTHER)
        await talk.answered(chosen)
        first = talk.ask(talk.channel(), "How do I go on, canary?", user_id=ASKER)
        await talk.answered(first)
        below = talk.ask(first, "And then, papaya?", user_id=OTHER)
        await talk.answered(below)
        assert "question" in await left(talk.dsn, "canary", f"'{ASKER}'")
        assert await forget(tmp_path, talk.dsn, f"discord:{ASKER}") == 2
        assert await left(talk.dsn, "canary", f"'{ASKER}'") == {}
        assert await askers(talk) == {str(OTHER)}


async def test_the_title_of_a_thread_is_read_there_and_not_stored(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking(server, filled_template, tmp_path) as talk:
        post = talk.discord.forum_post(talk.forum(), "A canary in the harbour", "It sings.", user_id=ASKER)
        await talk.answered(talk.ask(post, "And why, papaya?", user_id=OTHER))
        assert "A canary in the harbour" in str(talk.mind.prompts("papaya") or talk.mind.asked)
        assert await left(talk.dsn, "canary") == {}
