"""A site crawled again and again into one database: unchanged, 1 % of its pages edited, all of them rebuilt.

Each crawl is a separate process with fake vectors; the edits are those of `bench/edits.py`, made in the server's
memory, where each gives the pages it touches a new ETag and date.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.bars import Bar
from bench.crawled import Job
from bench.running import Cost, run_ours
from bench.served import Asked, Served

VERSION = "9.1"
"""What the navigation says when all is rebuilt."""


def measured(database: str, site: Served, connections: int) -> Iterator[Bar]:
    """Run four crawls in this order: new, unchanged, edited, rebuilt. Yield their bars."""
    print(f"\nrecrawl: {connections} connections, no latency")
    _crawled("new", database, site, connections)
    cost, asked = _crawled("unchanged", database, site, connections)
    yield from _well(cost, site, "unchanged")
    yield Bar("unchanged: bodies", asked.bodies, most=0)
    yield Bar("unchanged: embeddings", cost.report["embedded"], most=0)
    pages = site.edit("edited")
    cost, asked = _crawled(f"{pages} edited", database, site, connections)
    yield from _well(cost, site, "edited")
    yield Bar("edited: bodies", asked.bodies, least=pages, most=pages)
    yield Bar(f"edited: embeddings for {pages} pages", cost.report["embedded"], least=pages, most=20)
    pages = site.edit("rebuilt", VERSION)
    cost, asked = _crawled(f"{pages} rebuilt", database, site, connections)
    yield from _well(cost, site, "rebuilt")
    yield Bar("rebuilt: bodies", asked.bodies, least=pages)
    # The earlier edit is taken back with it, but the vectors of the passages that were there first are kept.
    yield Bar("rebuilt: embeddings", cost.report["embedded"], most=0)
    site.edit("")


def _crawled(name: str, database: str, site: Served, connections: int) -> tuple[Cost, Asked]:
    site.reset()
    cost = run_ours(Job(database, "site", site.start, connections))
    asked, report = site.asked(), cost.report
    print(
        f"  {name:14} {asked.not_modified:6} answers 304, {asked.bodies:6} bodies, {report['embedded']:6} embedded, "
        f"{report['passages']:6} passages, {report['removed']:4} removed, {cost.cpu:5.2f} s processor, "
        f"{report['seconds']:5.1f} s, {report['verdict']} {report['reason']}"
    )
    return cost, asked


def _well(cost: Cost, site: Served, name: str) -> Iterator[Bar]:
    if cost.report["verdict"] != "ok":
        yield Bar(f"{name}: verdict ok", 0, least=1)
    yield Bar(f"{name}: pages", cost.report["pages"], least=site.pages)
