"""The bot speaks when it is asked and leaves when people talk: labelled threads, on both platforms, without a model.

The threads are this project's own. `make talk` plays those of `../shared`, where they are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.played import Played, play_all, read_threads, score, staged
from tests.bot.up import KEYLESS

THREADS = read_threads(Path(__file__).with_name("threads.jsonl"))


@pytest.fixture
async def outcomes(filled: str, tmp_path: Path) -> AsyncIterator[list[Played]]:
    async with staged(filled, tmp_path, THREADS, KEYLESS) as stages:
        yield [each for stage in stages for each in await play_all(stage, THREADS, filled)]


async def test_what_is_asked_is_answered_and_what_people_say_to_each_other_is_not(outcomes: list[Played]) -> None:
    wrong = [
        f"{each.platform} {each.thread.id} {each.message['i']}: {each.message['text']}"
        for each in outcomes
        if each.posted != (each.message["label"] == "answer")
    ]
    assert wrong == []
    assert score(outcomes).refusals == 0
