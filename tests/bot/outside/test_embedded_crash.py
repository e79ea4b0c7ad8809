"""The embedded Postgres of a running bot dies: it is started again, and questions asked meanwhile are answered."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.bot.install import Install, write_site
from tests.bot.up import slack_settings, up
from tests.core.embedded.helpers import pid_of, sweep
from tests.servers.slack import serve_slack


async def test_a_bot_starts_its_postgres_again_and_answers(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site")
    install = Install(tmp_path)
    added = await install.run("sources", "add", str(site), "--name", "docs", "--url", "https://docs.example/")
    assert added.code == 0, added.err
    crawled = await install.run("crawl")
    assert crawled.code == 0, crawled.err
    home = tmp_path / "home"
    async with serve_slack() as slack, up("", tmp_path, slack_settings(slack)):
        slack.sockets.delays = (1.0,) * 60
        os.kill(pid_of(home), signal.SIGKILL)
        ts = await slack.say("C1", f"<@{slack.bot_user}> How do I install it?")
        await slack.until(lambda: [each for each in slack.replies("C1", ts) if each.metadata is not None])
        assert "pip install" in slack.replies("C1", ts)[0].visible
    sweep(home)
