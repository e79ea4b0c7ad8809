"""`footnote ask`: one question, or a chat that remembers its thread."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from bot.cli.ending import interrupt_on_signals
from bot.cli.running import (
    console,
    edition_options,
    explain_empty_index,
    json_option,
    notices,
    print_json,
    read_questions,
    read_text,
    with_footnote,
)
from bot.documents import answer_to_document as to_document
from bot.phrases import is_courtesy, is_greeting
from bot.questions import HelpPlace, build_help
from bot.terminal import sentence_of, show_answer
from core.domain import Abstention, Answer, Edition, Fault, Question, Turn
from core.errors import FootnoteError, QuestionRefused
from core.inbox.platforms import Platform
from core.sentences import sentences_in
from core.wiring import Footnote

REMEMBERED_TURNS = 6
NOTHING_INDEXED = (
    "Nothing is indexed yet: add documentation with `footnote sources add URL`, then run `footnote crawl`."
)
_OF_ALL = Question("")
_TERMINAL = Platform("terminal")
_WELCOME = "You are welcome. An empty line or Ctrl-D ends the chat."


@click.command("ask")
@click.argument("question", nargs=-1)
@click.option("--source", "sources", multiple=True, help="Search this source alone (may be repeated).")
@click.option(
    "--batch",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
    help='Many questions in one process: lines of {"id", "question"} in, an answer with its "id" out.',
)
@edition_options
@json_option
def command(
    question: tuple[str, ...], sources: tuple[str, ...], batch: Path | None, edition: Edition, *, as_json: bool
) -> None:
    """Ask a QUESTION and get an answer with numbered sources; without one, open a chat.

    \b
    footnote ask "How do I add a site?"
    echo "How do I add a site?" | footnote ask -
    footnote ask --source docs "..." --json
    footnote ask --version 1.4 --language de "..."
    footnote ask --batch questions.jsonl
    """
    if batch is not None:
        like = Question("", sources=sources, edition=edition)
        with_footnote(lambda footnote: _ask_all(footnote, batch, like))
        return
    text = read_text(Path("-")) if question == ("-",) else " ".join(question)
    if not question and not as_json and sys.stdin.isatty():
        with_footnote(lambda footnote: chat(footnote, Question("", sources=sources, edition=edition)))
        return
    asked = Question(text, sources=sources, edition=edition)
    answer = with_footnote(lambda footnote: _ask(footnote, asked, as_json=as_json))
    if Fault.MODEL in answer.faults:
        sys.exit(1)


async def _ask(footnote: Footnote, question: Question, *, as_json: bool) -> Answer:
    if not as_json:
        return await _show(footnote, question)
    answer = [event async for event in footnote.engine.ask(question)][-1]
    assert isinstance(answer, Answer)
    print_json(to_document(answer))
    return answer


async def _ask_all(footnote: Footnote, batch: Path, like: Question) -> None:
    """Print the answer to each question as one line; one that is refused, as its sentence."""
    for number, question in read_questions(batch):
        try:
            answer = [event async for event in footnote.engine.ask(replace(like, text=question))][-1]
        except QuestionRefused as refused:
            print_json({"id": number, "error": str(refused)})
            continue
        assert isinstance(answer, Answer)
        print_json({"id": number, **to_document(answer)})


async def _show(footnote: Footnote, question: Question) -> Answer:
    answer = await show_answer(
        console(), footnote.engine.ask(question), sentences_in(footnote.settings.answer_language)
    )
    if answer.abstention is Abstention.NO_CONTEXT and not any(each.passages for each in await footnote.catalog.list()):
        for line in filter(None, (NOTHING_INDEXED, explain_empty_index(footnote.settings))):
            notices().print(line, markup=False, soft_wrap=True)
    return answer


async def chat(footnote: Footnote, like: Question = _OF_ALL) -> None:
    """Answer questions until an empty line, `exit` or Ctrl-D. `like`: a question with the sources and edition."""
    screen, turns = console(), list[Turn]()
    screen.print("[dim]Ask away; an empty line or Ctrl-D ends the chat.[/]")
    while text := _read_line(screen):
        try:
            if small_talk := await _answer_small_talk(footnote, like, text):
                screen.print(small_talk, markup=False)
                continue
            answer = await _show(footnote, replace(like, text=text, turns=tuple(turns)))
        except FootnoteError as error:
            notices().print(sentence_of(error), style="yellow", markup=False)
            continue
        turns = [*turns, Turn(text, answer.remembered)][-REMEMBERED_TURNS:]


async def _answer_small_talk(footnote: Footnote, like: Question, text: str) -> str:
    """Return what to say to a greeting or to thanks, which no page answers; "" for anything else."""
    if is_greeting(text):
        place = HelpPlace(_TERMINAL, "", None, like.sources)
        return await build_help(place, footnote.catalog, None, sentences_in(footnote.settings.answer_language))
    return _WELCOME if is_courtesy(text) else ""


def _read_line(screen: Console) -> str:
    """Read a line. A signal ends that at once: the event loop, which would handle signals, waits for the line."""
    with interrupt_on_signals():
        screen.print("\n[bold cyan]>[/] ", end="")
        try:
            line = input().strip()
        except EOFError:
            return ""
    return "" if line in ("exit", "quit") else line
