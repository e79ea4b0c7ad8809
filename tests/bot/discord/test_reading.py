"""What is understood of Discord's JSON without a request: texts, controls, forms, commands, menus."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from bot.commands.parse import parse_order
from bot.commands.verbs import FORMS, find_command
from bot.discord.commands import to_command_text
from bot.discord.controls import (
    Press,
    build_controls,
    build_reasons_form,
    build_stop_control,
    mark_of,
    parse_control_id,
    parse_reasons_form,
)
from bot.discord.reading import Spot, read_target
from bot.discord.registration import are_registered, commands
from bot.discord.rights import PERMISSIONS
from bot.discord.text import to_plain_text
from bot.phrases import CHOICES
from core.inbox.platforms import DiscordDetails
from core.inbox.port import Visibility
from tests.servers.discord.commands import check_commands
from tests.servers.discord.components import check_modal

ME = 42
CHANNEL, THREAD, DIRECT = Spot("1", "2", "2"), Spot("1", "2", "3", "3", "Title"), Spot("", "4", "4", "4")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<@42> how <b>?", "how <b>?"),
        ("<@!42>, ask <@7> or <@8>", ", ask @ann or @somebody"),
        ("in <#9> and <#10>", "in #help and that channel"),
        ("<@&6> <:wave:123> <a:dance:123>", "@team :wave: :dance:"),
        ("</ask:5> at <t:1700000000:R> <id:home>", "/ask at"),
        ("  std::vector<int:3> a<b  ", "std::vector<int:3> a<b"),
    ],
)
def test_tokens_become_words(text: str, says: str) -> None:
    assert to_plain_text(text, ME, {7: "@ann", 9: "#help", 6: "@team"}) == says


def test_a_control_says_what_it_does_to_which_piece_of_which_reply() -> None:
    (row,) = build_controls(12, 3, shareable=True)
    assert [parse_control_id(each["custom_id"]) for each in row["components"]] == [
        (press, 12, 3) for press in (Press.GOOD, Press.BAD, Press.WHY, Press.SHARE)
    ]
    assert len(build_controls(12, 3, shareable=False)[0]["components"]) == 3
    assert mark_of({"components": build_stop_control(7)}) == (Press.STOP, 7, 0)


@pytest.mark.parametrize(
    "custom_id", ["", "good", "footnote:good:1", "footnote:drop:1:0", "footnote:good:x:0", "x" * 99]
)
def test_a_control_of_another_shape_is_none_of_ours(custom_id: str) -> None:
    assert parse_control_id(custom_id) is None
    assert mark_of({"components": [{"type": 1, "components": [{"custom_id": custom_id}]}]}) is None


def test_a_form_is_one_that_discord_takes_and_comes_back_with_our_reasons_alone() -> None:
    check_modal(build_reasons_form(5))
    reason = next(iter(CHOICES))
    labelled: list[dict[str, Any]] = [
        {"type": 18, "component": {"custom_id": "reasons", "values": [reason, "made up"]}},
        {"type": 18, "component": {"custom_id": "comment", "value": "x" * 2_000}},
    ]
    assert parse_reasons_form(labelled) == ((reason,), "x" * 1_000)
    assert parse_reasons_form([]) == ((), "")


def test_commands_are_such_that_discord_takes_them_and_know_each_verb() -> None:
    check_commands(commands())
    (docs,) = [each for each in commands() if each["name"] == "docs"]
    assert [each["name"] for each in docs["options"]] == [form.verb for form in FORMS]


def test_commands_are_registered_where_discord_only_added_to_them() -> None:
    there = copy.deepcopy(commands())
    for number, each in enumerate(there):
        each |= {"id": str(number), "version": "1", "nsfw": False, "name_localizations": None}
        each["contexts"] = sorted(each["contexts"], reverse=True)
    assert are_registered(commands(), there)
    there[0]["options"][0]["max_length"] = 6_000
    assert not are_registered(commands(), there)
    assert not are_registered(commands(), there[:2])


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("add", {"url": "https://a.example/", "name": "guide", "licence": 'MIT "X"'}, ("https://a.example/", "guide")),
        ("add", {"name": "My Docs, a=b", "url": "https://a.example/"}, ("https://a.example/", "My Docs, a=b")),
        ("remove", {"name": "it's “mine”"}, ("it's 'mine'",)),
        ("reindex", {"name": "guide", "force": True}, ("guide",)),
        ("reindex", {"force": False}, ()),
        ("settings", {"sources": "a, b", "tone": "like a pirate", "unmentioned": True}, ()),
        ("status", {}, ()),
    ],
)
def test_options_are_a_command_as_it_is_typed(name: str, options: dict[str, object], words: tuple[str, ...]) -> None:
    data = {"options": [{"name": name, "options": [{"name": key, "value": value} for key, value in options.items()]}]}
    command, rest = find_command(to_command_text(data))
    assert command is not None
    assert command.form.verb == name
    order = parse_order(command.form, rest)
    assert order.words == words
    assert order.force is bool(options.get("force"))
    keys = {key: value for key, value in options.items() if key in ("sources", "tone", "unmentioned", "licence")}
    keys_written = {key: "on" if value is True else str(value).replace('"', "'") for key, value in keys.items()}
    assert order.keys == keys_written


def target(**more: object) -> dict[str, object]:
    author = {"id": "7", "username": "ann", "global_name": "Ann"}
    return {"id": "99", "type": 0, "content": "Where is <@7>, <@42>?", "author": author, "mentions": [author]} | more


@pytest.mark.parametrize(
    ("spot", "thread", "visibility"),
    [(CHANNEL, "99", Visibility.THREAD), (THREAD, "3", Visibility.THREAD), (DIRECT, "4", Visibility.DIRECT)],
)
def test_a_message_that_is_chosen_is_asked_where_it_stands(spot: Spot, thread: str, visibility: Visibility) -> None:
    ask = read_target(target(), spot, ME, "5", PERMISSIONS)
    assert ask is not None
    asked = ask.incoming
    assert (asked.text, asked.asker, asked.thread, asked.visibility) == ("Where is @Ann, ?", "5", thread, visibility)
    assert asked.place_key == f"{spot.place}:99"
    assert asked.channel == spot.channel
    assert DiscordDetails.of(asked.details).start is (spot is CHANNEL)


@pytest.mark.parametrize("more", [{"webhook_id": "1"}, {"author": {"id": "1", "bot": True}}])
def test_a_post_of_a_program_that_a_person_chooses_is_asked(more: dict[str, object]) -> None:
    assert read_target(target(**more), CHANNEL, ME, "5", PERMISSIONS) is not None


def test_an_embed_that_a_person_chooses_is_read_with_its_fields() -> None:
    embed = {"title": "Ticket 7", "description": "It does not start.", "fields": [{"name": "Version", "value": "2.4"}]}
    ask = read_target(target(content="", embeds=[embed]), CHANNEL, ME, "5", PERMISSIONS)
    assert ask is not None
    assert ask.incoming.text == "Ticket 7\nIt does not start.\nVersion: 2.4"


@pytest.mark.parametrize(
    "more",
    [{"type": 21}, {"author": {"id": "42", "bot": True}}, {"content": ""}, {"content": "<@42>"}],
)
def test_a_message_of_ours_or_of_discord_or_that_says_nothing_is_not_asked(more: dict[str, object]) -> None:
    assert read_target(target(**more), CHANNEL, ME, "5", PERMISSIONS) is None


def test_ids_of_controls_are_short_enough_for_discord() -> None:
    longest = build_controls(10**18 - 1, 99, shareable=True)[0]["components"]
    assert all(re.fullmatch(r".{1,100}", each["custom_id"]) for each in longest)
