"""DATABASE_URL -> the arguments of asyncpg: all that it would otherwise read from PG* variables behind our back.

postgresql://user:password@host:5432/db?sslmode=verify-full&sslrootcert=system
postgresql://user:password@a:5432,b:5432/db?target_session_attrs=read-write      (which one: core.postgres.connect)
"""

from __future__ import annotations

import getpass
import re
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


_URL = re.compile(r"postgres(?:ql)?://(?P<authority>[^/?#]*)(?:/(?P<path>[^?#@]*))?(?:\?(?P<query>[^#]*))?")
"""A path with an @ is the rest of a password."""

_HOST = re.compile(r"(?P<host>\[[^][]+\]|[^][:]*)(?::(?P<port>\d*))?")
_TRUSTING = ("verify-ca", "verify-full")


def parse_dsn(dsn: str) -> dict[str, Any]:
    """Return all arguments that asyncpg would otherwise read from PG* variables.

    `host` and `port` are lists of one length. Raises `ConfigurationError` on a url that is no Postgres url, without
    repeating it (it may hold a password), or that names a file which is not there.
    """
    if not dsn.startswith(("postgres://", "postgresql://")):
        raise ConfigurationError(
            "DATABASE_URL must start with postgresql:// (for example postgresql://user:password@host/db)."
        )
    try:
        url = _match(_URL, dsn)
        identity, _, authority = url["authority"].rpartition("@")
        query = {name: value for name, value in parse_qsl(url["query"] or "") if name not in _FOR_LIBPQ_ALONE}
        hosts, ports = _hosts(query.pop("host", "") or authority, query.pop("port", ""))
    except ValueError:
        raise ConfigurationError(
            "DATABASE_URL is not a url: is a character of the password not percent-encoded, or the port no number?"
        ) from None
    name, _, password = identity.partition(":")
    user = query.pop("user", None) or unquote(name) or _our_name()
    return {
        "host": hosts,
        "port": ports,
        "user": user,
        "password": query.pop("password", None) or unquote(password),
        "database": query.pop("dbname", None) or unquote(url["path"] or "") or user,
        # Of several servers, the one that takes changes is wanted: nothing of ours can work with another.
        "target_session_attrs": query.pop("target_session_attrs", "read-write" if len(hosts) > 1 else "any"),
        "service": "footnote",
        "servicefile": str(files("core") / "postgres" / "connect.conf"),
        # asyncpg understands the rest (sslmode, sslrootcert, ...).
        "dsn": f"postgresql:///?{urlencode({'sslmode': 'prefer', **_with_files(query)})}",
    }


def option_names(dsn: str) -> list[str]:
    """Return the names of what follows the question mark of a url."""
    return [name for name, _ in parse_qsl(urlsplit(dsn).query)]


def _hosts(authority: str, ports: str) -> tuple[list[str], list[int]]:
    """Return hosts and ports: `("a:1,[::1],b", "")` -> `(["a", "::1", "b"], [1, 5432, 5432])`. Raises `ValueError`.

    `ports` is the part `port` of a url: one for all hosts, or one for each.
    """
    found = [_host_of(unquote(each)) for each in authority.split(",")]
    listed = [int(each) if each else None for each in ports.split(",")]
    if len(listed) == 1:
        listed *= len(found)
    pairs = [(host, port if given is None else given) for (host, port), given in zip(found, listed, strict=True)]
    if not all(0 < port < 65_536 for _, port in pairs):
        raise ValueError
    return [host or "127.0.0.1" for host, _ in pairs], [port for _, port in pairs]


def _host_of(text: str) -> tuple[str, int]:
    """Return host and port: `"a:1"` -> `("a", 1)`; no port follows the folder of a Unix socket. Raises `ValueError`."""
    if text.startswith("/"):
        return text, 5432
    parts = _match(_HOST, text)
    host = parts["host"].strip("[]")
    host.encode("idna")  # which looking it up does: a label that is empty or too long is a `UnicodeError`
    return host, int(parts["port"] or 5432)


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    """Return the match. Raises `ValueError` unless all of the text fits."""
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError
    return found


def _with_files(query: dict[str, str]) -> dict[str, str]:
    """Return the query with libpq's word `system` replaced by the file of this machine's root certificates.

    asyncpg would take the word for a file's name. Raises `ConfigurationError` on a file that is not there: asyncpg's
    errors do not say which it was.
    """
    if query.get("sslrootcert") == "system":
        roots = ssl.get_default_verify_paths().cafile
        if roots is None:
            raise ConfigurationError(
                "This machine has no file of root certificates: name one in DATABASE_URL (sslrootcert=FILE)."
            )
        query = {"sslmode": "verify-full", **query, "sslrootcert": roots}
    if query.get("sslmode") in _TRUSTING and not query.get("sslrootcert") and not _has_roots_at_home():
        raise ConfigurationError(
            f"DATABASE_URL asks for sslmode={query['sslmode']} and names no root certificate to check the server by: "
            "add sslrootcert=FILE with the one that your provider names, or sslrootcert=system for this machine's."
        )
    for name in _FILES:
        if name in query and not Path(query[name]).is_file():
            raise ConfigurationError(f"DATABASE_URL names a file that is not there: {name}={query[name]}.")
    return query


def _has_roots_at_home() -> bool:
    """Return whether there are root certificates where libpq and asyncpg look when none is named."""
    try:
        return Path("~/.postgresql/root.crt").expanduser().is_file()
    except (RuntimeError, OSError):  # no home, or one that is closed to us
        return False


def _our_name() -> str:
    """Return our user's name on this machine.

    Raises `ConfigurationError` where it has none (a container with a bare uid).
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ConfigurationError("DATABASE_URL names no user: write postgresql://user:password@host/db.") from None
