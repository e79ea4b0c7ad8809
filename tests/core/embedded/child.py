"""A process that uses the embedded Postgres, for tests that share, freeze and kill such processes.

python -m tests.core.embedded.child HOME [TIMEOUT [UID GID [BINARIES]]]
-> one line of JSON: {"dsn", "pid", "settings"} or {"error", "says"}; leaves when its standard input ends

With UID and GID it becomes that user before anything of ours runs. It starts as root, since an ordinary user may not be
able to run this very interpreter: below root's home (0700) it is out of reach.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncpg

from core.embedded.postgres import EmbeddedPostgres
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


def become(user: int, group: int) -> None:
    """Become an ordinary user for good: no return, no capabilities, no groups of root's."""
    asyncio.run(asyncio.sleep(0))  # loads what an event loop loads late, from where only root can read
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)


def main(home: str, timeout: str = "60", user: str = "", group: str = "", binaries: str = "") -> None:
    if user:
        become(int(user), int(group))
    embedded = EmbeddedPostgres(Path(home), binaries=Path(binaries) if binaries else None, start_timeout=float(timeout))
    try:
        dsn = embedded.start()
        report = {"dsn": dsn, "pid": embedded.status().pid, "settings": asyncio.run(settings(dsn))}
    except FootnoteError as error:
        report = {"error": type(error).__name__, "says": str(error)}
    print(json.dumps(report), flush=True)  # noqa: T201 - this is how it reports to the test
    sys.stdin.read()
    embedded.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
