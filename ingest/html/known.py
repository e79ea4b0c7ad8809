"""The words of all generators together: one frozen set for each part of a page.

    ingest/html/generators/sphinx.py, mkdocs.py, ...  ──one Vocabulary each──> merged──> FURNITURE, NOTE_MARKS, ...

To teach the extraction another generator, add a file there that defines `VOCABULARY`. Modules that read pages ask for
these sets, and know no generator.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import lru_cache

from ingest.html import generators
from ingest.html.vocabulary import MarkupVocabulary


def load_vocabularies() -> dict[str, MarkupVocabulary]:
    """Return the vocabulary of each generator by its name. Raises `TypeError` for a file without one."""
    found: dict[str, MarkupVocabulary] = {}
    for module in sorted(pkgutil.iter_modules(generators.__path__), key=lambda module: module.name):
        value = getattr(importlib.import_module(f"{generators.__name__}.{module.name}"), "VOCABULARY", None)
        if not isinstance(value, MarkupVocabulary):
            raise TypeError(f"{generators.__name__}.{module.name} defines no VOCABULARY")
        found[module.name] = value
    return found


def has_name(names: frozenset[str], tag: str, classes: Iterable[str]) -> bool:
    """Return whether one of an element's classes is among `names`, alone or with its tag."""
    return any(name in names or f"{tag}.{name}" in names for name in classes)


def _all(part: str) -> frozenset[str]:
    return frozenset(name for one in _VOCABULARIES for name in getattr(one, part).split())


def _surest(part: str) -> dict[str, int]:
    together: dict[str, int] = {}
    for one in _VOCABULARIES:
        for name, number in getattr(one, part).items():
            together[name] = min(number, together.get(name, number))
    return together


_VOCABULARIES = tuple(load_vocabularies().values())

NOTE_MARKS = _all("note_marks")
FURNITURE = _all("furniture")
FURNITURE_IDS = _all("furniture_ids")
SMALL_LINKS = _all("small_links")
SPOKEN = _all("spoken")
STRUCK = _all("struck")
LIGATURES = _all("ligatures")
PUT_AWAY = _all("put_away")
HIDDEN = _all("hidden") | PUT_AWAY | SPOKEN | STRUCK | LIGATURES
TEXT, TEXT_IDS = _surest("text"), _surest("text_ids")
NAMED_BLOCKS = _all("named_blocks")
CALLOUTS = _all("callouts")
REMOVED = _all("removed")
LINE_NUMBERS = _all("line_numbers")
UNSELECTABLE = _all("unselectable")
CODE = _all("code")
CODE_TITLES = _all("code_titles")
FORMULAS = _all("formulas")
TAB_SETS, TAB_ROWS = _all("tab_sets"), _all("tab_rows")
TASK_LISTS, CHECKED, UNCHECKED = _all("task_lists"), _all("checked"), _all("unchecked")
BYLINES = _all("bylines")
COLUMN_TABLES = _surest("column_tables")
VERSION_METAS = _all("version_metas")


@lru_cache(8_192)
def is_note_name(tag: str, classes: str) -> bool:
    """Return whether a class of an element is that of signs of notes. Cached: a page repeats the same few."""
    return has_name(NOTE_MARKS, tag, classes.split())


MOUNTS, MOUNT_IDS = _all("mounts"), _all("mount_ids")
FURNITURE_PAIRS = tuple(frozenset(pair.split("+")) for pair in sorted(_all("furniture_pairs")))
FURNITURE_ATTRIBUTES = _all("furniture_attributes")
FURNITURE_ATTRIBUTE_NAMES = frozenset(one.partition("=")[0] for one in FURNITURE_ATTRIBUTES)
CODE_FRAMES, LINE_FRAMES = _all("code_frames"), _all("line_frames")
MEMBER_TABLES, BOXED = _all("member_tables"), _all("boxed")
NOTE_ATTRIBUTES = _all("note_attributes")
SIDE_NOTES, NOTE_LISTS = _all("side_notes"), _all("note_lists")
