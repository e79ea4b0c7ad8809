"""The commands to register with Discord, as JSON, and whether those that it has say the same.

What they do is in `bot.discord.commands`. Its subcommands and their options are those of `bot.commands.verbs`.
"""

from __future__ import annotations

from typing import Any

from bot.commands.parse import Argument, ArgumentKind, Form
from bot.commands.verbs import FORMS
from bot.discord.reading import QUESTION_CHARACTERS

Json = dict[str, Any]

ASK, DOCS, ANSWER_THIS = "ask", "docs", "Answer this"
SITE = "site"
"""The option of `/ask` that is completed while somebody types."""

_CHAT, _MENU, _SUBCOMMAND, _STRING, _BOOLEAN = 1, 3, 1, 3, 5
_IN_GUILDS, _IN_DIRECT = 0, 1
_MANAGE_GUILD = "32"


def _option(name: str, words: str, kind: int = _STRING, **more: Any) -> Json:
    return {"name": name, "description": words, "type": kind} | more


def _argument(argument: Argument) -> Json:
    kind = _BOOLEAN if argument.kind is ArgumentKind.SWITCH else _STRING
    more: Json = {"required": True} if argument.required else {}
    more |= {"autocomplete": True} if argument.kind is ArgumentKind.SOURCE else {}
    more |= {"max_length": argument.longest} if argument.longest else {}
    return _option(argument.name, argument.description, kind, **more)


def _subcommand(form: Form) -> Json:
    summary = form.summary.replace("`", "").partition(";")[0]
    arguments = [*form.words, *form.keys, *([form.force] if form.force else [])]
    return _option(
        form.verb, summary[:1].upper() + summary[1:99], _SUBCOMMAND, options=[_argument(each) for each in arguments]
    )


def commands() -> list[Json]:
    """Return all commands to register."""
    question = _option("question", "In a sentence", required=True, max_length=QUESTION_CHARACTERS)
    site = _option(SITE, "One source only", autocomplete=True)
    private = _option("private", "For you alone", _BOOLEAN)
    everywhere: Json = {"contexts": [_IN_GUILDS, _IN_DIRECT], "integration_types": [0]}
    return [
        _option(ASK, "Ask the documentation", _CHAT, options=[question, site, private], **everywhere),
        {"name": ANSWER_THIS, "type": _MENU, **everywhere},
        _option(
            DOCS,
            "For administrators: the sources that I answer from",
            _CHAT,
            options=[_subcommand(form) for form in FORMS],
            contexts=[_IN_GUILDS],
            integration_types=[0],
            default_member_permissions=_MANAGE_GUILD,
        ),
    ]


def are_registered(wanted: Any, there: Any) -> bool:
    """Return whether what Discord has says all that we want; it adds ids and defaults to what it got."""
    if isinstance(wanted, dict):
        known = there if isinstance(there, dict) else {}
        return all(are_registered(value, known.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        other = there or []
        return len(wanted) == len(other) and all(map(are_registered, _ordered(wanted), _ordered(other)))
    return (not wanted and not there) or str(wanted) == str(there)


def _ordered(items: list[Any]) -> list[Any]:
    """Return numbers in order, and other items as they are.

    Options keep their order, which people see; commands have none.
    """
    return sorted(items) if all(isinstance(each, int) for each in items) else items
