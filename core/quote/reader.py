"""The reader without a model: it quotes the best sentences and the code of the best passages, each with its mark.

    Reading ──gate──> refusal
              └──quotes──> best by words and passage ──leading passage first──> "Sentence [1]. ..."

Every word comes from a passage, so every sentence passes `core.check.citations`. It never joins what two passages say
into one sentence, never shortens code, and does not rewrite follow-ups: they are read together with the previous
question.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.answer.examples import names_subject, wants_code
from core.answer.prompt import REFUSALS
from core.check.segments import UnitKind, split_units
from core.domain import Abstention, Hit, Passage, Question
from core.index.terms import Word, question_words
from core.ports import Reading, StandaloneQuestion
from core.quote.quotes import Quote, find_procedure, find_quotes, remove_step_number, score, weigh_terms
from core.quote.relevance import is_relevant, unknown_names

PROSE_BUDGET, LONGEST_CODE = 900, 2_000
"""Characters of quoted prose, and of the one code block."""

_MOST_QUOTES, _MOST_PASSAGES = 6, 3
_WEAKEST, _FARTHEST_BEHIND = 0.6, 0.25
_SHORT_PASSAGE = 500
_CODE_UNASKED, _CODE_TOLD, _CODE_ELSEWHERE = 0.3, 0.2, 0.6
_LONG_EXAMPLE, _SHORT_STEPS = 30, 400
_ASKS_WHAT = re.compile(
    r"\W*(?:what|why|when|who|whom|whose|which|where|is|are|was|were|do|does|did|can|could|may|must|will|would|should|has|have)"
    r"\b",
    re.IGNORECASE,
)
_BEFORE, _ALL_BEFORE = 0.3, 0.5
_WHOLE_EXAMPLE, _ELIDED = 0.3, 0.7
_OUTPUT_LANGUAGES = ("", "text", "txt", "output", "console", "log")
_SAY_LITTLE = frozenset(
    re.findall(
        r"\w+",
        "arguments commands configuration description example examples notes options overview parameters properties "
        "summary synopsis syntax usage variables",
    )
)
_MARKUP = re.compile(r"[\[\]`*#:]|(?<!\w)_|_(?!\w)")
_TERMINATOR = re.compile(r"\s{0,3}(?P<stop>[.!?。！？…:]{1,3}[\"'”’)»*_]{0,4})$")


class ExtractiveReader:
    """The port `Reader`. Always available, never wrong about what the page says, and as terse as the page."""

    model = "extractive"
    generative = False

    def __init__(self, ordinary: Collection[str] = frozenset()) -> None:
        """Store `ordinary`: words that mean nothing if no page holds them. Empty: no word is missed."""
        self._ordinary = ordinary

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return the question as it is: there is no model to rewrite it."""
        return StandaloneQuestion(question.text)

    async def read(self, reading: Reading) -> AsyncGenerator[str, None]:
        """Yield markdown, one block a piece, or the refusal."""
        asked = " ".join([reading.question.text, *(turn.question for turn in reading.question.turns[-1:])])
        words = question_words(asked)
        unheard = unknown_names(reading.question.text, reading.found or reading.hits, self._ordinary)
        if not is_relevant(words, reading.hits, unheard):
            yield REFUSALS[Abstention.NOT_RELEVANT]
            return
        chosen = _chosen(reading.question.text, words, reading.hits)
        if not chosen:
            yield REFUSALS[Abstention.DOES_NOT_KNOW]
            return
        for block in _blocks(chosen, [hit.passage for hit in reading.hits]):
            yield block


def _chosen(question: str, words: Sequence[Word], hits: Sequence[Hit]) -> list[Quote]:
    """Return the quotes to show: those of the leading passage first, then the others in the order of the evidence."""
    found = [quote for number, hit in enumerate(hits, 1) for quote in find_quotes(hit.passage, number)]
    weight = _now_first(question, weigh_terms(words, [f"{quote.lead} {quote.text}" for quote in found]))
    rated = sorted(_rated(found, hits, weight), key=lambda each: (-each.points, each.quote.number, each.quote.at))
    prose = _best_prose([each for each in rated if each.quote.kind is not UnitKind.FENCE])
    lead = _leading(question, rated, prose)
    places = _section_places(lead, hits)
    leading = frozenset(number for number, place in places.items() if place == 0)
    subject = _of_subject(question, lead, hits)
    code = _best_code(
        question, [each for each in rated if each.quote.kind is UnitKind.FENCE], [leading, _below(lead, hits), subject]
    )
    steps = find_procedure(each for each in found if each.number in leading) if wants_code(question) else []
    code = [] if any(each.kind is UnitKind.FENCE for each in steps) else list(map(remove_step_number, code))
    prose = [remove_step_number(each) for each in _whole(prose, found) if not _repeats(each, steps)]
    shown = [*steps, *(each for each in prose if each.text not in {f"{block.lead[:-1]}." for block in code})]
    at_the_top = [*code, *steps] if wants_code(question) else []
    places |= {each.number: -1 for each in at_the_top if each.number in subject - leading}

    def place(each: Quote) -> tuple[int, bool, int, int]:
        return places[each.number], each not in at_the_top, hits[each.number - 1].passage.ordinal, each.at

    return sorted([*shown, *code], key=place)


@dataclass(frozen=True, slots=True)
class _Rated:
    """A quote with `share`, 0..1, of what the question asks for, and `points`: that and how well its passage ranks."""

    quote: Quote
    share: float
    points: float


def _rated(found: Sequence[Quote], hits: Sequence[Hit], weight: Mapping[str, float]) -> Iterator[_Rated]:
    total = sum(weight.values()) or 1.0
    best = max((hit.score for hit in hits), default=0.0) or 1.0
    for quote in found:
        hit = hits[quote.number - 1]
        share = score(quote, hit.passage, weight) / total
        yield _Rated(quote, share, _adjusted(share, quote) + hit.score / best)


def _leading(question: str, rated: Sequence[_Rated], prose: Sequence[Quote]) -> int:
    """Return the number of the leading passage: the best sentence's, or the first one if its code fits best."""
    if rated and rated[0].quote.number == 1 and (wants_code(question) or not _ASKS_WHAT.match(question)):
        return 1
    return prose[0].number if prose else 1


def _section_places(lead: int, hits: Sequence[Hit]) -> dict[int, int]:
    """Return the place of each passage's section by the passage's number.

    It is 0 for the section of passage `lead`, else the number of the section's first passage.
    """
    links = {number: hit.passage.link for number, hit in enumerate(hits, 1)}
    first = {link: number for number, link in reversed(links.items())}
    return {number: 0 if link == links.get(lead) else first[link] for number, link in links.items()}


def _below(lead: int, hits: Sequence[Hit]) -> frozenset[int]:
    """Return the numbers of the passages in the section of passage `lead` and in the sections within it."""
    above = hits[lead - 1].passage
    return frozenset(
        number
        for number, hit in enumerate(hits, 1)
        if hit.passage.url == above.url and hit.passage.path[: len(above.path)] == above.path
    )


def _of_subject(question: str, lead: int, hits: Sequence[Hit]) -> frozenset[int]:
    """Return the numbers of the leading page's passages if its title names what is asked about.

    Its examples are about that, too.
    """
    page = hits[lead - 1].passage
    if not names_subject(page.path[0] if page.path else page.title, question):
        return frozenset()
    return frozenset(number for number, hit in enumerate(hits, 1) if hit.passage.url == page.url)


def _now_first(question: str, weight: dict[str, float]) -> dict[str, float]:
    """Reduce the weights of terms that only the previous question holds, each and in total.

    Those terms say what the thread is about.
    """
    asked = {term for word in question_words(question) for term in (*word.parts, word.joined)}
    now = sum(points for term, points in weight.items() if term in asked)
    before = sum(weight.values()) - now
    share = min(_BEFORE, _ALL_BEFORE * now / before) if now and before else _BEFORE
    return {term: points * (1.0 if term in asked else share) for term, points in weight.items()}


def _adjusted(share: float, quote: Quote) -> float:
    """Return a share that prefers the earlier of like sentences, and code that is one whole example and no longer."""
    if quote.kind is not UnitKind.FENCE:
        return share * (1 + 0.1 / (1 + quote.at))
    lines = len(quote.text.splitlines()) - 2
    size = (1 + _WHOLE_EXAMPLE * min(lines, 5) / 5) / (1 + max(0, lines - _LONG_EXAMPLE) / _LONG_EXAMPLE)
    return share * size * (_ELIDED if "..." in quote.text else 1.0)


def _best_prose(rated: Sequence[_Rated]) -> list[Quote]:
    """Return the best quotes within the budget, best first, each sentence once.

    The first one is of the leading passage.
    """
    best: list[Quote] = []
    left = PROSE_BUDGET
    for each in rated:
        quote = each.quote
        if best and not _is_close(each, rated[0]):
            continue
        of_passages = {one.number for one in best} | {quote.number}
        if quote.length <= left and not _repeats(quote, best) and len(of_passages) <= _MOST_PASSAGES:
            best.append(quote)
            left -= quote.length
    return best[:_MOST_QUOTES]


def _is_close(each: _Rated, first: _Rated) -> bool:
    """Return whether a quote says nearly as much as the first.

    Within the first one's passage its words decide, elsewhere its points.
    """
    if each.quote.number == first.quote.number:
        return each.share >= _WEAKEST * first.share
    return each.points >= first.points - _FARTHEST_BEHIND


def _repeats(quote: Quote, others: Iterable[Quote]) -> bool:
    return any(quote.text in other.text or other.text in quote.text for other in others)


def _whole(prose: Sequence[Quote], found: Sequence[Quote]) -> list[Quote]:
    """Return the whole passage of the best sentence if it is short: what is left out would be looked up next."""
    if not prose:
        return []
    whole = [each for each in found if each.number == prose[0].number and each.kind is not UnitKind.FENCE]
    if sum(each.length for each in whole) > _SHORT_PASSAGE:
        return list(prose)
    return [*whole, *(each for each in prose if each.number != prose[0].number and not _repeats(each, whole))]


def _best_code(question: str, rated: Sequence[_Rated], near: Sequence[Container[int]]) -> list[Quote]:
    """Return the block that fits best: from the first of `near` that has one, else one that holds most of the terms.

    If all blocks of its passage are short, they are steps of one thing, and all of them are returned.
    """
    wanted = wants_code(question)
    least = 0.0 if wanted else _CODE_UNASKED if _ASKS_WHAT.match(question) else _CODE_TOLD
    fitting = [each for each in rated if 0 < len(each.quote.text) <= LONGEST_CODE]
    pools = [
        [each.quote for each in fitting if each.quote.number in numbers and each.share >= least] for numbers in near
    ]
    pools.append([each.quote for each in fitting if each.share >= _CODE_ELSEWHERE])
    pool = next(filter(None, pools if wanted else pools[:1]), [])
    if not pool:
        return []
    best = min(pool, key=lambda quote: _is_output(quote) and not _is_output(pool[0]))
    steps = [each.quote for each in fitting if each.quote.number == best.number]
    return steps if wanted and sum(each.length for each in steps) <= _SHORT_STEPS else [best]


def _is_output(quote: Quote) -> bool:
    return quote.text.partition("\n")[0].strip("`~ ").lower() in _OUTPUT_LANGUAGES


def _blocks(chosen: Sequence[Quote], passages: Sequence[Passage]) -> Iterator[str]:
    """Yield one block a run of like quotes of a passage: a paragraph, or a lead-in with its list, table or code."""
    gap = ""
    begun = set[str]()
    for (number, kind, lead), run in groupby(chosen, key=_run_of):
        section = passages[number - 1].link
        if kind is not UnitKind.SENTENCE and (lead or kind is not UnitKind.ITEM or section not in begun):
            yield gap + _lead_in(lead, passages[number - 1], number)
            gap = "\n\n"
        begun.add(section)
        yield gap + _run(list(run), kind, number)
        gap = "\n\n"


def _run_of(quote: Quote) -> tuple[int, UnitKind, str]:
    return quote.number, quote.kind, "" if quote.kind is UnitKind.SENTENCE else quote.lead


def _run(run: Sequence[Quote], kind: UnitKind, number: int) -> str:
    if kind is UnitKind.SENTENCE:
        sentences = dict.fromkeys(each for quote in run for each in (*_sentences(quote.lead), quote.text))
        return " ".join(_marked(sentence, number) for sentence in sentences)
    if kind is UnitKind.ITEM:
        return "\n".join(f"{line} [{number}]" for quote in run for line in _item_lines(quote.text))
    return "\n\n".join(quote.text for quote in run)


def _sentences(lead: str) -> list[str]:
    """Return the sentences of a lead, all of which a sentence leans on: each gets a mark."""
    return [unit.text for unit in split_units(lead)]


def _item_lines(text: str) -> list[str]:
    """Return the items of a list, with the further lines of each joined to its first."""
    return re.sub(r"\n[ \t]+(?![-*+•\d>])", " ", text).splitlines()


def _lead_in(lead: str, passage: Passage, number: int) -> str:
    """Return the passage's own words before its list or code, else the name of its section."""
    if lead:
        return _marked(lead, number)
    path = passage.path or (passage.title,)
    named = " > ".join(path[-2:]) if path[-1].strip(" :").lower() in _SAY_LITTLE else path[-1]
    return f"{_MARKUP.sub('', named).strip() or 'From the documentation'} [{number}]:"


def _marked(text: str, number: int) -> str:
    """Return a text with its mark: `"Use pip."` -> `"Use pip [1]."`."""
    stop = _TERMINATOR.search(text)
    if stop is None:
        return f"{text} [{number}]"
    return f"{text[: stop.start()]} [{number}]{stop['stop']}"
