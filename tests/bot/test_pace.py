"""Spacing and budgets, in the order of ranks and by a clock."""

from __future__ import annotations

import asyncio

from bot.pace import Budget, Spacing


async def order_of(spacing: Spacing, *ranks: int, place: str = "C1") -> list[tuple[int, int]]:
    """Return rank and number in the order in which they come, if all ask at once in this order."""
    came: list[tuple[int, int]] = []

    async def wait(rank: int, number: int) -> None:
        await spacing.wait(place, rank)
        came.append((rank, number))

    async with asyncio.TaskGroup() as group:
        for number, rank in enumerate(ranks):
            group.create_task(wait(rank, number))
    return came


async def test_the_lowest_rank_goes_first_and_of_one_rank_who_came_first() -> None:
    spacing = Spacing(0.001)
    spacing.pause("C1", 0.001)
    assert await order_of(spacing, 7, 2, 0, 2, -1) == [(-1, 4), (0, 2), (2, 1), (2, 3), (7, 0)]


async def test_turns_are_so_far_apart_however_many_wait() -> None:
    spacing, loop = Spacing(0.02), asyncio.get_running_loop()
    began, came = loop.time(), list[float]()

    async def wait() -> None:
        await spacing.wait("C1")
        came.append(loop.time())

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(wait())
    assert all(at - began >= 0.02 * number for number, at in enumerate(came))


async def test_who_gives_up_holds_nobody_up() -> None:
    spacing = Spacing(0.001)
    spacing.pause("C1", 0.01)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        gone = group.create_task(spacing.wait("C1", -5))
        staying = group.create_task(spacing.wait("C1", 3))
        await asyncio.sleep(0)
        gone.cancel()
    assert gone.cancelled()
    assert staying.done()


async def test_places_do_not_wait_for_each_other() -> None:
    spacing = Spacing(3_600)
    await spacing.wait("C1")
    async with asyncio.timeout(60):
        await spacing.wait("C2")


def test_a_budget_is_spent_and_comes_back_when_its_time_is_over() -> None:
    now = 0.0
    budget = Budget(2, seconds=60, clock=lambda: now)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    now = 59.9
    assert not budget.take()
    now = 60.0
    assert [budget.take() for _ in range(3)] == [True, True, False]
