"""`footnote sources preview`: shows what a crawl of a site would keep, before anything is added or stored.

Shows the tree of pages, what is left out and why, and one page as the sources of an answer would show it.
`ingest.preview` does the work; no database is started or opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from textwrap import indent
from urllib.parse import unquote

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.syntax import Syntax
from rich.text import Text
from rich.tree import Tree

from bot.cli.running import console, json_option, notices, print_json, run_async
from bot.cli.source_add import build_source
from bot.terminal import hyperlink
from core.config.settings import load
from core.domain import Source
from core.plural import format_count
from ingest.kinds.port import TypedSource
from ingest.preview import MAX_PAGES, Preview, PreviewPage, PreviewPassage, preview

SHOWN_LINES, SHOWN_LETTERS = 8, 300
"""Lines of each passage, and letters of each line: enough to see that its code is code."""


@click.command("preview")
@click.argument("place", metavar="URL|FOLDER|FILE.txt")
@click.option("--page", is_flag=True, help="The page at URL alone: no links, no sitemap.")
@click.option("--include", multiple=True, metavar="PATTERN", help="Keep what fits alone; repeat it for more.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out what fits.")
@click.option("--include-pdf", "pdf", is_flag=True, help="Read PDFs that are linked or in the folder, too.")
@click.option("--url", "base", default="", metavar="BASE", help="Where the files of FOLDER are published.")
@click.option("--scope", default="", metavar="PREFIX", help="Stay below this url. Default: the folder of URL.")
@click.option("--name", help="What it is or will be called: CRAWL_HEADERS go by the name.")
@click.option("--allow-private", is_flag=True, help="URL is on this machine or in a private network, on purpose.")
@click.option(
    "--limit", type=click.IntRange(1, MAX_PAGES), default=10, show_default=True, help="How many pages to read."
)
@json_option
def command(place: str, *, limit: int, as_json: bool, **options: object) -> None:
    """Read a few pages as a crawl would, and show what it would keep. Stores nothing.

    \b
      footnote sources preview https://docs.example.org/guide/
      footnote sources preview https://docs.example.org/guide/ --exclude "**/changelog*" --limit 20
    """
    _, source = build_source(TypedSource(place, **options))  # type: ignore[arg-type]  # the options are named like the fields
    shown = run_async(_preview(source, limit))
    if as_json:
        print_json(asdict(shown))
    else:
        draw(console(), shown, limit)


async def _preview(source: Source, limit: int) -> Preview:
    settings = load()
    with notices().status(f"asking {escape(source.root_url)} ...") as status:  # nothing where there is no terminal

        def watch(pages: int) -> None:
            status.update(f"read {pages} of {limit} pages at most ...")

        return await preview(source, settings, pages=limit, watch=watch)


def draw(screen: Console, shown: Preview, limit: int) -> None:
    """Print the whole preview, from the site to one page."""
    _draw_site(screen, shown)
    _draw_pages(screen, shown)
    _draw_left_out(screen, shown)
    if shown.not_asked:
        screen.print(
            f"\n[bold]Not asked for: {format_count(shown.not_asked, 'more url')}[/]"
            f" [dim](a preview reads {format_count(limit, 'page')}: --limit)[/]"
        )
    _draw_sample(screen, shown)


def _draw_site(screen: Console, shown: Preview) -> None:
    screen.print(f"[bold]{escape(shown.url)}[/]", soft_wrap=True)
    if shown.on_disk:
        return
    screen.print(f"  urls        below {escape(shown.below)}", soft_wrap=True)
    more = ", and asks for longer" if shown.delay_cut else ""
    delay = f"{shown.crawl_delay:g} s between two requests{more}" if shown.crawl_delay else "no crawl delay"
    screen.print(f"  robots.txt  {delay}")
    label = "sitemaps"
    for sitemap in shown.sitemaps:
        pages = (
            format_count(sitemap.pages, "url") if not sitemap.sitemaps else format_count(sitemap.sitemaps, "sitemap")
        )
        screen.print(f"  {label:<10}  {escape(sitemap.url)} ({escape(sitemap.trouble) or pages})", soft_wrap=True)
        label = ""
    if shown.discovers and not shown.sitemaps:
        screen.print("  sitemaps    none found: pages are found by their links")


def _draw_pages(screen: Console, shown: Preview) -> None:
    passages = sum(page.passages for page in shown.pages)
    screen.print(
        f"\n[bold green]Would be kept: {format_count(len(shown.pages), 'page')}, {format_count(passages, 'passage')}[/]"
    )
    if shown.pages:
        screen.print(tree_of(shown.below, shown.pages))
    else:
        screen.print("  No page with text: a crawl would be aborted, and readers would see nothing new.")


@dataclass(slots=True)
class _Folder:
    """A folder of the tree; `own` is the page at its url with a slash at the end."""

    own: PreviewPage | None = None
    pages: list[tuple[str, PreviewPage]] = field(default_factory=list)
    folders: dict[str, _Folder] = field(default_factory=dict)


def tree_of(below: str, pages: Sequence[PreviewPage]) -> Tree:
    """Return the pages as a tree, by their paths below `below`."""
    root = _Folder()
    for page in pages:
        # The start page may be outside of a narrower scope; the tree then names it by its whole url.
        if not page.url.startswith(below):
            root.pages.append((page.url, page))
            continue
        path, question, query = page.url.removeprefix(below).partition("?")
        *folders, name = path.split("/")
        place = root
        for folder in folders:
            place = place.folders.setdefault(folder, _Folder())
        if name or question:
            place.pages.append((name + question + query, page))
        else:
            place.own = page
    tree = Tree(_label(below, root.own), guide_style="dim")
    _grow(tree, root)
    return tree


def _grow(tree: Tree, folder: _Folder) -> None:
    for name, page in folder.pages:
        tree.add(_label(name, page))
    for name, inside in folder.folders.items():
        _grow(tree.add(_label(f"{name}/", inside.own)), inside)


def _label(name: str, page: PreviewPage | None) -> Text:
    readable = unquote(name)
    # An escaped character of a url may be a control sequence of the terminal.
    shown = Text(readable if readable.isprintable() else name, "cyan", overflow="fold")
    if page is None:
        return shown
    passages = format_count(page.passages, "passage") if page.passages else "no passage of its own"
    return Text.assemble(shown, "  ", page.title or "(no title)", "  ", (passages, "dim"))


def _draw_left_out(screen: Console, shown: Preview) -> None:
    if not shown.left_out:
        return
    total = sum(group.count for group in shown.left_out)
    tree = Tree(f"[bold yellow]Would be left out: {format_count(total, 'url')}[/]", guide_style="dim")
    for group in shown.left_out:
        branch = tree.add(Text(f"{group.count:,} {group.reason}"))
        for url in group.urls:
            branch.add(Text(url, "dim", overflow="fold"))
        if group.count > len(group.urls):
            branch.add(Text(f"... and {group.count - len(group.urls):,} more", "dim"))
    screen.print()
    screen.print(tree)


def _draw_sample(screen: Console, shown: Preview) -> None:
    if not shown.passages:
        return
    page = next(page for page in shown.pages if page.url == shown.sample)
    of_all = f"{len(shown.passages)} of {format_count(page.passages, 'passage')}"
    screen.print(f"\n[bold]One page as the sources of an answer would show it[/] [dim]({of_all})[/]")
    for number, passage in enumerate(shown.passages, 1):
        _draw_passage(screen, number, passage)


def _draw_passage(screen: Console, number: int, passage: PreviewPassage) -> None:
    label = escape(" > ".join(passage.path) or "(no heading)")
    kind = " ".join(word for word in (passage.kind, passage.language) if word)
    screen.print(f"\n [cyan]\\[{number}][/] [bold]{label}[/]  [dim]{escape(kind)}[/]", soft_wrap=True)
    screen.print(Text("     ") + hyperlink(passage.link, passage.link, "cyan"), soft_wrap=True)
    whole = passage.text.splitlines()
    lines = [line if len(line) <= SHOWN_LETTERS else f"{line[:SHOWN_LETTERS]} ..." for line in whole]
    for language, text in split_code(lines[:SHOWN_LINES]):
        if not screen.is_terminal:
            screen.print(Text(indent(text, " " * 5)))
        elif language is None:
            screen.print(Padding(Text(text), (0, 0, 0, 5)))
        else:
            code = Syntax(text, language or "text", theme="ansi_dark", background_color="default", word_wrap=True)
            screen.print(Padding(code, (0, 0, 0, 5)))
    if len(lines) > SHOWN_LINES:
        screen.print(f"     [dim]... {format_count(len(lines) - SHOWN_LINES, 'more line')}[/]")


def split_code(lines: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """Yield (language, text) of each piece; None: prose. A fence that is not closed is code to the end.

    `["a", "```sh", "ls", "```"]` -> `(None, "a")`, `("sh", "ls")`
    """
    language: str | None = None
    fence, held = "", list[str]()
    for line in lines:
        marks = line.strip()[:3]
        opens, closes = not fence and marks in ("```", "~~~"), bool(fence) and line.strip() == fence
        if not (opens or closes):
            held.append(line)
            continue
        if held:
            yield language, "\n".join(held)
        held = []
        fence = marks[0] * (len(line.strip()) - len(line.strip().lstrip(marks[0]))) if opens else ""
        language = line.strip().lstrip(marks[0]).strip() if opens else None
    if held:
        yield language, "\n".join(held)
