"""What the processes that footnote starts get of its environment: how to run, and no key, token or password."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from core.config.settings import child_environment
from core.tasks import run_in_background
from tests.bot.install import PATIENCE, Install, write_site
from tests.bot.up import ADMIN, slack_settings, up
from tests.core.embedded.helpers import sweep
from tests.servers.slack import serve_slack

CANARIES = {
    "COHERE_API_KEY": "canary-cohere",
    "CRAWL_HEADERS": '{"docs": {"Cookie": "session=canary"}}',
    "AWS_SECRET_ACCESS_KEY": "canary-of-somebody-else",
    "OPENAI_API_KEY": "sk-canary",
    "PGPASSWORD": "canary-password",
    "PYTHONPATH_TOKEN": "canary",
    "CHAT_MODEL": "extractive",
    "EMBEDDING_MODEL": "local",
}
SECRETS = ("canary", "xoxb-", "xapp-", "DATABASE_URL", "TOKEN", "API_KEY", "API_URL", "SECRET", "PASSWORD")


class Watch:
    """Every process below one, by its command; between fork and exec a process still looks like its parent."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._own = self._process.cmdline()
        self.seen: dict[str, str] = {}

    async def look(self) -> None:
        while True:
            with suppress(psutil.NoSuchProcess):
                for child in self._process.children(recursive=True):
                    self._note(child)
            await asyncio.sleep(0.002)

    def _note(self, child: psutil.Process) -> None:
        with suppress(psutil.Error):
            command = child.cmdline()
            environment = child.environ()
            if command and command != self._own and child.cmdline() == command:
                self.seen[" ".join(command)] = " ".join(f"{name}={value}" for name, value in environment.items())

    async def until(self, *words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not all(map(self.of, words)):  # noqa: ASYNC110 - other processes set no event
                await asyncio.sleep(0.05)

    def of(self, word: str) -> list[str]:
        return [environment for command, environment in self.seen.items() if word in command]

    def assert_clean(self, *words: str) -> None:
        for word in words:
            assert self.of(word), f"no {word} among {list(self.seen)}"
        for command, environment in self.seen.items():
            for secret in SECRETS:
                assert secret not in environment, command


@asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Watch]:
    watch = Watch(pid)
    async with run_in_background(watch.look()):
        yield watch


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    yield write_site(tmp_path / "site")
    sweep(tmp_path / "home")


async def test_what_a_crawl_starts_sees_no_secret(tmp_path: Path, site: Path) -> None:
    install = Install(tmp_path, CANARIES)
    process = await install.start("sources", "add", str(site), "--name", "docs", "--url", "https://docs.example/")
    async with watched(process.pid) as adding:
        _, output = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, output
    process = await install.start("crawl")
    async with watched(process.pid) as crawling:
        _, output = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, output
    adding.seen |= crawling.seen
    adding.assert_clean("initdb", "postgres", "ingest.parsing", "embed_child")


async def test_what_a_bot_starts_sees_no_secret(tmp_path: Path, site: Path) -> None:
    added = await Install(tmp_path).run("sources", "add", str(site), "--name", "docs", "--url", "https://docs.example/")
    assert added.code == 0, added.err
    async with serve_slack() as slack, up("", tmp_path, CANARIES, slack_settings(slack)) as bot:
        assert bot.process is not None
        async with watched(bot.process.pid) as watch:
            await slack.slash("/docs", "reindex docs", user=ADMIN, channel="C1")
            await watch.until("ingest.parsing", "embed_child")
        watch.assert_clean("ingest.parsing", "embed_child")


def test_a_child_gets_what_it_needs_to_run_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME", "OPENAI_API_KEY", "PATH_TOKEN", "PYTHONPATH", "LC_all"):
        monkeypatch.setenv(name, "canary")
    names = set(child_environment())
    assert {"PATH", "LANG", "LC_ALL", "TMPDIR"} <= names
    assert names.isdisjoint({"HOME", "OPENAI_API_KEY", "PATH_TOKEN", "PYTHONPATH", "LC_all"})
    assert "HOME" in child_environment("HOME")
