"""What a person wrote on Discord, as plain text: mentions of the bot gone, other tokens as words.

    "<@1> how does <#7> differ from </ask:9>? <:wave:3>", {"7": "#help"}  ->  "how does #help differ from /ask? :wave:"

It judges nothing: `bot.phrases` and `bot.discord.events` decide what is a question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

BY_TITLE, BY_ROLE = "title", "role"
"""Why less was read than was written: a post without the intent; the bot mentioned by the role that is made for it."""

COMMAND = "ask:"
"""How the place key of a command begins."""

_TOKEN = re.compile(
    r"<(?:@[!&]?(?P<who>\d{1,20})|#(?P<place>\d{1,20})|a?:(?P<emoji>\w{1,40}):\d{1,20}|"
    r"/(?P<command>[^<>:\n]{1,100}):\d{1,20}|t:-?\d{1,15}(?::\w)?|id:\w{1,20})>"
)


def to_plain_text(text: str, me: int, names: Mapping[int, str]) -> str:
    """Return the plain words of a text; `me` is the bot, `names`: of people and roles ("@x") and of channels ("#x")."""

    def replace_token(match: re.Match[str]) -> str:
        if match["who"]:
            return "" if int(match["who"]) == me else names.get(int(match["who"]), "@somebody")
        if match["place"]:
            return names.get(int(match["place"]), "that channel")
        if match["emoji"]:
            return f":{match['emoji']}:"
        return f"/{match['command']}" if match["command"] else ""

    return _TOKEN.sub(replace_token, text).strip()
