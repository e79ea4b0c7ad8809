"""Statements stand in SQL files, by name, and each of them is used."""

from __future__ import annotations

import ast
import re
from functools import cache

from core.postgres.statements import statements
from tests.conftest import ROOT

MODULES = sorted((ROOT / "core").rglob("*.py"))
A_STATEMENT = re.compile(
    r"\s*(?:(?:select|insert into|update|delete from|create|alter|drop|truncate)\s|copy\s+\S+\s*(?:\(|(?:from|to)\b))",
    re.IGNORECASE,
)


@cache
def texts(source: str) -> frozenset[str]:
    """Return what stands in quotes, but for docstrings."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings)
    return frozenset(node.value for node in constants if isinstance(node.value, str))


def test_no_statement_stands_in_python() -> None:
    there = {
        str(path): [text for text in texts(path.read_text("utf-8")) if A_STATEMENT.match(text)] for path in MODULES
    }
    assert {name: found for name, found in there.items() if found} == {}


def test_each_statement_is_used() -> None:
    used = {text for path in MODULES for text in texts(path.read_text("utf-8"))}
    assert statements().keys() - used == set()
