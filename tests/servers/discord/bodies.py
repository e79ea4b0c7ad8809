"""What Discord checks in a body before it takes it: lengths, counts, and that the parts fit together.

Raises `Refused` with code 50035 and the path of what is wrong, or 50006 for a message with nothing in it. Light: what
a library already makes impossible is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.servers.discord.model import COMPONENTS_V2, Json, Refused

_EMBED = {"title": 256, "description": 4096}
_SCHEME = re.compile(r"(https?|attachment)://")
_NAME = re.compile(r"[-_'\w]{1,32}")
_ROW, _BUTTON, _LINK_STYLE, _TEXT_DISPLAY = 1, 2, 5, 10


def invalid(path: str, code: str, message: str) -> Refused:
    """A 50035 that names its place: `invalid("embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be 256 or fewer ...")`."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".")):
        errors = {part: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


def check_message(body: Json, *, files: int = 0, whole: bool = True) -> None:
    """A message to be made (`whole`), or what an edit changes of it."""
    content, embeds, components = body.get("content") or "", body.get("embeds") or [], body.get("components") or []
    _length("content", content, 2000)
    _length("nonce", str(body.get("nonce") or ""), 25)
    _embeds(embeds)
    if int(body.get("flags") or 0) & COMPONENTS_V2:
        _second_version(content, embeds, components)
    else:
        _first_version(components)
    if whole and not (content.strip() or embeds or components or files or body.get("sticker_ids") or body.get("poll")):
        raise Refused(400, 50006, "Cannot send an empty message")


def check_modal(body: Json) -> None:
    """A form: a title, and one to five rows."""
    _length("data.title", body.get("title") or "", 45, least=1)
    _length("data.custom_id", body.get("custom_id") or "", 100, least=1)
    rows = body.get("components") or []
    if not 1 <= len(rows) <= 5:
        raise invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")


def check_choices(choices: Json) -> None:
    """Completions of an option: at most 25, each with a name of 1 to 100 characters."""
    if len(choices) > 25:
        raise invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for number, choice in enumerate(choices):
        _length(f"data.choices.{number}.name", choice.get("name") or "", 100, least=1)
        if isinstance(choice.get("value"), str):
            _length(f"data.choices.{number}.value", choice["value"], 100, least=1)


def check_commands(commands: Json) -> None:
    """Commands to be registered: names, descriptions, and that what is required comes first."""
    if len({(one["name"], one.get("type", 1)) for one in commands}) < len(commands):
        raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    for number, command in enumerate(commands):
        if command.get("type", 1) == 1:
            _command(str(number), command)
        else:
            _length(f"{number}.name", command["name"], 32, least=1)


def _command(path: str, command: Json) -> None:
    name, options = command["name"], command.get("options") or []
    if not _NAME.fullmatch(name) or name != name.lower():
        raise invalid(f"{path}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    _length(f"{path}.description", command.get("description") or "", 100, least=1)
    if len(options) > 25:
        raise invalid(f"{path}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    required = [bool(one.get("required")) for one in options if one["type"] > 2]
    if required != sorted(required, reverse=True):
        raise invalid(f"{path}.options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options come first")
    for number, option in enumerate(options):
        _command(f"{path}.options.{number}", option)


def _length(path: str, text: str, most: int, *, least: int = 0) -> None:
    if len(text) > most:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if len(text) < least:
        raise invalid(path, "BASE_TYPE_REQUIRED", "This field is required")


def _embeds(embeds: Json) -> None:
    if len(embeds) > 10:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    total = 0
    for number, embed in enumerate(embeds):
        total += sum(len(part) for part in _parts(f"embeds.{number}", embed))
        url = embed.get("url")
        if url and not _SCHEME.match(url):
            raise invalid(f"embeds.{number}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
    if total > 6000:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _parts(path: str, embed: Json) -> Iterator[str]:
    """Each text of an embed, once it is known to be short enough."""
    texts = [(name, embed.get(name) or "", most, 0) for name, most in _EMBED.items()]
    texts.append(("footer.text", (embed.get("footer") or {}).get("text") or "", 2048, 0))
    texts.append(("author.name", (embed.get("author") or {}).get("name") or "", 256, 0))
    fields = embed.get("fields") or []
    if len(fields) > 25:
        raise invalid(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for number, each in enumerate(fields):
        texts.append((f"fields.{number}.name", each.get("name") or "", 256, 1))
        texts.append((f"fields.{number}.value", each.get("value") or "", 1024, 1))
    for name, text, most, least in texts:
        _length(f"{path}.{name}", text, most, least=least)
        yield text


def _first_version(components: Json) -> None:
    if len(components) > 5:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for number, row in enumerate(components):
        path, inner = f"components.{number}", row.get("components") or []
        if row.get("type") != _ROW:
            raise invalid(f"{path}.type", "UNION_TYPE_CHOICES", "Value of field 'type' must be one of (1,).")
        if not 1 <= len(inner) <= 5:
            raise invalid(f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    _custom_ids(components)


def _second_version(content: str, embeds: Json, components: Json) -> None:
    if content or embeds:
        path = "content" if content else "embeds"
        raise invalid(path, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Not with IS_COMPONENTS_V2")
    flat = list(walk(components))
    if len(flat) > 40:
        raise invalid("components", "COMPONENTS_MAX_TOTAL_COMPONENTS_EXCEEDED", "Maximum of 40 components exceeded")
    if sum(len(one.get("content") or "") for one in flat if one.get("type") == _TEXT_DISPLAY) > 4000:
        raise invalid("components", "COMPONENT_MAX_TOTAL_TEXT_SIZE_EXCEEDED", "Maximum of 4000 characters exceeded")
    _custom_ids(components)


def _custom_ids(components: Json) -> None:
    known = set()
    for one in walk(components):
        custom_id = one.get("custom_id")
        if one.get("type") == _BUTTON:
            _length("components.label", one.get("label") or "", 80)
            if bool(one.get("url")) != (one.get("style") == _LINK_STYLE):
                raise invalid("components.url", "BUTTON_COMPONENT_INVALID_URL", "A url belongs to a link button alone")
        if custom_id is None:
            continue
        _length("components.custom_id", custom_id, 100, least=1)
        if custom_id in known:
            raise invalid("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        known.add(custom_id)


def walk(components: Json) -> Iterator[Json]:
    """Every component, with those inside others."""
    for one in components:
        yield one
        single = [one[key] for key in ("component", "accessory") if one.get(key)]
        yield from walk([*(one.get("components") or ()), *single])
