"""Models that work, break and come back, seen from outside: the real process against scripted servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.site_server import serve_site
from core.answer.prompt import APOLOGY, CUT_OFF, QUOTED
from core.sentences import ENGLISH
from tests.bot.called import call
from tests.bot.install import PAGES, Install, write_site
from tests.servers.cohere_server import serve_cohere
from tests.servers.openai_server import events, refusal, resets_after, serve_openai, text
from tests.servers.scripted import Behaviour, ScriptedServer, raw, reset, status

QUESTION = "How do I fine-tune a mistral model with DPO?"
ANSWER = "Fine-tune a mistral model with DPO like this [1]."


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, kept: str) -> Install:
    """Prepare an install whose index was embedded by the scripted server's model."""
    folder = tmp_path_factory.mktemp("install")

    async def prepare() -> None:
        async with serve_openai() as models, serve_site(write_site(folder / "site")) as root:
            install = _with(empty, models)
            await install.run("sources", "add", root, "--name", "frob", "--allow-private")
            crawl = await install.run("crawl", "frob", "--json")
            assert crawl.code == 0, crawl.err
            assert crawl.json["embedded"] == crawl.json["passages"]

    empty = Install(folder, {"DATABASE_URL": kept})
    asyncio.run(prepare())
    return empty


@pytest.fixture
async def models() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


def _with(install: Install, models: ScriptedServer, **more: str) -> Install:
    chosen = {"OPENAI_BASE_URL": models.base_url, "CHAT_MODEL": "served-model", "EMBEDDING_MODEL": "served-embedder"}
    return Install(install.folder, {**install.settings, **chosen, **more})


async def test_a_streamed_answer_is_checked_and_cited(crawled: Install, models: ScriptedServer) -> None:
    pieces = ("Fine-tune a mistral ", "model with DPO ", "like this [1].", " It costs $99 [1].")
    models.otherwise = _chat_gets(models.otherwise, text(*pieces))
    answered = await _with(crawled, models).run("ask", QUESTION, "--json")
    assert answered.code == 0, answered.err
    assert answered.json["answer"] == f"{ANSWER}\n\n{ENGLISH.left_out_one}"
    assert answered.json["dropped"] == 1
    assert answered.json["outcome"] == "answered"
    assert answered.json["model"] == "served-model"
    assert answered.json["citations"][0]["url"].partition("#")[0].endswith(".html")


@pytest.mark.parametrize(
    "behaviour",
    [
        text(ANSWER, finish=None),
        events("data: {not json}\n\n"),
        pytest.param(raw(b"<html>502</html>", content_type="text/html"), marks=pytest.mark.long),
        refusal(429, "insufficient_quota"),
        pytest.param(refusal(401, "invalid_api_key"), marks=pytest.mark.long),
        pytest.param(refusal(404, "model_not_found"), marks=pytest.mark.long),
    ],
    ids=["no finish_reason", "bad SSE", "200 without JSON", "quota", "key", "no such model"],
)
async def test_a_model_that_fails_ends_in_an_apology_and_what_the_pages_say_or_the_closest_links(
    crawled: Install, models: ScriptedServer, behaviour: Behaviour
) -> None:
    models.otherwise = _chat_gets(models.otherwise, behaviour)
    answered = await call(_with(crawled, models), "ask", QUESTION, "--json")
    assert answered.code == 1
    answer = answered.json
    assert answer["faults"] == ["model"]
    if CUT_OFF not in answer["answer"]:
        assert answer["answer"].startswith(APOLOGY)
    # Whether the pages are quoted is up to the keyless reader, which a scripted embedder makes unsure.
    assert bool(answer["citations"]) is (QUOTED in answer["answer"] or CUT_OFF in answer["answer"])
    assert answer["citations"] or answer["suggestions"]
    assert "Traceback" not in answered.err


async def test_a_stream_that_is_cut_off_keeps_what_was_shown_and_says_so(
    crawled: Install, models: ScriptedServer
) -> None:
    models.otherwise = _chat_gets(models.otherwise, resets_after(f"{ANSWER} ", "And then "))
    answered = await _with(crawled, models).run("ask", QUESTION, "--json")
    assert answered.json["answer"] == f"{ANSWER}\n\n{CUT_OFF}"
    assert answered.json["citations"]


async def test_without_embeddings_the_words_alone_find_it(crawled: Install, models: ScriptedServer) -> None:
    good = models.otherwise

    async def behave(request, asked):  # type: ignore[no-untyped-def]  # aiohttp's handler types are long
        if request.path == "/v1/embeddings":
            return await status(503)(request, asked)
        return await good(request, asked)

    models.otherwise = behave
    searched = await call(_with(crawled, models), "search", QUESTION, "--limit", "3", "--json")
    hits = searched.json["hits"]
    assert hits[0]["anchor"] == "dpo"
    assert {hit["vector_rank"] for hit in hits} == {None}


async def test_a_reranker_that_fails_is_skipped_and_one_that_works_is_used(
    crawled: Install, models: ScriptedServer
) -> None:
    models.otherwise = _chat_gets(models.otherwise, text(ANSWER))
    async with serve_cohere() as cohere:
        install = _with(crawled, models, COHERE_API_KEY="co-key", COHERE_BASE_URL=cohere.base_url)
        works = await call(install, "ask", QUESTION, "--json")
        cohere.script(reset())
        broken = await call(install, "ask", QUESTION, "--json")
    assert works.json["faults"] == []
    assert "rerank" in works.json["timings_ms"]
    assert broken.json["faults"] == ["reranker"]
    assert broken.json["answer"] == works.json["answer"] == ANSWER


async def test_a_crawl_whose_embeddings_fail_changes_nothing_and_the_next_one_goes_on(
    install: Install, models: ScriptedServer
) -> None:
    site = write_site(install.folder / "site")
    served = _with(install, models)
    async with serve_site(site) as root:
        await call(served, "sources", "add", root, "--name", "frob", "--allow-private")
        await served.run("crawl", "frob", "--json")  # the model and its dimensions are recorded
        (site / "training.html").write_text(PAGES["training.html"].replace("beta", "gamma"), "utf-8")
        models.script(refusal(401, "invalid_api_key"))
        failed = await served.run("crawl", "frob", "--json")
        found = await call(served, "search", "beta parameter", "--limit", "1", "--json")
        mended = await served.run("crawl", "frob", "--json")
    assert failed.code == 1
    assert failed.json["verdict"] == "aborted"
    assert "OPENAI_API_KEY" in failed.json["reason"]
    assert "beta" in found.json["hits"][0]["text"], "readers keep what they had"
    assert mended.json["verdict"] == "ok"
    assert mended.json["embedded"] > 0


def _chat_gets(good: Behaviour, chat: Behaviour) -> Behaviour:
    """Return a behaviour with good embeddings, and with `chat` for chat."""

    async def behave(request, asked):  # type: ignore[no-untyped-def]  # aiohttp's handler types are long
        return await (chat if request.path.endswith("/chat/completions") else good)(request, asked)

    return behave
