"""`footnote sources`: the group of commands for the sites in the index, and what they share."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import click

from bot.cli.lazy import LazyGroup
from bot.cli.running import console, json_option, print_json, with_footnote
from bot.commands.context import AT_MACHINE, record_act
from bot.commands.source_changes import VISIBLE_TO
from core.domain import Source
from core.wiring import Footnote
from core.work.schedule import next_run

COMMANDS = {
    "add": ("bot.cli.source_add", "Add a site, a page, a list of urls or a folder; `footnote crawl` then reads it."),
    "preview": ("bot.cli.preview", "Read a few pages of a site and show what a crawl would keep; stores nothing."),
    "list": ("bot.cli.source_list", "Show the sources with their pages, last crawl and next run."),
    "set": ("bot.cli.source_set", "Change schedule, licence, patterns, language or audience of a source."),
    "skipped": ("bot.cli.source_skipped", "Show the urls that the last crawl left out, and why."),
    "export": ("bot.cli.source_export", "Write the passages of a source as JSON lines."),
}


schedule_option = click.option(
    "--schedule",
    default="",
    metavar="TEXT",
    help='When to crawl it again: a cron line in UTC, "every 6h", "daily" or "off". Default: RECRAWL_CRON.',
)
language_option = click.option(
    "--language",
    default="",
    metavar="TAG",
    help="Which language wins where pages are there in several. Default: DOCS_LANGUAGE.",
)

visible_option = click.option(
    "--visible-to",
    multiple=True,
    metavar=VISIBLE_TO.metavar,
    help=VISIBLE_TO.help,
)


@click.group("sources", cls=LazyGroup, table=COMMANDS)
def command() -> None:
    """Add, preview, list, change, export and remove documentation sites.

    \b
    footnote sources add https://docs.example.org/guide/ --name guide
    footnote sources list
    """


def ask_licence() -> str:
    """Ask for the licence at a terminal, and return the answer; Enter: nothing."""
    click.echo("You must be allowed to index this site's text.", err=True)
    answer: str = click.prompt(
        "Under which licence is it? (Enter: not recorded)", default="", show_default=False, err=True
    )
    return answer.strip()


@command.command("remove")
@click.argument("name")
@json_option
def remove(name: str, *, as_json: bool) -> None:
    """Remove the source NAME and all its passages from the index.

    \b
    footnote sources remove guide
    """
    removed = with_footnote(lambda footnote: _remove(footnote, name))
    if as_json:
        print_json({"source": name, "removed": removed})
    else:
        console().print(f"Removed {name}: {removed} passages.", markup=False)


async def _remove(footnote: Footnote, name: str) -> int:
    async with record_act(footnote.audit, AT_MACHINE, "remove", {"source": name}) as learnt:
        learnt["removed"] = removed = await footnote.catalog.remove(name)
    return removed


def to_document(source: Source, default_schedule: str = "off", now: datetime | None = None) -> dict[str, object]:
    """Return the JSON shape of a source (docs/command-line.md), with the time of its next crawl after `now`."""
    following = next_run(source, default_schedule, now or datetime.now(UTC))
    shape: dict[str, object] = {each.name: getattr(source, each.name) for each in fields(source)}
    return shape | {"next_run": following.isoformat(timespec="seconds") if following else None}
