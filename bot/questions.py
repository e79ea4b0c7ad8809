"""From a row of the inbox to what the engine is asked, and from its events to what is kept of them.

Asked + its thread's turns + its channel's settings ──> Question
Evidence ──> Found*          for "Why this answer?"
"""

from __future__ import annotations

from bot.face import Face
from core.chat import Channels, places
from core.domain import Answer, Evidence, Question, Turn
from core.errors import QuestionRefused
from core.inbox import Asked, Found, Inbox, Reply, Way
from core.prompt import too_long

TURNS = 5
"""Earlier questions of a thread that a follow-up may lean on."""


async def composed(asked: Asked, inbox: Inbox, channels: Channels, face: Face) -> Question:
    """What the engine is asked. Raises `QuestionRefused` and `StoreError`."""
    if len(asked.text) > face.question_characters:
        raise QuestionRefused(too_long(len(asked.text), face.question_characters))
    settings = await channels.get(asked.platform, asked.tenant, asked.channel)
    return Question(
        asked.text,
        turns=await _turns(asked, inbox, face),
        sources=settings.sources,
        audience=places(asked.platform, asked.tenant, asked.channel),
        tone=settings.tone,
        language=settings.language,
    )


async def _turns(asked: Asked, inbox: Inbox, face: Face) -> tuple[Turn, ...]:
    """What was asked and answered in the thread; where nothing was, what people said there."""
    if asked.way not in (Way.THREAD, Way.DIRECT):
        return ()
    turns = await inbox.turns(asked, TURNS)
    if turns:
        return turns
    said = await face.context(asked)
    return (Turn(said, ""),) if said else ()


def evidence_of(evidence: Evidence) -> tuple[Found, ...]:
    """What is kept of the passages an answer rests on."""
    return tuple(
        Found(
            hit.passage.link,
            hit.passage.path,
            hit.source,
            place,
            vector_rank=hit.vector_rank,
            lexical_rank=hit.lexical_rank,
            similarity=hit.similarity,
        )
        for place, hit in enumerate(evidence.hits, 1)
    )


def plain(sentence: str) -> Reply:
    """A reply that is no answer."""
    return Reply(Answer(sentence))
