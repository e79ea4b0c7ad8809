"""What people see around answers is in ANSWER_LANGUAGE: buttons, headings, help, thanks and hints."""

from __future__ import annotations

from pathlib import Path

from core.sentences import GERMAN
from tests.bot.rows import Rows
from tests.bot.up import discord_settings, slack_settings, up
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import serve_discord
from tests.servers.slack import Tiers, serve_slack

QUESTION = "How do I fine-tune a mistral model with DPO?"


async def test_an_install_that_speaks_german_does_so_around_its_answers(filled: str, tmp_path: Path) -> None:
    rows = Rows(filled)
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_discord(limits=UNLIMITED) as discord,
        up(filled, tmp_path, slack_settings(slack), discord_settings(discord), {"ANSWER_LANGUAGE": "German"}),
    ):
        await discord.ready()
        ts = await slack.say("C1", f"<@{slack.bot_user}> {QUESTION}")
        await rows.over_at(f"C1:{ts}")
        (reply,) = slack.replies("C1", ts)
        shown = f"{reply.visible} {reply.blocks}"
        for words in (GERMAN.sources, GERMAN.why, GERMAN.good, GERMAN.bad):
            assert words in shown
        empty = await slack.slash("/ask", "", user="U1", channel="C1")
        await slack.until(lambda: empty.responses)
        assert GERMAN.help in empty.responses[0].visible
        asked = discord.say(discord.channel, f"<@{discord.bot_id}> {QUESTION}")
        await rows.over_at(f"{discord.channel}:{asked}")
        (answer,) = discord.replies(asked)
        assert answer.embeds[0]["title"] == GERMAN.sources
        assert answer.embeds[0]["footer"]["text"] == GERMAN.ask_on
        assert GERMAN.why in str(answer.components)
        good = discord.click(
            answer, f"footnote:good:{answer.components[0]['components'][0]['custom_id'].split(':')[2]}:0"
        )
        await discord.until(lambda: good.shown)
        assert good.shown[0].content == GERMAN.thanks_good
        assert GERMAN.say_more in str(good.shown[0].components)
        form = discord.click(good.shown[0], good.shown[0].components[0]["components"][0]["custom_id"])
        await discord.until(lambda: form.modal is not None)
        assert GERMAN.anything_else in str(form.modal)
