"""Which edition wins, and what a filter means."""

from __future__ import annotations

import random

import pytest

from core.domain import DEFAULT_EDITION, Edition
from core.index.editions import (
    EditionPartition,
    choose_shelves,
    is_dotted,
    language_fits,
    list_editions,
    numbers_of,
    same_version,
    version_rank,
)

ORDER = ["current", "stable", "latest", "2.x", "2.10.1", "v2.10", "2.9", "release-1.9", "v1", "3.0rc2", "3.0rc1", "dev"]


def test_versions_are_ordered_as_releases_are() -> None:
    shuffled = random.Random(4).sample(ORDER, len(ORDER))
    assert sorted(shuffled, key=version_rank, reverse=True) == ORDER
    assert {version_rank(name) for name in ("main", "next", "nightly", "whatever")} == {version_rank("dev")}


@pytest.mark.parametrize(
    ("text", "numbers", "dotted"),
    [("1.2", (1, 2), True), ("v3", (3,), False), ("2.x", (2,), True), ("1.0-beta.2", (1, 0), True), ("go", (), False)],
)
def test_numbers_are_read_as_they_are_written(text: str, numbers: tuple[int, ...], dotted: bool) -> None:
    assert (numbers_of(text), is_dotted(text)) == (numbers, dotted)


def test_a_version_is_found_under_each_of_its_spellings() -> None:
    assert same_version("2.0", "v2.0")
    assert same_version("V2.0", "release-2.0")
    assert same_version("Latest", "latest")
    assert not same_version("2.0", "2.0rc1")
    assert not same_version("2", "2.0")
    assert language_fits("en", "en-us")
    assert language_fits("pt_BR", "pt-br")
    assert not language_fits("en-us", "en")


def shelves(*labels: str, passages: int = 100) -> list[EditionPartition]:
    """Return partitions from labels.

    `"1.0 en"` -> a partition; `_` stands for nothing, a number after `*` for its passages.
    """
    made = []
    for number, label in enumerate(labels, 1):
        name, _, size = label.partition("*")
        version, language, place = (*name.split(), "_", "_", "_")[:3]
        edition = Edition(*(part.replace("_", "") for part in (version, language, place)))
        made.append(EditionPartition(number, edition, int(size or passages)))
    return made


def names(found: list[EditionPartition]) -> list[str]:
    return sorted(str(shelf.edition) for shelf in found)


CHOICES = {
    "no editions": (["_"], [""]),
    "the newest": (["1.0", "2.0", "dev"], ["2.0"]),
    "stable": (["1.0", "2.0", "latest", "stable"], ["stable"]),
    "what is current": (["_ _*3", "current", "1.0", "next"], ["", "current"]),
    "not a version of one page": (["1.0*500", "2.0*3"], ["1.0"]),
    "no pre-release": (["1.0", "2.0rc1"], ["1.0"]),
    "the operator's language": (["_ de", "_ en", "_ ja"], ["en"]),
    "the operator's language, elsewhere": (["_ de", "_ en-us", "_ ja"], ["en-us"]),
    "unknown next to others": (["_ _", "_ de"], [""]),
    "the largest where there is none": (["_ de*50", "_ ja*70"], ["ja"]),
    "the largest next to a start page": (["_ _*1", "_ de*50"], ["", "de"]),
    "the newest of the language": (["1.0 en", "2.0 de", "2.0 ja"], ["1.0, en"]),
    "one of each place": (["1.0 _ a", "2.0 _ a", "7.0 _ b", "8.0 _ b"], ["2.0", "8.0"]),
    "what has passages": (["1.0", "2.0*0"], ["1.0"]),
}


@pytest.mark.parametrize(("labels", "expected"), CHOICES.values(), ids=CHOICES)
def test_by_default_the_best_edition_is_searched(labels: list[str], expected: list[str]) -> None:
    assert names(choose_shelves(shelves(*labels), DEFAULT_EDITION, "en")) == expected


FILTERS = [
    (Edition("1.0"), ["1.0, en"]),
    (Edition("v1.0"), ["1.0, en"]),
    (Edition("1.0", "de"), ["1.0, de"]),
    (Edition("", "de"), ["2.0, de"]),
    (Edition("", "ja"), ["1.0, ja"]),
    (Edition("dev"), ["dev, en"]),
    (Edition("9.9"), []),
    (Edition("", "fr"), []),
    (Edition("2.0", "ja"), []),
]


@pytest.mark.parametrize(("asked", "expected"), FILTERS, ids=str)
def test_a_filter_finds_others_and_never_mixes_them(asked: Edition, expected: list[str]) -> None:
    stored = shelves("1.0 en", "2.0 en", "dev en", "1.0 de", "2.0 de", "1.0 ja")
    assert names(choose_shelves(stored, asked, "en")) == expected


def test_a_source_without_languages_is_in_the_operators() -> None:
    assert names(choose_shelves(shelves("_"), Edition("", "en"), "en")) == [""]
    assert choose_shelves(shelves("_"), Edition("", "de"), "en") == []


def test_what_there_is_is_listed_with_the_winner_first() -> None:
    assert list_editions(shelves("1.0 de", "2.0 en", "next en", "3.0*0")) == (["2.0", "1.0", "next"], ["de", "en"])
