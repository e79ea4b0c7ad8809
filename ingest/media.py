"""What kind of document a body is, by its content type, its name and what it begins with.

    text/markdown, .md or llms.txt as plain text ──> MARKDOWN      %PDF- at its start ──> PDF      else ──> HTML
    .ipynb ──> NOTEBOOK     .rst ──> RST     JSON or YAML with a key `openapi` or `swagger` ──> OPENAPI

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
NOTEBOOK_TYPE, NOTEBOOK_ENDING = "application/x-ipynb+json", ".ipynb"
RST_TYPE, RST_ENDING = "text/x-rst", ".rst"
OPENAPI_TYPE = "application/vnd.oai.openapi"
DATA_ENDINGS = frozenset({".json", ".yaml", ".yml"})
DATA_TYPES = frozenset(
    f"application/{name}"
    for name in ("json", "yaml", "x-yaml", "openapi+json", "openapi+yaml", "vnd.oai.openapi", "vnd.oai.openapi+json")
) | {"text/yaml", "text/x-yaml", "text/json", NOTEBOOK_TYPE}
"""Content types of data that may describe an API, or be a notebook."""

_UNNAMED = frozenset({"", "text/plain", "application/octet-stream"})
_OPENAPI_JSON = re.compile(rb'"(?:openapi|swagger)"\s{0,20}:\s{0,20}"[23]\.')
_OPENAPI_YAML = re.compile(rb"^['\"]?(?:openapi|swagger)['\"]?[ \t]{0,20}:[ \t]{0,20}['\"]?[23]\.", re.MULTILINE)
_LLMS = re.compile(r"/llms(?:-\w{1,20})?\.txt\Z")
_HTML = re.compile(rb"\s{0,200}<(?:!doctype|html)\b", re.IGNORECASE)


class Media(StrEnum):
    """The kinds of documents that `ingest.parsing.child` parses."""

    HTML = "html"
    MARKDOWN = "markdown"
    PDF = "pdf"
    NOTEBOOK = "notebook"
    RST = "rst"
    OPENAPI = "openapi"


def media_of(content_type: str, url: str, body: bytes | bytearray) -> Media:
    """Return the kind of a body: `("text/plain", "https://h/a/README.md", b"# Hello")` -> `Media.MARKDOWN`."""
    if is_pdf(body):
        return Media.PDF
    kind, ending = kind_of(content_type), ending_of(url)
    is_markup = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"  # else a name says more than a server's usual type
    if kind == RST_TYPE:
        return Media.RST
    if kind == NOTEBOOK_TYPE or (ending == NOTEBOOK_ENDING and not is_markup):
        return Media.NOTEBOOK
    if (kind in DATA_TYPES or ending in DATA_ENDINGS) and not is_markup and is_openapi(body):
        return Media.OPENAPI
    is_named = ending in MARKDOWN_ENDINGS or _LLMS.search(urlsplit(url).path) is not None
    named = kind in _UNNAMED and is_named and not _HTML.match(body)
    return Media.MARKDOWN if named or kind in MARKDOWN_TYPES else Media.HTML


def is_pdf(body: bytes | bytearray) -> bool:
    """Return whether a body begins as a PDF does. Its content type does not matter."""
    return body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"%PDF-")


def is_openapi(body: bytes | bytearray) -> bool:
    """Return whether a body says that it describes an API, as JSON or YAML."""
    return (_OPENAPI_JSON if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else _OPENAPI_YAML).search(
        body
    ) is not None


def kind_of(content_type: str) -> str:
    """Return a content type without its parameters: `"Text/HTML; charset=utf-8"` -> `"text/html"`.

    Of several, which a proxy joins with commas, the first.
    """
    return content_type.partition(";")[0].partition(",")[0].strip().lower()


def ending_of(url: str) -> str:
    """Return the ending of a url's path: `"https://h/a/README.MD?raw=1"` -> `".md"`; "" where there is none."""
    return PurePosixPath(urlsplit(url).path).suffix.lower()
