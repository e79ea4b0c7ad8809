"""The loopback Discord's commands, buttons and forms, as the real discord.py handles them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.servers.discord.faults import unanswered
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rates import PATIENT, Limits
from tests.servers.discord.sdk import Bot, app_commands, connected, discord
from tests.servers.discord.server import Discord, serve_discord


class Feedback(discord.ui.Modal, title="What was wrong?"):
    why: Any = discord.ui.TextInput(label="Why", custom_id="why")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Noted: {self.why.value}", ephemeral=True)


class Thumbs(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Good", custom_id="good")
    async def good(self, interaction: discord.Interaction, button: Any) -> None:
        await interaction.response.edit_message(content="Thanks", view=None)

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, button: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="Later")

    @discord.ui.button(label="Bad", custom_id="bad")
    async def bad(self, interaction: discord.Interaction, button: Any) -> None:
        await interaction.response.send_modal(Feedback())


class Asked(Bot):
    """A bot with one command of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []
        self.latch = asyncio.Event()
        self.latch.set()
        self._ask_and_say()
        self._menu_and_group()

    def _ask_and_say(self) -> None:
        @self.tree.command(description="Ask the documentation")
        async def ask(interaction: discord.Interaction, question: str, site: str = "", private: bool = False) -> None:
            await self.latch.wait()
            await interaction.response.defer(ephemeral=private, thinking=True)
            await interaction.edit_original_response(content=f"Answer to {question}", view=Thumbs())
            self.seen.append((question, site, interaction.user.id, interaction.guild_id))

        @ask.autocomplete("site")
        async def site(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=one, value=one) for one in ("handbook", "api") if one.startswith(typed)]

        @self.tree.command(description="Say it twice")
        async def say(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("one")
            await interaction.followup.send("two", ephemeral=True)
            await self.latch.wait()
            await interaction.followup.send("three")

    def _menu_and_group(self) -> None:
        @self.tree.context_menu(name="Answer this")
        async def answer(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.defer()
            await interaction.followup.send(f"To {message.content}")

        docs = app_commands.Group(name="docs", description="Manage the sources")

        @docs.command(description="What is indexed")
        async def status(interaction: discord.Interaction) -> None:
            self.seen.append(interaction.permissions.manage_guild)
            await interaction.response.send_message("All is well", ephemeral=True)

        self.tree.add_command(docs)


@pytest.fixture
async def served() -> AsyncIterator[Discord]:
    async with serve_discord(limits=PATIENT) as server:
        yield server


@pytest.fixture
async def bot(served: Discord) -> AsyncIterator[Asked]:
    client = Asked()
    async with connected(served, client):
        yield client


async def test_a_command_is_deferred_and_then_edited(served: Discord, bot: Asked) -> None:
    asked = served.slash("ask", {"question": "How?", "site": "api"})
    await served.until(lambda: asked.shown)
    (reply,) = served.replies(served.channel)
    assert (reply.content, reply.type, asked.response) == ("Answer to How?", 20, 5)
    assert reply is asked.original
    assert reply.spoke == reply.edits[0].at
    await served.until(lambda: bot.seen)
    assert bot.seen == [("How?", "api", served.user, served.guilds[0].id)]
    assert [one.content for one in bot.heard] == [""], "the deferred response is an event as well"
    assert bot.heard[0].flags.loading


async def test_a_private_answer_is_seen_by_the_asker_alone(served: Discord, bot: Asked) -> None:
    asked = served.slash("ask", {"question": "How?", "private": True})
    await served.until(lambda: asked.shown)
    assert asked.ephemeral
    assert served.replies(served.channel) == []
    assert bot.heard == []


async def test_a_command_in_direct_messages_has_a_user_and_no_guild(served: Discord, bot: Asked) -> None:
    asked = served.slash("ask", {"question": "How?"}, channel_id=served.direct(7), user_id=7)
    await served.until(lambda: bot.seen)
    assert bot.seen == [("How?", "", 7, None)]
    assert served.replies(served.direct(7)) == asked.shown


async def test_a_subcommand_comes_with_the_permissions_of_the_member(served: Discord, bot: Asked) -> None:
    for permissions in (0, int(Permission.MANAGE_GUILD)):
        asked = served.slash("docs status", user_id=served.admin, permissions=permissions)
        await served.until(lambda: asked.shown)  # noqa: B023 - awaited before the next one is asked
    assert bot.seen == [False, True]


async def test_completions_come_while_somebody_types(served: Discord, bot: Asked) -> None:
    asked = served.autocomplete("ask", {"question": "How?", "site": "ha"}, "site")
    await served.until(lambda: asked.choices is not None)
    assert asked.choices == [{"name": "handbook", "value": "handbook"}]
    assert asked.shown == []


async def test_a_menu_brings_the_text_of_its_message_without_the_intent(served: Discord, bot: Asked) -> None:
    message = served.say(served.channel, "nobody is meant")
    asked = served.menu("Answer this", message)
    await served.until(lambda: asked.shown)
    assert [(one.content, one.type) for one in served.replies(served.channel)] == [("To nobody is meant", 23)]
    assert asked.followups == [], "the first follow-up takes the place of a deferred response"


async def test_follow_ups_are_messages_of_their_own(served: Discord, bot: Asked) -> None:
    asked = served.slash("say")
    await served.until(lambda: len(asked.shown) == 3)
    assert [(one.content, one.ephemeral) for one in asked.shown] == [("one", False), ("two", True), ("three", False)]
    assert [one.content for one in served.replies(served.channel)] == ["one", "three"]


async def test_a_button_edits_its_message(served: Discord, bot: Asked) -> None:
    bot.add_view(Thumbs())
    asked = served.slash("ask", {"question": "How?"})
    await served.until(lambda: asked.shown)
    click = served.click(asked.shown[0], "good", user_id=7)
    await served.until(lambda: click.response is not None)
    assert (click.response, asked.shown[0].content, asked.shown[0].components) == (7, "Thanks", [])
    with pytest.raises(LookupError):
        served.click(asked.shown[0], "good")


async def test_a_button_can_take_its_time(served: Discord, bot: Asked) -> None:
    bot.add_view(Thumbs())
    asked = served.slash("ask", {"question": "How?"})
    await served.until(lambda: asked.shown)
    click = served.click(asked.shown[0], "later")
    await served.until(lambda: asked.shown[0].content == "Later")
    assert (click.response, click.shown) == (6, [])


async def test_a_button_opens_a_form_that_is_sent_back(served: Discord, bot: Asked) -> None:
    bot.add_view(Thumbs())
    asked = served.slash("ask", {"question": "How?"})
    await served.until(lambda: asked.shown)
    click = served.click(asked.shown[0], "bad")
    await served.until(lambda: click.modal is not None)
    sent = served.submit(click, {"why": "It is old."})
    await served.until(lambda: sent.shown)
    assert [(one.content, one.ephemeral) for one in sent.shown] == [("Noted: It is old.", True)]


async def test_the_same_interaction_twice_is_acknowledged_once(served: Discord, bot: Asked) -> None:
    asked = served.slash("ask", {"question": "How?"}, copies=2)
    await served.until(lambda: asked.refusals and asked.shown)
    assert asked.refusals == [40060]
    assert len(served.replies(served.channel)) == 1


async def test_who_answers_too_late_is_unknown() -> None:
    async with serve_discord(limits=Limits(response_seconds=0.0)) as served:
        async with connected(served, Asked()) as bot:
            asked = served.slash("ask", {"question": "How?"})
            await served.until(lambda: asked.refusals)
            assert asked.refusals == [10062]
            assert served.messages(served.channel) == []
        assert [getattr(one, "code", one) for one in bot.errors] == [10062]


async def test_a_token_grows_too_old_for_edits_and_follow_ups() -> None:
    async with serve_discord(limits=Limits(token_seconds=0.0)) as served:
        async with connected(served, Asked()) as bot:
            served.slash("ask", {"question": "How?"})
            await served.until(lambda: any(one.route == "edit_response" for one in served.calls))
            assert served.replies(served.channel) == [], "people still see the bot think"
        (error,) = bot.errors
        assert isinstance(error, discord.HTTPException)
        assert (error.status, error.code) == (401, 50027)


async def test_an_edit_can_be_sent_again_after_a_lost_answer(served: Discord, bot: Asked) -> None:
    served.faults.script("edit_response", unanswered())
    asked = served.slash("ask", {"question": "How?"})
    await served.until(lambda: asked.shown)
    assert len(served.replies(served.channel)) == 1
    assert [one.status for one in served.calls if one.route == "edit_response"] == [0]


async def test_an_event_can_be_made_worse_than_discord_makes_it(served: Discord, bot: Asked) -> None:
    asked = served.slash("ask", {"question": "How?"}, more={"locale": "x" * 500})
    await served.until(lambda: asked.shown)


async def test_only_registered_commands_can_be_used(served: Discord, bot: Asked) -> None:
    with pytest.raises(LookupError, match="nothing"):
        served.slash("nothing")
    assert [one["name"] for one in served.world.commands[None]] == ["ask", "say", "docs", "Answer this"]


async def test_commands_that_discord_would_not_take_are_refused(served: Discord, bot: Asked) -> None:
    command = {"name": "Upper Case", "description": "x", "type": 1}
    with pytest.raises(discord.HTTPException) as refused:
        await bot.http.bulk_upsert_global_commands(served.bot_id, [command])
    assert refused.value.code == 50035
