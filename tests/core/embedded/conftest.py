"""Homes and processes for the tests of the embedded Postgres; whatever a test leaves of them is swept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.embedded.helpers import Child, Enter, nobody, sweep


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Name a home that does not exist yet, below a folder that is closed to others; swept afterwards."""
    home = tmp_path / "home"
    yield home
    sweep(home)


@pytest.fixture
def enter() -> Iterator[Enter]:
    """Yield a function that starts children; those that a test leaves running are killed."""
    children: list[Child] = []

    def start(home: Path, **options: object) -> Child:
        children.append(Child(home, **options))  # type: ignore[arg-type]  # a test's own keywords
        return children[-1]

    yield start
    for child in children:
        if child.process.poll() is None:
            child.kill()


@pytest.fixture
def plain_home() -> Iterator[Path]:
    """Name a home that belongs to an ordinary user, even where we are root."""
    base = Path(tempfile.mkdtemp(prefix="footnote-test-"))
    if account := nobody():
        os.chown(base, account.uid, account.gid)
    yield base / "home"
    for home in base.iterdir():
        sweep(home)
    shutil.rmtree(base)
