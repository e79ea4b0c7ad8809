"""The embedder behind OpenAI's API: the real SDK against a scripted server."""

from __future__ import annotations

import asyncio
import base64
import math
from array import array
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer.prompt import estimate_tokens
from core.errors import ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.models.openai_client import ModelServer, Patience
from core.models.openai_embedder import EmbedderLimits, OpenAIEmbedder
from core.models.openai_vectors import cut_text, split_batches
from tests.servers.openai_server import embeds, refusal, serve_openai, vector_of, vectors
from tests.servers.scripted import Behaviour, Json, ScriptedServer, hang, json_answer, nobody, raw, reset, status

KEY = "sk-canary-3141592653"
QUICK = Patience(tries=3, longest_wait=0.05, first_wait=0.01, after_timeout=True)
LIMITS = EmbedderLimits(texts=3, query_seconds=60.0, passages_seconds=60.0, passages=QUICK, query=QUICK)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


@asynccontextmanager
async def embedder_of(
    server: ScriptedServer, *, dimensions: int | None = None, limits: EmbedderLimits = LIMITS
) -> AsyncIterator[OpenAIEmbedder]:
    embedder = OpenAIEmbedder(
        ModelServer(KEY, server.base_url), model="served-model", dimensions=dimensions, limits=limits
    )
    async with aclosing(embedder):
        yield embedder


def is_direction_of(vector: array[float], text: str) -> bool:
    """Return whether it is the server's vector for the text, scaled to length one."""
    served = vector_of(text, len(vector))
    return all(math.isclose(ours, theirs / 2, abs_tol=1e-5) for ours, theirs in zip(vector, served, strict=True))


@pytest.mark.parametrize("as_floats", [False, True])
async def test_vectors_are_scaled_to_length_one_whether_they_come_as_floats_or_base64(
    server: ScriptedServer, *, as_floats: bool
) -> None:
    server.otherwise = embeds(as_floats=as_floats)
    async with embedder_of(server) as embedder:
        vector = await embedder.embed_query("a text")
    assert vector.typecode == "f"
    assert math.isclose(math.hypot(*vector), 1.0, abs_tol=1e-6)
    assert is_direction_of(vector, "a text")
    assert server.requests[0].body == {"model": "served-model", "input": ["a text"], "encoding_format": "base64"}


async def test_many_texts_keep_their_order_over_several_requests_at_a_time(server: ScriptedServer) -> None:
    most, running = 0, 0

    async def counted(request: Json, asked: Json) -> Json:
        nonlocal most, running
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01 * (len(server.requests) % 3))
        running -= 1
        return await embeds()(request, asked)

    server.otherwise = counted
    texts = [f"text {number}" for number in range(40)]
    async with embedder_of(server, limits=replace(LIMITS, requests=2)) as embedder:
        embedded = await embedder.embed_passages(texts)
    assert all(is_direction_of(vector, text) for vector, text in zip(embedded, texts, strict=True))
    assert len(server.requests) == 14
    assert most == 2


async def test_no_text_needs_no_request(server: ScriptedServer) -> None:
    async with embedder_of(server) as embedder:
        assert await embedder.embed_passages([]) == []
    assert server.requests == []


async def test_answers_out_of_order_are_put_in_order(server: ScriptedServer) -> None:
    server.script(vectors([0.0, 1.0], [1.0, 0.0], indexes=[1, 0]))
    async with embedder_of(server) as embedder:
        assert [list(vector) for vector in await embedder.embed_passages(["a", "b"])] == [[1.0, 0.0], [0.0, 1.0]]


async def test_dimensions_are_known_given_or_learnt(server: ScriptedServer) -> None:
    known = OpenAIEmbedder(ModelServer(KEY), model="text-embedding-3-large")
    async with aclosing(known), embedder_of(server, dimensions=8) as given, embedder_of(server) as learning:
        assert (known.dimensions, given.dimensions, learning.dimensions) == (3072, 8, 0)
        await learning.embed_query("dimensions")
        assert learning.dimensions == 8


def encoded(*numbers: float) -> str:
    return base64.b64encode(array("f", numbers).tobytes()).decode()


NOT_VECTORS: dict[str, Behaviour] = {
    "bad JSON": raw(b'{"data": ['),
    "nothing": raw(b""),
    "null": raw(b"null"),
    "a number": raw(b"5"),
    "a list": raw(b"[[1.0]]"),
    "a web page": raw(b"<html>", content_type="text/html"),
    "bytes": raw(b"\xff\xfe"),
    "no data": json_answer({"data": None}),
    "data that is text": json_answer({"data": "xx"}),
    "too few": vectors([1.0, 0.0]),
    "too many": vectors([1.0, 0.0], [1.0, 0.0], [1.0, 0.0]),
    "the same index twice": vectors([1.0, 0.0], [0.0, 1.0], indexes=[0, 0]),
    "an index beyond": vectors([1.0, 0.0], [0.0, 1.0], indexes=[0, 7]),
    "items that are none": json_answer({"data": [5, None]}),
    "NaN": vectors([1.0, 0.0], [math.nan, 1.0]),
    "NaN in base64": vectors(encoded(1.0, 0.0), encoded(math.nan, 1.0)),
    "infinity": vectors([1.0, 0.0], [math.inf, 1.0]),
    "zeros": vectors([1.0, 0.0], [0.0, 0.0]),
    "no numbers": vectors([1.0, 0.0], []),
    "null for a vector": vectors([1.0, 0.0], None),
    "words for numbers": json_answer({"data": [{"embedding": ["a", "b"]}, {"embedding": ["a", "b"]}]}),
    "vectors in vectors": json_answer({"data": [{"embedding": [[1.0]]}, {"embedding": [[1.0]]}]}),
    "a huge number": json_answer({"data": [{"embedding": [10**400, 1]}, {"embedding": [1, 1]}]}),
    "base64 that is none": vectors("*not base64*", encoded(1.0, 0.0)),
    "base64 of half a number": vectors(base64.b64encode(b"12345").decode(), encoded(1.0, 0.0)),
    "lengths that differ": vectors([1.0, 0.0], [1.0, 0.0, 0.0]),
    "a length that differs from before": vectors([1.0], [1.0]),
}


@pytest.mark.parametrize("behaviour", NOT_VECTORS.values(), ids=NOT_VECTORS)
async def test_an_answer_that_holds_no_vectors_is_a_fault(server: ScriptedServer, behaviour: Behaviour) -> None:
    server.script(behaviour)
    async with embedder_of(server, dimensions=2) as embedder:
        with pytest.raises(ModelMisbehaved):
            await embedder.embed_passages(["a", "b"])
    assert len(server.requests) == 1


PASSING = [reset(), *(refusal(code) for code in (408, 500, 502, 503))]
PASSING += [refusal(429, "rate_limit_exceeded", retry_after=after) for after in ("", "0", "0.02")]


@pytest.mark.parametrize("behaviour", PASSING)
async def test_passages_outlast_a_fault_that_passes(server: ScriptedServer, behaviour: Behaviour) -> None:
    server.script(behaviour, behaviour)
    async with embedder_of(server) as embedder:
        assert is_direction_of((await embedder.embed_passages(["a"]))[0], "a")
    assert len(server.requests) == 3


async def test_passages_outlast_a_silence(server: ScriptedServer) -> None:
    server.script(hang(), hang())
    # As many tries as it takes: on a busy machine a good answer may be late, too.
    limits = replace(LIMITS, passages_seconds=0.2, passages=replace(QUICK, tries=200))
    async with embedder_of(server, limits=limits) as embedder:
        assert is_direction_of((await embedder.embed_passages(["a"]))[0], "a")
    assert len(server.requests) >= 3


@pytest.mark.parametrize("behaviour", [reset(), refusal(503), refusal(429, "rate_limit_exceeded")])
async def test_passages_are_given_up_after_some_tries(server: ScriptedServer, behaviour: Behaviour) -> None:
    server.otherwise = behaviour
    async with embedder_of(server) as embedder:
        with pytest.raises(ModelUnavailable):
            await embedder.embed_passages(["a"])
    assert len(server.requests) == 3


REFUSALS: list[tuple[Behaviour, str]] = [
    (refusal(401, "invalid_api_key", f"Incorrect API key: {KEY}"), "OPENAI_API_KEY"),
    (refusal(429, "insufficient_quota"), "quota"),
    (refusal(404, "model_not_found"), "EMBEDDING_MODEL"),
    (refusal(400, "invalid_value"), "EMBEDDING_MODEL"),
    (status(400, "this is not an object"), "EMBEDDING_MODEL"),
]


@pytest.mark.parametrize(("behaviour", "message"), REFUSALS)
async def test_a_refusal_names_the_setting_and_is_repeated_only_where_the_form_may_be_at_fault(
    server: ScriptedServer, behaviour: Behaviour, message: str
) -> None:
    server.otherwise = behaviour
    async with embedder_of(server) as embedder:
        with pytest.raises(ModelRefused, match=message) as caught:
            await embedder.embed_query("a")
    assert KEY not in f"{caught.value} {caught.value.details}"
    forms = [asked.body["encoding_format"] for asked in server.requests]
    assert forms == (["base64", "float"] if "400" in str(caught.value) else ["base64"])


async def test_a_server_that_knows_no_base64_is_asked_for_floats_from_then_on(server: ScriptedServer) -> None:
    """As Gemini's endpoint, which names nothing in its error."""
    good = embeds(as_floats=True)

    async def behave(request, asked):  # type: ignore[no-untyped-def]  # aiohttp's handler types are long
        if asked["encoding_format"] == "base64":
            body = [{"error": {"code": 400, "message": "Request contains an invalid argument."}}]
            return await status(400, body)(request, asked)
        return await good(request, asked)

    server.otherwise = behave
    async with embedder_of(server) as embedder:
        first = await embedder.embed_query("a text")
        await embedder.embed_query("another")
    assert is_direction_of(first, "a text")
    assert [asked.body["encoding_format"] for asked in server.requests] == ["base64", "float", "float"]


async def test_one_fault_among_many_requests_is_told_as_itself(server: ScriptedServer) -> None:
    server.script(embeds(), refusal(401, "invalid_api_key"))
    async with embedder_of(server) as embedder:
        with pytest.raises(ModelRefused, match="OPENAI_API_KEY"):
            await embedder.embed_passages([str(number) for number in range(30)])


async def test_a_query_does_not_wait_longer_than_its_deadline(server: ScriptedServer) -> None:
    server.otherwise = hang()
    async with embedder_of(server, limits=replace(LIMITS, query_seconds=0.2)) as embedder, asyncio.timeout(60):
        with pytest.raises(ModelUnavailable, match="in time"):
            await embedder.embed_query("a")


async def test_a_query_is_not_held_up_by_passages(server: ScriptedServer) -> None:
    server.script(hang())
    async with embedder_of(server, limits=replace(LIMITS, requests=1)) as embedder, asyncio.TaskGroup() as group:
        bulk = group.create_task(embedder.embed_passages(["a"]))
        while not server.requests:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        assert is_direction_of(await embedder.embed_query("b"), "b")
        bulk.cancel()


async def test_texts_that_the_server_finds_too_long_are_asked_apart_and_then_shortened(server: ScriptedServer) -> None:
    server.otherwise = embeds(longest=300)
    texts = ["short", "x" * 1_000, "also short"]
    async with embedder_of(server) as embedder:
        embedded = await embedder.embed_passages(texts)
    assert is_direction_of(embedded[0], "short")
    assert is_direction_of(embedded[1], "x" * 250)
    assert is_direction_of(embedded[2], "also short")


async def test_a_server_that_finds_every_text_too_long_is_given_up(server: ScriptedServer) -> None:
    server.otherwise = embeds(longest=0)
    async with embedder_of(server) as embedder, asyncio.timeout(60):
        with pytest.raises(ModelRefused, match="too long"):
            await embedder.embed_passages(["x" * 10_000])


async def test_what_an_api_refuses_is_not_sent(server: ScriptedServer) -> None:
    async with embedder_of(server, limits=replace(LIMITS, texts=10, text_tokens=50)) as embedder:
        await embedder.embed_passages(["", " \n", "a\ud800b", "word " * 200])
    sent = server.requests[0].body["input"]
    assert all(each.strip() for each in sent)
    assert sent[2] == "a?b"
    assert estimate_tokens(sent[3]) <= 50


async def test_an_unreachable_server_names_the_setting() -> None:
    with nobody() as gone:
        async with embedder_of(gone) as embedder:
            with pytest.raises(ModelError, match="OPENAI_BASE_URL"):
                await embedder.embed_query("a")


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_is_the_beginning_of_the_text_and_fits(text: str, longest: int) -> None:
    shortened = cut_text(text, longest)
    assert estimate_tokens(shortened) <= max(longest, estimate_tokens(shortened[:1]))
    assert text.startswith(shortened) if text.strip() else shortened == "."


@given(st.lists(st.text(max_size=40)), st.integers(1, 5), st.integers(1, 40))
def test_batches_hold_every_text_once_in_order_within_both_limits(texts: list[str], most: int, budget: int) -> None:
    made = list(split_batches(texts, most, budget))
    assert [text for batch in made for text in batch] == texts
    assert all(0 < len(batch) <= most for batch in made)
    assert all(len(batch) == 1 or sum(map(estimate_tokens, batch)) <= budget for batch in made)
