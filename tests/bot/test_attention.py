"""Whom a message is for, from the order of turns: A asked the bot, B and C are others."""

from __future__ import annotations

import pytest

from bot.attention import (
    Addressing,
    Answering,
    Decision,
    Trigger,
    decide,
    read_form,
    read_thread,
    takes_question_back,
)
from core.inbox.conversation import Utterance, UtteranceKind

NO, CITED, ALWAYS = Answering.NO, Answering.IF_CITED, Answering.ALWAYS


def play(*lines: str, roots: tuple[str, ...] = ("0",)) -> Decision:
    """Return what becomes of the last line. `"A@ ..."` mentions the bot, `"B> ..."` another person."""
    heard: list[Utterance] = []
    decision = Decision(NO, UtteranceKind.REMARK)
    for number, line in enumerate(lines):
        who, text = line[0], line[2:].strip()
        mention, to_people = line[1] == "@", line[1] == ">"
        addressing = Addressing(Trigger.ADDRESSED if mention else Trigger.FOLLOW_UP, who, to_people=to_people)
        decision = decide(read_form(text), addressing, read_thread(heard, roots))
        kind = decision.kind if decision.answering is NO else UtteranceKind.QUESTION
        heard.append(Utterance(str(number), frozenset({who}), float(number), kind))
    return decision


ASKED = "A@ How do I set the port?"
HELPED = ("B: Which version are you on?", "A: 7.1")


@pytest.mark.parametrize(
    ("lines", "answering"),
    [
        ((ASKED,), ALWAYS),
        ((ASKED, "A: and does it fall back to another?"), CITED),
        ((ASKED, "A: still fails with E42"), CITED),
        ((ASKED, "A: sorry, I meant the second one"), CITED),
        ((ASKED, "A: I'll try that"), NO),
        ((ASKED, "A: never mind"), NO),
        ((ASKED, "A: lgtm"), NO),
        ((ASKED, "B: what does it say?"), NO),
        ((ASKED, "B: it is the group size", "A: how come?"), NO),
        ((ASKED, *HELPED, "A: does it need a restart?"), NO),
        ((ASKED, *HELPED, "A@ does it need a restart?"), ALWAYS),
        ((ASKED, *HELPED, "A@ does it need a restart?", "A: and on windows?"), CITED),
        ((ASKED, *HELPED, "A@ does it need a restart?", "A: do you use polling there?"), NO),
        ((ASKED, "B: 🎉", "B: +1", "A: can it write maps, too?"), CITED),
        ((ASKED, "B: heads up everyone, no power at 3", "A: can it write maps, too?"), CITED),
        ((ASKED, "B: it's alive", "A: better than me", "A: can it write maps, too?"), CITED),
        ((ASKED, "A> when is the call?", "A: and what about the maps?"), NO),
        ((ASKED, "A: can a human have a look please?"), NO),
        ((ASKED, "A: can a human have a look please?", "A: where are the logs?"), NO),
        ((ASKED, "A: please stop replying here", "A: why does it hang?"), NO),
        ((ASKED, "A: please stop replying here", "A@ why does it hang?"), ALWAYS),
        ((ASKED, "A: please stop replying here", "A@ why does it hang?", "A: and on windows?"), CITED),
        ((ASKED, "A: mute", "A: unmute", "A: and on windows?"), CITED),
        ((ASKED, "A@ thanks!"), NO),
        ((ASKED, "A@ I'd like to talk to a human"), NO),
        ((ASKED, "A@ dpo trainer beta"), ALWAYS),
    ],
)
def test_the_order_of_turns_decides(lines: tuple[str, ...], answering: Answering) -> None:
    assert play(*lines).answering is answering


def test_who_was_called_into_a_thread_of_people_answers_mentions_alone() -> None:
    thread = ("B: did anyone set that up?", "A@ how do I set it up?", "A: and on windows?")
    assert play(*thread).answering is NO
    assert play(*thread, "A@ and on windows?").answering is ALWAYS


def test_what_is_left_alone_is_remembered_as_what_it_is() -> None:
    assert play(ASKED, "B: be quiet, bot").kind is UtteranceKind.MUTE
    assert play(ASKED, "B: which one is it?").kind is UtteranceKind.ASKS
    assert play(ASKED, "B: 🎉").kind is UtteranceKind.NOISE
    assert play(ASKED, "A@ thank you").kind is UtteranceKind.CALL
    assert play(ASKED, "A: I need a real person").kind is UtteranceKind.HAND_OVER


@pytest.mark.parametrize(
    ("text", "answering"),
    [
        ("How do I set the port in the config?", CITED),
        ("anyone up for lunch?", NO),
        ("happy friday", NO),
        ("are you coming to the sync?", NO),
        ("+1", NO),
    ],
)
def test_in_a_channel_that_is_listened_to_a_question_to_nobody_is_the_bot_s(text: str, answering: Answering) -> None:
    assert decide(read_form(text), Addressing(Trigger.OVERHEARD, "A"), read_thread([])).answering is answering


def test_in_a_conversation_with_the_bot_what_asks_is_answered_and_the_first_words_are() -> None:
    addressing = Addressing(Trigger.ADDRESSED, "A", direct=True)
    asked = read_thread([Utterance("0", frozenset({"A"}), 0.0, UtteranceKind.QUESTION)])
    for state, text, answering in (
        (read_thread([]), "port config", ALWAYS),
        (read_thread([]), "thanks!", NO),
        (asked, "what is its default?", ALWAYS),
        (asked, "worked", NO),
        (asked, "I'll give it a go", NO),
    ):
        assert decide(read_form(text), addressing, state).answering is answering, text


@pytest.mark.parametrize(
    ("text", "addressed", "taken"),
    [
        ("never mind", True, True),
        ("solved it, thanks :tada:", True, True),
        ("danke, hat sich erledigt", True, True),
        (":white_check_mark:", True, True),
        ("please stop replying here", True, True),
        ("", True, False),
        ("dpo trainer beta", True, False),
        ("how do I set the port? EDIT: solved, thanks", True, False),
        ("thanks! and how do I set the host?", True, False),
        ("just a note to myself", False, True),
        ("Build fails on CI", False, False),
        ("and on windows?", False, False),
    ],
)
def test_an_edit_takes_a_question_back_where_it_asks_nothing(text: str, addressed: bool, taken: bool) -> None:
    assert takes_question_back(text, addressed=addressed) is taken
