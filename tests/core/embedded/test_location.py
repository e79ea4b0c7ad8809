"""Folders of the embedded Postgres: whose they are, who is trusted, and full disks."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.embedded import location as embedded_place
from core.embedded.errors import explain_failure
from core.embedded.location import ServerLocation, locate, make_folders, make_socket_folder
from core.embedded.postgres import EmbeddedPostgres
from core.errors import ConfigurationError, StoreFull, StoreUnavailable
from tests.core.embedded.helpers import ROOT, ask, find_reachable_binaries, small_disk

as_root = pytest.mark.skipif(not ROOT, reason="only root can do this")
LONG = Path("/", "x" * 100)


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a temporary folder with a short name: pytest's folders may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="fn-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_a_short_plain_path_holds_its_own_socket() -> None:
    assert make_socket_folder(ServerLocation(Path("/srv"), Path("/srv/postgres"), None)) == Path("/srv/postgres")


def test_a_long_path_gets_the_same_closed_folder_each_time(temporary: Path) -> None:
    folder = make_socket_folder(ServerLocation(LONG, LONG, None))
    assert folder.parent == temporary
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert make_socket_folder(ServerLocation(LONG, LONG, None)) == folder
    assert make_socket_folder(ServerLocation(LONG, LONG / "other", None)) != folder


@pytest.mark.parametrize("kind", ["open", "link", "file"])
def test_a_folder_that_others_could_have_prepared_is_not_trusted(temporary: Path, kind: str) -> None:
    folder = make_socket_folder(ServerLocation(LONG, LONG, None))
    folder.rmdir()
    if kind == "open":
        folder.mkdir()
        folder.chmod(0o777)
    elif kind == "link":
        (temporary / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(temporary / "elsewhere")
    else:
        folder.touch(mode=0o600)
    fresh = make_socket_folder(ServerLocation(LONG, LONG, None))
    assert fresh != folder
    assert stat.S_IMODE(fresh.lstat().st_mode) == 0o700


@as_root
def test_a_folder_of_another_user_is_not_trusted(temporary: Path) -> None:
    folder = make_socket_folder(ServerLocation(LONG, LONG, None))
    os.chown(folder, 1, 1)
    assert make_socket_folder(ServerLocation(LONG, LONG, None)) != folder


@as_root
def test_roots_folder_can_be_entered_whatever_the_umask_and_is_not_opened_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_place, "ROOT_FOLDER", tmp_path / "lib" / "footnote")
    before = os.umask(0o077)
    try:
        make_folders(locate(tmp_path / "home"))
    finally:
        os.umask(before)
    folder = tmp_path / "lib" / "footnote"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o711
    folder.chmod(0o700)
    with pytest.raises(ConfigurationError, match="footnote must be a folder of root"):
        make_folders(locate(tmp_path / "home"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
def test_root_is_told_when_its_folder_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(embedded_place, "ROOT_FOLDER", tmp_path / "file" / "footnote")
    with pytest.raises(ConfigurationError, match=r"run footnote as an ordinary user"):
        make_folders(locate(tmp_path / "home"))


@as_root
def test_a_folder_that_belongs_to_an_unknown_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_place, "ROOT_FOLDER", tmp_path / "footnote")
    place = locate(tmp_path / "home")
    make_folders(place)
    os.chown(place.folder, 54321, 54321)
    with pytest.raises(ConfigurationError, match="54321"):
        locate(tmp_path / "home")


def test_a_path_that_a_pid_file_cannot_hold_is_refused(tmp_path: Path) -> None:
    for name in ("new\nline", os.fsdecode(b"\xff")):
        with pytest.raises(ConfigurationError, match="FOOTNOTE_HOME"):
            EmbeddedPostgres(tmp_path / name).start()


@pytest.mark.parametrize(
    ("output", "kind", "reason"),
    [
        ("FATAL:  could not write lock file: No space left on device\n", StoreFull, "is full"),
        ("initdb: error: could not write: Disk quota exceeded", StoreFull, "is full"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory\nHINT: x", StoreUnavailable, "memory"),
        ('FATAL:  could not open "x": Permission denied\n', ConfigurationError, "Permission denied"),
        ("LOG: a\nPANIC:  could not locate a valid checkpoint record\nLOG: b", StoreUnavailable, "valid checkpoint"),
        ("", StoreUnavailable, "it said nothing"),
    ],
)
def test_what_postgres_says_becomes_a_sentence(tmp_path: Path, output: str, kind: type[Exception], reason: str) -> None:
    error = explain_failure("start", output, tmp_path, tmp_path / "log")
    assert type(error) is kind
    assert reason in str(error)


@as_root
@pytest.mark.parametrize("megabytes", [1, 12, 30])
def test_a_disk_that_fills_during_the_first_start_is_said_to_be_full(tmp_path: Path, megabytes: int) -> None:
    home = tmp_path / "home"
    with small_disk(home, megabytes):
        with pytest.raises(StoreFull, match="is full"):
            EmbeddedPostgres(home, binaries=find_reachable_binaries()).start()
        assert not list(locate(home).folder.glob("data*"))


@as_root
async def test_a_full_disk_stops_a_start_and_loses_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home, 100):
        with EmbeddedPostgres(home, binaries=find_reachable_binaries()) as embedded:
            await ask(embedded.start(), "create table kept as select 42 as answer")
        ballast = locate(home).folder / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(b"\0" * 4096):
                pass
        with pytest.raises(StoreFull, match="is full"):
            EmbeddedPostgres(home, binaries=find_reachable_binaries()).start()
        # Text that Postgres could still write before the complaint itself: no reason for another sentence.
        output = 'LOG:  redirecting log output\nHINT:  Future log output will appear in directory "log".\n'
        assert isinstance(explain_failure("start", output, ballast.parent, ballast), StoreFull)
        ballast.unlink()
        with EmbeddedPostgres(home, binaries=find_reachable_binaries()) as embedded:
            assert await ask(embedded.start(), "select answer from kept") == 42
