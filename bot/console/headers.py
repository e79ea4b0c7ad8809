"""What every response says of itself, and which hosts a request may name.

Scripts and styles come from this server as files, and nothing comes from another host. A request for a name that is not
ours is refused, so that a page of a stranger whose name leads here (DNS rebinding) reads nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from core.config.settings import Settings
from core.net.addresses import is_loopback

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_NO_HOSTS = {"", None, "0.0.0.0", "::"}
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}


async def set_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add the headers to a response that is about to be sent, whatever made it."""
    response.headers.update(HEADERS)
    response.headers["Server"] = "footnote"  # and not which Python and which library
    response.headers.setdefault("Cache-Control", "no-store")


def is_our_host(host: str, settings: Settings) -> bool:
    """Return whether a request may name this host, with or without a port.

    It may name this machine from itself, the host of CONSOLE_URL, and the address of CONSOLE_ADDRESS.
    """
    name = split_host(host)
    ours = {split_host(settings.console_address), urlsplit(settings.console_url).hostname} - _NO_HOSTS
    return name in ours or is_loopback(name)


def split_host(address: str) -> str:
    """Return the host of `host:port`: `"[::1]:80"` -> `"::1"`, `"A.example"` -> `"a.example"`; "" for what is none."""
    try:
        parts = urlsplit(f"//{address}")
        _ = parts.port
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.netloc == address and "@" not in address else ""
