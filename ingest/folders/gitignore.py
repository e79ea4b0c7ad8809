"""What `.gitignore` files leave out, by the names of files and folders.

    *.tmp    in any folder     /build    only here     site/    only folders     a/**/b     !keep.md    kept after all

The last line that fits decides; lines of a folder further down come after those above. `.git/info/exclude` and the
user's global file are not read; lines with a backslash are skipped.
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
    """The rules that apply in one folder. Paths are relative to the folder that the first rule was made for."""

    rules: tuple[_Rule, ...] = ()

    def with_gitignore(self, base: str, text: str) -> Ignore:
        """Return the rules with those of a `.gitignore`, `text`, in the folder `base` ("" or "a/b/")."""
        return Ignore((*self.rules, *_rules(base, text))[:MOST_RULES])

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Return whether a path is left out. Callers do not look into folders that are left out."""
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
