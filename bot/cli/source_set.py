"""`footnote sources set`: changes what may change of a source without adding it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.cli.source_add import validate_patterns
from bot.cli.source_list import draw_source
from bot.cli.source_rules import check_change
from bot.cli.sources import to_document, visible_option
from bot.commands.context import AT_MACHINE, record_act
from bot.commands.source_changes import validate_language, validate_schedule
from core.domain import Source
from core.errors import UsageError
from core.inbox.channels import parse_places
from core.wiring import Footnote


@click.command("set")
@click.argument("name")
@click.option("--schedule", metavar="TEXT", help='A cron line in UTC, "every 6h", "daily", "off", or "default".')
@click.option("--licence", help='Under which licence its text may be used; "" forgets it.')
@click.option("--include", multiple=True, metavar="PATTERN", help='Keep these paths alone (repeat; "": all).')
@click.option("--exclude", multiple=True, metavar="PATTERN", help='Leave these paths out (repeat; "": none).')
@click.option("--render/--no-render", default=None, help="Run the scripts of pages that are empty without, or not.")
@click.option("--language", metavar="TAG", help='Which language wins; "" means DOCS_LANGUAGE.')
@visible_option
@click.option("--pause/--resume", "paused", default=None, help="Let its schedule crawl it no more, or again.")
@json_option
def command(  # noqa: PLR0913 - one argument per option
    name: str,
    *,
    schedule: str | None,
    licence: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    language: str | None,
    render: bool | None,
    visible_to: tuple[str, ...],
    paused: bool | None,
    as_json: bool,
) -> None:
    """Change the source NAME; what you do not name stays as it is. The next crawl uses the changes.

    \b
    footnote sources set guide --schedule "every 6h" --licence MIT
    footnote sources set guide --exclude "old/**" --exclude "**/changelog*"
    footnote sources set guide --visible-to slack:T0001/C0123
    """
    given = {"licence": licence if licence is None else licence.strip(), "render": render, "paused": paused}
    changes: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    if schedule is not None:
        changes["schedule"] = validate_schedule(schedule)
    if language is not None:
        changes["language"] = validate_language(language)
    for key, patterns in (("include", include), ("exclude", exclude)):
        if patterns:
            changes[key] = validate_patterns(patterns)
    if visible_to:
        changes["visible_to"] = parse_places(visible_to)
    if not changes:
        options = "--schedule, --licence, --include, --exclude, --language, --render, --visible-to or --pause"
        raise UsageError(f"Nothing to change: name what with {options}.")
    changed, default = with_footnote(lambda footnote: _change(footnote, name, changes))
    if as_json:
        print_json(to_document(changed, default))
    else:
        draw_source(console(), changed, default, datetime.now(UTC))


async def _change(footnote: Footnote, name: str, changes: dict[str, object]) -> tuple[Source, str]:
    details = {"source": name, "fields": sorted(changes)}
    async with record_act(footnote.audit, AT_MACHINE, "set", details):
        source = await footnote.catalog.get(name)
        changed = replace(source, **changes)  # type: ignore[arg-type]  # made above
        await check_change(footnote.settings, source, changed)
        return await footnote.catalog.change(changed), footnote.settings.recrawl_cron
