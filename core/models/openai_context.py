"""How many tokens a server reads, where it says so: so that PROMPT_TOKENS need not be set for a small context.

    GET /v1/models      vLLM max_model_len, OpenRouter context_length, Groq context_window, Mistral max_context_length
    GET /props          llama.cpp: default_generation_settings.n_ctx
    GET /api/ps         Ollama: context_length of a model that is loaded
    GET /api/v0/models  LM Studio: loaded_context_length

Asked once for each reader, and quickly: a server that does not answer has reported nothing. OpenAI's own is not asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import openai

_SECONDS = 2.0
_LEAST, _MOST = 512, 10_000_000
_NAMES = (
    "max_model_len",
    "loaded_context_length",
    "context_length",
    "context_window",
    "max_context_length",
    "n_ctx",
)
_ELSEWHERE = {"llamacpp": "/props", "library": "/api/ps", "organization_owner": "/api/v0/models"}
"""By what a server says of who owns a model: where it says more."""


async def ask_context(client: openai.AsyncOpenAI, model: str) -> int | None:
    """Return the tokens that the server of `client` reads for `model`; None where it does not say. Raises nothing."""
    try:
        async with asyncio.timeout(_SECONDS):
            listed = await client.get("/models", cast_to=object)
            found = find_context_of(listed, model)
            if found is not None:
                return found
            owner = next((str(entry.get("owned_by", "")) for entry in _entries_of(listed, model)), "")
            if owner not in _ELSEWHERE:
                return None
            root = str(client.base_url).rstrip("/").removesuffix("/v1")
            return find_context_of(await client.get(f"{root}{_ELSEWHERE[owner]}", cast_to=object), model)
    except (openai.OpenAIError, TimeoutError, ValueError, RecursionError):
        return None


def find_context_of(listed: object, model: str) -> int | None:
    """Return the context that a list of models, or llama.cpp's properties, names for a model."""
    settings = listed.get("default_generation_settings") if isinstance(listed, Mapping) else None
    for entry in [settings] if isinstance(settings, Mapping) else _entries_of(listed, model):
        meta = entry.get("meta")
        for described in (entry, meta if isinstance(meta, Mapping) else {}):
            sizes = [described.get(name) for name in _NAMES]
            size = next((size for size in sizes if isinstance(size, int) and _LEAST <= size <= _MOST), None)
            if size is not None:
                return size
    return None


def _entries_of(listed: object, model: str) -> Iterator[Mapping[str, object]]:
    """Yield what is said of a model by its name, or of the only one there is."""
    several = (listed.get("data") or listed.get("models")) if isinstance(listed, Mapping) else listed
    entries = [each for each in several if isinstance(each, Mapping)] if isinstance(several, list) else []
    named = [each for each in entries if model in (each.get("id"), each.get("name"), each.get("model"))]
    yield from named or (entries if len(entries) == 1 else [])
