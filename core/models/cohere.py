"""Cohere's reranker, through its SDK: hits in, the same hits in a better order out.

    hits ──heading path + text──> POST /v2/rerank ──[(index, score), ...]──> answered hits, best first, then the rest

One try of two seconds: a question does not wait for a better order. Any fault is a `ModelError`, after which the engine
keeps the order it had. Never drops, doubles or invents a hit, whatever the server answers. Takes nothing from the
environment (CO_API_KEY, CO_API_URL, proxies): every argument is passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx  # the SDK's own transport: it lets its errors through, and takes the one that ignores proxies
from cohere import AsyncClientV2
from cohere.core.api_error import ApiError
from cohere.core.parse_error import ParsingError

from core.calls import record_call
from core.domain import Hit, TokenUsage
from core.errors import ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.models.ranking import check_scores, reorder_hits
from core.models.sendable import to_sendable
from core.models.server_words import FaultLog
from core.net.route import DIRECT, Route, explain_unreachable

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
        self._faults = FaultLog()
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
        with self._faults.logged(), _translated():
            async with asyncio.timeout(self._seconds):
                response = await self._client.rerank(model=self.model, query=to_sendable(question), documents=documents)
        units = getattr(getattr(getattr(response, "meta", None), "billed_units", None), "search_units", None)
        if isinstance(units, int | float) and units > 0:
            record_call(self.model, TokenUsage(0, 0), units=round(units))
        return reorder_hits(hits, _scores(response, len(hits)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _scores(response: object, count: int) -> dict[int, float]:
    """Return {index: score} of a response that the SDK did not check. Raises `ModelMisbehaved` where it is none."""
    results = getattr(response, "results", None)
    pairs = [
        (getattr(result, "index", None), getattr(result, "relevance_score", None))
        for result in (results if isinstance(results, list) else [])
    ]
    if not pairs:
        raise ModelMisbehaved("The reranker answered with no order: check COHERE_BASE_URL.")
    return check_scores(pairs, count)


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
        cause = explain_unreachable(exc) or "check COHERE_BASE_URL and the network"
        raise ModelUnavailable(f"The reranker cannot be reached: {cause}.") from exc


def _translation(status: int) -> ModelError:
    if status == 429:
        return ModelUnavailable("The reranker has too many requests just now.")
    if 200 <= status < 300:
        return ModelMisbehaved("The reranker answered in a way that cannot be read: check COHERE_BASE_URL.")
    if status in (0, 408, 499) or status >= 500:
        return ModelUnavailable(f"The reranker is out of order (HTTP {status}).")
    advice = _ADVICE.get(status, "check RERANK_MODEL and COHERE_BASE_URL")
    return ModelRefused(f"The reranker refused the request (HTTP {status}): {advice}.")
