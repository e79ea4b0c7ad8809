"""The reader without a model: it quotes the best sentences and the code of the best passages, each with its mark.

    Reading ──gate──> refusal
              └──quotes──> best by score within a budget ──in the order of the evidence──> "Sentence [1]. ..."

Every word comes from a passage, so every sentence passes `core.citations`. It never joins what two passages say into
one sentence, never shortens code, and does not rewrite follow-ups: they are read together with the question before.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from itertools import groupby

from core.domain import Abstention, Passage, Question
from core.examples import wants_code
from core.gate import relevant
from core.ports import Reading
from core.prompt import REFUSALS
from core.quotes import Quote, quotes, score, weights
from core.terms import Word, question_words, tokens
from core.units import UnitKind

PROSE_BUDGET, LONGEST_CODE = 900, 2_000
"""Characters of quoted prose, and of the one code block."""

_MOST_QUOTES, _MOST_PASSAGES = 6, 4
_WEAKEST = 0.45
_RANK_DAMPING = 0.25
_CODE_COVERAGE = 0.6
_CODE_LEADS = 2
_BEFORE, _ALL_BEFORE = 0.3, 0.5
_WHOLE_EXAMPLE, _ELIDED = 0.3, 0.7
_OUTPUT_LANGUAGES = ("", "text", "txt", "output", "console", "log")
_TERMINATOR = re.compile(r"\s{0,3}(?P<stop>[.!?。！？…:]{1,3}[\"'”’)»*_]{0,4})$")


class ExtractiveReader:
    """Port `Reader`. Always at hand, never wrong about what the page says, and as terse as the page."""

    model = "extractive"
    generative = False

    async def standalone(self, question: Question) -> str:
        """The question as it is: there is no model to rewrite it."""
        return question.text

    async def read(self, reading: Reading) -> AsyncGenerator[str, None]:
        """Markdown, one block a piece, or the refusal."""
        asked = " ".join([reading.question.text, *(turn.question for turn in reading.question.turns[-1:])])
        words = question_words(asked)
        if not relevant(words, reading.hits):
            yield REFUSALS[Abstention.NOT_RELEVANT]
            return
        passages = [hit.passage for hit in reading.hits]
        chosen = _chosen(reading.question.text, words, passages)
        if not chosen:
            yield REFUSALS[Abstention.DOES_NOT_KNOW]
            return
        for block in _blocks(chosen, passages):
            yield block


def _chosen(question: str, words: Sequence[Word], passages: Sequence[Passage]) -> list[Quote]:
    """The quotes to show, in the order of the evidence; who asks how gets code of the best passages first."""
    found = [quote for number, passage in enumerate(passages, 1) for quote in quotes(passage, number)]
    weight = _now_first(question, weights(words, [f"{quote.lead} {quote.text}" for quote in found]))
    scored = sorted(
        ((_damped(score(quote, passages[quote.number - 1], weight), quote), quote) for quote in found),
        key=lambda pair: (-pair[0], pair[1].number, pair[1].at),
    )
    prose = _best_prose([pair for pair in scored if pair[1].kind is not UnitKind.FENCE])
    code = _best_code(question, [quote for _, quote in scored if quote.kind is UnitKind.FENCE], weight)
    leads = wants_code(question) and all(_leads(quote, weight) for quote in code)
    return sorted([*prose, *code], key=lambda quote: (not (leads and quote in code), quote.number, quote.at))


def _leads(code: Quote, weight: Mapping[str, float]) -> bool:
    """Whether code may stand above all else: it is of the best passages and holds a word of the question itself."""
    return code.number <= _CODE_LEADS and any(term in weight for term in tokens(f"{code.lead}\n{code.text}"))


def _now_first(question: str, weight: dict[str, float]) -> dict[str, float]:
    """Terms that only the question before holds count less, also all together: they say what the thread is about."""
    asked = {term for word in question_words(question) for term in (*word.parts, word.joined)}
    now = sum(points for term, points in weight.items() if term in asked)
    before = sum(weight.values()) - now
    share = min(_BEFORE, _ALL_BEFORE * now / before) if now and before else _BEFORE
    return {term: points * (1.0 if term in asked else share) for term, points in weight.items()}


def _damped(points: float, quote: Quote) -> float:
    """The better ranked passage wins among like quotes, the earlier sentence, and code that is a whole example."""
    points /= 1 + _RANK_DAMPING * (quote.number - 1)
    if quote.kind is not UnitKind.FENCE:
        return points * (1 + 0.1 / (1 + quote.at))
    lines = len(quote.text.splitlines()) - 2
    return points * (1 + _WHOLE_EXAMPLE * min(lines, 5) / 5) * (_ELIDED if "..." in quote.text else 1.0)


def _best_prose(scored: Sequence[tuple[float, Quote]]) -> list[Quote]:
    """The best quotes within the budget, each sentence once."""
    best: list[Quote] = []
    left = PROSE_BUDGET
    for points, quote in scored:
        enough = len(best) == _MOST_QUOTES or (best and points < _WEAKEST * scored[0][0])
        if enough:
            break
        of_passages = {each.number for each in best} | {quote.number}
        repeats = any(quote.text in each.text or each.text in quote.text for each in best)
        if quote.length <= left and not repeats and len(of_passages) <= _MOST_PASSAGES:
            best.append(quote)
            left -= quote.length
    return best


def _best_code(question: str, ranked: Sequence[Quote], weight: dict[str, float]) -> list[Quote]:
    """The block that fits best, where the question is one for code or the block holds most of its terms."""
    fitting = [quote for quote in ranked if 0 < len(quote.text) <= LONGEST_CODE]
    if not fitting:
        return []
    best = min(fitting, key=lambda quote: _is_output(quote) and not _is_output(fitting[0]))
    held = score(best, Passage("", "", (), ""), weight) / (sum(weight.values()) or 1.0)
    return [best] if wants_code(question) or held >= _CODE_COVERAGE else []


def _is_output(quote: Quote) -> bool:
    return quote.text.partition("\n")[0].strip("`~ ").lower() in _OUTPUT_LANGUAGES


def _blocks(chosen: Sequence[Quote], passages: Sequence[Passage]) -> Iterator[str]:
    """One block a run of like quotes of a passage: a paragraph, or a lead-in with its list, table or code."""
    gap = ""
    for (number, kind, lead), run in groupby(chosen, key=_run_of):
        if kind is not UnitKind.SENTENCE and (lead or kind is not UnitKind.ITEM):
            yield gap + _lead_in(lead, passages[number - 1], number)
            gap = "\n\n"
        yield gap + _run(list(run), kind, number)
        gap = "\n\n"


def _run_of(quote: Quote) -> tuple[int, UnitKind, str]:
    return quote.number, quote.kind, "" if quote.kind is UnitKind.SENTENCE else quote.lead


def _run(run: Sequence[Quote], kind: UnitKind, number: int) -> str:
    if kind is UnitKind.SENTENCE:
        sentences = dict.fromkeys(sentence for quote in run for sentence in (quote.lead, quote.text) if sentence)
        return " ".join(_marked(sentence, number) for sentence in sentences)
    if kind is UnitKind.ITEM:
        return "\n".join(f"{line} [{number}]" for quote in run for line in _item_lines(quote.text))
    return "\n\n".join(quote.text for quote in run)


def _item_lines(text: str) -> list[str]:
    """Items of a list, their further lines joined to the first."""
    return re.sub(r"\n[ \t]+(?![-*+•\d>])", " ", text).splitlines()


def _lead_in(lead: str, passage: Passage, number: int) -> str:
    """The passage's own words before its list or code, else the name of its section."""
    if lead:
        return _marked(lead, number)
    section = re.sub(r"[\[\]`*_#:]", "", passage.path[-1] if passage.path else passage.title).strip()
    return f"{section or 'From the documentation'} [{number}]:"


def _marked(text: str, number: int) -> str:
    """`"Use pip."` -> `"Use pip [1]."`."""
    stop = _TERMINATOR.search(text)
    if stop is None:
        return f"{text} [{number}]"
    return f"{text[: stop.start()]} [{number}]{stop['stop']}"
