"""What Discord checks of commands that are registered: names, descriptions, options, where they can be used.

CHAT_INPUT   "ask", with options or subcommands, at most 100 of them
MESSAGE      "Answer this", a menu: a name and nothing else, at most five
"""

from __future__ import annotations

import re

from tests.servers.discord.checks import below, count, fields, invalid, length, one_of, within
from tests.servers.discord.model import Json

_NAME = re.compile(r"[-_'\w]{1,32}")
_CHAT_INPUT, _MENUS = 1, (2, 3)
_SUBCOMMAND, _GROUP, _STRING, _TYPED = 1, 2, 3, (3, 4, 10)
_MOST_CHARACTERS = 8_000
_WORDS = {"name": str, "name_localizations": dict, "description": str, "description_localizations": dict, "type": int}
_COMMAND = _WORDS | {
    "options": list,
    "default_member_permissions": str,
    "dm_permission": bool,
    "default_permission": bool,
    "nsfw": bool,
    "integration_types": list,
    "contexts": list,
}
_OPTION = _WORDS | {
    "required": bool,
    "choices": list,
    "options": list,
    "channel_types": list,
    "min_value": (int, float),
    "max_value": (int, float),
    "min_length": int,
    "max_length": int,
    "autocomplete": bool,
}


def check_commands(commands: Json) -> None:
    """Check all commands of an application at once."""
    for number, command in enumerate(commands):
        fields(str(number), command, _COMMAND, ("name",))
        _everywhere(str(number), command)
        if command.get("type", _CHAT_INPUT) == _CHAT_INPUT:
            _chat_input(str(number), command)
        else:
            _menu(str(number), command)
    kinds = [one.get("type", _CHAT_INPUT) for one in commands]
    if len({(one["name"], kind) for one, kind in zip(commands, kinds, strict=True)}) < len(commands):
        raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    for kind, most in ((_CHAT_INPUT, 100), *((menu, 5) for menu in _MENUS)):
        if kinds.count(kind) > most:
            raise invalid("type", "APPLICATION_COMMANDS_LIMIT", f"At most {most} of that type")


def _everywhere(path: str, command: Json) -> None:
    one_of(f"{path}.type", command.get("type"), (_CHAT_INPUT, *_MENUS))
    for name, values in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        for each in command.get(name) or ():
            one_of(f"{path}.{name}", each, values)
    permissions = command.get("default_member_permissions")
    if permissions is not None and not permissions.isdecimal():
        raise invalid(f"{path}.default_member_permissions", "PERMISSION_TYPE_CONVERT", "Not a set of permissions")


def _menu(path: str, command: Json) -> None:
    length(f"{path}.name", command["name"], 32, least=1)
    if command.get("description") or command.get("options"):
        raise invalid(f"{path}.description", "APPLICATION_COMMAND_MENU", "A menu has a name alone")


def _chat_input(path: str, command: Json) -> None:
    _named(path, command)
    if _characters(command) > _MOST_CHARACTERS:
        raise invalid(path, "APPLICATION_COMMAND_TOO_LARGE", f"More than {_MOST_CHARACTERS} characters in all")
    _options(path, command.get("options") or [], depth=0)


def _named(path: str, one: Json) -> None:
    name = one["name"]
    if not _NAME.fullmatch(name) or name != name.lower():
        raise invalid(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    length(f"{path}.description", one.get("description"), 100, least=1)


def _options(path: str, options: Json, depth: int) -> None:
    path = below(path, "options")
    count(path, options, 25)
    for number, option in enumerate(options):
        fields(f"{path}.{number}", option, _OPTION, ("name", "type"))
        _named(f"{path}.{number}", option)
        _option(f"{path}.{number}", option, depth)
    if len({one["name"] for one in options}) < len(options):
        raise invalid(path, "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
    if len({one["type"] in (_SUBCOMMAND, _GROUP) for one in options}) > 1:
        raise invalid(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Subcommands stand alone")
    required = [bool(one.get("required")) for one in options]
    if required != sorted(required, reverse=True):
        raise invalid(path, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options come first")


def _option(path: str, option: Json, depth: int) -> None:
    kind = option["type"]
    one_of(f"{path}.type", kind, range(1, 12))
    if kind in (_SUBCOMMAND, _GROUP):
        if depth > (1 if kind == _SUBCOMMAND else 0) or "required" in option:
            raise invalid(f"{path}.type", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Not a subcommand there")
        _options(path, option.get("options") or [], depth + 1 if kind == _GROUP else 2)
        return
    if option.get("autocomplete") and (option.get("choices") or kind not in _TYPED):
        raise invalid(f"{path}.autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", "Nothing to complete")
    if kind != _STRING and ("min_length" in option or "max_length" in option):
        raise invalid(f"{path}.max_length", "APPLICATION_COMMAND_OPTIONS_LENGTH", "A text has a length")
    within(f"{path}.min_length", option.get("min_length"), 0, 6_000)
    within(f"{path}.max_length", option.get("max_length"), 1, 6_000)
    _choices(path, option.get("choices") or [])


def _choices(path: str, choices: Json) -> None:
    count(f"{path}.choices", choices, 25)
    for number, choice in enumerate(choices):
        length(f"{path}.choices.{number}.name", choice["name"], 100, least=1)
        length(f"{path}.choices.{number}.value", str(choice["value"]), 100, least=1)


def _characters(one: Json) -> int:
    """Count the characters of names, descriptions and values, with all that is below them."""
    own = len(one["name"]) + len(one.get("description") or "") + sum(len(str(x)) for x in _values(one))
    return own + sum(map(_characters, one.get("options") or ()))


def _values(one: Json) -> list[str]:
    return [f"{choice['name']}{choice['value']}" for choice in one.get("choices") or ()]
