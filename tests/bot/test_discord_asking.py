"""Asking in Discord from end to end: the real `footnote up` and discord.py, against a Discord on loopback."""

from __future__ import annotations

from pathlib import Path

from tests.bot.up import discord_settings, up
from tests.servers.discord.server import serve_discord

QUESTION = "How do I fine-tune a mistral model with DPO?"
SOURCE = "https://docs.example/guide/training.html#dpo"


async def test_a_mention_gets_one_cited_answer_in_a_thread_named_after_it(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord, up(filled, tmp_path, discord_settings(discord)) as bot:
        asked = discord.say(discord.channel, f"<@{discord.bot_id}> {QUESTION}")
        await discord.until(lambda: discord.threads(discord.channel))
        (thread,) = discord.threads(discord.channel)
        await discord.until(lambda: [each for each in discord.replies(thread.id) if each.embeds])
        (reply,) = discord.replies(thread.id)
        assert (thread.id, thread.name) == (asked, QUESTION)
        assert "trainer.train()" in reply.content
        assert SOURCE in reply.embeds[0]["description"]
        assert not reply.unfurls
        assert not reply.pings
        assert discord.replies(discord.channel) == []
        assert await bot.stop() == 0


async def test_a_command_is_answered_where_it_was_given(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord, up(filled, tmp_path, discord_settings(discord)):
        asked = discord.slash("ask", {"question": QUESTION})
        await discord.until(lambda: [each for each in asked.shown if each.embeds])
        (reply,) = discord.replies(discord.channel)
        assert reply is asked.original
        assert not asked.ephemeral
        assert SOURCE in reply.embeds[0]["description"]
        assert asked.refusals == []
