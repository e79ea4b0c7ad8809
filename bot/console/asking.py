"""Asks a stored question once more, as it would be answered today: through the engine, from where it was asked.

A viewer may belong to fewer places than the question: the answer is read from sources that both may see. It is
shown and not stored; its tokens are counted as spent by the viewer.
"""

from __future__ import annotations

from contextlib import aclosing

from bot.markup.blocks import known_in
from bot.questions import TURNS, audience_of, to_used_passages
from core.domain import OPERATOR, Answer, Asker, Evidence, Hit, Question
from core.errors import QuestionRefused
from core.inbox.channels import may_see
from core.inbox.port import Reply, StoredQuestion, Visibility
from core.inbox.viewer import Viewer
from core.sentences import sentences_in
from core.wiring import Footnote


async def ask_again(footnote: Footnote, asked: StoredQuestion, viewer: Viewer) -> Reply:
    """Return the answer that a question gets now. Raises `QuestionRefused` and `StoreError`."""
    question = await _build_question(footnote, asked, viewer)
    answer, hits = Answer(""), tuple[Hit, ...]()
    async with aclosing(footnote.engine.ask(question)) as events:
        async for event in events:
            match event:
                case Evidence():
                    hits = event.hits
                case Answer():
                    answer = event
                case _:
                    pass
    return Reply(answer, to_used_passages(hits), tuple(sorted(known_in(answer.text, hits))))


async def _build_question(footnote: Footnote, asked: StoredQuestion, viewer: Viewer) -> Question:
    settings = await footnote.channels.get(asked.platform, asked.tenant, asked.channel)
    in_thread = asked.visibility in (Visibility.THREAD, Visibility.DIRECT)
    turns = await footnote.history.get_turns(asked.id, TURNS) if in_thread else ()
    language = settings.language or footnote.settings.answer_language
    return Question(
        asked.text,
        turns=turns,
        sources=await _choose_sources(footnote, asked, viewer, settings.sources, language),
        audience=audience_of(asked),
        tone=settings.tone,
        language=settings.language,
        asker=_asker_of(viewer),
    )


def _asker_of(viewer: Viewer) -> Asker:
    """Return for whom the call is counted: who looks, and not who asked."""
    return OPERATOR if viewer.is_machine else Asker(viewer.platform, viewer.tenant, viewer.user, viewer.channel)


async def _choose_sources(
    footnote: Footnote, asked: StoredQuestion, viewer: Viewer, of_channel: tuple[str, ...], language: str
) -> tuple[str, ...]:
    """Return the names to search; empty: all that the place of the question sees, and the viewer as well."""
    named = asked.details.sources or of_channel
    there = [each for each in await footnote.catalog.list() if may_see(each.visible_to, audience_of(asked))]
    seen = {each.name for each in there if may_see(each.visible_to, viewer.audience)}
    if not named and len(seen) == len(there):
        return ()
    names = tuple(name for name in named or sorted(seen) if name in seen)
    if not names:
        raise QuestionRefused(sentences_in(language).sources_gone)
    return names
