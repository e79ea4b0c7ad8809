"""The words of the code: one public class name in one module, so that a name means one thing over the whole tree."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.conftest import ROOT


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
