"""Models behind OpenAI's API, or any server that speaks it: an embedder and a reader.

    OpenAIEmbedder   texts ──cut, batched──> /embeddings ──checked──> vectors of length one
    OpenAIReader     Reading ──core.answer.prompt──> /chat/completions, streamed ──> pieces of text

Requests hold the model, the text and nothing that some server or newer model refuses: no temperature, no token limit.
A stream counts as finished only with a `finish_reason`. Embedder and reader set deadlines themselves, because
keep-alive comments defeat the SDK's (measured). `core.answer.prompt` writes prompts, and the engine knows refusals.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import openai
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.shared_params import ReasoningEffort

from core.answer.prompt import Message, Style, build_answer_messages, build_standalone_messages
from core.domain import Question, Vector
from core.errors import ModelError, ModelMisbehaved
from core.models.openai_client import (
    Patience,
    Role,
    build_blocked_error,
    build_timeouts,
    build_unreadable_error,
    call_with_retries,
    is_too_long,
    make_client,
    translate_errors,
)
from core.models.openai_reasoning import ReasoningFilter, strip_reasoning
from core.models.openai_vectors import cut_text, split_batches, vectors_of
from core.models.sendable import to_sendable
from core.ports import Reading

DEFAULT_CHAT_MODEL = "gpt-6.1-terra"
"""OpenAI's fast tier, meant for short texts from given material; takes /chat/completions (November 2026)."""

EFFORTS: dict[str, ReasoningEffort] = {DEFAULT_CHAT_MODEL: "low"}
"""Models known to reason before they write, with the effort: copying from passages needs little. Others get none."""

DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
"""Lengths of the vectors of OpenAI's models; any other model's are learnt from its first answer."""

CHAT = Role("chat model", "CHAT_MODEL", shorter="set a smaller PROMPT_TOKENS, or ")
EMBEDDING = Role("embedding model", "EMBEDDING_MODEL")

_PASSAGES = Patience(tries=6, longest_wait=60.0, after_timeout=True)
_QUERY = Patience(tries=2, longest_wait=2.0, first_wait=0.2)
_ANSWER = Patience(tries=2, longest_wait=10.0)
_SHORTEST_CUT = 100
_BROKEN_OFF = frozenset({"error", "abort", "cancelled"})


@dataclass(frozen=True, slots=True)
class EmbedderLimits:
    """Sizes and deadlines (seconds) of requests for embeddings.

    The API takes 2,048 texts and 300,000 tokens per request, 8,191 tokens per text. Requests are far smaller, since a
    self-hosted server embeds tens of texts a second and sends nothing until it is done.
    """

    texts: int = 64
    tokens: int = 60_000
    text_tokens: int = 8_191
    requests: int = 4
    passages_seconds: float = 60.0
    query_seconds: float = 5.0
    passages: Patience = _PASSAGES
    query: Patience = _QUERY


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Deadlines in seconds: for a whole answer, for the longest silence within, for rewriting a follow-up."""

    answer_seconds: float = 60.0
    silence_seconds: float = 20.0
    rewrite_seconds: float = 10.0
    patience: Patience = _ANSWER

    @classmethod
    def within(cls, seconds: float) -> ReaderLimits:
        """Return the deadlines for a whole answer of so many seconds, in the proportions of the defaults."""
        return cls(seconds, seconds / 3, seconds / 6)


class OpenAIEmbedder:
    """Implements the port `Embedder`.

    `dimensions` is 0 until the first answer where neither we nor the caller know it.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str = "",
        dimensions: int | None = None,
        limits: EmbedderLimits | None = None,
    ) -> None:
        self.model = model
        self.dimensions = dimensions or DIMENSIONS.get(model, 0)
        self._limits = limits or EmbedderLimits()
        self._client = make_client(api_key, base_url, read_seconds=self._limits.query_seconds)
        self._requests = asyncio.Semaphore(self._limits.requests)

    async def embed_query(self, text: str) -> Vector:
        """Return the vector of one text within `query_seconds`, not held up by passages. Raises `ModelError`."""
        texts, seconds = [self._prepared(text)], self._limits.query_seconds
        with translate_errors(EMBEDDING):
            async with asyncio.timeout(seconds):
                return (await self._embedded(texts, self._limits.query, seconds))[0]

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of all texts, a few requests at a time. Raises `ModelError` once a request is given up."""
        limits = self._limits
        requests = split_batches([self._prepared(text) for text in texts], limits.texts, limits.tokens)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._embedded_in_turn(batch)) for batch in requests]
        except ExceptionGroup as exc:
            errors, others = exc.split(ModelError)
            if others or not errors:
                raise
            raise errors.exceptions[0] from exc
        return [vector for task in tasks for vector in task.result()]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _prepared(self, text: str) -> str:
        return cut_text(to_sendable(text), self._limits.text_tokens)

    async def _embedded_in_turn(self, texts: list[str]) -> list[Vector]:
        async with self._requests:
            with translate_errors(EMBEDDING):
                return await self._embedded(texts, self._limits.passages, self._limits.passages_seconds)

    async def _embedded(self, texts: list[str], patience: Patience, seconds: float) -> list[Vector]:
        """Return the vectors of `texts`. Raises the SDK's errors, `ModelMisbehaved`.

        Where the server finds the texts too long, half as many are sent at a time, and then half of a text.
        """
        try:
            response = await call_with_retries(patience, lambda: self._request(texts, seconds))
        except openai.APIStatusError as error:
            if not is_too_long(error) or (len(texts) == 1 and len(texts[0]) <= _SHORTEST_CUT):
                raise
        else:
            vectors = vectors_of(response, len(texts), self.dimensions)
            self.dimensions = len(vectors[0])
            return vectors
        if len(texts) == 1:
            return await self._embedded([texts[0][: len(texts[0]) // 2]], patience, seconds)
        middle = len(texts) // 2
        head = await self._embedded(texts[:middle], patience, seconds)
        return head + await self._embedded(texts[middle:], patience, seconds)

    async def _request(self, texts: list[str], seconds: float) -> CreateEmbeddingResponse:
        """Send one request, for `seconds` at most. With the format named, the SDK does not parse the vectors."""
        return await self._client.embeddings.create(
            model=self.model, input=texts, encoding_format="base64", timeout=build_timeouts(seconds)
        )


class OpenAIReader:
    """Implements the port `Reader`. Its text is a draft: the engine checks what may be shown of it."""

    generative = True

    def __init__(
        self,
        *,
        api_key: str,
        model: str = DEFAULT_CHAT_MODEL,
        style: Style,
        budget: int,
        base_url: str = "",
        limits: ReaderLimits | None = None,
    ) -> None:
        self.model = model
        self._style = style
        self._budget = budget
        self._limits = limits or ReaderLimits()
        self._client = make_client(api_key, base_url, read_seconds=self._limits.silence_seconds)

    async def read(self, reading: Reading) -> AsyncGenerator[str, None]:
        """Yield the answer in pieces as they come. Closing the iterator closes the connection, and the model stops.

        An answer that stops at the server's length limit raises `ModelMisbehaved` after its last piece: the engine
        keeps the sentences that were finished, drops the tail and says that the answer was cut off.
        """
        messages = build_answer_messages(reading, self._style, self._budget)
        deadline = asyncio.get_running_loop().time() + self._limits.answer_seconds
        with translate_errors(CHAT):
            async with asyncio.timeout_at(deadline):
                stream = await call_with_retries(self._limits.patience, lambda: self._stream(messages))
            async with stream, aclosing(_pieces(stream, deadline)) as pieces:
                async for piece in pieces:
                    yield piece

    async def standalone(self, question: Question) -> str:
        """Return the last question of a thread, rewritten, in one line. Raises `ModelError`."""
        messages = build_standalone_messages(question)
        with translate_errors(CHAT):
            async with asyncio.timeout(self._limits.rewrite_seconds):
                completion = await call_with_retries(self._limits.patience, lambda: self._complete(messages))
            text, finish = _first_choice(completion, "message")
        text = strip_reasoning(text)
        _check_end(finish or "stop", written=bool(text.strip()))
        return " ".join(text.split())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _stream(self, messages: Sequence[Message]) -> openai.AsyncStream[ChatCompletionChunk]:
        return await self._client.chat.completions.create(
            model=self.model, messages=_wire(messages), reasoning_effort=self._effort(), stream=True
        )

    async def _complete(self, messages: Sequence[Message]) -> ChatCompletion:
        return await self._client.chat.completions.create(
            model=self.model, messages=_wire(messages), reasoning_effort=self._effort()
        )

    def _effort(self) -> ReasoningEffort | openai.Omit:
        return EFFORTS.get(self.model, openai.omit)


def _wire(messages: Iterable[Message]) -> list[ChatCompletionMessageParam]:
    wire = [Message(role=message["role"], content=to_sendable(message["content"])) for message in messages]
    return cast("list[ChatCompletionMessageParam]", wire)  # the SDK has one type per role, ours is their union


async def _pieces(stream: openai.AsyncStream[ChatCompletionChunk], deadline: float) -> AsyncGenerator[str, None]:
    """Yield the text of a stream up to its `finish_reason`; what follows that is not waited for."""
    finish, written, thoughts = None, False, ReasoningFilter()
    while finish is None:
        chunk = await _next(stream, deadline)
        if chunk is None:
            break
        text, finish = _first_choice(chunk, "delta")
        piece = thoughts.feed(text) + (thoughts.finish() if finish else "")
        written = written or bool(piece.strip())
        if piece:
            yield piece
    _check_end(finish, written=written)


async def _next(stream: openai.AsyncStream[ChatCompletionChunk], deadline: float) -> ChatCompletionChunk | None:
    """Return the next chunk; None at the end.

    Each wait is timed alone: a timer around a `yield` would hit the consumer.
    """
    async with asyncio.timeout_at(deadline):
        return await anext(stream, None)


def _first_choice(answer: object, part: str) -> tuple[str, str | None]:
    """Return (text, finish_reason) of a completion or a chunk.

    The SDK builds both unchecked: nothing is taken for granted. A chunk without choices is no fault: Azure opens with
    one, and figures of usage come in one. Where a server sends several answers at once, unasked, the first counts.
    """
    choices = getattr(answer, "choices", None)
    several = choices if isinstance(choices, list) else []
    choice = next((each for each in several if getattr(each, "index", 0) in (0, None)), None)
    content = getattr(getattr(choice, part, None), "content", None)
    finish = getattr(choice, "finish_reason", None)
    return content if isinstance(content, str) else "", finish if isinstance(finish, str) and finish else None


def _check_end(finish: str | None, *, written: bool) -> None:
    """Raise `ModelRefused` or `ModelMisbehaved` where an answer did not end as it should."""
    if finish == "content_filter":
        raise build_blocked_error()
    if finish in ("length", "max_tokens"):
        raise ModelMisbehaved("The chat model stopped at its length limit: set a CHAT_MODEL that may write more.")
    if finish in _BROKEN_OFF or (finish is None and written):
        raise ModelMisbehaved("The chat model broke off in the middle of its answer: please ask again.")
    if finish is None:
        raise build_unreadable_error(CHAT)
    if not written:
        raise ModelMisbehaved("The chat model answered with nothing: please ask again, or set another CHAT_MODEL.")
