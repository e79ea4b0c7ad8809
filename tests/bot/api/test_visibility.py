"""No route shows what a token may not see: calls made at random over all routes, tokens and wordings, and none leaks.

`python -m bench.doors fuzz` does the same 10,000 times.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.config.settings import Settings
from core.wiring import Footnote, open_footnote
from tests.bot.api_fuzz import SECRETS, add_closed_sources, fuzz
from tests.bot.served_api import serve_api


@pytest.fixture
async def footnote(filled: str, tmp_path: Path) -> AsyncIterator[Footnote]:
    await add_closed_sources(filled, tmp_path)
    settings = Settings(DATABASE_URL=filled, FOOTNOTE_HOME=tmp_path, EMBED_THREADS=1, API_ADDRESS_LIMIT=0)
    async with open_footnote(settings) as opened:
        yield opened


@pytest.mark.slow
async def test_no_route_leaks_what_a_token_may_not_see(footnote: Footnote) -> None:
    async with serve_api(footnote) as api:
        report = await fuzz(api, 300, random.Random(17))
    assert report.leaks == []
    assert report.calls >= 300
    assert set(report.seen) == set(SECRETS)  # who may see it finds each of them: the calls do ask for what is closed
    assert not {status for status in report.statuses if status >= 500}
