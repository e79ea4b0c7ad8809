"""A Slack on loopback without limits, and one channel in it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.servers.slack import Slack, Tiers, serve_slack


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with serve_slack(tiers=Tiers.none()) as served:
        served.channel("C1")
        yield served
