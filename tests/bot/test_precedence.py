"""Chat takes its steps first, and callers theirs in between; none is shut out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest

from bot import precedence
from bot.precedence import ChatFirst

Put: TypeAlias = Callable[[Coroutine[Any, Any, str]], Coroutine[Any, Any, str]]


async def test_a_caller_takes_no_step_while_chat_takes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "LEAD_SECONDS", 60.0)
    monkeypatch.setattr(precedence, "LONGEST_SECONDS", 60.0)
    order, steps, asked, answered = ChatFirst(), list[str](), asyncio.Event(), asyncio.Event()

    async def call() -> None:
        steps.append("call begins")
        await asked.wait()
        steps.append("call goes on")

    async def chat() -> None:
        for number in range(3):
            steps.append(f"chat {number}")
            await asyncio.sleep(0)
        await answered.wait()

    caller = asyncio.create_task(order.follow(call()))  # noqa: TID251 - cancelled below
    await asyncio.sleep(0)
    talk = asyncio.create_task(order.lead(chat()))  # noqa: TID251
    await asyncio.sleep(0)
    asked.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert steps == ["call begins", "chat 0", "chat 1", "chat 2"]
    caller.cancel()
    answered.set()
    with contextlib.suppress(asyncio.CancelledError):
        await caller
    await talk
    assert steps[-1] == "chat 2"


async def test_chat_that_never_rests_does_not_shut_callers_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "LEAD_SECONDS", 1e9)
    monkeypatch.setattr(precedence, "LONGEST_SECONDS", 0.0)
    order = ChatFirst()
    order.note_step()

    async def call() -> str:
        for _ in range(100):
            await asyncio.sleep(0)
        return "answered"

    assert await order.follow(call()) == "answered"


@pytest.mark.parametrize("put", [ChatFirst().lead, ChatFirst().follow])
async def test_results_errors_and_timeouts_are_those_of_the_work(put: Put) -> None:
    async def fail() -> str:
        await asyncio.sleep(0)
        raise ValueError("of the work")

    async def give_up() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "in time"
        return "never"

    with pytest.raises(ValueError, match="of the work"):
        await put(fail())
    assert await put(give_up()) == "in time"


@pytest.mark.parametrize("put", [ChatFirst().lead, ChatFirst().follow])
async def test_a_cancellation_reaches_the_work_which_still_cleans_up(put: Put) -> None:
    ended = list[str]()

    async def hang() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cleaned up")
        return "never"

    task = asyncio.create_task(put(hang()))  # noqa: TID251 - cancelled in the next lines
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cleaned up"]
