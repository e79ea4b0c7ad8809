"""What no test may depend on: how soon a busy machine gets round to something.

Waits are for a condition, for a minute or more: it costs nothing where all is well. A second or less is for what is
expected not to come. Speed is judged by the processor's time, ports are those of `tests.servers.ports`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
LEAST = 60.0
STREAMS = {"read", "readline"}
"""What waits by itself for what another process does."""
IMPATIENT = {"perf_counter", "unused_tcp_port", "free_port"}
_NAMED = re.compile(rf"\b(?:{'|'.join(IMPATIENT)}|timeout|wait_for|within)\b")


def test_waits_are_long_and_no_wall_clock_is_a_judge() -> None:
    found = [f"{path.relative_to(TESTS)}:{each}" for path in TESTS.rglob("*.py") for each in impatience(path)]
    assert not found, "\n".join(found)


def test_a_loop_that_waits_for_another_process_pauses() -> None:
    found = [f"{path.relative_to(TESTS)}:{each}" for path in TESTS.rglob("*.py") for each in spinning(path)]
    assert not found, "\n".join(found)


def test_a_loop_without_a_pause_is_found(tmp_path: Path) -> None:
    """See that the search finds what it is for."""
    file = tmp_path / "loops.py"
    file.write_text(
        "async def f():\n"
        "    while not await stored():\n        pass\n"
        "    while not await stored():\n        await pause()\n"
        "    while await reader.readline():\n        pass\n"
    )
    assert list(spinning(file)) == [2]


def spinning(path: Path) -> Iterator[int]:
    """Yield the lines of loops that ask again and again without a pause: they take the processor from what they ask."""
    text = path.read_text("utf-8")
    for loop in ast.walk(ast.parse(text)) if "while " in text and "await " in text else ():
        if isinstance(loop, ast.While) and not any(awaited(each) for each in loop.body):
            asked = {each.func.attr if isinstance(each.func, ast.Attribute) else "" for each in awaited(loop.test)}
            if asked - STREAMS:
                yield loop.lineno


def awaited(part: ast.AST) -> list[ast.Call]:
    """Return the calls that a part of a program waits for."""
    waits = [each.value for each in ast.walk(part) if isinstance(each, ast.Await)]
    return [each for each in waits if isinstance(each, ast.Call)]


def impatience(path: Path) -> Iterator[str]:
    """Yield where a file waits too little, and the calls that it should not use."""
    text = path.read_text("utf-8")
    for node in ast.walk(ast.parse(text)) if _NAMED.search(text) else ():
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", getattr(node, "arg", ""))
        if name in IMPATIENT:
            yield f"{getattr(node, 'lineno', 0)} {name}"
        if isinstance(node, ast.Call):
            yield from (
                f"{node.lineno} {seconds} s" for seconds in map(seconds_of, bounds(node)) if 1 < seconds < LEAST
            )


def bounds(call: ast.Call) -> list[ast.expr]:
    """Return the limits of a wait: `timeout(x)`, `wait_for(y, x)`, `until(y, within=x)`."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    positional = {"timeout": call.args[:1], "wait_for": call.args[1:2]}.get(called, [])
    return [*positional, *(each.value for each in call.keywords if each.arg == "within")]


def seconds_of(bound: ast.expr) -> float:
    """Return the number; 0 where it is none."""
    return float(bound.value) if isinstance(bound, ast.Constant) and isinstance(bound.value, int | float) else 0.0
