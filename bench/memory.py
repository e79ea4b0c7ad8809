"""What `footnote up` takes with both chat platforms: everything on this machine, and everything remote.

    python -m bench.memory

on-this-machine   embedded Postgres, local embedder, extractive reader, a worker that crawls and embeds meanwhile
remote            Postgres, embedder and chat model elsewhere (Postgres is here, and not counted)

A crawl of 300 pages, and twenty questions on each platform; the most that was seen. Memory is PSS in MB over the
process, its children and, where it is embedded, Postgres with all of its processes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.bars import Bar, machine
from bench.load import fill, settings_of
from bench.load_people import model
from bench.running import pss
from bench.server import database_in, server
from core.tasks import run_in_background
from tests.bot.fleet import manual
from tests.bot.install import Install
from tests.bot.up import ADMIN, Up, discord_settings, slack_settings, up
from tests.core.embedded.helpers import pid_of, sweep
from tests.servers.discord.rates import UNLIMITED
from tests.servers.discord.server import Discord, serve_discord
from tests.servers.openai_server import serve_openai
from tests.servers.slack import Slack, Tiers, serve_slack

QUESTIONS = 20
QUIET = {"USER_OPEN_LIMIT": "0", "USER_MINUTE_LIMIT": "0", "EMBED_THREADS": "0"}


class Watch:
    """The most that some processes took together."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self.most = 0.0
        self.now = 0.0

    async def look(self) -> None:
        while True:
            self.now = await asyncio.to_thread(lambda: sum(pss(pid) for pid in self.pids))
            self.most = max(self.most, self.now)
            await asyncio.sleep(0.2)


def pages(folder: Path) -> Path:
    """Return a site of 300 pages as files."""
    (folder / "pages").mkdir(parents=True)
    for path, page in manual(300, 1).items():
        (folder / "pages" / f"{path.removeprefix('/docs/') or 'index'}.html").write_text(page, "utf-8")
    return folder / "pages"


async def asked(slack: Slack, discord: Discord) -> None:
    """Ask twenty questions on each platform, and wait for their answers."""
    threads = []
    for number in range(QUESTIONS):
        text = f"What does section {number % 3} of p{number} explain?"
        threads.append(await slack.say("C1", f"<@{slack.bot_user}> {text}", user=f"U{number}"))
        discord.say(discord.channel, f"<@{discord.bot_id}> {text}", user_id=9000 + number)
    done = lambda: all([m for m in slack.replies("C1", ts) if m.metadata is not None] for ts in threads)  # noqa: E731
    await slack.until(done, within=300)
    await discord.until(lambda: len(discord.threads(discord.channel)) == QUESTIONS, seconds=300)


async def crawled(slack: Slack) -> None:
    """Ask for a reindex, as an administrator does, and wait for its end."""
    call = await slack.slash("/docs", "reindex docs --force", user=ADMIN, channel="C1")
    await slack.until(lambda: any("passages," in each.text for each in call.responses), within=600)


@asynccontextmanager
async def running(dsn: str, folder: Path, more: Mapping[str, str]) -> AsyncIterator[tuple[Slack, Discord, Up]]:
    """Run a process on both platforms."""
    async with (
        serve_slack(tiers=Tiers.none()) as slack,
        serve_discord(limits=UNLIMITED) as discord,
        up(dsn, folder, slack_settings(slack), discord_settings(discord), QUIET, more) as bot,
    ):
        await discord.ready()
        yield slack, discord, bot


async def measured(name: str, most: float, watch: Watch, slack: Slack, discord: Discord, *, crawl: bool) -> list[Bar]:
    async with run_in_background(watch.look()):
        await asyncio.sleep(3)
        idle = watch.now
        await asked(slack, discord)
        answering = watch.most
        if crawl:
            await crawled(slack)
    bars = [Bar(f"{name}: idle", idle), Bar(f"{name}: most while answering", answering, most=most)]
    return [*bars, Bar(f"{name}: most while crawling, too", watch.most, most=most)] if crawl else bars


async def on_this_machine() -> list[Bar]:
    folder = Path(tempfile.mkdtemp())
    install = Install(folder)
    add = ("sources", "add", str(pages(folder)), "--name", "docs", "--url", "https://docs.example/", "--licence", "MIT")
    ended = await install.run(*add)
    assert ended.code == 0, ended.err
    async with running("", folder, {}) as (slack, discord, bot):
        assert bot.process is not None
        first = await slack.slash("/docs", "reindex docs", user=ADMIN, channel="C1")
        watch = Watch(bot.process.pid, pid_of(folder / "home"))
        async with run_in_background(watch.look()):
            await slack.until(lambda: any("passages," in each.text for each in first.responses), within=900)
        crawling = watch.most
        watch = Watch(bot.process.pid, pid_of(folder / "home"))
        bars = await measured("on this machine", 700.0, watch, slack, discord, crawl=False)
        assert await bot.stop() == 0
    sweep(folder / "home")
    return [*bars, Bar("on this machine: most while crawling 300 pages", crawling, most=700.0)]


async def remote(address: str) -> list[Bar]:
    folder = Path(tempfile.mkdtemp())
    async with serve_openai() as models:
        models.otherwise = model(0.5, models.otherwise)
        dsn = await database_in(address, "bench_memory")
        await fill(dsn, folder, settings_of(models))
        async with running(dsn, folder, settings_of(models)) as (slack, discord, bot):
            assert bot.process is not None
            bars = await measured("remote", 250.0, Watch(bot.process.pid), slack, discord, crawl=True)
            assert await bot.stop() == 0
    return bars


def main() -> int:
    """Measure and print. -> exit code: 0 where every bar was held."""
    began = time.monotonic()
    bars = asyncio.run(on_this_machine())
    with server("", None) as address:
        bars += asyncio.run(remote(address))
    print("", machine(f"{time.monotonic() - began:.0f} s"), *bars, sep="\n")
    return 0 if all(bar.held for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
