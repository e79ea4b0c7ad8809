"""The driver and the browser of a rendering crawl see none of our environment."""

from __future__ import annotations

import psutil
import pytest

from tests.ingest.renderers import application, rendering
from tests.servers.site import serve_site


async def test_the_driver_and_the_browser_see_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:canary@db.example/x")
    async with serve_site(application()) as site, rendering(site) as renderer:
        await renderer.start()
        processes = [psutil.Process(pid) for pid in renderer.processes]
        environments = [each.environ() for each in processes]
    assert len(environments) > 2
    for environment in environments:
        assert "canary" not in str(environment)
        assert "OPENAI_API_KEY" not in environment
