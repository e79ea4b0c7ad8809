"""A file is one subject on at most 350 lines, a function one thought on at most 50; ruff holds its branches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.conftest import ROOT

MOST_LINES, MOST_OF_A_FUNCTION = 350, 50
LONGER = {
    "core/sentences.py": "the table of all sentences that people see, in each language",
    "core/domain.py": "the nouns: one catalogue, which 290 files import from",
}
"""Files that may be longer, and why."""

FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for name in ("bot", "core", "ingest")
    for path in sorted((ROOT / name).rglob("*.py"))
}


def find_long_functions(tree: ast.Module) -> Iterator[str]:
    """Yield the names of functions that are too long, from their `def` to their end."""
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    yield from (each.name for each in functions if (each.end_lineno or 0) - each.lineno >= MOST_OF_A_FUNCTION)


def test_no_source_file_is_longer_than_one_subject() -> None:
    long = {name: count for name, text in FILES.items() if (count := len(text.splitlines())) > MOST_LINES}
    assert {name: count for name, count in long.items() if name not in LONGER} == {}, "split it by subject"
    assert LONGER.keys() <= FILES.keys()


def test_no_function_is_longer_than_one_thought() -> None:
    assert [f"{name}: {found}" for name, text in FILES.items() for found in find_long_functions(ast.parse(text))] == []
