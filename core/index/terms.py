"""The tokenizer of lexical search, one for rows and for questions, for text that is half prose and half code.

    "DPOTrainer"                        -> dpo, trainer   and the whole: dpotrainer
    "torch.nn.Linear"                   -> torch, nn, linear          and torchnnlinear
    "--learning-rate", "learning_rate"  -> learn, rate                and learningrate   (each finds the other)

Words of prose are stemmed (Snowball, English); stop words are left out of questions only. Postgres' own text parsers
are not used: rows carry a `tsvector` literal and BM25 weights made here. Nothing here knows SQL or a database.
Splitting *and* keeping the whole was worth +.04 Pass@5 on code questions (docs/decisions).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import Stemmer

K1, B, TYPICAL_LENGTH = 1.2, 0.75, 130.0
"""BM25's constants.

TYPICAL_LENGTH is the mean length, in terms, of a passage of about 1,000 characters. It is fixed so that a row's weights
stay true when others come and go.
"""

HIGHEST_WEIGHT = K1 + 1
"""What the weight of a term comes close to in a passage that says nothing else."""

HEADING, TYPICAL_HEADING = 0.5, 5.0
"""How much the terms of a passage's own heading count next to its text, and how long a heading typically is, in terms.

Worth .01 to .02 nDCG@10 on two question sets; the whole path in place of the last heading is worth no more
(docs/decisions/0005).
"""

SLOTS = 1 << 24
"""Width of the hashed weight vector: 80,000 passages of documentation hold about 60,000 terms."""

_WORD = re.compile(r"[^\W_]+(?:[._:/\\-]+[^\W_]+)*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:[._:/\\-]+[A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_FOREIGN_PART = re.compile(r"[^\W\d_]+|\d+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be but by can do does for from has have how i if in into is it its of on or s t that the "
        "their then there these they this to was what when where which who why will with work works you your me my we "
        "our should would could am did not no so any some",
    )
)
_MAX_PARTS, _MAX_JOINED, _MAX_TERM, _LONGEST = 12, 6, 100, 400
_stemmer = Stemmer.Stemmer("english", 0)


@dataclass(frozen=True, slots=True)
class Word:
    """One written word: its stemmed parts in order, and the joined form where there is more than one part."""

    parts: tuple[str, ...]
    joined: str = ""


def _word(written: str) -> Word:
    """Split a written word: `DPOTrainer` -> `Word(("dpo", "trainer"), "dpotrainer")`."""
    if written.isascii():
        lowered = [part.lower()[:_MAX_TERM] for part in _PART.findall(written)][:_MAX_PARTS]
    else:
        foreign = _FOREIGN_PART.findall(_folded(written))
        lowered = [piece for part in foreign for piece in _pieces(part.lower())][:_MAX_PARTS]
    parts = tuple(_stemmer.stemWord(part) if part.isalpha() else part for part in lowered)
    if not 1 < len(lowered) <= _MAX_JOINED or _UNSPACED.search(written):
        return Word(parts)
    joined = "".join(lowered)[:_MAX_TERM]
    return Word(parts, _stemmer.stemWord(joined) if joined.isalpha() else joined)


def _folded(written: str) -> str:
    """Fold a word: `naïve` -> `naive`, full-width letters to plain ones; other scripts stay as they are."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", written) if not unicodedata.combining(letter))


def _pieces(part: str) -> list[str]:
    """Return pairs of letters of a script without spaces: `日本語` -> `["日本", "本語"]`; anything else as it is."""
    if len(part) == 1 or not _UNSPACED.match(part):
        return [part[:_MAX_TERM]]
    return [part[at : at + 2] for at in range(len(part) - 1)]


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text in order; text of 2 MB takes about a second."""
    for match in _WORD.finditer(text):
        word = _word(match.group()[:_LONGEST])
        if word.parts:
            yield word


def split_terms(text: str) -> list[str]:
    """Return every term of a row, parts and joined forms.

    `"Use DPOTrainer"` -> `["use", "dpo", "trainer", "dpotrainer"]`
    """
    found = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    return list(chain.from_iterable(map(_terms, found)))


@lru_cache(50_000)
def _terms(written: str) -> tuple[str, ...]:
    """Return the terms of one written word.

    They are cached: rows are made of words that were seen before, and this is where the time went.
    """
    word = _word(written[:_LONGEST])
    return (*word.parts, word.joined) if word.joined else word.parts


def question_words(text: str) -> list[Word]:
    """Return the words of a question that can find something, each once, without stop words."""
    found = dict.fromkeys(word for word in words(text) if len(word.parts) > 1 or word.parts[0] not in _STOP_STEMS)
    return list(found)


@lru_cache(50_000)
def slot(term: str) -> int:
    """Return the place (0 .. SLOTS-1) of a term in a weight vector."""
    return zlib.crc32(term.encode()) & (SLOTS - 1)


def weights(terms: Iterable[str], heading: Iterable[str] = ()) -> dict[int, float]:
    """Return BM25 term weights of a row by slot, without the document frequency, which the question brings.

    Robertson & Zaragoza 2009, tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / typical length)), once for the row and
    once more, at `HEADING`, for the terms of its `heading`.
    """
    placed = _placed(Counter(terms), 1.0, TYPICAL_LENGTH)
    for where, weight in _placed(Counter(heading), HEADING, TYPICAL_HEADING).items():
        placed[where] = placed.get(where, 0.0) + weight
    return placed


def _placed(counts: Counter[str], share: float, typical: float) -> dict[int, float]:
    norm, scale = K1 * (1 - B + B * counts.total() / typical), share * (K1 + 1)
    worth = [scale * count / (count + norm) for count in counts.values()]
    placed = dict(zip(map(slot, counts), worth, strict=True))
    if len(placed) < len(counts):  # two terms share a slot: their weights add up
        placed = dict.fromkeys(placed, 0.0)
        for term, weight in zip(counts, worth, strict=True):
            placed[slot(term)] += weight
    return placed


def lexemes(terms: Iterable[str]) -> str:
    """Return a `tsvector` literal without positions: `["use", "dpo", "use"]` -> `'use' 'dpo'`. Terms hold no quotes."""
    distinct = dict.fromkeys(terms)
    return "'" + "' '".join(distinct) + "'" if distinct else ""


_STOP_STEMS = frozenset(_stemmer.stemWord(word) for word in _STOP) | _STOP
