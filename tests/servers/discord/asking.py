"""How people use commands, buttons and forms: builds the interaction that Discord would send, and sends it.

Discord's own client hides commands that a member may not use and counts the letters of options. Nothing of that is done
here, so that a test sees what the bot checks itself; a command must only be registered.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.servers.discord import payloads
from tests.servers.discord.components import walk
from tests.servers.discord.events import Events
from tests.servers.discord.model import Asked, Json, Kind, Posted
from tests.servers.discord.permissions import EVERYONE
from tests.servers.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
_CHAT_INPUT, _MESSAGE_MENU = 1, 3
_SUBCOMMANDS = frozenset({1, 2})
_SNOWFLAKES = frozenset({6, 7, 8, 9, 11})
_TEXT_INPUT = 4


@dataclass(frozen=True, slots=True)
class By:
    """Who asks, and where. `permissions` is what a member may do in that place; `more` overrides the raw event.

    `copies`: how often the event arrives, as after a resume that replays too much.
    """

    user_id: int
    channel_id: int
    permissions: int = int(EVERYONE)
    copies: int = 1
    more: Mapping[str, Json] = field(default_factory=dict)


class Asking:
    """Sends interactions."""

    def __init__(self, world: World, events: Events) -> None:
        self._world = world
        self._events = events

    def command(self, name: str, options: Mapping[str, Json], by: By, *, focused: str = "") -> Asked:
        """Use a command; `name` may have subcommands: "docs status".

        With `focused`, ask for completions of that option.
        """
        command, rest = self._registered(name.split()[0], _CHAT_INPUT, by), name.split()[1:]
        data: Json = {"id": command["id"], "name": command["name"], "type": _CHAT_INPUT}
        inner, known = data, command.get("options") or []
        for word in rest:
            found = next(one for one in known if one["name"] == word and one["type"] in _SUBCOMMANDS)
            inner["options"] = [{"name": word, "type": found["type"]}]
            inner, known = inner["options"][0], found.get("options") or []
        inner["options"] = [self._option(one, options, focused) for one in known if one["name"] in options]
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return self._send(AUTOCOMPLETE if focused else COMMAND, name, data, by)

    def menu(self, name: str, target: Posted, by: By) -> Asked:
        """Use a command of a message's menu. The bot gets the text of that message whatever its intents."""
        command = self._registered(name, _MESSAGE_MENU, by)
        data = {"id": command["id"], "name": name, "type": _MESSAGE_MENU, "target_id": str(target.id)}
        resolved = {"messages": {str(target.id): payloads.message(self._world, target)}}
        return self._send(COMMAND, name, data | {"resolved": resolved}, by, target=target)

    def click(self, message: Posted, custom_id: str, by: By, values: Sequence[str] = ()) -> Asked:
        """Press a button, or choose from a list.

        Raises `LookupError` where the message has no usable component with this id.
        """
        fitting = [one for one in walk(message.components) if one.get("custom_id") == custom_id]
        if not fitting or fitting[0].get("disabled"):
            raise LookupError(f"nothing called {custom_id!r} can be clicked there")
        data: Json = {"custom_id": custom_id, "component_type": fitting[0]["type"]}
        if values:
            data["values"] = list(values)
        return self._send(COMPONENT, custom_id, data, by, message=message)

    def submit(self, form: Asked, values: Mapping[str, str], by: By) -> Asked:
        """Submit the form that an interaction was answered with (`form.modal`).

        `values`: the text for each field's custom id. Raises `LookupError` where there is no form.
        """
        modal = form.modal
        if modal is None:
            raise LookupError("that interaction was not answered with a form")
        filled = [_filled(one, values) for one in modal["components"]]
        data = {"custom_id": modal["custom_id"], "components": filled}
        return self._send(SUBMIT, modal["custom_id"], data, by, message=form.message)

    def _registered(self, name: str, kind: int, by: By) -> Json:
        guild_id = self._world.places[by.channel_id].guild_id
        for scope in (guild_id, None):
            for one in self._world.commands.get(scope, []):
                if one["name"] == name and one["type"] == kind:
                    return one
        raise LookupError(f"the bot registered no command {name!r}")

    def _option(self, known: Json, options: Mapping[str, Json], focused: str) -> Json:
        name, value = known["name"], options[known["name"]]
        made = {"name": name, "type": known["type"], "value": str(value) if known["type"] in _SNOWFLAKES else value}
        return made | ({"focused": True} if name == focused else {})

    def _send(self, kind: int, name: str, data: Json, by: By, **about: Json) -> Asked:
        world, place = self._world, self._world.places[by.channel_id]
        world.user(by.user_id)
        asked = Asked(
            id=world.new_id(),
            token=world.new_token(),
            kind=kind,
            name=name,
            user_id=by.user_id,
            channel_id=place.id,
            guild_id=place.guild_id,
            at=time.monotonic(),
            **about,
        )
        wire = self._wire(asked, data, by) | dict(by.more)
        world.open_question(asked)
        self._events.asked(wire, place.guild_id, by.copies)
        return asked

    def _wire(self, asked: Asked, data: Json, by: By) -> Json:
        world, place = self._world, self._world.places[asked.channel_id]
        wire: Json = {
            "version": 1,
            "id": str(asked.id),
            "application_id": str(world.application_id),
            "type": asked.kind,
            "token": asked.token,
            "data": data,
            "channel_id": str(place.id),
            "channel": payloads.place(world, place) | {"permissions": str(by.permissions)},
            "app_permissions": str(int(world.permissions(place))),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": str(place.guild_id or 0)},
            "context": 1 if place.kind is Kind.DM else 0,
            "attachment_size_limit": 10 * 2**20,
        }
        who = world.user(asked.user_id)
        if place.guild_id is None:
            wire["user"] = payloads.user(who)
        else:
            partial = {"id": str(place.guild_id), "locale": "en-US", "features": []}
            member = payloads.member(who, by.permissions)
            wire |= {"guild_id": str(place.guild_id), "guild": partial, "guild_locale": "en-US", "member": member}
        if asked.message is not None:
            wire["message"] = payloads.message(world, asked.message)
        return wire


def _filled(component: Json, values: Mapping[str, str]) -> Json:
    """Return a row or label of a form as it comes back, with the typed text."""
    if "component" in component:
        return {
            "type": component["type"],
            "id": component.get("id", 0),
            "component": _typed(component["component"], values),
        }
    inner = [_typed(one, values) for one in component.get("components") or []]
    return {"type": component["type"], "components": inner} if inner else {"type": component["type"]}


def _typed(one: Json, values: Mapping[str, str]) -> Json:
    custom_id = one["custom_id"]
    made = {"type": one["type"], "custom_id": custom_id}
    value = values.get(custom_id, "")
    return made | ({"value": value} if one["type"] == _TEXT_INPUT else {"values": [value] if value else []})
