"""`footnote doctor` asks a model what a question asks: a prompt of full length, streamed, with facts at both ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from core.answer.prompt import Style, build_answer_prompt
from core.health import Check, Health
from core.health_reader import FIRST, LAST, build_reading, check_reader
from core.models.openai_chat import ChatOptions
from core.models.openai_client import ModelServer
from core.models.openai_reader import OpenAIReader, ReaderLimits
from tests.core.models.test_openai_chat import LLAMA_CONTEXT, QUICK, VERIFIED
from tests.fakes import FakeReader
from tests.servers.openai_server import serve_openai
from tests.servers.products import count_tokens, cuts, error, reads, spoken, streams, unless
from tests.servers.scripted import Behaviour, Json, ScriptedServer, hang, status

BOTH = f"{FIRST} [1]. {LAST} [8]."


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


async def doctor(
    server: ScriptedServer, chat: Behaviour, *, budget: int = 6_000, seconds: float = 60.0, models: Json = None
) -> list[Check]:
    server.otherwise, server.models = chat, models or {}
    limits = ReaderLimits(seconds, seconds, seconds, QUICK)
    options = ChatOptions(temperature=0.0)
    reader = OpenAIReader(
        ModelServer("sk-canary-1", server.base_url),
        model="m",
        style=Style(),
        budget=budget,
        options=options,
        limits=limits,
    )
    async with aclosing(reader):
        checks = [check async for check in check_reader(reader, budget, seconds)]
    assert "sk-canary-1" not in str(checks)
    return checks


def sentences_of(checks: list[Check], health: Health) -> str:
    return " ".join(check.says for check in checks if check.health is health)


async def test_a_model_that_can_do_it_is_told_with_its_time_and_its_tokens(server: ScriptedServer) -> None:
    checks = await doctor(server, streams(BOTH, prompt=3100))
    assert {check.health for check in checks} == {Health.OK}
    assert "wrote its first word after" in sentences_of(checks, Health.OK)
    assert "for 3,100 tokens, of 60 s" in sentences_of(checks, Health.OK)
    assert "the last of 8 passages" in sentences_of(checks, Health.OK)
    asked = [each for each in server.requests if each.body]
    assert asked[0].body["stream"] is True
    assert FIRST in asked[0].body["messages"][-1]["content"]


@pytest.mark.parametrize(("code", "is_setting"), [(401, True), (404, True), (500, False)])
async def test_what_a_server_refuses_is_a_setting_to_change(
    server: ScriptedServer, code: int, *, is_setting: bool
) -> None:
    (failed,) = await doctor(server, status(code, {"error": "no"}))
    assert (failed.health, failed.configuration) == (Health.FAIL, is_setting)


@pytest.mark.parametrize("budget", [600, 1_500, 3_000, 6_000, 200_000])
def test_the_prompt_is_as_long_as_that_of_a_question_and_holds_both_facts_where_it_can(budget: int) -> None:
    prompt = build_answer_prompt(build_reading(budget), Style(), budget)
    text = prompt.messages[-1]["content"]
    assert FIRST in text
    assert (LAST in text) is (prompt.passages == 8)
    assert prompt.passages == 8 or budget <= 1_500
    assert len(text) < 14_000


@pytest.mark.parametrize(
    ("chat", "health", "says"),
    [
        (streams(LAST + " [8].", prompt=3100), Health.NOTE, "did not see the first passage"),
        (streams(FIRST + " [1].", prompt=3100), Health.NOTE, "did not see the last passage"),
        (streams(f"{FIRST} {LAST}", prompt=3100), Health.NOTE, "CHAT_ROLE=judge"),
        (streams(BOTH), Health.NOTE, "does not count tokens"),
        (cuts(2048, [BOTH], ["The port is 8080."]), Health.NOTE, "of 8 passages, for more do not fit"),
        (reads(2048, streams(BOTH, prompt=2000), LLAMA_CONTEXT), Health.NOTE, "of 8 passages, for more do not fit"),
        (unless("stream", VERIFIED, spoken(BOTH)), Health.NOTE, "refuses to stream"),
        (unless("temperature", error(400, "temperature is not supported"), streams(BOTH, prompt=3100)), Health.NOTE,
         "refuses temperature"),
        (streams("Okay. [1]\n</think>\n", BOTH, prompt=3100), Health.NOTE, "thinks aloud"),
        (error(404, "No models loaded."), Health.FAIL, "The server said: No models loaded."),
        (error(500, "model requires more system memory (5.6 GiB)"), Health.FAIL, "requires more system memory"),
    ],
)  # fmt: skip
async def test_what_will_make_answers_worse_is_named(
    server: ScriptedServer, chat: Behaviour, health: Health, says: str
) -> None:
    assert says in sentences_of(await doctor(server, chat), health)


async def test_a_model_that_is_too_slow_is_told_what_to_set(server: ScriptedServer) -> None:
    checks = await doctor(server, hang(), seconds=0.3)
    assert "in time" in sentences_of(checks, Health.FAIL)
    assert "SILENCE_SECONDS" in sentences_of(checks, Health.FAIL)


async def test_a_first_word_that_came_late_is_a_note() -> None:
    checks = [check async for check in check_reader(FakeReader(BOTH), 6_000, silence=0.0)]
    assert "SILENCE_SECONDS higher" in sentences_of(checks, Health.NOTE)


@pytest.mark.parametrize(
    "models",
    [
        {"object": "list", "data": [{"id": "other", "max_model_len": 99999}, {"id": "m", "max_model_len": 2048}]},
        {"data": [{"id": "m", "context_length": 2048, "owned_by": "x"}]},
        {"data": [{"id": "a/path/of/it.gguf", "meta": {"n_ctx": 2048, "n_ctx_train": 32768}}]},
        [{"name": "m", "max_context_length": 2048}],
    ],
    ids=["vLLM", "OpenRouter", "llama.cpp", "a list"],
)
async def test_a_context_that_the_server_tells_needs_no_setting(server: ScriptedServer, models: Json) -> None:
    checks = await doctor(server, streams(BOTH, prompt=1300), models=models)
    asked = [each for each in server.requests if each.body]
    assert len(asked) == 1
    assert count_tokens(asked[0].body) < 2048
    assert "passages, for more do not fit" in sentences_of(checks, Health.NOTE)


async def test_a_server_that_tells_nonsense_of_its_models_is_asked_all_the_same(server: ScriptedServer) -> None:
    for models in ({"data": "x"}, {"data": [{"id": "m", "max_model_len": "2048"}]}, {"data": [5, {"meta": 5}]}, "x"):
        assert sentences_of(await doctor(server, streams(BOTH, prompt=3100), models=models), Health.OK)
