"""What a reasoning model thinks aloud is no part of its answer: the real SDK against a scripted server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelMisbehaved
from core.models.openai_reasoning import ReasoningFilter, strip_reasoning
from tests.core.test_openai import FOLLOW_UP, fault_of, read, reader_of
from tests.servers.openai_server import serve_openai, text
from tests.servers.scripted import ScriptedServer

THOUGHT = "<think>\nThey want <code>. Passage [2] says so [1].\n</think>\n\n"
ANSWER = "Call `frobnicate()` [1]."


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


async def test_the_thought_before_an_answer_is_not_read_out(server: ScriptedServer) -> None:
    letters = list(THOUGHT + ANSWER)
    assert "".join(await read(server, text(*letters))).strip() == ANSWER


async def test_the_thought_before_a_rewritten_question_is_not_searched_for(server: ScriptedServer) -> None:
    server.script(text(THOUGHT + "What follows frobnicating?"))
    async with reader_of(server) as reader:
        assert await reader.standalone(FOLLOW_UP) == "What follows frobnicating?"


@pytest.mark.parametrize("finish", ["stop", "length"])
async def test_a_model_that_only_thinks_has_not_answered(server: ScriptedServer, finish: str) -> None:
    pieces, fault = await fault_of(server, text("<think>Hmm", " [1].", finish=finish))
    assert pieces == []
    assert isinstance(fault, ModelMisbehaved)


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (ANSWER, ANSWER),
        (f"  <THINK>no</think>{ANSWER}", ANSWER),
        (f"[THINK]no[/THINK]{ANSWER}", ANSWER),
        (f"<thinking>a</think> b</thinking>{ANSWER}", ANSWER),
        (f"<think></think>\n<think>again</think>{ANSWER}", ANSWER),
        ("Write `<think>` in the prompt [1].", "Write `<think>` in the prompt [1]."),
        ("<thin", "<thin"),
        ("<thinner> is a tag [1].", "<thinner> is a tag [1]."),
        ("<think>never ends", ""),
        ("", ""),
    ],
)
def test_a_thought_is_known_by_the_tag_at_the_head(whole: str, said: str) -> None:
    assert strip_reasoning(whole) == said


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "[THINK]", "[/think]", "<", "th", "ink>", " ", "\n", "a", "é["]))
)
def test_pieces_say_what_the_whole_says(pieces: list[str]) -> None:
    thoughts = ReasoningFilter()
    said = "".join(map(thoughts.feed, pieces)) + thoughts.finish()
    assert said == strip_reasoning("".join(pieces))
    assert "".join(pieces).endswith(said) or not said.strip()
    assert not re.match(r"\s*(<think>|\[THINK\])", said)
