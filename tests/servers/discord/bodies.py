"""What Discord checks of a message, of completions, threads and readings before it takes them: lengths, counts, limits.

Raises `Refused` with code 50035 and the path of what is wrong, or 50006 for a message with nothing in it. Components
are judged in `components`, commands in `commands`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tests.servers.discord.checks import SNOWFLAKE, count, fields, invalid, length, one_of, within
from tests.servers.discord.components import first_version, second_version
from tests.servers.discord.model import COMPONENTS_V2, Json, Refused

_EMBED = {"title": 256, "description": 4096}
_SCHEME = re.compile(r"(https?|attachment)://")
_TEXT = {
    "content": str,
    "embeds": list,
    "allowed_mentions": dict,
    "components": list,
    "flags": int,
    "attachments": list,
    "tts": bool,
}
EDIT = _TEXT
FOLLOW_UP = RESPONSE = _TEXT | {"poll": dict}
NEW = FOLLOW_UP | {
    "nonce": (str, int),
    "enforce_nonce": bool,
    "message_reference": dict,
    "sticker_ids": list,
}
_EMBED_FIELDS = {
    "title": str,
    "type": str,
    "description": str,
    "url": str,
    "timestamp": str,
    "color": int,
    "footer": dict,
    "image": dict,
    "thumbnail": dict,
    "author": dict,
    "fields": list,
    "flags": int,
}
_MENTIONS = {"parse": list, "users": list, "roles": list, "replied_user": bool}
_REFERENCE = {
    "type": int,
    "message_id": SNOWFLAKE,
    "channel_id": SNOWFLAKE,
    "guild_id": SNOWFLAKE,
    "fail_if_not_exists": bool,
}
_THREAD = {"name": str, "auto_archive_duration": int, "rate_limit_per_user": int}
_THREAD_ALONE = _THREAD | {"type": int, "invitable": bool, "message": dict, "applied_tags": list}
_THREAD_CHANGED = _THREAD | {"archived": bool, "locked": bool, "invitable": bool, "flags": int, "applied_tags": list}
_DURATIONS = (60, 1440, 4320, 10080)


def check_message(body: Json, known: Mapping[str, object], *, files: int = 0, whole: bool = True) -> None:
    """Check a new message (`whole`), or the changes of an edit; `known`: the fields that its route takes."""
    fields("", body, known)
    content, embeds, components = body.get("content") or "", body.get("embeds") or [], body.get("components") or []
    length("content", content, 2000)
    length("nonce", str(body.get("nonce") or ""), 25)
    _mentions(body.get("allowed_mentions"))
    if body.get("message_reference") is not None:
        fields("message_reference", body["message_reference"], _REFERENCE, ("message_id",))
    _embeds(embeds)
    if int(body.get("flags") or 0) & COMPONENTS_V2:
        second_version(content, embeds, components)
    else:
        first_version(components)
    if whole and not (content.strip() or embeds or components or files or body.get("sticker_ids") or body.get("poll")):
        raise nothing()


def nothing() -> Refused:
    """Return the refusal of a message that would show nothing."""
    return Refused(400, 50006, "Cannot send an empty message")


def check_choices(data: Json) -> None:
    """Check the completions of an option: at most 25, each with a name of 1 to 100 characters."""
    fields("data", data, {"choices": list}, ("choices",))
    count("data.choices", data["choices"], 25)
    for number, choice in enumerate(data["choices"]):
        path = f"data.choices.{number}"
        fields(path, choice, {"name": str, "name_localizations": dict, "value": (str, int, float)}, ("name", "value"))
        length(f"{path}.name", choice["name"], 100, least=1)
        if isinstance(choice["value"], str):
            length(f"{path}.value", choice["value"], 100, least=1)


def check_thread(body: Json, *, alone: bool = False) -> str:
    """Check a new thread. -> its name."""
    fields("", body, _THREAD_ALONE if alone else _THREAD, ("name",))
    _thread(body)
    return str(body["name"])


def check_changed_thread(body: Json) -> None:
    """Check the changes of a thread."""
    fields("", body, _THREAD_CHANGED)
    if "name" in body:
        _thread(body)


def _thread(body: Json) -> None:
    length("name", body["name"], 100, least=1)
    one_of("auto_archive_duration", body.get("auto_archive_duration"), _DURATIONS)
    within("rate_limit_per_user", body.get("rate_limit_per_user"), 0, 21_600)


def check_reading(query: Mapping[str, str]) -> None:
    """Check which part of a channel is to be read."""
    limit = query.get("limit", "50")
    within("limit", int(limit) if limit.isdecimal() else 0, 1, 100)
    if sum(name in query for name in ("before", "after", "around")) > 1:
        raise invalid("before", "MUTUALLY_EXCLUSIVE", "Only one of before, after and around")
    fields("", dict(query), dict.fromkeys(("before", "after", "around", "limit"), SNOWFLAKE))


def _mentions(rules: Json) -> None:
    if rules is None:
        return
    fields("allowed_mentions", rules, _MENTIONS)
    for each in rules.get("parse") or ():
        one_of("allowed_mentions.parse", each, ("roles", "users", "everyone"))
    for name in ("users", "roles"):
        count(f"allowed_mentions.{name}", rules.get(name), 100)
        if rules.get(name) and name in (rules.get("parse") or ()):
            code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
            raise invalid("allowed_mentions", code, f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.')


def _embeds(embeds: Json) -> None:
    count("embeds", embeds, 10)
    total = 0
    for number, embed in enumerate(embeds):
        path = f"embeds.{number}"
        fields(path, embed, _EMBED_FIELDS)
        parts = list(_parts(path, embed))
        total += sum(map(len, parts))
        url = embed.get("url")
        if url and not _SCHEME.match(url):
            raise invalid(f"{path}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https').")
        if not any(part.strip() for part in parts) and not embed.get("image") and not embed.get("thumbnail"):
            raise invalid(f"{path}.description", "BASE_TYPE_REQUIRED", "This field is required")
    if total > 6000:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")


def _parts(path: str, embed: Json) -> Iterator[str]:
    """Yield each text of an embed, once it is known to be short enough."""
    texts = [(name, embed.get(name) or "", most, 0) for name, most in _EMBED.items()]
    texts.append(("footer.text", (embed.get("footer") or {}).get("text") or "", 2048, 0))
    texts.append(("author.name", (embed.get("author") or {}).get("name") or "", 256, 0))
    rows = embed.get("fields") or []
    count(f"{path}.fields", rows, 25)
    for number, each in enumerate(rows):
        texts.append((f"fields.{number}.name", each.get("name") or "", 256, 1))
        texts.append((f"fields.{number}.value", each.get("value") or "", 1024, 1))
    for name, text, most, least in texts:
        length(f"{path}.{name}", text, most, least=least)
        yield text
