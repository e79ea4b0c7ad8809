"""Reads where a site lists its pages: sitemaps (indexes, gzip, plain lists, feeds) and llms.txt.

    robots.txt ──or── /sitemap.xml ──> index ──> sitemap ──> urls        depth <= 2, 50 sitemaps, 50,000 urls

Parses XML with defusedxml, without any DTD, as a stream, so that neither entities nor depth nor a gzip bomb cost
memory. A sitemap that is no XML gives the urls that can be read in it, and a reason; one with a DTD or without end
gives none, and the crawl then follows links alone. `lastmod` is not read: it proves nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import unescape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from core.net.urls import folder, normalise, origin
from ingest.web.body import BodyCutOff, BodyRefused, Decoder, decode_text
from ingest.web.fetch import Fetcher
from ingest.web.results import Fetched, FetchRequest, Refused

MAX_URLS, MAX_SITEMAPS, MAX_DEPTH = 50_000, 50, 2
MAX_FETCHED, MAX_UNPACKED = 20_000_000, 50_000_000
"""Bytes of one sitemap as it is sent, and of a .gz file unpacked (the limit of the protocol)."""

MAX_LLMS = 1_000_000
_MAX_XML_DEPTH = 16
_CHUNK = 65_536
_SMALL = 200_000  # bytes that are parsed without leaving the event loop, in a few milliseconds
TWIN = re.compile(r"(?:(?<=/)index)?\.mdx?\Z", re.IGNORECASE)
"""What the url of a page in markdown has after that of the page."""

_ENTITY = re.compile(r"&[A-Za-z][\w.-]{0,40};")
_ELEMENT = re.compile(
    rb"<(?!image:|video:|news:)(?:[\w-]{1,20}:)?(?:loc\b[^<>]{0,200}>\s{0,200}(?:<!\[CDATA\[\s{0,200})?"
    rb"([^<>\s\]]{1,2048})\s{0,200}(?:\]\]>\s{0,200})?</|(?:urlset|sitemapindex)\b)"
)
_WHERE = {"urlset": "url/loc", "sitemapindex": "sitemap/loc", "rss": "channel/item/link", "feed": "entry/link"}
"""By the root of a document, where it names pages: the protocol takes RSS and Atom for sitemaps, too."""

_LONGEST_ELEMENT = 3_500
_LINK = re.compile(r"\]\(\s*<?([^()<>\s]{1,2048})|(?<![\w(<])<?(https?://[^()<>\[\]\s\"'`]{1,2048})")

Place: TypeAlias = Callable[[str, str | None], str | None]


@dataclass(frozen=True, slots=True)
class Sitemap:
    """One document: the pages and further sitemaps that it lists, and why it could not be read ("" if it could)."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    trouble: str = ""


@dataclass(slots=True)
class Discovered:
    """What all sitemaps of a site list. `troubles`: sitemap url -> reason."""

    pages: dict[str, None] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)


class _TooDeep(Exception):
    pass


def _leads(attributes: Mapping[str, str]) -> bool:
    """Return whether a link of a feed, by its attributes, is that of the page; `loc`s have none."""
    return attributes.get("rel", "alternate") == "alternate"


class _Target:
    """Receives the parser's events, and keeps only the `loc`s."""

    def __init__(self) -> None:
        self.locations: list[str] = []
        self.is_index = False
        self.is_sitemap = False
        self._depth = 0
        self._path: list[str] = []
        self._where = ""
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if self._depth == 0:
            self.is_index, self.is_sitemap = name == "sitemapindex", name in _WHERE
            self._where = _WHERE.get(name, "")
        self._path = [*self._path[: self._depth], name]
        self._depth += 1
        if self._depth > _MAX_XML_DEPTH:
            raise _TooDeep
        is_place = self._where.endswith(name) and "/".join(self._path[1:]) == self._where
        self._text = [attributes.get("href", "")] if is_place and _leads(attributes) else None

    def data(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, _tag: str) -> None:
        self._depth -= 1
        if self._text is not None and len(self.locations) < MAX_URLS:
            self.locations.append("".join(self._text).strip())
        self._text = None

    def close(self) -> None:
        return None


def parse_sitemap(body: bytes) -> Sitemap:
    """Return the contents of one document: XML, the same in gzip, or one url per line.

    Broken XML gives a `trouble` and the urls that can be read, before and after the fault. What was made to do harm
    gives no urls; so does an encoding that Python does not have (`LookupError`).
    """
    target = _Target()
    trouble = ""
    try:
        if not body.startswith(b"\x1f\x8b") and body.lstrip(b"\xef\xbb\xbf \r\n")[:4].lower() == b"http":
            return Sitemap(tuple(body.decode("utf-8", "replace").lstrip("\ufeff").split()[:MAX_URLS]))
        try:
            parser = XMLParser(target=target, forbid_dtd=True)
            for chunk in _unpacked(body):
                parser.feed(chunk)
            parser.close()
        except (ParseError, BodyCutOff) as error:
            trouble = _broken(error)
            target = _scan(body)
    except (_TooDeep, DefusedXmlException, ValueError, LookupError) as error:
        return Sitemap(trouble=_broken(error))
    except BodyRefused as error:
        return Sitemap(trouble=str(error))
    if not target.is_sitemap:
        return Sitemap(trouble="not a sitemap")
    found = tuple(location for location in target.locations if location)
    return Sitemap((), found, trouble) if target.is_index else Sitemap(found, (), trouble)


def _broken(error: Exception) -> str:
    return f"broken xml ({type(error).__name__.lstrip('_')})"


def _scan(body: bytes) -> _Target:
    """Return the `loc`s of a document that is no XML, before and after its fault.

    One with an entity that is not XML's own is left out: nobody knows what it stands for.
    """
    target = _Target()
    for found in _elements(body):
        if found[1] is None:
            target.is_sitemap, target.is_index = True, target.is_index or found[0].endswith(b"index")
        elif len(target.locations) < MAX_URLS:
            location = unescape(found[1].decode("utf-8", "replace"))
            if not _ENTITY.search(location):
                target.locations.append(location)
    return target


def _elements(body: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the elements that matter, also of a body that is cut off. Keeps two chunks of it at a time."""
    rest = b""
    with suppress(BodyCutOff):
        for chunk in _unpacked(body):
            text, at = rest + chunk, 0
            for found in _ELEMENT.finditer(text):
                at = found.end()
                yield found
            rest = text[max(at, len(text) - _LONGEST_ELEMENT) :]


def _unpacked(body: bytes) -> Iterator[bytes]:
    packed = body.startswith(b"\x1f\x8b")
    decoder = Decoder("gzip" if packed else "", MAX_UNPACKED)
    # Small chunks of a packed file: each can grow a thousandfold.
    size = _CHUNK // 16 if packed else _CHUNK
    for start in range(0, len(body), size):
        yield decoder.feed(body[start : start + size])
    decoder.finish()


async def read_sitemaps(fetcher: Fetcher, named: Iterable[str], root: str, place: Place = normalise) -> Discovered:
    """Return every page that the sitemaps list, as written there. `named`: the sitemaps of robots.txt.

    Without any, two usual urls are tried: at the host's root and in the folder of `root`. `place(url, base)` gives the
    url to request for a sitemap, None where it must not be requested; it is called for each redirect, too.
    """
    found = Discovered()
    usual = (f"{origin(root)}/sitemap.xml", f"{folder(root)}sitemap.xml")
    queue = [(url, 0) for url in dict.fromkeys(tuple(named) or usual)]
    asked: set[str] = set()
    while queue and len(asked) < MAX_SITEMAPS and len(found.pages) < MAX_URLS:
        written, depth = queue.pop(0)
        url = place(written, root)
        if url is None or url in asked:
            continue
        asked.add(url)
        sitemap = await _read(fetcher, url, place)
        if sitemap.trouble:
            found.troubles[url] = sitemap.trouble
        pages = (page if "://" in page else normalise(page, url) or page for page in sitemap.pages)
        found.pages.update(dict.fromkeys(islice(pages, MAX_URLS - len(found.pages))))
        if depth < MAX_DEPTH:
            queue += [(normalise(further, url) or further, depth + 1) for further in sitemap.sitemaps[:MAX_SITEMAPS]]
    return found


def _permit(place: Place) -> Callable[[str], str]:
    return lambda target: "" if place(target, None) else "elsewhere"


async def _read(fetcher: Fetcher, url: str, place: Place) -> Sitemap:
    match await fetcher.get(FetchRequest(url, _permit(place), pages_only=False, cap=MAX_FETCHED)):
        case Fetched(body=body):
            if len(body) <= _SMALL and not body.startswith(b"\x1f\x8b"):
                return parse_sitemap(body)
            return await asyncio.to_thread(parse_sitemap, body)
        case Refused(reason=reason):
            return Sitemap(trouble=reason)
        case _:
            return Sitemap()


async def read_llms(fetcher: Fetcher, root: str, place: Place = normalise) -> dict[str, str]:
    """Return what the llms.txt in the folder of `root` links to: `{"a": "a.md", "b": ""}` for `a.md` and `b`."""
    answer = await fetcher.get(FetchRequest(f"{folder(root)}llms.txt", _permit(place), pages_only=False, cap=MAX_LLMS))
    if not isinstance(answer, Fetched):
        return {}
    text = decode_text(answer.body, answer.content_type)
    links = ((match[1] or match[2].rstrip(".,;:")).partition("#")[0] for match in _LINK.finditer(text))
    found: dict[str, str] = {}
    for link in filter(None, links):
        page = TWIN.sub("", link)
        found[page] = link if page != link else found.get(page, "")
    return found
