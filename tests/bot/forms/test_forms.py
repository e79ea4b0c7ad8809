"""What messages are in form, in many languages. The sentences are this project's own."""

from __future__ import annotations

import pytest

from bot.forms.asking import asks_something, corrects_itself, goes_on, reports_failure
from bot.forms.closing import closes_subject
from bot.forms.noise import is_noise
from bot.forms.people import remove_name, says_you, speaks_to_all, wishes_for_a_person
from bot.forms.quiet import asks_for_quiet, calls_a_person, ends_quiet

ASKS = [
    "Is it lazy?",
    "and what about windows",
    "how do I turn it off",
    "can I use it with two keys",
    "tell me where the log goes",
    "is there a setting for that",
    "no idea, which file does it read",
    "es startet nicht. Muss ich erst bauen?",
    "und wie schalte ich das ab",
    "kann man das ändern",
    "comment je fais pour le changer",
    "est-ce que ça marche avec deux clés",
    "peut-on le désactiver",
    "¿y si tengo dos?",
    "y cómo lo cambio",
    "se puede desactivar",
    "como faço para mudar isso",
    "dá para desligar isso",
    "e come faccio a cambiarla",
    "hoe kan ik dat uitzetten",
    "a jak to wyłączyć",
    "czy można to wyłączyć",
    "а как это отключить",
    "можно ли это отключить",
    "jak to vypnu",
    "hur stänger jag av det",
    "hvordan slår jeg det av",
    "bunu nasıl kapatabilirim",
    "bunu kapatabilir miyim",
    "miten sen saa pois päältä",
    "hogyan kapcsolom ki",
    "cum îl opresc",
    "πώς το απενεργοποιώ",
    "איך מכבים את זה",
    "كيف يمكنني تعطيله",
    "इसे कैसे बंद करें",
    "bagaimana cara mematikannya",
    "làm sao để tắt nó",
    "これはどうやって無効にしますか",
    "怎么关掉它",
    "可以关掉吗",
    "어떻게 끄나요",
    "ปิดมันอย่างไร",
]
STATEMENTS = [
    "so that is why it was red",
    "what a mess",
    "when I run it, it works",
    "can confirm",
    "has been fixed",
    "does not matter",
    "I'll try that",
    "never mind",
    "lgtm",
    "step 40, loss 1.2",
    "https://a.example/search?q=how",
    "`a ? b : c`",
    "const x = ok ? 1 : 2;",
    "wie gesagt, es läuft",
    "klappt jetzt, danke",
    "c'est bon maintenant",
    "quand je relance, ça passe",
    "vale, lo pruebo",
    "cuando lo ejecuto, pasa",
    "obrigado, funcionou",
    "ora funziona",
    "het werkt nu",
    "działa, dzięki",
    "co za dzień",
    "работает, спасибо",
    "что-то не то",
    "det funkar nu",
    "çalışıyor artık",
    "動きました、ありがとう",
    "そうですか",
    "可以了，谢谢",
    "됐어요 감사합니다",
    "?",
    "👍",
]
QUIET = [
    "please stop replying here, ben is helping me",
    "bot, be quiet please",
    "mute",
    "could you please stop responding in this thread",
    "Bitte hier nicht mehr antworten",
    "sei bitte still",
    "arrête de répondre ici s'il te plaît",
    "ne réponds plus ici",
    "deja de responder, por favor",
    "silencio, bot",
    "pare de responder aqui",
    "smetti di rispondere",
    "stop met reageren",
    "przestań tu odpowiadać",
    "не отвечай здесь больше",
    "sluta svara här",
    "lütfen cevap verme",
    "ここでは返信しないでください",
    "请不要在这里回复",
    "그만 대답해 주세요",
]
NOT_QUIET = [
    "how do I stop replying to heartbeats?",
    "stop the server",
    "mute the warnings in the config",
    "don't answer the prompt, just press enter",
    "stop posting metrics to the endpoint",
    "the logs are quiet now",
]
CALLS = [
    "can a human have a look please?",
    "I need a person",
    "cc <@U7>",
    "who can help me with the firewall?",
    "kann da mal jemand draufschauen?",
    "quelqu'un peut m'aider ?",
    "¿alguien puede ayudarme?",
    "кто-нибудь может помочь?",
    "誰か助けてください",
    "有人能帮忙看看吗",
]


@pytest.mark.parametrize("text", ASKS)
def test_a_question_is_recognised_by_its_form(text: str) -> None:
    assert asks_something(text)


@pytest.mark.parametrize("text", STATEMENTS)
def test_what_asks_nothing_is_no_question(text: str) -> None:
    assert not asks_something(text)
    assert not reports_failure(text)


def test_what_is_pasted_or_quoted_asks_nothing() -> None:
    assert not asks_something('Traceback (most recent call last):\n  File "a.py", line 1\nValueError: is it 3?')
    assert not asks_something('it printed "shall I go on?" and went on')
    assert not asks_something("> how do I start it?\nlike that")
    assert asks_something('it printed "shall I go on?" and hung. What does it wait for?')


@pytest.mark.parametrize(
    "text",
    [
        "still fails with E42",
        "es geht immer noch nicht, Fehler 7",
        "sigue fallando con E42",
        "ça ne marche toujours pas, même erreur",
        "now it throws an error about the port",
        "还是报错 E42",
    ],
)
def test_a_failure_asks_without_a_question(text: str) -> None:
    assert reports_failure(text)


@pytest.mark.parametrize(
    "text",
    [
        "sorry, I meant the second one",
        "ich meinte die zweite",
        "je voulais dire la deuxième",
        "no, me refería al segundo",
        "я имел в виду второй",
    ],
)
def test_a_correction_asks_again(text: str) -> None:
    assert corrects_itself(text)


@pytest.mark.parametrize("text", ["and with two keys", "what about windows", "und mit zwei", "et sans clé", "а на две"])
def test_another_case_goes_on_with_the_question_before(text: str) -> None:
    assert goes_on(text)
    assert not goes_on("and with that it works")


@pytest.mark.parametrize("text", QUIET)
def test_an_order_of_quiet_is_recognised(text: str) -> None:
    assert asks_for_quiet(text)


@pytest.mark.parametrize("text", NOT_QUIET)
def test_what_is_quiet_elsewhere_is_no_order(text: str) -> None:
    assert not asks_for_quiet(text) or asks_something(text)


@pytest.mark.parametrize(
    "text", ["unmute", "you can talk again", "du darfst wieder antworten", "puedes responder de nuevo"]
)
def test_the_end_of_quiet_is_recognised(text: str) -> None:
    assert ends_quiet(text)


@pytest.mark.parametrize("text", CALLS)
def test_a_call_for_a_person_is_recognised(text: str) -> None:
    assert calls_a_person(text) or wishes_for_a_person(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("footnote, how do I start?", "how do I start?"),
        ("hey bot, where is it?", "where is it?"),
        ("footnote how do I start", "how do I start"),
        ("what is x, footnote?", "what is x?"),
        ("as footnote says, it is 3", None),
        ("footnote is slow today", None),
        ("the bot is wrong there", None),
        ("a footnote, how quaint", None),
    ],
)
def test_a_name_calls_the_bot_where_it_stands_apart(text: str, rest: str | None) -> None:
    assert remove_name(text, ["footnote"]) == rest


@pytest.mark.parametrize(
    "text",
    [
        "👍",
        ":tada:",
        "+1",
        "same here",
        "/remind me at 3",
        "!weather bern",
        "https://a.example/x",
        "heads up everyone, no power at 3",
        "ich auch",
        "我也是",
    ],
)
def test_what_takes_no_turn_is_noise(text: str) -> None:
    assert is_noise(text)


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "I'll try that",
        "never mind",
        "bye",
        "ich probier das",
        "je vais essayer",
        "gracias",
        "попробую",
        "試してみます",
    ],
)
def test_what_closes_a_subject_is_recognised(text: str) -> None:
    assert closes_subject(text)


def test_questions_to_people_are_told_from_questions_to_nobody() -> None:
    assert says_you("do you also use polling")
    assert not says_you("does it use polling")
    assert speaks_to_all("anyone up for lunch?")
    assert not speaks_to_all("how do I reduce memory?")
