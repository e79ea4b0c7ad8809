"""An answer in a terminal: streamed text, code with colours, numbered sources as hyperlinks.

Draws events of the engine and nothing else, wherever they come from. A pipe or a file gets the same text without
colours, and with urls written out.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import assert_never

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.style import Style
from rich.syntax import Syntax
from rich.text import Text

from bot.markup.sources import FURTHER_MARK, quote_of
from core.domain import Answer, Citation, Delta, Event, Evidence
from core.errors import FootnoteError, QuestionRefused
from core.sentences import ENGLISH, Sentences

_FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"(\s*)(\S+|$)")
_MARK = re.compile(r"(\[\d{1,3}\])")


async def show_answer(console: Console, events: AsyncIterator[Event], sentences: Sentences = ENGLISH) -> Answer:
    """Draw the events of one question as they come, and return the answer."""
    answer: Answer | None = None
    shown: list[str] = []
    column = 0
    with console.status("searching ...", spinner="dots") as status:  # shows nothing where there is no terminal
        async for event in events:
            match event:
                case Evidence():
                    status.update(f"reading {len(event.hits)} passages ...")
                case Delta():
                    status.stop()
                    shown.append(event.text)
                    column = draw_markdown(console, event.text, column)
                case Answer():
                    answer = event
                case _:
                    assert_never(event)
    assert answer is not None, "the engine ends with an Answer"
    if answer.text != "".join(shown):
        # It overrides what was shown: a refusal, an apology, or the text of an answer that did not pass.
        draw_prose(console, ("\n\n" if shown else "") + answer.text, column)
    draw_end(console, answer, sentences)
    return answer


def draw_markdown(console: Console, text: str, column: int = 0) -> int:
    """Draw one delta from `column` on, and return the column after it.

    Code fences and marks (`[1]`) have colours, the rest stays as it is.
    """
    at = 0
    for fence in _FENCE.finditer(text):
        draw_prose(console, text[at : fence.start()], column)
        draw_code(console, fence[3], fence[2], fence[0])
        at, column = fence.end(), 0
    return draw_prose(console, text[at:], column)


def draw_prose(console: Console, text: str, column: int = 0) -> int:
    """Draw text with its marks, and return the column after it.

    Nothing in the text is markup. On a terminal it breaks between words.
    """
    if console.is_terminal:
        text, column = break_lines(text, column, console.width)
    pieces = [f"[cyan]{escape(piece)}[/]" if _MARK.fullmatch(piece) else escape(piece) for piece in _MARK.split(text)]
    console.print("".join(pieces), end="", soft_wrap=True)
    return column


def break_lines(text: str, column: int, width: int) -> tuple[str, int]:
    """Break text so that no word that fits a line goes over `width` cells; return it, and the column after it.

    `("one two", 4, 9)` -> `("one\\ntwo", 3)`. Rows of tables stay whole.
    """
    lines: list[str] = []
    for number, line in enumerate(text.split("\n")):
        column = 0 if number else column
        if line.startswith("|") and not column:
            lines.append(line)
            column = cell_len(line)
            continue
        made = ""
        for blank, word in _WORD.findall(line):
            if word and column and column + len(blank) + cell_len(word) > width:
                made, column = f"{made}\n{word}", cell_len(word)
            else:
                made, column = made + blank + word, column + len(blank) + cell_len(word)
        lines.append(made)
    return "\n".join(lines), column


def draw_code(console: Console, code: str, language: str, fenced: str) -> None:
    """Draw a code block; without colours it keeps its fence, so that a copy is exact."""
    if console.is_terminal:
        console.print(Syntax(code.rstrip("\n"), language or "text", theme="ansi_dark", background_color="default"))
    else:
        console.print(fenced, markup=False, soft_wrap=True, end="")


def draw_end(console: Console, answer: Answer, sentences: Sentences = ENGLISH) -> None:
    """Draw what follows the text: sources if there are citations, the closest sections if there is no answer."""
    console.print()
    if answer.citations:
        console.print(f"\n[bold]{sentences.sources}[/]")
        draw_links(console, answer.citations)
    if answer.suggestions:
        are_further = bool(answer.citations) and not answer.faults
        console.print(f"\n[bold]{sentences.further if are_further else sentences.closest}[/]")
        draw_links(console, answer.suggestions, numbered=not are_further)  # a number there is that of a source


def draw_links(console: Console, citations: Sequence[Citation], *, numbered: bool = True) -> None:
    """Draw each citation as `[1] Title > Section`, on a terminal as a hyperlink, with its url and what it says."""
    for citation in citations:
        mark = f"[{citation.number}]" if numbered else FURTHER_MARK
        label = escape(" > ".join(citation.path) or citation.title or citation.url)
        if console.is_terminal:
            words = hyperlink(" > ".join(citation.path) or citation.title or citation.url, citation.target)
            console.print(Text.assemble(" ", (mark, "cyan"), " ", words))
            console.print(f"     [dim]{escape(citation.url)}[/]", soft_wrap=True)
        else:
            console.print(f" {escape(mark)} {label}  {escape(citation.url)}", soft_wrap=True)
        quote = quote_of(citation)
        if quote:
            console.print(f"     [italic]“{escape(quote)}”[/]", soft_wrap=True)


def hyperlink(words: str, url: str, style: str = "") -> Text:
    """Return words that link to `url`, as `Text`: in rich's markup a bracket in the url would mean something."""
    return Text(words, style=Style.parse(style) + Style(link=url))


def sentence_of(error: FootnoteError) -> str:
    """Return the sentence for an error in a chat, which goes on."""
    return str(error) if isinstance(error, QuestionRefused) else f"That did not work: {error}"
