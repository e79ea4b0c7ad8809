"""The reader behind OpenAI's API: the real SDK against a scripted server, every fault that a provider has shown."""

from __future__ import annotations

import asyncio
import json
import typing
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from openai.types.shared import ChatModel

from core.answer.prompt import Style
from core.domain import Question, Turn
from core.errors import ConfigurationError, ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.models.openai_chat import ChatOptions
from core.models.openai_client import ModelServer, Patience
from core.models.openai_reader import DEFAULT_CHAT_MODEL, OpenAIReader, ReaderLimits
from core.ports import DraftPiece, Reading
from tests.fakes import hit
from tests.servers.openai_server import (
    events,
    fails_within,
    keeps_alive,
    refusal,
    resets_after,
    serve_openai,
    stalls_after,
    text,
)
from tests.servers.scripted import Behaviour, ScriptedServer, hang, nobody, raw, reset, slow, status

KEY, QUESTION = "sk-canary-3141592653", "How do I frobnicate the canary?"
BEGUN = "Call `frobnicate()` to do it"
QUICK = Patience(tries=2, longest_wait=0.05, first_wait=0.01)
LIMITS = ReaderLimits(answer_seconds=60.0, silence_seconds=60.0, rewrite_seconds=60.0, patience=QUICK)
READING = Reading(Question(QUESTION), (hit("Call `frobnicate()` to do it."),))
FOLLOW_UP = Question("And then?", (Turn(QUESTION, "You call it [1]."),))


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


@asynccontextmanager
async def reader_of(
    server: ScriptedServer,
    *,
    model: str = "served-model",
    limits: ReaderLimits = LIMITS,
    options: ChatOptions | None = None,
    budget: int = 2_000,
) -> AsyncIterator[OpenAIReader]:
    reader = OpenAIReader(
        ModelServer(KEY, server.base_url), model=model, style=Style(), budget=budget, options=options, limits=limits
    )
    async with aclosing(reader):
        yield reader


async def read(server: ScriptedServer, *script: Behaviour, limits: ReaderLimits = LIMITS) -> list[str]:
    server.script(*script)
    async with reader_of(server, limits=limits) as reader:
        return [piece async for piece in reader.read(READING) if isinstance(piece, str)]


async def _collect(reader: OpenAIReader, pieces: list[str]) -> None:
    async for piece in reader.read(READING):
        pieces += [piece] if isinstance(piece, str) else []


async def fault_of(
    server: ScriptedServer, *script: Behaviour, limits: ReaderLimits = LIMITS
) -> tuple[list[str], ModelError]:
    """Ask until the fault. -> the pieces that came before it, and the fault."""
    server.script(*script)
    pieces: list[str] = []
    async with reader_of(server, limits=limits) as reader:
        with pytest.raises(ModelError) as caught:
            await _collect(reader, pieces)
    assert KEY not in str(caught.value)
    assert QUESTION not in str(caught.value)
    assert str(caught.value).endswith(".")
    return pieces, caught.value


async def test_an_answer_comes_in_pieces(server: ScriptedServer) -> None:
    pieces = ("Call `frobnicate()` to do it", ", it", " is there [1].")
    assert await read(server, text(*pieces)) == list(pieces)


async def test_a_request_holds_the_prompt_the_model_and_nothing_that_a_server_could_refuse(
    server: ScriptedServer,
) -> None:
    await read(server)
    asked = server.requests[0]
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert set(asked.body) == {"messages", "model", "stream", "stream_options"}
    assert asked.body["model"] == "served-model"
    assert QUESTION in asked.body["messages"][-1]["content"]
    assert "frobnicate()" in asked.body["messages"][-1]["content"]


async def test_tone_and_language_of_a_question_stand_above_those_of_the_install(server: ScriptedServer) -> None:
    style = Style(tone="friendly", language="French")
    async with aclosing(
        OpenAIReader(ModelServer(KEY, server.base_url), model="m", style=style, budget=2_000)
    ) as reader:
        for question in (Question(QUESTION), Question(QUESTION, tone="dry"), Question(QUESTION, language="German")):
            assert [piece async for piece in reader.read(replace(READING, question=question))]
    instructions = [asked.body["messages"][0]["content"].rpartition("\n\n")[2] for asked in server.requests]
    assert instructions == [
        "Answer in French. Tone: friendly.",
        "Answer in French. Tone: dry.",
        "Answer in German. Tone: friendly.",
    ]


async def test_the_default_model_is_told_to_think_little(server: ScriptedServer) -> None:
    async with reader_of(server, model=DEFAULT_CHAT_MODEL) as reader:
        assert [piece async for piece in reader.read(READING)]
    assert server.requests[0].body["reasoning_effort"] == "low"


def test_the_installed_sdk_lists_the_default_model() -> None:
    assert DEFAULT_CHAT_MODEL in typing.get_args(ChatModel)


async def test_a_chunk_without_choices_is_passed_over(server: ScriptedServer) -> None:
    azure = 'data: {"id": "", "choices": [], "prompt_filter_results": []}\n\n'
    piece = 'data: {"choices": [{"index": 0, "delta": {"content": "Yes [1]."}, "finish_reason": "stop"}]}\n\n'
    assert await read(server, events(azure, ": hello\n\n", 'data: {"choices": null}\n\n', piece)) == ["Yes [1]."]


async def test_what_follows_the_finish_reason_is_not_waited_for(server: ScriptedServer) -> None:
    piece = 'data: {"choices": [{"index": 0, "delta": {"content": "Yes [1]."}, "finish_reason": "stop"}]}\n\n'
    assert await read(server, events(piece, then="hang")) == ["Yes [1]."]


async def test_text_that_utf_8_cannot_carry_is_asked_all_the_same(server: ScriptedServer) -> None:
    async with reader_of(server) as reader:
        assert [piece async for piece in reader.read(Reading(Question("What is \ud800?"), READING.hits))]
    assert "What is ?" in server.requests[0].body["messages"][-1]["content"]


BROKEN_STREAMS: dict[str, Behaviour] = {
    "bad JSON": raw(b'{"id": "c", "choi', content_type="application/json"),
    "nothing": raw(b""),
    "null": raw(b"null"),
    "a web page": raw(b"<html><body>It works!</body></html>", content_type="text/html"),
    "an event that is not JSON": events("data: {not json}\n\n"),
    "an event that is not an object": events("data: 5\n\n", "data: null\n\n", "data: []\n\n", 'data: "x"\n\n'),
    "an event that is not UTF-8": raw(b"data: \xff\xfe\n\n", content_type="text/event-stream"),
    "choices that are none": events('data: {"choices": [5]}\n\n', 'data: {"choices": {"a": 1}}\n\n'),
    "content that is no text": events('data: {"choices": [{"delta": {"content": 5}, "finish_reason": "stop"}]}\n\n'),
    "white space": text("  ", "\n", "\u00a0"),
    "no piece at all": text(),
    "tool calls": events(
        'data: {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "f"}}]}, '
        '"finish_reason": "tool_calls"}]}\n\n'
    ),
    "gzip that is none": raw(b"not gzip", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("behaviour", BROKEN_STREAMS.values(), ids=BROKEN_STREAMS)
async def test_a_success_without_an_answer_is_a_fault(server: ScriptedServer, behaviour: Behaviour) -> None:
    pieces, fault = await fault_of(server, behaviour)
    assert "".join(pieces).strip() == ""
    assert isinstance(fault, ModelMisbehaved | ModelUnavailable)


async def test_a_stream_that_ends_without_a_finish_reason_is_a_fault(server: ScriptedServer) -> None:
    pieces, fault = await fault_of(server, text("Call", " it", finish=None))
    assert "".join(pieces) == "Call it"
    assert isinstance(fault, ModelMisbehaved)
    assert len(server.requests) == 1


async def test_an_answer_cut_at_its_length_is_given_so_far_and_marked_as_broken_off(server: ScriptedServer) -> None:
    pieces, fault = await fault_of(server, text("One [1].", " Tw", finish="length"))
    assert "".join(pieces) == "One [1]. Tw"
    assert isinstance(fault, ModelMisbehaved)
    assert "CHAT_MODEL" in str(fault)


async def test_an_answer_that_a_filter_stopped_is_refused(server: ScriptedServer) -> None:
    _, fault = await fault_of(server, text("Well,", finish="content_filter"))
    assert isinstance(fault, ModelRefused)
    assert "blocked by the model provider" in str(fault)


async def test_a_connection_that_drops_in_the_middle_is_not_asked_again(server: ScriptedServer) -> None:
    pieces, fault = await fault_of(server, resets_after(BEGUN))
    assert pieces == [BEGUN]
    assert isinstance(fault, ModelUnavailable)
    assert len(server.requests) == 1


async def test_an_error_within_the_stream_is_told_by_its_code_alone(server: ScriptedServer) -> None:
    error = {"message": f"{KEY} {QUESTION}", "code": "server_error", "type": "server_error"}
    pieces, fault = await fault_of(server, fails_within(error, BEGUN))
    assert pieces == [BEGUN]
    assert isinstance(fault, ModelUnavailable)
    assert "server_error" in str(fault)


@pytest.mark.parametrize("code", [f"see {KEY}", 429, None, ["x"], {"a": 1}, "x" * 500])
async def test_a_code_that_is_no_code_is_not_repeated(server: ScriptedServer, code: object) -> None:
    _, fault = await fault_of(server, fails_within({"message": "no", "code": code}))
    assert len(str(fault)) < 120


async def test_an_empty_quota_within_the_stream_is_a_refusal(server: ScriptedServer) -> None:
    _, fault = await fault_of(server, fails_within({"message": "no", "code": "insufficient_quota"}))
    assert isinstance(fault, ModelRefused)


DEADLINES: dict[str, tuple[Behaviour, ReaderLimits]] = {
    "no first byte, own deadline": (hang(), replace(LIMITS, answer_seconds=0.2)),
    "no first byte, longest silence": (hang(), replace(LIMITS, silence_seconds=0.2)),
    "slow first byte": (slow(60.0, text("Late [1].")), replace(LIMITS, answer_seconds=0.2)),
    "silence in the middle": (stalls_after("Call"), replace(LIMITS, silence_seconds=0.2)),
    "silence in the middle, own deadline": (stalls_after("Call"), replace(LIMITS, answer_seconds=0.2)),
    "keep-alive comments for ever": (keeps_alive(), replace(LIMITS, answer_seconds=0.3)),
    "a piece now and then for ever": (text(*["."] * 1_000, delay=0.01), replace(LIMITS, answer_seconds=0.3)),
}


@pytest.mark.parametrize(("behaviour", "limits"), DEADLINES.values(), ids=DEADLINES)
async def test_nothing_keeps_a_question_waiting_for_ever(
    server: ScriptedServer, behaviour: Behaviour, limits: ReaderLimits
) -> None:
    async with asyncio.timeout(60):
        _, fault = await fault_of(server, behaviour, limits=limits)
    assert isinstance(fault, ModelUnavailable)
    assert "in time" in str(fault)
    assert len(server.requests) <= 1, "none where the time was over before it had arrived"


STATUSES: list[tuple[Behaviour, type[ModelError], str]] = [
    (refusal(401, "invalid_api_key", f"Incorrect API key: {KEY}"), ModelRefused, "OPENAI_API_KEY"),
    (refusal(403, "unsupported_country"), ModelRefused, "OPENAI_API_KEY"),
    (refusal(404, "model_not_found"), ModelRefused, "CHAT_MODEL"),
    (status(404, "404 page not found"), ModelRefused, "OPENAI_BASE_URL"),
    (refusal(429, "insufficient_quota"), ModelRefused, "quota"),
    (refusal(402), ModelRefused, "credit"),
    (refusal(400, "context_length_exceeded"), ModelRefused, "PROMPT_TOKENS"),
    (refusal(400, "content_filter"), ModelRefused, "blocked by the model provider"),
    (refusal(400, "unsupported_value", QUESTION), ModelRefused, "unsupported_value"),
    (refusal(422), ModelRefused, "CHAT_MODEL"),
    (status(307, headers={"Location": "https://elsewhere.example/"}), ModelRefused, "OPENAI_BASE_URL"),
    (refusal(429, "rate_limit_exceeded", retry_after="3600"), ModelUnavailable, "too many requests"),
]


@pytest.mark.parametrize(("behaviour", "kind", "message"), STATUSES)
async def test_a_refusal_names_what_to_change_and_is_not_repeated(
    server: ScriptedServer, behaviour: Behaviour, kind: type[ModelError], message: str
) -> None:
    _, fault = await fault_of(server, behaviour)
    assert type(fault) is kind
    assert message in str(fault)
    assert len(server.requests) == 1


soon = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)
PASSING = [reset(), *(refusal(code) for code in (408, 409, 500, 502, 503, 529))]
PASSING += [refusal(429, "rate_limit_exceeded", retry_after=after) for after in ("", "0", "0.01", "soon", "nan", soon)]


@pytest.mark.parametrize("behaviour", PASSING)
async def test_a_fault_that_passes_is_tried_once_more_before_the_first_piece(
    server: ScriptedServer, behaviour: Behaviour
) -> None:
    assert await read(server, behaviour, text("Yes [1].")) == ["Yes [1]."]
    assert len(server.requests) == 2


@pytest.mark.parametrize("behaviour", [reset(), refusal(503), refusal(429, "rate_limit_exceeded")])
async def test_a_fault_that_stays_is_given_up(server: ScriptedServer, behaviour: Behaviour) -> None:
    _, fault = await fault_of(server, behaviour, behaviour, text("Too late [1]."))
    assert isinstance(fault, ModelUnavailable)
    assert len(server.requests) == 2


@pytest.mark.parametrize("after", ["0.05", "1.5"])
async def test_a_wait_that_the_server_asks_for_is_kept_up_to_a_limit(server: ScriptedServer, after: str) -> None:
    patient = replace(LIMITS, patience=Patience(tries=2, longest_wait=1.0))
    server.script(refusal(429, "rate_limit_exceeded", retry_after=after))
    async with reader_of(server, limits=patient) as reader:
        if after == "1.5":
            with pytest.raises(ModelUnavailable):
                await anext(reader.read(READING))
        else:
            assert [piece async for piece in reader.read(READING)]


async def test_a_wait_ends_at_the_deadline(server: ScriptedServer) -> None:
    limits = replace(LIMITS, answer_seconds=0.2, patience=Patience(tries=2, longest_wait=60.0))
    async with asyncio.timeout(60):
        _, fault = await fault_of(server, refusal(429, "rate_limit_exceeded", retry_after="30"), limits=limits)
    assert isinstance(fault, ModelUnavailable)


async def test_closing_the_reading_hangs_up_on_an_endless_answer(server: ScriptedServer) -> None:
    server.script(text(*["word " * 1_000] * 4_000))
    async with reader_of(server) as reader:
        stream: AsyncGenerator[DraftPiece, None] = reader.read(READING)
        async with aclosing(stream):
            for _ in range(5):
                await anext(stream)
        async with asyncio.timeout(60):
            while not server.requests[0].aborted:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)


async def test_an_unreachable_server_names_the_setting() -> None:
    with nobody() as gone:
        _, fault = await fault_of(gone)
    assert isinstance(fault, ModelUnavailable)
    assert "OPENAI_BASE_URL" in str(fault)


async def test_a_follow_up_is_rewritten_in_one_line(server: ScriptedServer) -> None:
    server.script(text(" What follows\nfrobnicating? "))
    async with reader_of(server) as reader:
        assert (await reader.standalone(FOLLOW_UP)).text == "What follows frobnicating?"
    asked = server.requests[0].body
    assert set(asked) == {"messages", "model"}
    assert "And then?" in json.dumps(asked["messages"])


def completion(**choice: Any) -> Behaviour:
    return raw(json.dumps({"choices": [choice]}).encode())


BROKEN_REWRITES: dict[str, Behaviour] = {
    "bad JSON": raw(b"{"),
    "nothing": raw(b""),
    "null": raw(b"null"),
    "a list": raw(b"[1]"),
    "a number": raw(b"5"),
    "no choices": raw(b'{"choices": []}'),
    "a web page": raw(b"<html>", content_type="text/html"),
    "bytes": raw(b"\xff\xfe"),
    "no message": completion(finish_reason="stop"),
    "white space": text("  "),
    "cut": text("What fol", finish="length"),
    "filtered": text("What", finish="content_filter"),
    "gzip that is none": raw(b"no", headers={"Content-Encoding": "gzip"}),
    "reset": reset(),
    "quota": refusal(429, "insufficient_quota"),
}


@pytest.mark.parametrize("behaviour", BROKEN_REWRITES.values(), ids=BROKEN_REWRITES)
async def test_a_rewriting_that_fails_is_a_model_error(server: ScriptedServer, behaviour: Behaviour) -> None:
    server.script(behaviour, behaviour)
    async with reader_of(server) as reader:
        with pytest.raises(ModelError):
            await reader.standalone(FOLLOW_UP)


async def test_a_rewriting_has_a_deadline_of_its_own(server: ScriptedServer) -> None:
    server.script(hang())
    async with reader_of(server, limits=replace(LIMITS, rewrite_seconds=0.1)) as reader, asyncio.timeout(60):
        with pytest.raises(ModelUnavailable, match="in time"):
            await reader.standalone(FOLLOW_UP)


def test_a_url_that_cannot_be_asked_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL"):
        OpenAIReader(ModelServer(KEY, "http://127.0.0.1:99999/v1"), style=Style(), budget=2_000)
