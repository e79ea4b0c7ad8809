"""Processes that share the embedded Postgres, and what is left of it when they, or it, are killed or frozen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psutil
import pytest

from core.embedded import settings as embedded_settings
from core.embedded.location import locate
from core.embedded.lock import FileLock
from core.embedded.postgres import EmbeddedPostgres
from core.errors import StoreUnavailable
from tests.core.embedded.helpers import ROOT, Child, Enter, alive, ask, data_of, nobody, pid_of, sweep, wait_until

as_root = pytest.mark.skipif(not ROOT, reason="only root can do this")


def test_a_stop_during_a_start_waits_for_it_and_leaves_nothing_behind(home: Path) -> None:
    embedded = EmbeddedPostgres(home)
    with ThreadPoolExecutor() as threads:
        started = threads.submit(embedded.start)
        wait_until(lambda: list(locate(home).folder.glob("data*")))
        embedded.stop()
        assert started.result(60)
    assert EmbeddedPostgres(home).status().pid is None


async def test_small_shared_memory_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_settings, "SHARED_MEMORY", home / "not-mounted")
    with EmbeddedPostgres(home) as embedded:
        assert await ask(embedded.start(), "show dynamic_shared_memory_type") == "mmap"


@as_root
def test_root_in_the_home_of_an_ordinary_user_shares_that_users_server(plain_home: Path, enter: Enter) -> None:
    enter(plain_home, account=nobody()).leave()
    first = enter(plain_home)
    second = enter(plain_home, account=nobody())
    assert first.server == second.server
    assert psutil.Process(first.server).uids().effective == plain_home.stat().st_uid
    first.leave()
    assert alive(second.server)
    second.leave()
    assert not alive(second.server)


def test_processes_share_one_server_and_the_last_one_out_ends_it(home: Path, enter: Enter) -> None:
    crawl, asking = enter(home), enter(home)
    assert crawl.server == asking.server
    crawl.leave()
    assert alive(asking.server)
    later = enter(home)
    assert later.server == asking.server
    asking.leave()
    assert alive(later.server)
    later.leave()
    assert not alive(later.server)


def test_four_processes_may_make_the_first_start_at_the_same_moment(home: Path, enter: Enter) -> None:
    children = [enter(home) for _ in range(4)]
    assert len({child.server for child in children}) == 1
    for child in children:
        child.leave()
    assert not alive(children[0].server)
    assert not list(locate(home).folder.glob("data.new-*"))


def test_a_server_left_over_by_a_killed_process_is_found_used_and_ended(home: Path, enter: Enter) -> None:
    killed = enter(home)
    server = killed.server
    assert not EmbeddedPostgres(home).status().left_over
    killed.kill()
    assert EmbeddedPostgres(home).status().left_over
    assert alive(server)
    heir = enter(home)
    assert heir.server == server
    heir.leave()
    assert not alive(server)
    assert EmbeddedPostgres(home).status().pid is None


async def test_a_killed_server_is_started_again_also_for_those_who_used_it(home: Path, enter: Enter) -> None:
    embedded = EmbeddedPostgres(home)
    dsn = embedded.start()
    await ask(dsn, "create table kept as select 42 as answer")
    server = pid_of(home)
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: not alive(server))
    assert embedded.start() == dsn
    assert await ask(dsn, "select answer from kept") == 42
    assert pid_of(home) != server
    embedded.stop()
    assert EmbeddedPostgres(home).status().pid is None


def test_a_zombie_is_not_taken_for_a_server(home: Path, enter: Enter) -> None:
    parent = enter(home)
    server = parent.server
    parent.freeze()  # it cannot reap its child
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: psutil.Process(server).status() == psutil.STATUS_ZOMBIE)
    heir = enter(home)
    assert heir.server != server
    parent.process.send_signal(signal.SIGCONT)
    parent.leave()
    assert alive(heir.server)
    heir.leave()
    assert not alive(heir.server)


def test_a_process_id_that_now_belongs_to_an_innocent_process_is_ignored(home: Path, enter: Enter) -> None:
    enter(home).leave()
    innocent = subprocess.Popen(["sleep", "600"], **locate(home).identity)
    try:
        (data_of(home) / "postmaster.pid").write_text(f"{innocent.pid}\n{data_of(home)}\n1\n5432\n/tmp\n\n1 1\nready\n")
        assert EmbeddedPostgres(home).status().pid is None
        child = enter(home)
        assert "dsn" in child.report, child.report
        child.leave()
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_the_server_of_another_home_is_neither_used_nor_ended(home: Path, enter: Enter) -> None:
    other = enter(home.with_name("other"))
    assert alive(other.server)
    enter(home).leave()
    pid_file = (data_of(home.with_name("other")) / "postmaster.pid").read_bytes()
    (data_of(home) / "postmaster.pid").write_bytes(pid_file)
    child = enter(home)
    assert child.server != other.server
    child.leave()
    assert alive(other.server)
    other.leave()
    sweep(home.with_name("other"))


@pytest.mark.parametrize("also_initdb", [True, False])
async def test_a_first_start_that_was_killed_half_way_is_made_again(
    home: Path, enter: Enter, *, also_initdb: bool
) -> None:
    child = enter(home)
    wait_until(lambda: list(locate(home).folder.glob("data*/base")))
    family = psutil.Process(child.process.pid).children(recursive=True)
    child.kill()
    for process in family if also_initdb else []:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    with EmbeddedPostgres(home) as embedded:
        assert await ask(embedded.start()) == 1
    psutil.wait_procs(family, timeout=60)
    with EmbeddedPostgres(home):
        assert [path.name for path in locate(home).folder.glob("data*")] == ["data"]


async def test_orphans_of_a_killed_server_are_waited_for(home: Path) -> None:
    with EmbeddedPostgres(home) as embedded:
        busy = await asyncpg.connect(embedded.start())
        backend = await busy.fetchval("select pg_backend_pid()")
        server = pid_of(home)
        async with asyncio.TaskGroup() as group:
            query = group.create_task(count(busy))
            await asyncio.to_thread(wait_until, lambda: psutil.Process(backend).cpu_times().user > 0.2)
            os.kill(server, signal.SIGKILL)
            assert await ask(await asyncio.to_thread(embedded.start)) == 1
            assert not alive(backend)
            busy.terminate()
        assert query.done()


async def count(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Keep a backend busy for seconds with work that does not notice the death of its server."""
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await connection.fetchval("select count(*) from generate_series(1, 20000000)")


def test_a_frozen_server_is_reported_in_time_and_ended_by_nobody_who_shares_it(home: Path, enter: Enter) -> None:
    user = enter(home)
    os.kill(user.server, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailable, match="not ready in time"):
            EmbeddedPostgres(home, start_timeout=1).start()
    finally:
        os.kill(user.server, signal.SIGCONT)
    assert alive(user.server)
    with EmbeddedPostgres(home):
        assert pid_of(home) == user.server
    user.leave()


def test_a_process_frozen_while_starting_is_reported_in_time(home: Path, enter: Enter) -> None:
    frozen = frozen_early(home, enter)
    while not is_locked(home):  # it was quicker than we were
        frozen.kill()
        sweep(home)
        frozen = frozen_early(home, enter)
    with pytest.raises(StoreUnavailable, match="starting or stopping"):
        EmbeddedPostgres(home, start_timeout=0.5).start()
    frozen.process.send_signal(signal.SIGCONT)
    assert "dsn" in frozen.report
    frozen.leave()


def frozen_early(home: Path, enter: Enter) -> Child:
    """Return a process that is frozen while it starts the server, unless it was done already."""
    child = enter(home)
    wait_until(lambda: is_locked(home) or data_of(home).exists())
    child.freeze()
    return child


def is_locked(home: Path) -> bool:
    """Return whether somebody is starting or stopping the server."""
    lock = FileLock(locate(home).folder / "lock")
    try:
        return not lock.take(shared=False, deadline=0.0)
    except FileNotFoundError:
        return False
    finally:
        lock.release()


@pytest.mark.parametrize("leaves", [True, False])
def test_a_forked_child_neither_keeps_the_server_nor_ends_it(home: Path, *, leaves: bool) -> None:
    embedded = EmbeddedPostgres(home)
    embedded.start()
    server = pid_of(home)
    hear, write_end = os.pipe()
    forked = os.fork()
    if not forked:
        with contextlib.suppress(BaseException):
            if leaves:
                embedded.stop()
            os.write(write_end, b"done")
            signal.pause()
        os._exit(1)
    os.close(write_end)
    try:
        assert select.select([hear], [], [], 60)[0]
        assert os.read(hear, 4) == b"done"
        assert EmbeddedPostgres(home).status().in_use
        assert alive(server)
        embedded.stop()
        assert not alive(server)
    finally:
        os.close(hear)
        os.kill(forked, signal.SIGKILL)
        os.waitpid(forked, 0)


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_root_that_may_not_look_into_other_processes_still_knows_its_server(home: Path, enter: Enter) -> None:
    less = ("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace")
    first, second = enter(home, prefix=less), enter(home, prefix=less)
    assert first.server == second.server
    first.leave()
    second.leave()
    assert not alive(first.server)
