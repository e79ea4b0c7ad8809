"""Judge mode (CHAT_ROLE=judge): the pages are quoted, and a model only says whether the quotes answer, and which.

    Reading ──quoter──> quotes ──model──> not answered ──> DOES_NOT_KNOW
                          │                answered ─────> the quotes of the sections that it chose, verbatim
                          │                                unless they lack the kind of thing that is asked for
                          └──refusal──> the same refusal; no model is asked

Implements the port `Reader` with the quoter's words alone. A model that fails, or whose reply is no ruling, raises: the
engine then shows the quotes under a line that says so.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from core.answer.judging import (
    VERDICT_FORMAT,
    build_judge_messages,
    gather_quotes,
    keep_sections,
    lacks_what_is_asked,
    read_ruling,
)
from core.answer.prompt import REFUSALS, recognise_refusal
from core.domain import Abstention, Question
from core.errors import ModelMisbehaved
from core.models.openai_reader import OpenAIReader, build_prompt_sent
from core.ports import DraftPiece, Reader, Reading, StandaloneQuestion

UNREADABLE = "The chat model did not say whether the pages answer the question: set another CHAT_MODEL."


class JudgingReader:
    """Asks `writer`'s model about what `quoter` quotes."""

    generative = True

    def __init__(self, writer: OpenAIReader, quoter: Reader) -> None:
        self._writer, self._quoter = writer, quoter
        self.model = writer.model

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return the last question of a thread, rewritten by the model. Raises `ModelError`."""
        return await self._writer.standalone(question)

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        """Yield the quotes that answer, or a refusal. Raises `ModelError`."""
        pieces = list[str]()
        async for piece in self._quoter.read(reading):
            if isinstance(piece, str):
                pieces.append(piece)
            else:
                yield piece
        if isinstance(recognise_refusal("".join(pieces) + "\n"), Abstention):
            for text in pieces:
                yield text
            return
        quotes = gather_quotes(pieces)
        messages = build_judge_messages(reading.question.text, quotes)
        yield build_prompt_sent(len(reading.hits), messages)
        reply, usage = await self._writer.complete(reading.question, messages, response_format=VERDICT_FORMAT)
        yield usage
        for text in _choose(reading, quotes, reply):
            yield text

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator should know of the server's habits, as they have shown so far."""
        return self._writer.remarks

    async def aclose(self) -> None:
        """Close the connections."""
        await self._writer.aclose()


def _choose(reading: Reading, quotes: Sequence[str], reply: str) -> list[str]:
    """Return the quotes that answer by the model's reply, or a refusal. Raises `ModelMisbehaved`."""
    ruling = read_ruling(reply, len(quotes))
    if ruling is None:
        raise ModelMisbehaved(UNREADABLE)
    kept = keep_sections(quotes, ruling.chosen, [hit.passage.link for hit in reading.hits])
    if not ruling.answered or lacks_what_is_asked(reading, kept):
        return [REFUSALS[Abstention.DOES_NOT_KNOW]]
    return kept
