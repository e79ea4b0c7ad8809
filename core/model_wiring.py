"""The models that the settings choose. No-key mode is a choice of adapters made here and nowhere else.

    Settings ──> embedder   the model the index was built with; EMBEDDING_MODEL may only name the same (ModelMismatch)
             ├─> reader     CHAT_MODEL on OPENAI_BASE_URL, or extractive
             ├─> verifier   CHECK_MODEL, where it is set
             └─> reranker   of a folder, a server or Cohere, where one is set

A part of the composition root `core.wiring`. Adapters are imported where they are chosen, so the SDKs of unused models
are never loaded.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.answer.limits import AnswerLimits
from core.answer.prompt import Style
from core.config.key_file import KeyFile
from core.config.settings import Settings
from core.errors import ConfigurationError, ModelMismatch
from core.ports import Embedder, Reader, Reranker, Verifier
from core.postgres.database import Space, explain_mismatch

if TYPE_CHECKING:  # loaded where a model behind an API is chosen
    from core.minilm.folder import ModelFolder
    from core.models.openai_client import ModelServer

LOCAL, EXTRACTIVE, DEFAULT_EMBEDDING = "local", "extractive", "text-embedding-3-small"
JUDGE = "judge"
NO_KEY = "no-key-needed"  # sent to a local server: the SDK insists on a key


def choose_embedding_model(settings: Settings, space: Space | None) -> str:
    """Return the model to embed with: the one set, else the index's, else OpenAI's (with a key) or the local one."""
    if settings.embedding_model:
        return settings.embedding_model
    if space is not None:
        return space.model
    has_key = settings.openai_api_key.get_secret_value() and not settings.embedding_base_url
    return DEFAULT_EMBEDDING if has_key or settings.embedding_api_key.get_secret_value() else LOCAL


async def choose_embedder(
    settings: Settings, space: Space | None, closing: AsyncExitStack, *, reembedding: bool = False
) -> Embedder:
    """Return the local embedder or one behind OpenAI's API. Raises `ModelMismatch`, `ConfigurationError`."""
    from core.minilm.files import MODEL

    wanted = choose_embedding_model(settings, space)
    folder = _embedding_folder(settings, wanted)
    wanted = MODEL if wanted == LOCAL else folder.name if folder is not None else wanted
    if space is not None and wanted != space.model and not reembedding:
        raise ModelMismatch(explain_mismatch(space.model, wanted))
    if wanted == MODEL or folder is not None:
        from core.minilm.local import LocalEmbedder

        local = LocalEmbedder(threads=settings.embed_threads, folder=folder)
        closing.push_async_callback(local.aclose)
        return local
    from core.models.openai_embedder import OpenAIEmbedder

    known = space.dimensions if space is not None and space.model == wanted else None
    server = _build_server(
        settings,
        f"the embedding model {wanted}",
        _OwnServer(
            "EMBEDDING",
            settings.embedding_base_url,
            settings.embedding_api_key.get_secret_value(),
            settings.embedding_api_key_file,
        ),
    )
    embedder = OpenAIEmbedder(server, model=wanted, dimensions=known)
    closing.push_async_callback(embedder.aclose)
    return embedder


async def choose_reader(settings: Settings, closing: AsyncExitStack) -> Reader:
    """Return a model that writes, or the extractive reader where it is set or there is neither key nor server."""
    own = _find_chat_server(settings)
    has_server = bool(settings.openai_api_key.get_secret_value() or settings.openai_base_url or own.url or own.key)
    if settings.chat_model == EXTRACTIVE or not (has_server or settings.chat_model):
        return build_quoter()
    from core.models.openai_chat import ChatOptions
    from core.models.openai_reader import DEFAULT_CHAT_MODEL, OpenAIReader, ReaderLimits

    model = settings.chat_model or DEFAULT_CHAT_MODEL
    reader = OpenAIReader(
        _build_server(settings, f"the chat model {model}", own),
        model=model,
        style=Style(settings.answer_tone, settings.answer_language),
        budget=settings.prompt_tokens,
        options=ChatOptions(settings.chat_temperature, settings.reasoning_effort, settings.extra_body, settings.bound),
        limits=ReaderLimits.within(settings.answer_seconds, settings.silence_seconds),
    )
    closing.push_async_callback(reader.aclose)
    if settings.chat_role == JUDGE:
        from core.models.judge import JudgingReader

        return JudgingReader(reader, build_quoter())
    return reader


async def choose_verifier(settings: Settings, closing: AsyncExitStack) -> Verifier | None:
    """Return the model that gives a second opinion, or None where none is set."""
    if not settings.check_model:
        return None
    from core.models.openai_chat import ChatOptions
    from core.models.verifier import ChatVerifier

    own = _find_chat_server(settings)
    verifier = ChatVerifier(
        _build_server(settings, f"the check model {settings.check_model}", own),
        settings.check_model,
        ChatOptions(settings.chat_temperature, "", settings.extra_body),
        AnswerLimits.within(settings.answer_seconds).verify_seconds,
    )
    closing.push_async_callback(verifier.aclose)
    return verifier


def build_quoter() -> Reader:
    """Return the reader without a model."""
    from core.minilm.files import ordinary_words
    from core.quote.reader import ExtractiveReader

    return ExtractiveReader(ordinary_words())


async def choose_reranker(settings: Settings, closing: AsyncExitStack) -> Reranker | None:
    """Return a reranker from a folder, of a server, or Cohere's; None: none is set. Raises `ConfigurationError`."""
    from core.minilm.folder import FolderSettings, is_folder_name, read_folder

    if is_folder_name(settings.rerank_model):
        from core.minilm.folder_reranker import FolderReranker

        local = FolderReranker(read_folder(settings.rerank_model, "RERANK_MODEL", FolderSettings(), embeds=False))
        closing.push_async_callback(local.aclose)
        return local
    if settings.rerank_base_url:
        from core.models.rerank_server import RerankForm, ServerReranker

        server = ServerReranker(
            settings.rerank_base_url,
            RerankForm(settings.rerank_form),
            model=settings.rerank_model,
            api_key=settings.rerank_api_key.get_secret_value(),
            route=settings.route,
        )
        closing.push_async_callback(server.aclose)
        return server
    key = settings.cohere_api_key.get_secret_value()
    if not key:
        return None
    from core.models.cohere import CohereReranker

    reranker = CohereReranker(
        api_key=key, base_url=settings.cohere_base_url, model=settings.rerank_model, route=settings.route
    )
    closing.push_async_callback(reranker.aclose)
    return reranker


def _embedding_folder(settings: Settings, wanted: str) -> ModelFolder | None:
    """Return the folder that holds the embedding model, if one does. Raises `ConfigurationError`."""
    from core.minilm.folder import FolderSettings, is_folder_name, is_recorded_folder, read_folder

    if is_recorded_folder(wanted):
        raise ConfigurationError(
            f"The index was embedded with the model {wanted}: set EMBEDDING_MODEL to the path of its folder."
        )
    if not is_folder_name(wanted):
        return None
    said = FolderSettings(
        settings.embedding_pooling,
        settings.embedding_tokens,
        settings.embedding_query_prefix,
        settings.embedding_passage_prefix,
    )
    return read_folder(wanted, "EMBEDDING_MODEL", said)


@dataclass(frozen=True, slots=True)
class _OwnServer:
    """The settings NAME_BASE_URL and NAME_API_KEY of one model; empty: it is served where the others are.

    `path`: the file that the key is from.
    """

    name: str
    url: str
    key: str
    path: str


def _find_chat_server(settings: Settings) -> _OwnServer:
    key = settings.chat_api_key.get_secret_value()
    return _OwnServer("CHAT", settings.chat_base_url, key, settings.chat_api_key_file)


def _build_server(settings: Settings, purpose: str, own: _OwnServer) -> ModelServer:
    """Return where a model is served. Raises `ConfigurationError`.

    A server of its own gets its own key and nothing else; a self-hosted one without a key gets a dummy.
    """
    from core.models.openai_client import ModelServer

    url_setting = f"{own.name}_BASE_URL" if own.url else "OPENAI_BASE_URL"
    key_setting = f"{own.name}_API_KEY" if own.url or own.key else "OPENAI_API_KEY"
    if own.url:
        return ModelServer(
            own.key or NO_KEY,
            own.url,
            key_file=KeyFile(own.path) if own.path else None,
            route=settings.route,
            url_setting=url_setting,
            key_setting=key_setting,
        )
    token = settings.azure_openai_ad_token.get_secret_value()
    key = own.key or settings.openai_api_key.get_secret_value()
    path = own.path if own.key else settings.openai_api_key_file
    path = settings.azure_openai_ad_token_file if token else path
    if not (key or token or settings.openai_base_url):
        raise ConfigurationError(
            f"OPENAI_API_KEY is needed for {purpose}: set it, or set OPENAI_BASE_URL to a server of your own, or go "
            "keyless with CHAT_MODEL=extractive and EMBEDDING_MODEL=local (`footnote crawl --reembed` moves an index)."
        )
    return ModelServer(
        key or NO_KEY,
        settings.openai_base_url,
        organization=settings.openai_org_id.get_secret_value(),
        project=settings.openai_project_id.get_secret_value(),
        headers=settings.extra_headers,
        api_version=settings.openai_api_version,
        token=token,
        key_file=KeyFile(path) if path else None,
        route=settings.route,
        url_setting=url_setting,
        key_setting=key_setting,
    )


async def dimensions_of(embedder: Embedder) -> int:
    """Return the length of the model's vectors; a remote model of unknown length is asked once."""
    return embedder.dimensions or len(await embedder.embed_query("dimensions"))
