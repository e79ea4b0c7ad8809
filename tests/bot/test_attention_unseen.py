"""Messages that no list of words was written for: helpers, thanks, closings, quotations, emoji, other bots, languages.

Each line is one message of a thread, judged after all before it: `|` the bot posts, `-` it leaves the message alone.
`A` asked the bot; `@`: the message mentions the bot, `>`: another person, `:` nobody.
"""

from __future__ import annotations

import pytest

from bot.attention import Addressing, Answering, Trigger, decide, read_form, read_thread
from core.inbox.conversation import Utterance, UtteranceKind

THREADS: dict[str, str] = {
    "a helper asks back, and it is theirs": """
        | A@ How do I turn on caching for the preview server?
        - B: hm, which release is that?
        - A: 5.4.1
        - B: and the server sits behind nginx, right?
        - A: yes it does
        - A: do I have to change the headers there?
        - B: just drop the etag line
        - A: ah that was it, cheers mate
        | A@ where do I set the max age?
        | A: and for images only?
    """,
    "a helper gives advice and is thanked": """
        | A@ Where do checkpoints go?
        - B: look into the output folder, that's where mine are
        - A: found them, brilliant
        - A: you're a star
        - B: happy to help!
        - A: will write it down for the next one
    """,
    "a helper is called in by the asker": """
        | A@ Is there a flag to skip the tests?
        - A> could you have a look at this one when you are back?
        - B: sure, gimme five
        - A: what would I need to send you?
        - B: the log, mostly
    """,
    "the asker closes in many ways": """
        | A@ How do I rename the project?
        - A: noted
        - A: makes sense now
        - A: on it
        - A: brb, trying that in the branch
        - A: all green now, closing this
        - A: sorted
        - A: scratch that, typo on my side
        - A: 💯
        - A: :tada: :tada:
        - A: sweet
        | A: one more thing, how do I rename the package?
    """,
    "quoted words are not one's own": r"""
        | A@ What does strict mode do?
        - B: > What does strict mode do?\nnice one
        - A: > it rejects unknown keys\ngot it, neat
        - C: "how do I turn it off?" is what my boss will say
        - A: he never reads mine
        | A: > it rejects unknown keys\nhow do I allow some of them?
    """,
    "bystanders": """
        | A@ How do I pin a version?
        - C: :eyes:
        - C: same here
        - D: +1
        - D: following
        - C: !remindme 2 days
        - C: /poll "ship it?" yes no
        - D: heads-up: maintenance at 6pm
        | A: does pinning work for plugins as well?
    """,
    "German": """
        | A@ Wie ändere ich den Port?
        - A: alles klar, probier ich gleich mal
        - A: läuft, danke dir
        - B: nimmst du Docker?
        - A: nein
        - A: muss ich danach neu starten?
        - B: ja
        | A@ wo steht der Standardwert?
        | A: und für IPv6?
        - A: bitte hier nicht mehr antworten
        - A: warum eigentlich?
    """,
    "French and Spanish": """
        | A@ Comment changer le port ?
        - A: super, merci beaucoup
        - A: je vais essayer ça
        | A: est-ce que ça marche aussi sous Windows ?
        - B: tu utilises quelle version ?
        - A: la dernière
        | A@ ¿cómo cambio el puerto?
        - A: perfecto, gracias
        - A: ya funciona
    """,
    "Portuguese, Polish, Japanese": """
        | A@ Como altero a porta?
        - A: valeu, funcionou
        - A: vou testar agora
        | A@ Jak zmienić port?
        - A: dzięki, działa
        | A@ ポートを変えるにはどうすればいいですか？
        - A: ありがとうございます！
        - A: 試してみます
        | A: Windowsでも使えますか？
    """,
    "mute and back": """
        | A@ How do I log in?
        - A: bot, please keep out of this thread
        - A: why does it time out?
        - B: how long does it take?
        | A@ what is the default timeout?
        | A: can it be longer than an hour?
    """,
    "failures and corrections": """
        | A@ How do I connect?
        | A: that gives me ConnectionRefusedError, what now?
        | A: sorry, meant the other server
        - A: found a typo in my config
        | A: now it says permission denied. do I need another role?
        - A: nope, my fault
    """,
    "it goes on failing, in other words": """
        | A@ How do I limit memory?
        | A: it still says out of memory
        | A: sigue sin funcionar
        | A: das klappt leider immer noch nicht
        | A: 还是报错
        | A: la page affiche toujours l'ancienne valeur
        - A: I still like the old one
        - A: still reading
    """,
    "people take it from here": """
        | A@ How do I limit memory?
        - B: thanks bot, we got it from here
        - A: what about swap?
        | A@ what about swap?
        - A: please let us sort this out ourselves
        - A: how much do we have?
    """,
    "who lets the bot speak again speaks to it": """
        | A@ How do I limit memory?
        - A: stop replying here
        - B: talking to the bot again?
        - A: it is faster than you
        - A@ you can talk again
        | A: how do I turn off swap completely?
    """,
    "people talk about something else": """
        | A@ How do I export the data?
        - B: lunch?
        - C: pizza again?
        - B: always
        - A: count me in
        - A: did anyone book the table?
    """,
}


def read_messages(thread: str) -> list[tuple[bool, str, str, str]]:
    """Return whether each message is answered, who says it, to whom, and what."""
    lines = [line.strip() for line in thread.strip().splitlines()]
    return [(line[0] == "|", line[2], line[3], line[4:].strip().replace("\\n", "\n")) for line in lines]


def play(thread: str) -> list[tuple[str, bool, bool]]:
    """Judge each message of a thread. -> its text, whether it is answered, and whether it ought to be."""
    heard, outcomes = list[Utterance](), []
    for number, (wanted, who, to, text) in enumerate(read_messages(thread)):
        trigger = Trigger.ADDRESSED if to == "@" else Trigger.FOLLOW_UP
        decision = decide(read_form(text), Addressing(trigger, who, to_people=to == ">"), read_thread(heard, ("0",)))
        is_answered = decision.answering is not Answering.NO
        kind = UtteranceKind.QUESTION if is_answered else decision.kind
        heard.append(Utterance(str(number), frozenset({who}), float(number), kind))
        outcomes.append((text, is_answered, wanted))
    return outcomes


@pytest.mark.parametrize("name", THREADS)
def test_the_rule_holds_where_it_was_not_made(name: str) -> None:
    wrong = [(text, answered) for text, answered, wanted in play(THREADS[name]) if answered is not wanted]
    assert wrong == []


def test_there_are_enough_of_them() -> None:
    outcomes = [each for thread in THREADS.values() for each in play(thread)]
    assert len(outcomes) > 80
    assert sum(wanted for _, _, wanted in outcomes) > 25
