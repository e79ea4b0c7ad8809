"""What people write that is no question, and what looks like that and is one."""

from __future__ import annotations

import pytest

from bot.phrases import is_about_us, is_courtesy, is_greeting, is_thanks, is_wordless


@pytest.mark.parametrize(
    "text",
    """thanks!
Thank you so much, that worked
ok
ah ok :)
danke dir
谢谢
спасибо!
ありがとうございます
obrigado
that worked, thanks
it works now
ok cool, thanks a lot! :+1:
yes
haha
Merci beaucoup 🙏
شكرا""".splitlines(),
)
def test_thanks_need_no_answer(text: str) -> None:
    assert is_courtesy(text)
    assert is_thanks(text)


@pytest.mark.parametrize("text", ["👍", ":+1:", ":tada: :+1::skin-tone-2:", "^^", "🙏🏽", "!!"])
def test_neither_do_signs_below_an_answer(text: str) -> None:
    assert is_wordless(text)
    assert is_thanks(text)
    assert not is_courtesy(text), "addressed to the bot it asks about what stands above"


@pytest.mark.parametrize(
    "text",
    """ok how do I install it
thanks, and on windows?
no module named trl
it works on linux but not on mac
show me the install command, thanks
yes but it fails with CUDA
done, which version is that
help me install it""".splitlines(),
)
def test_what_asks_for_more_is_no_thanks(text: str) -> None:
    assert not is_courtesy(text)
    assert not is_thanks(text)
    assert not is_greeting(text)


@pytest.mark.parametrize(
    "text",
    """hi
Hello!
test
testing 1 2
ping
hey there
help
Help me!
What can you answer?
what can you do?
who are you?
你好
Hi, what can you do?
Guten Morgen""".splitlines(),
)
def test_a_greeting_meets_the_bot(text: str) -> None:
    assert is_greeting(text)
    assert not is_thanks(text)


@pytest.mark.parametrize(
    "text",
    """hi, how do I install it?
what can you do with a trainer?
helpers
hello world in trl""".splitlines(),
)
def test_a_question_behind_a_greeting_is_one(text: str) -> None:
    assert not is_greeting(text)
    assert not is_courtesy(text)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("test", True),
        ("Ping", True),
        ("help me", True),
        ("what can you do?", True),
        ("test the port", False),
        ("", False),
    ],
)
def test_who_tries_whether_the_bot_is_there_asks_for_help(text: str, is_it: bool) -> None:
    assert is_about_us(text) is is_it
