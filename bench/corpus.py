"""Makes rows that look like documentation to a store: words by Zipf's law, identifiers, headings, clustered vectors.

    make(rows) ──> Made(pages of PASSAGES_PER_PAGE passages, their vectors)
    made.questions(count) ──> Question(text, vector), each near one passage in words and in space

Nothing is third-party text: words are put together from syllables. The same seed gives the same rows. What is imitated:
about 140 terms and 900 characters a passage, over a third of the terms in one or two passages only, three levels of
nearness (topic, page, passage), and a question whose best passage has a cosine of about .7, as MiniLM gives.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy
from numpy.typing import NDArray

from core.domain import Passage, PassageKind, Vector
from core.index.crawling import StagedPage

DIMENSIONS = 384
PASSAGES_PER_PAGE, PAGES_PER_TOPIC = 20, 8
SITE = "https://docs.example/"

_STOP = re.findall(
    r"\w+",
    "the of to and a in is for that with on as are this be by an or from it can will you if at not have when use which "
    "your all has each other must then into may also only but no one any more used than so same there do its how",
)
_PLAIN, _IDENTIFIERS = 22_000, 40_000
_TOPIC_WORDS, _TOPIC_SHARE, _COMMON = 150, 0.3, 250
_TOPIC, _PAGE, _OWN = 0.62, 0.42, 0.66
"""What a topic, a page and a passage count in a vector; neighbours within a page have a cosine of about .56."""
_NEAR, _AWAY = 0.72, 0.69

Floats = NDArray[numpy.float32]
Numbers = NDArray[numpy.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a store sees it."""

    text: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class Made:
    """Pages, and row for row the vectors of their passages."""

    pages: list[StagedPage]
    vectors: Floats

    @property
    def passages(self) -> list[Passage]:
        """All passages, in the order of `vectors`."""
        return [passage for page in self.pages for passage in page.passages or ()]

    def questions(self, count: int, seed: int = 2) -> list[Asked]:
        """Return questions near a passage each.

        A third ask for its section, for code about it, for an identifier of its text.
        """
        chance = numpy.random.default_rng(seed)
        passages = self.passages
        chosen = chance.choice(len(passages), count, replace=count > len(passages))
        vectors = _unit(_NEAR * self.vectors[chosen] + _AWAY * _spread_out(chance, count))
        return [
            Asked(_question(passages[row], number), vector_of(vector))
            for number, (row, vector) in enumerate(zip(chosen, vectors, strict=True))
        ]


def make(rows: int, seed: int = 1) -> Made:
    """Make this many passages; the last page may be shorter."""
    chance = numpy.random.default_rng(seed)
    writer = _Writer(chance)
    pages = -(-rows // PASSAGES_PER_PAGE)
    made = [writer.page(number, min(PASSAGES_PER_PAGE, rows - number * PASSAGES_PER_PAGE)) for number in range(pages)]
    return Made(made, _vectors(chance, rows, pages))


def vector_of(row: Floats) -> Vector:
    """Return a row of a matrix as our ports want it."""
    return array("f", row.astype(numpy.float32).tobytes())


def _vectors(chance: numpy.random.Generator, rows: int, pages: int) -> Floats:
    topics = _spread_out(chance, -(-pages // PAGES_PER_TOPIC))
    of_pages = _TOPIC * topics[numpy.arange(pages) // PAGES_PER_TOPIC] + _PAGE * _spread_out(chance, pages)
    return _unit(of_pages[numpy.arange(rows) // PASSAGES_PER_PAGE] + _OWN * _spread_out(chance, rows))


def _spread_out(chance: numpy.random.Generator, count: int) -> Floats:
    """Return directions of length one that favour some dimensions, as those of language models do."""
    strength = (1 + numpy.arange(DIMENSIONS)) ** -0.35
    return _unit((chance.standard_normal((count, DIMENSIONS)) * strength).astype(numpy.float32))


def _unit(matrix: Floats) -> Floats:
    normed: Floats = (matrix / numpy.linalg.norm(matrix, axis=1, keepdims=True)).astype(numpy.float32)
    return normed


def _question(passage: Passage, number: int) -> str:
    section = passage.path[-1]
    if number % 3 == 0:
        return f"How does {section} work?"
    if number % 3 == 1:
        return f"Example code for {section} with {passage.title}?"
    named = max(passage.text.split(), key=lambda word: sum(not letter.isalpha() for letter in word[1:-1]))
    return f"What is {named.strip('.,')} for in {section}?"


class _Writer:
    """Draws words: mostly of the whole language, partly of the topic at hand."""

    def __init__(self, chance: numpy.random.Generator) -> None:
        self._chance = chance
        self._words = numpy.array(_STOP + _ranked(chance), dtype=object)
        rank = numpy.arange(len(self._words))
        steps = 1 / ((rank + 2.7) ** 1.02 * (1 + rank / 6_000) ** 3)
        self._upto = numpy.cumsum(steps / steps.sum())
        self._topic = self._draw(_TOPIC_WORDS)

    def page(self, number: int, passages: int) -> StagedPage:
        """Return one page of one topic."""
        if number % PAGES_PER_TOPIC == 0:
            drawn = self._draw(_TOPIC_WORDS * 4)
            self._topic = drawn[drawn >= _COMMON][:_TOPIC_WORDS]
        title = self._heading(3)
        url = f"{SITE}{number:05}.html"
        made = tuple(self._passage(url, title, ordinal) for ordinal in range(passages))
        return StagedPage(url, title=title, etag=f'"{number}"', passages=made)

    def _passage(self, url: str, title: str, ordinal: int) -> Passage:
        section = self._heading(2 + ordinal % 3)
        code = ordinal % 5 == 4
        text = " ".join(self._sentences(min(230, max(40, int(self._chance.normal(100 if code else 135, 30))))))
        if code:
            text += f"\n\n```python\n{self._code(5)}\n```"
        anchor = section.lower().replace(" ", "-")
        return Passage(
            url,
            anchor,
            (title, section),
            text,
            title,
            PassageKind.CODE if code else PassageKind.PROSE,
            "python" * code,
            ordinal,
        )

    def _sentences(self, words: int) -> Iterator[str]:
        drawn = self._words[self._mixed(words)]
        stops = [0, *numpy.cumsum(self._chance.integers(7, 22, words // 7 + 1)), words]
        for start, stop in pairwise(stops):
            if start < min(stop, words):
                sentence = " ".join(drawn[start:stop])
                yield f"{sentence[0].upper()}{sentence[1:]}."

    def _code(self, lines: int) -> str:
        drawn = self._words[self._mixed(lines * 3) % (len(self._words) - 500) + 500]
        return "\n".join(
            f"{target.replace('-', '')} = {call}({argument!r})"
            for target, call, argument in zip(drawn[::3], drawn[1::3], drawn[2::3], strict=True)
        )

    def _heading(self, words: int) -> str:
        return " ".join(self._words[self._chance.choice(self._topic, words)]).capitalize()

    def _mixed(self, count: int) -> Numbers:
        own = self._chance.random(count) < _TOPIC_SHARE
        drawn = self._draw(count)
        drawn[own] = self._topic[(self._chance.random(int(own.sum())) ** 2 * len(self._topic)).astype(int)]
        return drawn

    def _draw(self, count: int) -> Numbers:
        drawn: Numbers = numpy.searchsorted(self._upto, self._chance.random(count)).clip(max=len(self._words) - 1)
        return drawn


def _ranked(chance: numpy.random.Generator) -> list[str]:
    """Return words by frequency, the most frequent first; identifiers begin further down."""
    plain = _plain_words(chance)
    words = plain + _identifiers(chance, plain)
    places = numpy.concatenate([chance.random(len(plain)) ** 2, 0.05 + chance.random(len(words) - len(plain)) ** 0.5])
    return [words[at] for at in numpy.argsort(places)]


def _plain_words(chance: numpy.random.Generator) -> list[str]:
    """Return words of two to four syllables, mostly two, each once."""
    syllables = [first + middle + last for first in "bcdfglmnprstv" for middle in "aeiou" for last in ("", "n", "r")]
    found: dict[str, None] = {}
    while len(found) < _PLAIN:
        found["".join(chance.choice(syllables, int(min(4, 1 + chance.geometric(0.6)))))] = None
    return list(found)


def _identifiers(chance: numpy.random.Generator, plain: list[str]) -> list[str]:
    """Return identifiers: `tunariLopen`, `max_gareto`, `--luna-tari`, `borin.deluta`, `LunaTari`, `tari()`, ..."""
    shapes = ("{0}{1:t}", "{0}_{1}", "--{0}-{1}", "{0}.{1}", "{0:t}{1:t}", "{0}()", "{0}.{1}_{0}")
    words = [_Word(word) for word in chance.choice(plain[:4_000], 2 * _IDENTIFIERS)]
    return [
        shapes[number % len(shapes)].format(first, second)
        for number, (first, second) in enumerate(zip(words[::2], words[1::2], strict=True))
    ]


class _Word(str):
    """A word that `f"{word:t}"` writes with a capital letter."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return self.capitalize() if form == "t" else str(self)
