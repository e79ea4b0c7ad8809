"""The static files of the console: one stylesheet, one icon, and htmx as it was published.

The name of htmx's file holds its version and the beginning of its SHA-256; its licence is next to it. A file is read
once. No path of a request reaches the disk.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
STYLE, SCRIPT, ICON = "console.css", "htmx-4.0.1-a0abb04f.min.js", "icon.svg"
TYPES = {STYLE: "text/css", SCRIPT: "text/javascript", ICON: "image/svg+xml"}


@cache
def read_static(name: str) -> bytes:
    """Return the contents of one of the files of `TYPES`."""
    return (FOLDER / name).read_bytes()


@cache
def version_of(name: str) -> str:
    """Return eight letters that change with the contents of a file."""
    return sha256(read_static(name)).hexdigest()[:8]


def send_static(name: str) -> web.Response:
    """Answer with a static file, compressed. Raises `HTTPNotFound`."""
    if name not in TYPES:
        raise web.HTTPNotFound
    response = web.Response(
        body=read_static(name),
        headers={"Content-Type": f"{TYPES[name]}; charset=utf-8", "Cache-Control": "private, max-age=86400"},
    )
    response.enable_compression()
    return response
