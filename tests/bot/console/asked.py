"""Questions in the database of a console, answered by the engine itself, and one in which every field is hostile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.console.context import ConsoleContext
from bot.markup.blocks import known_in
from bot.questions import audience_of, to_used_passages
from core.domain import Answer, CheckedUnit, Citation, Evidence, Hit, Question, UnitVerdict
from core.inbox.platforms import SlackDetails
from core.inbox.port import (
    Feedback,
    IntakeLimits,
    NewQuestion,
    Platform,
    QuestionState,
    Reply,
    Thumb,
    UsedPassage,
    Visibility,
)

OWNER = "5f1f4d6e-0000-4000-8000-000000000001"
HOSTILE = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1>{{7654*7}}${7654*7}javascript:alert(1)"
"""What nobody may run: it stands in each field that people or pages write."""


def new_question(number: int, text: str, visibility: Visibility = Visibility.THREAD, **more: Any) -> NewQuestion:
    """Return a question in channel C1 of workspace T1."""
    ts = f"17{number:08d}.000100"
    made = NewQuestion(
        Platform.SLACK, "T1", f"C1:{ts}", f"C1:{ts}", "C1", ts, "UASKER", visibility, text, SlackDetails(ts=ts)
    )
    return replace(made, **more)


async def store_answer(console: ConsoleContext, asked: NewQuestion, reply: Reply | None = None) -> int:
    """Store a question with its reply; None: what the engine answers. -> its number."""
    inbox = console.inbox
    received = await inbox.receive(asked, IntakeLimits(0, 0), 0.1)
    assert received is not None
    (claimed,) = await inbox.claim(OWNER, asked.platform, None, 1)
    if reply is None:
        hits, answer = tuple[Hit, ...](), Answer("")
        async for event in console.footnote.engine.ask(Question(asked.text, audience=audience_of(claimed))):
            if isinstance(event, Evidence):
                hits = event.hits
            elif isinstance(event, Answer):
                answer = event
        reply = Reply(answer, to_used_passages(hits), tuple(sorted(known_in(answer.text, hits))))
    saved = await inbox.save(OWNER, claimed, reply)
    await inbox.finish(OWNER, saved, ["m1"], QuestionState.DONE)
    return received.id


async def judge(console: ConsoleContext, asked: NewQuestion, number: int, comment: str = "It lacks a step.") -> None:
    """Give a question's answer a thumb down."""
    feedback = Feedback("UCRITIC", Thumb.DOWN, ("incomplete",), comment)
    assert await console.inbox.give_feedback(asked.platform, asked.tenant, number, feedback)


async def store_hostile(console: ConsoleContext) -> int:
    """Store a question whose every field is hostile. -> its number."""
    citation = Citation(1, f"https://bad.example/{HOSTILE}", (HOSTILE,), HOSTILE, HOSTILE, "javascript:alert(1)")
    shown = CheckedUnit(HOSTILE, UnitVerdict.SHOWN, HOSTILE, HOSTILE, (HOSTILE,), (1, 9))
    dropped = CheckedUnit(HOSTILE, UnitVerdict.DROPPED, HOSTILE)
    answer = Answer(
        f"{HOSTILE} [1]\n\n```{HOSTILE}\n{HOSTILE}\n```\n\n[click](javascript:alert(1)) <b>bold</b>",
        (citation,),
        suggestions=(citation,),
        dropped=1,
        model=HOSTILE,
        timings_ms={HOSTILE: 1.0},
        units=(shown, dropped),
        not_covered=(HOSTILE,),
    )
    asked = new_question(
        90,
        HOSTILE,
        channel=HOSTILE,
        asker=HOSTILE,
        details=SlackDetails(ts=HOSTILE, by=HOSTILE),
        thread=HOSTILE,
    )
    number = await store_answer(console, asked, Reply(answer, (UsedPassage(HOSTILE, (HOSTILE,), HOSTILE, 1),)))
    feedback = Feedback(HOSTILE, Thumb.DOWN, (HOSTILE,), HOSTILE)
    assert await console.inbox.give_feedback(asked.platform, asked.tenant, number, feedback)
    return number
