"""Patterns of paths: what fits, what is refused, and that no pattern costs time."""

from __future__ import annotations

import time

import pytest

from core.errors import UsageError
from ingest.patterns import LONGEST, MOST, compiled, compiled_all


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("guide/**", ["guide", "guide/a", "guide/a/b"], ["guides", "a/guide", ""]),
        ("guide/", ["guide", "guide/a/b"], ["guides/a"]),
        ("guide/*", ["guide/a"], ["guide", "guide/a/b"]),
        ("*/changelog*", ["a/changelog", "a/changelog-2"], ["changelog", "a/b/changelog", "a/changelog/x"]),
        ("**/changelog*", ["changelog", "a/b/changelog.html"], ["a/changelog/x"]),
        ("**", ["", "a", "a/b"], []),
        ("/v?/[ab].html", ["v1/a.html"], ["v12/a.html", "v1/c.html"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/y/z/c", "a/b/b/c"], ["a/c", "a/b/c/d"]),
        ("*a*b*.md", ["xaxbx.md", "ab.md"], ["ba.md", "xa/b.md"]),
    ],
)
def test_a_pattern_fits_whole_paths(pattern: str, fits: list[str], does_not: list[str]) -> None:
    one = compiled(pattern)
    assert [path for path in fits if not one.matches(path)] == []
    assert [path for path in does_not if one.matches(path)] == []


@pytest.mark.parametrize(
    "text", ["", "/", " ", "https://h.example/a/**", "a\\b", "a/../b", "a\nb", "x" * (LONGEST + 1)]
)
def test_what_is_no_pattern_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"\.$"):
        compiled(text)


def test_there_is_a_limit_to_patterns() -> None:
    assert len(compiled_all(["a"] * MOST)) == MOST
    with pytest.raises(UsageError, match="at most"):
        compiled_all(["a"] * (MOST + 1))


@pytest.mark.parametrize("pattern", ["*a" * 90 + "b", "**/" * 60 + "b", "[" * 100, "*?" * 90, "**/*a*/" * 28 + "z"])
def test_no_pattern_makes_a_long_path_slow(pattern: str) -> None:
    started = time.process_time()
    compiled(pattern).matches("/".join(["a" * 200] * 10))
    compiled(pattern).matches("a" * 2000)
    assert time.process_time() - started < 5  # what backtracks takes hours for these
