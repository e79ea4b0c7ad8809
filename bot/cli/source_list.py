"""`footnote sources list`: three lines a source, so that eighty columns hold all of it and each url stays whole."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.cli.sources import document
from core.domain import Source, SourceKind
from core.plural import counted
from core.schedule import next_run
from core.wiring import Footnote

COLOURS = {"ok": "green", "partial": "yellow", "quarantined": "red", "aborted": "red"}


@click.command("list")
@json_option
def command(*, as_json: bool) -> None:
    """Show the sources with their pages, passages, last crawl and next run. Times are in UTC.

    \b
    footnote sources list
    footnote sources list --json
    """
    sources, default = with_footnote(_read)
    if as_json:
        print_json({"sources": [document(source, default) for source in sources]})
    elif not sources:
        console().print("No sources yet. Add one with: footnote sources add https://docs.example.org/", markup=False)
    else:
        draw(console(), sources, default, datetime.now(UTC))


async def _read(footnote: Footnote) -> tuple[list[Source], str]:
    return await footnote.catalog.list(), footnote.settings.recrawl_cron


def draw(screen: Console, sources: list[Source], default: str, now: datetime) -> None:
    """All of them, and their number."""
    for source in sources:
        draw_source(screen, source, default, now)
        screen.print()
    passages = sum(source.passages for source in sources)
    screen.print(f"[dim]{counted(len(sources), 'source')}, {counted(passages, 'passage')}. Times are in UTC.[/]")


def draw_source(screen: Console, source: Source, default: str, now: datetime) -> None:
    """One of them. `default` is RECRAWL_CRON."""
    following = next_run(source, default, now)
    crawled = f"crawled {_minute(source.last_crawl)}" if source.last_crawl else "never crawled"
    verdict = f"[{COLOURS.get(source.verdict, 'default')}]{source.verdict}[/]" if source.verdict else "[dim]new[/]"
    schedule = source.schedule or f"{default} (RECRAWL_CRON)"
    screen.print(f"[bold]{source.name}[/]  {verdict}")
    # Whole, on a line of its own: a url that is folded cannot be clicked or copied.
    screen.print(f"  [cyan]{escape(source.root_url)}[/]", soft_wrap=True)
    if source.kind is SourceKind.FOLDER:
        _indented(screen, f"read from {unquote(urlsplit(source.served_at or source.root_url).path)}", style="dim")
    figures = f"{counted(source.pages, 'page')}, {counted(source.passages, 'passage')}"
    _indented(screen, f"{figures}, {crawled}, next {_minute(following) or 'off'}")
    terms = f"licence {source.licence}" if source.licence else "licence not recorded"
    language = f", language {source.language}" if source.language else ""
    render = ", rendered" if source.render else ""
    _indented(screen, f"{source.kind.value}, {terms}, schedule {schedule}{language}{render}", style="dim")
    if source.visible_to is not None:
        _indented(screen, f"visible to {', '.join(source.visible_to)}", style="dim")
    for word, patterns in (("only", source.include), ("without", source.exclude)):
        if patterns:
            _indented(screen, f"{word} {', '.join(patterns)}", style="dim")


def _indented(screen: Console, text: str, style: str = "") -> None:
    screen.print(Padding(Text(text, style), (0, 0, 0, 2), expand=False))


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
