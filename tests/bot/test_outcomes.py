"""How a settled question is counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.domain import Abstention, Answer, AnswerOutcome
from core.inbox.outcome import QuestionOutcome, outcome_of
from core.inbox.port import Platform, QuestionState, Refusal, Reply, StoredQuestion, Visibility


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer("It works [1].", outcome=AnswerOutcome.ANSWERED), QuestionOutcome.ANSWERED),
        (Answer("It works [1].", outcome=AnswerOutcome.PARTLY), QuestionOutcome.PARTLY),
        (Answer("It works [1]."), QuestionOutcome.ANSWERED),
        (Answer("No.", abstention=Abstention.DOES_NOT_KNOW), QuestionOutcome.ABSTAINED),
    ],
)
def test_an_answer_counts_as_what_it_is(answer: Answer, outcome: QuestionOutcome) -> None:
    asked = StoredQuestion(
        id=1,
        platform=Platform.SLACK,
        tenant="",
        place_key="",
        channel="",
        thread="",
        asker="",
        way=Visibility.THREAD,
        text="How?",
        details={},
        state=QuestionState.DONE,
        refusal=Refusal.NONE,
        revision=1,
        tries=1,
        stopped=False,
        sending=None,
        parts=(),
        asked_at=datetime.now(UTC),
        age_seconds=1.0,
        reply=Reply(answer),
    )
    assert outcome_of(asked) is outcome
