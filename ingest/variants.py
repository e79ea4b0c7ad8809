"""Urls that differ only in their query: a wiki at one path is read whole, a filter without end is left.

    list?sort=a, ?sort=b, ...      the first `most` of a path; each that says something new makes room for another
    doku.php?id=a, ?id=b, ...      counted apart from `?id=a&do=edit`: else a wiki's tools take the places of its pages

What is new: at least half of a page's text stands in clauses that no other variant had, digits apart, so that a
calendar is never new. They may differ in the words of the query alone (a wiki names its page in each sentence) only
where the url looks like a wiki's: one parameter that names something, and combines no names that were seen. Pure.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote_plus

from core.net.urls import page_key
from ingest.html.tree import words

MOST_PARKED, MOST_LINES = 20_000, 500_000
"""Urls that wait for a place, and clauses that are remembered, of one crawl."""

MOST_TRUSTED = 64
"""Pages of one path that may differ in the words of their query alone."""

LEAST_SHARE, LEAST_WORDS = 0.5, 15
"""Of a page's letters, and its words: what must be new."""

_FUNCTIONS = words(
    "q s search query sort order orderby dir filter filters tag tags facet view show do action mode rev oldid diff "
    "limit offset start year month day date from to until since lang print share color colour size price cat category "
    "brand"
)
"""Parameters that choose how something is shown, and name no page."""

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+")
_ENDS = re.compile(r"[\n|;。！？]|[.!?,:](?:\s|\Z)")

_Group: TypeAlias = tuple[str, bool]


@dataclass(slots=True)
class _State:
    """What is known of one path: `places` taken by urls that said nothing new, `parked` ones, lines and names seen."""

    places: int = 0
    parked: deque[tuple[str, int]] = field(default_factory=deque)
    lines: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    trusted: int = 0
    has_news: bool = False


class Variants:
    """The urls with a query of one crawl. `known`: pages of earlier crawls, which keep their places."""

    def __init__(self, most: int, known: Collection[str] = ()) -> None:
        self._most = most
        self._states: dict[_Group, _State] = {}
        self._parked = 0
        self._remembered = 0
        there = Counter(_group(url) for url in known if "?" in url)
        for group, count in there.items():
            self._states[group] = _State(count)
        self._proven = frozenset(group for group, count in there.items() if count > most)

    def admit(self, url: str, depth: int) -> bool:
        """Return whether a url has a place. One without waits until `make_room` gives it one."""
        if "?" not in url:
            return True
        state = self._states.setdefault(_group(url), _State())
        if state.places < self._most:
            state.places += 1
            return True
        if self._parked < MOST_PARKED:
            state.parked.append((url, depth))
            self._parked += 1
        return False

    def is_news(self, url: str, texts: Sequence[str]) -> bool:
        """Return whether a page says what no other variant of its path did. Remembers what it says."""
        if "?" not in url:
            return False
        state = self._states.setdefault(_group(url), _State())
        is_first, values = not state.lines, _values(url)
        is_wiki = state.trusted < MOST_TRUSTED and _names_a_page(url, state.names)
        state.names.update(*map(_parts, values))
        new_share, new_words = self._weigh(state, texts, frozenset(part for value in values for part in _parts(value)))
        echoing_share, _ = self._weigh(state, texts, None)
        if is_first:
            return False
        if new_share > LEAST_SHARE and new_words >= LEAST_WORDS:
            return True
        state.trusted += is_wiki
        return is_wiki and echoing_share > LEAST_SHARE

    def _weigh(self, state: _State, texts: Sequence[str], echo: frozenset[str] | None) -> tuple[float, int]:
        """Return the share of a page in clauses that are new, and the words of these. `echo`: words to skip."""
        size = fresh = words = 0
        for line in _lines(texts, echo or frozenset()):
            size += len(line)
            mark = hash((echo is None, line))
            if mark in state.lines:
                continue
            fresh += len(line)
            words += len(line.split())
            if self._remembered < MOST_LINES:
                state.lines.add(mark)
                self._remembered += 1
        return fresh / max(size, 1), words

    def was_news(self, url: str) -> bool:
        """Return whether an unchanged page counts as news: where more were kept than have a place from the start."""
        return "?" in url and _group(url) in self._proven

    def make_room(self, url: str) -> tuple[str, int] | None:
        """Give the place of a url that brought news to one that waits, and return that one with its depth."""
        state = self._states.setdefault(_group(url), _State())
        state.has_news = True
        state.places = max(0, state.places - 1)
        if not state.parked or state.places >= self._most:
            return None
        state.places += 1
        self._parked -= 1
        return state.parked.popleft()

    @property
    def unread(self) -> Iterator[str]:
        """The urls that still wait next to variants that brought news: the site says more than was read."""
        return (url for state in self._states.values() if state.has_news for url, _ in state.parked)


def _group(url: str) -> _Group:
    """Return the path of a url, and whether its query is a single parameter that may name a page."""
    path, _, query = page_key(url).partition("?")
    return path, "&" not in query and query.partition("=")[0].lower() not in _FUNCTIONS


def _values(url: str) -> list[str]:
    return [unquote_plus(pair.partition("=")[2]).lower() for pair in url.partition("?")[2].split("&")]


def _parts(value: str) -> list[str]:
    return _WORD.findall(value)


def _names_a_page(url: str, seen: set[str]) -> bool:
    """Return whether the query looks like the name of a page: not a number, and no combination of seen names."""
    if not _group(url)[1]:
        return False
    value = _values(url)[0]
    digits, letters = len(_DIGITS.findall(value)), sum(map(str.isalpha, value))
    parts = _parts(value)
    return letters > 2 * sum(map(str.isdigit, value)) and digits < 3 and not (len(parts) > 1 and seen.issuperset(parts))


def _lines(texts: Iterable[str], echo: frozenset[str]) -> Iterator[str]:
    """Yield the clauses of texts without digits and without the words of the query."""
    for text in texts:
        for line in _ENDS.split(text):
            plain = _DIGITS.sub("", line.lower())
            if echo:
                plain = _WORD.sub(lambda word: "" if word[0] in echo else word[0], plain)
            if plain.strip():
                yield plain.strip()
