"""Models that work, break and come back, seen from outside: the real process against scripted servers on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.site_server import serve_site
from core.answer.prompt import APOLOGY, CUT_OFF, QUOTED
from core.sentences import ENGLISH
from tests.bot.install import PAGES, Install, kept_running, write_site
from tests.servers.cohere_server import serve_cohere
from tests.servers.openai_server import events, refusal, resets_after, serve_openai, text
from tests.servers.scripted import Behaviour, ScriptedServer, raw, reset, status

QUESTION = "How do I fine-tune a mistral model with DPO?"
ANSWER = "Fine-tune a mistral model with DPO like this [1]."


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Prepare an install whose index was embedded by the scripted server's model."""
    folder = tmp_path_factory.mktemp("install")

    async def prepare() -> None:
        async with serve_openai() as server, serve_site(write_site(folder / "site")) as root:
            install = _with(folder, server)
            await install.run("sources", "add", root, "--name", "frob", "--allow-private")
            crawl = await install.run("crawl", "frob", "--json")
            assert crawl.code == 0, crawl.err
            assert crawl.json["embedded"] == crawl.json["passages"]

    install = Install(folder)
    with kept_running(install):
        asyncio.run(prepare())
        yield install


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Prepare a folder for an install whose Postgres keeps running."""
    with kept_running(Install(tmp_path)):
        yield tmp_path


def _with(folder: Path, server: ScriptedServer, **more: str) -> Install:
    models = {"OPENAI_BASE_URL": server.base_url, "CHAT_MODEL": "served-model", "EMBEDDING_MODEL": "served-embedder"}
    return Install(folder, models | more)


async def test_a_streamed_answer_is_checked_and_cited(crawled: Install, server: ScriptedServer) -> None:
    pieces = ("Fine-tune a mistral ", "model with DPO ", "like this [1].", " It costs $99 [1].")
    server.otherwise = _chat_gets(server.otherwise, text(*pieces))
    answered = await _with(crawled.folder, server).run("ask", QUESTION, "--json")
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
    crawled: Install, server: ScriptedServer, behaviour: Behaviour
) -> None:
    server.otherwise = _chat_gets(server.otherwise, behaviour)
    answered = await _with(crawled.folder, server).run("ask", QUESTION, "--json")
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
    crawled: Install, server: ScriptedServer
) -> None:
    server.otherwise = _chat_gets(server.otherwise, resets_after(f"{ANSWER} ", "And then "))
    answered = await _with(crawled.folder, server).run("ask", QUESTION, "--json")
    assert answered.json["answer"] == f"{ANSWER}\n\n{CUT_OFF}"
    assert answered.json["citations"]


async def test_without_embeddings_the_words_alone_find_it(crawled: Install, server: ScriptedServer) -> None:
    good = server.otherwise

    async def behave(request, asked):  # type: ignore[no-untyped-def]  # aiohttp's handler types are long
        if request.path == "/v1/embeddings":
            return await status(503)(request, asked)
        return await good(request, asked)

    server.otherwise = behave
    searched = await _with(crawled.folder, server).run("search", QUESTION, "--limit", "3", "--json")
    hits = searched.json["hits"]
    assert hits[0]["anchor"] == "dpo"
    assert {hit["vector_rank"] for hit in hits} == {None}


async def test_a_reranker_that_fails_is_skipped_and_one_that_works_is_used(
    crawled: Install, server: ScriptedServer
) -> None:
    server.otherwise = _chat_gets(server.otherwise, text(ANSWER))
    async with serve_cohere() as cohere:
        install = _with(crawled.folder, server, COHERE_API_KEY="co-key", COHERE_BASE_URL=cohere.base_url)
        works = await install.run("ask", QUESTION, "--json")
        cohere.script(reset())
        broken = await install.run("ask", QUESTION, "--json")
    assert works.json["faults"] == []
    assert "rerank" in works.json["timings_ms"]
    assert broken.json["faults"] == ["reranker"]
    assert broken.json["answer"] == works.json["answer"] == ANSWER


async def test_a_crawl_whose_embeddings_fail_changes_nothing_and_the_next_one_goes_on(
    home: Path, server: ScriptedServer
) -> None:
    install = _with(home, server)
    async with serve_site(write_site(home / "site")) as root:
        await install.run("sources", "add", root, "--name", "frob", "--allow-private")
        await install.run("crawl", "frob", "--json")  # the model and its dimensions are recorded
        (home / "site" / "training.html").write_text(PAGES["training.html"].replace("beta", "gamma"), "utf-8")
        server.script(refusal(401, "invalid_api_key"))
        failed = await install.run("crawl", "frob", "--json")
        found = await install.run("search", "beta parameter", "--limit", "1", "--json")
        mended = await install.run("crawl", "frob", "--json")
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
