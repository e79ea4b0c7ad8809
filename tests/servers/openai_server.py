"""A scripted server of OpenAI's API on loopback: /v1/embeddings, /v1/chat/completions (streamed or not), /v1/models.

Unscripted requests are answered well: chat with `answer`, embeddings with a unit vector that depends only on the text.
Behaviours of every kind of request (`status`, `hang`, `slow`, `reset`, `raw`, ...) are in `tests.servers.scripted`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import zlib
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from tests.servers.scripted import Behaviour, Json, ScriptedServer, drop, json_answer, serving, status

_DONE = "data: [DONE]\n\n"
_USAGE = web.RequestKey("usage", dict[str, int])
_AZURE = tuple(f"/openai/deployments/{{name}}/{path}" for path in ("embeddings", "chat/completions"))


@asynccontextmanager
async def serve_openai(answer: str = "It works [1].", dimensions: int = 8) -> AsyncIterator[ScriptedServer]:
    """Serve on loopback; `base_url` of the server ends in /v1."""
    server = ScriptedServer(_good(answer, dimensions))
    async with serving(server, "/v1/embeddings", "/v1/chat/completions", "/v1/models", *_AZURE) as address:
        server.base_url = f"{address}/v1"
        yield server


def text(*pieces: str, finish: str | None = "stop", delay: float = 0.0) -> Behaviour:
    """Answer a chat in these pieces; `finish` None: the stream ends without a reason."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        if not asked.get("stream"):
            return web.json_response(_completion("".join(pieces), finish))
        return await _streamed(request, [_event(piece) for piece in pieces] + _ending(finish), delay=delay)

    return behave


def counted(behaviour: Behaviour, sent: int, received: int) -> Behaviour:
    """Let a behaviour that answers in JSON, or `text` in a stream, report these tokens as its usage."""
    usage = {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        request[_USAGE] = usage
        answer = await behaviour(request, asked)
        if isinstance(answer, web.Response) and answer.text is not None:
            return web.json_response({**json.loads(answer.text), "usage": usage}, status=answer.status)
        return answer

    return behave


def events(*lines: str, then: str = "end") -> Behaviour:
    """Stream these lines as they are, and then act as `then` says.

    `then`: `end`, `hang`, `reset` the connection or send `comments` for ever.
    """

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        return await _streamed(request, lines, then=then)

    return behave


def stalls_after(*pieces: str) -> Behaviour:
    """Answer with some pieces, then fall silent on an open connection."""
    return events(*map(_event, pieces), then="hang")


def resets_after(*pieces: str) -> Behaviour:
    """Answer with some pieces, then break the connection off."""
    return events(*map(_event, pieces), then="reset")


def keeps_alive() -> Behaviour:
    """Send comments for ever, which look like life to a read timeout."""
    return events(then="comments")


def fails_within(error: Json, *pieces: str) -> Behaviour:
    """Answer with some pieces, then with an error object where a chunk should be."""
    return events(*map(_event, pieces), f"data: {json.dumps({'error': error})}\n\n")


def refusal(code: int, error_code: str | None = None, message: str = "no", retry_after: str = "") -> Behaviour:
    """Answer with an error status in OpenAI's form."""
    body = {"error": {"message": message, "type": error_code or "invalid_request_error", "code": error_code}}
    return status(code, body, {"Retry-After": retry_after} if retry_after else None)


def vectors(*embeddings: Sequence[float] | str | None, indexes: Sequence[int] | None = None) -> Behaviour:
    """Answer with these embeddings, whatever the request."""
    numbers = indexes if indexes is not None else range(len(embeddings))
    return json_answer(_embeddings([{"index": i, "embedding": e} for i, e in zip(numbers, embeddings, strict=True)]))


def embeds(dimensions: int = 8, *, longest: int | None = None, as_floats: bool = False) -> Behaviour:
    """Answer a request for embeddings well, or with a 400 where a text has over `longest` characters."""

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        if longest is not None and max(map(len, texts)) > longest:
            refuse = refusal(
                400, message="This model's maximum context length is 512 tokens, however you asked for more."
            )
            return await refuse(request, asked)
        made = [vector_of(each, dimensions) for each in texts]
        wire = [list(each) if as_floats else base64.b64encode(each.tobytes()).decode() for each in made]
        return web.json_response(_embeddings([{"index": i, "embedding": each} for i, each in enumerate(wire)]))

    return behave


def vector_of(content: str, dimensions: int) -> array[float]:
    """Return the vector with which `embeds` answers a text: of length two, and different for nearly every text."""
    seeds = [zlib.crc32(f"{number}:{content}".encode()) / 2**32 - 0.5 for number in range(dimensions)]
    length = sum(seed * seed for seed in seeds) ** 0.5 / 2
    return array("f", [seed / length for seed in seeds])


def _good(answer: str, dimensions: int) -> Behaviour:
    chat, embedding = text(*(f"{word} " for word in answer.split())), embeds(dimensions)

    async def behave(request: web.Request, asked: Json) -> web.StreamResponse:
        kinds = {"/v1/embeddings": embedding, "/v1/chat/completions": chat}
        kind = next(kind for path, kind in kinds.items() if request.path.endswith(path.removeprefix("/v1")))
        return await kind(request, asked)

    return behave


async def _streamed(
    request: web.Request, lines: Sequence[str], *, delay: float = 0.0, then: str = "end"
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for line in lines:
        if line == _DONE and _USAGE in request:
            await response.write(f"data: {json.dumps({'choices': [], 'usage': request[_USAGE]})}\n\n".encode())
        await response.write(line.encode())
        await asyncio.sleep(delay)
    while then == "comments":
        await response.write(b": keep-alive\n\n")
        await asyncio.sleep(0.01)
    if then == "hang":
        await asyncio.Event().wait()
    if then == "reset":
        drop(request)
    return response


def _event(piece: str, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": piece} if piece else {}, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'c', 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"


def _ending(finish: str | None) -> list[str]:
    return [_event("", finish), _DONE] if finish else []


def _completion(content: str, finish: str | None) -> Json:
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "served-model", "choices": [choice]}


def _embeddings(data: list[Json]) -> Json:
    return {"object": "list", "data": [{"object": "embedding"} | item for item in data], "model": "served-model"}
