"""A list of urls: the pages that a file names, one a line, all on one host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from core.domain import Source
from core.errors import UrlRefused, UsageError
from core.net.urls import check_url, origin
from ingest.crawl import Crawler
from ingest.kinds.port import SourceOption, TypedSource, WalkTools
from ingest.sync import Walk

MOST_URLS, LARGEST_LIST = 10_000, 5_000_000
"""Most urls of a list, and most bytes of the file that holds it."""


class ListKind:
    """The urls in a file: with --list, or a file that ends in .txt."""

    name: ClassVar[str] = "list"
    takes: ClassVar[frozenset[SourceOption]] = frozenset({SourceOption.RENDER})
    discovers: ClassVar[bool] = False

    def recognise(self, typed: TypedSource) -> bool:
        """Return whether a list is meant."""
        if typed.list_file is not None:
            return True
        path = typed.path
        return path is not None and path.suffix.lower() == ".txt" and path.is_file()

    def build(self, typed: TypedSource) -> Source:
        """Return the source of a list. Raises `UsageError`, `UrlRefused`."""
        path = typed.list_file or typed.path
        assert path is not None, "recognised by its file"
        urls = tuple(dict.fromkeys(_urls(path, _lines(path), allow_private=typed.allow_private)))
        if not urls:
            raise UsageError(f"{path} names no url: write one a line.")
        if len(urls) > MOST_URLS:
            raise UsageError(f"{path} names more than {MOST_URLS:,} urls: add it as several lists.")
        name = typed.choose_name(f"{urlsplit(urls[0]).netloc} {path.stem}")
        return Source(
            0, name, urls[0], urls=urls, licence=typed.licence, allow_private=typed.allow_private, kind=self.name
        )

    def remark(self, _source: Source) -> str:
        """Return nothing."""
        return ""

    def walk(self, source: Source, tools: WalkTools) -> Walk:
        """Return the crawl of the urls, and of nothing that they link to."""
        return Crawler(source, tools.fetcher, tools.parser, tools.bounds, tools.renderer, follows=self.discovers).walk


def _lines(path: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size > LARGEST_LIST:
        raise UsageError(f"{path} is no file of at most {LARGEST_LIST // 1_000_000} MB with one url a line.")
    try:
        return path.read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8.") from error


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
