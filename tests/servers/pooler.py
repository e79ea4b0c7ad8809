"""pgbouncer in front of a real Postgres, as companies run it; the program of this machine, as an unprivileged user.

async with pooler(dsn, "session") as url:
    async with open_database(url): ...
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.core.embedded.helpers import ROOT
from tests.servers.ports import own_port

PROGRAM = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")

_SETTINGS = """\
[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 40
"""


@asynccontextmanager
async def pooler(dsn: str, mode: str) -> AsyncIterator[str]:
    """Run a pgbouncer in front of the server of `dsn`, which listens at a Unix socket.

    -> the url of the database behind it.
    """
    assert PROGRAM is not None
    sockets = parse_qs(urlsplit(dsn).query)["host"][0]
    with own_port() as port:
        folder = await asyncio.to_thread(_set_up, _SETTINGS.format(host=sockets, port=port, mode=mode), Path(sockets))
        command = [PROGRAM, *(["--user", _owner(Path(sockets))] if ROOT else []), str(folder / "pgbouncer.ini")]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL, cwd="/")
        try:
            await _listening(port)
            yield f"postgresql://postgres@127.0.0.1:{port}{urlsplit(dsn).path}"
        finally:
            process.kill()
            await process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _set_up(settings: str, sockets: Path) -> Path:
    """Write its settings into a folder that the user of the server can read, and return the folder."""
    folder = Path(tempfile.mkdtemp(prefix="footnote-pooler-"))
    (folder / "pgbouncer.ini").write_text(settings)
    if ROOT:
        for path in (folder, folder / "pgbouncer.ini"):
            shutil.chown(path, _owner(sockets))
    return folder


def _owner(path: Path) -> str:
    return path.owner()


async def _listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
