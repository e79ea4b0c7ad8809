"""Administrators' commands with a worker as users start it and a site over HTTP: the report is what was done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.commands.messages import NO_WORKER
from bot.commands.perform import Actor, CommandContext, build_command_context, perform
from core.inbox.port import Platform
from core.work.port import RequestKind
from tests.bot.fleet import SECTIONS, Fleet, fleet, manual
from tests.servers.openai_server import serve_openai
from tests.servers.site import DocSite, serve_site

ADMIN = Actor(Platform.SLACK, "T1", "U1", "C1")
PAGES = 12


@pytest.fixture
async def there(dsn: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Prepare an install whose vectors come from a scripted server at once."""
    async with serve_openai(dimensions=8) as models:
        served = {"OPENAI_BASE_URL": models.base_url, "EMBEDDING_MODEL": "served-embedder", "CHAT_MODEL": "extractive"}
        async with fleet(dsn, tmp_path, ADMINS="slack:U1", **served) as made:
            yield made


async def perform_all(context: CommandContext, text: str) -> list[str]:
    return [report.markdown async for report in perform(text, ADMIN, context)]


async def test_a_site_is_read_again_while_it_is_watched_quarantined_and_forced(there: Fleet) -> None:
    context = build_command_context(there.footnote)
    async with serve_site(DocSite(manual(PAGES, 1))) as site:
        await there.add(site)
        site.latch = asyncio.Event()
        reports = perform("reindex docs", ADMIN, context)
        assert NO_WORKER in (await anext(reports)).markdown
        await there.start()
        await asyncio.wait_for(site.reached.wait(), 120)
        site.latch.set()
        rest = [report async for report in reports]
        assert [report.final for report in rest][-1]
        assert rest[-1].markdown.startswith("Reading again:\n- **docs**: ok (")
        assert f"- {PAGES + 1} pages ({PAGES + 1} fetched, 0 unchanged), {(PAGES + 1) * SECTIONS} passages" in (
            rest[-1].markdown
        )

        site.pages = manual(2, 1)
        *_, quarantined = await perform_all(context, "reindex docs")
        assert "- **docs**: quarantined: " in quarantined
        assert "`/docs reindex docs --force`" in quarantined
        assert len(await there.texts()) == (PAGES + 1) * SECTIONS
        *_, forced = await perform_all(context, "reindex docs --force")
        assert f", {(PAGES - 2) * SECTIONS} removed" in forced
        assert len(await there.texts()) == 3 * SECTIONS
    assert [await perform_all(context, "status")] == [["- 1 worker running\n- 1 source, 9 passages"]]


async def test_a_source_that_is_closed_answers_where_it_is_seen_and_nowhere_else(there: Fleet) -> None:
    context = build_command_context(there.footnote)
    async with serve_site(DocSite(manual(1, 1))) as site:
        await there.add(site)
        await there.start()
        await perform_all(context, "reindex docs")
        await there.footnote.database.writers.execute("update source set visible_to = '{slack:T2}'")

        async def hits(audience: frozenset[str] | None) -> int:
            return len(await there.footnote.engine.search("What does section 1 explain?", 10, audience=audience))

        assert (await hits(ADMIN.audience), await hits(frozenset({"slack:T2"}))) == (0, 2 * SECTIONS)
        assert "There is no source named docs" in (await perform_all(context, "reindex docs"))[0]


async def test_a_worker_previews_nothing_private_who_asks_for_it(there: Fleet) -> None:
    async with serve_site(DocSite(manual(1, 1))) as site:
        await there.start()
        options = {"url": site.url("/docs/")}
        request = await there.footnote.requests.put(RequestKind.PREVIEW, options=options, asked_by="slack:U1")
        ended = await there.ended(request)
        assert ended.error
        assert ended.report is None
        assert not site.asked
