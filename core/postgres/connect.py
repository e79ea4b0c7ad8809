"""Opens sessions with the Postgres of a url: on the first of its servers that fits, and with settings of ours.

    Connector(dsn).connect() ── host a ──✗── host b ──> connection
                                (down, starting, a replica)

A pooler such as pgbouncer refuses settings that it does not know at the start of a session: then they are set once the
session is there, and again each time it goes back to its pool (`Connector.reset`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import asyncpg

from core.postgres.dsn import connect_arguments
from core.postgres.statements import statements

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_ANOTHER_MAY_DO = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.exceptions.TargetServerAttributeNotMatched,
)
"""What makes it worth to ask the next server: libpq goes on after these, and not after a wrong password."""

_UNREACHED = (ConnectionError, TimeoutError, asyncpg.ConnectionDoesNotExistError)
_EVERY_POOLER_KNOWS = ("application_name",)


class Connector:
    """The servers of one url, the one that did last time first, and the settings of a session there."""

    def __init__(self, dsn: str, settings: Mapping[str, str], seconds: float) -> None:
        """Take a url, the settings of its sessions, and how long a server may take. Raises `ConfigurationError`."""
        self._arguments = connect_arguments(dsn)
        self._servers = list(zip(self._arguments.pop("host"), self._arguments.pop("port"), strict=True))
        self._settings, self._seconds = dict(settings), seconds
        self.through_pooler = False

    async def connect(self, *_: object, **options: Any) -> asyncpg.Connection[asyncpg.Record]:
        """Connect, as a pool of asyncpg calls it. Raises what asyncpg raises: of several servers, what says most."""
        errors: list[Exception] = []
        for server, wanted in self._tries():
            try:
                connection = await self._connect_to(server, wanted, **options)
            except _ANOTHER_MAY_DO as error:
                errors.append(error)
            else:
                self._servers.sort(key=lambda each: each != server)  # the others keep their order
                return connection
        raise next((error for error in errors if not isinstance(error, _UNREACHED)), errors[-1])

    def _tries(self) -> Iterator[tuple[tuple[str, int], str]]:
        """Yield each server with the kind that it has to be; a preference makes two rounds."""
        wanted = self._arguments["target_session_attrs"]
        for kind in ("standby", "any") if wanted == "prefer-standby" else (wanted,):
            for server in tuple(self._servers):
                yield server, kind

    async def _connect_to(
        self, server: tuple[str, int], wanted: str, **options: Any
    ) -> asyncpg.Connection[asyncpg.Record]:
        host, port = server
        arguments = {**self._arguments, **options, "host": host, "port": port, "target_session_attrs": wanted}
        arguments["timeout"] = self._seconds
        if not self.through_pooler:
            try:
                return await _connected(arguments, self._settings)
            except asyncpg.ProtocolViolationError as error:
                if "startup parameter" not in str(error):
                    raise
                self.through_pooler = True
        known = {name: value for name, value in self._settings.items() if name in _EVERY_POOLER_KNOWS}
        connection = await _connected(arguments, known)
        try:
            await connection.execute(self._commands())
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def reset(self, connection: Connection) -> None:
        """Leave a session that goes back to its pool as it began."""
        commands = self._commands() if self.through_pooler else ""
        await connection.execute(f"{connection.get_reset_query()}\n{commands}")

    def _commands(self) -> str:
        """Return what sets the settings of a session, as SQL; `set x = 'a, b'` would make one name of a list."""
        return ";\n".join(
            statements()["set_setting"].replace("$1", _quoted(name)).replace("$2", _quoted(value))
            for name, value in self._settings.items()
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def _connected(arguments: Mapping[str, Any], settings: dict[str, str]) -> asyncpg.Connection[asyncpg.Record]:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(**arguments, server_settings=settings)
    return connection
