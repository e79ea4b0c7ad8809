"""`core.tasks`: a background task ends with its block, and the block's errors come out unchanged."""

from __future__ import annotations

import asyncio

import pytest

from core.tasks import run_in_background


async def for_ever(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_it_ends_with_its_block() -> None:
    ended: list[str] = []
    async with run_in_background(for_ever(ended)):
        await asyncio.sleep(0)
    assert ended == ["ended"]


async def test_an_error_of_the_block_is_not_wrapped() -> None:
    ended: list[str] = []

    async def block() -> None:
        async with run_in_background(for_ever(ended)):
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await block()
    assert ended == ["ended"]


async def test_cancelling_the_block_ends_both() -> None:
    ended: list[str] = []

    async def block() -> None:
        async with run_in_background(for_ever(ended)):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await block()
    assert ended == ["ended"]


async def test_an_error_next_to_it_ends_the_block() -> None:
    async def broken() -> None:
        raise KeyError

    with pytest.raises(ExceptionGroup):
        async with run_in_background(broken()):
            await asyncio.Event().wait()
