"""The reranker behind Cohere's API: the real SDK against a scripted server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from core.errors import ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.models.cohere import CohereReranker
from tests.fakes import hit
from tests.servers.cohere_server import ranks, serve_cohere
from tests.servers.scripted import Behaviour, ScriptedServer, hang, raw, reset, status

HITS = [hit("Install it.", anchor="a"), hit("Train a model.", anchor="b"), hit("Remove it again.", anchor="c")]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_cohere() as served:
        yield served


async def reranked(server: ScriptedServer, *, seconds: float = 60.0) -> list[str]:
    reranker = CohereReranker(api_key="co-canary", base_url=server.base_url, model="m", seconds=seconds)
    async with aclosing(reranker):
        return [each.passage.anchor for each in await reranker.rerank("train a model", HITS)]


async def test_the_best_comes_first_and_none_is_lost(server: ScriptedServer) -> None:
    assert (await reranked(server))[0] == "b"
    server.script(ranks((2, 0.9)))
    assert await reranked(server) == ["c", "a", "b"]


async def test_the_heading_path_goes_with_the_text(server: ScriptedServer) -> None:
    await reranked(server)
    assert server.requests[0].body["documents"][1] == "Guide > Training\nTrain a model."
    assert server.requests[0].body["query"] == "train a model"


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (status(401), ModelRefused),
        (status(429), ModelUnavailable),
        (status(500), ModelUnavailable),
        (raw(b"<html>", content_type="text/html"), ModelMisbehaved),
        (ranks((7, 0.9), (-1, 0.8)), ModelMisbehaved),
        (ranks((0, "high")), ModelMisbehaved),
        (reset(), ModelUnavailable),
    ],
    ids=["key", "busy", "broken", "no JSON", "no such document", "no number", "reset"],
)
async def test_every_fault_is_a_model_error_in_words(
    server: ScriptedServer, behaviour: Behaviour, error: type[ModelError]
) -> None:
    server.script(behaviour)
    with pytest.raises(error) as raised:
        await reranked(server)
    assert "co-canary" not in str(raised.value)
    assert len(server.requests) == 1, "a question does not wait for a second try"


async def test_a_silent_server_is_given_up(server: ScriptedServer) -> None:
    server.script(hang())
    with pytest.raises(ModelUnavailable):
        await reranked(server, seconds=0.2)
