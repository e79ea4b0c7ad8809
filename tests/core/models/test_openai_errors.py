"""What the operator is told of a model's faults, and the pause after those that last."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack

import pytest
from aiohttp import web
from pydantic import SecretStr

from core.config.settings import Settings
from core.domain import Question, Turn
from core.errors import ModelError, ModelRefused, ModelUnavailable
from core.health_reader import check_reader
from core.model_wiring import choose_embedder, choose_reader, choose_reranker
from core.models.breaker import FIRST_SECONDS, Breaker
from core.models.openai_client import ModelServer
from core.models.server_words import HIDDEN, LONGEST, FaultLog, clean_words
from tests.core.models.test_openai_reader import KEY, LIMITS, QUESTION, READING, reader_of
from tests.servers.cohere_server import serve_cohere
from tests.servers.openai_server import refusal, serve_openai, text
from tests.servers.scripted import Behaviour, Json, status

pytestmark = pytest.mark.usefixtures("nothing_set")

REFUSED = ModelRefused("The account of OPENAI_API_KEY has no quota left.")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def is_closed(breaker: Breaker) -> bool:
    try:
        breaker.check()
    except ModelError:
        return True
    return False


def test_three_lasting_faults_in_a_row_make_a_pause_which_grows_until_an_answer_comes() -> None:
    breaker = Breaker(clock := Clock())
    breaker.record_lasting(REFUSED)
    breaker.record_lasting(REFUSED)
    breaker.record_success()
    for _ in range(3):
        assert not is_closed(breaker)
        breaker.record_lasting(REFUSED)
    assert is_closed(breaker)
    clock.now += FIRST_SECONDS + 1
    assert not is_closed(breaker), "one question tries"
    breaker.record_lasting(REFUSED)
    clock.now += FIRST_SECONDS + 1
    assert is_closed(breaker), "twice as long"
    clock.now += FIRST_SECONDS
    breaker.record_success()
    assert not is_closed(breaker)


async def test_a_server_that_refuses_the_key_is_left_alone_for_a_while() -> None:
    async with serve_openai() as server, reader_of(server) as reader:
        server.script(*[refusal(401, "invalid_api_key")] * 5)
        for _ in range(5):
            with pytest.raises(ModelRefused, match="check OPENAI_API_KEY"):
                await anext(reader.read(READING))
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "90"},
        {"retry-after-ms": "90000"},
        {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30s"},
    ],
)
async def test_a_server_that_names_a_time_is_not_asked_before_it(headers: dict[str, str]) -> None:
    async with serve_openai() as server, reader_of(server, limits=LIMITS) as reader:
        server.script(status(429, {"error": {"message": "slow down"}}, headers), text("Too early [1]."))
        for _ in range(2):
            with pytest.raises(ModelUnavailable, match="too many requests"):
                await anext(reader.read(READING))
    assert len(server.requests) == 1


async def test_the_log_holds_the_servers_words_once_a_minute_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    words = f"Incorrect API key: {KEY} for org-acme. You asked: {QUESTION}"
    async with serve_openai() as server, reader_of(server) as reader:
        server.script(*[refusal(401, "invalid_api_key", words)] * 2)
        for _ in range(2):
            with pytest.raises(ModelRefused) as caught:
                await anext(reader.read(READING))
    assert caplog.text.count("for org-acme") == 1
    assert "org-acme" in caught.value.details
    for secret in (KEY, QUESTION, "frobnicate the canary"):
        assert secret not in caplog.text + caught.value.details + str(caught.value)


def test_words_are_cleaned_of_secrets_echoes_and_line_breaks() -> None:
    words = (
        'Bearer abc.def.ghi, X-Team: t-secret-9,\n"how do i FROB   the canary" sk-proj-12345678 http://me:pw@h/ '
        + "x" * 999
    )
    clean = clean_words(words, ["t-secret-9"], ["How do I frob the canary?"])
    assert "\n" not in clean
    assert len(clean) <= LONGEST + 1
    for secret in ("abc.def", "t-secret-9", "FROB", "12345678", "me:pw"):
        assert secret not in clean
    assert HIDDEN in clean
    assert clean_words("The model is not loaded.", [], ["Which model is it?"]) == "The model is not loaded."


def test_turns_of_a_thread_are_not_repeated_either() -> None:
    question = Question("And then?", (Turn("Where is my secret lair hidden?", "Below the old lighthouse, in a cave."),))
    sent = [question.text, *(each for turn in question.turns for each in (turn.question, turn.answer))]
    clean = clean_words("bad input: below the old lighthouse in a cave; where is my secret lair", [], sent)
    assert "lighthouse" not in clean
    assert "lair" not in clean
    assert clean.startswith("bad input")


def test_a_fault_is_logged_again_after_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    faults = FaultLog(clock := Clock())
    with caplog.at_level(logging.WARNING):
        for seconds in (0, 30, 31):
            clock.now += seconds
            faults.report(REFUSED)
    assert caplog.text.count("no quota left") == 2


def test_every_secret_of_a_server_is_known_to_it() -> None:
    server = ModelServer("k-1", headers={"X-Team": "k-2"}, token="k-3")
    assert set(server.secrets) == {"k-1", "k-2", "k-3"}


@pytest.mark.parametrize("code", [400, 401, 404, 429, 500])
async def test_no_secret_of_any_setting_is_in_a_log_or_message_when_a_server_echoes_all_it_got(
    caplog: pytest.LogCaptureFixture, code: int
) -> None:
    """Canaries in every secret setting; the server repeats headers, query and body in its error."""
    form = {"OPENAI_CUSTOM_HEADERS": "X-Team: {}", "CRAWL_HEADERS": '{{"a": {{"Cookie": "{}"}}}}'}
    form |= {"SLACK_BOT_TOKEN": "xoxb-{}", "SLACK_APP_TOKEN": "xapp-{}", "DATABASE_URL": "postgresql://u:{}@h/d"}
    form |= {"HTTPS_PROXY": "http://u:{}@127.0.0.1:1"}
    fields = {name: field for name, field in Settings.model_fields.items() if isinstance(field.default, SecretStr)}
    canaries = {str(field.alias): f"canary{number}beef" for number, field in enumerate(fields.values())}
    values = {name: form.get(str(f.alias), "{}").format(canaries[str(f.alias)]) for name, f in fields.items()}
    sentences: list[str] = []
    async with serve_openai() as server, serve_cohere() as cohere, AsyncExitStack() as closing:
        server.otherwise = cohere.otherwise = echoes(code)
        ours = Settings(
            **values,  # type: ignore[arg-type]  # validated by pydantic
            openai_base_url=server.base_url,
            chat_base_url=server.base_url,
            cohere_base_url=cohere.base_url,
            chat_model="m",
            embedding_model="e",
        )
        reader, embedder = await choose_reader(ours, closing), await choose_embedder(ours, None, closing)
        reranker = await choose_reranker(ours, closing)
        assert reranker is not None
        sentences += [check.says async for check in check_reader(reader, 2_000, 60.0)]
        for call in (embedder.embed_query("a text"), reranker.rerank("a text", READING.hits * 2)):
            with pytest.raises(ModelError) as caught:
                await call
            sentences.append(f"{caught.value} {caught.value.details}")
    everything = caplog.text + " ".join(sentences)
    assert "you sent" in everything or code == 429
    assert [name for name, canary in canaries.items() if canary in everything] == []


def echoes(code: int) -> Behaviour:
    """Refuse with all that was sent."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        message = f"you sent {dict(request.headers)} {request.query_string} {str(asked)[:200]}"
        return web.json_response({"error": {"message": message, "type": "x", "code": None}}, status=code)

    return behave
