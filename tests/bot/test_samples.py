"""What people are offered to ask: each is answered there, and nothing of it was asked where others may not read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.discord.rights import is_open_to_all
from bot.markup.slack_controls import FEEDBACK
from bot.samples import choose_sections, phrase
from bot.slack.renamed import is_question, name_as_typed
from core.domain import Source
from core.history.samples import SampleSection
from core.sentences import ENGLISH, GERMAN
from tests.bot.filled import add_source
from tests.bot.rows import Rows
from tests.bot.up import ADMIN, discord_settings, slack_settings, up
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import Interaction, Message, Slack, Tiers, serve_slack

GOOD = "What does the beta parameter do?"
SECRET = "How do I remove it from the laptops of the sales team?"


@dataclass(slots=True)
class Both(Rows):
    """A keyless process on both platforms."""

    slack: Slack
    discord: Discord

    async def prompts(self, user: str) -> list[str]:
        """Open the app's messages. -> the questions that are suggested there, once they are made."""
        channel = self.slack.dm(user).id
        self.slack.prompts.pop(channel, None)
        await self.slack.open_home(user)
        await self.slack.until(lambda: len(self.slack.prompts.get(channel, {}).get("prompts", ())) > 1)
        *questions, last = [each["message"] for each in self.slack.prompts[channel]["prompts"]]
        assert last == ENGLISH.what_can_you_answer
        return questions

    async def ask(self, channel: str, question: str, user: str = "U1") -> Message:
        """Ask on Slack. -> the reply."""
        direct = channel.startswith("D")
        typed = question if direct else f"<@{self.slack.bot_user}> {question}"
        ts = await self.slack.say(channel, typed, user=user)
        await self.over_at(f"{channel}:{ts}")
        return self.slack.replies(channel, ts)[-1]

    async def like(self, reply: Message, user: str = "U1") -> None:
        """Press the thumb that is up."""
        value = next(
            element["positive_button"]["value"]
            for block in reply.blocks
            for element in block.get("elements", ())
            if "positive_button" in element
        )
        done = await self.slack.click(reply, FEEDBACK, user=user, value=value)
        await self.slack.until(lambda: done.acked)


@pytest_asyncio.fixture
async def both(filled: str, tmp_path: Path) -> AsyncIterator[Both]:
    limits = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0"}
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_discord(limits=UNLIMITED) as discord,
        up(filled, tmp_path, slack_settings(slack), discord_settings(discord), limits),
    ):
        await discord.ready()
        yield Both(filled, slack, discord)


async def test_each_question_that_is_offered_is_answered_with_a_source(both: Both) -> None:
    offered = await both.prompts("U5")
    assert offered
    assert len(offered) <= 3
    for each in offered:
        reply = await both.ask(both.slack.dm("U6").id, each, "U6")
        statement = "select count(*) from question where body = $1 and answer -> 'answer' ->> 'outcome' = 'answered'"
        assert await both.count(statement, each), (each, reply.visible)


async def test_help_offers_the_same_wherever_somebody_asks_for_it(both: Both) -> None:
    offered = await both.prompts("U5")
    greeted = await both.ask("C1", "hello")
    assert ENGLISH.for_example in greeted.visible
    assert all(each in greeted.visible for each in offered)
    command = await both.slack.slash("/ask", " ", user="U8", channel="C1")
    await both.slack.until(lambda: bool(command.responses))
    assert all(each in command.responses[-1].visible for each in offered)
    asked = both.discord.say(both.discord.channel, f"<@{both.discord.bot_id}> hello")
    await both.over_at(f"{both.discord.channel}:{asked}")
    shown = both.discord.replies(both.discord.channel)[-1].content
    assert all(each in shown for each in offered), shown


async def test_what_was_asked_and_found_good_in_public_is_offered_first_and_a_secret_never(both: Both) -> None:
    both.slack.channel("GSALES", kind="group")
    for channel, user in (("C1", "U1"), ("C2", "U2")):
        await both.like(await both.ask(channel, GOOD, user), user)
    for channel in ("GSALES", both.slack.dm("U3").id):
        for _ in range(2):
            await both.like(await both.ask(channel, SECRET, "U3"), "U3")
    offered = await both.prompts("U5")
    assert offered[0] == GOOD
    assert SECRET not in offered


async def test_what_somebody_found_bad_is_not_offered(both: Both) -> None:
    for user in ("U1", "U2"):
        reply = await both.ask("C1", GOOD, user)
        await both.like(reply, user)
    async with both.database() as connection:
        await connection.execute("update feedback set thumb = 'down' where who = 'U2'")
    assert GOOD not in await both.prompts("U5")


async def test_a_source_that_may_not_be_seen_there_is_not_asked_about_and_a_new_one_is(
    both: Both, tmp_path: Path
) -> None:
    before = await both.prompts("U5")
    for name, visible in (("closed", ("slack:T9",)), ("open", None)):
        site = tmp_path / name
        site.mkdir()
        words = "The gadget of the house turns the lights on at dusk, and off again at dawn, whatever the weather is. "
        page = f"<h1>Gadgets {name}</h1><h2 id='x'>Is the {name} gadget safe?</h2><p>{words * 3}</p>"
        (site / "index.html").write_text(f"<html><body><main>{page}</main></body></html>", "utf-8")
        await add_source(both.dsn, site, Source(0, name, f"https://{name}.example/", visible_to=visible))
    after = await both.prompts("U5")
    assert after != before
    assert "Is the open gadget safe?" in after
    assert "Is the closed gadget safe?" not in after


async def test_a_command_that_was_renamed_works_and_help_names_it(both: Both) -> None:
    asked = await both.slack.slash("/ask-handbook", GOOD, user="U8", channel="C1")
    await both.slack.until(lambda: len(asked.responses) > 1)
    assert "beta" in asked.responses[-1].visible
    for words in ("help", ""):
        helped = await both.slack.slash("/handbook", words, user=ADMIN, channel="C1")
        await both.slack.until(lambda helped=helped: bool(helped.responses))  # type: ignore[misc]  # mypy infers no default
        shown = seen(helped)
        assert "`/handbook add URL" in shown
        assert "/docs" not in shown
    status = await both.slack.slash("/handbook", "status", user=ADMIN, channel="C1")
    await both.slack.until(lambda: bool(status.responses))
    assert "1 source" in seen(status)
    other = await both.slack.slash("/handbook", GOOD, user="U8", channel="C1")
    await both.slack.until(lambda: len(other.responses) > 1)
    assert "beta" in other.responses[-1].visible


def seen(done: Interaction) -> str:
    return "\n".join(each.visible for each in done.responses)


@pytest.mark.parametrize(
    ("command", "text", "asks"),
    [
        ("/ask", "", True),
        ("/docs", "how are you?", False),
        ("/team-ask", "status", True),
        ("/kb-admin", "anything", False),
        ("/kb", "status", False),
        ("/kb", "status of my order?", True),
        ("/kb", "add https://docs.example.org/ guide", False),
        ("/kb", "add a page", True),
        ("/kb", "preview deployments", True),
        ("/kb", "", False),
        ("/kb", "Wie installiere ich es?", True),
    ],
)
def test_a_command_of_any_name_is_a_question_or_an_order(command: str, text: str, asks: bool) -> None:
    assert is_question(command, text) is asks


def test_help_names_the_command_as_it_was_typed() -> None:
    assert name_as_typed("`/docs add URL`, or `/docs`", "/kb") == "`/kb add URL`, or `/kb`"
    assert name_as_typed("`/docs add URL`", "/docs") == "`/docs add URL`"


def section(heading: str, page: str = "https://a.example/") -> SampleSection:
    return SampleSection(page, ("Guide", heading))


def test_headings_that_ask_come_first_and_those_that_say_nothing_not_at_all() -> None:
    headings = ["Set up a worker", "How do I stop it?", "v1.2.3", "Changelog", "`run()`", "x", "Bug fixes", "Bug fixes"]
    there = [replace(section(each), path=("Guide", str(number), each)) for number, each in enumerate(headings)]
    assert [each.path[-1] for each in choose_sections(there)] == ["How do I stop it?", "Set up a worker"]


def test_the_first_section_of_each_page_comes_before_the_second_of_any() -> None:
    there = [section("One thing", "a"), section("Another thing", "a"), section("A third thing", "b")]
    assert [each.path[-1] for each in choose_sections(there)] == ["One thing", "A third thing", "Another thing"]


def test_a_heading_becomes_a_question_in_either_language() -> None:
    assert phrase(section("Install with pip"), ENGLISH) == "What do I need to know about “Install with pip”?"
    assert phrase(section("Install with pip"), GERMAN) == "Was muss ich wissen über „Install with pip“?"
    assert phrase(section("Is it lazy?"), GERMAN) == "Is it lazy?"


@pytest.mark.parametrize(
    ("role", "overwrites", "is_open"),
    [
        (1024, [], True),
        (0, [], False),
        (1024, [{"id": "7", "deny": "1024", "allow": "0"}], False),
        (0, [{"id": "7", "deny": "0", "allow": "1024"}], True),
        (1024, [{"id": "8", "deny": "1024", "allow": "0"}], True),
    ],
)
def test_a_channel_on_discord_is_public_where_everybody_sees_it(role: int, overwrites: Any, is_open: bool) -> None:
    guild = {"id": "7", "roles": [{"id": "7", "permissions": str(role)}]}
    assert is_open_to_all(guild, {"guild_id": "7", "permission_overwrites": overwrites}) is is_open
    assert not is_open_to_all(guild, {"id": "1", "type": 1})
