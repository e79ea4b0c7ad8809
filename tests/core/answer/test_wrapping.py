"""An answer that a model wraps whole, as one fence or a JSON object, is read; code is left as it is."""

from __future__ import annotations

import json

import pytest

from core.answer.engine import Engine
from core.answer.prompt import REFUSALS
from core.answer.wrapping import AnswerUnwrapper
from core.domain import Abstention, Answer, AnswerOutcome, Question
from tests.core.models.test_openai_reader import reader_of
from tests.fakes import FakeEmbedder, FakeIndex, hit
from tests.servers.openai_server import serve_openai, text

HITS = [hit("The server stops before the backup starts. Run `pool migrate` once.\n\n```sh\npool migrate\n```")]
ANSWER = "The server stops before the backup starts [1]. Run `pool migrate` once [1]."
CODE = "```sh\npool migrate\n```"


async def answer(draft: str) -> Answer:
    async with serve_openai() as server:
        server.script(text(*draft))
        async with reader_of(server) as reader:
            events = [event async for event in Engine(FakeIndex(HITS), FakeEmbedder(), reader).ask(Question("When?"))]
    assert isinstance(events[-1], Answer)
    return events[-1]


@pytest.mark.parametrize(
    "draft",
    [
        f"```\n{ANSWER}\n```",
        f"```markdown\n{ANSWER}\n```\n",
        f"~~~md\n{ANSWER}\n~~~",
        f"```text\n{ANSWER}",
        json.dumps({"answer": ANSWER, "sources": [1]}),
        json.dumps({"outcome": "answered", "réponse": ANSWER}, indent=2),
        f"```json\n{json.dumps({'text': ANSWER})}\n```",
    ],
)
async def test_a_wrapped_answer_is_the_answer(draft: str) -> None:
    made = await answer(draft)
    assert made.text == ANSWER
    assert made.outcome is AnswerOutcome.ANSWERED


async def test_a_wrapped_refusal_is_a_refusal_and_a_wrapped_invention_is_not_shown() -> None:
    made = await answer(json.dumps({"answer": REFUSALS[Abstention.DOES_NOT_KNOW]}))
    assert made.outcome is AnswerOutcome.NOT_ANSWERED
    assert "frobnicate" not in (await answer(json.dumps({"answer": "Run `frobnicate` [1]."}))).text


async def test_an_object_that_is_cut_off_or_broken_is_read_as_far_as_it_goes() -> None:
    broken = json.dumps({"answer": ANSWER})[:-4]
    assert (await answer(broken)).text.startswith("The server stops before the backup starts [1]. Run")
    assert '{"' not in (await answer('{"answer": "The server stops \\x [1]')).text


def test_a_fence_with_another_in_it_is_read_whole() -> None:
    unwrapper = AnswerUnwrapper()
    fed = "".join(map(unwrapper.feed, f"```markdown\n{ANSWER}\n\n{CODE}\n```\n"))
    assert fed + unwrapper.finish() == f"{ANSWER}\n\n{CODE}\n"


@pytest.mark.parametrize(
    "draft",
    [f"{CODE}\n\n{ANSWER}", f"```\npool migrate\n```\n\n{ANSWER}", ANSWER, "`pool` runs [1].", "{x} is `1`", ""],
)
def test_code_and_prose_pass_as_they_are(draft: str) -> None:
    unwrapper = AnswerUnwrapper()
    fed = "".join(map(unwrapper.feed, draft))
    assert fed + unwrapper.finish() == draft


def test_code_at_the_beginning_is_not_held_until_the_end_of_the_draft() -> None:
    assert AnswerUnwrapper().feed("```sh\n") == "```sh\n"
    assert AnswerUnwrapper().feed("```\npool migrate\n```\n") == "```\npool migrate\n```\n"
