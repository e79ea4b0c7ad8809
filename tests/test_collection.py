"""The tests have the same names whenever they are collected: workers of one run refuse to start where they differ."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_test_is_called_the_same_a_second_later_and_under_another_hash() -> None:
    first = collected("1")
    time.sleep(1.1)  # a clock of whole seconds, as gzip's and zip's headers have, has moved
    assert first == collected("2")


def collected(hash_seed: str) -> list[str]:
    """Return the ids of all tests, those marked `long` too, in the order in which they run."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "long or not long", "-p", "no:xdist"]
    environment = {"PATH": os.defpath, "PYTHONHASHSEED": hash_seed}  # nothing of pytest's own: it is another run
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    ids = [line for line in run.stdout.splitlines() if "::" in line]
    assert len(ids) > 1000
    return ids
