"""The wait that a server asks for in the header Retry-After. Nothing here waits."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


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
