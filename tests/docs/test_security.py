"""The table of docs/security.md: each promise names tests that exist, or says that there is none."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "security.md"
SECTION = "## Which tests hold this?"
NO_TEST = "no test: "

_ROW = re.compile(r"^\| (?P<promise>.+?) \| (?P<held>.+) \|$")
_TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<function>test_\w+)`")


def rows() -> list[tuple[str, str]]:
    """Return (promise, what holds it) of each row of the table, without its head."""
    section = PAGE.read_text("utf-8").partition(SECTION)[2].partition("\n## ")[0]
    found = [(row["promise"], row["held"]) for row in map(_ROW.match, section.splitlines()) if row]
    return found[1:]


@lru_cache
def functions_of(file: Path) -> frozenset[str]:
    """Return the names of a file's test functions, those of classes as well; none where there is no file."""
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("promise", "held"), rows())
def test_a_promise_names_tests_that_exist_or_says_that_there_is_none(promise: str, held: str) -> None:
    if held.startswith(NO_TEST):
        return
    assert _TEST.sub("", held).strip(", ") == "", f"{promise}: something else than tests"
    missing = [test[0] for test in _TEST.finditer(held) if test["function"] not in functions_of(ROOT / test["file"])]
    assert not missing, promise


def test_the_table_is_found_with_its_promises_each_named_once() -> None:
    promises = [promise for promise, _ in rows()]
    assert len(promises) > 50
    assert len(set(promises)) == len(promises)
