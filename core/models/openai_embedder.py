"""The embedder behind an OpenAI-compatible server: texts in, vectors of length one out.

    texts ──cut, batched──> POST /embeddings, as base64 ──checked──> vectors
                                             ──400────> once more as floats, and from then on

It sets deadlines itself, because keep-alive comments defeat the SDK's (measured).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import openai
from openai.types import CreateEmbeddingResponse

from core.answer.prompt import estimate_tokens
from core.calls import record_call
from core.domain import TokenUsage, Vector
from core.errors import ModelError
from core.models.openai_client import ModelServer, Patience, build_timeouts, call_with_retries, make_client
from core.models.openai_errors import Role, is_too_long, translate_errors
from core.models.openai_vectors import cut_text, split_batches, vectors_of
from core.models.sendable import to_sendable
from core.models.server_words import FaultLog, clean_words

DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
"""Lengths of the vectors of OpenAI's models; any other model's are learnt from its first answer."""

EMBEDDING = Role("embedding model", "EMBEDDING_MODEL")

_PASSAGES = Patience(tries=6, longest_wait=60.0, after_timeout=True)
_QUERY = Patience(tries=2, longest_wait=2.0, first_wait=0.2)
_SHORTEST_CUT = 100
_FORM_REFUSED = frozenset({400, 415, 422, 501})


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


class OpenAIEmbedder:
    """Implements the port `Embedder`.

    `dimensions` is 0 until the first answer where neither we nor the caller know it.
    """

    def __init__(
        self,
        server: ModelServer,
        *,
        model: str,
        dimensions: int | None = None,
        limits: EmbedderLimits | None = None,
    ) -> None:
        self.model = model
        self._role = replace(EMBEDDING, url=server.url_setting, key=server.key_setting)
        self.dimensions = dimensions or DIMENSIONS.get(model, 0)
        self._limits = limits or EmbedderLimits()
        self._server = server
        self._faults = FaultLog()
        self._as_floats = False
        self._client = make_client(server, read_seconds=self._limits.query_seconds, model=model)
        self._requests = asyncio.Semaphore(self._limits.requests)

    async def embed_query(self, text: str) -> Vector:
        """Return the vector of one text within `query_seconds`, not held up by passages. Raises `ModelError`."""
        texts, seconds = [self._prepared(text)], self._limits.query_seconds
        with self._translated(texts):
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
            with self._translated(texts):
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
            record_call(self.model, _count(response, texts))
            vectors = vectors_of(response, len(texts), self.dimensions)
            self.dimensions = len(vectors[0])
            return vectors
        if len(texts) == 1:
            return await self._embedded([texts[0][: len(texts[0]) // 2]], patience, seconds)
        middle = len(texts) // 2
        head = await self._embedded(texts[:middle], patience, seconds)
        return head + await self._embedded(texts[middle:], patience, seconds)

    async def _request(self, texts: list[str], seconds: float) -> CreateEmbeddingResponse:
        """Send one request, for `seconds` at most: as floats once the server has refused base64, as Gemini's does."""
        if not self._as_floats:
            try:
                return await self._send(texts, seconds, "base64")
            except openai.APIStatusError as error:
                if error.status_code not in _FORM_REFUSED or is_too_long(error):
                    raise
                return await self._send_floats(texts, seconds, error)
        return await self._send(texts, seconds, "float")

    async def _send_floats(
        self, texts: list[str], seconds: float, refusal: openai.APIStatusError
    ) -> CreateEmbeddingResponse:
        """Send a refused request once more, as floats: servers that know no base64 seldom say that it is that."""
        try:
            response = await self._send(texts, seconds, "float")
        except openai.APIStatusError:
            raise refusal from None
        self._as_floats = True
        return response

    async def _send(
        self, texts: list[str], seconds: float, form: Literal["base64", "float"]
    ) -> CreateEmbeddingResponse:
        """Send one request. With the format named, the SDK does not parse the vectors."""
        return await self._client.embeddings.create(
            model=self.model, input=texts, encoding_format=form, timeout=build_timeouts(seconds)
        )

    @contextmanager
    def _translated(self, texts: Sequence[str]) -> Iterator[None]:
        """Raise `ModelError` in place of the SDK's errors in a block, and log it with the server's words."""
        try:
            with translate_errors(self._role):
                yield
        except ModelError as error:
            error.details = clean_words(error.details, self._server.secrets, texts[:1])
            self._faults.report(error)
            raise


def _count(response: CreateEmbeddingResponse, texts: Sequence[str]) -> TokenUsage:
    """Return the tokens that the server counted, or an estimate where it reported none. The SDK checks nothing."""
    sent = getattr(getattr(response, "usage", None), "prompt_tokens", None)
    if isinstance(sent, int) and sent > 0:
        return TokenUsage(sent, 0)
    return TokenUsage(sum(map(estimate_tokens, texts)), 0, estimated=True)
