"""`footnote sources add`: adds a site, a single page, a list of urls, or a folder on this machine.

    https://...            a site from this page on; with --page only this page
    --list FILE, urls.txt  the urls in a file, one per line
    ./docs                 a folder of markdown, HTML and PDF; links lead to --url, the git host, or the files

Only the command line can name a folder or a private address: chat never reaches this file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

import click

from bot.cli.running import console, json_option, print_json, read_text, with_footnote
from bot.cli.sources import (
    ask_licence,
    build_source,
    language_option,
    schedule_option,
    to_document,
    validate_language,
    validate_schedule,
    visible_option,
)
from core.domain import Source, SourceKind
from core.errors import UrlRefused, UsageError
from core.inbox.channels import parse_places
from core.net.urls import check_url, origin, to_slug
from core.wiring import Footnote
from ingest.assembly import check_rendering
from ingest.folders.addresses import file_url
from ingest.folders.checkout import find_web_url
from ingest.patterns import compiled_all

MOST_URLS, LARGEST_LIST = 10_000, 5_000_000
"""Most urls of a list, and most bytes of the file that holds it."""

NO_RENDERING = "--render is for what is read from a site: a folder is read as its files are."

_COMMON_NAMES = frozenset({"doc", "docs", "documentation", "content", "src", "source", "pages", "website"})


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed on the command line, unchecked."""

    place: str = ""
    list_file: Path | None = None
    page: bool = False
    base: str = ""
    scope: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pdf: bool = False
    render: bool = False
    name: str | None = None
    licence: str = ""
    allow_private: bool = False


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
    """
    typed = Typed(place, licence=(licence or "").strip(), **options)  # type: ignore[arg-type]  # the options are named like the fields
    source = source_of(typed)
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
    if added.kind is SourceKind.FOLDER:
        console().print(f"Links will lead to {added.root_url}", markup=False, soft_wrap=True)
    console().print(f"Added {added.name}. Read it with: footnote crawl {added.name}", markup=False)


async def _add(footnote: Footnote, source: Source) -> tuple[Source, str]:
    await check_rendering(source, footnote.settings)
    return await footnote.catalog.add(source), footnote.settings.recrawl_cron


def source_of(typed: Typed) -> Source:
    """Return the source to add. Raises `UsageError`, `UrlRefused`, each with a sentence that says what to do."""
    kind, path = _kind(typed)
    _check_options(typed, kind)
    match kind:
        case SourceKind.LIST:
            source = _list(typed, path)
        case SourceKind.FOLDER:
            source = _folder(typed, path)
        case SourceKind.PAGE | SourceKind.SITE:
            source = build_source(
                typed.place,
                name=typed.name,
                scope=typed.scope,
                licence=typed.licence,
                allow_private=typed.allow_private,
            )
        case _:
            assert_never(kind)
    return replace(
        source,
        kind=kind,
        include=validate_patterns(typed.include),
        exclude=validate_patterns(typed.exclude),
        pdf=typed.pdf,
        render=typed.render,
    )


def validate_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns as they are stored, without empty ones. Raises `UsageError`."""
    kept = tuple(pattern.strip() for pattern in patterns if pattern.strip())
    compiled_all(kept)
    return kept


def _kind(typed: Typed) -> tuple[SourceKind, Path]:
    """Return the kind of source that is meant, and its path, if it is a file or a folder. Raises `UsageError`."""
    if typed.list_file is not None and typed.place:
        raise UsageError("Give a url or a folder, or a list with --list FILE, but not both.")
    if typed.list_file is not None:
        return SourceKind.LIST, typed.list_file
    if not typed.place:
        raise UsageError("Name what to add: a url, a folder, or with --list FILE a list of urls.")
    try:
        path = Path(typed.place).expanduser()
    except RuntimeError:
        raise UsageError(f"There is no home folder for {typed.place}: write the whole path.") from None
    if "://" not in typed.place and (kind := _kind_of_path(typed.place, path)) is not None:
        return kind, path
    # A manual in one file: nobody asked for its neighbours.
    is_page = typed.page or (typed.place.lower().endswith(".pdf") and not typed.scope)
    return (SourceKind.PAGE if is_page else SourceKind.SITE), path


def _kind_of_path(place: str, path: Path) -> SourceKind | None:
    """Return the kind of what is at a path; None: it may be meant as a url. Raises `UsageError`."""
    if path.is_dir():
        return SourceKind.FOLDER
    if path.is_file() and path.suffix.lower() == ".txt":
        return SourceKind.LIST
    if path.is_file():
        raise UsageError(f"{path} is a file: name the folder that holds it, or a list of urls that ends in .txt.")
    if place.startswith((".", "/", "~")):
        raise UsageError(f"There is no folder or file {path}.")
    return None


def _check_options(typed: Typed, kind: SourceKind) -> None:
    """Raise `UsageError` for an option that means nothing for this kind of source."""
    if typed.page and kind is not SourceKind.PAGE:
        raise UsageError("--page is for a url: it reads that page alone.")
    if typed.scope and kind is not SourceKind.SITE:
        raise UsageError("--scope is for a site: a page, a list and a folder say themselves what belongs to them.")
    if (typed.include or typed.exclude) and kind in (SourceKind.PAGE, SourceKind.LIST):
        raise UsageError("--include and --exclude are for sites and folders: this names its pages one by one.")
    if typed.render and kind is SourceKind.FOLDER:
        raise UsageError(NO_RENDERING)
    if typed.base and kind is not SourceKind.FOLDER:
        raise UsageError("--url says where the files of a folder are published: name a folder with it.")


def _folder(typed: Typed, path: Path) -> Source:
    folder = Path(os.path.realpath(path))
    if folder == Path(folder.anchor):
        raise UsageError("Name a folder of documents, not the whole disk.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UsageError(f"The folder {folder} cannot be opened: its permissions forbid it.")
    place = file_url(folder)
    # BASE is never requested, so it may be in a private network.
    base = check_url(typed.base, ports=None, allow_private=True) if typed.base else find_web_url(folder) or place
    root = base if base.endswith("/") else f"{base}/"
    default = f"{folder.parent.name} {folder.name}" if folder.name.lower() in _COMMON_NAMES else folder.name
    return Source(0, _named(typed, default), root, served_at=place, licence=typed.licence)


def _list(typed: Typed, path: Path) -> Source:
    urls = tuple(dict.fromkeys(_urls(path, _lines(path), allow_private=typed.allow_private)))
    if not urls:
        raise UsageError(f"{path} names no url: write one a line.")
    if len(urls) > MOST_URLS:
        raise UsageError(f"{path} names more than {MOST_URLS:,} urls: add it as several lists.")
    name = _named(typed, f"{urlsplit(urls[0]).netloc} {path.stem}")
    return Source(0, name, urls[0], urls=urls, licence=typed.licence, allow_private=typed.allow_private)


def _lines(path: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size > LARGEST_LIST:
        raise UsageError(f"{path} is no file of at most {LARGEST_LIST // 1_000_000} MB with one url a line.")
    return read_text(path).splitlines()


def _urls(path: Path, lines: list[str], *, allow_private: bool) -> Iterator[str]:
    """Yield the urls of a list, checked. All are on one host, whose robots.txt is then obeyed."""
    first = ""
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        try:
            url = check_url(line, ports=None, allow_private=allow_private)
        except UrlRefused as error:
            raise UrlRefused(f"{path}, line {number}: {error}") from error
        first = first or url
        if origin(url) != origin(first):
            raise UsageError(
                f"{path}, line {number}: all urls of a list are on one host, here {origin(first)}: "
                "make a source of its own of each host."
            )
        yield url


def _named(typed: Typed, default: str) -> str:
    name = to_slug(typed.name or default)
    if not name:
        raise UsageError("--name needs letters or digits.")
    return name
