"""Reads one folder of documents and yields what became of each file, as a crawl does for each url.

    folder ──scan──> names ──patterns, page limit──> read ──same hash──> Unchanged
                                                       └──parse child──> Kept, Skipped, Failed
    known pages without a file ──> Skipped "file deleted", or Failed where their folder could not be opened
    at the end: duplicates, and the version and language of each page

`Folder.walk` is an `ingest.sync.Walk`, so verdict, embedding and switch are those of a crawl: a missing or empty
folder does not empty the index. Uses no network and follows no link.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes

from core.domain import Edition, Source
from core.errors import SiteUnreachable
from core.index.crawling import READING, KnownPage
from ingest.duplicates import fingerprint, owner
from ingest.editions.branches import Says
from ingest.editions.edition import recognise_editions
from ingest.folders.addresses import PLACE, Addresses, folder_of, quote_path
from ingest.folders.checkout import checkout_of
from ingest.folders.files import HTML_ENDINGS, PDF_ENDING, Scanned, read, scan
from ingest.folders.opening import FileRefused
from ingest.folders.partials import may_import
from ingest.frontier import PAGE_LIMIT, TIME_LIMIT, Bounds, against_file
from ingest.media import DATA_ENDINGS, NOTEBOOK_ENDING, NOTEBOOK_TYPE, OPENAPI_TYPE, PDF_TYPE, RST_ENDING, RST_TYPE
from ingest.outcomes import DUPLICATE, NO_INDEX
from ingest.pages import Editions, Failed, Found, Kept, Outcome, Parsed, Skipped, Unchanged, Visited, skip_rest
from ingest.parsing.parse import ParseFailed
from ingest.patterns import PatternChoice
from ingest.visit import ALIAS, PageParser
from ingest.web.headers import NO_SNIPPET

_TYPES = {PDF_ENDING: PDF_TYPE, RST_ENDING: RST_TYPE, **dict.fromkeys(DATA_ENDINGS, OPENAPI_TYPE)}

DELETED, UNREADABLE, PART = "file deleted", "cannot be read", "part of other pages"


class Folder:
    """One source that is a folder. `bounds` caps its pages and its time.

    `only`: the one document to read, whose url is the root.
    """

    def __init__(self, source: Source, parser: PageParser, bounds: Bounds | None = None, *, only: str = "") -> None:
        self._only = os.fsdecode(unquote_to_bytes(only))
        self._source = source
        self._parser = parser
        self._bounds = bounds or Bounds()

    async def walk(
        self, known: Mapping[str, KnownPage], visited: Mapping[str, bytes] | None = None
    ) -> AsyncGenerator[Found, None]:
        """Yield outcomes as they come; where a url has two, the later one counts (duplicates are known at the end).

        `visited` is not used: reading a file again costs no request. Raises `SiteUnreachable` where the folder cannot
        be opened.
        """
        root = folder_of(self._source)
        last = time.monotonic() + self._bounds.seconds
        scanned = await self._scanned(root)
        addresses = await asyncio.to_thread(_place, self._source.root_url, root, scanned, self._only)
        there: dict[str, _Page] = {}
        seen: set[str] = set()
        for name, url, reason in self._turns(scanned, addresses, seen):
            limit = TIME_LIMIT if there and time.monotonic() >= last else PAGE_LIMIT
            outcome: Outcome = Skipped(url, reason or limit)
            if not reason and limit != TIME_LIMIT and len(there) < self._bounds.pages:
                outcome = await self._page(root, name, url, known.get(url), addresses)
            yield outcome
            for rest in skip_rest(outcome):
                yield rest
            yield Visited(url, b"")
            if page := _page_of(outcome, known):
                there[url] = page
        missing = list(_missing(known, seen, scanned, addresses))
        stay = {one.url: known[one.url].says for one in missing if isinstance(one, Failed)}
        editions = recognise_editions(stay | {url: page.says for url, page in there.items()}, addresses.root)
        for left_out in (*missing, *_duplicates(there, editions)):
            yield left_out
        if editions:
            yield Editions(editions)

    async def _scanned(self, root: Path) -> Scanned:
        if self._only:
            return Scanned([self._only])
        try:
            return await asyncio.to_thread(scan, root, pdf=self._source.pdf, checkout=checkout_of(root))
        except OSError as error:
            raise SiteUnreachable(f"The folder {root} cannot be opened ({error.strerror}).") from error

    def _turns(self, scanned: Scanned, addresses: Addresses, seen: set[str]) -> Iterator[tuple[str, str, str]]:
        """Yield (name, url, why it is left out) of each document; fills `seen` with their urls."""
        choice = PatternChoice(self._source.include, self._source.exclude)
        for name in scanned.names:
            url = addresses.url(name)
            if url in seen:  # README.md next to index.md
                url, reason = addresses.below(name), ALIAS
            else:
                reason = choice.against(name) or (PART if addresses.is_part(name) else against_file(name))
            seen.add(url)
            yield name, url, reason
        for name, reason in scanned.left_out.items():
            url = addresses.url(name)
            if url not in seen:
                seen.add(url)
                yield name, url, reason

    async def _page(self, root: Path, name: str, url: str, page: KnownPage | None, addresses: Addresses) -> Outcome:
        try:
            body = await asyncio.to_thread(_body, root, name, addresses)
        except FileRefused as refused:
            return Skipped(url, str(refused))
        except OSError:
            return Failed(url, UNREADABLE)
        etag = blake2b(body, digest_size=16).hexdigest()
        if page is not None and page.etag == etag and page.reading == READING:
            return Unchanged(url)
        try:
            parsed = await self._parser.parse(body, _content_type(name, addresses), PLACE + quote_path(name))
        except ParseFailed as error:
            return Failed(url, str(error))
        return _outcome(url, parsed, etag, addresses, is_known=page is not None)


def _place(root_url: str, root: Path, scanned: Scanned, only: str) -> Addresses:
    """Return the addresses of a folder, with the front matter of its pages read where urls depend on it."""
    addresses = Addresses(root_url, root, scanned.names, fixed={only: root_url} if only else {})
    for name in scanned.names:
        addresses.url(name)
    return addresses


def _body(root: Path, name: str, addresses: Addresses) -> bytes:
    """Return the bytes of a document, with its partials in place. Raises as `read` does."""
    body = read(root, name)
    if not may_import(name):
        return body
    text = body.decode("utf-8", "surrogateescape")
    return addresses.partials.expand(name, text).encode("utf-8", "surrogateescape")


def _content_type(name: str, addresses: Addresses) -> str:
    ending = PurePosixPath(name).suffix.lower()
    if ending in HTML_ENDINGS:
        return "text/html"
    if ending in _TYPES:
        return _TYPES[ending]
    kind = NOTEBOOK_TYPE if ending == NOTEBOOK_ENDING else "text/markdown"
    return f"{kind}; charset=utf-8; variant={addresses.style}"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page that is there: the fingerprint of its text, and what it says of its edition."""

    mark: str
    says: str


def _outcome(url: str, parsed: Parsed, etag: str, addresses: Addresses, *, is_known: bool) -> Outcome:
    extract = parsed.extract
    if extract.noindex or extract.nosnippet:
        return Skipped(url, NO_INDEX if extract.noindex else NO_SNIPPET)
    if extract.trouble:
        is_passing = is_known and extract.trouble != "no text"
        return Failed(url, extract.trouble) if is_passing else Skipped(url, extract.trouble)
    passages = tuple(replace(passage, url=url) for passage in parsed.passages)
    links = tuple(dict.fromkeys(filter(None, map(addresses.resolve_link, extract.links))))
    mark = fingerprint(passages) if passages else ""
    says = str(Says(extract.language, extract.alternate, extract.version))
    etag = "" if extract.left_out else etag  # to be read again: a less busy machine reads more of it
    return Kept(url, extract.title, passages, links, etag, "", parsed.dropped_short, mark, says, extract.left_out)


def _page_of(outcome: Outcome, known: Mapping[str, KnownPage]) -> _Page | None:
    match outcome:
        case Kept():
            return _Page(outcome.fingerprint, outcome.says)
        case Unchanged() | Failed() if outcome.url in known:  # what failed stays as it was
            return _Page(known[outcome.url].fingerprint, known[outcome.url].says)
        case _:
            return None


def _missing(
    known: Mapping[str, KnownPage], seen: set[str], scanned: Scanned, addresses: Addresses
) -> Iterator[Failed | Skipped]:
    """Yield the known pages without a file. Those in a folder that could not be opened may still be there."""
    unseen = tuple(map(addresses.below, scanned.unseen))
    for url in known.keys() - seen:
        yield Failed(url, UNREADABLE) if url.startswith(unseen) else Skipped(url, DELETED)


def _duplicates(there: Mapping[str, _Page], editions: Mapping[str, Edition]) -> Iterator[Skipped]:
    """Yield the pages whose text another page owns. The same text in two editions is not a duplicate."""
    same: dict[tuple[str, Edition | None], list[str]] = {}
    for url, page in there.items():
        if page.mark:
            same.setdefault((page.mark, editions.get(url)), []).append(url)
    for urls in same.values():
        heir = owner(urls)
        yield from (Skipped(url, DUPLICATE) for url in urls if url != heir)
