"""`footnote forget`: deletes everything that one person asked and wrote."""

from __future__ import annotations

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from core.errors import UsageError
from core.inbox.port import KNOWN_PLATFORMS, Platform
from core.plural import format_count
from core.wiring import Footnote

_EXAMPLES = "U0123456, slack:U0123456 or discord:81384788765712384"


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

    Messages in Slack and Discord stay: delete a question there, and its answer goes with it. What nobody asks to be
    forgotten is deleted by itself: questions after RETENTION_DAYS, the acts of administrators after a year.
    """
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


async def _forget(footnote: Footnote, person: str, platform: Platform | None) -> int:
    async with footnote.open_inbox() as inbox:
        return await inbox.forget(person, platform)
