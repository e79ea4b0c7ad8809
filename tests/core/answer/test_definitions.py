"""`core.answer.definitions`: which questions want a definition, and which passage goes first."""

from __future__ import annotations

import pytest

from core.answer.definitions import find_asked_name, put_definition_first
from core.domain import Hit, Passage


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What is a kiln?", "kiln"),
        ("what's a kiln", "kiln"),
        ("What are kiln doors?", "kiln doors"),
        ("What does `wait` mean?", "wait"),
        ("What is KILN_HOME?", "kiln_home"),
        ("define glaze", "glaze"),
        ("What is a shelf in kilns?", "shelf"),
        ("What is the port of the server?", ""),
        ("What is the default of wait in a new kiln?", ""),
        ("How do I light a kiln?", ""),
        ("What do I need?", ""),
        ("What does a kiln do?", ""),
        ("What is the door of a kiln?", ""),
        ("What is new?", "new"),
    ],
)
def test_a_question_what_something_is_names_it(question: str, name: str) -> None:
    assert find_asked_name(question) == name


def first(question: str, *sections: tuple[str, str]) -> str:
    """Return the heading of the passage that goes first; the sections come in the order of their rank."""
    hits = [
        Hit(Passage("https://docs.example/p", str(at), (heading,), text), "docs", 1.0 - at / 100)
        for at, (heading, text) in enumerate(sections)
    ]
    ordered = put_definition_first(question, hits)
    assert sorted(map(id, ordered)) == sorted(map(id, hits))
    assert [hit for hit in ordered if hit is not ordered[0]] == [hit for hit in hits if hit is not ordered[0]]
    return ordered[0].passage.path[-1]


LIST = ("Kiln doors", "Close the doors of the kiln. A kiln door is a heavy thing.")


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("What is a kiln?", ("How it works", "A kiln is a room that is hot.")),
        ("What is a kiln?", ("How it works", "Kilns are rooms that are hot.")),
        ("What is a kiln?", ("The kiln", "It is hot in there. The kiln (or oven) is the place to burn clay.")),
        ("What is a kiln?", ("Kilns", "Clay is burnt there.")),
        ("What is a kiln?", ("2. Kiln – the place of fire", "Clay is burnt there.")),
        ("What is KILN_HOME?", ("Folders", "`KILN_HOME` is the folder of all kilns.")),
        ("What does glaze mean?", ("Words", "Glaze means a coat of glass.")),
        ("What are glazes?", ("Words", "A glaze is a coat of glass.")),
    ],
)
def test_the_passage_that_says_what_it_is_goes_first(question: str, section: tuple[str, str]) -> None:
    assert first(question, LIST, section) == section[0]


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("What is a kiln?", ("How it works", "A kiln is heated slowly.")),
        ("What is a kiln?", ("How it works", "Light it first. A kiln is a room that is hot.")),
        ("What is a kiln?", ("kiln_size", "The kiln size is a number.")),
        ("What is a kiln?", ("How it works", "A kilnman is a man who burns.")),
        ("How do I light a kiln?", ("Kilns", "A kiln is a room that is hot.")),
    ],
)
def test_what_only_speaks_of_it_stays_in_its_place(question: str, section: tuple[str, str]) -> None:
    assert first(question, LIST, section) == LIST[0]


def test_a_sentence_that_says_it_goes_before_a_heading_that_names_it() -> None:
    named, says = ("Kilns", "Clay is burnt there."), ("Words", "A kiln is a room that is hot.")
    assert first("What is a kiln?", LIST, named, says) == "Words"
