"""The embedded Postgres as its users meet it: real servers, as root and as an ordinary user."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path

import asyncpg
import psutil
import pytest

from core.embedded.location import POINTER, ROOT_FOLDER, locate
from core.embedded.postgres import EmbeddedPostgres, find_binaries
from core.errors import StoreFull
from tests.core.embedded.helpers import ROOT, Enter, alive, ask, data_of, nobody, pid_of, small_disk, sweep, wait_until

as_root = pytest.mark.skipif(not ROOT, reason="only root can do this")


async def test_a_first_start_gives_a_server_that_answers_and_the_last_stop_ends_it(home: Path) -> None:
    embedded = EmbeddedPostgres(home)
    dsn = embedded.start()
    assert await ask(dsn) == 1
    server = pid_of(home)
    embedded.stop()
    assert not alive(server)
    embedded.stop()


async def test_rows_outlive_the_server(home: Path) -> None:
    with EmbeddedPostgres(home) as embedded:
        await ask(embedded.start(), "create table kept as select 42 as answer")
    with EmbeddedPostgres(home) as embedded:
        assert await ask(embedded.start(), "select answer from kept") == 42


def test_variables_of_the_environment_change_nothing(home: Path, enter: Enter) -> None:
    poison = {
        "PGDATA": "/nowhere",
        "PGPORT": "6000",
        "PGHOST": "192.0.2.1",
        "PGUSER": "mallory",
        "PGDATABASE": "other",
        "PGOPTIONS": "-c jit=on",
        "PGSSLMODE": "require",
        "PG_GRANDPARENT_PID": "1",
        "LC_ALL": "POSIX",
        "TZ": "Asia/Tokyo",
    }
    child = enter(home, env={**os.environ, **poison})  # noqa: TID251 - a child needs its PATH
    assert "settings" in child.report, child.report
    assert set(psutil.Process(child.server).environ()) <= {"LC_ALL", "PATH"}
    shown = child.report["settings"]
    assert shown["port"] == "5432"
    assert shown["TimeZone"] == "UTC"
    assert shown["lc_messages"] == "C"


def test_the_server_is_safe_on_a_power_cut_small_and_off_the_network(home: Path, enter: Enter) -> None:
    shown = enter(home).report["settings"]
    assert (shown["fsync"], shown["full_page_writes"], shown["jit"]) == ("on", "on", "off")
    assert shown["listen_addresses"] == ""
    assert shown["unix_socket_permissions"] == "0700"
    assert int(shown["max_connections"]) >= 200
    assert shown["shared_buffers"].endswith("MB") or shown["shared_buffers"] == "1GB"
    assert shown["locale"] == "b C.UTF-8"
    assert shown["logging_collector"] == "on"


async def test_the_log_holds_no_statement(home: Path) -> None:
    with EmbeddedPostgres(home) as embedded:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await ask(embedded.start(), "select 1 / 0 as what_somebody_asked")

        def read_log() -> str:
            return "".join(path.read_text() for path in (data_of(home) / "log").iterdir())

        wait_until(lambda: "division by zero" in read_log())  # a process of its own writes it
        assert "what_somebody_asked" not in read_log()


def test_the_server_holds_none_of_our_locks(home: Path) -> None:
    with EmbeddedPostgres(home):
        held = {os.path.realpath(handle) for handle in Path(f"/proc/{pid_of(home)}/fd").iterdir()}
    assert held  # we saw something
    assert not {name for name in held if Path(name).name in {"lock", "users"}}


@as_root
def test_root_with_a_closed_home_widens_no_permission(home: Path) -> None:
    home.parent.chmod(0o700)
    before = {folder: folder.stat().st_mode for folder in home.parents}
    with EmbeddedPostgres(home):
        place = locate(home)
        assert [path.name for path in home.iterdir()] == [POINTER]
        assert Path((home / POINTER).read_text().strip()) == place.folder
        assert place.folder.parent == ROOT_FOLDER
        assert psutil.Process(pid_of(home)).uids().effective == place.folder.stat().st_uid != 0
        assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
    assert {folder: folder.stat().st_mode for folder in home.parents} == before


@pytest.fixture
def binaries(tmp_path: Path) -> Path:
    """Return binaries in a folder of root alone."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    install = find_binaries().parent
    copied = shutil.copytree(install, closed / install.parent.name / install.name, symlinks=True)
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    shutil.copytree(libraries, closed / libraries.name)
    return copied / "bin"


@as_root
async def test_binaries_out_of_the_users_reach_are_copied_once_and_stay_closed(home: Path, binaries: Path) -> None:
    left_by_a_killed_copy = ROOT_FOLDER / f".{locate(home).folder.name}-binaries"
    left_by_a_killed_copy.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(home, binaries=binaries) as embedded:
        assert await ask(embedded.start(), "select count(*) from pg_available_extensions where name = 'vector'") == 1
    (copy,) = locate(home).folder.glob("binaries-*")
    assert {path.lstat().st_uid for path in [copy, *copy.rglob("*")]} == {locate(home).uid}
    assert stat.S_IMODE(binaries.parents[2].stat().st_mode) == 0o700
    assert not left_by_a_killed_copy.exists()
    made = copy.stat().st_ino
    with EmbeddedPostgres(home, binaries=binaries):
        assert [path.stat().st_ino for path in locate(home).folder.glob("binaries-*")] == [made]


@as_root
@pytest.mark.parametrize(("megabytes", "fits"), [(200, True), (20, False)])
async def test_binaries_are_copied_onto_another_disk_if_they_fit(
    home: Path, binaries: Path, megabytes: int, fits: bool
) -> None:
    with small_disk(home, megabytes):
        if fits:
            with EmbeddedPostgres(home, binaries=binaries) as embedded:
                assert await ask(embedded.start(), "select 42") == 42
        else:
            with pytest.raises(StoreFull, match="is full"):
                EmbeddedPostgres(home, binaries=binaries).start()
        left = [path.name.startswith("binaries-") for path in locate(home).folder.glob("*binaries-*")]
        assert left == [True] * fits


@as_root
async def test_a_renamed_home_of_root_keeps_its_index(home: Path) -> None:
    with EmbeddedPostgres(home) as embedded:
        await ask(embedded.start(), "create table kept as select 42 as answer")
    moved = home.with_name("moved")
    os.rename(home, moved)  # noqa: PTH104 - pathlib's is not to be called in async functions
    with EmbeddedPostgres(moved) as embedded:
        assert await ask(embedded.start(), "select answer from kept") == 42
    sweep(moved)


def test_an_ordinary_user_keeps_everything_in_the_home(plain_home: Path, enter: Enter) -> None:
    child = enter(plain_home, account=nobody())
    assert "dsn" in child.report, child.report
    assert psutil.Process(child.server).uids().effective == plain_home.stat().st_uid
    assert stat.S_IMODE((plain_home / "postgres").stat().st_mode) == 0o700
    assert f"host={plain_home}/postgres" in child.report["dsn"]
    child.leave()
    assert not alive(child.server)


@as_root
def test_an_ordinary_user_is_told_that_the_index_is_roots(home: Path, plain_home: Path, enter: Enter) -> None:
    plain_home.mkdir()
    with EmbeddedPostgres(plain_home):
        refusal = enter(plain_home, account=nobody()).report
    sweep(plain_home)
    assert refusal["error"] == "ConfigurationError"
    assert "made by root" in refusal["says"]


def test_a_home_with_a_long_or_strange_path_gets_its_socket_elsewhere(plain_home: Path, enter: Enter) -> None:
    for name in ("x" * 120, "with, comma 'ü' %41"):
        child = enter(plain_home.parent / name, account=nobody())
        assert "dsn" in child.report, child.report
        folder = Path(re.search(r"host=([^&]+)", child.report["dsn"])[1])  # type: ignore[index]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == plain_home.parent.stat().st_uid
        child.leave()
        assert not alive(child.server)
        assert not folder.exists()


def test_a_look_changes_nothing(home: Path) -> None:
    status = EmbeddedPostgres(home).status()
    assert (status.pid, status.size, status.in_use) == (None, 0, False)
    assert re.fullmatch(r"\d+\.\d+", status.version)
    assert not home.exists()
    assert not status.data.parent.exists()
    with EmbeddedPostgres(home) as embedded:
        status = embedded.status()
        assert status.pid == pid_of(home)
        assert status.size > 10_000_000
        assert status.sockets is not None
