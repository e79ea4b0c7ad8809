"""What a model writes that is no answer, thoughts and control tokens: the real SDK against a scripted server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ModelMisbehaved
from core.models.openai_reasoning import Filtered, ReasoningFilter, strip_reasoning
from core.ports import DraftRestarted
from tests.core.models.test_openai_reader import FOLLOW_UP, fault_of, read, reader_of
from tests.servers.openai_server import serve_openai, text
from tests.servers.scripted import ScriptedServer

THOUGHT = "<think>\nThey want <code>. Passage [2] says so [1].\n</think>\n\n"
ANSWER = "Call `frobnicate()` [1]."


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


def text_of(pieces: list[Filtered]) -> str:
    """Return the draft: what came since it began again for the last time."""
    draft = ""
    for piece in pieces:
        draft = "" if isinstance(piece, DraftRestarted) else draft + piece
    return draft


def filtered(*pieces: str, known: str = "", opened: bool = False) -> list[Filtered]:
    thoughts = ReasoningFilter(known, opened=opened)
    return [each for piece in pieces for each in thoughts.feed(piece)] + thoughts.finish()


async def test_the_thought_before_an_answer_is_not_read_out(server: ScriptedServer) -> None:
    letters = list(THOUGHT + ANSWER)
    assert "".join(await read(server, text(*letters))).strip() == ANSWER


async def test_the_thought_before_a_rewritten_question_is_not_searched_for(server: ScriptedServer) -> None:
    server.script(text(THOUGHT + "What follows frobnicating?"), text("Hm.\n</think>\nWhat follows it?<|im_end|>"))
    async with reader_of(server) as reader:
        assert (await reader.standalone(FOLLOW_UP)).text == "What follows frobnicating?"
        assert (await reader.standalone(FOLLOW_UP)).text == "What follows it?"


@pytest.mark.parametrize("finish", ["stop", "length"])
async def test_a_model_that_only_thinks_has_not_answered(server: ScriptedServer, finish: str) -> None:
    pieces, fault = await fault_of(server, text("<think>Hmm", " [1].", finish=finish))
    assert pieces == []
    assert isinstance(fault, ModelMisbehaved)


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (ANSWER, ANSWER),
        (f"  <THINK>no</think>{ANSWER}", ANSWER),
        (f"[THINK]no[/THINK]{ANSWER}", ANSWER),
        (f"<thinking>a</think> b</thinking>{ANSWER}", ANSWER),
        (f"<think></think>\n<think>again</think>{ANSWER}", ANSWER),
        (f"<seed:think>no</seed:think>{ANSWER}", ANSWER),
        (f"◁think▷no◁/think▷{ANSWER}", ANSWER),
        (f"<|START_THINKING|>no<|END_THINKING|><|START_RESPONSE|>{ANSWER}<|END_RESPONSE|>", ANSWER),
        (f"<|inner_prefix|>no<|inner_suffix|>{ANSWER}", ANSWER),
        (f"It may be [1]. I see.\n</think>\n\n{ANSWER}", ANSWER),
        (f"It may be [1]. I see. </think>{ANSWER}", ANSWER),
        (f"It may be.\n</reasoning>\n{ANSWER}", ANSWER),
        (f"It may be.\n[/THINK]{ANSWER}", ANSWER),
        (f"Okay, it may be [1]. {ANSWER}", f"Okay, it may be [1]. {ANSWER}"),
        ("Write `<think>` in the prompt [1].", "Write `<think>` in the prompt [1]."),
        ("Close it with `</think>` again [1].", "Close it with `</think>` again [1]."),
        ("<thin", "<thin"),
        ("<thinner> is a tag [1].", "<thinner> is a tag [1]."),
        ("<think>never ends", ""),
        ("", ""),
    ],
)
def test_a_thought_is_known_by_the_tag_at_the_head_or_by_an_end_without_one(whole: str, expected: str) -> None:
    assert strip_reasoning(whole).strip() == expected


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (
            f"<|channel|>analysis<|message|>no<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>",
            ANSWER,
        ),
        (f"no.<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}", ANSWER),
        (f"<|channel|>final<|message|>{ANSWER}", ANSWER),
        (f"<|channel|>commentary to=x<|message|>no<|end|><|channel|>final<|message|>{ANSWER}", ANSWER),
        (f"analysisThey ask.assistantfinal{ANSWER}", ANSWER),
        ("analysis of logs is off [1].", "analysis of logs is off [1]."),
        (f"<|channel>thought\nno\n<channel|>{ANSWER}<turn|>", ANSWER),
        (f"{ANSWER}<|im_end|>\n<|im_start|>user\nAnd then?", ANSWER),
        (f"<|im_start|>assistant\n{ANSWER}<|im_end|>", ANSWER),
        (f"<|start_header_id|>assistant<|end_header_id|>\n\n{ANSWER}<|eot_id|>", ANSWER),
        (f"<start_of_turn>model\n{ANSWER}<end_of_turn>\n<start_of_turn>user\nMore?", ANSWER),
        (f"<｜begin▁of▁sentence｜>{ANSWER}<｜end▁of▁sentence｜>", ANSWER),
        (f"<s> {ANSWER}</s>", ANSWER),
        (f"{ANSWER} [/INST]", ANSWER),
        ("Old is <s>gone</s> now [1].", "Old is <s>gone</s> now [1]."),
        ("if a < b: c[0] <d [1].", "if a < b: c[0] <d [1]."),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_control_tokens_are_no_part_of_an_answer_however_they_are_cut(whole: str, expected: str, size: int) -> None:
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert text_of(filtered(*pieces)).strip() == expected


def test_a_control_token_that_a_passage_holds_is_documentation() -> None:
    answer = "Begin each message with <|im_start|> and end it with `<|im_end|>` [1]."
    assert text_of(filtered(answer, known="<|im_start|>user\nHi<|im_end|>")) == answer


def test_a_model_whose_thoughts_begin_in_the_prompt_shows_none_from_the_second_answer_on() -> None:
    first = ReasoningFilter()
    assert any(isinstance(piece, DraftRestarted) for piece in first.feed(f"It may be [1]. I see.\n</think>{ANSWER}"))
    assert first.opened_by_template
    assert filtered("It may be [1]. ", "I see.\n</thi", f"nk>{ANSWER}", opened=True) == [ANSWER]
    assert filtered(ANSWER, opened=True) == [ANSWER], "it may leave its thoughts out"


PARTS = ["<think>", "</think>", "[THINK]", "[/think]", "<", "th", "ink>", "a", "é[", "<|", "|>", "end", "`", "</s>"]
PARTS += ["<|channel|>", "final", "<|message|>", "<|im_end|>", "<|start|>", "analysis", "Okay,"]


@given(st.lists(st.sampled_from([*PARTS, " ", "\n"])))
def test_pieces_say_what_the_whole_says(pieces: list[str]) -> None:
    assert text_of(filtered(*pieces)) == text_of(filtered("".join(pieces)))
    assert not re.match(r"\s*(<think>|\[THINK\])", text_of(filtered(*pieces)))
