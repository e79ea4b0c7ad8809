"""The tests have the same names whenever they are collected: workers of one run refuse to start where they differ."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WHOLE = 1_000
"""A run of so many tests has them all but those marked `long`."""


@pytest.mark.heavy
def test_a_test_is_called_the_same_a_second_later_and_under_another_hash(request: pytest.FixtureRequest) -> None:
    """Compare with the names of this run where it is a whole one: to collect takes long."""
    first = [item.nodeid for item in request.session.items]
    if len(first) < WHOLE:
        first = collected("1")
        time.sleep(1.1)  # a clock of whole seconds, as gzip's and zip's headers have, has moved
    later = collected("2")
    assert len(later) >= len(first) > WHOLE
    assert not set(first) - set(later)


def collected(hash_seed: str) -> list[str]:
    """Return the ids of all tests, those marked `long` too."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "long or not long", "-p", "no:xdist"]
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": hash_seed}  # nothing of pytest's own: it is another run
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    return [line for line in run.stdout.splitlines() if "::" in line]
