"""How a question ended: one list of names for the metrics of a process and for the history in the database.

`core/history/history.sql` derives the same names from stored rows; a test compares both for each question.
"""

from __future__ import annotations

from enum import StrEnum

from core.domain import Answer, AnswerOutcome, Fault
from core.inbox.port import QuestionState, Refusal, StoredQuestion
from core.sentences import is_apology


class QuestionOutcome(StrEnum):
    """How a question ended. OPEN and FORGOTTEN are of stored questions alone, and are never counted as an ending."""

    ANSWERED = "answered"
    PARTLY = "partly"
    ABSTAINED = "abstained"
    APOLOGY = "apology"
    BUSY = "busy"
    LIMIT = "limit"
    WITHDRAWN = "withdrawn"
    UNDELIVERABLE = "undeliverable"
    UNSAID = "unsaid"
    OPEN = "open"
    """It waits, or is being answered."""
    FORGOTTEN = "forgotten"
    """Its answer was dropped, because it was written with the words of a person who was forgotten."""


def outcome_of(asked: StoredQuestion) -> QuestionOutcome:
    """Return how a settled question ended."""
    if asked.state is QuestionState.SILENT:
        return QuestionOutcome.UNSAID
    if asked.state is QuestionState.WITHDRAWING:
        return QuestionOutcome.WITHDRAWN
    if asked.refusal is not Refusal.NONE:
        return QuestionOutcome.BUSY if asked.refusal is Refusal.BUSY else QuestionOutcome.LIMIT
    return outcome_of_answer(asked.reply.answer if asked.reply is not None else None)


def outcome_of_answer(answer: Answer | None) -> QuestionOutcome:
    """Return how a question with this answer ended; None: it has none."""
    if answer is None or Fault.MODEL in answer.faults or is_apology(answer.text):
        return QuestionOutcome.APOLOGY
    if answer.abstention is not None:
        return QuestionOutcome.ABSTAINED
    return QuestionOutcome.PARTLY if answer.outcome is AnswerOutcome.PARTLY else QuestionOutcome.ANSWERED
