"""The words of the console for what the history names by a code."""

from __future__ import annotations

from collections.abc import Mapping

from core.inbox.outcome import QuestionOutcome

OUTCOMES: Mapping[QuestionOutcome, str] = {
    QuestionOutcome.ANSWERED: "answered",
    QuestionOutcome.PARTLY: "answered in part",
    QuestionOutcome.ABSTAINED: "not answered",
    QuestionOutcome.APOLOGY: "apology: a model failed",
    QuestionOutcome.BUSY: "refused: too many wait",
    QuestionOutcome.LIMIT: "refused: own limit",
    QuestionOutcome.WITHDRAWN: "deleted by its asker",
    QuestionOutcome.UNDELIVERABLE: "could not be sent",
    QuestionOutcome.UNSAID: "kept to itself",
    QuestionOutcome.OPEN: "waits",
    QuestionOutcome.FORGOTTEN: "answer forgotten",
}
"""Filters, exports and metrics keep the codes."""
