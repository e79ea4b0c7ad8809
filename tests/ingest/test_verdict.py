"""`ingest.verdict`: what counts as lost, and which pages are removed."""

from __future__ import annotations

import pytest

from core.domain import Passage
from core.index.crawling import KnownPage, Outlook
from ingest.pages import Failed, Gone, Kept, Outcome, Skipped, Unchanged
from ingest.verdict import Tally, judge, leavers


def kept(url: str) -> Kept:
    return Kept(url, "T", (Passage(url, "", (), url),), ())


def tally(*outcomes: Outcome) -> Tally:
    count = Tally()
    for outcome in outcomes:
        count.take(outcome)
    return count


def known(number: int, misses: int = 0) -> dict[str, KnownPage]:
    return {f"https://h/{n}": KnownPage(f"https://h/{n}", misses=misses) for n in range(number)}


@pytest.mark.parametrize(
    ("of", "lost", "verdict"), [(10, 5, "ok"), (10, 6, "quarantined"), (100, 20, "ok"), (100, 21, "quarantined")]
)
def test_more_than_five_and_more_than_a_fifth_lost_is_a_quarantine(of: int, lost: int, verdict: str) -> None:
    count = tally(
        *(Unchanged(f"https://h/{n}") for n in range(lost, of)), *(Gone(f"https://h/{n}", 404) for n in range(lost))
    )
    assert judge(count, known(of), Outlook(of, of)).verdict == verdict


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        ("noindex", "quarantined"),
        ("duplicate", "quarantined"),
        ("robots.txt", "quarantined"),
        ("moved", "ok"),
        ("out of scope", "ok"),
        ("page limit", "partial"),
    ],
)
def test_pages_left_out_count_as_lost_unless_for_our_own_reasons(reason: str, verdict: str) -> None:
    count = tally(Unchanged("https://h/0"), *(Skipped(f"https://h/{n}", reason) for n in range(1, 10)))
    assert judge(count, known(10), Outlook(10, 10)).verdict == verdict


@pytest.mark.parametrize(("after", "verdict"), [(70, "ok"), (69, "quarantined"), (0, "aborted")])
def test_fewer_than_seven_tenths_of_the_passages_is_a_quarantine(after: int, verdict: str) -> None:
    assert judge(tally(Unchanged("https://h/0")), known(1), Outlook(100, after)).verdict == verdict


def test_who_leaves_and_who_is_missed() -> None:
    count = tally(
        Unchanged("https://h/0"),
        Gone("https://h/1", 404),
        Gone("https://h/2", 410),
        Failed("https://h/3", "timed out"),
        Skipped("https://h/4", "noindex"),
        Skipped("https://h/5", "page limit"),
    )
    assert leavers(count, known(6)) == (["https://h/1"], ["https://h/2", "https://h/4"])
    assert leavers(count, known(6, misses=1))[1] == ["https://h/1", "https://h/2", "https://h/4"]
    assert leavers(count, known(6), forced=True)[1] == ["https://h/1", "https://h/2", "https://h/4"]


def test_the_later_outcome_of_a_url_counts() -> None:
    count = tally(kept("https://h/a"), Unchanged("https://h/b"), Skipped("https://h/a", "duplicate"))
    assert (count.found, count.found_so_far, count.reasons) == ({"https://h/b"}, 1, {"duplicate": 1})
