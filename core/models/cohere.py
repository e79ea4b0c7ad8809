"""Cohere's reranker, through its SDK: hits in, the same hits in a better order out.

    hits ──heading path + text──> POST /v2/rerank ──[(index, score), ...]──> answered hits, best first, then the rest

One try of two seconds: a question does not wait for a better order. Any fault is a `ModelError`, after which the engine
keeps the order it had. Never drops, doubles or invents a hit, whatever the server answers. Takes nothing from the
environment (CO_API_KEY, CO_API_URL, proxies): every argument is passed.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import httpx  # the SDK's own transport: it lets its errors through, and takes the one that ignores proxies
from cohere import AsyncClientV2
from cohere.core.api_error import ApiError
from cohere.core.parse_error import ParsingError

from core.domain import Hit
from core.errors import ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.models.sendable import to_sendable
from core.net.route import DIRECT, Route

COHERE_URL = "https://api.cohere.com"

DEFAULT_RERANK_MODEL = "rerank-v5.0-fast"
"""The faster of Cohere's two current models, for there are two seconds (November 2026)."""

_ADVICE = {
    401: "check COHERE_API_KEY",
    403: "COHERE_API_KEY may not use it",
    498: "check COHERE_API_KEY",
    404: "check RERANK_MODEL and COHERE_BASE_URL",
}


class CohereReranker:
    """Implements the port `Reranker`."""

    def __init__(
        self, *, api_key: str, base_url: str = "", model: str = "", seconds: float = 2.0, route: Route = DIRECT
    ) -> None:
        self.model = model or DEFAULT_RERANK_MODEL
        self._seconds = seconds
        tls = route.open_tls()
        self._transport = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=seconds,
            proxy=route.proxy_for(base_url or COHERE_URL) or None,
            verify=tls if tls is not None else True,
        )
        self._client = AsyncClientV2(
            api_key, base_url=base_url or COHERE_URL, timeout=seconds, max_retries=0, httpx_client=self._transport
        )

    async def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return all of the hits; those that the server scored come first, with its scores. Raises `ModelError`."""
        if not hits:
            return []
        documents = [to_sendable(hit.passage.embedded_text) for hit in hits]
        with _translated():
            async with asyncio.timeout(self._seconds):
                response = await self._client.rerank(model=self.model, query=to_sendable(question), documents=documents)
        return _reordered(hits, _scores(response, len(hits)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _scores(response: object, count: int) -> dict[int, float]:
    """Return {index: score} of a response that the SDK did not check.

    Raises `ModelMisbehaved` where there is none, where one points nowhere or twice, or a score is not a number: an
    order that is wrong in one place cannot be trusted in the others.
    """
    results = getattr(response, "results", None)
    scores: dict[int, float] = {}
    for result in results if isinstance(results, list) else []:
        index, score = getattr(result, "index", None), getattr(result, "relevance_score", None)
        if not isinstance(score, int | float) or not math.isfinite(score):
            raise ModelMisbehaved("The reranker answered with a score that is not a number.")
        if not isinstance(index, int) or not 0 <= index < count or index in scores:
            raise ModelMisbehaved("The reranker answered with an order of other documents than it was sent.")
        scores[index] = float(score)
    if not scores:
        raise ModelMisbehaved("The reranker answered with no order: check COHERE_BASE_URL.")
    return scores


def _reordered(hits: Sequence[Hit], scores: dict[int, float]) -> list[Hit]:
    """Return the judged hits by falling score, then the others in their old order and below all scores."""
    judged = sorted(scores, key=lambda index: -scores[index])
    lowest = min(0.0, scores[judged[-1]])
    best = [replace(hits[index], score=scores[index]) for index in judged]
    return best + [replace(hit, score=lowest) for index, hit in enumerate(hits) if index not in scores]


@contextmanager
def _translated() -> Iterator[None]:
    """Raise `ModelError` in place of the SDK's errors in a block, without the server's words."""
    try:
        yield
    except ApiError as exc:
        raise _translation(exc.status_code or 0) from exc
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise ModelUnavailable("The reranker did not answer in time.") from exc
    except (ParsingError, httpx.DecodingError, ValueError, RecursionError) as exc:
        raise ModelMisbehaved("The reranker answered in a way that cannot be read: check COHERE_BASE_URL.") from exc
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise ModelUnavailable("The reranker cannot be reached: check COHERE_BASE_URL and the network.") from exc


def _translation(status: int) -> ModelError:
    if status == 429:
        return ModelUnavailable("The reranker has too many requests just now.")
    if 200 <= status < 300:
        return ModelMisbehaved("The reranker answered in a way that cannot be read: check COHERE_BASE_URL.")
    if status in (0, 408, 499) or status >= 500:
        return ModelUnavailable(f"The reranker is out of order (HTTP {status}).")
    advice = _ADVICE.get(status, "check RERANK_MODEL and COHERE_BASE_URL")
    return ModelRefused(f"The reranker refused the request (HTTP {status}): {advice}.")
