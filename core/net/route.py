"""How a host is reached: through which proxy, and which certificate authorities are trusted for it.

    Route("http://proxy:3128", ("internal.example",), "/etc/ca.pem")
        .proxy_for("https://api.example.org/v1")     -> "http://proxy:3128"
        .proxy_for("https://llm.internal.example/")  -> ""      a suffix in NO_PROXY
        .proxy_for("https://127.0.0.1:8000/")        -> ""      loopback is never proxied
        .proxy_for("http://gpu.example.org/")        -> ""      HTTPS_PROXY is for https alone

How to reach a host is not where to go: the values are HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE of the environment, read
by the settings and passed on as arguments. No SDK reads them itself. Opens no socket.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ConfigurationError

_PROXY_ERRORS = frozenset({"ProxyError", "ClientHttpProxyError", "ClientProxyConnectionError", "ProxyRefused"})
"""Names, since this module knows no library: httpx's, aiohttp's, and our own tunnel's."""

_TLS = {
    "certificate has expired": "its certificate has expired: it must be renewed there, or the clock here is wrong",
    "certificate is not yet valid": "its certificate is not valid yet: is the clock of this machine right?",
    "Hostname mismatch": "its certificate is for another name: check the url",
    "IP address mismatch": "its certificate is for another name: check the url",
    "WRONG_VERSION_NUMBER": "it speaks no TLS there: is its url one of http://?",
    "HTTP_REQUEST": "it speaks no TLS there: is its url one of http://?",
}
"""Words of OpenSSL -> what they mean for an operator."""

_DEFAULT_PORT = {"https": 443, "http": 80, "wss": 443, "ws": 80}


@dataclass(frozen=True, slots=True)
class Route:
    """The proxy for https (empty: none), hosts that are reached directly, and a file of authorities (empty: usual)."""

    proxy: str = ""
    direct: tuple[str, ...] = ()
    ca_file: str = ""

    def proxy_for(self, url: str) -> str:
        """Return the proxy to reach this url through, or "" to reach it directly."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port or _DEFAULT_PORT.get(parts.scheme, 0)
        except ValueError:
            return ""
        if not self.proxy or parts.scheme not in ("https", "wss") or is_loopback(host):
            return ""
        return "" if any(_covers(entry, host, port) for entry in self.direct) else self.proxy

    def open_tls(self) -> ssl.SSLContext | None:
        """Return a context that trusts `ca_file` alone; None: the usual authorities. Raises `ConfigurationError`."""
        if not self.ca_file:
            return None
        try:
            return _trust(self.ca_file, Path(self.ca_file).stat().st_mtime_ns)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ConfigurationError(
                "SSL_CERT_FILE cannot be used: it must name a readable file of certificates in PEM form."
            ) from error


@lru_cache(maxsize=2)
def _trust(ca_file: str, _changed: int) -> ssl.SSLContext:
    """Return the context of a file as it is now. Cached: reading many authorities holds the event loop for 30 ms."""
    return ssl.create_default_context(cafile=ca_file)


DIRECT = Route()
"""No proxy, and the usual authorities."""


def explain_unreachable(error: BaseException) -> str:
    """Return what keeps a host from being reached, as the end of a sentence: its certificate, the proxy, or "".

    Every library has its own errors for these; what they have in common is the chain of their causes.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError | ssl.CertificateError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return explain_tls(cause, "set SSL_CERT_FILE to the file of the authority that signed it")
        if type(cause).__name__ in _PROXY_ERRORS:
            return "the proxy let nothing through: check HTTPS_PROXY, or name the host in NO_PROXY"
        cause = cause.__cause__ or cause.__context__
    return ""


def explain_tls(error: BaseException, trust: str) -> str:
    """Return why TLS with a host failed and what to do; `trust`: what to do where its certificate is not trusted."""
    return next((why for words, why in _TLS.items() if words in str(error)), f"its certificate is not trusted: {trust}")


def parse_no_proxy(value: str) -> tuple[str, ...]:
    """Return the hosts of NO_PROXY: `" .corp.example, 10.0.0.0/8 ,*"` -> `(".corp.example", "10.0.0.0/8", "*")`."""
    return tuple(entry.lower() for entry in value.replace(",", " ").split())


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine: `localhost`, 127.0.0.0/8, ::1."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _covers(entry: str, host: str, port: int) -> bool:
    """Return whether an entry of NO_PROXY means this host: a name and what ends in it, an address, a network, `*`."""
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, host)
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdecimal() and ":" not in name:
        if int(wanted) != port:
            return False
        entry = name
    entry, host = entry.strip("[]").removeprefix("*").removeprefix("."), host.lower()
    return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def _in_network(entry: str, host: str) -> bool:
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return False
