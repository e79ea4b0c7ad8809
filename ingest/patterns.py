"""Shell-like patterns of paths, as `sources add --include` and `.gitignore` write them.

    guide/**        all below guide/, and guide itself         *     any characters but "/"
    */changelog*    changelog, changelog-2, one folder down    **    any number of folders, none as well
    **/*.pdf        every PDF                                  ?     one character but "/"; [ab] one of these

A pattern is matched against the whole path below the source's folder: `"guide/install"` of
`https://h/docs/guide/install/`. No backtracking: segments are matched one by one (`fnmatch`, whose expressions are
atomic), `**` by a set of positions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate

from core.errors import UsageError

NOT_INCLUDED, EXCLUDED = "not included", "excluded"

LONGEST, MOST = 200, 50
"""Characters per pattern, patterns per source and kind."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern, compiled; a None among `segments` stands for `**`."""

    segments: tuple[re.Pattern[str] | None, ...]

    def matches(self, path: str) -> bool:
        """Return whether the pattern fits the whole path: `Pattern of "a/**"` fits `"a"` and `"a/b/c"`."""
        places = self._skipped({0})
        for name in path.split("/") if path else ():
            places = self._skipped({after for place in places for after in self._step(place, name)})
        return len(self.segments) in places

    def _step(self, place: int, name: str) -> tuple[int, ...]:
        if place == len(self.segments):
            return ()
        segment = self.segments[place]
        if segment is None:
            return (place,)
        return (place + 1,) if segment.match(name) else ()

    def _skipped(self, places: set[int]) -> set[int]:
        """Return `places` with those that are reached because `**` may stand for nothing."""
        for place, segment in enumerate(self.segments):
            if segment is None and place in places:
                places.add(place + 1)
        return places


class PatternChoice:
    """The patterns of one source. Raises `UsageError`."""

    def __init__(self, include: Iterable[str], exclude: Iterable[str]) -> None:
        self._include = compiled_all(include)
        self._exclude = compiled_all(exclude)

    def against(self, path: str) -> str:
        """Return why a path below the source's folder is left out, "" where it is wanted. `exclude` wins."""
        if any(pattern.matches(path) for pattern in self._exclude):
            return EXCLUDED
        wanted = not self._include or any(pattern.matches(path) for pattern in self._include)
        return "" if wanted else NOT_INCLUDED


def compiled(text: str) -> Pattern:
    """Return the pattern compiled; `"guide/"` means `"guide/**"`. Raises `UsageError` for what is no pattern."""
    names = _checked(text).strip("/").split("/")
    if text.endswith("/"):
        names.append("**")
    return Pattern(tuple(None if name == "**" else re.compile(translate(name)) for name in names if name))


def compiled_all(texts: Iterable[str]) -> tuple[Pattern, ...]:
    """Return the patterns compiled. Raises `UsageError` for what is no pattern, and for too many patterns."""
    patterns = tuple(map(compiled, texts))
    if len(patterns) > MOST:
        raise UsageError(f"A source takes at most {MOST} patterns of a kind: write fewer that say more.")
    return patterns


def _checked(text: str) -> str:
    if not text.strip("/ "):
        raise UsageError("A pattern must not be empty: guide/** stands for all below guide/.")
    if len(text) > LONGEST:
        raise UsageError(f"A pattern is at most {LONGEST} characters long.")
    if "://" in text:
        raise UsageError("A pattern is a path below the source's folder, such as guide/**, and no url.")
    if _CONTROL.search(text) or ".." in text.split("/"):
        raise UsageError("A pattern holds no backslash, no control character and no .. folder.")
    return text
