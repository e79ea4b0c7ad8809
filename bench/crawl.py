"""What a crawl costs, compared with Scrapy where that is fair: run as `python -m bench.crawl [PART ...]`.

    cpu      processor seconds and memory of parent and parse child, requests a page
    scrapy   the same site by Scrapy in turn with ours: its processor seconds, following links only; compared with
             ours until passages are hashed (what both do and more), and until they are stored
    latency  pages a second where each answer takes 50 ms, ours and Scrapy's in turn
    recrawl  the site unchanged, 1 % edited, rebuilt as a whole: bodies and embeddings
    ask      p95 of a question during a crawl, as a multiple of its idle p95

    python -m bench.crawl [cpu scrapy latency recrawl ask] [--rounds 5] [--site postgres] [--dsn URL | --home DIR]

Without a PART all of them. The site (../shared/sites, the largest: postgres, 1,169 pages) is served by a separate
process, which is not counted, nor is Postgres; each crawl runs in another, counted from its start, and stores what it
finds in a new database. Fake vectors but in `ask`. Exit code 1: a bar was missed. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import asyncpg

from bench import asking, recrawl
from bench.bars import Bar, machine
from bench.crawled import Job
from bench.running import Cost, ScrapyCost, has_scrapy, run_ours, run_scrapy
from bench.served import SITES, Asked, Served, serving
from bench.server import database_in, server
from core.postgres.dsn import parse_dsn

PARTS = ("cpu", "scrapy", "latency", "recrawl", "ask")
CONNECTIONS, LATENCY_MS = 10, 50
_numbers = itertools.count(1)


@contextmanager
def new_database(dsn: str) -> Iterator[str]:
    """Create a database for the block. -> its url."""
    name = f"bench_crawl_{os.getpid()}_{next(_numbers)}"
    try:
        yield asyncio.run(database_in(dsn, name))
    finally:
        asyncio.run(_drop(dsn, name))


async def _drop(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(**parse_dsn(dsn))
    await connection.execute(f"drop database if exists {name} with (force)")
    await connection.close()


def ours(dsn: str, site: Served, latency_ms: float = 0) -> tuple[Cost, Asked]:
    """Run one crawl of ours into a new database."""
    site.reset(latency_ms)
    with new_database(dsn) as database:
        cost = run_ours(Job(database, "site", site.start, CONNECTIONS))
    asked, report = site.asked(), cost.report
    print(
        f"  footnote  {cost.cpu:6.2f} s processor ({cost.begun:.2f} starting up, "
        f"{cost.parent - cost.begun:.2f} parent, {cost.child:.2f} child),"
    )
    print(
        f"            {cost.memory:.0f} MB, {report['pages']} pages, {report['embedded']} embedded, "
        f"{asked.per_second:.0f} pages/s, {report['seconds']:.1f} s until readers see them, {report['verdict']}"
    )
    return cost, asked


def hashed(site: Served) -> Cost:
    """Run one crawl of ours that ends with the hashes of its passages."""
    site.reset(0)
    cost = run_ours(Job("", "site", site.start, CONNECTIONS), "bench.hashed")
    pages, passages = cost.report["pages"], cost.report["passages"]
    print(f"  footnote  {cost.cpu:6.2f} s processor until {passages} passages of {pages} pages are hashed")
    return cost


def scrapys(site: Served, latency_ms: float = 0) -> tuple[ScrapyCost, Asked]:
    """Run the same crawl by Scrapy."""
    site.reset(latency_ms)
    cost = run_scrapy(site.start, CONNECTIONS)
    asked = site.asked()
    print(f"  Scrapy    {cost.cpu:6.2f} s processor, {cost.pages} pages, {asked.per_second:.0f} pages/s")
    return cost, asked


def cpu(dsn: str, site: Served, rounds: int) -> list[Bar]:
    """Measure what a crawl costs."""
    print(f"\ncpu: {CONNECTIONS} connections, no latency, {rounds} rounds")
    runs = [ours(dsn, site) for _ in range(rounds)]
    costs, asked = [cost for cost, _ in runs], [asked for _, asked in runs]
    print(f"  beyond pages: {dict(asked[0].lists)}, {len(asked[0].missing)} that are not there")
    return [
        Bar("pages found", min(cost.report["pages"] for cost in costs), least=site.pages),
        Bar("processor s, parent and child, median", _median([cost.cpu for cost in costs]), most=6),
        Bar("memory of parent and child, MB of PSS, most", max(cost.memory for cost in costs), most=150),
        Bar("requests of one page, most", max(each.most for each in asked), most=1),
    ]


def next_to_scrapy(dsn: str, site: Served, rounds: int) -> list[Bar]:
    """Compare processor seconds with Scrapy's, in turn."""
    print(f"\nscrapy: {CONNECTIONS} connections, no latency, {max(3, rounds)} rounds in turn")
    pairs = list(_in_turn(dsn, site, max(3, rounds), 0))
    _compare_pages(pairs)
    alone = [hashed(site).cpu for _ in pairs]
    stored, scrapy = [mine[0].cpu for mine, _ in pairs], [theirs[0].cpu for _, theirs in pairs]
    print(f"  medians: {_median(alone):.2f} s hashed, {_median(stored):.2f} s stored, Scrapy {_median(scrapy):.2f} s")
    print(f"  stored, with terms and COPY, is {_ratio(stored, scrapy):.2f} times Scrapy, which keeps nothing")
    return [Bar("processor s until hashed, as a multiple of Scrapy's", _ratio(alone, scrapy), most=0.999)]


def latency(dsn: str, site: Served, rounds: int) -> list[Bar]:
    """Measure pages a second, from the first request of a page to the last answer, as the server saw it."""
    print(f"\nlatency: {CONNECTIONS} connections, {LATENCY_MS} ms an answer, {max(5, rounds)} rounds in turn")
    if has_scrapy():
        pairs = list(_in_turn(dsn, site, max(5, rounds), LATENCY_MS))
        _compare_pages(pairs)
        speeds = [mine[1].per_second for mine, _ in pairs]
        print(f"  Scrapy, pages/s, median: {_median([theirs[1].per_second for _, theirs in pairs]):.0f}")
    else:
        speeds = [ours(dsn, site, LATENCY_MS)[1].per_second for _ in range(max(5, rounds))]
    return [Bar(f"pages/s at {LATENCY_MS} ms, median", _median(speeds), least=140)]


def _in_turn(
    dsn: str, site: Served, rounds: int, latency_ms: float
) -> Iterator[tuple[tuple[Cost, Asked], tuple[ScrapyCost, Asked]]]:
    """Yield a crawl of each a round; who begins changes from round to round."""
    for number in range(rounds):
        if number % 2:
            theirs = scrapys(site, latency_ms)
            yield ours(dsn, site, latency_ms), theirs
        else:
            mine = ours(dsn, site, latency_ms)
            yield mine, scrapys(site, latency_ms)


def _compare_pages(pairs: Sequence[tuple[tuple[Cost, Asked], tuple[ScrapyCost, Asked]]]) -> None:
    for (_, mine), (_, theirs) in pairs:
        if mine.pages.keys() != theirs.pages.keys():
            only, others = mine.pages.keys() - theirs.pages.keys(), theirs.pages.keys() - mine.pages.keys()
            print(f"  not the same pages: {len(only)} of ours alone, {len(others)} of Scrapy's alone")
            return
    print("  both asked for the same pages")


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return _median([mine / its for mine, its in zip(ours, theirs, strict=True)])


def _median(figures: Sequence[float]) -> float:
    return statistics.median(figures)


def measured(dsn: str, site: Served, options: argparse.Namespace) -> Iterator[Bar]:
    """Measure each part that is wanted, and yield its bars."""
    parts = options.parts or PARTS
    if "cpu" in parts:
        yield from cpu(dsn, site, options.rounds)
    if "scrapy" in parts and not has_scrapy():
        print("\nscrapy: it is not installed here; bench/README.md says how")
    elif "scrapy" in parts:
        yield from next_to_scrapy(dsn, site, options.rounds)
    if "latency" in parts:
        yield from latency(dsn, site, options.rounds)
    if "recrawl" in parts:
        with new_database(dsn) as database:
            yield from recrawl.measured(database, site, CONNECTIONS)
    if "ask" in parts:
        database = asyncio.run(database_in(dsn, "bench_ask"))
        yield from asyncio.run(asking.measured(database, site, asking.Plan.of(options)))


def main() -> int:
    """Measure and print. -> exit code: 0 where every bar was held, or there is nothing to crawl."""
    parser = argparse.ArgumentParser(description="Measures the crawl, alone and next to Scrapy.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or more of: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--site", default="postgres", help="a folder of ../shared/sites")
    parser.add_argument("--dsn", default="")
    parser.add_argument("--home", type=Path, help="keeps the Postgres, and with it what `ask` has indexed")
    asking.add_options(parser)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not (SITES / options.site).is_dir():
        print(f"Nothing measured: the folder {SITES / options.site} is not here.")
        return 0
    print(machine(f"site {options.site}", *((f"Scrapy {version('scrapy')}",) if has_scrapy() else ())))
    with server(options.dsn, options.home) as dsn, serving(SITES / options.site) as site:
        bars = list(measured(dsn, site, options))
    print("", machine(), *bars, sep="\n")
    return 0 if all(bar.held for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
