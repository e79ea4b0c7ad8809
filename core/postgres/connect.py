"""Opens sessions with the Postgres of a url: on the first of its servers that fits, and with our settings.

    Connector(dsn).connect() ── host a ──✗── host b ──> connection
                                (down, starting, a replica)

A pooler such as pgbouncer refuses settings that it does not know at the start of a session: then they are set once the
session is there, and again each time it goes back to its pool (`Connector.reset`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import asyncpg

from core.postgres.dsn import option_names, parse_dsn
from core.postgres.statements import statements

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_ANOTHER_MAY_DO = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.exceptions.TargetServerAttributeNotMatched,
)
"""Errors after which the next server is tried: libpq goes on after these, and not after a wrong password."""

_UNREACHED = (ConnectionError, TimeoutError, asyncpg.ConnectionDoesNotExistError)
_EVERY_POOLER_KNOWS = ("application_name",)


class NotPostgres(ConnectionError):
    """What listens there answered the offer of TLS neither with yes nor with no, as every Postgres does."""


class OptionUnknown(asyncpg.exceptions.ClientConfigurationError):
    """The url holds an option that is none of Postgres, such as `pgbouncer=true`."""

    def __init__(self, option: str) -> None:
        """Take the option's name."""
        super().__init__(option)
        self.option = option


class Connector:
    """The servers of one url, beginning with the one that last worked, and the settings of a session there."""

    def __init__(self, dsn: str, settings: Mapping[str, str], seconds: float) -> None:
        """Take a url, its sessions' settings, and the seconds that a server may take. Raises `ConfigurationError`."""
        self._arguments = parse_dsn(dsn)
        self._options = option_names(dsn)
        self._servers = list(zip(self._arguments.pop("host"), self._arguments.pop("port"), strict=True))
        self._settings, self._seconds = dict(settings), seconds
        self.through_pooler = False

    async def connect(self, *_: object, **options: Any) -> asyncpg.Connection[asyncpg.Record]:
        """Connect, as a pool of asyncpg calls it. Raises asyncpg's error: of several servers, the most precise one."""
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
        """Yield each server with the kind that it must be; a preference makes two rounds."""
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
                return await self._connected(arguments, self._settings)
            except asyncpg.ProtocolViolationError as error:
                if "startup parameter" not in str(error):
                    raise
                self.through_pooler = True
        known = {name: value for name, value in self._settings.items() if name in _EVERY_POOLER_KNOWS}
        connection = await self._connected(arguments, known)
        try:
            await connection.execute(self._commands())
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _connected(
        self, arguments: Mapping[str, Any], settings: dict[str, str]
    ) -> asyncpg.Connection[asyncpg.Record]:
        """Connect, and name the option of the url that a server or a pooler refuses. Raises asyncpg's errors."""
        connection: asyncpg.Connection[asyncpg.Record]
        try:
            connection = await asyncpg.connect(**arguments, server_settings=settings)
        except (asyncpg.UndefinedObjectError, asyncpg.ProtocolViolationError) as error:
            refused = next((each for each in self._options if re.search(rf"\b{re.escape(each)}\b", str(error))), None)
            if refused is None:
                raise
            raise OptionUnknown(refused) from error
        except ConnectionError as error:
            # A Postgres without TLS says no to an offer that may be refused, and asyncpg goes on.
            if "rejected SSL upgrade" in str(error) and "sslmode=prefer" in arguments["dsn"]:
                raise NotPostgres(str(error)) from error
            raise
        return connection

    async def reset(self, connection: Connection) -> None:
        """Reset a session that goes back to its pool to what it was at its start."""
        commands = self._commands() if self.through_pooler else ""
        await connection.execute(f"{connection.get_reset_query()}\n{commands}")

    def _commands(self) -> str:
        """Return the SQL that sets the settings of a session; `set x = 'a, b'` would turn a list into one name."""
        return ";\n".join(
            statements()["set_setting"].replace("$1", _quoted(name)).replace("$2", _quoted(value))
            for name, value in self._settings.items()
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
