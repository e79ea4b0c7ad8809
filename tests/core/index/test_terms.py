from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.index.terms import SLOTS, lexemes, question_words, slot, split_terms, weights


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("DPOTrainer", ["dpo", "trainer", "dpotrain"]),
        ("torch.nn.Linear", ["torch", "nn", "linear", "torchnnlinear"]),
        ("--no-cache-dir", ["no", "cach", "dir", "nocachedir"]),
        ("HTTP2Server", ["http", "2", "server", "http2server"]),
        ("running runs", ["run", "run"]),
        ("naïve", ["naiv"]),
        ("日本語", ["日本", "本語"]),
    ],
)
def test_identifiers_are_split_and_kept_whole(written: str, terms: list[str]) -> None:
    assert split_terms(written) == terms


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("learning_rate", "--learning-rate"),
        ("dpotrainer", "DPOTrainer"),
        ("fine tuning", "fine-tuned"),
        ("Café", "cafe"),
    ],
)
def test_each_spelling_finds_the_other(asked: str, written: str) -> None:
    assert set(split_terms(asked)) & set(split_terms(written))


def test_stop_words_leave_questions_only() -> None:
    assert "the" in split_terms("the cache")
    assert [word.parts for word in question_words("What is the cache?")] == [("cach",)]


def test_a_question_of_stop_words_alone_asks_for_nothing() -> None:
    assert question_words("what is it?") == []


@given(st.text(max_size=300))
def test_any_text_makes_a_literal_that_holds_no_quote_inside_a_term(text: str) -> None:
    literal = lexemes(split_terms(text))
    assert all(piece.startswith("'") and piece.endswith("'") and "'" not in piece[1:-1] for piece in literal.split())


@given(st.lists(st.sampled_from(["a1", "b2", "c3", "d4"]), min_size=1, max_size=60))
def test_a_term_weighs_more_the_more_often_it_occurs_and_never_over_k1_plus_one(terms: list[str]) -> None:
    found = weights(terms)
    assert all(0 <= place < SLOTS and 0 < weight < 2.2 for place, weight in found.items())
    counts = sorted(set(terms), key=terms.count)
    by_count = [found[slot(term)] for term in counts]
    assert by_count == sorted(by_count)


def test_a_long_row_weighs_a_term_less() -> None:
    assert weights(["x", *["y"] * 20])[slot("x")] > weights(["x", *["y"] * 400])[slot("x")]


def test_a_term_of_the_heading_counts_more_than_one_of_the_text_and_adds_no_other() -> None:
    plain, headed = weights(["install", "pip"]), weights(["install", "pip"], ["install"])
    assert headed[slot("install")] > plain[slot("install")]
    assert headed[slot("pip")] == plain[slot("pip")]
