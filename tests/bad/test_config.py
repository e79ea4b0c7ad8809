"""Settings of ../shared: each wrong one gets a sentence, and none is repeated where it could be read."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest

from bot.commands.perform import Actor, build_command_context, perform
from bot.commands.verbs import FORMS
from core.config.settings import Settings, load
from core.domain import Source
from core.errors import ConfigurationError, ModelMismatch, SourceBusy
from core.health import Health, check_settings
from core.inbox.channels import Outcome
from core.inbox.port import Platform
from core.index.catalog import PostgresCatalog
from core.index.corpus import PostgresCorpus
from core.postgres.database import open_database
from core.wiring import open_footnote
from core.work.schedule import parse_schedule
from tests.bad.inputs import Bad, bad
from tests.bot.install import Install
from tests.conftest import ROOT

pytestmark = [pytest.mark.shared, pytest.mark.usefixtures("nothing_set")]

CLOCKS = {("time", "time"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
DATES_OF_OTHERS = {"core/net/retry_after.py", "bot/slack/http.py"}
"""Where a server names a date until which to wait (Retry-After), or at which it signed."""
DATES_IN_IDS = {
    "bot/console/screens/channels.py",
    "bot/discord/catch_up.py",
    "bot/discord/events.py",
    "bot/discord/gateway.py",
    "bot/intake.py",
    "bot/slack/app.py",
    "bot/slack/catch_up.py",
    "bot/slack/gaps.py",
}
"""How far back messages are looked for by ids, which are dates of the platform's; a wrong clock shifts that."""

SCHEDULES = {
    "bot/commands/messages.py",
    "ingest/schedule.py",
    "bot/cli/source_set.py",
    "bot/cli/sources.py",
    "bot/cli/source_list.py",
}
"""A schedule means a date. A process with a wrong clock fires a slot early or late, and a slot fires once."""
SHOWN = {
    "bot/api/completions.py",
    "bot/cli/report.py",
    "bot/cli/tokens.py",
    "bot/console/found.py",
    "bot/console/rendering.py",
    "bot/console/screens/gaps.py",
    "bot/console/screens/today.py",
    "bot/console/spend.py",
    "bot/mcp/library.py",
    "bot/mcp/resources.py",
}
"""Dates that people and programs read, and the day on which a token is to end, as its maker says it."""


@bad("config")
async def test_a_wrong_setting_is_said_in_a_sentence(
    bad: Bad, dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if bad.id in WITH_STORE:
        await WITH_STORE[bad.id](dsn)
    elif bad.id in AS_SET:
        await AS_SET[bad.id](bad, monkeypatch, tmp_path)
    else:
        assert bad.id == "config-017"


async def _empty_key(bad: Bad, monkeypatch: pytest.MonkeyPatch, _tmp_path: Path) -> None:
    name, _, value = bad.text.partition(" ")[0].partition("=")
    monkeypatch.setenv(name, value)
    notes = [check for check in check_settings(load()) if check.health is Health.NOTE]
    assert len(notes) == 1
    assert "OPENAI_API_KEY" in notes[0].says
    assert "quoted from the pages" in notes[0].says


async def _swapped_tokens(bad: Bad, _monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name, _, value = bad.text.partition(" ")[0].partition("=")
    ended = await Install(tmp_path, {name: value}).run("sources", "list")
    assert ended.code == 78
    assert all(word in ended.err for word in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "xoxb-", "xapp-"))
    assert value not in ended.err


async def _too_often(bad: Bad, monkeypatch: pytest.MonkeyPatch, _tmp_path: Path) -> None:
    name, _, value = bad.text.partition("=")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="15 minutes"):
        load()


async def _twice_in_autumn(bad: Bad, monkeypatch: pytest.MonkeyPatch, _tmp_path: Path) -> None:
    name, _, value = bad.text.partition(" (")[0].partition("=")
    monkeypatch.setenv(name, value)
    schedule, slots = parse_schedule(load().recrawl_cron), [datetime(2026, 10, 23, tzinfo=UTC)]
    for _ in range(5):
        slots.append(schedule.find_next_slot(slots[-1]) or slots[-1])
    assert {after - before for before, after in pairwise(slots[1:])} == {timedelta(days=1)}


async def _password(bad: Bad, _monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = bad.text.partition("=")[2].replace("@h/", "@127.0.0.1:9/")
    ended = await Install(tmp_path, {"DATABASE_URL": url}).run("sources", "list")
    assert ended.code in {1, 78}
    assert ended.err.count("\n") == 1
    assert "p%40ss" not in ended.err + ended.out
    assert "p@ss" not in ended.err + ended.out


async def _other_database(bad: Bad, monkeypatch: pytest.MonkeyPatch, _tmp_path: Path) -> None:
    name, _, value = bad.text.partition("=")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} must start with postgresql://"):
        load()


async def _workers(bad: Bad, monkeypatch: pytest.MonkeyPatch, _tmp_path: Path) -> None:
    name, _, values = bad.text.partition("=")
    for value in values.split(" / "):
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigurationError, match=f"{name} must be a whole number from 1 to 256"):
            load()


async def _two_crawls(dsn: str) -> None:
    async with open_database(dsn) as first, open_database(dsn) as second:
        await first.use_space("fake", 2)
        source = await PostgresCatalog(first).add(Source(0, "docs", "https://docs.example/"))
        async with PostgresCorpus(first).crawl(source):
            with pytest.raises(SourceBusy):
                await PostgresCorpus(second).crawl(source).__aenter__()


async def _other_model(dsn: str) -> None:
    async with open_database(dsn) as database:
        await database.use_space("one-model", 8)
    for other in ("another-model", "local"):
        settings = Settings(DATABASE_URL=dsn, EMBEDDING_MODEL=other, OPENAI_API_KEY="sk-x", _env_file=None)
        with pytest.raises(ModelMismatch, match="footnote crawl --reembed"):
            await open_footnote(settings).__aenter__()


async def _no_admins(dsn: str) -> None:
    commands = [f"{form.verb} https://docs.example/ docs" for form in FORMS if form.verb != "help"]
    for empty in ("", "  ", ", ,", "\t"):
        async with open_footnote(Settings(DATABASE_URL=dsn, ADMINS=empty, _env_file=None)) as footnote:
            for text, user in product(commands, ("U1", "")):
                reports = perform(text, Actor(Platform.SLACK, "T1", user, "C1"), build_command_context(footnote))
                assert ["set ADMINS" in report.markdown async for report in reports] == [True], text
            assert await footnote.catalog.list() == await footnote.requests.recent(5) == []
            acts = await footnote.audit.recent(1_000)
    assert [act.outcome for act in acts] == [Outcome.REFUSED] * (4 * 2 * len(commands))


AS_SET: dict[str, Callable[[Bad, pytest.MonkeyPatch, Path], Awaitable[None]]] = {
    "config-001": _empty_key,
    "config-003": _swapped_tokens,
    "config-005": _password,
    "config-006": _other_database,
    "config-008": _workers,
    "config-009": _too_often,
    "config-010": _twice_in_autumn,
}
WITH_STORE: dict[str, Callable[[str], Awaitable[None]]] = {
    "config-012": _no_admins,
    "config-014": _two_crawls,
    "config-018": _other_model,
}


@pytest.mark.parametrize("package", ["bot", "core", "ingest"])
def test_no_deadline_or_lease_hangs_on_the_clock_of_this_machine(package: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if (node.value.id, node.attr) in CLOCKS
    }
    assert found <= DATES_OF_OTHERS | DATES_IN_IDS | SCHEDULES | SHOWN
