"""From a thumb down in Slack and on Discord to the passage at fault, and to a page that answers: played end to end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.domain import Source
from tests.bot.console.served import MACHINE, BrowserPage, ServedConsole, needs_browser, open_browser, serve_app
from tests.bot.filled import BASE, add_source
from tests.bot.install import write_site
from tests.bot.up import discord_settings, slack_settings, up
from tests.servers.discord.model import Posted
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.slack import Slack, Tiers, serve_slack

QUESTION = "How do I remove trained models from the folder?"
MENDED = (
    "<h2 id='purge'>Remove trained models from the folder</h2><p>Run frobnicator purge to remove trained models from "
    "the folder where they were written. It asks once for each model, and deletes nothing that a running trainer still "
    "needs. Add --older-than 30 to keep the models of the last month on the machine.</p>"
)


async def ask_slack(slack: Slack) -> None:
    """Ask in Slack, and press the thumb that is down."""
    ts = await slack.say("C1", f"<@{slack.bot_user}> {QUESTION}")
    await slack.until(lambda: [each for each in slack.replies("C1", ts) if each.metadata is not None])
    (reply,) = slack.replies("C1", ts)
    number = reply.metadata["event_payload"]["question"] if reply.metadata else 0
    await slack.click(reply, "feedback", user="UCRITIC", value=f"bad:{number}")


async def ask_discord(discord: Discord) -> None:
    """Ask on Discord, and press the thumb that is down."""
    message = discord.say(discord.channel, f"<@{discord.bot_id}> {QUESTION}")

    def finished() -> list[Posted]:
        return [each for each in discord.replies(message) if "Why" in str(each.components)]

    await discord.until(lambda: message in discord.world.places and bool(finished()))
    (reply,) = finished()
    pressed = discord.click(reply, find_button(reply), user_id=3)
    await discord.until(lambda: pressed.response is not None)


def find_button(reply: Posted) -> str:
    """Return the id of the thumb that is down."""
    buttons = [each for row in reply.components for each in row["components"]]
    (found,) = [each["custom_id"] for each in buttons if "bad" in str(each.get("custom_id"))]
    return str(found)


async def follow(browser: BrowserPage, face: str) -> None:
    """Click from the thumb down to the source of the passage at fault, and have it read again."""
    page = browser.page
    await browser.goto(f"/questions?platform={face}")
    await page.click("text=Thumbed down")
    await page.locator("tbody tr", has_text=face).locator("a").first.click()
    assert QUESTION in await page.inner_text("main")
    await page.locator("table a", has_text="Remove it").first.click()
    assert "can be deleted by hand" in await page.inner_text("pre >> nth=0")
    await page.click("a[href='/source/docs']")


async def ask_again(browser: BrowserPage, face: str) -> Any:
    """Have a question asked again. -> what stands next to the old answer."""
    page = browser.page
    await browser.goto(f"/questions?platform={face}&thumb=down")
    await page.locator("tbody a").first.click()
    await page.click("text=Ask again now")
    return await page.inner_text("section[aria-labelledby=now]"), await page.inner_text("section[aria-labelledby=then]")


@needs_browser
@pytest.mark.slow
async def test_a_thumb_down_leads_to_the_passage_and_to_a_page_that_answers(dsn: str, tmp_path: Path) -> None:
    site = write_site(tmp_path / "site")
    await add_source(dsn, site, Source(0, "docs", BASE))
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_discord(limits=UNLIMITED) as discord,
        up(dsn, tmp_path, slack_settings(slack), discord_settings(discord)),
        serve_app(dsn, tmp_path / "console") as served,
    ):
        await discord.ready()
        await ask_slack(slack)
        await ask_discord(discord)
        await wait_for(served, "select count(*) = 2 from feedback where thumb = 'down'")
        async with open_browser(served, MACHINE) as browser:
            await follow(browser, "slack")
            await follow(browser, "discord")
            page = site / "install.html"
            page.write_text(page.read_text("utf-8").replace("</main>", f"{MENDED}</main>"), "utf-8")
            await browser.page.click("text=Crawl now")
            await wait_for(served, "select exists (select from passage where body like '%frobnicator purge%')")
            for face in ("slack", "discord"):
                now, then = await ask_again(browser, face)
                assert "frobnicator purge" in now
                assert "frobnicator purge" not in then


async def wait_for(served: ServedConsole, condition: str) -> None:
    """Wait until a condition holds in the database."""
    async with asyncio.timeout(120):
        while not await served.console.footnote.database.readers.fetchval(condition):  # noqa: ASYNC110 - a row is no event
            await asyncio.sleep(0.1)
