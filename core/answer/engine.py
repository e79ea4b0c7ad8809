"""A question becomes a cited answer: retrieve, rerank, read, cite. This screen is the product.

    Question ─> [standalone] ─> embed ─> search ─> [rerank] ─> Evidence ─> read ─> check ─> Delta* ─> Answer

    what breaks       what happens
    standalone        the question is searched together with the one before it
    embedder          lexical search alone                             Answer.faults: EMBEDDER
    vectors           the same (the index has moved, or lacks its graph)   EMBEDDER
    reranker          the order of the search stays                    RERANKER
    reader            an apology, or what was shown and a word about it, with the best links   MODEL
    index             StoreError goes to the caller: without evidence there is nothing to say

The engine knows no platform, no prompt text and no SQL. It shows nothing that `core.check.citations` did not pass.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from core.answer.draft import Draft
from core.answer.evidence import alternating, best_links, spread, with_neighbours
from core.answer.examples import example_query, page_without_example, wants_code, with_examples
from core.answer.prompt import APOLOGY, CUT_OFF, HELP, PARTLY, SENTENCES, SHORTENED, too_long
from core.answer.trace import Trace, milliseconds_since
from core.check.links import visible
from core.domain import (
    DEFAULT_EDITION,
    Abstention,
    Answer,
    Delta,
    Edition,
    Event,
    Evidence,
    Fault,
    Hit,
    Question,
    Vector,
)
from core.errors import (
    ModelError,
    ModelMisbehaved,
    ModelUnavailable,
    QuestionRefused,
    StoreUnavailable,
    VectorsUnusable,
)
from core.ports import Embedder, Index, Reader, Reading, Reranker


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in characters or passages, deadlines in seconds (in a calm time a reply is there within 90 s)."""

    question_characters: int = 4_000
    answer_characters: int = 3_000
    draft_characters: int = 24_000
    candidates: int = 40
    evidence: int = 8
    passages_per_page: int = 3
    suggestions: int = 3
    rewrite_seconds: float = 10.0
    embed_seconds: float = 5.0
    search_seconds: float = 3.0
    rerank_seconds: float = 2.0
    model_seconds: float = 60.0

    @classmethod
    def within(cls, seconds: float) -> Limits:
        """The default ones, with so much time for the model, and a sixth of it to rewrite a follow-up."""
        return cls(rewrite_seconds=seconds / 6, model_seconds=seconds)


class Engine:
    """Answers questions and searches, from ports alone. One engine serves any number of questions at a time."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        reader: Reader,
        reranker: Reranker | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._index = index
        self._embedder = embedder
        self._reader = reader
        self._reranker = reranker
        self._limits = limits or Limits()

    async def ask(self, question: Question) -> AsyncGenerator[Event, None]:
        """`Evidence | Delta | Answer` events; the last one is the `Answer`, and it stands above the deltas.

        An answer of which over half fails the check becomes DOES_NOT_KNOW, whatever was shown of it. Closing the
        iterator closes the reader's stream. Raises `QuestionRefused` and `StoreError`.
        """
        asked = replace(question, text=accepted(question.text, self._limits.question_characters))
        trace = Trace()
        text = await self._search_text(asked, trace)
        found = await self._retrieved(text, asked, trace)
        if asked.turns and not self._reader.generative:
            found = alternating(found, await self._retrieved(asked.text, asked, Trace()))
        hits = await self._reranked(asked.text, found, trace)
        evidence = await self._with_examples(asked, hits, trace)
        if not evidence:
            yield self._abstained(Abstention.NO_CONTEXT, (), trace)
            return
        yield Evidence(evidence)
        async with aclosing(self._read(Reading(asked, evidence, tuple(hits)), trace)) as events:
            async for event in events:
                yield event

    async def search(
        self,
        text: str,
        limit: int,
        sources: Sequence[str] = (),
        edition: Edition = DEFAULT_EDITION,
        audience: frozenset[str] | None = None,
    ) -> list[Hit]:
        """The best `limit` passages, any number a page, of what `audience` sees (None: of all).

        Raises `QuestionRefused`, `SourceUnknown`, `EditionUnknown` and `StoreError`.
        """
        query = accepted(text, self._limits.question_characters)
        trace = Trace()
        vector = await self._embedded(query, trace)
        asked = Question(query, sources=tuple(sources), edition=edition, audience=audience)
        return await self._searched(asked, vector, limit, trace)

    async def _search_text(self, question: Question, trace: Trace) -> str:
        """The question so that it can be searched without its thread."""
        if not question.turns:
            return question.text
        with_last_turn = f"{question.text}\n{question.turns[-1].question}"
        if not self._reader.generative:
            return with_last_turn
        try:
            with trace.timed("rewrite"):
                async with asyncio.timeout(self._limits.rewrite_seconds):
                    rewritten = visible(await self._reader.standalone(question)).strip()
        except (ModelError, TimeoutError):
            return with_last_turn
        return rewritten[: self._limits.question_characters] or with_last_turn

    async def _retrieved(self, text: str, asked: Question, trace: Trace) -> list[Hit]:
        vector = await self._embedded(text, trace)
        return await self._searched(replace(asked, text=text), vector, self._limits.candidates, trace)

    async def _embedded(self, text: str, trace: Trace) -> Vector | None:
        try:
            with trace.timed("embed"):
                async with asyncio.timeout(self._limits.embed_seconds):
                    return await self._embedder.embed_query(text)
        except (ModelError, TimeoutError):
            trace.faults.append(Fault.EMBEDDER)
            return None

    async def _searched(self, asked: Question, vector: Vector | None, limit: int, trace: Trace) -> list[Hit]:
        try:
            with trace.timed("search"):
                async with asyncio.timeout(self._limits.search_seconds):
                    return await self._index.search(
                        asked.text,
                        vector,
                        limit=limit,
                        sources=asked.sources,
                        edition=asked.edition,
                        audience=asked.audience,
                    )
        except VectorsUnusable:
            trace.faults.append(Fault.EMBEDDER)
            return await self._searched(asked, None, limit, trace)
        except TimeoutError as exc:
            raise StoreUnavailable("The search took too long; please ask again in a minute.") from exc

    async def _reranked(self, text: str, hits: list[Hit], trace: Trace) -> list[Hit]:
        if self._reranker is None or len(hits) < 2:
            return hits
        try:
            with trace.timed("rerank"):
                async with asyncio.timeout(self._limits.rerank_seconds):
                    ranked = await self._reranker.rerank(text, hits)
        except (ModelError, TimeoutError):
            ranked = []
        if not ranked:
            trace.faults.append(Fault.RERANKER)
        return ranked or hits

    async def _with_examples(self, question: Question, hits: Sequence[Hit], trace: Trace) -> tuple[Hit, ...]:
        """The evidence; a question for code searches once more where there is none on the best page."""
        per_page = self._limits.passages_per_page
        evidence = spread(with_neighbours(hits), per_page)[: self._limits.evidence]
        page = page_without_example(question.text, hits, evidence) if wants_code(question.text) else None
        if page is None or Fault.EMBEDDER in trace.faults:
            return evidence
        with trace.timed("examples"):
            found = await self._retrieved(example_query(page), question, Trace())
        return with_examples(evidence, found, page.url, per_page)

    async def _read(self, reading: Reading, trace: Trace) -> AsyncGenerator[Event, None]:
        """Deltas as they pass the check, then the answer."""
        draft = Draft(reading, longest=self._limits.answer_characters, longest_raw=self._limits.draft_characters)
        fault: ModelError | None = None
        begin = time.perf_counter()
        try:
            async with aclosing(self._checked(reading, draft, trace)) as texts:
                async for text in texts:
                    trace.reached("read_first")
                    yield Delta(text)
        except ModelError as error:
            fault = error
            trace.faults.append(Fault.MODEL)
        trace.timings_ms["read"] = milliseconds_since(begin)
        note = CUT_OFF if fault else SHORTENED if draft.shortened else PARTLY if draft.answers_partly else ""
        if note and draft.text:
            yield Delta(f"\n\n{note}")
        yield self._concluded(draft, fault, f"\n\n{note}" if note else "", reading.hits, trace)

    async def _checked(self, reading: Reading, draft: Draft, trace: Trace) -> AsyncGenerator[str, None]:
        """What of the reader's draft may be shown. Raises `ModelError`, also where the draft is blank."""
        async with aclosing(self._pieces(reading, trace)) as pieces:
            async for piece in pieces:
                for text in draft.feed(piece):
                    yield text
                if draft.done:
                    break
        for text in draft.finish():
            yield text
        if draft.is_blank:
            raise ModelMisbehaved("The language model answered with nothing.")

    async def _pieces(self, reading: Reading, trace: Trace) -> AsyncGenerator[str, None]:
        """The reader's pieces within the model's deadline.

        Each wait is timed alone: a timer around a `yield` would also interrupt whoever consumes it.
        """
        seconds = self._limits.model_seconds - trace.timings_ms.get("rewrite", 0.0) / 1000
        deadline = asyncio.get_running_loop().time() + seconds
        stream = self._reader.read(reading)
        try:
            while True:
                async with asyncio.timeout_at(deadline):
                    piece = await anext(stream, None)
                if piece is None:
                    return
                yield piece
        except TimeoutError as exc:
            raise ModelUnavailable("The language model did not answer in time.") from exc
        finally:
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

    def _concluded(
        self, draft: Draft, fault: ModelError | None, note: str, hits: Sequence[Hit], trace: Trace
    ) -> Answer:
        if fault and not draft.text:
            return self._closing(f"{APOLOGY} {fault}", hits, trace)
        if draft.abstention:
            return self._abstained(draft.abstention, hits, trace)
        if not fault and draft.checker.mostly_dropped:
            answer = self._abstained(Abstention.DOES_NOT_KNOW, hits, trace)
            return replace(answer, dropped=len(draft.checker.dropped))
        return replace(
            self._closing(draft.text + note, hits if fault else (), trace),
            citations=draft.citations,
            dropped=len(draft.checker.dropped),
        )

    def _abstained(self, abstention: Abstention, hits: Sequence[Hit], trace: Trace) -> Answer:
        return replace(self._closing(SENTENCES[abstention], hits, trace), abstention=abstention)

    def _closing(self, text: str, hits: Sequence[Hit], trace: Trace) -> Answer:
        trace.reached("total")
        return Answer(
            text,
            suggestions=best_links(hits, self._limits.suggestions),
            faults=tuple(trace.faults),
            model=self._reader.model,
            timings_ms=trace.timings_ms,
        )


def accepted(text: str, longest: int) -> str:
    """A question as it is searched and read, without invisible characters. Raises `QuestionRefused`."""
    stripped = text.strip()
    if len(stripped) > longest:
        raise QuestionRefused(too_long(len(stripped), longest))
    clean = visible(stripped).strip()
    if not any(character.isalnum() for character in clean):
        raise QuestionRefused(HELP)
    return clean
