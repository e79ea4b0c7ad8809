"""`footnote sources list`: three lines per source, so that eighty columns hold all of it and urls stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import click
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style
from rich.text import Text

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.cli.sources import to_document
from core.domain import Source
from core.plural import format_count
from core.wiring import Footnote
from core.work.schedule import next_run

COLOURS = {"ok": "green", "partial": "yellow", "quarantined": "red", "aborted": "red"}
INDENT = 2


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
        now = datetime.now(UTC)
        print_json({"sources": [to_document(source, default, now) for source in sources]})
    elif not sources:
        console().print("No sources yet. Add one with: footnote sources add https://docs.example.org/", markup=False)
    else:
        draw(console(), sources, default, datetime.now(UTC))


async def _read(footnote: Footnote) -> tuple[list[Source], str]:
    return await footnote.catalog.list(), footnote.settings.recrawl_cron


@dataclass(frozen=True, slots=True)
class Paper:
    """What the list is written on. `width` None: lines are not wrapped, for a pipe.

    Rich takes a millisecond for the lines of one source: ten seconds for ten thousand. So it wraps only lines that are
    too long.
    """

    screen: Console
    width: int | None
    coloured: bool

    @classmethod
    def from_console(cls, screen: Console) -> Paper:
        """Return the paper of a terminal or a pipe."""
        coloured = screen.color_system is not None and not screen.no_color
        return cls(screen, None if screen.soft_wrap else screen.width, coloured)

    def paint(self, text: str, style: str) -> str:
        """Return the text in a style of Rich, if there is colour."""
        return Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if self.coloured and style else text

    def indent(self, text: str, style: str = "") -> Iterator[str]:
        """Yield the lines of a text, wrapped, each from the third column on."""
        room = None if self.width is None else self.width - INDENT
        lines = [text]
        if room is not None and cell_len(text) > room:
            lines = [line.plain for line in Text(text).wrap(self.screen, room)]
        for line in lines:
            yield " " * INDENT + self.paint(line.rstrip(), style)


def draw(screen: Console, sources: list[Source], default: str, now: datetime) -> None:
    """Print all sources, and their number. `default` is RECRAWL_CRON."""
    paper = Paper.from_console(screen)
    passages = sum(source.passages for source in sources)
    total = f"{format_count(len(sources), 'source')}, {format_count(passages, 'passage')}. Times are in UTC."
    lines = [line for source in sources for line in (*source_lines(paper, source, default, now), "")]
    print("\n".join([*lines, paper.paint(total, "dim")]), file=screen.file)


def draw_source(screen: Console, source: Source, default: str, now: datetime) -> None:
    """Print one source. `default` is RECRAWL_CRON."""
    print("\n".join(source_lines(Paper.from_console(screen), source, default, now)), file=screen.file)


def source_lines(paper: Paper, source: Source, default: str, now: datetime) -> Iterator[str]:
    """Yield the lines of one source."""
    following = next_run(source, default, now)
    crawled = f"crawled {_minute(source.last_crawl)}" if source.last_crawl else "never crawled"
    verdict = paper.paint(source.verdict or "new", COLOURS.get(source.verdict, "") if source.verdict else "dim")
    yield f"{paper.paint(source.name, 'bold')}  {verdict}"
    # Whole, on a separate line: a url that is folded cannot be clicked or copied.
    yield " " * INDENT + paper.paint(source.root_url, "cyan")
    if source.on_disk:
        yield from paper.indent(f"read from {unquote(urlsplit(source.served_at or source.root_url).path)}", "dim")
    figures = f"{format_count(source.pages, 'page')}, {format_count(source.passages, 'passage')}"
    next_one = "paused" if source.paused else f"next {_minute(following) or 'off'}"
    yield from paper.indent(f"{figures}, {crawled}, {next_one}")
    if source.reason:
        yield from paper.indent(source.reason, COLOURS.get(source.verdict, ""))
    if source.old_reading:
        yield from paper.indent(f"{format_count(source.old_reading, 'page')} read by an older version", "yellow")
    yield from paper.indent(_terms(source, default), "dim")
    if source.visible_to is not None:
        yield from paper.indent(f"visible to {', '.join(source.visible_to)}", "dim")
    for word, patterns in (("only", source.include), ("without", source.exclude)):
        if patterns:
            yield from paper.indent(f"{word} {', '.join(patterns)}", "dim")


def _terms(source: Source, default: str) -> str:
    schedule = source.schedule or f"{default} (RECRAWL_CRON)"
    terms = f"licence {source.licence}" if source.licence else "licence not recorded"
    language = f", language {source.language}" if source.language else ""
    render = ", rendered" if source.render else ""
    return f"{source.kind}, {terms}, schedule {schedule}{language}{render}"


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
