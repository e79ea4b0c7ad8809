from __future__ import annotations

import math

import pytest

from core.answer.scoring import Location, average_scores, score

GUIDE, OTHER = Location("https://a.example/guide.html", "install"), Location("https://a.example/other", "x")


def test_a_gold_location_at_the_first_rank_scores_one_everywhere() -> None:
    figures = score([GUIDE, OTHER], [GUIDE])
    assert (figures.recall_at_5, figures.ndcg_at_10, figures.mrr) == (1, 1, 1)


def test_a_gold_location_at_the_second_rank_is_discounted() -> None:
    figures = score([OTHER, GUIDE], [GUIDE])
    assert figures.mrr == 0.5
    assert figures.ndcg_at_10 == pytest.approx(1 / math.log2(3))


def test_three_passages_of_one_section_take_one_rank() -> None:
    assert score([OTHER, OTHER, OTHER, GUIDE], [GUIDE]).mrr == 0.5


def test_the_same_gold_location_counts_once() -> None:
    whole_page = Location("https://a.example/guide")
    results = [Location("https://a.example/guide", "a"), Location("https://a.example/guide", "b")]
    assert score(results, [whole_page]).recall_at_10 == 1


def test_nothing_found_scores_zero() -> None:
    assert score([OTHER], [GUIDE]) == score([], [GUIDE])


@pytest.mark.parametrize(
    ("found", "gold", "same"),
    [
        ("http://127.0.0.1:80/en/guide/index.html", "https://a.example/en/guide", True),
        ("http://127.0.0.1:80/guide.html", "https://a.example/docs/guide", True),
        ("http://127.0.0.1:80/myguide.html", "https://a.example/guide", False),
        ("http://127.0.0.1:80/", "https://a.example/guide", False),
    ],
)
def test_pages_are_the_same_under_another_host_or_prefix(found: str, gold: str, *, same: bool) -> None:
    assert Location(found).is_at(Location(gold)) is same


def test_the_mean_of_no_question_is_zero() -> None:
    assert average_scores([]).mrr == 0
