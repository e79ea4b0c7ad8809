"""How many, how often, and whether a condition matters: drafts that say so, and the passage's closest sentence.

    "It applies to all files."        the passage: "It applies to the next file only."       -> file
    "It may be given once only."      the passage: "It may be given several times."          -> once
    "It works even without a key."    the passage: "It works only if there is a key."        -> even
    "Baseline and lossless work."     the passage: "Only baseline works."                    -> lossless

The words are closed classes of English. Both sides have to say it of the same word, and only one of them in its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.check.clauses import read_clauses, stem_word
from core.check.evidence import EvidenceText
from core.check.languages import is_foreign
from core.check.links import CODE_SPAN
from core.check.quoting import split_sentences
from core.check.words import content_words

_CLOSE, _FEWEST, _WINDOW, _OF_NOUN, _SHORT = 0.5, 2, 4, 2, 3
"""The share of a sentence's words, and their number, that the passage's sentence holds; words behind a quantifier, on
the passage's side and in the sentence, where it may count no other thing;
words of a sentence that needs one name alone."""

_CLASSES = {
    "least": r"\bat least one\b|\bone or more\b|\bany one\b|\bone of\b|\beither of\b",
    "one": r"\b(?:only|exactly|just|at most|no more than) (?:one|a single)\b|\ba single\b",
    "many": r"\bseveral\b|\bmultiple\b|\bmany\b|\bmore than one\b|\bany number of\b",
    "all": r"\ball\b|\bevery\b|\beach\b|\bboth\b",
    "only": r"\bonly\b|\bsolely\b|\bexclusively\b",
}
_QUANTIFIER = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _CLASSES.items()), re.IGNORECASE)
_CONFLICTS = frozenset(
    frozenset(pair) for pair in (("least", "all"), ("one", "many"), ("one", "all"), ("only", "all"), ("only", "many"))
)
_ONCE = re.compile(r"\b(?:(?:only|just|at most|no more than) once|once only)\b", re.IGNORECASE)
_OFTEN = re.compile(r"\b(?:(?:multiple|several|many) times|more than once|repeatedly)\b", re.IGNORECASE)
_EVEN = re.compile(r"\beven (?:if|when|where|while|with|without|after|before|for|in)\b", re.IGNORECASE)
_ONLY_IF = re.compile(
    r"\bonly\b[^.;:]{0,60}?\b(?:if|when|where|while|with|after)\b|\bas long as\b|\bprovided (?:that)?\b", re.IGNORECASE
)
_WORD = re.compile(r"[`\w](?:[\w`.-]*[\w`])?")
_AUXILIARY = re.compile(r"\b(?:can|may|will|must|should|could|is|are|be|do|does) $", re.IGNORECASE)
_PREPOSITION = re.compile(r" (?:to|from|for|in|on|with|at|by|of) ")
"""Where what "only" counts begins, behind an auxiliary: "can only read from one host"."""

_END = re.compile(r"[,;:()]| (?:and|but|that|which|who|so|if|when|while) ")
_NEGATION = re.compile(r"\b(?:not|no|never|none|cannot|without)\b|n['’]t\b", re.IGNORECASE)
_MEMBER = re.compile(r"\b(?P<one>[\w-]{3,}) (?:and|or) (?:an? |the )?(?P<two>[\w-]{3,})")


def find_misquantified(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return the word of which a sentence says another number or condition than the passages; empty: none."""
    known = [ground.text for ground in grounds if not is_foreign(text, ground.text)]
    passages = [" ".join(sentence.split()) for passage in known for sentence in split_sentences(passage)]
    for sentence in split_sentences(" ".join(text.split())):
        close = _find_close(sentence, passages)
        found = _find_in(sentence, close, passages) if close else ""
        if found:
            return found
    return ""


def _names(sentence: str) -> set[str]:
    return {span.strip("`") for span in CODE_SPAN.findall(sentence)}


def _find_in(sentence: str, close: Sequence[str], passages: Sequence[str]) -> str:
    return (
        _find_conflict(sentence, close[0], passages)
        or _find_frequency(sentence, close)
        or _find_member(sentence, close)
        or _find_even(sentence, close)
    )


def _find_close(sentence: str, passages: Sequence[str]) -> list[str]:
    """Return the passages' sentences that hold most of a sentence's words, the closest first."""
    ours = read_clauses(sentence).stems
    rated = []
    for at, other in enumerate(passages):
        shared = len(ours & read_clauses(other).stems)
        is_named = shared == 1 and len(ours) <= _SHORT and bool(_names(sentence) & _names(other))
        if (shared >= _FEWEST and shared >= _CLOSE * len(ours)) or is_named:
            rated.append((-shared, at, other))
    return [other for _, _, other in sorted(rated)]


def _find_conflict(sentence: str, close: str, passages: Sequence[str]) -> str:
    """Return a word that the closest sentence counts otherwise, where none counts it as the sentence does."""
    theirs = dict[str, set[str]]()
    for name, stem in _read(close):
        theirs.setdefault(stem, set()).add(name)
    ours = read_clauses(sentence).stems
    least = _CLOSE * len(ours & read_clauses(close).stems)
    others = {each for other in passages if len(ours & read_clauses(other).stems) > least for each in _read(other)}
    for name, stem in _read(sentence, _OF_NOUN):
        conflicting = [its for its in theirs.get(stem, ()) if frozenset((name, its)) in _CONFLICTS]
        if conflicting and (name, stem) not in others:
            return stem
    return ""


def _read(sentence: str, window: int = _WINDOW) -> Iterator[tuple[str, str]]:
    """Yield the quantifiers of a sentence, each with the words that it may count; none behind a negation."""
    for match in _QUANTIFIER.finditer(sentence):
        if _NEGATION.search(sentence[max(0, match.start() - 12) : match.start()]):
            continue
        rest = sentence[match.end() :]
        if match.lastgroup == "only" and _AUXILIARY.search(sentence[: match.start()]):
            rest = " ".join(_PREPOSITION.split(rest, maxsplit=1)[1:])
        behind = _WORD.findall(_QUANTIFIER.split(_END.split(rest)[0])[0])
        stems = [stem for stem in map(stem_word, map(str.lower, behind)) if stem in read_clauses(sentence).stems]
        yield from ((match.lastgroup or "", stem) for stem in stems[:window])


def _find_frequency(sentence: str, close: Sequence[str]) -> str:
    for ours, theirs in ((_ONCE, _OFTEN), (_OFTEN, _ONCE)):
        said = ours.search(sentence)
        if said and not _NEGATION.search(close[0]) and theirs.search(close[0]) and not any(map(ours.search, close)):
            return said.group()
    return ""


def _find_even(sentence: str, close: Sequence[str]) -> str:
    """Return "even" or "only" where the closest sentence says the other of the same condition."""
    if not close:
        return ""
    for ours, theirs, word in ((_EVEN, _ONLY_IF, "even"), (_ONLY_IF, _EVEN, "only")):
        one, other = ours.search(sentence), theirs.search(close[0])
        if not one or not other or any(map(ours.search, close)):
            continue
        if _stems(sentence[one.end() :]) & _stems(close[0][other.end() :]):
            return word
    return ""


def _stems(text: str) -> set[str]:
    return read_clauses(text).stems


def _find_member(sentence: str, close: Sequence[str]) -> str:
    """Return what a sentence adds to the one thing that the passage says is the only one."""
    only = {stem for name, stem in _first_counted(close[0]) if name == "only"}
    if not only or _QUANTIFIER.search(sentence) or _NEGATION.search(sentence):
        return ""
    known = {stem for other in close for stem in read_clauses(other).stems}
    for match in _MEMBER.finditer(CODE_SPAN.sub(lambda span: span.group().strip("`"), sentence)):
        for one, two in (("one", "two"), ("two", "one")):
            added = stem_word(match[two].lower())
            if stem_word(match[one].lower()) in only and added not in known and content_words(match[two]):
                return added
    return ""


def _first_counted(sentence: str) -> Iterator[tuple[str, str]]:
    seen = set[int]()
    for place, (name, stem) in enumerate(_read(sentence)):
        if place not in seen:
            seen.add(place)
            yield name, stem
