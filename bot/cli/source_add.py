"""`footnote sources add`: adds a site, a single page, a list of urls, or a folder or file on this machine.

    https://...            a site from this page on; with --page only this page
    --list FILE, urls.txt  the urls in a file, one per line
    ./docs                 a folder of documents; links lead to its site, the git host, or the files
    ./openapi.yaml         one document: an API's description, or a notebook

Only the command line can name a folder or a private address: chat never reaches this file.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from bot.cli.running import console, json_option, print_json, with_footnote
from bot.cli.sources import (
    ask_licence,
    language_option,
    schedule_option,
    to_document,
    visible_option,
)
from bot.commands.context import AT_MACHINE, record_act
from bot.commands.source_changes import validate_language, validate_schedule
from core.domain import Source
from core.inbox.channels import parse_places
from core.wiring import Footnote
from ingest.assembly import check_rendering
from ingest.kinds.port import SourceKind, TypedSource
from ingest.kinds.registry import recognise_kind
from ingest.patterns import compiled_all


@click.command("add")
@click.argument("place", required=False, default="", metavar="[URL|FOLDER|FILE.txt]")
@click.option(
    "--list", "list_file", type=click.Path(path_type=Path), metavar="FILE", help="Read the urls in FILE alone."
)
@click.option("--page", is_flag=True, help="Read the page at URL alone: no links, no sitemap.")
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Keep what fits alone; repeat it for more. A path below the source's folder: guide/** or **/api-*.",
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out what fits, also of what is included.")
@click.option("--include-pdf", "pdf", is_flag=True, help="Read PDFs that are linked or in the folder, too.")
@click.option("--render", is_flag=True, help="Run the scripts of pages that are empty without, in a browser.")
@click.option("--url", "base", default="", metavar="BASE", help="Where the files of FOLDER are published.")
@click.option("--name", help="What to call it. Default: made from the url or the folder.")
@click.option("--scope", default="", metavar="PREFIX", help="Stay below this url. Default: the folder of URL.")
@click.option("--licence", help="Under which licence its text may be used; you must be allowed to index it.")
@schedule_option
@language_option
@visible_option
@click.option("--allow-private", is_flag=True, help="URL is on this machine or in a private network, on purpose.")
@json_option
def command(
    *,
    place: str,
    licence: str | None,
    schedule: str,
    language: str,
    visible_to: tuple[str, ...],
    as_json: bool,
    **options: object,
) -> None:
    """Add the documentation at URL, in FOLDER, or at the urls in FILE.txt; `footnote crawl` then reads it.

    \b
      footnote sources add https://docs.example.org/guide/ --exclude "**/changelog*"
      footnote sources add https://docs.example.org/manual.pdf --page
      footnote sources add urls.txt
      footnote sources add ./docs --url https://docs.example.org/
      footnote sources add ./openapi.yaml --url https://docs.example.org/reference
    """
    typed = TypedSource(place, licence=(licence or "").strip(), **options)  # type: ignore[arg-type]  # the options are named like the fields
    kind, source = build_source(typed)
    source = replace(
        source,
        schedule=validate_schedule(schedule),
        language=validate_language(language),
        visible_to=parse_places(visible_to) if visible_to else None,
    )
    if licence is None and not as_json and sys.stdin.isatty():
        source = replace(source, licence=ask_licence())
    added, default = with_footnote(lambda footnote: _add(footnote, source))
    if as_json:
        print_json(to_document(added, default))
        return
    if remark := kind.remark(added):
        console().print(remark, markup=False, soft_wrap=True)
    console().print(f"Added {added.name}. Read it with: footnote crawl {added.name}", markup=False)


async def _add(footnote: Footnote, source: Source) -> tuple[Source, str]:
    async with record_act(footnote.audit, AT_MACHINE, "add", {"source": source.name}):
        await check_rendering(source, footnote.settings)
        return await footnote.catalog.add(source), footnote.settings.recrawl_cron


def build_source(typed: TypedSource) -> tuple[SourceKind, Source]:
    """Return the source to add, and its kind. Raises `UsageError`, `UrlRefused`: a sentence says what to do."""
    kind = recognise_kind(typed)
    source = replace(
        kind.build(typed),
        include=validate_patterns(typed.include),
        exclude=validate_patterns(typed.exclude),
        pdf=typed.pdf,
        render=typed.render,
    )
    return kind, source


def validate_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns as they are stored, without empty ones. Raises `UsageError`."""
    kept = tuple(pattern.strip() for pattern in patterns if pattern.strip())
    compiled_all(kept)
    return kept
