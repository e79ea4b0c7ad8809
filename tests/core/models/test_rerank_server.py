"""Rerank servers that speak Jina's, Voyage's or TEI's form, imitated on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import pytest

from core.errors import ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.model_wiring import choose_reranker
from core.models.rerank_server import RerankForm, ServerReranker
from tests.core.test_wiring import settings
from tests.fakes import hit
from tests.servers.scripted import (
    Behaviour,
    Json,
    ScriptedServer,
    hang,
    json_answer,
    nobody,
    raw,
    reset,
    serving,
    status,
)

pytestmark = pytest.mark.usefixtures("nothing_set")

KEY = "rk-canary-1414213562"
HITS = [hit("cake", anchor="a"), hit("the port", anchor="b"), hit("a server", anchor="c")]
PAIRS = [(1, 0.9), (2, 0.4)]
ANSWERS: dict[RerankForm, Json] = {
    RerankForm.JINA: {"results": [{"index": i, "relevance_score": s, "document": {"text": "x"}} for i, s in PAIRS]},
    RerankForm.VOYAGE: {"object": "list", "data": [{"index": i, "relevance_score": s} for i, s in PAIRS]},
    RerankForm.TEI: [{"index": i, "score": s} for i, s in PAIRS],
}
ASKED: dict[RerankForm, set[str]] = {
    RerankForm.JINA: {"model", "query", "documents", "top_n"},
    RerankForm.VOYAGE: {"model", "query", "documents"},
    RerankForm.TEI: {"query", "texts", "truncate"},
}


@asynccontextmanager
async def serve(behaviour: Behaviour) -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(behaviour)
    async with serving(server, "/v1/rerank") as address:
        server.base_url = f"{address}/v1"
        yield server


@pytest.mark.parametrize("form", list(RerankForm))
async def test_each_form_is_asked_as_it_wants_and_read_as_it_answers(form: RerankForm) -> None:
    async with serve(json_answer(ANSWERS[form])) as server, AsyncExitStack() as closing:
        ours = settings(rerank_base_url=server.base_url, rerank_api_key=KEY, rerank_form=form, rerank_model="m")
        reranker = await choose_reranker(ours, closing)
        assert reranker is not None
        ranked = await reranker.rerank("which port?", HITS)
    assert [(each.passage.anchor, each.score) for each in ranked] == [("b", 0.9), ("c", 0.4), ("a", 0.0)]
    (asked,) = server.requests
    assert set(asked.body) == ASKED[form]
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    texts = asked.body.get("texts") or asked.body["documents"]
    assert texts[1] == "Guide > Training\nthe port"


FAULTS: list[tuple[Behaviour, type[ModelError], str]] = [
    (status(401, {"detail": KEY}), ModelRefused, "RERANK_API_KEY"),
    (status(404), ModelRefused, "RERANK_BASE_URL"),
    (status(429), ModelUnavailable, "too many requests"),
    (status(503), ModelUnavailable, "out of order"),
    (raw(b"<html>"), ModelMisbehaved, "RERANK_FORM"),
    (json_answer({}), ModelMisbehaved, "RERANK_FORM"),
    (json_answer([]), ModelMisbehaved, "no order"),
    (json_answer([{"index": 7, "score": 1.0}]), ModelMisbehaved, "other documents"),
    (json_answer([{"index": 0, "score": 1.0}, {"index": 0, "score": 1.0}]), ModelMisbehaved, "other documents"),
    (json_answer([{"index": 0, "score": float("nan")}]), ModelMisbehaved, "not a number"),
    (json_answer([{"index": 0}]), ModelMisbehaved, "not a number"),
    (reset(), ModelUnavailable, "cannot be reached"),
    (hang(), ModelUnavailable, "in time"),
]


@pytest.mark.parametrize(("behaviour", "kind", "says"), FAULTS)
async def test_a_fault_is_a_sentence_without_a_secret(behaviour: Behaviour, kind: type[ModelError], says: str) -> None:
    async with serve(behaviour) as server:
        reranker = ServerReranker(
            server.base_url, RerankForm.TEI, api_key=KEY, seconds=0.3 if says == "in time" else 60
        )
        async with aclosing(reranker):
            with pytest.raises(kind, match=says) as caught:
                await reranker.rerank("which port?", HITS)
    assert KEY not in f"{caught.value} {caught.value.details}"


async def test_a_server_that_is_not_there_names_the_setting() -> None:
    with nobody() as gone:
        async with aclosing(ServerReranker(gone.base_url, RerankForm.JINA)) as reranker:
            with pytest.raises(ModelUnavailable, match="RERANK_BASE_URL"):
                await reranker.rerank("which port?", HITS)
