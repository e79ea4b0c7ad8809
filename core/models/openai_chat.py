"""One chat model behind one server: what is sent, what the server turned out not to take, and what comes back.

    messages ──body──> POST /chat/completions ──400, names a parameter──> once more without it, and from then on
                                              ──400, refuses to stream──> once more in one piece
                                              ──400, no system role─────> once more, the rules with the question
             <──text, DraftRestarted, Usage── chunks, or a whole answer

What is sent with model and messages: `temperature`, `reasoning_effort`, a bound and `stream_options`, where they are
set, and the operator's own `extra_body`, which is never left out. What was learnt is kept as long as the client. A
stream counts as finished with a `finish_reason` or `[DONE]`. Deadlines are set here, because keep-alive comments defeat
the SDK's (measured). Knows no prompt and no passage.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx2  # the SDK's own transport: it lets its errors through where a body is read by hand
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from core.answer.prompt import Message
from core.models.openai_choices import StreamChoice, Usage, check_end, read_choice, read_usage
from core.models.openai_client import EndedStream, ModelServer, Patience, build_timeouts, call_with_retries, make_client
from core.models.openai_context import ask_context
from core.models.openai_errors import Role, find_refused, is_too_long, refuses_streaming, refuses_system_role
from core.models.openai_reasoning import ReasoningFilter, strip_reasoning
from core.models.openai_tally import CallTally, tally_call
from core.models.sendable import to_sendable
from core.ports import DraftRestarted

ChatPiece: TypeAlias = str | DraftRestarted | Usage
"""What an answer is made of as it comes; usage at its end, where the server reports it."""

BOUNDS = ("max_completion_tokens", "max_tokens")
"""Names of the bound: OpenAI's, and the older one, which some servers know alone."""

_PATH = "/chat/completions"
_SMALLEST_BOUND = 700
"""The bound where prompt and bound together are more than a server reads: as many as prompts leave free for answers."""

_GRACE_SECONDS = 1.0
"""How long figures of usage, or more text, are waited for once a server has named the end of its answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """What is asked of a model next to the messages; None, 0 and empty: the server's own.

    `most_tokens` bounds what it writes, thoughts included.
    """

    temperature: float | None = None
    effort: str = ""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    most_tokens: int = 0

    def build_body(self, bounds: Sequence[str] = (), most_tokens: int = 0) -> dict[str, Any]:
        """Return the parameters that a server may refuse, but those that `extra_body` sets.

        `bounds`: the server's names for `most_tokens`.
        """
        body: dict[str, Any] = {}
        if most_tokens and not any(name in self.extra_body for name in BOUNDS):
            body |= dict.fromkeys(bounds, most_tokens)
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.effort:
            body["reasoning_effort"] = self.effort
        return {name: value for name, value in body.items() if name not in self.extra_body}


@dataclass(slots=True)
class _Learnt:
    """What a server turned out not to take, and what its model turned out to do."""

    refused: set[str] = field(default_factory=set)
    streams: bool = True
    has_system_role: bool = True
    opens_thoughts: bool = False
    most_tokens: int = 0


class ChatModel:
    """A chat model. `silence_seconds`: the longest time without a byte from a server that streams."""

    def __init__(
        self,
        server: ModelServer,
        model: str,
        role: Role,
        options: ChatOptions,
        patience: Patience,
        *,
        silence_seconds: float,
    ) -> None:
        self.model = model
        self.role = role
        self._options = options
        self._patience = patience
        self._silence = silence_seconds
        self._learnt = _Learnt(most_tokens=options.most_tokens)
        self._bounds = BOUNDS[:1] if _is_openai(server) else BOUNDS
        self._client = make_client(server, read_seconds=silence_seconds, model=model)

    async def stream(
        self, messages: Sequence[Message], deadline: float, known: str = ""
    ) -> AsyncGenerator[ChatPiece, None]:
        """Yield an answer as it comes, until `deadline` (the loop's time) at most.

        Raises the SDK's errors, `ModelError`, `TimeoutError`.

        `known` is documentation that was sent: a control token in it is none in the answer. Closing the iterator closes
        the connection, and the model stops.
        """
        with tally_call(self.model, messages) as tally:
            async with aclosing(self._pieces(messages, deadline, known, tally)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _pieces(
        self, messages: Sequence[Message], deadline: float, known: str, tally: CallTally
    ) -> AsyncGenerator[ChatPiece, None]:
        thoughts = ReasoningFilter(known, opened=self._learnt.opens_thoughts)
        written, refusal, end = False, "", StreamChoice()
        stream = await self._open(messages, deadline)
        tally.taken = True
        chunks = _chunks(stream, deadline) if isinstance(stream, EndedStream) else _whole(stream)
        try:
            async for choice, usage in chunks:
                tally.written += choice.text
                tally.usage = usage or tally.usage
                refusal += choice.refusal
                end = choice if choice.finish else end
                for piece in thoughts.feed(choice.text):
                    written = isinstance(piece, str) and (written or bool(piece.strip()))
                    yield piece
                if usage is not None:
                    yield usage
            for piece in thoughts.finish():
                written = written or bool(isinstance(piece, str) and piece.strip())
                yield piece
        finally:
            await chunks.aclose()
            self._learnt.opens_thoughts = self._learnt.opens_thoughts or thoughts.opened_by_template
        check_end(StreamChoice(finish=end.finish, refusal=refusal if not written else ""), self.role, written=written)

    async def complete(self, messages: Sequence[Message], seconds: float, **more: Any) -> tuple[str, Usage | None]:
        """Return a whole answer, within `seconds`, and its usage. `more` goes into the request.

        Raises the SDK's errors, `ModelError`, `TimeoutError`.
        """
        with tally_call(self.model, messages) as tally:
            async with asyncio.timeout(seconds):
                completion = await self._adapted(messages, lambda body: self._post(body, seconds), more)
            choice = read_choice(completion, "message")
            tally.taken, tally.written, tally.usage = True, choice.text, read_usage(completion)
        text = strip_reasoning(choice.text)
        ended = StreamChoice(finish=choice.finish or "stop", refusal=choice.refusal if not text.strip() else "")
        check_end(ended, self.role, written=bool(text.strip()))
        return text, tally.usage

    async def find_context(self) -> int | None:
        """Return the tokens that the server reads; None where it does not say. Raises nothing."""
        return await ask_context(self._client, self.model)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator should know of the server's habits, as they have shown so far."""
        learnt = self._learnt
        remarks = [f"refuses {name}, which is left out" for name in sorted(learnt.refused)]
        remarks += [] if learnt.streams else ["refuses to stream, so answers come in one piece"]
        remarks += [] if learnt.has_system_role else ["takes no system message, so the rules go with the question"]
        remarks += [
            "thinks aloud from its first word on, so answers are held until it has done"
        ] * learnt.opens_thoughts
        return tuple(remarks)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _open(self, messages: Sequence[Message], deadline: float) -> object:
        """Return a stream, or a whole completion where the server does not stream."""
        seconds = max(1.0, deadline - asyncio.get_running_loop().time())

        async def ask(body: dict[str, Any]) -> object:
            return await self._post_streaming(body) if self._learnt.streams else await self._post(body, seconds)

        async with asyncio.timeout_at(deadline):
            opened = await self._adapted(messages, ask, {"stream_options": {"include_usage": True}})
            if isinstance(opened, EndedStream) and _is_json(opened):  # asked to stream, it sent all at once
                return await _read_json(opened)
            return opened

    async def _adapted(self, messages: Sequence[Message], ask: Any, more: Mapping[str, Any]) -> object:
        """Ask, and ask again without what the server names as refused: each thing once, and never again after that."""
        while True:
            offered = {**self._options.build_body(self._bound_names(), self._learnt.most_tokens), **more}
            if not self._learnt.streams:
                offered.pop("stream_options", None)
            offered = {name: value for name, value in offered.items() if name not in self._learnt.refused}
            body = {"model": self.model, "messages": self._wire(messages), **offered, **self._options.extra_body}
            try:
                return await call_with_retries(self._patience, lambda body=body: ask(body))  # type: ignore[misc]
            except openai.APIStatusError as error:
                if not self._learn(error, frozenset(offered)):
                    raise

    def _learn(self, error: openai.APIStatusError, sent: frozenset[str]) -> bool:
        """Return whether a request without what this error names may succeed, and remember to leave it out."""
        refused = find_refused(error, sent)
        if refused is not None:
            self._learnt.refused.add(refused)
            _log.info("The server of %s refuses %s: it is asked without it from now on.", self.model, refused)
        elif self._learnt.streams and refuses_streaming(error):
            self._learnt.streams = False
            _log.info("The server of %s refuses to stream: its answers come in one piece from now on.", self.model)
        elif self._learnt.has_system_role and refuses_system_role(error):
            self._learnt.has_system_role = False
        elif self._learnt.most_tokens > _SMALLEST_BOUND and is_too_long(error):
            self._learnt.most_tokens = _SMALLEST_BOUND
        else:
            return False
        return True

    def _bound_names(self) -> Sequence[str]:
        """Return the names by which the server takes a bound, as far as known; the older one where it refused all."""
        return [name for name in self._bounds if name not in self._learnt.refused] or BOUNDS[1:]

    def _wire(self, messages: Iterable[Message]) -> list[dict[str, str]]:
        wire = [{"role": message["role"], "content": to_sendable(message["content"])} for message in messages]
        if not self._learnt.has_system_role and len(wire) > 1 and wire[0]["role"] == "system":
            rules = wire.pop(0)["content"]
            wire[0] = {"role": wire[0]["role"], "content": f"{rules}\n\n{wire[0]['content']}"}
        return wire

    async def _post_streaming(self, body: dict[str, Any]) -> EndedStream:
        stream: EndedStream = await self._client.post(
            _PATH, cast_to=ChatCompletion, body={**body, "stream": True}, stream=True, stream_cls=EndedStream
        )
        return stream

    async def _post(self, body: dict[str, Any], seconds: float) -> ChatCompletion:
        return await self._client.post(
            _PATH, cast_to=ChatCompletion, body=body, options={"timeout": build_timeouts(seconds)}
        )


async def _chunks(stream: EndedStream, deadline: float) -> AsyncGenerator[tuple[StreamChoice, Usage | None], None]:
    """Yield what each chunk of a stream holds; the end of one that stops after `[DONE]` is a stop.

    What follows a `finish_reason` is waited for a moment only: usage, or more text from a server that names a reason in
    every chunk. A server that was cut off, rather than done, has named none.
    """
    ended = False
    async with stream:
        while True:
            chunk = await _next(stream, deadline, grace=ended)
            if chunk is None:
                break
            choice, usage = read_choice(chunk, "delta"), read_usage(chunk)
            ended = ended or choice.finish is not None
            yield choice, usage
            if ended and usage is not None and not choice.text:
                break
        if stream.done and not ended:
            yield StreamChoice(finish="stop"), None


async def _next(stream: EndedStream, deadline: float, *, grace: bool) -> ChatCompletionChunk | None:
    """Return the next chunk; None at the end.

    Each wait is timed alone: a timer around a `yield` would hit the consumer.
    """
    if not grace:
        async with asyncio.timeout_at(deadline):
            return await anext(stream, None)
    with suppress(TimeoutError, openai.APIError, ValueError):
        async with asyncio.timeout_at(min(deadline, asyncio.get_running_loop().time() + _GRACE_SECONDS)):
            return await anext(stream, None)
    return None


async def _whole(completion: object) -> AsyncGenerator[tuple[StreamChoice, Usage | None], None]:
    """Yield what a whole completion holds."""
    yield read_choice(completion, "message"), read_usage(completion)


def _is_json(stream: EndedStream) -> bool:
    return str(stream.response.headers.get("content-type", "")).startswith("application/json")


async def _read_json(stream: EndedStream) -> object:
    """Return the whole completion that came in place of a stream. Raises `ValueError` where it is none."""
    async with stream:
        try:
            return json.loads(await stream.response.aread())
        except httpx2.DecodingError as error:
            raise ValueError("the body cannot be decoded") from error


def _is_openai(server: ModelServer) -> bool:
    """Return whether OpenAI or Azure serves it: both names of a bound at once are refused there."""
    host = urlsplit(server.base_url).hostname or ""
    return not server.base_url or bool(server.api_version) or host.endswith((".openai.com", ".azure.com"))
