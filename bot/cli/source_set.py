"""`footnote sources set`: changes what may change of a source without adding it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.cli.source_list import draw_source
from bot.cli.source_rules import check_change
from bot.cli.sources import to_document
from bot.commands.context import AT_MACHINE, record_act
from bot.commands.source_changes import SOURCE_SETTINGS, read_changes
from core.domain import Source
from core.errors import UsageError
from core.wiring import Footnote


def add_options(command: click.decorators.FC) -> click.decorators.FC:
    """Give a command an option for each setting of a source."""
    for setting in reversed(SOURCE_SETTINGS):
        command = click.option(
            *setting.options,
            setting.name,
            default=None,
            multiple=setting.is_many,
            metavar=None if setting.is_switch else setting.metavar,
            help=setting.help,
        )(command)
    return command


@click.command("set")
@click.argument("name")
@add_options
@json_option
def command(name: str, *, as_json: bool, **given: str | bool | tuple[str, ...] | None) -> None:
    """Change the source NAME; what you do not name stays as it is. The next crawl uses the changes.

    \b
    footnote sources set guide --schedule "every 6h" --licence MIT
    footnote sources set guide --exclude "old/**" --exclude "**/changelog*"
    footnote sources set guide --visible-to slack:T0001/C0123
    """
    changes = read_changes({key: _to_text(value) for key, value in given.items() if value not in (None, ())})
    if not changes:
        *options, last = (each.options[0].partition("/")[0] for each in SOURCE_SETTINGS)
        raise UsageError(f"Nothing to change: name what with {', '.join(options)} or {last}.")
    changed, default = with_footnote(lambda footnote: _change(footnote, name, changes))
    if as_json:
        print_json(to_document(changed, default))
    else:
        draw_source(console(), changed, default, datetime.now(UTC))


def _to_text(value: object) -> str:
    """Return what was given to an option as `SourceSetting.read` takes it."""
    match value:
        case bool():
            return "on" if value else "off"
        case tuple():
            return "\n".join(value)
        case _:
            return str(value)


async def _change(footnote: Footnote, name: str, changes: dict[str, object]) -> tuple[Source, str]:
    details = {"source": name, "fields": sorted(changes)}
    async with record_act(footnote.audit, AT_MACHINE, "set", details):
        source = await footnote.catalog.get(name)
        changed = replace(source, **changes)  # type: ignore[arg-type]  # made above
        await check_change(footnote.settings, source, changed)
        return await footnote.catalog.change(changed), footnote.settings.recrawl_cron
