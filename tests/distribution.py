"""Which worker runs which tests, in what order: the long ones first, so that all workers end at about the same time.

    a file with `slow` tests and no fixture of its module    each of its tests is given out alone, before all others
    any other file                                           one worker runs it, in order, as its tests may share
       with a `heavy` test                                   next
       without                                               last: thousands of short tests, which fill what is left

`order` runs in the workers, which know the tests; `Scheduling` in the process above them, which knows their names.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from enum import IntEnum
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parent.parent


class Turn(IntEnum):
    """When the tests of a file are given out."""

    SLOW, HEAVY, LIGHT = range(3)


def order(items: list[pytest.Item]) -> None:
    """Put the tests into the order in which they are given out; within a file nothing moves."""
    turns = defaultdict[str, Turn](lambda: Turn.LIGHT)
    for item in items:
        scope = split_scope(item.nodeid)
        turns[scope] = min(turns[scope], _turn_of(item))
    items.sort(key=lambda item: turns[split_scope(item.nodeid)])


def _turn_of(item: pytest.Item) -> Turn:
    if item.get_closest_marker("slow"):
        return Turn.SLOW
    return Turn.HEAVY if item.get_closest_marker("heavy") else Turn.LIGHT


def split_scope(nodeid: str) -> str:
    """Return what is given out as one: the file of a test, or the test alone where its file's tests are long."""
    file = nodeid.partition("::")[0]
    return nodeid if _holds_long_tests_apart(file) else file


@functools.cache
def _holds_long_tests_apart(file: str) -> bool:
    text = (ROOT / file).read_text("utf-8")
    return "mark.slow" in text and 'scope="module"' not in text


class Scheduling(LoadFileScheduling):
    """xdist's scheduling by file, with the order of `order` and the scopes of `split_scope`."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        config.option.loadscopereorder = False  # xdist would begin with the files that have the most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return split_scope(nodeid)
