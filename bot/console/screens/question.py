"""One question: all that is stored of it, the passages as they are now, and the answer that it would get today."""

from __future__ import annotations

from aiohttp import web

from bot.console.answers import show_answer
from bot.console.asking import ask_again
from bot.console.request import ConsoleRequest
from bot.platforms import find_link
from core.errors import FootnoteError
from core.history.port import QuestionDetail
from core.inbox.port import Reply

LONGEST_LINK = 2_000


async def show(request: ConsoleRequest) -> web.StreamResponse:
    """Show a question."""
    detail = await _find(request)
    return _page(request, detail) if detail else _not_found(request)


async def ask(request: ConsoleRequest) -> web.StreamResponse:
    """Show a question with the answer that it gets now next to the old one."""
    detail = await _find(request)
    if detail is None or detail.asked is None:
        return _not_found(request)
    try:
        return _page(request, detail, await ask_again(request.console.footnote, detail.asked, request.viewer))
    except FootnoteError as error:
        return _page(request, detail, problem=str(error))


async def show_passage(request: ConsoleRequest) -> web.StreamResponse:
    """Show the stored passages of a section."""
    source, url = request.query("source"), request.query("url")[:LONGEST_LINK]
    passages = await request.console.footnote.history.get_section(source, url, request.viewer)
    if not passages:
        return request.render("missing.html", status=404, title="No such passage")
    return request.render("passage.html", title="Passage", source=source, passages=passages, url=url)


async def _find(request: ConsoleRequest) -> QuestionDetail | None:
    number = int(request.http.match_info["number"])
    return await request.console.footnote.history.get_question(number, request.viewer)


def _page(
    request: ConsoleRequest, detail: QuestionDetail, again: Reply | None = None, problem: str = ""
) -> web.Response:
    reply = detail.record.reply
    return request.render(
        "question.html",
        title=f"Question {detail.record.id}",
        detail=detail,
        record=detail.record,
        reply=reply,
        answer=show_answer(reply.answer, reply.known, reply.found) if reply else None,
        again=again,
        new=show_answer(again.answer, again.known, again.found) if again else None,
        problem=problem,
        link=find_link(detail.asked) if detail.asked else "",
    )


def _not_found(request: ConsoleRequest) -> web.Response:
    """Answer 404: a question that the viewer does not see looks like one that is not there."""
    return request.render("missing.html", status=404, title="No such question")
