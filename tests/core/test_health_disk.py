"""What `footnote doctor` says of the disk of the embedded Postgres, which answers questions also when it is full."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from core.embedded.location import locate
from core.embedded.postgres import EmbeddedPostgres
from core.health import Check, Health, check_disk
from tests.core.embedded.helpers import ROOT, find_reachable_binaries, small_disk


def _check(embedded: EmbeddedPostgres) -> list[Check]:
    status = embedded.status()
    return list(check_disk(status.data, status.free, status.size))


@pytest.mark.skipif(not ROOT, reason="only root can mount a small disk")
def test_a_disk_that_fills_while_the_server_runs_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with small_disk(home, 140), EmbeddedPostgres(home, binaries=find_reachable_binaries()) as embedded:
        ballast = locate(home).folder / "ballast"
        assert [check.health for check in _check(embedded)] == []
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 70 << 20)
        (short,) = _check(embedded)
        assert short.health is Health.NOTE
        assert "less than the index takes" in short.says
        with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as file:
            while file.write(b"\0" * 65536):
                pass
        (full,) = _check(embedded)
        assert full.health is Health.FAIL
        assert f"the disk that holds {embedded.status().data} is full" in full.says
        assert "free some space" in full.says
        ballast.unlink()
        assert list(_check(embedded)) == []


def test_an_index_on_a_disk_with_room_is_no_line_of_its_own(tmp_path: Path) -> None:
    assert list(_check(EmbeddedPostgres(tmp_path))) == []
