"""`footnote doctor` looks at the chat platforms: who the bot is there, and what a person must mend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cli.doctor import MOST_SOURCES
from bot.discord.checkup import NOWHERE, PUBLIC
from bot.discord.rights import invitation
from core.postgres.database import Database
from tests.bot.install import Install
from tests.bot.up import slack_settings
from tests.servers.discord.server import serve_discord
from tests.servers.slack import serve_slack


async def checks(dsn: str, folder: Path, settings: Mapping[str, str]) -> tuple[int, dict[str, list[Any]]]:
    """Run doctor. -> its exit code, and its checks by subject: (health, sentence)."""
    ended = await Install(folder, {"DATABASE_URL": dsn, **settings}).run("doctor", "--json")
    assert ended.err == "", "each check says what there is to say"
    found: dict[str, list[Any]] = {}
    for check in ended.json["checks"]:
        found.setdefault(check["subject"], []).append((check["health"], check["says"]))
    return ended.code, found


async def test_both_platforms_are_asked_who_the_bot_is(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack, serve_discord() as discord:
        settings = slack_settings(slack) | {
            "DISCORD_BOT_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "ADMINS": "",
        }
        code, found = await checks(filled, tmp_path, settings)
    assert code == 0
    assert found["slack"] == [("ok", f"by Socket Mode, as footnote in workspace {slack.team}")]
    assert found["discord"][0][0] == "ok"
    assert found["admins"][0][0] == "note"


async def test_a_scope_that_the_app_lacks_is_named(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack:
        slack.scopes.discard("mpim:history")
        code, found = await checks(filled, tmp_path, slack_settings(slack))
    assert code == 78
    assert [health for health, _ in found["slack"]] == ["ok", "fail"]
    assert "lacks the scopes mpim:history: update its manifest" in found["slack"][1][1]


@pytest.mark.parametrize(
    ("error", "exit_code", "sentence"),
    [
        ("token_revoked", 78, "Slack refused SLACK_BOT_TOKEN (token_revoked): install the app to the workspace again"),
        ("account_inactive", 78, "Slack refused SLACK_BOT_TOKEN (account_inactive): install the app"),
        ("invalid_auth", 78, "Slack refused SLACK_BOT_TOKEN (invalid_auth): copy it from the app's pages"),
        ("org_login_required", 1, "Slack had an error in auth.test (org_login_required). Run this again in a minute."),
        ("ratelimited", 1, "Slack wants a pause of auth.test. Run this again in a minute."),
    ],
)
async def test_what_slack_refuses_is_named_by_its_word_with_what_to_do(
    filled: str, tmp_path: Path, error: str, exit_code: int, sentence: str
) -> None:
    async with serve_slack() as slack:
        slack.faults.refuse("auth.test", error)
        code, found = await checks(filled, tmp_path, slack_settings(slack))
    assert code == exit_code
    ((health, says),) = found["slack"]
    assert health == "fail"
    assert says.startswith(sentence)


async def test_without_the_scopes_that_are_optional_it_says_what_is_missed(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack:
        slack.scopes -= {"channels:read", "im:read"}
        code, found = await checks(filled, tmp_path, slack_settings(slack))
    assert code == 0
    assert [health for health, _ in found["slack"]] == ["ok", "note"]
    assert "only where somebody asked before: the app lacks the scopes channels:read, im:read:" in found["slack"][1][1]


async def test_wrong_tokens_are_named(filled: str, tmp_path: Path) -> None:
    async with serve_slack() as slack, serve_discord() as discord:
        settings = slack_settings(slack) | {
            "SLACK_APP_TOKEN": "xapp-wrong",
            "DISCORD_BOT_TOKEN": "wrong",
            "DISCORD_API_URL": discord.api_url,
        }
        code, found = await checks(filled, tmp_path, settings)
    assert code == 78
    assert found["slack"][0][0] == "fail"
    assert "SLACK_APP_TOKEN" in found["slack"][0][1]
    assert found["discord"][0][0] == "fail"
    assert "DISCORD_BOT_TOKEN" in found["discord"][0][1]


async def test_half_of_slack_and_an_intent_that_is_off_are_told(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord:
        settings = {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "DISCORD_BOT_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_MESSAGE_CONTENT": "1",
        }
        code, found = await checks(filled, tmp_path, settings)
    assert code == 78
    assert "SLACK_APP_TOKEN" in found["slack"][0][1]
    assert [health for health, _ in found["discord"]] == ["ok", "fail"]


async def test_without_a_platform_it_says_how_to_have_one(filled: str, tmp_path: Path) -> None:
    _, found = await checks(filled, tmp_path, {})
    assert found["chat"][0][0] == "note"


async def test_a_bot_that_anybody_may_add_and_one_that_is_nowhere_are_told(filled: str, tmp_path: Path) -> None:
    async with serve_discord() as discord:
        discord.world.is_public = True
        discord.world.guilds.clear()
        settings = {"DISCORD_BOT_TOKEN": discord.token, "DISCORD_API_URL": discord.api_url}
        code, found = await checks(filled, tmp_path, settings)
        link = invitation(discord.bot_id)
    assert code == 0
    assert found["discord"][1:] == [("note", PUBLIC), ("note", f"{NOWHERE} {link}")]
    assert link.startswith("https://discord.com/oauth2/authorize?")
    assert "permissions=309237730304" in link


async def test_of_many_sources_those_with_something_to_do_have_a_line(database: Database, tmp_path: Path) -> None:
    await database.writers.execute(
        "insert into source (name, root_url, scope, licence, kind) "
        "select 's' || i, 'https://docs.example.org/' || i || '/', '', '', 'site' from generate_series(1, 25) i"
    )
    ended = await Install(tmp_path, {"DATABASE_URL": database.dsn}).run("doctor")
    lines = ended.out.splitlines()
    assert sum(" source s" in line for line in lines) == MOST_SOURCES
    assert "ok   sources: 5 more: footnote sources list" in lines
