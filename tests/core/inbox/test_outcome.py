"""How a settled question is counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.metrics import Metrics
from core.domain import Abstention, Answer, AnswerOutcome, TokenUsage
from core.inbox.outcome import QuestionOutcome, outcome_of
from core.inbox.platforms import QuestionDetails
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
        visibility=Visibility.THREAD,
        text="How?",
        details=QuestionDetails(),
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


def test_what_answers_took_is_summed() -> None:
    meters = Metrics()
    first = Answer("a", dropped=2, usage=TokenUsage(900, 40), timings_ms={"read": 1500.0, "search": 4.0})
    for answer in (
        first,
        Answer("b", usage=TokenUsage(100, 10, estimated=True), timings_ms={"read": 500.0}),
        Answer("c"),
    ):
        meters.count_answer(Platform.SLACK, answer)

    def value(name: str, **labels: str) -> float | None:
        return meters.registry.get_sample_value(name, labels)

    assert value("footnote_dropped_sentences_total", platform="slack") == 2
    assert value("footnote_tokens_total", direction="sent", estimated="false") == 900
    assert value("footnote_tokens_total", direction="received", estimated="true") == 10
    assert value("footnote_stage_seconds_sum", stage="read") == 2
    assert value("footnote_stage_seconds_count", stage="search") == 1
