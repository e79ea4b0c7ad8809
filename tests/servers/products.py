"""Imitations of what products that speak OpenAI's API send and refuse, for `tests.servers.openai_server`.

Forms of errors and streams are those of the products' documentation and of public issue threads (November 2026); the
words are made up where a thread only names their kind. Each function returns a `Behaviour`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from tests.servers.openai_server import events, text
from tests.servers.scripted import Behaviour, Json, status

DONE = "data: [DONE]\n\n"


def chunk(delta: Json | None = None, finish: str | None = None, **more: Any) -> str:
    """Return one event of a stream; `more` are fields next to `choices`."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': [choice], **more})}\n\n"


def usage(prompt: int, written: int = 20) -> str:
    """Return the event with the figures of usage, which has no choices."""
    figures = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    return f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': [], 'usage': figures})}\n\n"


def streams(*pieces: str, finish: str | None = "stop", prompt: int = 0, done: bool = True) -> Behaviour:
    """Stream these pieces; `prompt`: the tokens that are counted, told in a last chunk."""
    lines = [chunk({"content": piece}) for piece in pieces]
    lines += [chunk(finish=finish)] if finish else []
    lines += [usage(prompt)] if prompt else []
    return events(*lines, *([DONE] if done else []))


def error(status_code: int, message: str, *, kind: str = "invalid_request_error", **more: Any) -> Behaviour:
    """Refuse in OpenAI's form."""
    return status(status_code, {"error": {"message": message, "type": kind, "param": None, "code": None} | more})


def unless(named: str, refusal: Behaviour, then: Behaviour) -> Behaviour:
    """Refuse a request that holds a parameter, and answer one without it."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        return await (refusal if asked.get(named, False) is not False else then)(request, asked)

    return behave


def without_system(refusal: Behaviour, then: Behaviour) -> Behaviour:
    """Refuse a system message, as templates that know none, and answer a request without one."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        has_system = any(message["role"] == "system" for message in asked["messages"])
        return await (refusal if has_system else then)(request, asked)

    return behave


def reads(context: int, then: Behaviour, refusal: Behaviour) -> Behaviour:
    """Refuse a prompt of more tokens than a context, by four letters a token."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        return await (refusal if count_tokens(asked) > context else then)(request, asked)

    return behave


def cuts(context: int, right: Sequence[str], wrong: Sequence[str]) -> Behaviour:
    """Answer wrongly to a prompt that is longer than the context, as a model that sees its end alone."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        tokens = count_tokens(asked)
        pieces = wrong if tokens > context else right
        return await streams(*pieces, prompt=min(tokens, context))(request, asked)

    return behave


def count_tokens(asked: Json) -> int:
    """Return the tokens of a prompt, four letters each."""
    return sum(len(message["content"]) for message in asked["messages"]) // 4


def whole(content: Json, finish: str | None = "stop", **message: Any) -> Behaviour:
    """Answer all at once, also where a stream was asked for."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content} | message, "finish_reason": finish}
    return status(200, {"id": "c", "object": "chat.completion", "choices": [choice]})


def spoken(answer: str) -> Behaviour:
    """Answer as the request wants it: streamed or whole."""
    return text(*(f"{word} " for word in answer.split()))
