"""What holds for every route: no form without its token does anything, and nobody sees what is not for their places."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.console.access import FIELD
from bot.console.screens.registry import SCREENS
from core.domain import Source
from core.inbox.channels import AuditEntry, ChannelSettings
from core.inbox.port import Platform
from core.inbox.viewer import Viewer
from core.postgres.database import Database
from core.work.port import RequestKind
from tests.bot.console.served import ADMIN, MACHINE, OTHER_ADMIN, ConsoleClient, ServedConsole, serve_app
from tests.core.index.helpers import crawl

HIDDEN, SECRET = "kestrel-plans", "kestrel"
NEXT_DOOR = Viewer(Platform.SLACK, "T2", "UADMIN", "C8")
"""An administrator of the same workspace, in another channel than the one that sees the hidden source."""

WORDS = ("kestrel", HIDDEN, "1", "0", "-1", "", "docs", "slack", "T2", "C9", "slack:T2/C9", "UACTOR", "%00", "x" * 300)
POSTS = [route.path for screen in SCREENS for route in screen.routes if route.method == "POST"]
GETS = [route.path for screen in SCREENS for route in screen.routes if route.method == "GET"]
REQUESTS = 400


@pytest.fixture
async def served(database: Database, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(dsn, tmp_path) as made:
        yield made


async def fill_hidden(served: ServedConsole, database: Database) -> None:
    """Add a source that only slack:T2/C9 sees, crawled, cited and managed, and a channel that was set there."""
    footnote = served.console.footnote
    await database.use_space("fake", 8)
    root = "https://kestrel.example/"
    source = await footnote.catalog.add(Source(0, HIDDEN, root, licence=SECRET, visible_to=("slack:T2/C9",)))
    await crawl(database, source, {"kestrel": ["kestrel words"]})
    await database.writers.execute("insert into left_out values ($1, $2, 'kestrel reason')", source.id, f"{root}gone")
    await footnote.requests.put(RequestKind.CRAWL, source=source, asked_by="slack:UKESTREL")
    preview = {"url": root}
    await footnote.requests.put(RequestKind.PREVIEW, options=preview, asked_by="slack:UKESTREL")
    entry = AuditEntry(Platform.SLACK, "T2", "UACTOR", "C9", "remove", {"source": HIDDEN})
    await footnote.audit.begin(entry)
    await footnote.channels.put(Platform.SLACK, "T2", "D9", ChannelSettings(sources=(HIDDEN,), tone=SECRET))
    await footnote.channels.put(Platform.SLACK, "T2", "C9", ChannelSettings(sources=(HIDDEN,)))


def random_paths(random_: random.Random, routes: list[str], count: int) -> Iterator[str]:
    """Yield paths of these routes, with words in their places and in their query."""
    names = (
        "text",
        "verdict",
        "page",
        "change",
        "reason",
        "who",
        "act",
        "platform",
        "tenant",
        "channel",
        "source",
        "person",
    )
    for _ in range(count):
        path = re.sub(r"\{[^}]*\}+", lambda _: quote(random_.choice(WORDS) or "x"), random_.choice(routes))
        query = "&".join(f"{name}={quote(random_.choice(WORDS))}" for name in random_.sample(names, 3))
        yield f"{path}?{query}"


def echoed(path: str, html: str) -> str:
    """Return a page without what it repeats of its own address: filters show what they were asked for."""
    return re.sub(r'(?:value|href|hx-get|action)="[^"]*"', "", html)


VIEWERS = pytest.mark.parametrize("viewer", [ADMIN, OTHER_ADMIN, NEXT_DOOR], ids=["elsewhere", "discord", "next-door"])


@VIEWERS
async def test_who_has_not_the_place_sees_nothing_of_it_whatever_they_ask(
    served: ServedConsole, database: Database, viewer: Viewer
) -> None:
    await look_everywhere(served, database, viewer, REQUESTS)


@pytest.mark.long
@VIEWERS
async def test_the_same_of_ten_thousand_requests(served: ServedConsole, database: Database, viewer: Viewer) -> None:
    await look_everywhere(served, database, viewer, 3_400)


async def look_everywhere(served: ServedConsole, database: Database, viewer: Viewer, requests: int) -> None:
    """Send random requests, and look for the hidden source in what comes back."""
    await fill_hidden(served, database)
    random_ = random.Random(requests)
    async with served.client(viewer) as client:
        for path in random_paths(random_, GETS, requests):
            page = await client.get(path)
            assert page.status in (200, 404, 422), path
            shown = echoed(path, page.html).lower()
            for word in re.findall(r"u?kestrel[\w.-]*", shown):
                assert word in path.lower(), (path, word)
            assert "kestrel words" not in shown
            assert "kestrel reason" not in shown
            assert "https://kestrel.example/" not in shown


async def test_what_is_hidden_there_is_seen_from_its_place(served: ServedConsole, database: Database) -> None:
    """The test above would pass over an empty database."""
    await fill_hidden(served, database)
    inside = Viewer(Platform.SLACK, "T2", "UADMIN", "C9")
    for viewer in (inside, MACHINE):
        async with served.client(viewer) as client:
            for path in ("/sources", f"/source/{HIDDEN}", f"/crawl/{HIDDEN}", "/crawl", "/channels", "/inspector"):
                assert HIDDEN in (await client.get(path)).html, path


async def test_no_act_reaches_a_source_that_is_not_seen(served: ServedConsole, database: Database) -> None:
    await fill_hidden(served, database)
    catalog, requests = served.console.footnote.catalog, served.console.footnote.requests
    before, asked = await catalog.get(HIDDEN), len(await requests.recent(99))
    async with served.client(NEXT_DOOR) as client:
        token = (await client.get("/")).token
        for path in POSTS:
            if not path.startswith("/source/"):
                continue
            answer = await client.send("POST", path.replace("{name}", HIDDEN), data={FIELD: token, "licence": "x"})
            assert answer.status == 404, path
    assert await catalog.get(HIDDEN) == before
    assert len(await requests.recent(99)) == asked


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_its_token_is_refused_and_does_nothing(served: ServedConsole, path: str) -> None:
    footnote = served.console.footnote
    await footnote.catalog.add(Source(0, "docs", "https://docs.example/"))
    before = await footnote.catalog.list()
    filled = re.sub(r"\{name[^}]*\}", "docs", re.sub(r"\{\w+[^}]*\}+", "1", path.replace("{name}", "docs")))
    fields = {"url": "https://a.example/", "person": "U1", "text": "How?", "licence": "x", "paused": "1"}
    async with served.client(ADMIN) as client, served.client(OTHER_ADMIN) as other:
        foreign = (await other.get("/")).token
        for form, headers in await _forgeries(client, foreign):
            answer = await client.send("POST", filled, data=fields | form, headers=headers)
            assert answer.status == 403, (path, form, headers)
    assert await footnote.catalog.list() == before
    assert await footnote.audit.recent(9) == []
    assert await footnote.requests.recent(9) == []


async def _forgeries(client: ConsoleClient, foreign: str) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Return forms that are not ours: without a token, with another's, or sent from another site."""
    own = (await client.get("/")).token
    return [
        ({}, {}),
        ({FIELD: ""}, {}),
        ({FIELD: foreign}, {}),
        ({FIELD: own[:-1]}, {}),
        ({FIELD: own}, {"Origin": "https://evil.example"}),
        ({FIELD: own}, {"Sec-Fetch-Site": "cross-site"}),
    ]


async def test_every_act_without_a_session_is_401(served: ServedConsole) -> None:
    async with served.client() as client:
        for path in POSTS:
            assert (await client.send("POST", path.replace("{name}", "docs"))).status == 401, path
