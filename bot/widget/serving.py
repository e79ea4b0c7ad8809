"""Serves the widget's file to every page: it is public, holds no key, and does nothing without one.

The same bytes from each process of a version: `ETag` is their hash. Pages may load it with `integrity` (CORS) and under
`Cross-Origin-Embedder-Policy` (CORP). Browsers ask again after five minutes, and mostly get 304.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass

from aiohttp import ETag, web

from bot.widget.build import WIDGET

PATH = "/widget.js"
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}

_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WidgetFile:
    """The file as it is sent, plain and compressed."""

    plain: bytes
    compressed: bytes
    tag: str

    @classmethod
    def load(cls) -> WidgetFile:
        """Read the file of this installation."""
        plain = WIDGET.read_bytes()
        return cls(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:32])

    async def answer(self, request: web.Request) -> web.Response:
        """Answer GET and HEAD: the file, or 304 where the page has it."""
        is_compressed = bool(_TAKES_GZIP.search(request.headers.get("Accept-Encoding", "")))
        tag = f"{self.tag}-gzip" if is_compressed else self.tag
        headers = dict(_HEADERS)
        if any(each.value in (tag, "*") for each in request.if_none_match or ()):
            response = web.Response(status=304, headers=headers)
        else:
            if is_compressed:
                headers["Content-Encoding"] = "gzip"
            body = self.compressed if is_compressed else self.plain
            response = web.Response(body=body, headers=headers, content_type="text/javascript", charset="utf-8")
        response.etag = ETag(tag)
        return response


def add_widget(app: web.Application) -> None:
    """Serve the file at `/widget.js`."""
    app.router.add_get(PATH, WidgetFile.load().answer)
