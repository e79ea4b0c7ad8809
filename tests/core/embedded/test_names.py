"""A user that is only a number, as OpenShift gives a container: group 0, no line in /etc/passwd, no home."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config.settings import Settings
from core.embedded.binaries import ENVIRONMENT
from core.embedded.errors import explain_failure
from core.embedded.location import Account
from core.errors import ConfigurationError, UsageError
from ingest.kinds.port import TypedSource
from ingest.kinds.registry import recognise_kind
from tests.core.embedded.helpers import ROOT, Enter, ask, find_reachable_binaries

NAMELESS = Account("", 123_456, 0)
LIBRARIES = [*Path("/usr/lib").glob("libnss_wrapper.so"), *Path("/usr/lib").glob("*/libnss_wrapper.so")]
as_root = pytest.mark.skipif(not ROOT, reason="only root can become a user without a name")


@pytest.fixture
def volume() -> Iterator[Path]:
    """Make a folder that group 0 may write, where others can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="footnote-volume-"))
    folder.chmod(0o770)
    os.chown(folder, 10_001, 0)
    yield folder
    shutil.rmtree(folder)


@as_root
@pytest.mark.skipif(not LIBRARIES, reason="needs the library nss_wrapper (apt-get install libnss-wrapper)")
async def test_the_embedded_postgres_runs_as_a_number_of_group_0(volume: Path, enter: Enter) -> None:
    """So it is on a volume that belongs to root's group, which may write it."""
    for _ in range(2):  # the second time it is there
        child = enter(volume, account=NAMELESS)
        assert "error" not in child.report, child.report
        assert await ask(child.report["dsn"]) == 1
        assert (volume / "postgres/data").stat().st_uid == NAMELESS.uid
        assert list((volume / "postgres").glob(".names-*")) == []
        child.leave()


@as_root
def test_without_the_library_the_sentence_says_what_to_do(volume: Path) -> None:
    initdb: list[str | Path] = [find_reachable_binaries() / "initdb", "-D", volume / "data"]
    done = subprocess.run(
        initdb,
        env=ENVIRONMENT,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **NAMELESS.identity,
    )
    error = explain_failure("be made", done.stderr, volume, volume / "log")
    assert isinstance(error, ConfigurationError)
    assert "user number 123456" in str(error)
    assert "libnss-wrapper" in str(error)
    assert "DATABASE_URL" in str(error)


def test_a_user_without_a_home_is_asked_for_one(nothing_set: None) -> None:
    with pytest.raises(ConfigurationError, match="set FOOTNOTE_HOME"):
        _ = Settings(home=Path("~no-such-user/footnote")).folder


def test_a_place_in_the_home_of_nobody_is_refused_in_a_sentence() -> None:
    with pytest.raises(UsageError, match="write the whole path"):
        recognise_kind(TypedSource(place="~no-such-user/docs"))
