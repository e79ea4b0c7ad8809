"""The commands to register with Discord, as JSON, and whether those that it has say the same.

What they do is in `bot.discord.commands`. The words of `/docs` and what follows them are those of `bot.commands`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.commands.messages import SUMMARY
from bot.commands.parse import FORMS, SETTINGS_KEYS, Verb
from bot.discord.reading import QUESTION_CHARACTERS

Json = dict[str, Any]

ASK, DOCS, ANSWER_THIS = "ask", "docs", "Answer this"
SITE, NAME = "site", "name"
"""Options that are completed while somebody types."""

_CHAT, _MENU, _SUBCOMMAND, _STRING, _BOOLEAN = 1, 3, 1, 3, 5
_IN_GUILDS, _IN_DIRECT = 0, 1
_MANAGE_GUILD = "32"


def _option(name: str, words: str, kind: int = _STRING, **more: Any) -> Json:
    return {"name": name, "description": words, "type": kind} | more


_SETTINGS = {
    "sources": _option("sources", "Names of sources with commas, or all"),
    "tone": _option("tone", "How answers should sound, or default", max_length=200),
    "language": _option("language", "In which language, or default", max_length=40),
    "unmentioned": _option("unmentioned", "Also answer questions that do not mention me", _BOOLEAN),
}
_WORDS: Mapping[Verb, list[Json]] = {
    Verb.ADD: [
        _option("url", "Where the documentation starts", required=True),
        _option("name", "What to call it"),
        _option("licence", "Under which licence its text is", max_length=100),
    ],
    Verb.REMOVE: [_option(NAME, "Which source", required=True, autocomplete=True)],
    Verb.REINDEX: [
        _option(NAME, "Which source; none: all of them", autocomplete=True),
        _option("force", "Accept a result that was quarantined", _BOOLEAN),
    ],
    Verb.PREVIEW: [_option("url", "A public site", required=True)],
    Verb.SETTINGS: [_SETTINGS[key] for key in sorted(SETTINGS_KEYS)],
}


def _subcommand(verb: Verb) -> Json:
    words = SUMMARY[verb].replace("`", "").partition(";")[0]
    return _option(verb.value, words[:1].upper() + words[1:99], _SUBCOMMAND, options=_WORDS.get(verb, []))


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
            options=[_subcommand(verb) for verb in FORMS],
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
