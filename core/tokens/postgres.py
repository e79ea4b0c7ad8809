"""Access tokens in Postgres. Implements `Tokens` of `core.tokens.port`."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from hashlib import sha256

import asyncpg

from core.errors import UsageError
from core.postgres.database import Pool
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.tokens.port import AccessToken, CallRefused, NewToken

PREFIX = "footnote_"
"""Lets people and scanners recognise what was committed or pasted by mistake."""

RANDOM_BYTES, LONGEST_SECRET = 32, 100


class PostgresTokens:
    """One row for each token; nothing is cached, so what is revoked is refused at once, by every process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, new: NewToken) -> str:
        """Store the hash of a new secret, and return the secret. Raises `UsageError` where the name is taken."""
        secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        arguments = (
            new.name,
            hash_secret(secret),
            list(new.visible_to),
            list(new.origins),
            new.expires_at,
            new.minute_limit,
            new.day_limit,
        )
        with translate_errors():
            made = await self._pool.fetchval(statements()["add_token"], *arguments)
        if made is None:
            raise UsageError(f"There is a token named {new.name}: revoke it first, or choose another name.")
        return secret

    async def list(self) -> list[AccessToken]:
        """Return all tokens by name, those that were revoked last."""
        with translate_errors():
            rows = await self._pool.fetch(statements()["tokens"])
        return [_to_token(row) for row in rows]

    async def revoke(self, name: str) -> bool:
        """Revoke the token of that name. -> whether there was one."""
        with translate_errors():
            return await self._pool.fetchval(statements()["revoke_token"], name) is not None

    async def find(self, secret: str) -> AccessToken | None:
        """Return the token with that secret. Found by its hash, which is compared in constant time once more."""
        if not secret.startswith(PREFIX) or len(secret) > LONGEST_SECRET:
            return None
        hashed = hash_secret(secret)
        with translate_errors():
            row = await self._pool.fetchrow(statements()["find_token"], hashed)
        return _to_token(row) if row is not None and hmac.compare_digest(row["hash"], hashed) else None

    async def count_call(self, token: AccessToken) -> CallRefused | None:
        """Count a call in the token's row; return None, or for how long there are no more."""
        with translate_errors():
            if await self._pool.fetchval(statements()["count_call"], token.id) is not None:
                return None
            left = await self._pool.fetchrow(statements()["calls_left"], token.id)
        if left is None:
            return CallRefused(0.0, is_day=False)
        return CallRefused(left["of_day"] if left["is_day"] else left["of_minute"], is_day=left["is_day"])

    async def origins(self) -> Collection[str]:
        """Return the origins of all tokens, whatever has become of them."""
        with translate_errors():
            rows = await self._pool.fetch(statements()["token_origins"])
        return frozenset(row["origin"] for row in rows)


def hash_secret(secret: str) -> bytes:
    """Return the SHA-256 of a secret, in whatever letters it came."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _to_token(row: asyncpg.Record) -> AccessToken:
    return AccessToken(
        id=row["id"],
        name=row["name"],
        visible_to=tuple(row["visible_to"]),
        origins=tuple(row["origins"]),
        minute_limit=row["minute_limit"],
        day_limit=row["day_limit"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
        is_expired=row["is_expired"],
    )
