"""`footnote demo`: the whole product on its own documentation, without a key, a service or any configuration."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import bot
from bot.cli.ask import chat
from bot.cli.crawl import crawl_with_bar, draw_report
from bot.cli.demo_widget import serve_widget
from bot.cli.running import console, run_async
from bot.cli.serving import stop_on_signals
from bot.site_server import PageAddition, serve_site
from bot.terminal import show_answer
from core.config.settings import Settings, load
from core.domain import Question, Source
from core.errors import ConfigurationError, IngestError, SourceUnknown
from core.index.crawling import Verdict
from core.wiring import Footnote, open_footnote

NAME = "footnote-docs"
ROOT_URL = "https://footnote.invalid/docs/"
"""The site's permanent address; where it is served (a free port of loopback) changes from run to run."""

QUESTIONS = (
    "How do I add a documentation site and crawl it?",
    "Which setting points footnote at my own Postgres?",
    "How are the vector and lexical sides of a search fused?",
)


LEFT_OUT = ("**/transcript-*", "**/decisions/**")
"""Pages that quote answers and examples: they would be found instead of the pages that say it."""


@click.command("demo")
@click.option("--serve", is_flag=True, help="Serve the docs after the answers, with a button to ask on each page.")
@click.option(
    "--site",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Another folder of built HTML to crawl instead.",
)
def command(*, serve: bool, site: Path | None) -> None:
    """Crawl footnote's own docs over HTTP, answer three questions, and open a chat if there is a terminal.

    The demo never uses keys, and has a separate database (FOOTNOTE_HOME/demo): your sources are not touched.

    \b
    footnote demo
    footnote demo --serve
    """
    run_async(_demo(demo_settings(load()), site or built_site(), serve=serve))


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of a demo: embedded database, local embedder, extractive reader, whatever else is set."""
    return load(
        home=settings.home / "demo",
        database_url="",
        embedding_model="local",
        chat_model="extractive",
        openai_api_key="",
        cohere_api_key="",
    )


def built_site() -> Path:
    """Return the folder of the documentation as HTML, from `make docs` or the wheel. Raises `ConfigurationError`."""
    package = Path(bot.__file__).parent
    for folder in (package.parent / "build" / "site", package / "site"):
        if (folder / "index.html").is_file():
            return folder
    raise ConfigurationError(
        "The documentation is not built: run `make demo` in a checkout, or name a folder of built HTML with --site."
    )


async def _demo(settings: Settings, site: Path, *, serve: bool) -> None:
    screen = console()
    addition = PageAddition()
    async with open_footnote(settings) as footnote, serve_site(site, addition) as served_at:
        source = await _source(footnote, served_at)
        screen.print(f"[bold]Crawling[/] footnote's documentation at {served_at}", soft_wrap=True)
        report = await crawl_with_bar(footnote, source)
        draw_report(screen, report)
        if report.verdict is Verdict.ABORTED:
            raise IngestError(f"The demo's site could not be indexed: {report.reason}.")
        for question in QUESTIONS:
            screen.print(f"\n[bold cyan]> {question}[/]")
            await show_answer(screen, footnote.engine.ask(Question(question)))
        if serve:
            await _serve(footnote, served_at, addition)
        elif sys.stdin.isatty() and sys.stdout.isatty():
            await chat(footnote)
        else:
            screen.print("\nThe links work while the demo serves the docs: `footnote demo --serve` keeps them up.")


async def _serve(footnote: Footnote, served_at: str, addition: PageAddition) -> None:
    """Keep the site up until a signal, with the widget on each page."""
    async with serve_widget(footnote, served_at) as addition.html:
        hint = "the links above work, and each page has a button to ask on."
        console().print(f"\nServing the docs at {served_at} until Ctrl-C: {hint}", soft_wrap=True)
        with stop_on_signals() as stop:
            await stop.wait()


async def _source(footnote: Footnote, served_at: str) -> Source:
    """Return the demo's source, moved to where it is served this time."""
    try:
        return await footnote.catalog.move(NAME, served_at)
    except SourceUnknown:
        return await footnote.catalog.add(
            Source(0, NAME, ROOT_URL, served_at=served_at, allow_private=True, licence="MIT", exclude=LEFT_OUT)
        )
