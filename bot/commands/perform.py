"""Administrators' commands in chat: `/docs status | sources | add | remove | reindex | preview | settings | help`.

    text ──parse──> Order ──ADMINS──┬─ no: the refusal, recorded
                                    └─ yes: acts ──> Report, Report, ... (final)

The same on Slack and Discord: each hands over the text after `/docs`, who wrote it and where, and shows the reports,
the first as a message, each further one in its place. Platforms escape what they must; no SDK is known here.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from bot.commands.context import Actor, CommandContext, Report
from bot.commands.messages import build_refusal, escape_mentions, help_text
from bot.commands.parse import parse_order
from bot.commands.source_changes import CheckChange
from bot.commands.verbs import FORMS, find_close_command, find_command
from core.errors import FootnoteError
from core.wiring import Footnote

__all__ = ["Actor", "CommandContext", "Report", "build_command_context", "perform"]

FAILED = "Something went wrong here; the log of footnote says what. Part of it may be done: see `/docs status`."
_log = logging.getLogger(__name__)


def build_command_context(
    footnote: Footnote,
    waiting: Callable[[], Awaitable[int]] | None = None,
    check: CheckChange | None = None,
) -> CommandContext:
    """Return the context of commands in this process.

    `waiting` counts questions that have no answer yet; `check` judges changes of a source.
    """
    return CommandContext(
        catalog=footnote.catalog,
        requests=footnote.requests,
        channels=footnote.channels,
        audit=footnote.audit,
        workers=footnote.jobs().workers,
        admins=footnote.settings.admin_ids,
        waiting=waiting,
        check=check,
        troubles=footnote.history.list_troubles,
        schedule=footnote.settings.recrawl_cron,
        access=footnote.access,
        console_url=footnote.settings.console_url,
    )


async def perform(text: str, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    """Do what `text` (after `/docs`) says; yield reports, the last one final. An error is a report, too, in a sentence.

    Close it (`aclosing`) to stop watching: the crawls and previews that were asked for go on.
    """
    try:
        async with aclosing(_performed(text, who, context)) as reports:
            async for report in reports:
                yield report
    except FootnoteError as error:
        yield Report(escape_mentions(str(error)))
    except Exception:  # noqa: BLE001 - a bug of ours must not leave a "thinking ..." that never ends
        _log.exception("A command failed")
        yield Report(FAILED)


async def _performed(text: str, who: Actor, context: CommandContext) -> AsyncGenerator[Report, None]:
    command, rest = find_command(text)
    if command is None or command.act is None:
        close = find_close_command(text) if command is None else None
        yield Report(help_text(FORMS, unknown=command is None, close=close.form.verb if close else ""))
        return
    if not context.is_admin(who):
        await context.refuse(who, command.form.verb)
        yield Report(build_refusal(who, nobody=not context.admins))
        return
    async with aclosing(command.act(parse_order(command.form, rest), who, context)) as reports:
        async for report in reports:
            yield report
