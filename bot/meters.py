"""Counters and times of questions, for Prometheus. Kept in a registry of their own, and read by `bot.web`.

footnote_questions_total{platform}            came in and are kept
footnote_replies_total{platform, outcome}     ended, and how
footnote_reply_seconds{platform}              from the question to its last message
footnote_put_off_total{platform}              sends that the platform wanted later
"""

from __future__ import annotations

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest

from core.domain import Fault
from core.inbox import Asked, Platform, QuestionState, Refusal
from core.prompt import APOLOGY

SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 90, 120, 300, 600)


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    APOLOGY = "apology"
    BUSY = "busy"
    LIMIT = "limit"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"


class Meters:
    """One set a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._questions = Counter(
            "footnote_questions", "Questions that came in and are kept.", ["platform"], registry=self.registry
        )
        self._replies = Counter(
            "footnote_replies", "Questions that ended, by how.", ["platform", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "footnote_reply_seconds",
            "From the question to the last message of its reply.",
            ["platform"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._put_off = Counter(
            "footnote_put_off", "Sends that the platform wanted later.", ["platform"], registry=self.registry
        )

    def received(self, platform: Platform) -> None:
        """A new question."""
        self._questions.labels(platform.value).inc()

    def ended(self, platform: Platform, outcome: Outcome, seconds: float) -> None:
        """Its end."""
        self._replies.labels(platform.value, outcome.value).inc()
        self._seconds.labels(platform.value).observe(seconds)

    def put_off(self, platform: Platform) -> None:
        """A platform said not now."""
        self._put_off.labels(platform.value).inc()

    def text(self) -> bytes:
        """In Prometheus' text format."""
        return generate_latest(self.registry)


def outcome_of(asked: Asked) -> Outcome:
    """How a question that is settled ended."""
    if asked.state is QuestionState.WITHDRAWING:
        return Outcome.WITHDRAWN
    if asked.refusal is not Refusal.NONE:
        return Outcome.BUSY if asked.refusal is Refusal.BUSY else Outcome.LIMIT
    answer = asked.reply.answer if asked.reply is not None else None
    if answer is None or Fault.MODEL in answer.faults or answer.text.startswith(APOLOGY):
        return Outcome.APOLOGY
    return Outcome.ABSTAINED if answer.abstention is not None else Outcome.ANSWERED
