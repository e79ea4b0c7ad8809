"""Answers as a person sees them in a terminal, and as a program sees them in a pipe."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from bot.terminal import break_lines, show_answer
from core.domain import Abstention, Answer, Citation, Delta, Event, Evidence

CITATION = Citation(1, "https://docs.example/guide#train", ("Guide", "Train"), "Guide")


async def played(*events: Event) -> AsyncIterator[Event]:
    for event in events:
        yield event


async def drawn(*events: Event, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=terminal, width=200, highlight=False, color_system="standard" if terminal else None
    )
    await show_answer(console, played(*events))
    return out.getvalue()


async def test_deltas_are_drawn_once_and_sources_follow_with_their_links() -> None:
    text = "Use `train` [1]."
    page = await drawn(Evidence(()), Delta(text), Answer(text, (CITATION,)))
    assert page.count("Use `train` [1].") == 1
    assert "[1] Guide > Train  https://docs.example/guide#train" in page


async def test_a_refusal_without_deltas_is_said_and_offers_the_closest_sections() -> None:
    page = await drawn(Answer("Nothing about this.", abstention=Abstention.NO_CONTEXT, suggestions=(CITATION,)))
    assert "Nothing about this." in page
    assert "Closest sections" in page


async def test_an_answer_that_did_not_hold_is_followed_by_the_refusal_that_stands_above_it() -> None:
    page = await drawn(Delta("Half of it."), Answer("I do not know.", abstention=Abstention.DOES_NOT_KNOW))
    assert page.index("Half of it.") < page.index("I do not know.")


async def test_code_in_a_pipe_keeps_its_fence_and_every_blank() -> None:
    fence = "```python\ndef f():\n    return [1]\n```"
    assert fence in await drawn(Delta(fence), Answer(fence))


async def test_markup_in_an_answer_is_text_and_not_an_instruction_to_the_terminal() -> None:
    text = "Write [bold]x[/bold] and [link=https://evil.example]y[/link] [1]."
    assert text in await drawn(Delta(text), Answer(text))


async def test_brackets_in_a_url_are_no_markup() -> None:
    url = "https://docs.example/list?of[]=1#[/link]"
    assert url in await drawn(Answer("Yes [1].", (Citation(1, url, ("[/red]",), "Guide"),)), terminal=True)


async def test_a_terminal_gets_hyperlinks() -> None:
    page = await drawn(Answer("Yes [1].", (CITATION,)), terminal=True)
    assert "\x1b]8;" in page
    assert "https://docs.example/guide#train" in page


@pytest.mark.parametrize(
    ("answer", "remembered"),
    [(Answer("Yes [1]."), "Yes [1]."), (Answer("No.", abstention=Abstention.NO_CONTEXT), "(no_context)")],
)
def test_the_thread_remembers_the_answer_or_that_there_was_none(answer: Answer, remembered: str) -> None:
    assert answer.remembered == remembered


@pytest.mark.parametrize(
    ("text", "column", "width", "shown"),
    [
        ("one two three", 0, 8, ("one two\nthree", 5)),
        ("one two", 4, 9, ("one\ntwo", 3)),
        (" one", 6, 9, ("\none", 3)),
        ("so.\n\n- an item", 8, 9, ("\nso.\n\n- an item", 9)),
        ("| a row | of a table |\nend", 0, 8, ("| a row | of a table |\nend", 3)),
        ("unbreakable-as-urls-are x", 0, 8, ("unbreakable-as-urls-are\nx", 1)),
        ("字字字 字字", 0, 8, ("字字字\n字字", 4)),
        ("", 5, 8, ("", 5)),
    ],
)
def test_prose_breaks_between_words(text: str, column: int, width: int, shown: tuple[str, int]) -> None:
    assert break_lines(text, column, width) == shown


async def test_a_sentence_goes_on_in_the_line_of_the_one_before() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=20, highlight=False, color_system=None)
    text = "First sentence [1]. Second sentence [1]."
    await show_answer(console, played(Delta("First sentence [1]."), Delta(" Second sentence [1]."), Answer(text)))
    assert "First sentence [1].\nSecond sentence [1].\n" in out.getvalue()
