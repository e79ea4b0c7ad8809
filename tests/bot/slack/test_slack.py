"""Slack from end to end: the real `footnote up`, bolt and SDK, against a Slack on loopback."""

from __future__ import annotations

from pathlib import Path

from tests.bot.up import slack_settings, up
from tests.servers.slack import serve_slack


async def test_a_mention_gets_one_cited_answer_in_its_thread(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack, up(filled, tmp_path, slack_settings(slack)) as bot:
        ts = await slack.say("C1", f"<@{slack.bot_user}> How do I fine-tune a mistral model with DPO?")
        await slack.until(lambda: any(not each.streaming for each in slack.replies("C1", ts)))
        (reply,) = slack.replies("C1", ts)
        assert "trainer.train()" in reply.visible
        assert "https://docs.example/guide/training.html#dpo" in str(reply.blocks)
        assert await bot.stop() == 0
