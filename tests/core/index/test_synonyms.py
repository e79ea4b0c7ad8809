"""Words that stand for each other: stems, general, and none for itself."""

from __future__ import annotations

from core.index.synonyms import GROUPS, find_synonyms
from core.index.terms import split_terms


def test_a_term_brings_the_stems_that_may_stand_for_it() -> None:
    assert find_synonyms(split_terms("folders")) == [("directori", "folder"), ("dir", "folder")]
    assert find_synonyms(split_terms("kiln")) == []


def test_what_is_asked_already_is_no_synonym() -> None:
    assert find_synonyms(split_terms("folder directory")) == [("dir", "folder"), ("dir", "directori")]


def test_each_group_has_words_of_one_term_and_of_several_stems() -> None:
    for line in GROUPS.split("\n"):
        stems = [split_terms(word) for word in line.split()]
        assert all(len(each) == 1 for each in stems), line
        assert not stems or len({each[0] for each in stems}) == len(stems) > 1, line
