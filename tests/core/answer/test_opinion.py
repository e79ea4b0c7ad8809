"""A second opinion: what it doubts says so, and whatever is wrong with it changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from core.answer.engine import Engine
from core.answer.limits import AnswerLimits
from core.answer.opinion import check_draft
from core.answer.verdicts import build_verdict_messages, read_doubts
from core.domain import Answer, Question, UnitVerdict
from core.errors import ModelError, ModelUnavailable
from core.models.openai_chat import ChatOptions
from core.models.openai_client import ModelServer
from core.models.verifier import MOST_TOKENS, ChatVerifier
from core.ports import Statement
from core.sentences import ENGLISH
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader, hit
from tests.servers.openai_server import refusal, serve_openai, text

HITS = [hit("The server stops before the backup starts. It writes a log file of each run to the data folder.")]
WRONG = "The server stops while the backup of the data folder runs [1]."
RIGHT = "A log file of each run is written to the data folder [1]."
DRAFT = f"{WRONG} {RIGHT} It writes a log file of each run to the data folder [1]."


class FakeVerifier:
    """Doubts what holds a word; fails or hangs when a test wants it to."""

    def __init__(self, word: str = "while", error: ModelError | None = None, *, hangs: bool = False) -> None:
        self.word, self.error, self.hangs = word, error, hangs
        self.asked: list[Statement] = []

    async def doubt(self, statements: Sequence[Statement]) -> frozenset[int]:
        self.asked += statements
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return frozenset(place for place, each in enumerate(statements) if self.word in each.text)


async def answer(verifier: FakeVerifier | None, draft: str = DRAFT) -> Answer:
    built = Engine(
        FakeIndex(HITS), FakeEmbedder(), FakeReader(draft), limits=AnswerLimits(verify_seconds=0.2), verifier=verifier
    )
    events = [event async for event in built.ask(Question("When does it stop?"))]
    assert isinstance(events[-1], Answer)
    return events[-1]


async def test_what_is_doubted_is_shown_with_its_doubt_and_its_quote() -> None:
    verifier = FakeVerifier()
    made = await answer(verifier)
    note = ENGLISH.doubted.format(quote="The server stops before the backup starts.")
    assert made.text == DRAFT.replace(WRONG, f"{WRONG} (?)") + f"\n\n(?) {note}"
    assert made.units is not None
    assert [unit.verdict for unit in made.units] == [UnitVerdict.FLAGGED, UnitVerdict.SHOWN, UnitVerdict.SHOWN]
    assert [each.text for each in verifier.asked] == [WRONG, RIGHT], "word for word is not asked about"
    assert verifier.asked[0].quote.startswith("The server stops before the backup starts.")


async def test_what_a_model_and_a_rule_doubt_is_left_out() -> None:
    wrong = "The server does not stop when the backup of the data folder starts [1]."
    made = await answer(FakeVerifier("does not"), DRAFT.replace(WRONG, wrong))
    assert "does not" not in made.text
    assert made.text.startswith(RIGHT)
    assert ENGLISH.left_out_one in made.text
    assert made.dropped == 1


@pytest.mark.parametrize(
    "verifier", [FakeVerifier(error=ModelUnavailable("Gone.")), FakeVerifier(hangs=True), FakeVerifier("nothing")]
)
async def test_a_fault_of_it_changes_nothing(verifier: FakeVerifier) -> None:
    assert (await answer(verifier)).text == (await answer(None)).text == DRAFT


@pytest.mark.parametrize(
    ("reply", "doubts"),
    [
        ("1 yes\n2 no", {1}),
        ("1. No\n2. No.", {0, 1}),
        ("1: yes, it does\n2) no, it does not", {1}),
        ("All of them are fine.", set()),
        ("no", set()),
        ("3 no", set()),
        ("1 yes\n1 no", set()),
        ("", set()),
        ('{"1": "no"}', {0}),
    ],
)
def test_a_reply_is_read_or_is_none(reply: str, doubts: set[int]) -> None:
    assert read_doubts(reply, 2) == doubts


async def test_a_served_model_is_asked_once_and_its_faults_change_nothing() -> None:
    async with serve_openai() as server:
        verifier = ChatVerifier(ModelServer("key", server.base_url), "small", ChatOptions(), 5.0)
        server.otherwise = text("1 no\n2 yes")
        checked = await check_draft(DRAFT, HITS, "When?", verifier)
        assert [unit.verdict.value for unit in checked.units] == ["flagged", "shown", "shown"]
        assert [each["max_completion_tokens"] for each in (asked.body for asked in server.requests)] == [MOST_TOKENS]
        server.otherwise = refusal(500)
        unchecked = await check_draft(DRAFT, HITS, "When?", verifier)
        assert {unit.verdict for unit in unchecked.units} == {UnitVerdict.SHOWN}
        await verifier.aclose()
    (system, asked) = build_verdict_messages([Statement("A.", "B.")])
    assert "never" in system["content"]
    assert asked["content"] == "1. STATEMENT: A.\nTEXT 1: B."
