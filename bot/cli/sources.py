"""`footnote sources`: which sites are in the index."""

from __future__ import annotations

import re
from dataclasses import asdict
from urllib.parse import urlsplit

import click
from rich.table import Table

from bot.cli.running import console, json_option, print_json, with_footnote
from core.domain import Source
from core.errors import UsageError
from core.urls import check_url, normalise
from core.wiring import Footnote


@click.group("sources")
def command() -> None:
    """Add, list and remove documentation sites."""


@command.command("add")
@click.argument("url")
@click.option("--name", help="What to call it. Default: made from the url.")
@click.option("--scope", default="", metavar="PREFIX", help="Stay below this url. Default: the folder of URL.")
@click.option(
    "--licence", default="", help="Under which licence its text may be used; you must be allowed to index it."
)
@click.option("--allow-private", is_flag=True, help="URL is on this machine or in a private network, on purpose.")
@json_option
def add(url: str, *, name: str | None, scope: str, licence: str, allow_private: bool, as_json: bool) -> None:
    """Add the documentation site that starts at URL; `footnote crawl` then reads it."""
    source = described(url, name=name, scope=scope, licence=licence, allow_private=allow_private)
    added = with_footnote(lambda footnote: footnote.catalog.add(source))
    if as_json:
        print_json(document(added))
    else:
        console().print(f"Added {added.name}. Read it with: footnote crawl {added.name}", markup=False)


def described(url: str, *, name: str | None, scope: str, licence: str, allow_private: bool) -> Source:
    """A source that a person named, checked. Raises `UrlRefused`, `UsageError`."""
    address = normalise(check_url(url, ports=None, allow_private=allow_private))
    if address is None:
        raise UsageError(f"{url[:100]} is not the url of a web page.")
    if scope:
        scope = check_url(scope, ports=None, allow_private=allow_private)
        if urlsplit(scope).netloc != urlsplit(address).netloc:
            raise UsageError("--scope must be a url on the same host as URL.")
    chosen = _slug(name) if name else _slug(address.split("://", 1)[1])
    if not chosen:
        raise UsageError("--name needs letters or digits.")
    return Source(0, chosen, address, scope=scope, licence=licence, allow_private=allow_private)


@command.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """Show the sources with their pages, passages and last crawl."""
    sources = with_footnote(lambda footnote: footnote.catalog.list())
    if as_json:
        print_json({"sources": [document(source) for source in sources]})
        return
    if not sources:
        console().print("No sources yet. Add one with: footnote sources add https://docs.example.org/", markup=False)
        return
    table = Table("name", "url", "pages", "passages", "last crawl", "verdict", "licence", box=None, header_style="bold")
    for source in sources:
        crawled = f"{source.last_crawl:%Y-%m-%d %H:%M} UTC" if source.last_crawl else "never"
        cells = (str(source.pages), str(source.passages), crawled, source.verdict, source.licence or "not recorded")
        table.add_row(source.name, source.root_url, *cells)
    console().print(table)


@command.command("remove")
@click.argument("name")
@json_option
def remove(name: str, *, as_json: bool) -> None:
    """Take the source NAME and all its passages out of the index."""
    removed = with_footnote(lambda footnote: _remove(footnote, name))
    if as_json:
        print_json({"source": name, "removed": removed})
    else:
        console().print(f"Removed {name}: {removed} passages.", markup=False)


async def _remove(footnote: Footnote, name: str) -> int:
    return await footnote.catalog.remove(name)


def document(source: Source) -> dict[str, object]:
    """The JSON shape of a source (docs/command-line.md)."""
    return asdict(source)


def _slug(text: str) -> str:
    """`docs.example.org/en/latest/` -> `docs-example-org-en-latest`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()[:200]).strip("-")[:60]
