"""Checks whether a chat model can do what a question asks of it: read a whole prompt in time, and cite what it read.

    eight passages, a made-up fact in the first and in the last ──> first word after n s, facts, marks, usage

A small question would pass where a real one fails: a context that is too small, a server that cuts a prompt, a machine
that reads too slowly, a server that refuses to stream. The facts are made up, so no model knows them by itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import cycle, islice

from core.domain import Hit, Passage, Question, TokenUsage
from core.errors import ConfigurationError, FootnoteError, ModelError, ModelRefused
from core.health_check import Check, Health
from core.ports import DraftRestarted, HasRemarks, PromptSent, Reader, Reading

FIRST, LAST = "The Zorvane port is 48213.", "The Quillet timeout is 7391 seconds."
QUESTION = "Which port is the Zorvane port, and how long is the Quillet timeout?"
JUDGED = "What is the Zorvane port?"
_FACTS = ("48213", "7391")
_PASSAGES, _LETTERS, _RULES_TOKENS, _LETTERS_PER_TOKEN = 8, 1_300, 1_100, 3
_FILLER = (
    "Each worker keeps its own connection, and gives it back when the job is over.",
    "The file is read once at the start; a change is noticed with the next restart.",
    "Lines that begin with a number sign are remarks, and empty lines are skipped.",
    "A job that fails is put back with a longer pause, up to the limit of its queue.",
    "The report names each page that was left out, with the reason in one word.",
    "Two processes may share a folder, as long as only one of them writes to it.",
)


@dataclass(slots=True)
class _Probe:
    """What came of one question."""

    text: str = ""
    first: float | None = None
    passages: int = _PASSAGES
    restarted: bool = False
    usage: TokenUsage | None = field(default=None)


def build_reading(prompt_tokens: int) -> Reading:
    """Return a question with passages that fill a prompt: as long as those of pages, or shorter for a small budget."""
    room = max(0, prompt_tokens - _RULES_TOKENS) * _LETTERS_PER_TOKEN // _PASSAGES
    letters = max(120, min(_LETTERS, room))
    hits = []
    for number in range(_PASSAGES):
        filler = " ".join(islice(cycle(_FILLER[number % len(_FILLER) :] + _FILLER[: number % len(_FILLER)]), 20))
        text = filler[:letters].rpartition(".")[0] + "."
        text = f"{FIRST} {text}" if number == 0 else f"{text} {LAST}" if number == _PASSAGES - 1 else text
        path = ("Handbook", f"Chapter {number + 1}")
        hits.append(Hit(Passage(f"https://doctor.invalid/{number + 1}", "", path, text, "Handbook"), "doctor", 1.0))
    return Reading(Question(QUESTION), tuple(hits))


async def check_reader(
    reader: Reader, prompt_tokens: int, silence: float, *, judges: bool = False
) -> AsyncIterator[Check]:
    """Ask a made-up question, and yield how it went. `silence`: the seconds that may pass before the first word.

    `judges`: the model sees quotes alone, and says whether they answer.
    """
    probe, began = _Probe(), time.perf_counter()
    try:
        reading = build_reading(prompt_tokens)
        if judges:
            reading = replace(reading, question=Question(JUDGED))
        async with aclosing(_pieces(reader, reading)) as pieces:
            async for piece in pieces:
                _notice(probe, piece, time.perf_counter() - began)
    except ModelError as error:
        failed = build_failure("reader", reader.model, error)
        yield replace(failed, says=f"{failed.says}{_advise(error)}")
        return
    yield _judge_time(reader.model, probe, silence)
    doubts = _doubts_of_judge(probe) if judges else _doubts(probe, prompt_tokens)
    for sentence in doubts:
        yield Check("reader", Health.NOTE, f"{reader.model} {sentence}")
    if not doubts:
        said = f"used the first and the last of {probe.passages} passages, cited them, and its server counts tokens"
        said = "accepted a quote that answers" if judges else said
        yield Check("reader", Health.OK, f"{reader.model} {said}")
    for remark in reader.remarks if isinstance(reader, HasRemarks) else ():
        yield Check("reader", Health.NOTE, f"{reader.model}: its server {remark}")


def build_failure(subject: str, model: str, error: FootnoteError) -> Check:
    """Return the check of a model that failed. What its server refuses (a key, a name) is mended in the settings."""
    says = f"{model}: {error}{server_words_of(error)}"
    return Check(subject, Health.FAIL, says, configuration=isinstance(error, ConfigurationError | ModelRefused))


def server_words_of(error: FootnoteError) -> str:
    """Return what the server said in refusing, as the end of a sentence; empty where it said nothing."""
    details = error.details if isinstance(error, ModelError) else ""
    return f" The server said: {details}" if details else ""


async def _pieces(reader: Reader, reading: Reading) -> AsyncGenerator[object, None]:
    async for piece in reader.read(reading):
        yield piece


def _notice(probe: _Probe, piece: object, seconds: float) -> None:
    match piece:
        case str():
            probe.first = seconds if probe.first is None and piece.strip() else probe.first
            probe.text += piece
        case PromptSent(passages):
            probe.passages = passages
        case DraftRestarted():
            probe.text, probe.restarted = "", True
        case TokenUsage():
            probe.usage = piece
        case _:
            pass


def _judge_time(model: str, probe: _Probe, silence: float) -> Check:
    first = probe.first or 0.0
    usage = probe.usage
    counted = f" for {usage.sent:,} tokens" if usage is not None and not usage.estimated else ""
    says = f"{model} wrote its first word after {first:.1f} s{counted}, of {silence:.0f} s that it may be silent"
    if first > silence / 2:
        return Check("reader", Health.NOTE, f"{says}: a busier machine will miss that, so set SILENCE_SECONDS higher")
    return Check("reader", Health.OK, says)


def _doubts(probe: _Probe, prompt_tokens: int) -> Sequence[str]:
    """Return what will make answers worse, each the end of a sentence about the model."""
    doubts = []
    has_first, has_last = (fact in probe.text.replace(",", "") for fact in _FACTS)
    if probe.passages < _PASSAGES:
        doubts.append(
            f"was sent {probe.passages} of {_PASSAGES} passages, for more do not fit: a larger context of its server, "
            f"or a PROMPT_TOKENS above {prompt_tokens}, would help"
        )
    if not has_first:
        doubts.append(
            "did not see the first passage, or did not use it: if its server cuts prompts, set a smaller PROMPT_TOKENS "
            "or a larger context there"
        )
    if not has_last and probe.passages == _PASSAGES:
        doubts.append("did not see the last passage, or did not use it: it may be too small a model for long prompts")
    if not re.search(r"\[\d", probe.text):
        doubts.append(
            "puts no marks behind its sentences: it is a small model, and CHAT_ROLE=judge shows more right answers"
        )
    if probe.usage is None or probe.usage.estimated:
        doubts.append("has a server that does not count tokens: a prompt that it cuts cannot be noticed")
    return doubts


def _doubts_of_judge(probe: _Probe) -> Sequence[str]:
    return [] if _FACTS[0] in probe.text else ["did not accept a quote that answers: it is too small to judge"]


def _advise(error: ModelError) -> str:
    """Return what an operator can do about a model that is late."""
    late = "in time" in str(error)
    return " A slow machine needs a larger SILENCE_SECONDS or ANSWER_SECONDS, or a smaller PROMPT_TOKENS." * late
