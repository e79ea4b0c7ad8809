"""The routes of footnote itself: ask, search, feedback, sources.

POST /v1/ask   Accept: application/json      {"id": ..., "answer": ..., "citations": [...], ...}
               Accept: text/event-stream     question, evidence, delta ..., answer; or error
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import assert_never

from aiohttp import web

from bot.api.bodies import AskBody, FeedbackBody, SearchBody, read_body
from bot.api.failures import BUG, FAILED, RequestFailed, from_error, to_json
from bot.api.guard import CALLER
from bot.api.stream import EventStream, open_stream
from bot.documents import answer_to_document, citation_to_document, hit_to_document
from bot.phrases import CHOICES
from bot.service.answers import AnswerService, CallerAnswer
from bot.service.caller import Caller, CallerQuestion
from core.domain import Answer, Delta, Event, Evidence, Hit, Source
from core.errors import FootnoteError
from core.inbox.port import Thumb

EVENTS = "text/event-stream"
_log = logging.getLogger(__name__)


class Asking:
    """Handlers of the routes. Each raises `RequestFailed` or `FootnoteError`, which `RequestGuard` answers."""

    def __init__(self, answers: AnswerService) -> None:
        self._answers = answers

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Answer a question: whole, or as it comes if the caller takes server-sent events."""
        body = await read_body(request, AskBody)
        asked = CallerQuestion(body.question, body.turns, tuple(body.sources), body.edition)
        async with self._answers.answer(caller_of(request, body.user), asked) as answering:
            if EVENTS in request.headers.get("Accept", ""):
                return await stream_answer(request, answering)
            answer = await answering.finish()
            return to_json({"id": answering.key, **answer_to_document(answer)})

    async def search(self, request: web.Request) -> web.Response:
        """Return the best passages, any number of them from one page."""
        body = await read_body(request, SearchBody)
        caller = caller_of(request, body.user)
        hits = await self._answers.search(caller, body.query, body.limit, tuple(body.sources), body.edition)
        return to_json({"hits": [hit_to_document(rank, hit) for rank, hit in enumerate(hits, 1)]})

    async def give_feedback(self, request: web.Request) -> web.Response:
        """Store what somebody thinks of an answer."""
        body = await read_body(request, FeedbackBody)
        named = {*body.reasons, body.reason}
        reasons = tuple(choice for choice in CHOICES if choice in named)
        caller = caller_of(request, body.user)
        if not await self._answers.give_feedback(caller, body.id, Thumb(body.thumb), reasons, body.comment.strip()):
            raise RequestFailed(404, "Your token asked no question with this id.", code="answer_not_found", param="id")
        return to_json({"stored": True})

    async def list_sources(self, request: web.Request) -> web.Response:
        """Return the sources that the caller may see."""
        return to_json({"sources": [to_document(each) for each in await self._answers.list_sources(request[CALLER])]})


def caller_of(request: web.Request, user: str) -> Caller:
    """Return who calls, with the user that the body names."""
    return replace(request[CALLER], user=user.strip())


def to_document(source: Source) -> dict[str, object]:
    """Return the JSON shape of a source: nothing that only operators should know."""
    return {
        "name": source.name,
        "url": source.served_at if source.served_at and not source.on_disk else source.root_url,
        "licence": source.licence,
        "language": source.language,
        "pages": source.pages,
        "passages": source.passages,
        "crawled_at": source.last_crawl.isoformat() if source.last_crawl else None,
    }


async def begin(events: AsyncGenerator[Event, None]) -> Event:
    """Return the first event: what is refused fails before a stream begins, with a status of its own."""
    first = await anext(events, None)
    assert first is not None, "the engine ends with an Answer"
    return first


async def stream_answer(request: web.Request, answering: CallerAnswer) -> web.StreamResponse:
    """Send the engine's events as they come. What fails on the way is the last event."""
    first = await begin(answering.events)
    async with open_stream(request) as stream:
        await stream.send({"id": answering.key}, "question")
        try:
            await send_event(stream, answering.key, first)
            async for event in answering.events:
                await send_event(stream, answering.key, event)
        except FootnoteError as error:
            await stream.send(from_error(error).document, "error")
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - a bug of ours is logged, and its reader gets a sentence
            _log.exception("A stream failed")
            await stream.send(RequestFailed(500, BUG, code="internal_error", kind=FAILED).document, "error")
    return stream.response


async def send_event(stream: EventStream, key: str, event: Event) -> None:
    """Send one event of the engine."""
    match event:
        case Evidence(hits):
            await stream.send({"passages": [_to_passage(hit) for hit in hits]}, "evidence")
        case Delta(text, citations):
            await stream.send({"text": text, "citations": [citation_to_document(each) for each in citations]}, "delta")
        case Answer():
            await stream.send({"id": key, **answer_to_document(event)}, "answer")
        case _:
            assert_never(event)


def _to_passage(hit: Hit) -> dict[str, object]:
    return {
        "url": hit.passage.link,
        "path": list(hit.passage.path),
        "title": hit.passage.title,
        "source": hit.source,
        "version": hit.edition.version,
        "language": hit.edition.language,
    }
