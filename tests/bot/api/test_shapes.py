"""Schemathesis sends what the OpenAPI document allows and forbids: no server error, and every result as described.

`python -m bench.doors schema` does the same with 5,000 requests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.api_schema import send_requests
from tests.bot.served_api import ServedApi


@pytest.mark.slow
async def test_no_request_of_the_schema_is_a_server_error(api: ServedApi, tmp_path: Path) -> None:
    report = await send_requests(api.url, api.token, 15, tmp_path)
    assert report.code == 0, report.printed
    assert report.requests > 100
    assert not [status for status in report.statuses if status >= 500]
    assert {200, 400, 404} <= set(report.statuses)
