"""`footnote sources skipped`: shows every url that the last crawl of a source left out, with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from rich.console import Console

from bot.cli.running import console, json_option, print_json, with_footnote
from core.domain import Source
from core.index.port import LeftOut
from core.wiring import Footnote


@click.command("skipped")
@click.argument("name")
@click.option("--reason", help="Show the urls of this reason alone.")
@json_option
def command(name: str, *, reason: str | None, as_json: bool) -> None:
    """Show every url that the last crawl of NAME left out, grouped by reason; most frequent first.

    \b
    footnote sources skipped guide
    footnote sources skipped guide --reason "http 404"
    """
    source, left_out = with_footnote(lambda footnote: _read(footnote, name))
    groups = group_by_reason(left_out)
    wanted = groups if reason is None else {key: urls for key, urls in groups.items() if key == reason}
    if as_json:
        shown = [{"reason": key, "count": len(urls), "urls": urls} for key, urls in wanted.items()]
        print_json({"source": source.name, "total": sum(map(len, wanted.values())), "skipped": shown})
    elif wanted:
        _draw(console(), wanted)
    else:
        console().print(_nothing(source, groups), markup=False, soft_wrap=True)


async def _read(footnote: Footnote, name: str) -> tuple[Source, Sequence[LeftOut]]:
    return await footnote.catalog.get(name), await footnote.catalog.left_out(name)


def group_by_reason(left_out: Sequence[LeftOut]) -> dict[str, list[str]]:
    """Return reason -> urls, the reason with the most urls first."""
    groups: dict[str, list[str]] = {}
    for each in left_out:
        groups.setdefault(each.reason, []).append(each.url)
    return dict(sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])))


def _draw(screen: Console, groups: Mapping[str, Sequence[str]]) -> None:
    for reason, urls in groups.items():
        screen.print(f"{len(urls):,} {reason}", style="bold", markup=False)
        click.echo("".join(f"  {url}\n" for url in urls))


def _nothing(source: Source, groups: Mapping[str, Sequence[str]]) -> str:
    if groups:
        reasons = ", ".join(f"{reason} ({len(urls):,})" for reason, urls in groups.items())
        return f"Nothing was left out for that reason. The reasons of the last crawl: {reasons}."
    if source.last_crawl is None:
        return f"{source.name} has not been crawled yet. Read it with: footnote crawl {source.name}"
    unchanged = "Links of pages that had not changed are not looked at again."
    return f"The last crawl of {source.name} left nothing out. {unchanged}"
