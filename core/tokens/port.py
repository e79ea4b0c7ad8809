"""Access tokens: the nouns, and the port that stores them.

    token add ──> "footnote_..." shown once; its SHA-256 stored ──call──> find ──> count_call
                                                                           └─ revoked, expired: good for nothing

A token is a place, `token:NAME`: a source may be visible to it (`core.inbox.channels`). One with `origins` is
public: it stands in a web page. What a token may do is decided where it is used (`bot.service.access`); implemented by
`core.tokens.postgres`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from core.errors import UsageError

RESERVED = frozenset({"open", "stdio"})
"""Names of callers without a token."""

DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be made. `visible_to`: places whose sources it sees, besides those of its own place.

    `minute_limit`, `day_limit`: calls, 0: any number. `expires_at` None: it does not expire.
    """

    name: str
    visible_to: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    expires_at: datetime | None = None
    minute_limit: int = 60
    day_limit: int = 0


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is stored, without its secret."""

    id: int
    name: str
    visible_to: tuple[str, ...]
    origins: tuple[str, ...]
    minute_limit: int
    day_limit: int
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    is_expired: bool = False

    @property
    def is_revoked(self) -> bool:
        """Whether it was revoked."""
        return self.revoked_at is not None

    @property
    def audience(self) -> frozenset[str]:
        """The places from which its questions are asked: `token:NAME`, and those that it was given."""
        return frozenset({place_of(self.name), *self.visible_to})


@dataclass(frozen=True, slots=True)
class CallRefused:
    """A token has no calls left for `seconds`. `is_day`: its calls of the day are used up, not those of the minute."""

    seconds: float
    is_day: bool


class Tokens(Protocol):
    """The access tokens of an install. Raises `StoreError`."""

    async def add(self, new: NewToken) -> str:
        """Make a token and return its secret, which is stored nowhere. Raises `UsageError` where its name is taken."""
        ...

    async def list(self) -> list[AccessToken]:
        """Return all tokens by name, those that were revoked last."""
        ...

    async def revoke(self, name: str) -> bool:
        """Let a token be good for nothing from now on. False: there is none of that name."""
        ...

    async def find(self, secret: str) -> AccessToken | None:
        """Return the token with that secret, also one that was revoked or has expired."""
        ...

    async def count_call(self, token: AccessToken) -> CallRefused | None:
        """Count a call and return None, or return why it may not be made now. A refused call is not counted."""
        ...

    async def origins(self) -> Collection[str]:
        """Return the origins of all tokens, also of those that were revoked or have expired."""
        ...


def place_of(name: str) -> str:
    """Return the place of a token: `"ci"` -> `"token:ci"`."""
    return f"token:{name}"


def check_name(text: str) -> str:
    """Return the name of a token in lower case. Raises `UsageError`."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise UsageError("Name a token with letters, digits, - and _ alone, 40 at most, for example: ci-bot.")
    if name in RESERVED:
        raise UsageError(f"The name {name} stands for callers without a token: choose another one.")
    return name


def parse_origin(text: str) -> str:
    """Return an origin as browsers send it: `"https://Docs.Example.org:443/"` -> `"https://docs.example.org"`.

    Raises `UsageError`.
    """
    wrong = UsageError(f'"{text[:60]}" is no origin: write https://docs.example.org, with a port if it has one.')
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc.removesuffix(":")
        host = host.lower() if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise wrong from None
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host) or parts.path not in ("", "/"):
        raise wrong
    if parts.query or parts.fragment or text.strip().endswith(("?", "#")):
        raise wrong
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"
