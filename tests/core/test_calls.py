"""Each request that a model worked on is counted: as its server says, else by estimate. At a cap, pages are quoted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from core.answer.engine import Engine
from core.answer.prompt import Style
from core.calls import ModelCall
from core.domain import OPERATOR, Answer, Asker, Delta, Question, SpendCap, TokenUsage, Turn
from core.errors import StoreUnavailable
from core.models.cohere import CohereReranker
from core.models.openai_chat import ChatOptions
from core.models.openai_client import ModelServer, Patience
from core.models.openai_embedder import OpenAIEmbedder
from core.models.openai_reader import OpenAIReader, ReaderLimits
from core.models.rerank_server import RerankForm, ServerReranker
from core.models.verifier import MOST_TOKENS, ChatVerifier
from core.quote.reader import ExtractiveReader
from core.sentences import ENGLISH, GERMAN
from core.tasks import Stopped, run_in_background, run_until
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader, FakeReranker, hit
from tests.servers.openai_server import counted, events, refusal, resets_after, serve_openai, stalls_after, text
from tests.servers.scripted import Behaviour, Json, ScriptedServer, hang, json_answer, nobody, serving

ASKED = Question("How do I train?", asker=Asker("slack", "T1", "U1", "C1"))
HITS = [hit("Call `fit()` to train the model on pairs of answers that people wrote. It takes a minute.")]
QUICK = Patience(tries=2, longest_wait=0.05, first_wait=0.01)


class FakeLedger:
    """Remembers the calls; names the cap that a test wants, or fails."""

    def __init__(self, cap: SpendCap | None = None, *, fails: bool = False) -> None:
        self.cap, self.fails, self.calls, self.askers = cap, fails, list[ModelCall](), list[Asker]()

    async def find_cap(self, asker: Asker) -> SpendCap | None:
        self.askers.append(asker)
        return self.cap

    async def record(self, asker: Asker, calls: Sequence[ModelCall]) -> None:
        if self.fails:
            raise StoreUnavailable("Postgres is away.")
        self.askers.append(asker)
        self.calls += calls


def tokens(call: ModelCall) -> tuple[str, int, int, bool]:
    return call.purpose.value, call.usage.sent, call.usage.received, call.usage.estimated


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


@asynccontextmanager
async def engine_on(
    server: ScriptedServer, ledger: FakeLedger, *, seconds: float = 60.0, check: bool = False, most_tokens: int = 0
) -> AsyncIterator[Engine]:
    served, options = ModelServer("k", server.base_url), ChatOptions(most_tokens=most_tokens)
    limits = ReaderLimits(seconds, seconds, seconds, QUICK)
    reader = OpenAIReader(served, model="m", style=Style(), budget=2_000, options=options, limits=limits)
    verifier = ChatVerifier(served, "checker", ChatOptions(), 5.0)
    async with aclosing(reader), aclosing(verifier):
        yield Engine(
            FakeIndex(HITS),
            FakeEmbedder(),
            reader,
            quoter=ExtractiveReader(),
            verifier=verifier if check else None,
            ledger=ledger,
        )


async def ask(engine: Engine, question: Question = ASKED) -> Answer:
    events_ = [event async for event in engine.ask(question)]
    answer = events_[-1]
    assert isinstance(answer, Answer)
    assert "".join(each.text for each in events_ if isinstance(each, Delta)) in (answer.text, "")
    return answer


async def calls_of(server: ScriptedServer, *script: Behaviour, question: Question = ASKED, **more: float) -> FakeLedger:
    server.script(*script)
    ledger = FakeLedger()
    async with engine_on(server, ledger, **more) as engine:  # type: ignore[arg-type]  # seconds
        await ask(engine, question)
    return ledger


async def test_every_call_of_an_answer_counts_as_its_server_says(server: ScriptedServer) -> None:
    ledger, follow_up = FakeLedger(), replace(ASKED, turns=(Turn("Before?", "Yes."),))
    server.script(
        counted(text("How do I train it?"), 50, 5),
        counted(text("Call `fit()` to train a model on pairs [1]."), 300, 12),
        counted(text("1: yes"), 80, 3),
    )
    async with engine_on(server, ledger, check=True) as engine:
        answer = await ask(engine, follow_up)
    assert [tokens(each) for each in ledger.calls] == [
        ("rewrite", 50, 5, False),
        ("answer", 300, 12, False),
        ("check", 80, 3, False),
    ]
    assert [each.model for each in ledger.calls] == ["m", "m", "checker"]
    assert answer.usage == TokenUsage(430, 20)
    assert set(ledger.askers) == {ASKED.asker}


async def test_a_prompt_that_was_sent_twice_counts_twice(server: ScriptedServer) -> None:
    ledger = await calls_of(server, refusal(500), counted(text("Call `fit()` to train the model [1]."), 300, 12))
    assert [tokens(each) for each in ledger.calls] == [("answer", 300, 12, False)], "a refusal is not billed"


@pytest.mark.parametrize(
    "behaviour",
    [
        text("Call `fit()` to train the model [1]."),
        stalls_after("Call `fit()` to train the model [1]. And"),
        resets_after("Call `fit()` to train the model [1]. And"),
        hang(),
    ],
    ids=["no usage", "stalls", "breaks off", "silent"],
)
async def test_what_a_server_does_not_tell_is_estimated_and_marked(
    server: ScriptedServer, behaviour: Behaviour
) -> None:
    ledger = await calls_of(server, behaviour, seconds=1.0)
    (call,) = ledger.calls
    assert call.usage.estimated
    assert call.usage.sent > 200, "the prompt"


@pytest.mark.parametrize("code", [400, 401, 404, 429, 500])
async def test_a_request_that_is_refused_takes_nothing(server: ScriptedServer, code: int) -> None:
    assert (await calls_of(server, *[refusal(code)] * 4)).calls == []


async def test_a_server_that_is_not_there_takes_nothing() -> None:
    with nobody() as server:
        assert (await calls_of(server)).calls == []


async def test_an_answer_that_its_reader_leaves_counts_as_far_as_it_came(server: ScriptedServer) -> None:
    server.script(stalls_after("Call `fit()` to train the model [1]. It takes a minute [1]. It takes a minute [1]."))
    ledger = FakeLedger()
    async with engine_on(server, ledger) as engine, aclosing(engine.ask(ASKED)) as events_:
        async for event in events_:
            if isinstance(event, Delta):
                break
    (call,) = ledger.calls
    assert call.usage.estimated
    assert call.usage.received > 10


async def test_an_answer_that_is_stopped_before_its_first_word_counts_its_prompt(server: ScriptedServer) -> None:
    reached, stop, ledger = asyncio.Event(), asyncio.Event(), FakeLedger()

    async def hangs(request: web.Request, asked: Json) -> web.StreamResponse:
        reached.set()
        return await hang()(request, asked)

    async def stop_then() -> None:
        await reached.wait()
        stop.set()

    server.script(hangs)
    async with engine_on(server, ledger) as engine, run_in_background(stop_then()):
        with pytest.raises(Stopped):
            await run_until(stop, ask(engine))
    (call,) = ledger.calls
    assert (call.usage.sent > 200, call.usage.received <= 1, call.usage.estimated) == (True, True, True)


async def test_the_embedding_of_a_question_counts_for_each_search_that_it_takes(server: ScriptedServer) -> None:
    ledger = FakeLedger()
    async with aclosing(OpenAIEmbedder(ModelServer("k", server.base_url), model="e", dimensions=8)) as embedder:
        server.script(counted(server.otherwise, 7, 0))
        engine = Engine(FakeIndex(HITS), embedder, ExtractiveReader(), ledger=ledger)
        await ask(engine, replace(ASKED, turns=(Turn("Before?", "Yes."),)))
        await engine.search("How?", 3)
    assert [tokens(each)[0] for each in ledger.calls] == ["embed"] * 3
    assert tokens(ledger.calls[0]) == ("embed", 7, 0, False)
    assert [each.usage.estimated for each in ledger.calls] == [False, True, True]
    assert ledger.askers == [ASKED.asker, OPERATOR]


@asynccontextmanager
async def reranking(body: Json, path: str) -> AsyncIterator[str]:
    async with serving(ScriptedServer(json_answer(body)), path) as address:
        yield address


RESULTS = [{"index": number, "relevance_score": 0.5} for number in range(2)]


async def test_what_a_reranker_bills_counts_where_it_is_told() -> None:
    two = [HITS[0], hit("Another page says other things.", url="https://docs.example/other")]
    answers: list[tuple[Json, list[tuple[int, int]]]] = [
        ({"id": "x", "results": RESULTS, "meta": {"billed_units": {"search_units": 1}}}, [(0, 1)]),
        ({"id": "x", "results": RESULTS}, []),
    ]
    for body, expected in answers:
        ledger = FakeLedger()
        async with reranking(body, "/v2/rerank") as url, aclosing(CohereReranker(api_key="k", base_url=url)) as cohere:
            await ask(Engine(FakeIndex(two), FakeEmbedder(), ExtractiveReader(), cohere, ledger=ledger))
        assert [(each.usage.sent, each.units) for each in ledger.calls] == expected
    for usage, sent in (({"total_tokens": 90}, [90]), ({}, []), ({"total_tokens": "many"}, [])):
        ledger = FakeLedger()
        async with (
            reranking({"results": RESULTS, "usage": usage}, "/rerank") as url,
            aclosing(ServerReranker(url, RerankForm.JINA, model="r")) as jina,
        ):
            await ask(Engine(FakeIndex(two), FakeEmbedder(), ExtractiveReader(), jina, ledger=ledger))
        assert [each.usage.sent for each in ledger.calls] == sent


@pytest.mark.parametrize("cap", list(SpendCap))
async def test_at_a_cap_the_answer_is_the_keyless_one_and_says_so(server: ScriptedServer, cap: SpendCap) -> None:
    async with engine_on(server, FakeLedger(cap), check=True) as engine:
        answer = await ask(engine)
        keyless = await ask(Engine(FakeIndex(HITS), FakeEmbedder(), ExtractiveReader()))
        german = await ask(engine, replace(ASKED, language="de", turns=(Turn("Before?", "Yes."),)))
    assert server.requests == []
    assert answer.text == f"{keyless.text}\n\n{ENGLISH.capped}"
    assert (answer.citations, answer.outcome, answer.model) == (keyless.citations, keyless.outcome, keyless.model)
    assert (answer.cap, keyless.cap) == (cap, None)
    assert german.text.endswith(GERMAN.capped)


async def test_at_a_cap_an_abstention_says_so_too() -> None:
    ledger, quoter = FakeLedger(SpendCap.DAY), FakeReader("DOES_NOT_KNOW [1]")
    quoter.generative = False
    for hits, sentence in ((HITS, ENGLISH.not_sure), ([], ENGLISH.no_context)):
        answer = await ask(Engine(FakeIndex(hits), FakeEmbedder(), FakeReader(), quoter=quoter, ledger=ledger))
        assert answer.abstention is not None
        assert answer.text == f"{ENGLISH.capped} {sentence}"


async def test_without_a_model_no_cap_is_asked_for_or_told() -> None:
    ledger = FakeLedger(SpendCap.DAY)
    answer = await ask(Engine(FakeIndex(HITS), FakeEmbedder(), ExtractiveReader(), FakeReranker(), ledger=ledger))
    assert (answer.cap, ledger.askers) == (None, [])


async def test_an_answer_is_there_though_its_tokens_cannot_be_counted(server: ScriptedServer) -> None:
    async with engine_on(server, FakeLedger(fails=True)) as engine:
        server.script(text("Call `fit()` to train the model [1]."))
        assert (await ask(engine)).text == "Call `fit()` to train the model [1]."


GOOD = text("Call `fit()` to train the model [1].")
OPENAI_WORDS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)
BOTH_WORDS = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (None, {"max_completion_tokens", "max_tokens"}),
        (OPENAI_WORDS, {"max_completion_tokens"}),
        (BOTH_WORDS, {"max_completion_tokens"}),
        ("body.max_completion_tokens: Extra inputs are not permitted", {"max_tokens"}),
    ],
)
async def test_each_call_is_bounded_by_the_name_that_its_server_takes(
    server: ScriptedServer, first: str | None, then: set[str]
) -> None:
    async with engine_on(server, FakeLedger(), most_tokens=900) as engine:
        server.script(*([refusal(400, message=first)] if first else []), GOOD, text("How?"), GOOD)
        await ask(engine)
        await ask(engine, replace(ASKED, turns=(Turn("Before?", "Yes."),)))
    bounds = [{name: value for name, value in each.body.items() if name.startswith("max_")} for each in server.requests]
    assert bounds[-3:] == [dict.fromkeys(then, 900)] * 3


async def test_a_bound_that_does_not_fit_into_the_context_becomes_a_small_one(server: ScriptedServer) -> None:
    words = "This model's maximum context length is 4096 tokens. However, you requested 6200 tokens."
    async with engine_on(server, FakeLedger(), most_tokens=4_000) as engine:
        server.script(refusal(400, message=words), GOOD)
        assert (await ask(engine)).text == "Call `fit()` to train the model [1]."
    assert [each.body["max_tokens"] for each in server.requests] == [4_000, 700]


async def test_without_a_cap_no_bound_is_sent_but_to_the_check_model(server: ScriptedServer) -> None:
    async with engine_on(server, FakeLedger(), check=True) as engine:
        server.script(text("Call `fit()` to train a model on pairs [1]."))
        await ask(engine)
    assert [each.body.get("max_completion_tokens") for each in server.requests] == [None, MOST_TOKENS]


async def test_a_bound_of_the_operators_own_stays(server: ScriptedServer) -> None:
    options = ChatOptions(extra_body={"max_tokens": 55}, most_tokens=900)
    assert options.build_body(["max_completion_tokens"], 900) == {}


async def test_usage_that_comes_in_each_chunk_counts_once(server: ScriptedServer) -> None:
    def chunk(piece: str, finish: str | None, received: int) -> str:
        choice = {"index": 0, "delta": {"content": piece}, "finish_reason": finish}
        return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": received}})

    chunks = (chunk("Call `fit()` to train", None, 4), chunk(" the model [1].", "stop", 8))
    lines = [f"data: {each}\n\n" for each in chunks]
    ledger = await calls_of(server, events(*lines, "data: [DONE]\n\n"))
    assert [tokens(each) for each in ledger.calls] == [("answer", 9, 8, False)]
