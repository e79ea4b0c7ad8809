"""`footnote token` as an operator meets it: a token is shown once, listed without its secret, and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.tokens import parse_expiry
from core.errors import UsageError
from tests.bot.called import call
from tests.bot.install import Install

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory, kept: str) -> Install:
    return Install(tmp_path_factory.mktemp("install"), {"DATABASE_URL": kept})


async def test_a_token_is_shown_once_listed_and_revoked(install: Install) -> None:
    given = ("--visible-to", "slack:t1/c1", "--expires", "90d", "--per-day", "500")
    added = (await install.run("token", "add", "CI", *given, "--json")).json
    assert added["token"].startswith("footnote_")
    assert (added["name"], added["visible_to"], added["day_limit"]) == ("ci", ["slack:T1/C1"], 500)
    shown = await install.run("token", "add", "website", "--origin", "https://Docs.example.org/")
    assert shown.out.startswith("footnote_")
    assert shown.out.count("\n") == 1
    assert "only time" in shown.err
    listed = await call(install, "token", "list")
    assert "ci: also sees slack:T1/C1; 60 a minute and 500 a day; expires 20" in listed.out
    assert "website: only from https://docs.example.org; 60 a minute and 1000 a day; never used" in listed.out
    assert added["token"] not in listed.out
    assert shown.out.strip() not in (await call(install, "token", "list", "--json")).out
    assert (await call(install, "token", "revoke", "ci", "--json")).json == {"revoked": "ci"}
    states = {each["name"]: each["state"] for each in (await call(install, "token", "list", "--json")).json["tokens"]}
    assert states == {"website": "good", "ci": "revoked"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("add", "a b"), "letters, digits"),
        (("add", "open"), "without a token"),
        (("add", "x", "--origin", "*"), "no origin"),
        (("add", "x", "--origin", "https://a.example", "--per-day", "0"), "public"),
        (("add", "x", "--visible-to", "teams:T1"), "no place"),
        (("add", "x", "--expires", "soon"), "90d"),
        (("revoke", "nobody"), "No token is named"),
    ],
)
async def test_what_is_wrong_is_one_sentence(install: Install, wrong: tuple[str, ...], sentence: str) -> None:
    ended = await call(install, "token", *wrong)
    assert ended.code == (1 if wrong[0] == "revoke" else 2), "what is not there is no wrong call, as with sources"
    assert ended.err.count("\n") == 1
    assert sentence in ended.err


def test_an_expiry_is_a_duration_or_a_date() -> None:
    assert parse_expiry(None, NOW) is None
    assert parse_expiry("never", NOW) is None
    assert parse_expiry("12h", NOW) == NOW + timedelta(hours=12)
    assert parse_expiry("8W", NOW) == NOW + timedelta(weeks=8)
    assert parse_expiry("2027-03-31", NOW) == datetime(2027, 3, 31, tzinfo=UTC)
    for wrong in ("0d", "90", "d", "2020-01-01", "99999w99", "-1d"):
        with pytest.raises(UsageError):
            parse_expiry(wrong, NOW)
