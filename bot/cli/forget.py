"""`footnote forget`: deletes everything that one person asked and wrote."""

from __future__ import annotations

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from core.errors import UsageError
from core.inbox.callers import TOKEN, asker_of, is_user_hash
from core.inbox.port import KNOWN_PLATFORMS, Platform
from core.plural import format_count
from core.wiring import Footnote

_EXAMPLES = "U0123456, slack:U0123456, discord:81384788765712384 or token:NAME:USER"


@click.command("forget")
@click.argument("person", metavar="PERSON")
@json_option
def command(person: str, *, as_json: bool) -> None:
    """Delete what PERSON asked in chat, the answers, their feedback, and what others asked in their words.

    Their name is removed from the record of what administrators did. A question that is forgotten is not answered
    again, whatever finds it.

    \b
    PERSON is an id as Slack and Discord show it ("Copy member ID"), with the platform in front if it matters:
      footnote forget U0123456
      footnote forget discord:81384788765712384

    \b
    Who asks with an access token, over HTTP or MCP, is named by it: all of them, or the user that a request names:
      footnote forget token:ci
      footnote forget token:ci:alice@example.org

    Messages in Slack and Discord stay: delete a question there, and its answer goes with it. What nobody asks to be
    forgotten is deleted by itself: questions after RETENTION_DAYS, the acts of administrators after a year.
    """
    if person.strip().lower().startswith(f"{TOKEN}:"):
        name = person.strip()
        questions = with_footnote(lambda footnote: _forget_callers(footnote, *_named_caller(name)))
    else:
        platform, name = _named(person)
        questions = with_footnote(lambda footnote: _forget(footnote, name, platform))
    if as_json:
        print_json({"person": name, "questions": questions})
    else:
        console().print(
            f"Forgotten: {format_count(questions, 'question')} of {name}, with answers and feedback.", markup=False
        )
        if not questions:
            console().print(f"If there should be some, look at the id: {_EXAMPLES}.")


def _named(person: str) -> tuple[Platform | None, str]:
    """Return the platform, if any, and the id: `"slack:U1"` -> `(Platform.SLACK, "U1")`. Raises `UsageError`."""
    before, colon, after = person.strip().rpartition(":")
    name = after.strip("<@!> ")
    if not name or not name.isalnum() or (colon and before not in KNOWN_PLATFORMS):
        raise UsageError(f"Name a person by their id, such as {_EXAMPLES}.")
    return (Platform(before) if colon else None), name


def _named_caller(text: str) -> tuple[str, str]:
    """Return the token and its user: `"token:ci:alice"` -> `("ci", "alice")`. Raises `UsageError`."""
    _, name, user = (*text.split(":", 2), "")[:3]
    if not name.strip() or not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"Name a person by their id, such as {_EXAMPLES}.")
    return name.strip().lower(), user


async def _forget_callers(footnote: Footnote, name: str, user: str) -> int:
    """Forget a user of a token, by their name or by the hash that lists show; without a user, all who asked with it."""
    async with footnote.open_inbox() as inbox, footnote.open_callers() as store:
        if not user:
            askers = {asker_of(name), *await store.questions.askers_of(name)}
        else:
            askers = {asker_of(name, user)} | ({f"{asker_of(name)}:{user}"} if is_user_hash(user) else set())
        return sum([await inbox.forget(asker) for asker in sorted(askers)])


async def _forget(footnote: Footnote, person: str, platform: Platform | None) -> int:
    async with footnote.open_inbox() as inbox:
        return await inbox.forget(person, platform)
