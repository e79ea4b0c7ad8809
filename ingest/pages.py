"""The types of the crawl: what a page is parsed into, and what became of each url.

    bytes ──extract──> Extract(blocks, links, ...) ──split──> Passage* ──crawl──> Outcome

Outcome = Kept | Unchanged | Skipped | Gone | Failed; `ingest.sync` matches all five.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from core.domain import Edition, Passage


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CODE = "code"
    TABLE = "table"
    SIGNATURE = "signature"


IN_PATH = 7
"""The level of an entry whose name ends its path."""


class Block(NamedTuple):
    """One block of a page, in reading order. `text` is markdown; that of CODE is verbatim, without its fence.

    `path` is the heading path above it (that of a HEADING ends with its text), `anchor` the nearest one above it that
    exists in the page, `level` 1..6 of a HEADING or `IN_PATH`, `language` of CODE, `note` the kind of an admonition,
    `depth` of a list item from 1. `entry` is the line that names the entry it belongs to (a term, a declaration), ""
    for none; `opens` says that `anchor` is its own: what it leads to begins here.
    """

    kind: BlockKind
    text: str
    anchor: str = ""
    path: tuple[str, ...] = ()
    level: int = 0
    language: str = ""
    note: str = ""
    depth: int = 0
    entry: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Extract:
    """A parsed page. `links` are absolute, without fragments, in page order; `refresh` is a meta refresh's target.

    `canonical`, `language`, `version` and `generator` are as the page says, empty where it does not; `alternate` is the
    language under which it lists itself among its translations. `trouble` is why a page holds nothing to keep ("needs
    javascript", "login wall", "no text", ...), empty where it holds something. `left_out` is the anchor from which on
    nothing was read, because the limits of one document were reached; `twin` is the url of the page in markdown;
    `is_headless`: a document whose title is no heading in it.
    """

    title: str
    blocks: tuple[Block, ...]
    links: tuple[str, ...] = ()
    canonical: str = ""
    language: str = ""
    generator: str = ""
    refresh: str = ""
    noindex: bool = False
    nosnippet: bool = False
    nofollow: bool = False
    trouble: str = ""
    alternate: str = ""
    version: str = ""
    left_out: str = ""
    twin: str = ""
    is_headless: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the parse child sends back: the extract without its blocks, and the passages made of them."""

    extract: Extract
    passages: tuple[Passage, ...]
    dropped_short: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that was fetched. `fingerprint` is the same for pages whose passages say the same, "" without passages.

    `says` is what it says of its edition (`ingest.editions.branches.Says`); `left_out` is that of its `Extract`.
    """

    url: str
    title: str
    passages: tuple[Passage, ...]
    links: tuple[str, ...]
    etag: str = ""
    last_modified: str = ""
    dropped_short: int = 0
    fingerprint: str = ""
    says: str = ""
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The server answered 304: what is stored stays."""

    url: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A url that was left out on purpose. `reason` is a few words, the same for the same cause (it is counted)."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A url that answered 404 or 410, or whose page says so in words (`status` 404)."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A url that could not be fetched or parsed this time. It may or may not still exist."""

    url: str
    reason: str


Outcome: TypeAlias = Kept | Unchanged | Skipped | Gone | Failed


@dataclass(frozen=True, slots=True)
class Visited:
    """A url that was requested; its outcomes came before this. `record` lets `ingest.visit_log` replay the visit."""

    url: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Editions:
    """The edition of each page, also of pages that stay though they were not found. Comes once, at the end."""

    by_url: Mapping[str, Edition]


Found: TypeAlias = Outcome | Visited | Editions
"""What a crawl yields as it goes: the outcomes of a visit, then its record."""


TOO_MUCH = "limits of one pdf"
"""Why the rest of a document is left out."""


def skip_rest(outcome: Outcome | None) -> Iterator[Skipped]:
    """Yield the rest of a kept page that was left out, if any: `Skipped("https://h/a.pdf#page=900", ...)`."""
    if isinstance(outcome, Kept) and outcome.left_out:
        yield Skipped(f"{outcome.url}#{outcome.left_out}", TOO_MUCH)
