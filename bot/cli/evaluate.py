"""`footnote eval`: run a question set against the index and print how well it does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.progress import track
from rich.table import Table

from bot.cli.running import console, json_option, notices, print_json, read_text, with_footnote
from core.answer.scoring import Location, Scores, average_scores, score
from core.domain import Answer, Question
from core.errors import UsageError
from core.wiring import Footnote

DEPTH = 50


@dataclass(frozen=True, slots=True)
class Case:
    """A line of a question set; without gold, the documentation does not answer the question."""

    id: str
    question: str
    gold: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What an evaluation found. `abstention_accuracy`: the share answered with gold, or not answered without."""

    questions: int
    sections: Scores
    pages: Scores
    abstention_accuracy: float | None
    answered_unanswerable: tuple[str, ...] = ()
    refused_answerable: tuple[str, ...] = ()
    cited_gold_page: float | None = None
    sentences_dropped: int = 0


@click.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", "sources", multiple=True, help="Search this source alone (may be repeated).")
@click.option("--no-answers", is_flag=True, help="Measure retrieval alone; with a paid model, answers cost.")
@json_option
def command(file: Path, sources: tuple[str, ...], *, no_answers: bool, as_json: bool) -> None:
    """Run the question set FILE and print recall@k, nDCG@10, MRR and abstention accuracy.

    A line of FILE is {"id", "question", "gold": [{"url", "anchor"}]}; an empty gold means that the documentation does
    not answer the question, so that an abstention is right.

    \b
    footnote eval questions.jsonl
    footnote eval questions.jsonl --no-answers --json
    """
    cases = read_cases(file)
    figures = with_footnote(lambda footnote: evaluate(footnote, cases, sources, answers=not no_answers))
    if as_json:
        print_json(asdict(figures))
    else:
        _draw(figures)


def read_cases(file: Path) -> list[Case]:
    """Return the cases in a file. Raises `UsageError`, which names the first line that is not one."""
    cases = []
    for number, line in enumerate(read_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            gold = tuple(Location(str(location["url"]), str(location.get("anchor") or "")) for location in row["gold"])
            cases.append(Case(str(row["id"]), str(row["question"]), gold))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f'Line {number} of {file.name} is not {{"id", "question", "gold": [...]}}.') from None
    return cases


async def evaluate(footnote: Footnote, cases: Sequence[Case], sources: tuple[str, ...], *, answers: bool) -> Figures:
    """Search each question, answer it too if `answers`, and return the figures."""
    by_section, by_page = [], []
    outcomes: list[tuple[Case, Answer]] = []
    for case in track(cases, "asking", console=notices(), transient=True, disable=not notices().is_terminal):
        if case.gold:
            hits = await footnote.engine.search(case.question, limit=DEPTH, sources=sources)
            locations = [Location(hit.passage.url, hit.passage.anchor) for hit in hits]
            by_section.append(score(locations, case.gold))
            pages = list(dict.fromkeys(Location(location.url) for location in case.gold))
            by_page.append(score([Location(location.url) for location in locations], pages))
        if answers:
            events = [event async for event in footnote.engine.ask(Question(case.question, sources=sources))]
            assert isinstance(events[-1], Answer)
            outcomes.append((case, events[-1]))
    return _figures(len(cases), average_scores(by_section), average_scores(by_page), outcomes)


def _figures(questions: int, sections: Scores, pages: Scores, outcomes: Sequence[tuple[Case, Answer]]) -> Figures:
    if not outcomes:
        return Figures(questions, sections, pages, None)
    too_bold = tuple(case.id for case, answer in outcomes if not case.gold and not answer.abstention)
    too_shy = tuple(case.id for case, answer in outcomes if case.gold and answer.abstention)
    answered = [(case, answer) for case, answer in outcomes if case.gold and not answer.abstention]
    cited = [
        any(
            Location(citation.url.split("#")[0]).is_at(Location(gold.url))
            for citation in answer.citations
            for gold in case.gold
        )
        for case, answer in answered
    ]
    return Figures(
        questions,
        sections,
        pages,
        abstention_accuracy=1 - (len(too_bold) + len(too_shy)) / len(outcomes),
        answered_unanswerable=too_bold,
        refused_answerable=too_shy,
        cited_gold_page=sum(cited) / max(1, len(cited)),
        sentences_dropped=sum(answer.dropped for _, answer in outcomes),
    )


def _draw(figures: Figures) -> None:
    table = Table("", "recall@5", "recall@10", "nDCG@10", "MRR", box=None, header_style="bold")
    for name, scores in (("section", figures.sections), ("page", figures.pages)):
        cells = (scores.recall_at_5, scores.recall_at_10, scores.ndcg_at_10, scores.mrr)
        table.add_row(name, *(f"{cell:.3f}" for cell in cells))
    screen = console()
    screen.print(f"{figures.questions} questions")
    screen.print(table)
    if figures.abstention_accuracy is None:
        return
    screen.print(f"abstention accuracy {figures.abstention_accuracy:.3f}")
    if figures.cited_gold_page is not None:
        screen.print(f"answers that cite a gold page {figures.cited_gold_page:.3f}")
    screen.print(f"sentences dropped by the check {figures.sentences_dropped}")
    for label, ids in (
        ("answered, should not have", figures.answered_unanswerable),
        ("not answered, should have", figures.refused_answerable),
    ):
        if ids:
            screen.print(f"{label}: {', '.join(ids)}", markup=False, soft_wrap=True)
