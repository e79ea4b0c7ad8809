"""Where the tests of a module are can be guessed: those of `core/check/citations.py` in `tests/core/check/`.

    tests/core/check/test_citations.py        named after its module
    tests/core/check/test_citations_*.py      one part of what that module does
    tests/ingest/kinds/test_kinds.py          named after its package: all modules of it

What tests a program from outside has a folder that says so, or is listed here with the reason.
"""

from __future__ import annotations

from tests.conftest import ROOT

PACKAGES = ("bot", "core", "ingest")
BY_BEHAVIOUR = {
    "tests/bot/outside": "processes of footnote, as people and operators meet them",
    "tests/bot/slack": "`footnote up` on a loopback Slack, by what people do there",
    "tests/bot/discord": "`footnote up` on a loopback Discord, by what people do there",
    "tests/bot/widget": "the widget in a real Chromium, by what readers do with it",
}
"""Folders whose tests may be named after what is done, and who does it."""

EXCEPTIONS = {
    "tests/bot/api/test_parity.py": "the API's answers are those of chat",
    "tests/bot/api/test_up.py": "the API of a whole process",
    "tests/bot/api/test_visibility.py": "what a token may not see is in no response of any route",
    "tests/bot/console/screens/test_mended.py": "a story over several screens and both platforms",
    "tests/bot/mcp/test_leaks.py": "what a caller may not see is in no result of any tool",
    "tests/ingest/test_bench_crawl.py": "what `bench.crawl` measures is a crawl as ours",
}

FILES = sorted(
    path.relative_to(ROOT).as_posix() for name in PACKAGES for path in (ROOT / "tests" / name).rglob("test_*.py")
)


def is_guessable(file: str) -> bool:
    """Return whether a file of tests is named after a module, or the package, of the folder that it mirrors."""
    folder, _, name = file.removeprefix("tests/").removesuffix(".py").rpartition("/test_")
    package = ROOT / folder
    modules = {path.stem for path in package.glob("*.py")} if package.is_dir() else set()
    starts = {name[:end] for end, letter in enumerate(f"{name}_") if letter == "_"}
    return bool(starts & modules) or (package.is_dir() and name == package.name)


def test_the_place_of_a_test_follows_from_the_module() -> None:
    named = [file for file in FILES if file.rpartition("/")[0] not in BY_BEHAVIOUR and file not in EXCEPTIONS]
    wrong = [file for file in named if not is_guessable(file)]
    assert wrong == [], "name it after a module of the package, or say in this file why not"


def test_most_tests_are_found_without_an_exception() -> None:
    assert sum(map(is_guessable, FILES)) >= 0.75 * len(FILES)
    assert [file for file in EXCEPTIONS if file not in FILES or is_guessable(file)] == []
