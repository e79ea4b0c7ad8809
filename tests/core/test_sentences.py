"""The catalogue of fixed sentences: whole in each language, and shown on its page."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from core.config.settings import Settings
from core.sentences import ENGLISH, GERMAN, Sentences, is_apology, page, sentences_in

NAMES = [each.name for each in fields(Sentences)]
ROOT = Path(__file__).parents[2]
SPEAKER = re.compile(r"(?:\b|_)(?:ENGLISH|said|sentences)$|sentences(?:_in)?\(.*\)$")
"""What a sentence is taken from: a catalogue, or the call that picks one."""


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_takes_the_same_values_in_each_language(name: str) -> None:
    ours, theirs = getattr(ENGLISH, name), getattr(GERMAN, name)
    assert ours.strip(), name
    assert theirs.strip(), name
    assert sorted(re.findall(r"{\w*}", ours)) == sorted(re.findall(r"{\w*}", theirs))
    assert re.findall(r"`[^`]*`", ours) == re.findall(r"`[^`]*`", theirs), "what is typed is not translated"


@pytest.mark.parametrize("named", ["German", "deutsch", "de", "de-AT", "de_CH", "German, with Sie"])
def test_a_language_is_known_by_the_names_that_people_give_it(named: str) -> None:
    assert sentences_in(named) is GERMAN


@pytest.mark.parametrize("named", ["", "English", "French", "the language of the question", "Dutch", "Modern Greek"])
def test_all_other_languages_are_answered_in_english(named: str) -> None:
    assert sentences_in(named) is ENGLISH


def test_an_install_that_sets_nothing_speaks_english() -> None:
    assert sentences_in(str(Settings.model_fields["answer_language"].default)) is ENGLISH


def test_a_value_is_not_read_as_a_place_for_values() -> None:
    assert ENGLISH.files_unread.format(files="{0} {why}") == "I could not read {0} {why}."


def test_an_apology_is_recognised_in_each_language() -> None:
    assert is_apology(f"{GERMAN.apology} The model is away.")
    assert is_apology(ENGLISH.apology)
    assert not is_apology(GERMAN.cut_off)


def test_the_page_of_messages_is_written_from_the_catalogue() -> None:
    assert (ROOT / "docs" / "messages.md").read_text("utf-8").endswith(page()), "run python -m core.sentences"


def test_each_sentence_is_said_somewhere() -> None:
    """One that nobody says would be a promise of `docs/messages.md` that nothing keeps."""
    paths = [
        path for folder in ("bot", "core") for path in (ROOT / folder).rglob("*.py") if path.name != "sentences.py"
    ]
    used = {
        node.attr
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and SPEAKER.search(ast.unparse(node.value))
    }
    assert set(NAMES) - used == set()
