"""The words of the code: one public class name in one module, and words that have a plainer one."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from tests.conftest import ROOT

PLAINER = {
    "anew": "again",
    "beside": "next to, besides, while",
    "whoever": "who, everybody who",
    "thereby": "so",
    "wherein": "where",
    "anybody's": "people's",
}
"""Words not to write, and what to write instead."""

WORD_LISTS = ("core/minilm/vocabulary.txt", "core/check/words.py", "tests/docs/test_language.py")
ENDINGS = frozenset({".py", ".sql", ".md", ".toml", ".yaml", ".yml"})


def _classes(tree: ast.Module) -> list[str]:
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def test_a_public_class_name_is_defined_in_one_module() -> None:
    modules: defaultdict[str, list[str]] = defaultdict(list)
    paths = [path for folder in ("bot", "core", "ingest") for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in paths:
        for name in _classes(ast.parse(path.read_text("utf-8"))):
            modules[name].append(str(path.relative_to(ROOT)))
    assert {name: places for name, places in modules.items() if len(places) > 1} == {}
    assert len(modules) > 300


def _files() -> list[str]:
    folders = [
        path for name in ("bot", "core", "ingest", "bench", "tests", "docs") for path in (ROOT / name).rglob("*")
    ]
    files = [*folders, *ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "compose.yaml", ROOT / "Dockerfile"]
    names = [path.relative_to(ROOT).as_posix() for path in files if path.suffix in ENDINGS or path.name == "Makefile"]
    return sorted(name for name in names if not name.startswith(("docs/decisions/", "docs/_build")))


@pytest.mark.parametrize("word", PLAINER)
def test_a_word_with_a_plainer_one_is_not_written(word: str) -> None:
    """Decisions keep the words of their day."""
    found = [
        f"{name}:{number}"
        for name in _files()
        if name not in WORD_LISTS
        for number, line in enumerate((ROOT / name).read_text("utf-8").splitlines(), 1)
        if re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", line, re.IGNORECASE)
    ]
    assert found == [], f"write {PLAINER[word]} instead"
