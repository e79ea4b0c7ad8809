"""Faults of model providers from ../shared: the real SDKs against scripted servers, seen through the engine."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from core.answer.engine import Engine
from core.answer.prompt import APOLOGY, CUT_OFF, Style
from core.domain import Answer, Delta, Event, Fault, Question
from core.health import Health, _probe_model
from core.models.cohere import CohereReranker
from core.models.openai_client import ModelServer, Patience
from core.models.openai_embedder import OpenAIEmbedder
from core.models.openai_reader import OpenAIReader, ReaderLimits
from tests.bad.inputs import Bad, bad
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader, hit
from tests.servers.cohere_server import ranks, serve_cohere
from tests.servers.openai_server import embeds, events, refusal, resets_after, serve_openai, stalls_after, text
from tests.servers.scripted import Behaviour, ScriptedServer, hang, raw, status

pytestmark = pytest.mark.shared

KEY = "sk-canary-2718281828"
SENTENCE = "Use `fit` to start [1]. "
HITS = [hit("Use `fit` to start.", anchor="a"), hit("Stop it.", anchor="b"), hit("Go on.", anchor="c")]
LIMITS = ReaderLimits(answer_seconds=60.0, silence_seconds=60.0)


@asynccontextmanager
async def engine_of(server: ScriptedServer, limits: ReaderLimits = LIMITS) -> AsyncIterator[Engine]:
    """Open an engine that reads with the model of a served API."""
    reader = OpenAIReader(ModelServer(KEY, server.base_url), model="m", style=Style(), budget=2_000, limits=limits)
    async with aclosing(reader):
        yield Engine(FakeIndex(HITS), FakeEmbedder(), reader)


async def asked(engine: Engine, question: str = "How do I start?") -> tuple[list[Event], Answer]:
    """Ask a question. -> all its events, and its answer."""
    found = [event async for event in engine.ask(Question(question))]
    assert isinstance(found[-1], Answer)
    assert KEY not in found[-1].text
    return found, found[-1]


async def chatted(*script: Behaviour, limits: ReaderLimits = LIMITS) -> tuple[Answer, int]:
    """Ask a question of a model that plays the script. -> its answer, and how often the model was asked."""
    async with serve_openai() as server, engine_of(server, limits) as engine:
        server.script(*script)
        found, answer = await asked(engine)
        assert answer.text.startswith("".join(event.text for event in found if isinstance(event, Delta)))
        return answer, len(server.requests)


async def _failed(*script: Behaviour, requests: int = 1, limits: ReaderLimits = LIMITS) -> Answer:
    """Ask a question of a model that fails. -> the answer: an apology with the best links."""
    answer, asks = await chatted(*script, limits=limits)
    assert answer.text.startswith(APOLOGY)
    assert answer.faults == (Fault.MODEL,)
    assert asks == requests or (limits.silence_seconds < 1.0 and asks < requests), "over before it had arrived"
    assert answer.suggestions
    return answer


async def _reset() -> None:
    answer, asks = await chatted(resets_after(SENTENCE, "And then you have to "))
    assert (answer.text, asks) == (f"{SENTENCE.strip()}\n\n{CUT_OFF}", 1)


async def _filtered() -> None:
    answer = await _failed(text("Well", finish="content_filter"))
    assert "blocked by the model provider" in answer.text


async def _bad_json() -> None:
    await _failed(raw(b'{"id": "c", "choi'))


async def _bad_event() -> None:
    await _failed(events("data: {not json}\n\n"))


async def _stalled() -> None:
    usual = ReaderLimits()
    assert (usual.answer_seconds, usual.silence_seconds) == (60.0, 20.0)
    await _failed(stalls_after(*"abcde"), limits=replace(LIMITS, silence_seconds=0.2))


async def _endless() -> None:
    async with serve_openai() as server, engine_of(server) as engine:
        server.script(text(*[SENTENCE * 20] * 5_000))
        _, answer = await asked(engine)
    assert len(answer.text) < 3_200
    assert answer.citations


async def _asked_to_wait() -> None:
    wait = inspect.signature(ReaderLimits).parameters["patience"].default
    assert isinstance(wait, Patience)
    assert wait.longest_wait <= 10
    answer, asks = await chatted(refusal(429, "rate_limit_exceeded", retry_after="0.3"), text(SENTENCE))
    assert (answer.text, asks) == (SENTENCE.strip(), 2)
    await _failed(refusal(429, "rate_limit_exceeded", retry_after="11"))


async def _unauthorised() -> None:
    await _failed(refusal(401, "invalid_api_key", f"Incorrect API key: {KEY}"))
    async with (
        serve_openai() as server,
        aclosing(OpenAIEmbedder(ModelServer(KEY, server.base_url), model="m")) as e,
    ):
        server.script(refusal(401, "invalid_api_key", f"Incorrect API key: {KEY}"))
        check = await _probe_model("embedder", "m", lambda: e.embed_query("Is it there?"))
    assert check.health is Health.FAIL
    assert "OPENAI_API_KEY" in check.says
    assert KEY not in check.says


async def _blank() -> None:
    await _failed(text("  ", "\n\n", "\u3000"))


async def _tools() -> None:
    call = {"delta": {"tool_calls": [{"index": 0, "function": {"name": "rm"}}]}, "finish_reason": "tool_calls"}
    await _failed(events(f"data: {json.dumps({'choices': [call]})}\n\n"))


async def _too_long_to_embed() -> None:
    async with (
        serve_openai() as server,
        aclosing(OpenAIEmbedder(ModelServer(KEY, server.base_url), model="m")) as e,
    ):
        server.script(*[embeds(longest=300)] * 8)
        found = await e.embed_passages(["short", "word " * 100])
    assert len(found) == 2
    assert len(server.requests) <= 5


async def _reranked(*script: Behaviour, seconds: float = 60.0) -> None:
    """Keep the order of the search where the reranker fails, and still send the answer."""
    async with serve_cohere() as server:
        reranker = CohereReranker(api_key="co-canary", base_url=server.base_url, model="m", seconds=seconds)
        async with aclosing(reranker):
            for behaviour in script:
                server.script(behaviour)
                engine = Engine(FakeIndex(HITS), FakeEmbedder(), FakeReader(SENTENCE), reranker)
                found, answer = await asked(engine)
                assert [each.passage.anchor for each in found[0].hits] == ["a", "b", "c"]  # type: ignore[union-attr]  # Evidence
                assert (answer.faults, answer.text) == ((Fault.RERANKER,), SENTENCE.strip())
        assert len(server.requests) == len(script) or (seconds < 1.0 and len(server.requests) < len(script))


async def _reranker_away() -> None:
    await _reranked(status(429), status(500), status(503))
    await _reranked(hang(), seconds=0.3)


async def _reranker_points_nowhere() -> None:
    await _reranked(ranks((2, 0.9), (7, 0.8)), ranks((2, 0.9), (-1, 0.8)), ranks((2, 0.9), (2, 0.8)))


async def _reranker_without_number() -> None:
    await _reranked(ranks((2, float("nan")), (0, 0.1)), ranks((2, float("inf")), (0, 0.1)))


async def _reranker_without_results() -> None:
    await _reranked(ranks())


FAULTS: dict[str, Callable[[], Awaitable[None]]] = {
    "provider-002": _reset,
    "provider-004": _filtered,
    "provider-005": _bad_json,
    "provider-006": _bad_event,
    "provider-008": _stalled,
    "provider-010": _endless,
    "provider-012": _asked_to_wait,
    "provider-013": _unauthorised,
    "provider-014": _blank,
    "provider-016": _tools,
    "provider-021": _too_long_to_embed,
    "provider-022": _reranker_away,
    "provider-023": _reranker_points_nowhere,
    "provider-024": _reranker_without_number,
    "provider-025": _reranker_without_results,
}


@bad("provider.response")
async def test_a_fault_of_a_provider_ends_in_an_answer_or_an_apology(bad: Bad) -> None:
    await FAULTS[bad.id]()
