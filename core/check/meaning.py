"""Opposites: whether a passage says the reverse of a sentence, as far as its words show it. English alone.

    "It runs after the build."    the passage's closest sentence: "Runs before the build."          -> after
    "Rename a.js to b.js."        "Rename `b.js` to `a.js`."                                        -> a.js
    "It is not quoted."           "quoted" stands in the passage, never behind a "not"              -> not quoted

Each rule needs a sentence that is nearly the same, and sees little of what a text can mean: that is what the quote
below an answer is for, and a second opinion (`docs/answers.md`). Word pairs are general English, none from a set that
this is measured on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from core.check.evidence import EvidenceText
from core.check.links import CODE_SPAN
from core.check.numbers import find_quantities, spell_in_digits
from core.check.order import compare_order
from core.check.quoting import split_sentences
from core.check.segments import MARK
from core.check.tokens import is_literal
from core.check.words import content_words

_NEXT_BEST, _FEWEST_SHARED, _NEXT_TO = 3, 2, 6
_CLOSE, _VERY_CLOSE, _AS_CLOSE = 0.6, 0.6, 0.1
"""The share of a sentence's words that the passage's sentence must hold to be called close, and by how much less of
them another one is as close."""

_PAIRS = """
before/after more/less,fewer higher/lower highest/lowest larger,bigger,greater/smaller longer/shorter
longest/shortest faster/slower newer/older newest,latest/oldest most/least first/last maximum/minimum top/bottom
above/below inside/outside inner/outer innermost/outermost upper/lower forward,forwards/backward,backwards left/right
ascending/descending increase,increases,increased/decrease,decreases,decreased,reduce,reduces,reduced
enable,enables,enabled/disable,disables,disabled true/false on/off
include,includes,included/exclude,excludes,excluded,omit,omits,omitted
allow,allows,allowed,permit,permits,permitted/forbid,forbids,forbade,forbidden,disallow,disallowed,prohibited,error,illegal
accept,accepts,accepted/reject,rejects,rejected
required,mandatory/optional succeed,succeeds,success/fail,fails,failure,failed start,starts/stop,stops
open,opens/close,closes local/remote public/private explicit,explicitly/implicit,implicitly same/different
valid/invalid safe/unsafe possible/impossible synchronous,synchronously/asynchronous,asynchronously
automatic,automatically/manual,manually temporary/permanent mutable/immutable add,adds,added/remove,removes,removed
create,creates,created/delete,deletes,deleted lock,locks/unlock,unlocks encode,encodes/decode,decodes
import,imports/export,exports source/destination sender/receiver,recipient parent/child parents/children
client/server host/target
best/worst easy/hard,difficult visible/hidden static/dynamic online/offline case-sensitive/case-insensitive
must,shall/may,might horizontal,horizontally/vertical,vertically row,rows/column,columns
"""
_NEGATORS = frozenset(
    ["not", "no", "never", "without", "cannot", "neither", "nor", "none", "nothing", "unless", "except"]
)
_MODALS = frozenset(["must", "may", "might"])
"""Words that forbid alike in front of "not"."""

_RELATIONS = frozenset(["before", "after", "above", "below", "inside", "outside", "left", "right"])
_CONNECTIVES = ("to", "before", "after", "over", "than", "instead of", "rather than", "not", "overrides", "replaces")
_MARK = re.compile(MARK, re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_ENDING = re.compile(r"(?:ing|ed|es|s|e)$")
_SECTION = re.compile(r"\b(?:section|chapter|appendix|figure|table|rfc) [\dA-Z][\d.]*", re.IGNORECASE)
_LEAVES_OUT = re.compile(r"\bleav(?:e|es|ing) ((?:[\w`-]+ ){0,4})out\b")
_CAPITALS = re.compile(r"(?<![\w`-])(?P<name>[A-Z]{2,}[A-Z0-9]*) (?P<noun>[a-z]{4,})")
_ALTERNATIVE = r"(?:(?:/| or )`?[\w.]*[._][\w.]*\w`?){0,3}"
_NAME = r"(?:`[^`\n]{1,80}`|[\w.]*[._][\w.]*\w)"


def _read_pairs() -> dict[str, frozenset[str]]:
    opposites: dict[str, set[str]] = {}
    for pair in _PAIRS.split():
        left, right = (side.split(",") for side in pair.split("/"))
        for ours, theirs in ((left, right), (right, left)):
            for word in ours:
                opposites.setdefault(word, set()).update(theirs)
    return {word: frozenset(theirs) for word, theirs in opposites.items()}


_OPPOSITES = _read_pairs()
_FORMS = {
    word: frozenset(side.split(",")) for pair in _PAIRS.split() for side in pair.split("/") for word in side.split(",")
}


def find_opposite(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return the words of a sentence whose opposite the passages have in their place; empty: none."""
    for sentence in split_sentences(_LEAVES_OUT.sub(r"excludes \1", " ".join(text.split()))):
        found = (
            _find_swapped(sentence, grounds)
            or _find_antonym(sentence, grounds)
            or _find_replaced(sentence, grounds)
            or _find_replaced_capitals(sentence, grounds)
        )
        if found:
            return found
    return ""


def hints_at_opposite(text: str, quote: str) -> bool:
    """Return whether a text may say the reverse of a quote: too weak a sign to leave a sentence out by itself."""
    ours, theirs = _words(text), _words(quote.partition("\n")[0])
    if sum(word in _NEGATORS for word in ours) % 2 != sum(word in _NEGATORS for word in theirs) % 2:
        return True
    return any(_OPPOSITES.get(word, frozenset()) & set(theirs) and word not in theirs for word in ours)


def is_reversed(text: str, other: str) -> bool:
    """Return whether one of two texts is negated, or has a word whose opposite the other has in its place."""
    ours, theirs = set(_words(text)), set(_words(other))
    if len(ours & _NEGATORS) % 2 != len(theirs & _NEGATORS) % 2:
        return True
    return any(_OPPOSITES.get(word, frozenset()) & (theirs - ours) for word in ours - theirs)


def is_close(text: str, sentence: str) -> bool:
    """Return whether a sentence holds most of a text's words, those that have an opposite aside."""
    wanted = _stems(CODE_SPAN.sub(lambda span: span.group().strip("`"), text))
    return bool(wanted) and len(wanted & _stems(sentence)) >= _CLOSE * len(wanted)


def find_only_opposite(text: str, sentences: Sequence[str]) -> str:
    """Return a word of a text that no sentence has, where one has its opposite and as many negations."""
    words = _words(text)
    theirs = {word for sentence in sentences for word in _words(sentence)}
    is_negated = any(word in _NEGATORS for word in (*words, *theirs))
    suspects = (word for word in words if _OPPOSITES.get(word, frozenset()) & theirs and word not in theirs)
    return "" if is_negated else next(suspects, "")


def _find_antonym(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a word whose opposite stands in the closest sentence, next to the same words, and it in no close one."""
    words = _words(text)
    suspects = [at for at, word in enumerate(words) if word in _OPPOSITES and not (_OPPOSITES[word] & set(words))]
    suspects = [at for at in suspects if words[at] not in _MODALS or words[at + 1 : at + 2] not in (["not"], ["only"])]
    close = list(_close_sentences(text, grounds)) if suspects else []
    if not close:
        return ""
    best = _words(close[0])
    if sum(word in _NEGATORS for word in words) % 2 != sum(word in _NEGATORS for word in best) % 2:
        return ""
    if compare_order(text, close[0]) > 0:
        return ""
    around = {word for sentence in close[:_NEXT_BEST] for word in _words(sentence)}
    for at in suspects:
        opposites = [place for place, word in enumerate(best) if word in _OPPOSITES[words[at]]]
        opposites = [place for place in opposites if not _is_converse(words, at, best, place)]
        if not _FORMS[words[at]] & around and any(_near(words, at) & _near(best, place) for place in opposites):
            return words[at]
    return ""


def _is_converse(words: Sequence[str], at: int, others: Sequence[str], place: int) -> bool:
    """Return whether two opposites say the same, as their sides are exchanged: "x before y" and "y after x"."""
    if words[at] not in _RELATIONS and "than" not in words[at + 1 : at + _NEXT_TO]:
        return False
    left, right = (_stems(" ".join(side)) for side in (words[:at], words[at + 1 :]))
    other_left, other_right = (_stems(" ".join(side)) for side in (others[:place], others[place + 1 :]))
    crossed = left & other_right and right & other_left
    return bool(crossed) and not left & other_left


def _near(words: Sequence[str], at: int) -> frozenset[str]:
    """Return the stems of the words next to a word."""
    return _stems(" ".join([*words[max(0, at - _NEXT_TO) : at], *words[at + 1 : at + 1 + _NEXT_TO]]))


def _find_replaced(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a value that the closest sentence lacks, where it has one of the same kind that the text lacks."""
    ours = _values(text)
    if not ours:
        return ""
    rated = _rate_sentences(text, grounds, _VERY_CLOSE)
    around = [sentence for share, sentence in rated if share > rated[0][0] - _AS_CLOSE]
    close = around[0] if around else ""
    around += _behind(close, grounds)
    theirs = _values(close)
    said = frozenset(chain.from_iterable(number.amounts for number in find_quantities(close)))
    same = {number.digits for number in find_quantities(text) if not said.isdisjoint(number.amounts)}
    for value, kind in ours.items():
        if value in same or any(value in each for each in around):
            continue
        if kind == "name" and not any(value in ground.everything for ground in grounds):
            continue  # put together from what the passages hold: `%{us}T`
        others = [other for other, its in theirs.items() if its == kind and other not in ours and other not in text]
        if others:
            return value
    return ""


def _behind(sentence: str, grounds: Sequence[EvidenceText]) -> list[str]:
    """Return the two sentences that follow in the passage, which say more of it: "Allowed range is 1 to 9."""
    for ground in grounds:
        sentences = split_sentences(ground.text)
        if sentence in sentences:
            at = sentences.index(sentence) + 1
            return [each for each in sentences[at : at + 2] if "`" not in each]
    return []


def _find_replaced_capitals(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return capitals in front of a noun, where a close sentence has others and no passage has these before it."""
    for match in _CAPITALS.finditer(text):
        close = [each for each in _close_sentences(text, grounds) if match["noun"] in each]
        if any(match["name"] in each for each in close):
            continue
        before_noun = re.compile(rf"\b([A-Z]{{2,}}\w*) {re.escape(match['noun'])}")
        known = {name for ground in grounds for name in before_noun.findall(ground.squeezed)}
        if known and match["name"] not in known and any(map(before_noun.search, close)):
            return match["name"]
    return ""


def _values(text: str) -> dict[str, str]:
    """Return the values that a text gives, each with its kind: a unit, "" for a bare number, "code" for quoted code."""
    prose = _SECTION.sub(" ", spell_in_digits(CODE_SPAN.sub(" ", text), claims=True))
    found = {number.digits: number.unit or ("." if "." in number.digits else "") for number in find_quantities(prose)}
    for bare in _quoted_code(text):
        numbers = {number.digits: number.unit for number in find_quantities(bare)} if bare[:1].isdigit() else {}
        found |= numbers or {bare.strip("'\""): _kind(bare)}
    return found


def _quoted_code(text: str) -> list[str]:
    """Return what stands in code spans, without marks: a sentence has lost its marks, and its passage has not."""
    return [" ".join(_MARK.sub(" ", span.strip("`")).split()) for span in CODE_SPAN.findall(text)]


def _kind(code: str) -> str:
    """Return what quoted code is: a literal, a flag, or a name; one does not stand for another."""
    return "literal" if is_literal(code) and not code[:1].isdigit() else "flag" if code[:1] == "-" else "name"


def _find_swapped(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return a name that stands on the other side of the same word than in the passages: `x to y`, `y to x`."""
    for connective in _CONNECTIVES:
        joint = rf"\s+(?:\w+\s+){{0,2}}{connective}\s+(?:\w+\s+){{0,2}}"
        for match in re.finditer(rf"(?P<left>{_NAME}){joint}(?P<right>{_NAME})", text):
            left, right = match["left"], match["right"]
            ours, theirs = _joined(left, joint, right), _joined(right, joint, left)
            texts = [ground.squeezed for ground in grounds]
            if (
                left != right
                and any(theirs.search(each) for each in texts)
                and not any(ours.search(each) for each in texts)
            ):
                return left.strip("`")
    return ""


def _joined(left: str, joint: str, right: str) -> re.Pattern[str]:
    names = (rf"`?{re.escape(name.strip('`'))}`?(?![\w.]*\w){_ALTERNATIVE}" for name in (left, right))
    return re.compile(joint.join(names))


def _close_sentences(text: str, grounds: Sequence[EvidenceText], least: float = _CLOSE) -> Iterator[str]:
    """Yield the passages' sentences that hold most of a text's words, the closest first."""
    yield from (sentence for _, sentence in _rate_sentences(text, grounds, least))


def _rate_sentences(text: str, grounds: Sequence[EvidenceText], least: float) -> list[tuple[float, str]]:
    """Return the passages' sentences that hold most of a text's words, each with their share, the closest first."""
    wanted = _stems(text)
    if len(wanted) < _FEWEST_SHARED:
        return []
    rated = [
        (len(wanted & _stems(sentence)) / len(wanted), -at, sentence)
        for at, sentence in enumerate(each for ground in grounds for each in split_sentences(ground.text))
    ]
    return [(share, sentence) for share, _, sentence in sorted(rated, reverse=True) if share >= least]


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    words = {_ENDING.sub("", word) for word in content_words(text) if word not in _OPPOSITES}
    return frozenset(words | {f"`{bare}`" for bare in _quoted_code(text)})


def _words(text: str) -> list[str]:
    prose = CODE_SPAN.sub(lambda span: span.group() if span.group().strip("`").isalpha() else " ", text)
    words = [word.lower().replace("’", "'") for word in _WORD.findall(prose)]
    return [each for word in words for each in ([word[:-3], "not"] if word.endswith("n't") else [word])]
