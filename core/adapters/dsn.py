"""DATABASE_URL -> the arguments of asyncpg: every one that it would else read from PG* variables behind our back.

postgresql://user:password@host:5432/db?sslmode=verify-full&sslrootcert=system
"""

from __future__ import annotations

import getpass
import ssl
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from core.errors import ConfigurationError

_FOR_LIBPQ_ALONE = frozenset(
    {"channel_binding", "connect_timeout", "gssencmode", "keepalives", "keepalives_idle", "keepalives_interval"}
    | {"keepalives_count", "passfile", "requirepeer", "service", "sslcompression", "sslsni", "tcp_user_timeout"}
)
"""Parts of a url that asyncpg would send to the server as its settings, which the server refuses."""

_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


def connect_arguments(dsn: str) -> dict[str, Any]:
    """Every argument that asyncpg would else read from PG* variables behind our back.

    Raises `ConfigurationError` on a url that is no Postgres url, without repeating it (it may hold a password), or
    that names a file which is not there.
    """
    try:
        url = urlsplit(dsn)
        if url.scheme not in ("postgres", "postgresql"):
            raise ConfigurationError(
                "DATABASE_URL must start with postgresql:// (for example postgresql://user:password@host/db)."
            )
        query = {name: value for name, value in parse_qsl(url.query) if name not in _FOR_LIBPQ_ALONE}
        port = int(query.pop("port", None) or url.port or 5432)
    except ValueError:
        raise ConfigurationError(
            "DATABASE_URL is not a url: is a character of the password not percent-encoded?"
        ) from None
    user = query.pop("user", None) or unquote(url.username or "") or _our_name()
    arguments: dict[str, Any] = {
        "host": query.pop("host", None) or url.hostname or "127.0.0.1",
        "port": port,
        "user": user,
        "password": query.pop("password", None) or unquote(url.password or ""),
        "database": query.pop("dbname", None) or unquote(url.path.lstrip("/")) or user,
        "target_session_attrs": query.pop("target_session_attrs", "any"),
        "service": "footnote",
        "servicefile": str(files("core") / "data" / "connect.conf"),
        # The rest (sslmode, sslrootcert, ...) is asyncpg's to understand.
        "dsn": f"postgresql:///?{urlencode({'sslmode': 'prefer', **_with_files(query)})}",
    }
    return arguments


def _with_files(query: dict[str, str]) -> dict[str, str]:
    """With libpq's word `system` for the machine's own root certificates, which asyncpg takes for a file's name.

    Raises `ConfigurationError` on a file that is not there: of asyncpg's errors one cannot tell which it was.
    """
    if query.get("sslrootcert") == "system":
        roots = ssl.get_default_verify_paths().cafile
        if roots is None:
            raise ConfigurationError(
                "This machine has no file of root certificates: name one in DATABASE_URL (sslrootcert=FILE)."
            )
        query = {"sslmode": "verify-full", **query, "sslrootcert": roots}
    for name in _FILES:
        if name in query and not Path(query[name]).is_file():
            raise ConfigurationError(f"DATABASE_URL names a file that is not there: {name}={query[name]}.")
    return query


def _our_name() -> str:
    """Who we are on this machine. Raises `ConfigurationError` where it does not know (a container with a bare uid)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigurationError("DATABASE_URL names no user: write postgresql://user:password@host/db.") from None
