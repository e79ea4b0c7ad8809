"""Which shelf the passages of each page stand on: the editions of a source as the store keeps them, within the switch.

    editions by url ──place_pages──> shelves renamed and made, `shelved` (url -> shelf): "switch_add" fills these
                      move_passages───> passages that stand elsewhere follow, with their filters; no vector is made

A shelf keeps its number and its rows when its edition gets another name, so nothing moves when a site shows its second
version. `ingest.editions.edition` decides to which edition a page belongs, and `core.index.editions` which ones are
searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.domain import DEFAULT_EDITION, Edition
from core.postgres.database import Connection
from core.postgres.values import text_of


@dataclass(frozen=True, slots=True)
class Change:
    """What a switch does besides moving over what is staged: pages that leave, were missed, and editions by url."""

    crawl: int
    source: int
    missed: Sequence[str]
    gone: Sequence[str]
    editions: Mapping[str, Edition]


async def place_pages(connection: Connection, sql: Mapping[str, str], change: Change) -> bool:
    """Give every page that stays or is staged its shelf, and return whether there are any but the source's first.

    Called first thing in the switch, which then finds the shelves of pages in the table `shelved`.
    """
    await connection.execute(sql["shelved"])
    source, editions = change.source, change.editions
    rows = await connection.fetch(sql["shelves"], source)
    labels = {row["id"]: Edition(row["version"], row["language"], row["place"]) for row in rows}
    if not editions and labels == {source: DEFAULT_EDITION}:
        return False
    standing = {row["url"]: row["shelf"] for row in await connection.fetch(sql["pages_on_shelves"], source)}
    staged = [row["url"] for row in await connection.fetch(sql["staged_urls"], change.crawl)]
    named = {text_of(url): edition for url, edition in editions.items()}
    wanted = {url: named.get(url, DEFAULT_EDITION) for url in {*standing, *staged} - set(change.gone)}
    numbers = await _numbers(connection, sql, source, labels, find_renamed(labels, standing, wanted), wanted)
    away = {url: numbers[edition] for url, edition in wanted.items() if numbers[edition] != source}
    await connection.execute(sql["put_shelved"], list(away), list(away.values()))
    return True


def find_renamed(
    labels: Mapping[int, Edition], standing: Mapping[str, int], wanted: Mapping[str, Edition]
) -> dict[int, Edition]:
    """Return the shelves that get another edition: the one of most of their pages, if it has no shelf yet.

    `({1: ""}, {"/1.0/a": 1, "/": 1, "/1.0/b": 1}, {"/1.0/a": "1.0", "/": "", "/1.0/b": "1.0"})` -> `{1: "1.0"}`
    """
    votes: dict[int, Counter[Edition]] = {}
    for url, shelf in standing.items():
        if url in wanted:
            votes.setdefault(shelf, Counter())[wanted[url]] += 1
    taken, names = set(labels.values()), dict[int, Edition]()
    for shelf, counted in sorted(votes.items()):
        most = max(counted, key=lambda edition: (counted[edition], edition))
        if most not in taken:
            names[shelf] = most
            taken.add(most)
    return names


async def _numbers(
    connection: Connection,
    sql: Mapping[str, str],
    source: int,
    labels: Mapping[int, Edition],
    names: Mapping[int, Edition],
    wanted: Mapping[str, Edition],
) -> dict[Edition, int]:
    """Rename and make shelves, and return the shelf of each edition."""
    for shelf, edition in names.items():
        await connection.execute(sql["rename_shelf"], shelf, edition.place, edition.version, edition.language)
    numbers = {edition: shelf for shelf, edition in {**labels, **names}.items()}
    for edition in sorted(set(wanted.values()) - numbers.keys()):
        label = (edition.place, edition.version, edition.language)
        numbers[edition] = await connection.fetchval(sql["put_shelf"], source, *label)
    return numbers


async def move_passages(connection: Connection, sql: Mapping[str, str], source: int) -> None:
    """Move passages to the shelf of their page; their vectors and words are kept as they are."""
    await connection.execute(sql["moved"])
    await connection.execute(sql["find_moved"], source)
    moves = await connection.fetch(sql["moved_shelves"])
    if not moves:
        return
    for shelf in {moved["old"] for moved in moves}:
        await connection.execute(sql["move_df_down"], shelf)
    for shelf in {moved["new"] for moved in moves}:
        await connection.execute(sql["move_df_up"], shelf)
    for step in ("move_vectors", "move_words", "move_passages"):
        await connection.execute(sql[step])
