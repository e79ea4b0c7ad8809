"""A question for code needs an example in its evidence, but a passage with an example rarely explains anything.

    "How to fine-tune X with Y?" ──search──> passages about Y, none with its code
         best page of these: "Y Trainer" ──search "Y Trainer quick start example code"──> that page's examples

A quick start is full of code and short of the question's words, so neither side of the search ranks it. A second
search, with the best page's title, finds it. This is done only if that title names what the question is about: the best
page of "How do I set a path alias?" may be a list of all options, and that of "How do I write a macro repetition?" has
a section on repetitions, so its other examples are of no use. Pure: the engine does the searching.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from core.check.segments import Unit, UnitKind, split_units
from core.domain import Hit, Passage

MOST, KEPT = 2, 2
"""How many examples are added to the evidence, and how many of its first hits are never displaced."""

_WANTS_CODE = re.compile(
    r"\b(?:how (?:to|do|can|does one|would|should)|example|snippet|code|command|syntax|script|usage|install|configure|"
    r"set ?up|implement|write|run|call)\b",
    re.IGNORECASE,
)
_ENOUGH_LINES = 3
_ASKED_WORD = re.compile(r"[^\W_]{3,40}")
_GLUE = frozenset(
    re.findall(
        r"\w+",
        "how the and with for from can does should would what which when where why that this you your use using set "
        "get run write make call add new one via into example code snippet script command",
    )
)


def wants_code(question: str) -> bool:
    """Return whether a question asks how to do something."""
    return _WANTS_CODE.search(question) is not None


def code_lines(fence: Unit) -> int:
    return sum(bool(line.strip()) for line in fence.text.splitlines()) - 1 - fence.closed


def has_example(passage: Passage) -> bool:
    """Return whether a passage holds code that does something, rather than a name or a value."""
    fences = [unit for unit in split_units(passage.text) if unit.kind is UnitKind.FENCE]
    return any(code_lines(fence) >= _ENOUGH_LINES for fence in fences)


def names_subject(title: str, question: str) -> bool:
    """Return whether a title names what a question is about.

    `("DPO Trainer", "How to fine-tune with DPO?")` -> True; `("Shared Options", "... a path alias?")` -> False.
    """
    return bool(_asked_in(title, question))


def _asked_in(text: str, question: str) -> frozenset[str]:
    asked = {word.lower().rstrip("s") for word in _ASKED_WORD.findall(question)} - _GLUE
    return frozenset(word for word in asked if re.search(rf"(?<![a-z]){re.escape(word)}", text.lower()))


def find_page_without_example(question: str, hits: Sequence[Hit], evidence: Sequence[Hit]) -> Passage | None:
    """Return the best passage of the page that most of the best hits are on.

    None if its title does not name what is asked about, if evidence from it holds an example already, or if its best
    section names what the title does not: then the question is about that section.
    """
    votes: defaultdict[str, float] = defaultdict(float)
    for rank, hit in enumerate(hits, 1):
        votes[hit.passage.url] += 1 / rank
    best = max(votes, key=votes.__getitem__, default="")
    of_page = [hit.passage for hit in evidence if hit.passage.url == best]
    if not of_page or any(map(has_example, of_page)):
        return None
    of_title = _asked_in(_title(of_page[0]), question)
    of_section = _asked_in(of_page[0].path[-1] if of_page[0].path else "", question)
    return of_page[0] if of_title and of_section <= of_title else None


def build_example_query(passage: Passage) -> str:
    """Return the query that finds a page's examples.

    `Passage(title="Y Trainer", ...)` -> `"Y Trainer quick start example code"`.
    """
    return f"{_title(passage)} quick start example code"


def _title(passage: Passage) -> str:
    return passage.path[0] if passage.path else passage.title


def add_examples(evidence: Sequence[Hit], found: Sequence[Hit], page: str, per_page: int) -> tuple[Hit, ...]:
    """Return the evidence with the best examples of `page` from `found` behind its first two hits.

    It stays as long as it is and within `per_page`. An example takes the place of the page's last passage where the
    page has as many as it may, else of the last one of all, and never of the first two: they are what was asked for.
    Its score, which is of another search, becomes at most that of the hit before it.
    """
    held = {hit.passage for hit in evidence}
    added = [hit for hit in found if hit.passage.url == page and has_example(hit.passage) and hit.passage not in held]
    kept, rest = list(evidence[:KEPT]), list(evidence[KEPT:])
    taken: list[Hit] = []
    for hit in added[:MOST]:
        of_page = [each for each in (*kept, *taken, *rest) if each.passage.url == page]
        last = [each for each in rest if len(of_page) < per_page or each.passage.url == page][-1:]
        if not last and (len(of_page) >= per_page or len(evidence) > KEPT):
            break
        rest = [each for each in rest if each not in last]
        taken.append(replace(hit, score=min(hit.score, kept[-1].score)))
    return (*kept, *taken, *rest)
