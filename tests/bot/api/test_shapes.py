"""Schemathesis sends what the OpenAPI document allows and forbids: no server error, and every result as described.

`python -m bench.doors schema` does the same with 5,000 requests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.config.settings import Settings
from core.wiring import open_footnote
from tests.bot.api_schema import send_requests
from tests.bot.served_api import ServedApi, serve_api


@pytest.fixture
async def api(filled: str, tmp_path: Path) -> AsyncIterator[ServedApi]:
    settings = Settings(DATABASE_URL=filled, FOOTNOTE_HOME=tmp_path, EMBED_THREADS=1)
    async with open_footnote(settings) as footnote, serve_api(footnote) as served:
        yield served


@pytest.mark.slow
async def test_no_request_of_the_schema_is_a_server_error(api: ServedApi, tmp_path: Path) -> None:
    report = await send_requests(api.url, api.token, 15, tmp_path)
    assert report.code == 0, report.printed
    assert report.requests > 100
    assert not [status for status in report.statuses if status >= 500]
    assert {200, 400, 404} <= set(report.statuses)
