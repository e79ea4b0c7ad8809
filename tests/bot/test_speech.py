"""In which language the sentences around a question are."""

from __future__ import annotations

import pytest

from bot.speech import choose_language, sentences_around
from core.config.model_settings import LANGUAGE_OF_QUESTION
from core.domain import Answer
from core.inbox.port import Reply
from core.sentences import ENGLISH, GERMAN, sentences_in


@pytest.mark.parametrize(
    ("channel", "install", "text", "chosen"),
    [
        ("", "", "Wie ändere ich den Port, der voreingestellt ist?", "German"),
        ("", LANGUAGE_OF_QUESTION, "Was ist der Standardport?", "German"),
        ("", "", "How do I change the port?", ""),
        ("", "", "port config", ""),
        ("", "", "Hoe verander ik de poort van het programma?", ""),
        ("", "", "ポートを変えるには？", ""),
        ("", "German", "How do I change the port?", "German"),
        ("", "English", "Wie ändere ich den Port, der voreingestellt ist?", "English"),
        ("English", "German", "Was ist der Standardport?", "English"),
        ("German", "", "How do I change the port?", "German"),
    ],
)
def test_a_channel_then_the_install_then_the_question_says_the_language(
    channel: str, install: str, text: str, chosen: str
) -> None:
    assert choose_language(channel, install, text) == chosen


def test_a_reply_keeps_the_language_that_it_was_written_in() -> None:
    assert sentences_around(Reply(Answer(""), language="German"), ENGLISH) is GERMAN
    assert sentences_around(Reply(Answer("")), GERMAN) is GERMAN
    assert sentences_around(None, ENGLISH) is ENGLISH
    assert sentences_in(choose_language("", "", "Wie kann ich das ändern?")) is GERMAN
