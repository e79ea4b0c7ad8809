"""A Postgres to measure in: one that is named, one that is kept in a folder, or one that goes with the bench."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from core.embedded.location import locate
from core.embedded.postgres import EmbeddedPostgres
from core.postgres.database import open_database
from core.postgres.dsn import parse_dsn


@contextmanager
def server(dsn: str, home: Path | None) -> Iterator[str]:
    """Yield the url of a Postgres: the one that is named, the one in `home`, or one that ends with the block."""
    if dsn:
        yield dsn
        return
    folder = home or Path(tempfile.mkdtemp(prefix="bench-"))
    place = locate(folder)
    try:
        with EmbeddedPostgres(folder) as embedded:
            yield embedded.start()
    finally:
        if home is None:
            shutil.rmtree(place.folder, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


async def database_in(dsn: str, name: str, tries: Sequence[str] = ()) -> str:
    """Return the url of a database of that name, made and migrated if need be.

    `tries`: statements that are then carried out in it.
    """
    connection = await asyncpg.connect(**parse_dsn(dsn))
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f"create database {name}")
    finally:
        await connection.close()
    url = urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
    async with open_database(url) as database:
        for sql in tries:
            await database.writers.execute(sql)
    return url
