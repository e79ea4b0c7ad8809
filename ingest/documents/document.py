"""Parses one document of any kind into its blocks: HTML, markdown turned into HTML, PDF.

    body ──media_of──> HTML ──────────────────────────> ingest.html.extract
                       MARKDOWN ──ingest.documents.markdown──> HTML ──┘           PDF ──> ingest.documents.pdf

Called in the parse child, where it may hang, use too much memory and be killed. A child loads only what it needs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import assert_never
from urllib.parse import unquote, urlsplit

from ingest.documents.slugs import style_of
from ingest.documents.time_limit import USUAL, TimeBudget
from ingest.html.extract import extract
from ingest.html.trouble import BARRIERS
from ingest.media import Media, media_of
from ingest.pages import Extract
from ingest.web.body import decode_text


def parse_document(body: bytes, content_type: str, url: str, *, pdf: TimeBudget = USUAL) -> Extract:
    """Return the extract of the document at `url`. `pdf`: time limit for a PDF. Raises only for memory and depth."""
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


def _pdf(body: bytes, url: str, budget: TimeBudget) -> Extract:
    from ingest.documents.pdf import read_pdf  # here, because pypdf costs 10 MB and most crawls meet no PDF

    return read_pdf(body, url, budget)


def _markdown(text: str, content_type: str, url: str) -> Extract:
    """Return the extract. Its title is the author's, else the first heading, else the name of the file."""
    from ingest.documents.markdown import render_markdown  # here, for the same reason

    page = render_markdown(text, mdx=urlsplit(url).path.lower().endswith(".mdx"), style=style_of(content_type))
    found = extract(page.html, url)
    if found.trouble in BARRIERS:  # a document about logins and the like
        found = replace(found, trouble="")
    title = page.title or found.title
    if title:
        return replace(found, title=title)
    name = PurePosixPath(unquote(urlsplit(url).path)).stem
    return replace(found, title=name, blocks=tuple(replace(block, path=(name, *block.path)) for block in found.blocks))
