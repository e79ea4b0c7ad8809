"""Which of the hits an answer rests on, and which links are shown where there is no answer. Pure; searches nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from core.domain import Citation, Hit


def limit_per_page(hits: Sequence[Hit], per_page: int) -> tuple[Hit, ...]:
    """Return the hits, best first, with at most `per_page` passages of one page."""
    seen: Counter[str] = Counter()
    kept = []
    for hit in hits:
        seen[hit.passage.url] += 1
        if seen[hit.passage.url] <= per_page:
            kept.append(hit)
    return tuple(kept)


def add_neighbours(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with the other passages of the best one's section moved up behind it, the nearest first.

    Long sections are cut into passages, and an answer may begin in one of them and end in another.
    """
    if not hits:
        return []
    best = hits[0].passage
    same_section = [each for each in hits[1:] if each.passage.link == best.link]
    same_section.sort(key=lambda each: abs(each.passage.ordinal - best.ordinal))
    return [hits[0], *same_section, *(each for each in hits[1:] if each.passage.link != best.link)]


def best_of_sections(hits: Sequence[Hit]) -> list[Hit]:
    """Return the best hit of each section, in the order of the hits."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.passage.link, hit)
    return list(best.values())


def spread_sections(hits: Sequence[Hit], per_page: int) -> list[Hit]:
    """Return the best hit of each section, best first; behind them those of which a page has over `per_page` before.

    Where nothing is sure, sections of several pages are more likely to hold the right one (docs/decisions/0047).
    """
    best = best_of_sections(hits)
    kept = limit_per_page(best, per_page)
    return [*kept, *(hit for hit in best if hit not in kept)]


def interleave_hits(first: Sequence[Hit], second: Sequence[Hit]) -> list[Hit]:
    """Return the best of both in turn, each passage once.

    A follow-up may be about its thread, or begin something new.
    """
    in_turn = [hit for pair in zip_longest(first, second) for hit in pair if hit is not None]
    seen: dict[tuple[str, int], Hit] = {}
    for hit in in_turn:
        seen.setdefault((hit.passage.url, hit.passage.ordinal), hit)
    return list(seen.values())


def select_links(hits: Sequence[Hit], count: int) -> tuple[Citation, ...]:
    """Return the best `count` distinct links, numbered from 1."""
    best = [hit.passage for hit in best_of_sections(hits)[:count]]
    return tuple(Citation(number, each.link, each.path, each.title) for number, each in enumerate(best, 1))
