"""The one transaction that replaces what readers see of a source with what a crawl staged.

    doomed -> df down -> vectors spared -> removed      moved      added -> df up -> spares used      pages, counts

Under four readers a checker saw two states only, the old and the new (facts/storage.md). Decides nothing: whether
there is to be a switch is the verdict of `ingest.sync`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.adapters.postgres import Connection
from core.ports import Switched


async def switch(
    connection: Connection,
    sql: Mapping[str, str],
    *,
    crawl: int,
    source: int,
    missed: Sequence[str],
    gone: Sequence[str],
) -> Switched:
    """Run inside a transaction of the caller's that holds the switch lock. `sql`: the statements of the live space."""
    before = int(await connection.fetchval("select count(*) from passage where source = $1", source))
    await connection.execute(sql["doomed"])
    await connection.execute(sql["switch_doomed"], crawl, source, list(gone))
    await connection.execute(sql["switch_df_down"], source)
    await connection.execute(sql["switch_spare"])
    removed = rows_of(await connection.execute(sql["switch_remove"]))
    await connection.execute(sql["switch_move"], crawl, source)
    added = rows_of(await connection.execute(sql["switch_add"], crawl, source))
    if added:
        await connection.execute(sql["switch_df_up"], crawl, source)
        await connection.execute(sql["switch_used"], crawl, source)
    await connection.execute(sql["tidy_lexemes"], source)
    await connection.execute(sql["switch_pages"], crawl, source)
    await connection.execute(sql["switch_gone"], source, list(gone))
    await connection.execute(sql["switch_missed"], source, list(missed))
    await connection.execute(sql["switch_count"], source)
    return Switched(added=added, removed=removed, kept=before - removed)


def rows_of(status: str) -> int:
    """`"INSERT 0 12"` -> 12."""
    return int(status.rsplit(" ", 1)[-1])
