"""Questions in near wordings are gathered; those about other things are not."""

from __future__ import annotations

from collections.abc import Sequence

from core.history.gaps import SubjectIndex, to_terms


def gather_wordings(wordings: Sequence[str]) -> list[int]:
    """Return the subject of each wording, the next number for a new one."""
    index, found = SubjectIndex(), list[int]()
    for wording in wordings:
        subject = index.find(to_terms(wording))
        if subject is None:
            subject = max(found, default=-1) + 1
            index.add(subject, to_terms(wording))
        found.append(subject)
    return found


def test_wordings_that_share_most_words_are_one_group() -> None:
    wordings = ["How do I rotate the API keys?", "rotating API keys", "What is a passage?", "please rotate an api key"]
    assert gather_wordings(wordings) == [0, 0, 1, 0]


def test_a_wording_joins_the_nearest_group_and_not_the_first() -> None:
    assert gather_wordings(["crawl a PDF site", "crawl a large site nightly", "crawl a large site"]) == [0, 1, 1]


def test_one_common_word_gathers_nothing() -> None:
    assert gather_wordings(["Where are the logs?", "rotate logs hourly", "ship logs to Loki"]) == [0, 1, 2]


def test_wordings_of_stop_words_or_signs_alone_stay_apart() -> None:
    assert gather_wordings(["what is it?", "why?", "???", "What is it?", ""]) == [0, 1, 2, 0, 3]


def test_scripts_without_spaces_and_other_languages_are_gathered_as_well() -> None:
    wordings = ["索引を移動する方法", "索引を移動する", "Wie ändere ich den Proxy?", "wie ändere ich meinen proxy"]
    assert gather_wordings(wordings) == [0, 0, 1, 1]


def test_no_wording_is_no_group() -> None:
    assert gather_wordings([]) == []
