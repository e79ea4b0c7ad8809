"""`footnote token`: the group of commands for the tokens with which programs and web pages ask."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from core.errors import TokenUnknown, UsageError
from core.inbox.channels import parse_places
from core.plural import format_count
from core.tokens.port import AccessToken, NewToken, check_name, parse_origin
from core.wiring import Footnote

PUBLIC_MINUTE_LIMIT, PUBLIC_DAY_LIMIT = 60, 1_000
"""Calls of a token for web pages, which everybody can read there: all its visitors share them."""

TOKEN_MINUTE_LIMIT, TOKEN_DAY_LIMIT = 60, 0
_DURATION = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@click.group("token")
def command() -> None:
    """Make, list and revoke access tokens for the HTTP API, MCP and the widget.

    \b
    footnote token add ci --expires 90d
    footnote token list
    footnote token revoke ci
    """


@command.command("add")
@click.argument("name")
@click.option(
    "--visible-to",
    multiple=True,
    metavar="PLACE",
    help="It also sees what is visible to this place, such as slack:T0001/C0123 (repeat it for more). Default: what "
    "all may see, and sources that name token:NAME.",
)
@click.option(
    "--origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="For web pages: only pages of this origin may use it, such as https://docs.example.org (repeat it).",
)
@click.option(
    "--expires", metavar="TIME", help="How long it is good: 12h, 90d, 8w, or until a date (UTC). Default: for ever."
)
@click.option("--per-minute", type=click.IntRange(0, 100_000), help="Calls a minute; 0: any number. Default: 60.")
@click.option(
    "--per-day",
    type=click.IntRange(0, 10_000_000),
    help="Calls a day (UTC); 0: any number. Default: any number, and 1000 with --origin.",
)
@json_option
def add(  # noqa: PLR0913 - one argument per option
    name: str,
    *,
    visible_to: tuple[str, ...],
    origins: tuple[str, ...],
    expires: str | None,
    per_minute: int | None,
    per_day: int | None,
    as_json: bool,
) -> None:
    """Make a token called NAME and show it once. It is stored as a hash, so nobody can show it again.

    \b
    footnote token add ci --expires 90d
    footnote token add handbook --visible-to slack:T0001/C0123
    footnote token add website --origin https://docs.example.org
    """
    is_public = bool(origins)
    new = NewToken(
        check_name(name),
        (parse_places(visible_to) or ()) if visible_to else (),
        tuple(sorted({parse_origin(each) for each in origins})),
        parse_expiry(expires, datetime.now(UTC)),
        per_minute if per_minute is not None else PUBLIC_MINUTE_LIMIT if is_public else TOKEN_MINUTE_LIMIT,
        per_day if per_day is not None else PUBLIC_DAY_LIMIT if is_public else TOKEN_DAY_LIMIT,
    )
    if is_public and 0 in (new.minute_limit, new.day_limit):
        raise UsageError("A token for web pages is public: give it a limit, --per-minute and --per-day above 0.")
    secret = with_footnote(lambda footnote: footnote.tokens.add(new))
    if as_json:
        shape = {each.name: getattr(new, each.name) for each in fields(new)}
        print_json({"token": secret, **shape, "expires_at": _iso(new.expires_at)})
        return
    console().print(secret, markup=False, soft_wrap=True)
    click.echo(f"This is the only time that the token {new.name} is shown: keep it now.", err=True)


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Show the tokens and their limits; never their secrets.

    Each with what it sees, when it ends, and when it was used last.

    \b
    footnote token list
    footnote token list --json
    """
    tokens = with_footnote(lambda footnote: footnote.tokens.list())
    if as_json:
        print_json({"tokens": [to_document(token) for token in tokens]})
        return
    for token in tokens:
        console().print(to_line(token), markup=False)
    if tokens:
        console().print(f"{format_count(len(tokens), 'token')}. Times are in UTC.", style="dim")
    else:
        console().print("No tokens yet. Make one with: footnote token add NAME --expires 90d", markup=False)


@command.command("revoke")
@click.argument("name")
@json_option
def revoke(name: str, *, as_json: bool) -> None:
    """Refuse the token NAME from now on.

    \b
    footnote token revoke ci
    """
    with_footnote(lambda footnote: _revoke(footnote, name.strip().lower()))
    if as_json:
        print_json({"revoked": name.strip().lower()})
    else:
        console().print(f"Revoked {name.strip().lower()}: it is refused from now on.", markup=False)


async def _revoke(footnote: Footnote, name: str) -> None:
    if await footnote.tokens.revoke(name):
        return
    names = [each.name for each in await footnote.tokens.list() if not each.is_revoked]
    there = f"there are {', '.join(names)}" if names else "there are none"
    raise TokenUnknown(f'No token is named "{name[:60]}": {there}.')


def parse_expiry(text: str | None, now: datetime) -> datetime | None:
    """Return when a token ends: `"90d"` is so long after `now`, a date its first moment in UTC. Raises `UsageError`."""
    if text is None or text.strip().lower() in ("", "never"):
        return None
    found = _DURATION.fullmatch(text.strip().lower())
    try:
        if found:
            return now + timedelta(**{_UNITS[found[2]]: int(found[1])})
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise UsageError("--expires must be like 12h, 90d or 8w, or a date such as 2027-03-31.") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= now:
        raise UsageError("--expires must be in the future.")
    return moment


def state_of(token: AccessToken) -> str:
    """Return `"good"`, `"expired"` or `"revoked"`."""
    return "revoked" if token.is_revoked else "expired" if token.is_expired else "good"


def to_document(token: AccessToken) -> dict[str, object]:
    """Return the JSON shape of a token (docs/api.md)."""
    return {
        "name": token.name,
        "state": state_of(token),
        "visible_to": list(token.visible_to),
        "origins": list(token.origins),
        "minute_limit": token.minute_limit,
        "day_limit": token.day_limit,
        "created_at": _iso(token.created_at),
        "expires_at": _iso(token.expires_at),
        "revoked_at": _iso(token.revoked_at),
        "last_used_at": _iso(token.last_used_at),
    }


def to_line(token: AccessToken) -> str:
    """Return a token as one line."""
    minute = f"{token.minute_limit} a minute" if token.minute_limit else ""
    day = f"{token.day_limit} a day" if token.day_limit else ""
    parts = [
        "" if state_of(token) == "good" else state_of(token),
        f"also sees {', '.join(token.visible_to)}" if token.visible_to else "",
        f"only from {', '.join(token.origins)}" if token.origins else "",
        " and ".join(filter(None, (minute, day))) or "no limits",
        f"expires {token.expires_at:%Y-%m-%d %H:%M}" if token.expires_at else "",
        f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used",
    ]
    return f"{token.name}: {'; '.join(filter(None, parts))}"


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
