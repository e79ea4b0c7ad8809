"""A reranker behind a server that speaks Jina's, Voyage's or TEI's form: hits in, the same in a better order out.

    jina     POST /rerank  {model, query, documents, top_n}   {"results": [{"index", "relevance_score"}]}  also vLLM
    voyage   POST /rerank  {model, query, documents}          {"data": [{"index", "relevance_score"}]}
    tei      POST /rerank  {query, texts, truncate}           [{"index", "score"}]

One try of two seconds, as with Cohere's (`core.models.cohere`). Never drops, doubles or invents a hit, whatever the
server answers. No message holds the key, the question or the server's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import httpx

from core.calls import record_call
from core.domain import Hit, TokenUsage
from core.errors import ModelMisbehaved, ModelRefused, ModelUnavailable
from core.models.ranking import check_scores, reorder_hits
from core.models.sendable import to_sendable
from core.models.server_words import FaultLog, clean_words
from core.net.route import DIRECT, Route, explain_unreachable

_SETTINGS = "RERANK_BASE_URL, RERANK_FORM and RERANK_MODEL"


class RerankForm(StrEnum):
    """How a server is asked, and how it answers."""

    JINA = "jina"
    VOYAGE = "voyage"
    TEI = "tei"


class ServerReranker:
    """Implements the port `Reranker`."""

    def __init__(
        self,
        base_url: str,
        form: RerankForm,
        *,
        model: str = "",
        api_key: str = "",
        seconds: float = 2.0,
        route: Route = DIRECT,
    ) -> None:
        self.model = model or "reranker"
        self._url, self._form, self._named = f"{base_url.rstrip('/')}/rerank", form, model
        self._key, self._seconds = api_key, seconds
        self._faults = FaultLog()
        tls = route.open_tls()
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=seconds,
            proxy=route.proxy_for(base_url) or None,
            verify=tls if tls is not None else True,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else None,
        )

    async def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return all of the hits; those that the server scored come first, with its scores. Raises `ModelError`."""
        if not hits:
            return []
        body = self._build_body(to_sendable(question), [to_sendable(hit.passage.embedded_text) for hit in hits])
        with self._faults.logged(), _translated():
            async with asyncio.timeout(self._seconds):
                response = await self._client.post(self._url, json=body)
            self._check_status(response, question)
            answer = response.json()
            scores = _scores(answer, len(hits))
        usage = answer.get("usage") if isinstance(answer, dict) else None
        tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
        if isinstance(tokens, int) and tokens > 0:
            record_call(self.model, TokenUsage(tokens, 0))
        return reorder_hits(hits, scores)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _build_body(self, question: str, documents: list[str]) -> dict[str, Any]:
        if self._form is RerankForm.TEI:
            return {"query": question, "texts": documents, "truncate": True}
        named = {"model": self._named} if self._named else {}
        top = {"top_n": len(documents)} if self._form is RerankForm.JINA else {}
        return {**named, "query": question, "documents": documents, **top}

    def _check_status(self, response: httpx.Response, question: str) -> None:
        """Raise `ModelError` unless the server did what it was asked."""
        status = response.status_code
        if 200 <= status < 300:
            return
        if status == 429:
            raise ModelUnavailable("The reranker has too many requests just now.")
        if status == 408 or status >= 500:
            raise ModelUnavailable(f"The reranker is out of order (HTTP {status}).")
        advice = {401: "check RERANK_API_KEY", 403: "RERANK_API_KEY may not use it"}.get(status, f"check {_SETTINGS}")
        error = ModelRefused(f"The reranker refused the request (HTTP {status}): {advice}.")
        error.details = clean_words(response.text[:2_000], [self._key], [question])
        raise error


def _scores(answer: object, count: int) -> dict[int, float]:
    """Return {index: score} of an answer in any of the forms. Raises `ModelMisbehaved` where it is none."""
    results = (answer.get("results") or answer.get("data")) if isinstance(answer, dict) else answer
    entries = [entry for entry in results if isinstance(entry, dict)] if isinstance(results, list) else []
    if not entries:
        raise ModelMisbehaved(f"The reranker answered with no order: check {_SETTINGS}.")
    return check_scores(
        ((entry.get("index"), entry.get("relevance_score", entry.get("score"))) for entry in entries), count
    )


@contextmanager
def _translated() -> Iterator[None]:
    """Raise `ModelError` in place of the client's errors in a block."""
    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise ModelUnavailable("The reranker did not answer in time.") from exc
    except (httpx.DecodingError, ValueError, RecursionError) as exc:
        raise ModelMisbehaved(f"The reranker answered in a way that cannot be read: check {_SETTINGS}.") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        cause = explain_unreachable(exc) or "check RERANK_BASE_URL and the network"
        raise ModelUnavailable(f"The reranker cannot be reached: {cause}.") from exc
