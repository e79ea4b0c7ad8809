"""Parses one document of any kind into its blocks: HTML, what is turned into HTML, PDF.

    body ──media_of──> HTML ──────────────────────────> ingest.html.extract
              MARKDOWN, NOTEBOOK, RST, OPENAPI ──> HTML ──┘           PDF ──> ingest.documents.pdf

Called in the parse child, where it may hang, use too much memory and be killed. A child loads only what it needs.
"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import assert_never
from urllib.parse import unquote, urlsplit

from ingest.documents.notebook import render_notebook
from ingest.documents.slugs import style_of
from ingest.documents.time_limit import USUAL, TimeBudget
from ingest.documents.unreadable import Unreadable
from ingest.html.extract import extract
from ingest.html.trouble import BARRIERS
from ingest.media import Media, media_of
from ingest.pages import BlockKind, Extract
from ingest.web.body import decode_text

NO_DOCUTILS = "needs the extra footnote-bot[rst]"
"""Why reStructuredText is not read."""

_NUMBER = re.compile(r"\A\d{1,3}[ .]+(?=\D)")


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
        case Media.NOTEBOOK | Media.RST | Media.OPENAPI:
            return _converted(media, decode_text(body, content_type), content_type, url)
        case _:
            assert_never(media)


def _converted(media: Media, text: str, content_type: str, url: str) -> Extract:
    """Return the extract of a document that becomes markdown or HTML first."""
    try:
        if media is Media.NOTEBOOK:
            return _markdown(render_notebook(text), content_type, url)
        if media is Media.RST:
            return _rst(text, url)
        from ingest.documents.openapi import render_openapi  # here, because most crawls meet no YAML

        return replace(extract(render_openapi(text), url), trouble="")
    except Unreadable as error:
        return Extract("", (), trouble=str(error))


def _rst(text: str, url: str) -> Extract:
    if find_spec("docutils") is None:
        raise Unreadable(NO_DOCUTILS)
    from ingest.documents.rst import render_rst  # here, because it is an optional extra

    return _named(extract(render_rst(text), url), "", url)


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
    return _named(found, page.title, url)


def _named(found: Extract, given: str, url: str) -> Extract:
    """Return the extract under its title: `given`, else its first heading, else the name of the file."""
    has_heading = any(block.kind is BlockKind.HEADING and block.level == 1 for block in found.blocks)
    title = given or (found.title if has_heading else "") or name_of(url)
    if has_heading:
        return replace(found, title=title)
    blocks = (
        block if block.path[:1] == (title,) else block._replace(path=(title, *block.path)) for block in found.blocks
    )
    return replace(found, title=title, blocks=tuple(blocks), is_headless=True)


def name_of(url: str) -> str:
    """Return the title that a file's name makes, or its folder's: `"https://h/Spare-Parts.md"` -> `"Spare Parts"`."""
    path = PurePosixPath(unquote(urlsplit(url).path))
    stem = path.parent.name or path.stem if path.stem.lower() in {"index", "readme", "_index"} else path.stem
    return _NUMBER.sub("", re.sub(r"[-_]+", " ", stem)).strip() or stem
