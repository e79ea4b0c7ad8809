"""Access tokens: 256 random bits, stored as a hash, found by it, counted, revoked."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import UsageError
from core.inbox.channels import may_see, parse_places
from core.postgres.database import Database
from core.tokens.port import CallRefused, NewToken, check_name, parse_origin
from core.tokens.postgres import PREFIX, PostgresTokens


async def test_a_secret_of_256_bits_is_stored_as_its_sha_256_alone(database: Database) -> None:
    tokens = PostgresTokens(database.writers)
    secrets = {await tokens.add(NewToken(f"t{number}")) for number in range(20)}
    assert len(secrets) == 20
    for secret in secrets:
        assert len(base64.urlsafe_b64decode(secret.removeprefix(PREFIX) + "=")) == 32
    rows = await database.readers.fetch("select * from token")
    assert {row["hash"] for row in rows} == {hashlib.sha256(secret.encode()).digest() for secret in secrets}
    assert not any(secret[-20:] in str(dict(row)) for row in rows for secret in secrets)


async def test_a_token_is_found_by_its_whole_secret_alone(database: Database) -> None:
    tokens = PostgresTokens(database.writers)
    secret = await tokens.add(NewToken("ci", ("slack:T1",), ("https://a.example",)))
    found = await tokens.find(secret)
    assert found is not None
    assert (found.name, found.origins) == ("ci", ("https://a.example",))
    assert found.audience == {"token:ci", "slack:T1"}
    other = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for wrong in ("", "x", other, secret[:-1], secret + "A", secret.upper(), f" {secret}", "\ud800", PREFIX * 5_000):
        assert await tokens.find(wrong) is None, wrong[:60]


async def test_a_revoked_token_is_known_as_such_and_its_name_is_free(database: Database) -> None:
    tokens = PostgresTokens(database.writers)
    secret = await tokens.add(NewToken("ci"))
    with pytest.raises(UsageError, match="There is a token named ci"):
        await tokens.add(NewToken("ci"))
    found = await tokens.find(secret)
    assert found is not None
    assert await tokens.revoke("ci")
    assert not await tokens.revoke("ci")
    again = await tokens.find(secret)
    assert again is not None
    assert again.is_revoked
    assert isinstance(await tokens.count_call(found), CallRefused)  # it was found before it was revoked
    assert await tokens.add(NewToken("ci")) != secret
    assert [(each.name, each.is_revoked) for each in await tokens.list()] == [("ci", False), ("ci", True)]


async def test_a_token_expires(database: Database) -> None:
    tokens = PostgresTokens(database.writers)
    past = await tokens.add(
        NewToken("past", origins=("https://p.example",), expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    )
    later = datetime.now(UTC) + timedelta(days=1)
    await tokens.add(NewToken("later", origins=("https://l.example",), expires_at=later))
    found = await tokens.find(past)
    assert found is not None
    assert found.is_expired
    assert isinstance(await tokens.count_call(found), CallRefused)
    assert [each.is_expired for each in await tokens.list()] == [False, True]
    assert await tokens.origins() == {"https://l.example", "https://p.example"}


async def test_calls_are_counted_to_the_limits_of_minute_and_day(database: Database) -> None:
    tokens = PostgresTokens(database.writers)
    token = await tokens.find(await tokens.add(NewToken("ci", minute_limit=2, day_limit=3)))
    assert token is not None
    assert token.last_used_at is None
    assert [await tokens.count_call(token) for _ in range(2)] == [None, None]
    refused = await tokens.count_call(token)
    assert refused is not None
    assert not refused.is_day
    assert 0 <= refused.seconds <= 60
    await database.writers.execute("update token set minute = minute - interval '1 minute'")
    assert await tokens.count_call(token) is None
    refused = await tokens.count_call(token)
    assert refused is not None
    assert refused.is_day
    assert 0 <= refused.seconds <= 86_400
    await database.writers.execute("update token set day = day - 1, minute = minute - interval '1 day'")
    assert await tokens.count_call(token) is None
    (listed,) = await tokens.list()
    assert listed.last_used_at is not None


async def test_a_token_without_limits_is_counted_and_never_refused(database: Database) -> None:
    tokens = PostgresTokens(database.writers)
    token = await tokens.find(await tokens.add(NewToken("ci", minute_limit=0)))
    assert token is not None
    assert {await tokens.count_call(token) for _ in range(80)} == {None}


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://docs.example.org", "https://docs.example.org"),
        ("HTTPS://Docs.Example.ORG:443/", "https://docs.example.org"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://müller.example", "https://xn--mller-kva.example"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "null", "docs.example.org", "https://", "https://a.example/path", "https://a.example?x"),
        *("ftp://a.example", "https://*.example.org", "https://u:p@a.example", "https://a.example:99999"),
        *("https://a b.example", "https://a#", "https://a.example?", "javascript:alert(1)", "https://[::1"),
        "https://a.example/\n/x",
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no origin"):
        parse_origin(text)


@pytest.mark.parametrize("name", ["", "a b", "Ümlaut", "open", "stdio", "-x", "a" * 41, "a:b", "a/b"])
def test_a_name_that_cannot_be_a_place_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


def test_a_token_is_a_place() -> None:
    assert parse_places(["Token:CI, slack:t1"]) == ("slack:T1", "token:ci")
    assert may_see(("token:ci",), frozenset({"token:ci"}))
    assert not may_see(("token:ci",), frozenset({"token:other"}))
    for wrong in ("token:", "token:a/b", "token:ü"):
        with pytest.raises(UsageError):
            parse_places([wrong])
