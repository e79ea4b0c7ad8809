"""Many short threads, typed as people type: in several languages, without marks, with other people around.

The threads are in `turns.txt`: `# place: name`, then a message a line, as `test_attention_unseen.py` writes them; the
place is `thread` where none is named, else `channel`, `forum` or `direct`. `orders.txt` holds orders of quiet, and what
only has their words.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.attention import Addressing, Answering, ThreadState, Trigger, decide, read_form, read_thread
from bot.forms.people import remove_name
from core.inbox.conversation import Utterance, UtteranceKind

ORDERS = (Path(__file__).parent / "orders.txt").read_text("utf-8").removeprefix("# quiet\n").split("# none\n")
TEXT = (Path(__file__).parent / "turns.txt").read_text("utf-8")
PLACES = ("channel", "forum", "direct")


def read_threads() -> dict[str, list[str]]:
    """Return the lines of each thread by its name."""
    threads: dict[str, list[str]] = {}
    for line in TEXT.splitlines():
        if line.startswith("# "):
            threads[line[2:]] = []
        elif line.strip():
            list(threads.values())[-1].append(line)
    return threads


def say(place: str, line: str, *, is_first: bool) -> tuple[str, Addressing]:
    """Return the text of a line without the bot's name, and who says it to whom."""
    text = line[4:].strip().replace("\\n", "\n")
    called = remove_name(text, ("footnote",))
    trigger = Trigger.ADDRESSED if line[3] == "@" else Trigger.FOLLOW_UP
    if place == "channel":
        trigger = Trigger.OVERHEARD
    if place == "forum" and is_first:
        trigger = Trigger.POST
    addressing = Addressing(trigger, line[2], place == "direct", called is not None, to_people=line[3] == ">")
    return called or text, addressing


def play(name: str, lines: list[str]) -> list[str]:
    """Return the lines of a thread that were decided wrongly."""
    place = name.partition(":")[0] if name.partition(":")[0] in PLACES else "thread"
    heard, wrong = list[Utterance](), list[str]()
    for number, line in enumerate(lines):
        text, addressing = say(place, line, is_first=not number)
        state = read_thread(heard, () if place == "direct" else ("0",))
        if place == "channel" or addressing.why is Trigger.POST:
            state = ThreadState(engaged=True, quiet=state.quiet)
        decision = decide(read_form(text), addressing, state)
        is_answered = decision.answering is not Answering.NO
        kind = UtteranceKind.QUESTION if is_answered else decision.kind
        heard.append(Utterance(str(number), frozenset({line[2]}), float(number), kind))
        if line[0] != "~" and is_answered is not (line[0] == "|"):
            wrong.append(line)
    return wrong


@pytest.mark.parametrize(("name", "lines"), read_threads().items(), ids=list(read_threads()))
def test_who_is_meant_is_known_from_turns_and_form(name: str, lines: list[str]) -> None:
    assert play(name, lines) == []


def test_an_order_of_quiet_is_told_from_what_has_its_words() -> None:
    orders, others = ([line for line in part.splitlines() if line] for part in ORDERS)
    assert [each for each in orders if not read_form(each).quiet] == []
    assert [each for each in others if read_form(each).quiet] == []


@pytest.mark.parametrize(
    "text",
    ["k" * 1_900 + " x", "ha" * 900 + "x", "thanks " + "a" * 900 + " b c d e f g", "and " * 480, "it still " * 200],
    ids=["laughter", "more laughter", "thanks", "and", "still"],
)
def test_a_text_that_repeats_itself_is_read_to_its_end(text: str) -> None:
    assert not read_form(text).quiet, "a pattern that tries all ways to split such a text would not come back"
