"""`footnote forget`: deletes everything that one person asked and wrote."""

from __future__ import annotations

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.commands.context import AT_MACHINE, record_act
from bot.commands.person_acts import EXAMPLES, NamedPerson, forget_person, read_person
from core.plural import format_count
from core.wiring import Footnote


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
    named = read_person(person)
    questions = with_footnote(lambda footnote: _forget(footnote, named))
    name = named.name
    if as_json:
        print_json({"person": name, "questions": questions})
    else:
        console().print(
            f"Forgotten: {format_count(questions, 'question')} of {name}, with answers and feedback.", markup=False
        )
        if not questions:
            console().print(f"If there should be some, look at the id: {EXAMPLES}.")


async def _forget(footnote: Footnote, person: NamedPerson) -> int:
    async with footnote.open_inbox() as inbox, record_act(footnote.audit, AT_MACHINE, "forget", {}) as learnt:
        learnt["questions"] = questions = await forget_person(footnote, inbox, person)
    return questions
