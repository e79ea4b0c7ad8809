"""Habits of models around an answer: where they put what was not found, labels, marks and wrappings."""

from __future__ import annotations

import pytest

from core.answer.draft import Draft
from core.domain import Question
from core.ports import Reading
from tests.fakes import hit

HITS = (
    hit("The dev server listens on port 5173 by default. Set `server.port` to change it.", anchor="port"),
    hit("Run `app init --force` to overwrite the folder. Files larger than 5 MB are skipped.", anchor="init"),
)
SENTENCE = "The dev server listens on port 5173 by default"
LOWER = SENTENCE[0].lower() + SENTENCE[1:]
QUESTION = "Which port does the dev server use?"


def read(written: str) -> Draft:
    draft = Draft(Reading(Question(QUESTION), HITS), longest=9_000, longest_raw=9_000)
    draft.feed(written)
    draft.finish()
    return draft


@pytest.mark.parametrize(
    "note",
    [
        "\n\nNOT_FOUND: the port on Windows",
        "\n\n- NOT_FOUND: the port on Windows",
        " NOT_FOUND: the port on Windows",
        "\n\n### NOT_FOUND: the port on Windows",
        "\nNOT_FOUND:\n- the port on Windows",
        "\n\n> NOT_FOUND: the port on Windows",
        "\n\n(NOT_FOUND: the port on Windows)",
        "\n\n**NOT_FOUND**: the port on Windows",
        "\n\nNOT FOUND: the port on Windows",
        "\n\nnot_found: the port on Windows",
        "\n\nNOT_FOUND - the port on Windows",
    ],
)
def test_what_was_not_found_is_read_wherever_it_stands(note: str) -> None:
    draft = read(f"{SENTENCE} [1].{note}")
    assert draft.text == f"{SENTENCE} [1]."
    assert draft.checker.notes.not_found == ["the port on Windows"]
    assert not draft.checker.dropped


@pytest.mark.parametrize(
    "note",
    ["none", "Nothing was left out.", "All parts of the question were answered.", "N/A", "nothing"],
)
def test_a_note_that_nothing_is_missing_is_none(note: str) -> None:
    draft = read(f"{SENTENCE} [1].\n\nNOT_FOUND: {note}")
    assert not draft.answers_partly


def test_a_note_in_the_words_of_the_prompt_names_nothing() -> None:
    draft = read(f"{SENTENCE} [1].\n\nNOT_FOUND: names what is missing.")
    assert draft.checker.notes.not_found == []
    assert draft.answers_partly


@pytest.mark.parametrize(
    "draft",
    [
        "DOES_NOT_KNOW",
        "**DOES_NOT_KNOW**",
        "`DOES_NOT_KNOW`.",
        "Does not know",
        "DOES NOT KNOW",
        "Answer: DOES_NOT_KNOW",
        "I would reply with: DOES_NOT_KNOW",
        '{"answer": "DOES_NOT_KNOW"}',
        "```\nDOES_NOT_KNOW\n```",
        "context_not_relevant",
        "CONTEXT NOT RELEVANT",
        "No_context",
        "NOT_FOUND: the port",
        "I'm sorry, but the provided passages do not contain information about that.",
        "This question cannot be answered from the passages.",
        "None of the passages answer the question.",
        "The answer is not in the context.",
        "It is not specified.",
        "The documentation does not specify a rate limit [1].",
        "Desafortunadamente, la documentación no menciona el puerto [1].",
        "Aucun des passages ne répond à la question [1].",
        "Die Dokumentation enthält dazu keine Angaben [1].",
    ],
)
def test_a_refusal_in_any_form_is_no_answer(draft: str) -> None:
    assert read(draft).text == ""


@pytest.mark.parametrize(
    "draft",
    [
        f"{SENTENCE} (Source: [1]).",
        f"{SENTENCE} (passage [1]).",
        f"{SENTENCE} (see [1]).",
        f"{SENTENCE}, see passage 1.",
        f"{SENTENCE}, as stated in passage [1].",
        f"[1]: {SENTENCE}.",
        f"Passage [1]: {SENTENCE}.",
        f"**[1]** {SENTENCE}.",
        f"According to [1], {LOWER}.",
        f"As passage [1] says, {LOWER}.",
        f"In passage [1], it is stated that {LOWER}.",
        f"It is stated in passage [1] that {LOWER}.",
        f"From passage [1] we learn that {LOWER}.",
        f"Passage [1] clearly states that {LOWER}.",
        f"Based on the provided documentation, {LOWER}.",
        f"Answer: {SENTENCE} [1].",
        f"**Final answer:** {SENTENCE} [1].",
        f"The answer is: {SENTENCE} [1].",
        f"Question: {QUESTION}\nAnswer: {SENTENCE} [1].",
        f"{QUESTION}\n\n{SENTENCE} [1].",
        f"<answer>{SENTENCE} [1].</answer>",
        f"BEGIN passage [1]\n{SENTENCE}.\nEND passage [1]",
        f'{{"answer": "{SENTENCE} [1].", "sources": [1]}}',
        f'{{"sentences": [{{"text": "{SENTENCE}", "passage": 1}}]}}',
        f'{{"sentences": [{{"text": "{SENTENCE}.", "passages": [1]}}]}}',
        f"```markdown\n{SENTENCE} [1].\n```",
        f"{SENTENCE}.\n\nSource: [1]",
        f"{SENTENCE}.\n\n**Sources:**\n- [1] Guide",
        f"Sure! {SENTENCE} [1]. Let me know if you need more.",
    ],
)
def test_an_answer_is_shown_without_what_a_model_writes_around_it(draft: str) -> None:
    shown = read(draft).text
    assert "".join(shown.replace("**", "").split()) in (
        f"{SENTENCE}[1].".replace(" ", ""),
        f"{SENTENCE}.[1]".replace(" ", ""),
    )
