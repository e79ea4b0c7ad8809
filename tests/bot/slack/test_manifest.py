"""The manifest of the Slack app names what the app listens for, and nothing that it does not use."""

from __future__ import annotations

import re
from importlib.resources import files

import yaml

from bot.slack.app import FILE_SCOPES, OPTIONAL_SCOPES, PEOPLE_SCOPES, REACTION_SCOPES, SCOPES
from bot.slack.reading import ANSWER_THIS
from bot.slack.renamed import ASK, DOCS
from tests.bot.install import Install
from tests.servers.slack import workspace

MANIFEST = yaml.safe_load((files("bot") / "slack_manifest.yaml").read_text("utf-8"))
SOURCE = "\n".join(path.read_text("utf-8") for path in (files("bot") / "slack").iterdir() if path.name.endswith(".py"))
NEEDED_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
}


KNOWN = {
    "": {"_metadata", "display_information", "features", "oauth_config", "settings"},
    "_metadata": {"major_version", "minor_version"},
    "display_information": {"name", "description", "long_description", "background_color"},
    "features": {"app_home", "agent_view", "bot_user", "shortcuts", "slash_commands"},
    "app_home": {"home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"},
    "agent_view": {"agent_description", "suggested_prompts", "actions"},
    "suggested_prompts": {"title", "message"},
    "bot_user": {"display_name", "always_online"},
    "shortcuts": {"name", "type", "callback_id", "description"},
    "slash_commands": {"command", "url", "description", "usage_hint", "should_escape"},
    "oauth_config": {"scopes", "redirect_urls", "token_management_enabled", "pkce_enabled"},
    "scopes": {"bot", "user", "bot_optional", "user_optional"},
    "settings": {
        *{"allowed_ip_address_ranges", "event_subscriptions", "interactivity", "org_deploy_enabled"},
        *{"socket_mode_enabled", "token_rotation_enabled"},
    },
    "event_subscriptions": {"request_url", "bot_events", "user_events", "metadata_subscriptions"},
    "interactivity": {"is_enabled", "request_url", "message_menu_options_url"},
}
"""Keys of Slack's schema of manifests, which allows no other."""


def unknown(part: object, name: str = "") -> list[str]:
    """Return the keys that Slack does not know."""
    match part:
        case dict():
            below = [odd for key, value in part.items() for odd in unknown(value, key)]
            return sorted(part.keys() - KNOWN[name]) + below
        case list():
            return [odd for each in part for odd in unknown(each, name)]
        case _:
            return []


def test_slack_knows_every_key() -> None:
    assert unknown(MANIFEST) == []
    assert unknown(MANIFEST | {"features": {"agent_view": {"description": "So"}}}) == ["description"]


def test_commands_and_shortcut_are_those_that_are_listened_for() -> None:
    features = MANIFEST["features"]
    assert {each["command"] for each in features["slash_commands"]} == {ASK, DOCS}
    assert [each["callback_id"] for each in features["shortcuts"]] == [ANSWER_THIS]


def test_each_event_is_handled_and_has_its_scope() -> None:
    scopes = set(MANIFEST["oauth_config"]["scopes"]["bot"])
    for event in MANIFEST["settings"]["event_subscriptions"]["bot_events"]:
        assert f'"{event.partition(".")[0]}"' in SOURCE, event
        assert NEEDED_SCOPES.get(event, "chat:write") in scopes, event


def test_limits_of_slack_are_kept() -> None:
    assert len(MANIFEST["display_information"]["description"]) <= 140
    assert len(MANIFEST["features"]["agent_view"]["agent_description"]) <= 300
    for command in MANIFEST["features"]["slash_commands"]:
        assert len(command["description"]) <= 2_000
        assert re.fullmatch(r"/[a-z]{1,32}", command["command"])
    for shortcut in MANIFEST["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    assert len(MANIFEST["features"]["agent_view"]["suggested_prompts"]) <= 4
    assert len(MANIFEST["display_information"]["name"]) <= 35


async def test_the_command_line_prints_it(tmp_path: object) -> None:
    ended = await Install(tmp_path).run("manifest")  # type: ignore[arg-type]
    assert yaml.safe_load(ended.out) == MANIFEST


def test_doctor_asks_for_the_scopes_of_the_manifest() -> None:
    optional = OPTIONAL_SCOPES | FILE_SCOPES | REACTION_SCOPES | PEOPLE_SCOPES
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES | optional


def test_the_loopback_slack_has_installed_the_app_of_the_manifest() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == workspace.SCOPES
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == workspace.SUBSCRIPTIONS
