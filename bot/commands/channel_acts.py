"""What an administrator sets for a channel, wherever from: the settings by name, as a person types them.

    {"sources": "guide, api", "tone": "short", "unmentioned": "on"}

`all`, `default` and nothing go back to what holds everywhere. Recorded before it is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.commands.context import Actor, CommandContext
from bot.commands.messages import to_plain_text
from core.errors import UsageError
from core.inbox.channels import ChannelSettings
from core.inbox.port import Platform
from core.inbox.whom import check_whom
from core.net.urls import to_slug

MOST_TONE = 200
_LANGUAGE = re.compile(r"[^\W\d_](?:[^\W_]|[ ()'-]){1,39}")
_ON, _OFF = frozenset({"on", "yes", "true", "1"}), frozenset({"off", "no", "false", "0", ""})
_BACK = frozenset({"", "default", "all"})


@dataclass(frozen=True, slots=True)
class ChannelKey:
    """A channel, with ids as its platform writes them."""

    platform: Platform
    tenant: str
    channel: str


async def change_channel(
    context: CommandContext, who: Actor, place: ChannelKey, keys: Mapping[str, str]
) -> ChannelSettings:
    """Change the named settings of a channel, and return all of them. Raises `UsageError`."""
    named = {key: to_plain_text(text, MOST_TONE) for key, text in keys.items()}
    at = (place.platform, place.tenant, place.channel)
    async with context.recorded(who, "settings", named):
        there = [source.name for source in await context.sources(who)]
        changed = _changed(await context.channels.get(*at), keys, there)
        await context.channels.put(*at, changed)
    return await context.channels.get(*at)


def _changed(before: ChannelSettings, keys: Mapping[str, str], there: list[str]) -> ChannelSettings:
    """Return the settings with the values of `keys`. Raises `UsageError` for a value that is not allowed."""
    settings = before
    for key, text in keys.items():
        match key:
            case "sources":
                settings = replace(settings, sources=_names(text, there))
            case "tone":
                settings = replace(settings, tone=_tone(text))
            case "language":
                settings = replace(settings, language=_language(text))
            case "ask":
                settings = replace(settings, ask="" if text.lower() in _BACK else check_whom(text))
            case _:
                settings = replace(settings, unmentioned=_switch(text))
    return settings


def _names(text: str, there: list[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(to_slug(part) for part in text.split(",") if to_slug(part)))
    if text.strip().lower() in _BACK:
        return ()
    unknown = next((name for name in names if name not in there), None)
    if unknown is not None:
        raise UsageError(f"There is no source named {unknown}: `/docs sources` shows them.")
    if not names:
        raise UsageError("Name sources with commas, as in `sources=guide,api`, or `sources=all`.")
    return names


def _tone(text: str) -> str:
    if len(text) > MOST_TONE:
        raise UsageError(f"The tone has {len(text):,} characters: please shorten to {MOST_TONE}.")
    return "" if text.lower() in _BACK else text


def _language(text: str) -> str:
    if text.lower() in _BACK:
        return ""
    if not _LANGUAGE.fullmatch(text):
        raise UsageError("The language is a word or two, as in `language=German`, or `language=default`.")
    return text


def _switch(text: str) -> bool:
    if text.lower() not in _ON | _OFF:
        raise UsageError("Write `unmentioned=on` or `unmentioned=off`.")
    return text.lower() in _ON
