"""What the loopback Discord refuses of a body, as Discord does: each with the path of the mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.servers.discord.bodies import (
    EDIT,
    NEW,
    check_changed_thread,
    check_choices,
    check_message,
    check_reading,
    check_thread,
)
from tests.servers.discord.commands import check_commands
from tests.servers.discord.components import check_modal
from tests.servers.discord.model import Json, Refused

BUTTON = {"type": 2, "style": 2, "custom_id": "a", "label": "A"}
SELECT = {"type": 3, "custom_id": "s", "options": [{"label": "One", "value": "1"}]}
TEXT = {"type": 4, "custom_id": "t", "style": 2}
ASK = {"name": "ask", "description": "Ask", "type": 1}


def row(*components: Json) -> Json:
    return {"components": [{"type": 1, "components": list(components)}]}


def modal(*components: Json, **more: Any) -> Json:
    return {"title": "What?", "custom_id": "m", "components": list(components)} | more


def label(component: Json, **more: Any) -> Json:
    return {"type": 18, "label": "Why", "component": component} | more


def option(**more: Any) -> Json:
    return [ASK | {"options": [{"name": "question", "description": "What", "type": 3} | more]}]


def path_of(errors: Json) -> str:
    """Return the path of an error: `{"embeds": {"0": {"title": {"_errors": [...]}}}}` -> `"embeds.0.title"`."""
    ((name, inner),) = errors.items()
    return name if "_errors" in inner else f"{name}.{path_of(inner)}"


def refused(check: Callable[[], object]) -> str:
    """Return the path of a mistake; empty: there is none."""
    try:
        check()
    except Refused as error:
        return path_of(error.errors) if (error.status, error.code) == (400, 50035) else str(error)
    return ""


MESSAGES: list[tuple[str, Json]] = [
    ("content", {"content": "x" * 2_001}),
    ("content", {"content": "👍" * 1_001}),
    ("content", {"content": 7}),
    ("contents", {"contents": "x"}),
    ("nonce", {"content": "x", "nonce": "n" * 26}),
    ("allowed_mentions.parse", {"content": "x", "allowed_mentions": {"parse": ["everybody"]}}),
    ("allowed_mentions", {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
    ("message_reference.message_id", {"content": "x", "message_reference": {"channel_id": "1"}}),
    ("embeds", {"embeds": [{"title": "x"}] * 11}),
    ("embeds.0.title", {"embeds": [{"title": "x" * 257}]}),
    ("embeds.0.description", {"embeds": [{"description": "x" * 4_097}]}),
    ("embeds.0.description", {"embeds": [{"description": " "}]}),
    ("embeds", {"embeds": [{"description": "x" * 3_001}] * 2}),
    ("embeds.0.footer.text", {"embeds": [{"title": "x", "footer": {"text": "x" * 2_049}}]}),
    ("embeds.0.fields", {"embeds": [{"title": "x", "fields": [{"name": "a", "value": "b"}] * 26}]}),
    ("components", {"components": row(BUTTON)["components"] * 6}),
    ("components.0.type", {"components": [BUTTON]}),
    ("components.0.components", row(*[BUTTON | {"custom_id": str(each)} for each in range(6)])),
    ("components.0.components", row(BUTTON, SELECT)),
    ("components.0.components.0.type", row(TEXT)),
    ("components.0.components.0.label", row(BUTTON | {"label": "x" * 81})),
    ("components.0.components.0.custom_id", row(BUTTON | {"custom_id": "x" * 101})),
    ("components.0.components.0.custom_id", row({"type": 2, "style": 2, "label": "A"})),
    ("components.0.components.0", row({"type": 2, "style": 2, "custom_id": "a"})),
    ("components.0.components.0.url", row(BUTTON | {"style": 5})),
    ("components.0.components.0.max_values", row(SELECT | {"max_values": 2})),
    ("components", row(BUTTON, BUTTON)),
]


@pytest.mark.parametrize(("path", "body"), MESSAGES)
def test_a_message_that_discord_would_not_take_is_refused_by_its_path(path: str, body: Json) -> None:
    assert refused(lambda: check_message(body, NEW)) == path


def test_an_edit_takes_less_than_a_message() -> None:
    assert refused(lambda: check_message({"content": "x", "nonce": "n"}, EDIT, whole=False)) == "nonce"
    assert refused(lambda: check_message({"content": "x", "components": []}, EDIT, whole=False)) == ""


MODALS: list[tuple[str, Json]] = [
    ("", modal(label(SELECT), label(TEXT))),
    ("", modal(label(SELECT | {"min_values": 0, "required": False}))),
    ("data.title", modal(label(TEXT), title="x" * 46)),
    ("data.components", modal()),
    ("data.components", modal(*[label(TEXT)] * 6)),
    ("data.components.0.type", modal(TEXT)),
    ("data.components.0.label", modal(label(TEXT, label="x" * 46))),
    ("data.components.0.component.label", modal(label(TEXT | {"label": "twice"}))),
    ("data.components.0.component.max_length", modal(label(TEXT | {"max_length": 4_001}))),
    ("data.components.0.component.min_values", modal(label(SELECT | {"min_values": 0}))),
    ("data.components.0.component.type", modal(label(BUTTON))),
]


@pytest.mark.parametrize(("path", "body"), MODALS)
def test_a_form_has_labels_with_a_field_each(path: str, body: Json) -> None:
    assert refused(lambda: check_modal(body)) == path


SUB = {"name": "sub", "description": "Below", "type": 1}
COMMANDS: list[tuple[str, Json]] = [
    ("", option(max_length=6_000, required=True)),
    ("", [ASK | {"options": [SUB]}, {"name": "Answer this", "type": 3}]),
    ("0.name", [ASK | {"name": "Ask me"}]),
    ("0.description", [ASK | {"description": "x" * 101}]),
    ("0.contexts", [ASK | {"contexts": [3]}]),
    ("0.default_member_permissions", [ASK | {"default_member_permissions": "manage"}]),
    ("0.description", [{"name": "Answer this", "type": 3, "description": "x"}]),
    ("0.options.0.description", option(description="")),
    ("0.options.0.max_length", option(max_length=6_001)),
    ("0.options.0.max_length", option(max_length=5, type=4)),
    ("0.options.0.autocomplete", option(autocomplete=True, type=5)),
    ("0.options.0.choices", option(choices=[{"name": "a", "value": "a"}] * 26)),
    ("0.options.0.choices.0.value", option(choices=[{"name": "a", "value": "x" * 101}])),
    ("0.options", [ASK | {"options": [SUB, SUB]}]),
    ("0.options", [ASK | {"options": [SUB, option()[0]["options"][0]]}]),
    ("0.options.0.options.0.type", [ASK | {"options": [SUB | {"options": [SUB]}]}]),
    ("0", [ASK | {"options": [option(choices=[{"name": "x" * 99, "value": "x" * 99}] * 25)[0]["options"][0]] * 2}]),
    ("name", [ASK, ASK]),
]


@pytest.mark.parametrize(("path", "body"), COMMANDS)
def test_commands_are_checked_down_to_their_choices(path: str, body: Json) -> None:
    assert refused(lambda: check_commands(body)) == path


def test_completions_threads_and_readings_are_checked() -> None:
    assert refused(lambda: check_choices({"choices": [{"name": "a", "value": "a"}] * 26})) == "data.choices"
    assert refused(lambda: check_choices({"choices": [{"name": "", "value": "a"}]})) == "data.choices.0.name"
    assert refused(lambda: check_thread({"name": "x" * 101})) == "name"
    assert refused(lambda: check_thread({"name": "x", "auto_archive_duration": 90})) == "auto_archive_duration"
    assert refused(lambda: check_changed_thread({"archive": True})) == "archive"
    assert refused(lambda: check_reading({"limit": "101"})) == "limit"
    assert refused(lambda: check_reading({"before": "1", "after": "1"})) == "before"
    assert refused(lambda: check_reading({"after": "yesterday"})) == "after"
