"""What servers write into Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.net.retry_after import parse_retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("1.5", 1.5),
        ("Wed, 25 Nov 2026 00:01:00 GMT", 60.0),
        ("Wed, 25 Nov 2020 00:01:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value, datetime(2026, 11, 25, tzinfo=UTC)) == seconds
