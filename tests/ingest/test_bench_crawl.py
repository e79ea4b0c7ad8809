"""What `bench.crawl` rests on: its edits of a site do to passages what their names say, and bars are held or not."""

from __future__ import annotations

import pytest

from bench.bars import Bar
from bench.edits import changes, edited, rebuilt, salted, some
from ingest.html.extract import extract
from ingest.split import split

URL = "https://docs.example/page.html"
LONG = "The server reads its settings once, when it begins, and again when it is told to by a signal. " * 5
MENU = '<div class="navheader"><a accesskey="n" href="next.html">Next</a></div>'
PAGE = (
    f"<html><head><title>Settings</title></head><body>{MENU}<main><h1 id=a>Settings</h1><p>{LONG}</p>"
    f"<h2 id=b>Signals</h2><p class=x>{LONG[:250]}</p></main></body></html>"
)


def passages(html: str) -> list[bytes]:
    return [passage.identity for passage in split(extract(html, URL), URL)[0]]


def test_an_edit_makes_one_passage_of_a_page_a_new_one() -> None:
    before, now = passages(PAGE), passages(edited(PAGE))
    assert len(before) == len(now)
    assert len(set(now) - set(before)) == 1


def test_a_rebuilt_page_is_another_page_with_the_same_passages() -> None:
    again = rebuilt(PAGE, "9.1")
    assert again.count("9.1") == 3
    assert passages(again) == passages(PAGE)


def test_a_salted_page_has_no_passage_of_before() -> None:
    assert set(passages(salted(PAGE, "salt1"))).isdisjoint(passages(PAGE))
    assert set(passages(salted(PAGE, "salt2"))).isdisjoint(passages(salted(PAGE, "salt1")))


def test_a_share_of_the_pages_is_edited_and_none_that_has_no_long_paragraph() -> None:
    pages = {f"/{number:03}.html": PAGE if number % 2 else "<p>short</p>" for number in range(200)}
    chosen = some(pages, 0.01)
    assert len(chosen) == 2
    assert dict(changes("edited", pages, "")).keys() == set(chosen)
    assert all(int(path[1:4]) % 2 for path in chosen)


@pytest.mark.parametrize(
    ("measured", "least", "most", "held"),
    [(1, None, 1, True), (2, None, 1, False), (1, 1, None, True), (0, 1, None, False), (3, 1, 2, False)],
)
def test_a_bar_is_held_between_what_is_asked_at_least_and_at_most(
    measured: float, least: float | None, most: float | None, *, held: bool
) -> None:
    bar = Bar("pages", measured, least, most)
    assert bar.held is held
    assert ("MISSED" in str(bar)) is not held
