"""A process that uses the embedded Postgres, for tests that share, freeze and kill such processes.

python -m tests.core.embedded.child HOME [TIMEOUT]
-> one line of JSON: {"dsn", "pid", "settings"} or {"error", "says"}; leaves when its standard input ends
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import asyncpg

from core.adapters.embedded import EmbeddedPostgres
from core.errors import FootnoteError

SHOWN = (
    *("jit", "fsync", "full_page_writes", "listen_addresses", "max_connections", "shared_buffers", "port"),
    *("dynamic_shared_memory_type", "unix_socket_permissions", "logging_collector", "TimeZone", "lc_messages"),
)


async def settings(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        shown = {name: str(await connection.fetchval(f"show {name}")) for name in SHOWN}
        row = (
            "select datlocprovider::text || ' ' || coalesce(datlocale, '') from pg_database where datname = 'postgres'"
        )
        return {**shown, "locale": str(await connection.fetchval(row))}
    finally:
        await connection.close()


def main(home: str, timeout: str = "60") -> None:
    embedded = EmbeddedPostgres(Path(home), start_timeout=float(timeout))
    try:
        dsn = embedded.start()
        said = {"dsn": dsn, "pid": embedded.status().pid, "settings": asyncio.run(settings(dsn))}
    except FootnoteError as error:
        said = {"error": type(error).__name__, "says": str(error)}
    print(json.dumps(said), flush=True)  # noqa: T201 - how it talks to the test
    sys.stdin.read()
    embedded.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
