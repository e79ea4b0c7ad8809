"""One document of whatever kind -> its blocks: HTML, markdown by way of HTML, PDF.

    body ──media_of──> HTML ──────────────────────────> ingest.html.extract
                       MARKDOWN ──ingest.documents.markdown──> HTML ──┘           PDF ──> ingest.documents.pdf

Called in the parse child, where it may hang, bloat and be killed. What a child has not been asked for it does not load.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import assert_never
from urllib.parse import unquote, urlsplit

from ingest.documents.slugs import style_of
from ingest.documents.time_limit import USUAL, Budget
from ingest.html.extract import extract
from ingest.html.trouble import BARRIERS
from ingest.media import Media, media_of
from ingest.pages import Extract
from ingest.web.body import decode_text


def parse_document(body: bytes, content_type: str, url: str, *, pdf: Budget = USUAL) -> Extract:
    """What the document at `url` says. Never raises but for memory and depth. `pdf`: how long one is read."""
    media = media_of(content_type, url, body)
    match media:
        case Media.HTML:
            return extract(decode_text(body, content_type), url)
        case Media.MARKDOWN:
            return _markdown(decode_text(body, content_type), content_type, url)
        case Media.PDF:
            return _pdf(body, url, pdf)
        case _:
            assert_never(media)


def _pdf(body: bytes, url: str, budget: Budget) -> Extract:
    from ingest.documents.pdf import read_pdf  # here, because pypdf costs 10 MB and most crawls meet no PDF

    return read_pdf(body, url, budget)


def _markdown(text: str, content_type: str, url: str) -> Extract:
    """The author's title goes before the first heading, and that before the name of the file."""
    from ingest.documents.markdown import rendered  # here, for the same reason

    page = rendered(text, mdx=urlsplit(url).path.lower().endswith(".mdx"), style=style_of(content_type))
    found = extract(page.html, url)
    if found.trouble in BARRIERS:  # a document about such things
        found = replace(found, trouble="")
    title = page.title or found.title
    if title:
        return replace(found, title=title)
    name = PurePosixPath(unquote(urlsplit(url).path)).stem
    return replace(found, title=name, blocks=tuple(replace(block, path=(name, *block.path)) for block in found.blocks))
