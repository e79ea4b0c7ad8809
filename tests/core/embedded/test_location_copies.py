"""Homes of root that are copied, moved and reached by other names: an index belongs to one home.

Root's index does not live in the home (`core.embedded.location`), so that `cp -a` copies what leads to it alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded.location import ACCOUNTS, OWNER, POINTER, ROOT_FOLDER, locate
from core.embedded.postgres import EmbeddedPostgres
from core.errors import ConfigurationError
from tests.core.embedded.helpers import ROOT, ask, sweep

pytestmark = pytest.mark.skipif(not ROOT, reason="only root's index lives outside of its home")

MADE, ANSWER = "create table kept as select 42 as answer", "select answer from kept"
COUNT = "select count(*) from pg_tables where tablename = 'kept'"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """Name a second home, which does not exist yet."""
    other = tmp_path / "other"
    yield other
    if other.is_dir():
        sweep(other)


def copy(home: Path, other: Path) -> None:
    subprocess.run(["cp", "-a", home, other], check=True)


def asked(home: Path, statement: str) -> object:
    with EmbeddedPostgres(home) as embedded:
        return asyncio.run(ask(embedded.start(), statement))


def test_a_copied_home_does_not_change_the_index_of_its_original(home: Path, other: Path) -> None:
    asked(home, MADE)
    copy(home, other)
    for look in (lambda: EmbeddedPostgres(other).start(), lambda: EmbeddedPostgres(other).status()):
        with pytest.raises(ConfigurationError) as refused:
            look()
        assert str(refused.value).startswith(f"{other} is a copy of {home}, ")
        assert f"remove {other / POINTER} to begin with an empty index here" in str(refused.value)
    (other / POINTER).unlink()
    assert asked(other, COUNT) == 0
    assert asked(home, ANSWER) == 42


def test_a_copy_whose_original_is_gone_has_its_index(home: Path, other: Path) -> None:
    asked(home, MADE)
    copy(home, other)
    shutil.rmtree(home)
    assert asked(other, ANSWER) == 42


def test_a_home_that_is_put_back_from_its_copy_has_its_index(home: Path, other: Path) -> None:
    asked(home, MADE)
    copy(home, other)
    shutil.rmtree(home)
    copy(other, home)
    assert asked(home, ANSWER) == 42
    with pytest.raises(ConfigurationError, match="is a copy of"):
        EmbeddedPostgres(other).start()
    (other / POINTER).unlink()


def test_a_new_home_where_another_was_moved_away_gets_an_index_of_its_own(home: Path, other: Path) -> None:
    asked(home, MADE)
    shutil.move(home, other)
    assert asked(other, ANSWER) == 42
    for _ in range(2):
        assert asked(home, COUNT) == 0
        (home / POINTER).unlink()
    assert asked(other, ANSWER) == 42


def test_a_home_behind_a_link_is_the_same_home(home: Path, other: Path) -> None:
    asked(home, MADE)
    other.symlink_to(home)
    assert asked(other, ANSWER) == 42
    assert asked(home, ANSWER) == 42
    other.unlink()


def test_a_home_that_is_mounted_elsewhere_is_the_same_home(home: Path, other: Path) -> None:
    asked(home, MADE)
    other.mkdir()
    if subprocess.run(["mount", "--bind", home, other], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        assert asked(other, ANSWER) == 42
        assert asked(home, ANSWER) == 42
    finally:
        subprocess.run(["umount", other], check=True)
    other.rmdir()
    assert asked(home, ANSWER) == 42


def test_an_index_of_a_version_that_named_no_home_is_kept(home: Path) -> None:
    asked(home, MADE)
    (locate(home).folder / OWNER).unlink()
    assert asked(home, ANSWER) == 42
    assert (locate(home).folder / OWNER).read_text() == f"{home}\n"


BECOMES = """
import os, socket, sys
user, path = int(sys.argv[1]), sys.argv[2]
os.setgroups([]), os.setgid(user), os.setuid(user)
try:
    socket.socket(socket.AF_UNIX).connect(path)
except OSError as error:
    print(type(error).__name__)
else:
    print("connected")
"""


def test_no_other_user_reaches_the_server_and_the_one_that_runs_it_does(home: Path) -> None:
    """docs/security.md states this."""
    with EmbeddedPostgres(home) as embedded:
        sockets = embedded.status().sockets
        assert sockets is not None
        assert sockets.parent == ROOT_FOLDER
        theirs = locate(home).account
        assert theirs is not None
        assert theirs.name in ACCOUNTS
        strangers = [uid for uid in (1, 2, 12345) if uid != theirs.uid]
        assert [_connect_as(uid, sockets) for uid in strangers] == ["PermissionError"] * len(strangers)
        assert [_connect_as(uid, sockets) for uid in (theirs.uid, 0)] == ["connected"] * 2


def _connect_as(uid: int, sockets: Path) -> str:
    command = [sys.executable, "-c", BECOMES, str(uid), os.fspath(sockets / ".s.PGSQL.5432")]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
