"""A scripted server of Cohere's reranker on loopback: /v2/rerank.

Unscripted requests are answered well: documents by how many words they share with the query, most first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.servers.scripted import Behaviour, Json, ScriptedServer, json_answer, serving


@asynccontextmanager
async def serve_cohere() -> AsyncIterator[ScriptedServer]:
    """Serve on loopback; `base_url` of the server is the value of COHERE_BASE_URL."""
    server = ScriptedServer(_by_shared_words)
    async with serving(server, "/v2/rerank") as address:
        server.base_url = address
        yield server


def ranks(*results: tuple[object, object]) -> Behaviour:
    """Answer with these (index, relevance score) pairs, whatever the request."""
    return json_answer({"id": "r", "results": [{"index": index, "relevance_score": score} for index, score in results]})


async def _by_shared_words(request: web.Request, asked: Json) -> web.StreamResponse:
    words = set(asked["query"].lower().split())
    shares = [len(words & set(document.lower().split())) / max(1, len(words)) for document in asked["documents"]]
    order = sorted(range(len(shares)), key=lambda index: -shares[index])
    return await ranks(*((index, shares[index]) for index in order))(request, asked)
