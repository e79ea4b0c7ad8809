"""What follows from the settings: which model embeds, who answers, and nothing from the environment unnoticed."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AsyncExitStack

import pytest

from core.config.settings import Settings, load
from core.domain import Abstention, Question
from core.errors import ConfigurationError, ModelMismatch, ModelUnavailable
from core.minilm.files import MODEL
from core.minilm.local import LocalEmbedder
from core.model_wiring import choose_embedder, choose_embedding_model, choose_reader, choose_reranker
from core.models.openai_embedder import OpenAIEmbedder
from core.models.openai_reader import OpenAIReader
from core.ports import Reading
from core.postgres.database import Database, Space, open_database
from core.quote.reader import ExtractiveReader
from core.wiring import open_footnote
from tests.core.index.helpers import SITE, add, crawl
from tests.fakes import hit
from tests.servers.cohere_server import serve_cohere
from tests.servers.openai_server import serve_openai, text
from tests.servers.scripted import slow

pytestmark = pytest.mark.usefixtures("nothing_set")

KEY = "sk-canary-2718281828"
LOCAL_SPACE = Space(1, MODEL, 384)
REMOTE_SPACE = Space(1, "text-embedding-3-small", 1536)
POISON = {
    "OPENAI_API_KEY": "sk-poison",
    "OPENAI_ADMIN_KEY": "sk-poison",
    "OPENAI_ORG_ID": "org-poison",
    "OPENAI_PROJECT_ID": "proj-poison",
    "OPENAI_CUSTOM_HEADERS": "X-Poison: poison",
    "AZURE_OPENAI_AD_TOKEN": "poison",
    "OPENAI_API_VERSION": "poison",
    "HTTPS_PROXY": "http://poison.invalid:1",
    "SSL_CERT_FILE": "/poison",
    "OPENAI_LOG": "debug",
    "OPENAI_BASE_URL": "http://poison.invalid/v1",
    "OPENAI_WEBHOOK_SECRET": "poison",
    "AZURE_OPENAI_API_KEY": "poison",
    "CO_API_KEY": "poison",
    "CO_API_URL": "http://poison.invalid",
    "COHERE_API_KEY": "poison",
    "COHERE_BASE_URL": "http://poison.invalid",
    "HTTP_PROXY": "http://poison.invalid:1",
    "ALL_PROXY": "http://poison.invalid:1",
    "AZURE_OPENAI_ENDPOINT": "http://poison.invalid",
    "PGHOST": "poison.invalid",
    "PGPASSWORD": "poison",
}


def settings(**values: object) -> Settings:
    """Return settings with these values, and nothing else: a value that is given wins over the environment.

    So what a library takes from the environment by itself is seen.
    """
    empty = dict.fromkeys(
        [
            "openai_api_key",
            "openai_base_url",
            "cohere_api_key",
            "cohere_base_url",
            "openai_org_id",
            "openai_project_id",
            "no_proxy",
            "openai_custom_headers",
            "azure_openai_ad_token",
            "openai_api_version",
            "https_proxy",
            "ssl_cert_file",
        ],
        "",
    )
    return Settings(**{**empty, **values})  # type: ignore[arg-type]  # validated by pydantic


@pytest.mark.parametrize(
    ("values", "space", "model"),
    [
        ({}, None, "local"),
        ({"openai_api_key": KEY}, None, "text-embedding-3-small"),
        ({"openai_base_url": "http://127.0.0.1:1/v1"}, None, "local"),
        ({"openai_api_key": KEY}, LOCAL_SPACE, MODEL),  # a key added to a keyless install
        ({}, REMOTE_SPACE, "text-embedding-3-small"),
        ({"embedding_model": "local"}, REMOTE_SPACE, "local"),
        ({"embedding_model": "nomic", "openai_base_url": "http://127.0.0.1:1/v1"}, None, "nomic"),
    ],
)
def test_the_model_is_what_is_set_else_what_the_index_has_else_what_there_is_a_key_for(
    values: dict[str, object], space: Space | None, model: str
) -> None:
    assert choose_embedding_model(settings(**values), space) == model


async def test_a_key_added_to_a_keyless_install_changes_the_reader_alone() -> None:
    async with AsyncExitStack() as closing:
        with_key = settings(openai_api_key=KEY)
        assert isinstance(await choose_embedder(with_key, LOCAL_SPACE, closing), LocalEmbedder)
        assert isinstance(await choose_reader(with_key, closing), OpenAIReader)
        assert isinstance(await choose_reader(settings(), closing), ExtractiveReader)
        quoting = settings(openai_api_key=KEY, chat_model="extractive")
        assert isinstance(await choose_reader(quoting, closing), ExtractiveReader)
        local = settings(openai_api_key=KEY, embedding_model="local")
        assert isinstance(await choose_embedder(local, None, closing), LocalEmbedder)
        assert await choose_reranker(with_key, closing) is None


@pytest.mark.parametrize(
    ("values", "space"),
    [
        ({"openai_api_key": KEY, "embedding_model": "text-embedding-3-large"}, REMOTE_SPACE),
        ({"openai_api_key": KEY, "embedding_model": "text-embedding-3-small"}, LOCAL_SPACE),
        ({"embedding_model": "local"}, REMOTE_SPACE),
    ],
)
async def test_only_an_explicit_difference_is_a_mismatch_and_names_the_way_out(
    values: dict[str, object], space: Space
) -> None:
    async with AsyncExitStack() as closing:
        with pytest.raises(ModelMismatch, match=r"unset EMBEDDING_MODEL.*footnote crawl --reembed") as refused:
            await choose_embedder(settings(**values), space, closing)
        assert KEY not in str(refused.value)
        embedder = await choose_embedder(settings(**values), space, closing, reembedding=True)
        assert embedder.model != space.model


async def test_a_model_that_needs_a_key_says_so() -> None:
    async with AsyncExitStack() as closing:
        with pytest.raises(ConfigurationError, match=r"OPENAI_API_KEY is needed for the embedding model.*keyless"):
            await choose_embedder(settings(), REMOTE_SPACE, closing)
        with pytest.raises(ConfigurationError, match="OPENAI_API_KEY is needed for the chat model some-model"):
            await choose_reader(settings(chat_model="some-model"), closing)


async def test_a_server_of_ones_own_needs_no_key_and_gets_no_key_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison(monkeypatch)
    async with serve_openai() as server, AsyncExitStack() as closing:
        ours = settings(openai_base_url=server.base_url, embedding_model="nomic", chat_model="llama")
        embedder = await choose_embedder(ours, None, closing)
        assert isinstance(embedder, OpenAIEmbedder)
        await embedder.embed_query("a question")
        reader = await choose_reader(ours, closing)
        await reader.standalone(Question("and then?"))
        sent = [f"{asked.headers} {asked.body}" for asked in server.requests]
    assert [asked.path for asked in server.requests] == ["/v1/embeddings", "/v1/chat/completions"]
    assert all(asked.headers["Authorization"] == "Bearer no-key-needed" for asked in server.requests)
    assert "poison" not in " ".join(sent)


async def test_a_server_of_its_own_gets_its_own_key_and_no_other() -> None:
    async with serve_openai() as shared, serve_openai() as chat, AsyncExitStack() as closing:
        ours = settings(
            openai_base_url=shared.base_url,
            openai_api_key=KEY,
            openai_org_id="org-1",
            openai_project_id="proj-1",
            openai_custom_headers='{"X-Team": "docs"}',
            chat_base_url=chat.base_url,
            chat_model="llama",
            embedding_model="nomic",
        )
        await (await choose_embedder(ours, None, closing)).embed_query("a question")
        await (await choose_reader(ours, closing)).standalone(Question("and then?"))
        own = settings(**(ours.model_dump() | {"chat_api_key": "sk-chat"}))
        await (await choose_reader(own, closing)).standalone(Question("and then?"))
    (embedded,) = shared.requests
    assert embedded.headers["Authorization"] == f"Bearer {KEY}"
    assert (embedded.headers["OpenAI-Organization"], embedded.headers["OpenAI-Project"]) == ("org-1", "proj-1")
    assert embedded.headers["X-Team"] == "docs"
    assert [asked.headers["Authorization"] for asked in chat.requests] == ["Bearer no-key-needed", "Bearer sk-chat"]
    assert not any("OpenAI-Organization" in asked.headers or "X-Team" in asked.headers for asked in chat.requests)


@pytest.mark.parametrize("token", ["", "entra-token"])
async def test_azure_before_v1_names_deployments_and_versions_in_the_url(token: str) -> None:
    async with serve_openai() as server, AsyncExitStack() as closing:
        ours = settings(
            openai_base_url=server.base_url.removesuffix("/v1"),
            openai_api_key="" if token else KEY,
            azure_openai_ad_token=token,
            openai_api_version="2024-10-21",
            chat_model="my chat",
            embedding_model="my-embedding",
        )
        await (await choose_embedder(ours, None, closing)).embed_query("a question")
        await (await choose_reader(ours, closing)).standalone(Question("and then?"))
    assert [asked.path for asked in server.requests] == [
        "/openai/deployments/my-embedding/embeddings",
        "/openai/deployments/my chat/chat/completions",
    ]
    for asked in server.requests:
        assert asked.query == {"api-version": "2024-10-21"}
        assert asked.headers.get("api-key") == (None if token else KEY)
        assert not token or asked.headers["Authorization"] == "Bearer entra-token"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CHAT_EXTRA_BODY", "[1]", "CHAT_EXTRA_BODY must be a JSON object"),
        ("CHAT_EXTRA_BODY", "{sk-secret", "CHAT_EXTRA_BODY must be a JSON object"),
        ("OPENAI_CUSTOM_HEADERS", "sk-secret", "OPENAI_CUSTOM_HEADERS must be lines"),
        ("OPENAI_CUSTOM_HEADERS", '{"A B": "sk-secret"}', "OPENAI_CUSTOM_HEADERS must be lines"),
        ("CHAT_TEMPERATURE", "7", "CHAT_TEMPERATURE must be"),
        ("CHAT_ROLE", "sk-secret", "CHAT_ROLE must be"),
    ],
)
def test_a_wrong_setting_of_a_model_is_a_sentence_that_repeats_none_of_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=says) as refused:
        load()
    assert "sk-secret" not in str(refused.value)


async def test_what_is_asked_of_a_model_travels_as_it_is_set() -> None:
    async with serve_openai() as server, AsyncExitStack() as closing:
        body = '{"chat_template_kwargs": {"enable_thinking": false}, "temperature": 0.7}'
        ours = settings(
            openai_base_url=server.base_url, chat_model="qwen3", reasoning_effort="none", chat_extra_body=body
        )
        await (await choose_reader(ours, closing)).standalone(Question("and then?"))
    (asked,) = server.requests
    assert asked.body["reasoning_effort"] == "none"
    assert asked.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert asked.body["temperature"] == 0.7


async def test_the_reranker_takes_nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch)
    async with serve_cohere() as server, AsyncExitStack() as closing:
        assert await choose_reranker(settings(), closing) is None
        reranker = await choose_reranker(settings(cohere_api_key=KEY, cohere_base_url=server.base_url), closing)
        assert reranker is not None
        await reranker.rerank("a question", [hit("a question"), hit("another")])
    (asked,) = server.requests
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert "poison" not in f"{asked.headers} {asked.body}"


def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in POISON.items():
        monkeypatch.setenv(name, value)


async def test_keyless_on_an_empty_database_it_opens_asks_and_finds_no_context(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch)
    async with open_footnote(settings(database_url=dsn)) as footnote:
        assert footnote.embedded is None
        assert footnote.reranker is None
        *_, answer = [event async for event in footnote.engine.ask(Question("How do I install it?"))]
        assert getattr(answer, "abstention", None) is Abstention.NO_CONTEXT
        assert footnote.database.space is None  # asking records no model


async def test_writing_records_the_model_and_asking_then_finds(dsn: str) -> None:
    async with open_footnote(settings(database_url=dsn)) as footnote:
        embedder = await footnote.embedder_for_writing()
        assert footnote.database.space == Space(1, MODEL, 384)
        assert await footnote.embedder_for_writing() is embedder
    async with open_footnote(settings(database_url=dsn, openai_api_key=KEY)) as footnote:
        assert footnote.embedder.model == MODEL
    with pytest.raises(ModelMismatch):
        async with open_footnote(settings(database_url=dsn, openai_api_key=KEY, embedding_model="other")):
            pass


async def test_an_index_of_another_server_is_moved_to_this_one(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    async with serve_openai(dimensions=12) as server:
        ours = settings(database_url=database.dsn, openai_base_url=server.base_url, embedding_model="nomic")
        async with open_footnote(ours, reembedding=True) as footnote:
            assert await footnote.reembed(lambda done, total: None) == 3
            assert len(await footnote.engine.search("a question about words", 5)) == 3
    async with open_database(database.dsn) as after:
        assert after.space == Space(2, "nomic", 12)


def test_sdks_and_runtimes_are_loaded_when_they_are_chosen_and_not_before() -> None:
    code = "import sys, core.wiring; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "asyncpg" in loaded
    assert not loaded & {"openai", "cohere", "onnxruntime", "tokenizers", "aiohttp", "slack_bolt", "discord", "httpx"}


@pytest.mark.parametrize(("seconds", "message"), [(10, "in time"), (300, "")])
async def test_a_slow_model_has_the_time_that_the_settings_give(seconds: int, message: str) -> None:
    """Silent for 5 seconds: too long where a third of 10 is allowed, and nothing where a third of 300 is."""
    async with serve_openai() as server, AsyncExitStack() as closing:
        server.script(slow(5.0, text("Late [1].")))
        chosen = settings(openai_base_url=server.base_url, chat_model="m", answer_seconds=seconds)
        reader = await choose_reader(chosen, closing)
        assert isinstance(reader, OpenAIReader)
        pieces, failure = [], ""
        try:
            pieces = [piece async for piece in reader.read(Reading(Question("Why?"), (hit("Because."),)))][1:-1]
        except ModelUnavailable as error:
            failure = str(error)
    assert (pieces == ["Late [1]."]) is not bool(message)
    assert message in failure
