"""A command is ended by SIGTERM, or by closing its terminal: it ends, and leaves nothing running."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import psutil
import pytest

from core.embedded.location import locate
from core.embedded.postgres import EmbeddedPostgres
from tests.bot.ending import BACKGROUND, BOUND, NOHUP, PLAIN, Command, Hanging, Start, hanging, nothing_left, started
from tests.bot.install import PATIENCE, Install, Stall, stalling_site, write_site
from tests.core.embedded.helpers import freeze, pid_of, sweep, thaw, wait_until

Settings: TypeAlias = dict[str, str]
TERM = signal.SIGTERM


@pytest.fixture(autouse=True)
def _signals_as_in_a_terminal() -> Iterator[None]:
    """Let started processes hear SIGHUP and SIGINT, even where these tests run below nohup or behind `&`."""
    numbers = (signal.SIGHUP, signal.SIGINT)
    before = [signal.signal(numbers[0], signal.SIG_DFL), signal.signal(numbers[1], signal.default_int_handler)]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@dataclass(slots=True)
class World:
    """What a command meets: a page and a server that hang, and a database with one source."""

    folder: Path
    filled: str
    stall: Stall
    server: Hanging

    @property
    def models(self) -> Settings:
        """A model that never answers."""
        return {
            "DATABASE_URL": self.filled,
            "OPENAI_BASE_URL": f"http://{self.server.address}/v1",
            "CHAT_MODEL": "some-model",
            "EMBEDDING_MODEL": "local",
        }

    @property
    def serving(self) -> Settings:
        return {"DATABASE_URL": self.filled, "RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"}

    @property
    def slack(self) -> Settings:
        """A Slack that never answers."""
        tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
        return {**self.serving, **tokens, "SLACK_API_URL": f"http://{self.server.address}/api/"}

    @property
    def discord(self) -> Settings:
        """A Discord that never answers."""
        there = f"http://{self.server.address}/api/v10"
        return {**self.serving, "DISCORD_BOT_TOKEN": "a.b.c", "DISCORD_API_URL": there}


@pytest.fixture
async def world(filled: str, tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "questions.jsonl").write_text(json.dumps({"id": "1", "question": QUESTION, "gold": []}), "utf-8")
    write_site(tmp_path / "site")
    async with hanging() as server, stalling_site("training.html") as stall:
        yield World(tmp_path, filled, stall, server)
    for home in (tmp_path / "home", tmp_path / "home" / "demo"):
        if home.is_dir():
            sweep(home)


QUESTION = "Which version of the package do I need to install?"


async def _reached(world: World, _command: Command) -> None:
    await asyncio.wait_for(world.server.reached.wait(), PATIENCE)


async def _stalled(world: World, _command: Command) -> None:
    await asyncio.wait_for(world.stall.reached.wait(), PATIENCE)


async def _makes_postgres(world: World, command: Command) -> None:
    home = world.folder / "home"
    await command.until(lambda: home.is_dir() and [*locate(home).folder.glob("data*")])


def _printed(text: str) -> Callable[[World, Command], Awaitable[None]]:
    async def says(_world: World, command: Command) -> None:
        await command.says(text)

    return says


@dataclass(frozen=True, slots=True)
class Case:
    """A command, and the moment at which it is asked to end."""

    arguments: tuple[str, ...]
    moment: Callable[[World, Command], Awaitable[None]]
    settings: Callable[[World], Settings] = field(default=lambda _: {})
    code: int = 128 + TERM


CASES = {
    "ask": Case(("ask", QUESTION), _reached, lambda world: world.models),
    "ask while Postgres is made": Case(("ask", QUESTION), _makes_postgres),
    "search while Postgres hangs": Case(
        ("search", QUESTION), _reached, lambda world: {"DATABASE_URL": f"postgresql://a:b@{world.server.address}/c"}
    ),
    "crawl of a site that hangs": Case(("crawl", "frob"), _stalled),
    "preview": Case(("sources", "preview", "STALL", "--allow-private"), _stalled),
    "demo": Case(("demo", "--site", "site"), _printed("Crawling")),
    "demo --serve": Case(("demo", "--site", "site", "--serve"), _printed("until Ctrl-C"), code=0),
    "eval": Case(("eval", "questions.jsonl"), _reached, lambda world: world.models),
    "doctor": Case(("doctor",), _reached, lambda world: world.slack),
    "re-embed": Case(
        ("crawl", "--reembed"), _reached, lambda world: {**world.models, "EMBEDDING_MODEL": "another-model"}
    ),
    "up": Case(("up",), _printed("is up"), lambda world: world.serving, code=0),
    "up while Postgres is made": Case(("up",), _makes_postgres, code=0),
    "up at the login to Slack": Case(("up",), _reached, lambda world: world.slack, code=0),
    "up at the login to Discord": Case(("up",), _reached, lambda world: world.discord, code=0),
    "worker": Case(("worker",), _printed("is ready"), lambda world: world.serving, code=0),
}

SAMPLE = ("ask", "crawl of a site that hangs", "up", "up while Postgres is made", "worker")
"""A signal is heard in one place, whatever the command: these are for every run, all of them for `make endure`."""


def _cases(start: Start, how: str, sample: tuple[str, ...], names: Iterable[str] = CASES) -> list[Any]:
    long = [pytest.mark.long]
    return [pytest.param(name, start, id=f"{name}, {how}", marks=[] if name in sample else long) for name in names]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        *_cases(PLAIN, "plain", (*SAMPLE, "ask while Postgres is made", "search while Postgres hangs", "demo --serve")),
        *_cases(BACKGROUND, "in the background", ("up", "worker")),
        *_cases(NOHUP, "below nohup", ("up",), ("ask", "preview", "up")),
    ],
)
async def test_a_command_that_is_asked_to_end_ends_however_it_was_started(
    world: World, name: str, start: Start
) -> None:
    case = CASES[name]
    install = Install(world.folder, case.settings(world))
    if "frob" in case.arguments:
        await install.run("sources", "add", world.stall.root, "--name", "frob", "--allow-private")
    arguments = [world.stall.root if each == "STALL" else each for each in case.arguments]
    async with started(start, install, *arguments) as command:
        await case.moment(world, command)
        assert await command.ends(TERM) == case.code, command.printed
        assert "Traceback" not in command.printed
        await nothing_left(install)


@pytest.mark.parametrize("start", [PLAIN, BACKGROUND], ids=["plain", "background"])
async def test_a_chat_that_waits_for_a_question_ends(world: World, start: Start) -> None:
    install = Install(world.folder, {"DATABASE_URL": world.filled})
    ours, theirs = os.openpty()
    async with started(start, install, "ask", stdin=theirs) as command:
        await command.says("> ")
        assert await command.ends(TERM) == 143, command.printed
        assert command.printed.endswith("footnote: interrupted\n")
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGHUP, 129, marks=pytest.mark.long), (signal.SIGINT, 130)]
)
async def test_a_crawl_that_is_ended_takes_its_postgres_with_it(
    world: World, number: signal.Signals, code: int
) -> None:
    install = Install(world.folder)
    await install.run("sources", "add", world.stall.root, "--name", "frob", "--allow-private")
    async with started(PLAIN, install, "crawl", "frob") as crawl:
        await asyncio.wait_for(world.stall.reached.wait(), PATIENCE)
        assert await crawl.ends(number) == code
        assert crawl.printed.endswith("footnote: interrupted\n")
        await nothing_left(install)


async def test_a_chat_whose_terminal_is_closed_takes_its_postgres_with_it(tmp_path: Path) -> None:
    install = Install(tmp_path)
    ours, theirs = os.openpty()
    async with started(PLAIN, install, "ask", stdin=theirs) as chat:
        await chat.says("> ")
        os.close(ours)
        os.close(theirs)
        assert await chat.ends(signal.SIGHUP) == 129
        await nothing_left(install)
    sweep(tmp_path / "home")


async def test_up_without_a_terminal_is_not_ended_by_its_loss(world: World) -> None:
    """Only below nohup does it live on."""
    install = Install(world.folder, world.serving)
    for start, ends in ((PLAIN, True), (NOHUP, False)):
        async with started(start, install, "up") as up:
            await up.says("is up")
            assert await up.ends(signal.SIGHUP, *(() if ends else (TERM,))) == 0


async def test_ctrl_c_in_a_terminal_does_not_end_what_runs_in_its_background(world: World) -> None:
    async with started(BACKGROUND, Install(world.folder, world.serving), "up") as up:
        await up.says("is up")
        os.kill(up.pid, signal.SIGINT)
        await asyncio.sleep(0.5)
        assert psutil.pid_exists(up.pid)
        assert await up.ends(TERM) == 0


@pytest.mark.parametrize("start", [PLAIN, BACKGROUND], ids=["plain", "background"])
@pytest.mark.parametrize("command", [("up",), ("ask", QUESTION)], ids=["up", "ask"])
async def test_a_command_ends_while_it_is_imported(world: World, command: tuple[str, ...], start: Start) -> None:
    """It hears signals from then on; before that the system ends it as it ends every program."""
    install = Install(world.folder, world.models | world.serving)
    async with started(start, install, *command) as early:
        await early.until(lambda: _hears(early.pid, TERM))
        assert await early.ends(TERM) == (0 if command == ("up",) else 143), early.printed
        assert "Traceback" not in early.printed
        await nothing_left(install)


def _hears(pid: int, number: signal.Signals) -> bool:
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & 1 << (number - 1))


async def test_a_command_that_inherits_blocked_signals_ends(world: World) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {TERM, signal.SIGINT, signal.SIGHUP})
    try:
        async with started(PLAIN, Install(world.folder, world.serving), "worker") as worker:
            await worker.says("is ready")
            assert await worker.ends(TERM) == 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize(
    "name",
    [
        "up while Postgres is made",
        *[pytest.param(each, marks=pytest.mark.long) for each in ("demo", "up at the login to Slack")],
    ],
)
async def test_a_command_that_is_asked_twice_leaves_nothing_either(world: World, name: str) -> None:
    case = CASES[name]
    install = Install(world.folder, case.settings(world))
    async with started(PLAIN, install, *case.arguments) as command:
        await case.moment(world, command)
        assert await command.ends(TERM, TERM) == case.code, command.printed
        await nothing_left(install)


@pytest.mark.parametrize(
    "start", [pytest.param(PLAIN, id="plain", marks=pytest.mark.long), pytest.param(BACKGROUND, id="background")]
)
async def test_up_whose_postgres_is_frozen_ends_and_takes_it_along(tmp_path: Path, start: Start) -> None:
    install = Install(tmp_path, {"RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"})
    async with started(start, install, "up") as up:
        await up.says("is up")
        frozen = freeze(pid_of(tmp_path / "home"))
        assert await up.ends(TERM) == 0, up.printed
        await nothing_left(install)
        thaw(frozen)
    sweep(tmp_path / "home")


async def test_a_postgres_that_another_command_uses_lives_on_where_one_is_ended_by_force(tmp_path: Path) -> None:
    """A command that cannot end in order (here: its Postgres is frozen) may end only what belongs to it alone."""
    install = Install(tmp_path, {"RECRAWL_CRON": "off", "HEALTH_ADDRESS": "off"})
    home = tmp_path / "home"
    with EmbeddedPostgres(home):
        async with started(PLAIN, install, "up") as up:
            await up.says("is up")
            frozen = freeze(pid_of(home))
            assert await up.ends(TERM) == 0, up.printed
            thaw(frozen)
        assert EmbeddedPostgres(home).status().pid is not None
    assert EmbeddedPostgres(home).status().pid is None
    sweep(home)


BLOCKED = """
import hashlib, subprocess, sys, threading
from bot.cli import ending
from bot.cli.ending import begin
from bot.cli.running import run_async

def block():
    print("blocked", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2_000_000_000)  # half an hour in C, without the interpreter's lock

async def work():
    import asyncio
    await asyncio.to_thread(block)

ending.FORCE = 60  # no supervisor waits here: a busy machine may take longer to find the children of a process
begin(serves=sys.argv[2] == "serves")
child = subprocess.Popen(["sleep", "3600"])
print(child.pid, flush=True)
{"main": block, "thread": lambda: run_async(work())}[sys.argv[1]]()
"""


@pytest.mark.parametrize(
    ("where", "serves", "code"),
    [
        ("main", "works", 143),
        ("thread", "serves", 0),
        pytest.param("main", "serves", 0, marks=pytest.mark.long),
        pytest.param("thread", "works", 143, marks=pytest.mark.long),
    ],
)
def test_a_call_of_c_that_blocks_is_ended_by_force_and_leaves_no_child(where: str, serves: str, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BLOCKED, where, serves], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = psutil.Process(int(process.stdout.readline()))
    assert process.stdout.readline() == "blocked\n"
    _wait_for_work(psutil.Process(process.pid))  # before the call begins, Python would hear the signal itself
    process.send_signal(TERM)
    process.communicate(timeout=BOUND)
    assert process.returncode == code
    psutil.wait_procs([child], timeout=BOUND)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def _wait_for_work(process: psutil.Process) -> None:
    """Wait until a process has used the processor for some time more."""
    before = sum(process.cpu_times()[:2])
    wait_until(lambda: sum(process.cpu_times()[:2]) > before + 0.1)
