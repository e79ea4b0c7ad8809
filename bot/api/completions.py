"""OpenAI's chat completions and models, so that any program that talks to a model can talk to footnote.

messages ─> the last of the user is the question, those before it are turns; instructions are left alone
model    ─> "footnote": all that the token sees; "footnote/NAME": that source
answer   ─> markdown with links, at once or in chunks; next to it, as `footnote`, the answer's own JSON
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.api.asking import begin, caller_of
from bot.api.bodies import ChatBody, ChatMessage, read_body
from bot.api.failures import RequestFailed, from_error, to_json
from bot.api.guard import CALLER
from bot.api.markdown import from_markdown, render_end, to_markdown
from bot.api.stream import EventStream, open_stream
from bot.documents import answer_to_document
from bot.markup.blocks import known_in
from bot.service.answers import AnswerService, CallerAnswer
from bot.service.caller import Caller, CallerQuestion
from core.domain import Answer, Delta, Event, Turn
from core.errors import FootnoteError, QuestionRefused
from core.sentences import Sentences

MODEL = "footnote"
DONE = "[DONE]"


class Completions:
    """Handlers of OpenAI's routes. `sentences`: the headings below an answer."""

    def __init__(self, answers: AnswerService, sentences: Sentences) -> None:
        self._answers = answers
        self._sentences = sentences

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer the last message of the user."""
        body = await read_body(request, ChatBody)
        caller = caller_of(request, body.user or "")
        asked = to_question(body.messages, await self._sources_of(caller, body.model))
        try:
            async with self._answers.answer(caller, asked) as answering:
                completion = Completion(answering, body.model, self._sentences)
                if body.stream:
                    has_usage = bool(body.stream_options and body.stream_options.include_usage)
                    return await completion.stream(request, has_usage=has_usage)
                return to_json(completion.to_document(await answering.finish()))
        except QuestionRefused as refused:
            raise RequestFailed(400, str(refused), code="question_refused", param="messages") from None

    async def list_models(self, request: web.Request) -> web.Response:
        """Return the models: all sources together, and each that the caller sees."""
        names = await self._models(request[CALLER])
        return to_json({"object": "list", "data": [_to_model(name, created) for name, created in names.items()]})

    async def get_model(self, request: web.Request) -> web.Response:
        """Return one model."""
        name = request.match_info["model"]
        names = await self._models(request[CALLER])
        if name not in names:
            raise _no_model(name)
        return to_json(_to_model(name, names[name]))

    async def _models(self, caller: Caller) -> Mapping[str, int]:
        """Return each model's name, and when its source was added, in seconds since 1970."""
        sources = await self._answers.list_sources(caller)
        added = {f"{MODEL}/{each.name}": round(each.added_at.timestamp()) if each.added_at else 0 for each in sources}
        return {MODEL: max(added.values(), default=0), **added}

    async def _sources_of(self, caller: Caller, model: str) -> tuple[str, ...]:
        """Return the sources that a model answers from; none: all. Raises `RequestFailed` for an unknown model."""
        if model == MODEL:
            return ()
        if model not in await self._models(caller):
            raise _no_model(model)
        return (model.removeprefix(f"{MODEL}/"),)


class Completion:
    """One answer in OpenAI's form."""

    def __init__(self, answering: CallerAnswer, model: str, sentences: Sentences) -> None:
        self._answering = answering
        self._sentences = sentences
        self._head = {"id": f"chatcmpl-{answering.key}", "created": round(time.time()), "model": model}
        self._shown: list[str] = []

    def to_document(self, answer: Answer) -> dict[str, object]:
        """Return a whole completion."""
        content = self._to_markdown(answer) + render_end(answer, self._sentences)
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = {**self._head, "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": _to_usage(answer), MODEL: self._to_answer(answer)}

    async def stream(self, request: web.Request, *, has_usage: bool) -> web.StreamResponse:
        """Send the answer in chunks, as it comes."""
        first = await begin(self._answering.events)
        async with open_stream(request) as stream:
            await stream.send(self._chunk({"role": "assistant", "content": ""}))
            try:
                await self._send(stream, first)
                async for event in self._answering.events:
                    await self._send(stream, event)
            except FootnoteError as error:
                await stream.send(from_error(error).document)
                return stream.response
            answer = self._answering.answer
            assert answer is not None, "the engine ends with an Answer"
            await stream.send(self._chunk({}, finish="stop") | {MODEL: self._to_answer(answer)})
            if has_usage:
                await stream.send(self._chunk(None) | {"usage": _to_usage(answer)})
            await stream.send_text(DONE)
        return stream.response

    async def _send(self, stream: EventStream, event: Event) -> None:
        match event:
            case Delta():
                known = known_in(event.text, self._answering.hits)
                self._shown.append(event.text)
                await self._send_text(stream, to_markdown(event.text, event.citations, known))
            case Answer():
                await self._send_text(stream, self._override(event) + render_end(event, self._sentences))
            case _:
                pass

    async def _send_text(self, stream: EventStream, text: str) -> None:
        if text:
            await stream.send(self._chunk({"content": text}))

    def _override(self, answer: Answer) -> str:
        """Return the text of an answer that is not what was shown: a refusal, or a draft that did not pass."""
        if answer.text == "".join(self._shown):
            return ""
        return ("\n\n" if self._shown else "") + self._to_markdown(answer)

    def _to_markdown(self, answer: Answer) -> str:
        return to_markdown(answer.text, answer.citations, known_in(answer.text, self._answering.hits))

    def _to_answer(self, answer: Answer) -> dict[str, object]:
        return {"id": self._answering.key, **answer_to_document(answer)}

    def _chunk(self, delta: Mapping[str, object] | None, *, finish: str | None = None) -> dict[str, object]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._head, "object": "chat.completion.chunk", "choices": [] if delta is None else [choice]}


def to_question(messages: Sequence[ChatMessage], sources: tuple[str, ...]) -> CallerQuestion:
    """Return what a conversation asks last, with its turns. Raises `RequestFailed` where no user says anything."""
    turns: list[tuple[str, list[str]]] = []
    for message in messages:
        if message.role == "user" and message.text.strip():
            turns.append((message.text, []))
        elif message.role == "assistant" and turns:
            turns[-1][1].append(from_markdown(message.text))
    if not turns:
        sentence = "`messages` holds no message of the user with text."
        raise RequestFailed(400, sentence, code="invalid_field", param="messages")
    *before, (question, _) = turns
    previous = tuple(Turn(text, "\n".join(answers).strip()) for text, answers in before)
    return CallerQuestion(question, previous, sources)


def _to_usage(answer: Answer) -> dict[str, Any]:
    sent, received = (answer.usage.sent, answer.usage.received) if answer.usage else (0, 0)
    return {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}


def _to_model(name: str, created: int) -> dict[str, object]:
    return {"id": name, "object": "model", "created": created, "owned_by": MODEL}


def _no_model(name: str) -> RequestFailed:
    shown = name[:100].encode("utf-8", "replace").decode()
    sentence = f"There is no model named {shown}: GET /v1/models lists them."
    return RequestFailed(404, sentence, code="model_not_found", param="model")
