"""The words of the code: one public class name in one module, and words that have a plainer one."""

from __future__ import annotations

import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

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

NAMED_PLAINER = {
    "desk": "context",
    "door": "events, entry",
    "tell": "report, print",
    "told": "reported, lines",
    "stretch": "block",
}
"""Words not to use in a name of the product, alone or as a part of it; their plurals and third persons neither."""

ALONE_PLAINER = {"way": "visibility, mode", "said": "sentences, text"}
"""Words that are no name by themselves. "Said" is one where code reads what a page or an answer says."""

READS_WHAT_IS_SAID = ("core/", "ingest/", "tests/core/check/")

OF_TESTS = ("said", "tell", "told")
"""Those that tests and benches do without too, but in the names of tests, which are sentences."""

WORD_LISTS = ("core/minilm/vocabulary.txt", "core/check/words.py", "tests/docs/test_language.py")
ENDINGS = frozenset({".py", ".sql", ".md", ".toml", ".yaml", ".yml"})

_CLASS = re.compile(r"^\s*class ([^_\W]\w*)[(:\[]", re.MULTILINE)
_OLD = re.compile(
    rf"(?<![^\W_])(?:{'|'.join([*NAMED_PLAINER, *ALONE_PLAINER, *OF_TESTS])})(?:e?s)?(?![^\W_])", re.IGNORECASE
)
"""What a file must have somewhere before its names are worth reading: that takes ten times as long."""


def test_a_public_class_name_is_defined_in_one_module() -> None:
    modules: defaultdict[str, list[str]] = defaultdict(list)
    paths = [path for folder in ("bot", "core", "ingest") for path in sorted((ROOT / folder).rglob("*.py"))]
    for path in paths:
        for name in _CLASS.findall(path.read_text("utf-8")):
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


@cache
def _texts() -> Mapping[str, str]:
    return {name: (ROOT / name).read_text("utf-8") for name in _files()}


@pytest.mark.parametrize("word", PLAINER)
def test_a_word_with_a_plainer_one_is_not_written(word: str) -> None:
    """Decisions keep the words of their day."""
    pattern = re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", re.IGNORECASE)
    found = [
        f"{name}:{text.count(chr(10), 0, each.start()) + 1}"
        for name, text in _texts().items()
        if name not in WORD_LISTS
        for each in pattern.finditer(text)
    ]
    assert found == [], f"write {PLAINER[word]} instead"


def _names(path: str) -> set[str]:
    """Return the identifiers of a module, without underscores around them, in lower case; none if no word is there."""
    text = _texts()[path]
    if not _OLD.search(text):
        return set()
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.string.strip("_").lower() for token in tokens if token.type == tokenize.NAME}


@cache
def _product() -> Mapping[str, set[str]]:
    """Return the names in each module of the product."""
    return {name: _names(name) for name in _texts() if re.match(r"(bot|core|ingest)/.*\.py$", name)}


@cache
def _tests() -> Mapping[str, set[str]]:
    """Return the names in each module of tests and benches."""
    named = (name for name in _texts() if re.match(r"(tests|bench)/.*\.py$", name) and name not in WORD_LISTS)
    return {name: _names(name) for name in named}


@pytest.mark.parametrize("word", NAMED_PLAINER)
def test_a_word_of_the_old_dialect_is_in_no_name_of_the_product(word: str) -> None:
    forms = {word, f"{word}s", f"{word}es"}
    found = [f"{path}: {name}" for path, names in _product().items() for name in names if forms & {*name.split("_")}]
    assert found == [], f"write {NAMED_PLAINER[word]} instead"


@pytest.mark.parametrize("word", ALONE_PLAINER)
def test_a_word_of_the_old_dialect_is_no_name_by_itself(word: str) -> None:
    exempt = READS_WHAT_IS_SAID if word == "said" else ("?",)
    assert [path for path, names in _product().items() if word in names and not path.startswith(exempt)] == []


@pytest.mark.parametrize("word", OF_TESTS)
def test_a_word_of_the_old_dialect_is_no_name_of_tests_and_benches(word: str) -> None:
    forms = {word, f"{word}s"}
    names = (
        (path, name) for path, found in _tests().items() if not path.startswith(READS_WHAT_IS_SAID) for name in found
    )
    found = [f"{path}: {name}" for path, name in names if forms & {*name.split("_")} and not name.startswith("test_")]
    assert found == [], "write what it holds: the log, the reply, the document"
