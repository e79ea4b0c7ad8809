"""The console of whole processes: served by `up` and by `console`, and entered by links from chat and the terminal."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.console.context import ConsoleContext
from bot.console.serving import serve_console
from bot.status import StatusBoard
from core.config.settings import Settings, load
from core.errors import ConfigurationError
from tests.bot.console.served import ConsoleClient
from tests.bot.discord_talks import shown
from tests.bot.install import Install
from tests.bot.up import ADMIN, discord_settings, slack_settings, up
from tests.servers.discord.server import serve_discord
from tests.servers.ports import own_port
from tests.servers.raw import NO_HTTP, send_raw
from tests.servers.slack import serve_slack

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/sign-in/[\w-]{43})")


@asynccontextmanager
async def browser_at(base: str) -> AsyncIterator[ConsoleClient]:
    """Open a client without a session."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(base, cookie_jar=jar) as http:
        yield ConsoleClient(http)


async def enter(base: str, logged: str) -> str:
    """Follow the link in a text, press its button, and return the words of the page behind it."""
    link = LINK.search(logged)
    assert link, logged
    async with browser_at(base) as client:
        assert (await client.post(link[1], page=link[1])).status == 303
        return (await client.get("/")).text


async def test_an_administrator_gets_a_link_for_themselves_on_both_platforms(filled: str, tmp_path: Path) -> None:
    with own_port() as port:
        base = f"http://127.0.0.1:{port}"
        console = {"CONSOLE_ADDRESS": f"127.0.0.1:{port}", "CONSOLE_URL": base}
        async with (
            serve_discord() as discord,
            serve_slack() as slack,
            up(filled, tmp_path, slack_settings(slack), discord_settings(discord), console) as bot,
        ):
            assert b" 400 " in await send_raw(console["CONSOLE_ADDRESS"], NO_HTTP)
            assert bot.logged.count("What is no HTTP came to CONSOLE_ADDRESS") == 1
            assert "Traceback" not in bot.logged
            call = await slack.slash("/docs", "console", user=ADMIN, channel="C1")
            refused = await slack.slash("/docs", "console", user="U2", channel="C1")
            await slack.until(lambda: call.responses and refused.responses)
            (reply,) = call.responses
            assert reply.ephemeral == ADMIN
            assert "Signed in as slack:UADMIN" in await enter(base, reply.visible)
            assert "Only administrators" in refused.responses[0].visible
            assert not LINK.search(refused.responses[0].visible)
            assert not list(slack.messages("C1"))
            await discord.ready()
            asked = discord.slash("docs console", user_id=discord.admin, channel_id=discord.channel)
            await discord.until(lambda: asked.shown)
            assert asked.ephemeral
            assert f"Signed in as discord:{discord.admin}" in await enter(base, shown(asked))


async def test_without_an_address_the_command_says_how_to_set_it(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack, up(filled, tmp_path, slack_settings(slack)):
        call = await slack.slash("/docs", "console", user=ADMIN, channel="C1")
        await slack.until(lambda: call.responses)
        assert "CONSOLE_URL" in call.responses[0].visible


async def served(process: asyncio.subprocess.Process) -> str:
    """Wait until `footnote console` reports that it serves. -> what it logged."""
    assert process.stderr is not None
    async with asyncio.timeout(120):
        return (await process.stderr.readline()).decode()


async def test_the_command_line_serves_the_console_and_prints_a_link_alone(filled: str, tmp_path: Path) -> None:
    with own_port() as port:
        settings = {"DATABASE_URL": filled, "CONSOLE_ADDRESS": f"127.0.0.1:{port}", "LOG_FORMAT": "text"}
        install, base = Install(tmp_path, settings), f"http://127.0.0.1:{port}"
        early = await install.run("console", "--link")
        assert LINK.fullmatch(early.out.strip())
        assert "Nothing listens" in early.err
        process = await install.start("console")
        try:
            assert f"The console is at {base}" in await served(process)
            ended = await install.run("console", "--link")
            assert (ended.code, ended.err) == (0, "")
            assert LINK.fullmatch(ended.out.strip())
            assert ended.out.count("\n") == 1
            assert "Signed in as machine" in await enter(base, ended.out)
            second = await install.run("console")
            assert second.code == 78
            assert "cannot be listened at" in second.err
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 60) == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


OPEN = {"CONSOLE_ADDRESS": "0.0.0.0:8322"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (OPEN | {"CONSOLE_TRUSTED_HEADER": "X-User", "ADMINS": "U1"}, "The console is off"),
        pytest.param(OPEN, "The console is off", marks=pytest.mark.long),
        pytest.param(OPEN | {"ADMINS": "U1"}, "The console is off", marks=pytest.mark.long),
        pytest.param({"CONSOLE_ADDRESS": "off"}, "The console is off", marks=pytest.mark.long),
        ({"CONSOLE_ADDRESS": "nowhere"}, "CONSOLE_ADDRESS must be host:port"),
    ],
)
async def test_settings_that_are_not_safe_are_refused_with_a_sentence(
    filled: str, tmp_path: Path, settings: dict[str, str], says: str
) -> None:
    ended = await Install(tmp_path, {"DATABASE_URL": filled, **settings}).run("console")
    assert (ended.code, says in " ".join(ended.err.split())) == (78, True), ended.err


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CONSOLE_URL", "http://console.example", "must begin with https://"),
        ("CONSOLE_URL", "https://console.example/path", "must be an address without a path"),
        ("CONSOLE_URL", "https://a@console.example", "must be an address without a path"),
        ("CONSOLE_URL", "https://console.example|x", "must be an address without a path"),
        ("CONSOLE_TRUSTED_HEADER", "X User", "must be the name of a header"),
        ("CONSOLE_TRUSTED_PROXY", "proxy.example", "must list addresses"),
    ],
)
@pytest.mark.usefixtures("nothing_set")
def test_values_that_are_not_safe_are_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} {says}"):
        load()


async def test_an_address_that_is_taken_or_open_to_others_stops_nothing_else(filled: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for wanted, says in ((address, f"{address} cannot be listened at"), ("0.0.0.0:8322", "The console is off")):
            settings = {"CONSOLE_ADDRESS": wanted}
            async with serve_slack() as slack, up(filled, tmp_path, slack_settings(slack), settings) as bot:
                assert says in bot.logged
                assert bot.process is not None
                assert bot.process.returncode is None


def test_a_console_that_nobody_opens_loads_no_template_engine() -> None:
    code = "import sys, bot.cli.up; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_console_that_nobody_opens_asks_the_database_nothing(tmp_path: Path) -> None:
    """It is served with ports that are not there: whatever is asked of one fails."""
    with own_port() as port:
        settings = Settings(CONSOLE_ADDRESS=f"127.0.0.1:{port}", FOOTNOTE_HOME=tmp_path, _env_file=None)
        footnote: Any = SimpleNamespace(settings=settings, history=None, access=None)
        nothing: Any = None
        async with serve_console(ConsoleContext(footnote, nothing, nothing, StatusBoard())) as base:
            assert base == f"http://127.0.0.1:{port}"
            async with browser_at(base) as client:
                assert (await client.get("/")).status == 401
