"""What kind of document a body is: HTML, markdown or PDF, by its content type, its name and its first bytes.

    text/markdown, or .md served as plain text ──> MARKDOWN      %PDF- at its start ──> PDF      else ──> HTML

A server that knows no type for `.md` sends plain text (GitHub's raw files). Does not decide which documents are kept.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import urlsplit

MARKDOWN_TYPES = frozenset({"text/markdown", "text/x-markdown"})
PDF_TYPE = "application/pdf"
MARKDOWN_ENDINGS = frozenset({".md", ".mdx", ".markdown"})

_UNNAMED = frozenset({"", "text/plain", "application/octet-stream"})
_HTML = re.compile(rb"\s{0,200}<(?:!doctype|html)\b", re.IGNORECASE)


class Media(StrEnum):
    """The kinds of documents that `ingest.parsing.child` parses."""

    HTML = "html"
    MARKDOWN = "markdown"
    PDF = "pdf"


def media_of(content_type: str, url: str, body: bytes | bytearray) -> Media:
    """Return the kind of a body: `("text/plain", "https://h/a/README.md", b"# Hello")` -> `Media.MARKDOWN`."""
    if is_pdf(body):
        return Media.PDF
    kind = kind_of(content_type)
    named = kind in _UNNAMED and ending_of(url) in MARKDOWN_ENDINGS and not _HTML.match(body)
    return Media.MARKDOWN if named or kind in MARKDOWN_TYPES else Media.HTML


def is_pdf(body: bytes | bytearray) -> bool:
    """Return whether a body begins as a PDF does. Its content type does not matter."""
    return body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-")


def kind_of(content_type: str) -> str:
    """Return a content type without its parameters: `"Text/HTML; charset=utf-8"` -> `"text/html"`."""
    return content_type.partition(";")[0].strip().lower()


def ending_of(url: str) -> str:
    """Return the ending of a url's path: `"https://h/a/README.MD?raw=1"` -> `".md"`; "" where there is none."""
    return PurePosixPath(urlsplit(url).path).suffix.lower()
