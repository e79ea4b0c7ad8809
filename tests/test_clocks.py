"""What nothing may depend on: how long the machine has been up. The monotonic clock starts at zero with it.

Zero is no stamp for "never", and a test makes no stamp of the past by taking seconds from the clock: on a machine that
was started a minute ago both are in the future, or below zero. "Never" is `-math.inf`, or None.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "core", "ingest", "bench", "tests")
CLOCKS = {"monotonic", "perf_counter", "time", "_now"}
"""`time.monotonic()`, `loop.time()`, `bot.pace._now()`; `time.time()` is the wall clock, which is no stamp here."""


def test_no_stamp_of_the_monotonic_clock_begins_at_zero_or_in_the_past() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 300
    found = [f"{path.relative_to(ROOT)}:{each}" for path in files for each in faults(path.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n def f(self):\n  self.at = 0.0\n def g(self):\n  self.at = time.monotonic()",
        "class A:\n at: float = 0\n def g(self):\n  now = loop.time()\n  self.at = max(self.at, now + 3)",
        "class A:\n at: float = field(default=0.0)\n def g(self):\n  self.at = asyncio.get_running_loop().time() + 1",
        "def f(self):\n now = time.monotonic()\n self.next[a] = now\n return self.next.get(a, 0.0) - now",
        "begun = time.monotonic() - 3_000",
        "host, begun = Host(1), time.monotonic()\nset(begun - 3_000)",
        "begun = time.monotonic()\nset(begun - 3_000 + minute * 60)",
    ],
)
def test_a_stamp_that_begins_at_zero_or_in_the_past_is_found(text: str) -> None:
    assert list(faults(text))


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n def f(self):\n  self.at = -math.inf\n def g(self):\n  self.at = time.monotonic()",
        "class A:\n def f(self):\n  self.spent = 0.0\n def g(self):\n  self.spent += time.monotonic() - self.began",
        "began = time.monotonic()\nminutes = int((time.monotonic() - began) // 60)",
        "deadline = loop.time() + 3",
        "yesterday = time.time() - 86_400",
    ],
)
def test_spans_and_later_stamps_are_let_be(text: str) -> None:
    assert not list(faults(text))


def faults(text: str) -> Iterator[str]:
    """Yield where a source makes a stamp that is right only some time after the machine was started."""
    if not any(f"{clock}()" in text for clock in CLOCKS):
        return
    tree = ast.parse(text)
    assigned = [pair for node in ast.walk(tree) for pair in assignments(node)]
    stamps = {name for name, value in assigned if name and is_stamp(value, set())}
    stamps |= {name for name, value in assigned if name and is_stamp(value, stamps)}
    yield from (f"{value.lineno} {name} is 0" for name, value in assigned if name in stamps and is_zero(value))
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and is_stamp(node.left, stamps):
            if isinstance(node.right, ast.Constant):
                yield f"{node.lineno} a stamp of the past"
        elif gets_zero(node, stamps):
            yield f"{getattr(node, 'lineno', 0)} a stamp that is missing is 0"


def assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, value) of what `node` assigns; `self.at = x`, `at[key] = x` and `at: float = x` are all `at`."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            yield from ((name_of(target), value) for target, value in zip(targets, values, strict=True))
        case ast.Assign(targets=targets, value=value):
            yield from ((name_of(target), value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield name_of(target), value
        case _:
            return


def name_of(node: ast.expr) -> str:
    """Return the last name of a target; "" for none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return name_of(value)
        case _:
            return ""


def is_stamp(node: ast.expr, stamps: set[str]) -> bool:
    """Return whether `node` reads a clock, perhaps with a span added, or is the larger or smaller of two stamps."""
    match node:
        case ast.Call(func=ast.Name(id="max" | "min"), args=args):
            return any(is_stamp(each, stamps) for each in args)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr="time")):
            return False
        case ast.Call(func=func, args=[]):
            return name_of(func) in CLOCKS
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return is_stamp(left, stamps) or is_stamp(right, stamps)
        case ast.BinOp(op=ast.Sub(), left=left, right=ast.Constant()):
            return is_stamp(left, stamps)
        case _:
            return name_of(node) in stamps


def gets_zero(node: ast.AST, stamps: set[str]) -> bool:
    """Return whether `node` is `at.get(key, 0)` of stamps by key."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[_, default]):
            return name_of(value) in stamps and is_zero(default)
        case _:
            return False


def is_zero(node: ast.expr) -> bool:
    """Return whether `node` is 0, or a dataclass field that begins with it."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value == 0 and not isinstance(value, bool)
        case ast.Call(func=ast.Name(id="field"), keywords=keywords):
            return any(each.arg == "default" and is_zero(each.value) for each in keywords)
        case _:
            return False
