"""What `.gitignore` files leave out, as far as they are about names of files and folders.

    *.tmp    in any folder     /build    here alone     site/    folders alone     a/**/b     !keep.md    after all

The last line that fits decides, those of a folder further down after those above. Not read: `.git/info/exclude` and the
user's own file; lines with a backslash are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import UsageError
from ingest.patterns import Pattern, compiled

MOST_RULES = 2_000


@dataclass(frozen=True, slots=True)
class _Rule:
    base: str  # the folder of the file that holds it, "" or "a/b/"
    pattern: Pattern
    ignores: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Ignore:
    """The rules that hold in one folder. Paths are below the folder that the first of them was made for."""

    rules: tuple[_Rule, ...] = ()

    def and_those_of(self, base: str, text: str) -> Ignore:
        """With those of a `.gitignore` in the folder `base` ("" or "a/b/")."""
        return Ignore((*self.rules, *_rules(base, text))[:MOST_RULES])

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether a path is left out; whoever asks does not look into folders that are."""
        for rule in reversed(self.rules):
            fits = path.startswith(rule.base) and (is_folder or not rule.folders_only)
            if fits and rule.pattern.matches(path[len(rule.base) :]):
                return rule.ignores
        return False


def _rules(base: str, text: str) -> Iterator[_Rule]:
    for line in text.splitlines():
        written = line.strip()
        name = written.removeprefix("!").rstrip("/")
        if not name or name.startswith("#"):
            continue
        try:
            pattern = compiled(name if "/" in name else f"**/{name}")
        except UsageError:
            continue
        yield _Rule(base, pattern, ignores=not written.startswith("!"), folders_only=written.endswith("/"))
