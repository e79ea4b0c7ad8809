"""The wait that a server asks for in the header Retry-After, or in those of its limits. Nothing here waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SPAN = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m(?!s))?(?:(\d{1,6}(?:\.\d{1,6})?)s)?(?:(\d{1,9}(?:\.\d{1,6})?)ms)?")
_LIMITS = ("requests", "tokens")
_YEARS_OF_SECONDS = 100_000_000.0


def find_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that the headers of a refusal ask to wait, or None.

    `retry-after-ms`, then `Retry-After`, then the reset of a limit that has nothing remaining: OpenAI's
    `x-ratelimit-reset-requests: 6m0s`, Anthropic's `anthropic-ratelimit-tokens-reset: 2026-11-30T12:00:00Z`,
    OpenRouter's `x-ratelimit-reset` in milliseconds since 1970.
    """
    now = now or datetime.now(UTC)
    milliseconds = headers.get("retry-after-ms", "")
    if milliseconds.strip().isdecimal():
        return int(milliseconds.strip()[:12]) / 1000
    asked = parse_retry_after(headers.get("retry-after", ""), now)
    if asked is not None:
        return asked
    waits = [wait for limit in _LIMITS if (wait := _reset_of(headers, limit, now)) is not None]
    if waits:
        return max(waits)
    return _parse_reset(headers.get("x-ratelimit-reset", ""), now)


def _reset_of(headers: Mapping[str, str], limit: str, now: datetime) -> float | None:
    for remaining, reset in (
        (f"x-ratelimit-remaining-{limit}", f"x-ratelimit-reset-{limit}"),
        (f"anthropic-ratelimit-{limit}-remaining", f"anthropic-ratelimit-{limit}-reset"),
    ):
        if headers.get(remaining, "").strip() == "0":
            return _parse_reset(headers.get(reset, ""), now)
    return None


def _parse_reset(value: str, now: datetime) -> float | None:
    """Return the seconds until a reset: `"6m0s"` -> 360.0, `"20ms"` -> 0.02, a date or an epoch -> until then."""
    value = value.strip()[:64]
    span = _SPAN.fullmatch(value)
    if value and span:
        hours, minutes, seconds, milliseconds = (float(part or 0) for part in span.groups())
        return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    if value.isdecimal():
        number = float(value)
        since = number / 1000 if number > _YEARS_OF_SECONDS * 1000 else number
        return max(0.0, since - now.timestamp()) if since > _YEARS_OF_SECONDS else since
    try:
        return max(0.0, (datetime.fromisoformat(value) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def parse_retry_after(value: str, now: datetime | None = None) -> float | None:
    """Return the seconds to wait, or None where the header names none.

    `"120"` -> 120.0, `"Wed, 21 Oct 2099 07:28:00 GMT"` -> the seconds until then, `"soon"` -> None.
    """
    value = value.strip()[:64]
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now or datetime.now(UTC))
    return seconds if 0 <= seconds < float("inf") else None


def _until(date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, OverflowError):  # a year or an hour of twelve digits
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
