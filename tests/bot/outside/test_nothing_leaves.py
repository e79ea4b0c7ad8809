"""Nothing leaves: no dial and no lookup except those that the user named, and no file outside of footnote's folders.

Each command runs as a user starts it, under strace, so that native code and all children are seen (ruling 57).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.work.port import RequestState
from tests.bot.fleet import fleet, manual
from tests.bot.install import PATIENCE, write_site
from tests.bot.traced import Traced, needs_strace, poisoned
from tests.bot.up import discord_settings, slack_settings
from tests.browser import BROWSER
from tests.core.embedded.helpers import sweep
from tests.servers.cohere_server import serve_cohere
from tests.servers.discord.server import serve_discord
from tests.servers.openai_server import serve_openai
from tests.servers.site import DocSite, serve_site
from tests.servers.slack import serve_slack

pytestmark = [needs_strace(), pytest.mark.slow]
QUESTION = "How do I fine-tune a mistral model with DPO?"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a HOME that is not below pytest's folder."""
    with tempfile.TemporaryDirectory(prefix="footnote-test-", ignore_cleanup_errors=True) as made:
        yield Path(made)
        sweep(Path(made) / "home")


SHELL = '<html><body><div id="app"></div><script src="/app.js"></script></body></html>'
APP = """document.getElementById("app").innerHTML = "<main><h1>Limits</h1><p>%s</p></main>";"""
TEXT = "The scheduler keeps at most forty jobs in memory and writes the others to the disk of its machine. " * 3

ROUTE_PROBE = ("2001:4860:4860::8888", 443)
"""Chromium asks its kernel whether there is a route there: it connects a UDP socket, and sends nothing."""


def end_of(url: str) -> tuple[str, int]:
    """Return host and port of a url: `"http://127.0.0.1:80/v1"` -> `("127.0.0.1", 80)`."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


async def test_a_keyless_crawl_and_its_questions_dial_the_crawled_site_alone(folder: Path) -> None:
    traced = Traced(poisoned(folder))
    async with serve_site(DocSite(manual(3, 1))) as site:
        added = await traced.run("sources", "add", site.url("/docs/"), "--name", "docs", "--allow-private")
        assert added.code == 0, added.err
        crawled = await traced.run("crawl", "docs")
        assert crawled.code == 0, crawled.err
        assert traced.traces[-1].dialled == {end_of(site.base_url)}
        for arguments in (("ask", "What is kept?"), ("search", "What is kept?"), ("doctor",)):
            ended = await traced.run(*arguments)
            assert ended.code == 0, ended.err
            assert traced.traces[-1].dialled == set()
            assert traced.traces[-1].written
    assert sum(trace.rings + trace.datagrams for trace in traced.traces) == 0
    assert traced.strays(end_of(site.base_url)) == []


async def test_a_demo_dials_the_site_that_it_serves_alone(folder: Path) -> None:
    traced = Traced(poisoned(folder))
    site = await asyncio.to_thread(write_site, folder / "site")
    ended = await traced.run("demo", "--site", str(site))
    assert ended.code == 0, ended.err
    served_at = next(word for word in ended.out.split() if word.startswith("http://127.0.0.1:"))
    assert traced.traces[-1].dialled == {end_of(served_at)}
    assert traced.strays(end_of(served_at)) == []


async def test_models_of_servers_are_asked_at_those_servers_alone(folder: Path) -> None:
    async with serve_openai() as models, serve_cohere() as ranks, serve_site(DocSite(manual(2, 1))) as site:
        models_and_ranks = {
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": models.base_url,
            "EMBEDDING_MODEL": "served-embedder",
            "CHAT_MODEL": "served-model",
            "COHERE_API_KEY": "co-test",
            "COHERE_BASE_URL": ranks.base_url,
        }
        traced = Traced(poisoned(folder, **models_and_ranks))
        await traced.run("sources", "add", site.url("/docs/"), "--name", "docs", "--allow-private")
        assert (await traced.run("crawl", "docs")).code == 0
        asked = await traced.run("ask", "What is worth keeping?")
        assert asked.code == 0, asked.err
        servers = {end_of(models.base_url), end_of(ranks.base_url)}
        assert traced.traces[-1].dialled == servers
    assert traced.strays(end_of(site.base_url), *servers) == []


async def test_up_dials_the_chat_platforms_that_are_set_alone(filled: str, folder: Path) -> None:
    async with serve_slack() as slack, serve_discord() as discord:
        settings = {"DATABASE_URL": filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"}
        channel = discord.add_channel("docs")
        traced = Traced(poisoned(folder, **(settings | slack_settings(slack) | discord_settings(discord))))
        process = await traced.start("up")
        try:
            await discord.ready(PATIENCE)
            ts = await slack.say("C1", f"<@{slack.bot_user}> {QUESTION}")
            asked = discord.say(channel, f"<@{discord.bot_id}> {QUESTION}")
            await slack.until(lambda: any(not each.streaming for each in slack.replies("C1", ts)))
            await discord.until(lambda: discord.replies(asked))
        finally:
            assert await traced.stop(process) == 0
        gateway = end_of(discord.world.gateway_url)
    assert traced.strays(end_of(slack.api_url), end_of(discord.api_url), gateway) == []


async def test_a_worker_dials_the_sites_that_it_crawls_alone(dsn: str, folder: Path) -> None:
    async with serve_site(DocSite(manual(3, 1))) as site, fleet(dsn, folder / "home") as view:
        traced = Traced(poisoned(folder, DATABASE_URL=dsn, RECRAWL_CRON="off"))
        process = await traced.start("worker")
        try:
            done = await view.ended(await view.ask(await view.add(site)))
            assert done.state is RequestState.DONE
        finally:
            assert await traced.stop(process) == 0
        assert len(await view.texts()) > 0
    assert traced.strays(end_of(site.base_url)) == []


@pytest.mark.skipif(not (BROWSER and find_spec("playwright")), reason="needs the extra `render` and a Chromium")
async def test_a_crawl_with_a_browser_dials_the_crawled_site_alone(folder: Path) -> None:
    traced = Traced(poisoned(folder, RENDER_BROWSER=BROWSER))
    site = DocSite({"/docs/": SHELL}, files={"/app.js": (APP % TEXT).encode()})
    site.headers = {"/app.js": {"Content-Type": "text/javascript"}}
    async with serve_site(site):
        added = await traced.run("sources", "add", site.url("/docs/"), "--name", "app", "--allow-private", "--render")
        assert added.code == 0, added.err
        crawled = await traced.run("crawl", "app", "--json")
        assert crawled.json["pages"] == 1, crawled.err
        assert site.asked["/app.js"] == 1
    assert traced.strays(end_of(site.base_url), ROUTE_PROBE) == []
    assert traced.traces[-1].datagrams == 0
