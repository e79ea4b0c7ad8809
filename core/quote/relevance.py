"""How sure the reader may be that a section answers: the gate of the reader that has no model to ask.

    evidence = similarity of the section (cosine) + log(1 + how many of the question's words it holds)
    SURE      the evidence reaches a threshold, or the section's heading holds each word that was asked about; and each
              name in the question is in something that was found
    UNSURE    something that was found comes near: the closest sections are named, nothing is claimed
    FAR       nothing does

No single cosine is a safe threshold (measured): a question in other words than the page's shares few words and has a
high cosine; for one about another subject that happens to share words it is the reverse. The weighted sum separates
them. Words are counted, not divided by the question's length: a question that tells a story has many words that no page
has, and five words of ten say more than two of two (docs/decisions/0047). Near misses (right subject, wrong detail)
have both; most of them are given away by a name that a page about it would have. Other near misses pass; the citation
lets the asker see that. How the constants were found, and on what: docs/decisions/0005, 0017, 0034 and 0047.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum, auto
from itertools import chain, pairwise

from core.domain import Hit
from core.index.terms import Word, question_words, split_terms, words
from core.ports import GateRuling

LOOKED_AT = 5
"""How many of the best hits are looked at."""

SIMILARITY_WEIGHT, WORDS_WEIGHT, THRESHOLD, THRESHOLD_FAR = 1.0, 0.35, 0.72, 0.44
"""For all-MiniLM-L6-v2 (docs/decisions/0047); a model with other cosines needs its own."""

FEWEST_WORDS = 3
"""A shorter question counts as one of so many words: "autoscaling" is all that its asker wants to know."""

_FEWEST_OWN = 2
"""A follow-up of fewer words of its own, "and on windows?", is about what was asked before."""

COVERAGE_ALONE = 0.4
"""If there are no cosines (the embedder failed), this share of the words must be in one passage."""

_WRITTEN = re.compile(r"`[^`\n]*`|\S+")
_BARE = re.compile(r"[(\"'“`]*(?P<name>.*?)(?:['’]s)?[)\"'”`.,;:!?…]*")
_CODED = re.compile(
    r"[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z]*[A-Z]|[A-Za-z][./_][A-Za-z0-9]|[A-Z][A-Za-z]*-|-[A-Z]|[a-zA-Z](?:\+\+|#)$"
)
_CAPITALS, _PLAIN = re.compile(r"[A-Z]{2,30}"), re.compile(r"[A-Z]?[a-z]{2,30}")
_LETTERS = re.compile(r"[a-z]{3,30}")
_MOST_UNHEARD = 1 / 3
_PREFIXES = ("re", "un", "dis", "mis", "non")
_SENTENCE_ENDS, _MOST_PROPER = (".", "!", "?", ":"), 1 / 2
_SHORTEST_PART = 3
_SAME_WORD, _MOST_SLIPS, _LONG = 0.8, 2, 6
_OF_THE_TRADE = frozenset(
    re.findall(
        r"\w+",
        "async autocomplete backend boolean changelog checkbox checksum cli config cronjob dropdown endpoint "
        "executable filename filesystem frontend hardcode hostname initialise localhost login logout "
        "lowercase middleware namespace params plaintext popup prod readme regex repo snippet stderr stdin "
        "stdout subfolder timestamp tooltip uppercase url username whitespace workaround "
        "arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt lets shouldnt thats wasnt werent whats wont "
        "wouldnt",
    )
)
"""Words that programmers use of any program, so a page need not have them; and English written in a hurry."""


class Confidence(Enum):
    """How sure the reader may be that a section answers: show it, link to it, or say that nothing is about this."""

    SURE = auto()
    UNSURE = auto()
    FAR = auto()


@dataclass(frozen=True, slots=True)
class Signals:
    """What the gate sees: the best cosine (None: not computed), the best coverage, 0..1, and of how many words."""

    similarity: float | None
    coverage: float
    words: int = FEWEST_WORDS

    @property
    def held(self) -> float:
        """Return how many words of the question are held, rare ones counting for more."""
        return self.coverage * max(FEWEST_WORDS, self.words)

    @property
    def score(self) -> float:
        return SIMILARITY_WEIGHT * (self.similarity or 0.0) + WORDS_WEIGHT * math.log1p(self.held)


class OrdinaryWords:
    """The words that mean nothing if no page holds them; all others are names."""

    def __init__(self, ordinary: Collection[str]) -> None:
        self._stems = frozenset(split_terms(" ".join(ordinary))) | frozenset(split_terms(" ".join(_OF_THE_TRADE)))
        self.is_empty = not ordinary

    def holds(self, word: str) -> bool:
        """Return whether a word is ordinary, whatever its ending or a "re-" before it."""
        words = [word, *(word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix))]
        return any(not self._stems.isdisjoint(split_terms(each)) for each in words)


def judge_section(
    question: Sequence[Word], section: Sequence[Hit], hits: Sequence[Hit], missing: Collection[str] = ()
) -> Confidence:
    """Return whether `section`, of all `hits`, may be shown as the answer.

    `missing` are the names in the question that nothing found holds: a page about them would hold them, so with one of
    them nothing is SURE. FAR if no word of the question counts.
    """
    if not question or not section:
        return Confidence.FAR
    ours, best = measure_signals(question, section), measure_signals(question, hits[:LOOKED_AT])
    if best.similarity is None:
        is_near = is_sure = ours.coverage >= COVERAGE_ALONE
    else:
        is_near, is_sure = best.score >= THRESHOLD_FAR, ours.score >= THRESHOLD
    if not is_near:
        return Confidence.FAR
    is_sure = is_sure or _is_headed(question, section)
    return Confidence.SURE if is_sure and not missing else Confidence.UNSURE


def describe_ruling(
    confidence: Confidence, question: Sequence[Word], section: Sequence[Hit], missing: Collection[str]
) -> GateRuling:
    """Return what the gate made of a section, with the numbers behind it."""
    signals = measure_signals(question, section) if question and section else Signals(None, 0.0)
    by_words = signals.similarity is None
    return GateRuling(
        confidence=confidence.name.lower(),
        score=signals.coverage if by_words else signals.score,
        least=COVERAGE_ALONE if by_words else THRESHOLD,
        similarity=signals.similarity,
        coverage=signals.coverage,
        missing=tuple(missing),
    )


def find_missing_names(question: str, found: Sequence[Hit], vocabulary: OrdinaryWords) -> list[str]:
    """Return the names in a question that nothing found holds, as they are written.

    `("Deploy to Kubernetes?", hits about another cloud, English words)` -> `["Kubernetes"]`

    A name is a word with a capital within a sentence, with inner capitals, digits, dots or slashes ("PostgreSQL", "S3",
    "HTTP/2"), or a plain word that is not ordinary. A plain name that is spelled almost like a word of what was found
    is a typing error, and two words written as one are those words. If many words are no English, the question is in
    another language and its plain words say nothing.
    """
    names = find_names(question, vocabulary)
    texts = [text_of_hit(hit) for hit in found] if names else []
    joined = "\n".join(texts).lower()
    strange = [name for name in names if not _stands_in(name.lower(), joined)]
    if not strange:
        return []
    known = frozenset(chain.from_iterable((*split_terms(text), *_LETTERS.findall(text.lower())) for text in texts))
    return [name for name in strange if not _is_known(name, known, vocabulary)]


def text_of_hit(hit: Hit) -> str:
    """Return all words of a hit that a name may stand in: title, headings, link and text."""
    return f"{hit.passage.title} {' '.join(hit.passage.path)} {hit.passage.link} {hit.passage.text}"


def find_names(question: str, vocabulary: OrdinaryWords) -> list[str]:
    """Return the names in a question, each once, in no order."""
    written = [match["name"] for each in _WRITTEN.findall(question) if (match := _BARE.fullmatch(each))]
    coded = [name for name in written if _CODED.search(name)]
    if vocabulary.is_empty:
        return list(dict.fromkeys(coded))
    plain = [name for name in written if name not in coded and (_PLAIN.fullmatch(name) or _CAPITALS.fullmatch(name))]
    unusual = [name for name in plain if not vocabulary.holds(name.lower())]
    if len(unusual) > _MOST_UNHEARD * len(written):
        return list(dict.fromkeys(coded))
    return list(dict.fromkeys([*coded, *unusual, *_proper(_WRITTEN.findall(question))]))


def _proper(written: Sequence[str]) -> list[str]:
    """Return the words that have a capital, except the first of a sentence; none of a title, in which most have one."""
    inside = [word for before, word in pairwise(written) if before[-1:] not in _SENTENCE_ENDS]
    bare = [match["name"] for each in inside if (match := _BARE.fullmatch(each))]
    found = [name for name in bare if _PLAIN.fullmatch(name) and name.istitle()]
    return found if len(found) <= _MOST_PROPER * len(written) else []


def _stands_in(name: str, text: str) -> bool:
    """Return whether a name is in a text, as a word or as two: `"hardlinks"` in a text about hard links."""
    if name in text and re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None:
        return True
    cuts = range(_SHORTEST_PART, len(name) - _SHORTEST_PART + 1) if name.isalpha() else ()
    return any(f"{name[:at]}{gap}{name[at:]}" in text for at in cuts for gap in " -")


def _is_known(written: str, known: frozenset[str], vocabulary: OrdinaryWords) -> bool:
    """Return whether a name is among the words, as it is or with a typing error.

    No typing error has a name in capitals or with digits or signs, nor one that is a word ("Slack" is no slip for
    "stack"); a short one has no letter too many ("etcd" is no slip for "etc").
    """
    name = written.lower()
    of_one = next(words(written), None)
    if name.isalpha() and not known.isdisjoint(split_terms(name)):
        return True
    if of_one is not None and of_one.joined:
        return of_one.joined in known
    if _PLAIN.fullmatch(written) is None or vocabulary.holds(name):
        return False
    least, most = (-_MOST_SLIPS, _MOST_SLIPS) if len(name) >= _LONG else (0, 1)
    alike = [word for word in known if word[0] == name[0] and least <= len(word) - len(name) <= most]
    return bool(get_close_matches(name, alike, 1, _SAME_WORD))


def measure_signals(question: Sequence[Word], hits: Sequence[Hit]) -> Signals:
    """Return the numbers behind the verdict, for calibration and logs."""
    best = hits
    similarities = [hit.similarity for hit in best if hit.similarity is not None]
    held = [frozenset(split_terms(f"{' '.join(hit.passage.path)}\n{hit.passage.text}")) for hit in best]
    weights = {word: _weight(word, held) for word in question}
    total = sum(weights.values())
    shares = [sum(weight for word, weight in weights.items() if _holds(terms, word)) / total for terms in held]
    return Signals(max(similarities, default=None), max(shares, default=0.0), len(question))


def find_strange_words(question: str, found: Sequence[Hit], vocabulary: OrdinaryWords) -> list[str]:
    """Return the words of a follow-up, in their stems, if there are two or more and nothing found holds any of them.

    The question before it brings words that pages hold, so it alone would let `"who painted the mona lisa?"` pass. A
    follow-up without an English word is in another language than the pages may be, and is not judged so.
    """
    own = question_words(question)
    parts = [part for word in own for part in word.parts]
    if len(own) < _FEWEST_OWN or not any(map(vocabulary.holds, parts)):
        return []
    return parts if measure_signals(own, found).coverage == 0 else []


def _is_headed(question: Sequence[Word], section: Sequence[Hit]) -> bool:
    """Return whether the section's own heading holds all words: "How do I install it?" asks for "Install with pip"."""
    headings = [frozenset(split_terms(hit.passage.path[-1])) for hit in section if hit.passage.path]
    return any(all(_holds(terms, word) for word in question) for terms in headings)


def _holds(terms: frozenset[str], word: Word) -> bool:
    return word.joined in terms if word.joined else all(part in terms for part in word.parts)


def _weight(word: Word, held: Sequence[frozenset[str]]) -> float:
    """Return the weight of a word: 1 if all hits hold it, 1 + log 2 and up if some do not.

    Words that fewer of the hits hold say more.
    """
    return 1.0 + math.log((len(held) + 1) / (sum(_holds(terms, word) for terms in held) + 1))
