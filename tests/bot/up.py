"""`footnote up` as a user starts it, with loopback platforms and models: started, killed, asked to stop.

async with up(filled, tmp_path, slack_settings(slack)) as bot:
    ts = await slack.say("C1", f"<@{slack.bot_user}> How do I install it?")
    await slack.until(lambda: slack.replies("C1", ts))
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bot.install import PROGRAM, Install
from tests.servers.discord.server import Discord
from tests.servers.scripted import ScriptedServer
from tests.servers.slack import Slack

ADMIN = "UADMIN"
KEYLESS: Mapping[str, str] = {}


def slack_settings(slack: Slack) -> dict[str, str]:
    """Return the settings of an operator for Socket Mode."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api_url,
        "ADMINS": ADMIN,
    }


def discord_settings(discord: Discord) -> dict[str, str]:
    """Return the settings of an operator for Discord."""
    return {
        "DISCORD_BOT_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "ADMINS": f"{ADMIN},discord:{discord.admin}",
    }


def model_settings(server: ScriptedServer) -> dict[str, str]:
    """Return settings for a chat model on loopback; passages are embedded on this machine, as they were indexed."""
    return {"OPENAI_BASE_URL": server.base_url, "CHAT_MODEL": "served-model", "EMBEDDING_MODEL": "local"}


@dataclass(slots=True)
class Up:
    """One process; its log is a file, so that the process never waits for a reader."""

    install: Install
    log: Path
    arguments: tuple[str, ...] = ()
    process: asyncio.subprocess.Process | None = None
    starts: int = field(default=0)

    @property
    def logged(self) -> str:
        """All that it logged so far, over all starts."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    async def start(self, ready: str = "answering as", seconds: float = 120) -> None:
        """Start it, and wait until it reports that it is ready."""
        before = self.logged.count(ready)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                PROGRAM,
                "up",
                *self.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.install.folder,
                env=self.install.environment,
            )
        self.starts += 1
        async with asyncio.timeout(seconds):
            while self.logged.count(ready) == before:
                assert self.process.returncode is None, self.logged
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill it as a crash does, without a goodbye."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Stop it as a supervisor does. -> its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), 120)


@asynccontextmanager
async def up(dsn: str, folder: Path, *settings: Mapping[str, str], name: str = "up") -> AsyncIterator[Up]:
    """Run a process that is ready; killed at the end if it still runs.

    No schedule fires, and no crawl begins unless it is asked for.
    """
    merged: dict[str, str] = {"DATABASE_URL": dsn, "RECRAWL_CRON": "off", "EMBED_THREADS": "1", "HEALTH_ADDRESS": "off"}
    merged["CONSOLE_ADDRESS"] = "off"
    for each in settings:
        merged |= each
    bot = Up(Install(folder, merged), folder / f"{name}.log")
    try:
        await bot.start()
        yield bot
    finally:
        if bot.process is not None and bot.process.returncode is None:
            await bot.kill()
