"""The one transaction that replaces what readers see of a source with what a crawl staged.

    shelves -> doomed -> df down -> vectors spared -> removed      changed shelf      moved in their page
            -> added -> df up -> spares used      pages, counts

With four readers at work, a checker saw two states only, the old and the new (measured). Decides nothing: whether there
is to be a switch is the verdict of `ingest.sync`.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.index.crawling import Switched
from core.index.partitions import Change, move_passages, place_pages
from core.postgres.database import Connection


async def switch(connection: Connection, sql: Mapping[str, str], change: Change) -> Switched:
    """Replace what readers see of a source, and return what that changed. `sql`: the statements of the live space.

    Runs inside a transaction of the caller that holds the switch lock.
    """
    several = await place_pages(connection, sql, change)
    crawl, source, gone = change.crawl, change.source, list(change.gone)
    before = int(await connection.fetchval(sql["passages_now"], source))
    await connection.execute(sql["doomed"])
    await connection.execute(sql["switch_doomed"], crawl, source, gone)
    for row in await connection.fetch(sql["doomed_shelves"]):
        await connection.execute(sql["switch_df_down"], row["shelf"])
    await connection.execute(sql["switch_spare"])
    removed = rows_of(await connection.execute(sql["switch_remove"]))
    if several:
        await move_passages(connection, sql, source)
    await connection.execute(sql["switch_move"], crawl, source)
    added = rows_of(await connection.execute(sql["switch_add"], crawl, source))
    if added:
        for row in await connection.fetch(sql["added_shelves"], crawl, source):
            await connection.execute(sql["switch_df_up"], crawl, source, row["shelf"])
        await connection.execute(sql["switch_used"], crawl, source)
    await connection.execute(sql["tidy_lexemes"], source)
    await connection.execute(sql["switch_pages"], crawl, source)
    await connection.execute(sql["switch_gone"], source, gone)
    await connection.execute(sql["switch_missed"], source, list(change.missed))
    await connection.execute(sql["switch_count"], source)
    await connection.execute(sql["drop_shelves"], source)
    return Switched(added=added, removed=removed, kept=before - removed)


def rows_of(status: str) -> int:
    """Return the number of rows that a command's status reports: `"INSERT 0 12"` -> 12."""
    return int(status.rsplit(" ", 1)[-1])
