"""Links and sessions of the console in Postgres. Implements the port `core.console.port.ConsoleAccess`."""

from __future__ import annotations

import secrets
from hashlib import sha256

from core.console.port import LINK_SECONDS, SESSION_SECONDS
from core.inbox.port import Platform
from core.inbox.viewer import Viewer
from core.postgres.database import Database
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of


class PostgresConsoleAccess:
    """One row for each link and each session. What is over is removed whenever one is made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make_link(self, viewer: Viewer) -> str:
        """Return the secret of a new link."""
        secret = secrets.token_urlsafe(32)
        await self._tidy()
        place = [text_of(each) for each in (viewer.tenant, viewer.user, viewer.channel, viewer.around)]
        with translate_errors():
            sql = statements()["add_console_link"]
            await self._database.writers.execute(sql, viewer.platform, *place, _hash(secret), LINK_SECONDS)
        return secret

    async def is_live(self, secret: str) -> bool:
        """Return whether a link can still be used."""
        with translate_errors():
            sql = statements()["console_link_is_live"]
            live: bool = await self._database.readers.fetchval(sql, _hash(secret))
        return live

    async def sign_in(self, secret: str) -> str | None:
        """Use up a link, and return the secret of a new session."""
        session = secrets.token_urlsafe(32)
        with translate_errors():
            sql = statements()["use_console_link"]
            used = await self._database.writers.fetchval(sql, _hash(secret), _hash(session), SESSION_SECONDS)
        return session if used is not None else None

    async def start_session(self, viewer: Viewer) -> str:
        """Return the secret of a new session of somebody whom a proxy has signed in."""
        session = secrets.token_urlsafe(32)
        await self._tidy()
        with translate_errors():
            sql, user = statements()["add_console_session"], text_of(viewer.user)
            await self._database.writers.execute(sql, viewer.platform, user, _hash(session), SESSION_SECONDS)
        return session

    async def find_viewer(self, session: str) -> Viewer | None:
        """Return whose session it is."""
        with translate_errors():
            row = await self._database.readers.fetchrow(statements()["console_session"], _hash(session))
        if row is None:
            return None
        return Viewer(Platform(row["platform"]), row["tenant"], row["who"], row["channel"], row["around"])

    async def sign_out(self, session: str) -> None:
        """End a session."""
        with translate_errors():
            await self._database.writers.execute(statements()["end_console_session"], _hash(session))

    async def _tidy(self) -> None:
        with translate_errors():
            for name in ("forget_console_links", "forget_console_sessions"):
                await self._database.writers.execute(statements()[name])


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
