"""Requests one url at a time, politely and under caps, and returns the result as one of a closed set of values.

    FetchRequest ──Fetcher.get──> Fetched | NotModified | Redirected | Refused | NotFound | FetchFailed

    get ──hop, hop, ...──> tries ──> turn at the host ──> request ──> headers ──> body under the cap

Redirects are followed by hand, so that the guard and the caller see each hop before it is made. Keeps no cookies, reads
no proxy settings, knows nothing of scope or robots.txt (the caller's `permit` does), and does not parse.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from core.errors import UrlRefused
from core.net.retry_after import parse_retry_after
from core.net.route import DIRECT, Route, explain_tls
from core.net.urls import origin
from ingest.media import DATA_TYPES, MARKDOWN_TYPES, PDF_TYPE, Media, ending_of, kind_of, media_of
from ingest.web.body import ACCEPT_ENCODING, BodyCutOff, BodyRefused, Decoder, against_page
from ingest.web.guard import AddressRefused, Guard
from ingest.web.headers import hop_target, validator
from ingest.web.politeness import HostClosed, PoliteHost
from ingest.web.results import (
    MAX_PDF,
    Fetched,
    FetchFailed,
    FetchLimits,
    FetchRequest,
    NotFound,
    NotModified,
    Redirected,
    Refused,
    Result,
)
from ingest.web.tunnel import ProxyRefused, TunnelConnector

MAX_REDIRECTS = 5
_DATA = frozenset({Media.OPENAPI, Media.NOTEBOOK})
PAGES = frozenset({"text/html", "application/xhtml+xml"}) | MARKDOWN_TYPES
_UNNAMED = frozenset({"", "text/plain", "application/octet-stream", "text/xml", "application/xml"})
"""Content types that a page may be sent with; its first character decides."""

_PAUSE_STATUSES = frozenset({429, 503})
_RETRY_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_GONE_STATUSES = frozenset({404, 410})
_HEADER_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class _Hop:
    location: str


@dataclass(frozen=True, slots=True)
class _Again:
    reason: str
    status: int = 0


@dataclass(slots=True)
class _Clock:
    """Seconds left on the network for one url; pauses that the host asked for do not count."""

    left: float
    since: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        self.since = time.monotonic()

    def stop(self) -> None:
        self.left -= time.monotonic() - self.since


class Fetcher:
    """The HTTP client of one crawl: `async with Fetcher(...) as fetcher`.

    `user_agent` names the bot and a url for complaints; `headers` are sent only to hosts that `guard` knows as named.
    `route` says which proxy leads to https, and whose certificates are trusted.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        user_agent: str,
        connections: int = 5,
        limits: FetchLimits | None = None,
        headers: Mapping[str, str] | None = None,
        route: Route = DIRECT,
    ) -> None:
        self._guard = guard
        self._route = route
        self._user_agent = user_agent
        self._connections = connections
        self._limits = limits or FetchLimits()
        self._secret_headers = dict(headers or {})
        self._hosts: dict[str, PoliteHost] = {}
        self._session: aiohttp.ClientSession | None = None
        self.requests = 0

    async def __aenter__(self) -> Self:
        tls = self._route.open_tls()
        connector = TunnelConnector(
            self._route,
            self._guard.judge,
            ssl=tls if tls is not None else True,
            limit=4 * self._connections,
            use_dns_cache=False,  # a cached address would be judged once and dialled later
            resolver=self._guard,
            socket_factory=self._guard.socket_factory,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            max_line_size=_HEADER_LIMIT,
            max_field_size=_HEADER_LIMIT,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def connections(self) -> int:
        """Requests at once to one host."""
        return self._connections

    def host(self, url: str) -> PoliteHost:
        """Return the `Host` of `url`, which keeps requests to it polite."""
        place = origin(url)
        if place not in self._hosts:
            self._hosts[place] = PoliteHost(self._connections)
        return self._hosts[place]

    async def get(self, ask: FetchRequest) -> Result:
        """Request a url and return the result. Raises nothing but cancellation: all that goes wrong is a value."""
        url, trail = ask.url, [ask.url]
        clock = _Clock(self._limits.patience)
        while True:
            try:
                self._guard.check(url)
            except UrlRefused:
                return Refused(url, "address not allowed")
            answer = await self._with_tries(url, ask, clock)
            if not isinstance(answer, _Hop):
                return answer
            target = hop_target(answer.location, url)
            if target is None or (reason := _against_hop(target, trail)):
                return Refused(url, reason if target else "redirect to no url")
            if reason := ask.permit(target):
                return Redirected(url, target, reason)
            trail.append(target)
            url = target

    async def _with_tries(self, url: str, ask: FetchRequest, clock: _Clock) -> Result | _Hop:
        host = self.host(url)
        answer = _Again("no answer")
        for attempt in range(self._limits.tries):
            if attempt:
                await asyncio.sleep(self._limits.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
            try:
                async with host.turn():
                    outcome = await self._try(url, ask, clock)
                    self._count_outcome(host, outcome)
            except HostClosed as error:
                return FetchFailed(url, str(error), answer.status)
            if not isinstance(outcome, _Again):
                return outcome
            answer = outcome
            if clock.left <= 0:
                break
        return FetchFailed(url, answer.reason, answer.status)

    @staticmethod
    def _count_outcome(host: PoliteHost, outcome: Result | _Hop | _Again) -> None:
        if isinstance(outcome, _Again):
            host.failed()
        else:
            host.answered()

    async def _try(self, url: str, ask: FetchRequest, clock: _Clock) -> Result | _Hop | _Again:
        clock.start()
        try:
            async with asyncio.timeout(max(clock.left, 0.001)):
                return await self._request(url, ask)
        except (aiohttp.ClientError, BodyRefused, BodyCutOff, OSError, UnicodeError) as error:
            return _blame(error, url)
        finally:
            clock.stop()

    async def _request(self, url: str, ask: FetchRequest) -> Result | _Hop | _Again:
        if self._session is None:
            raise RuntimeError("a Fetcher is used inside its `async with`")
        self.requests += 1
        headers = ask.validators(url).headers
        conditional = bool(headers)
        headers["Accept"] = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1" if ask.pages_only else "*/*"
        if self._secret_headers and self._guard.is_named(url):
            headers |= self._secret_headers
        # encoded=True: the url goes out exactly as it was checked.
        request = self._session.get(URL(url, encoded=True), headers=headers, allow_redirects=False)
        async with asyncio.timeout(self._limits.header_timeout):
            response = await request
        try:
            outcome = self._by_status(response, url, conditional=conditional)
            return outcome or await _read(response, url, ask)
        finally:
            # Without this an unread body would be drained; a response that was read to its end is closed already.
            response.close()

    def _by_status(
        self, response: aiohttp.ClientResponse, url: str, *, conditional: bool
    ) -> Result | _Hop | _Again | None:
        """Return the result that the status alone decides; None: read the body."""
        status = response.status
        if status == 200:
            return None
        if status == 304 and conditional:
            return NotModified(url)
        if status in _REDIRECT_STATUSES:
            return _Hop(response.headers.get("Location", ""))
        if status in _GONE_STATUSES:
            return NotFound(url, status)
        if status in _RETRY_STATUSES:
            self._pause(url, response)
            return _Again(f"http {status}", status)
        return FetchFailed(url, f"http {status}", status)

    def _pause(self, url: str, response: aiohttp.ClientResponse) -> None:
        asked = response.headers.get("Retry-After", "")
        wait = parse_retry_after(asked)
        if wait is not None:
            self.host(url).pause(wait)
        elif asked.strip() and response.status in _PAUSE_STATUSES:
            self.host(url).pause(self._limits.unread_pause)
        elif response.status in _PAUSE_STATUSES:
            self.host(url).pause(self._limits.backoff)


def _against_hop(target: str, trail: Sequence[str]) -> str:
    """Return why no redirect may lead to `target`; "" where the caller may decide."""
    if target in trail:
        return "redirect loop"
    if len(trail) > MAX_REDIRECTS:
        return "redirect limit"
    if trail[-1].startswith("https:") and target.startswith("http:"):
        return "redirect to plain http"
    return ""


def _blame(error: Exception, url: str) -> Refused | _Again:
    """Return the result that an exception means, most specific first."""
    match error:
        case BodyRefused():
            return Refused(url, str(error))
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, AddressRefused):
            return Refused(url, "address not allowed")
        case aiohttp.InvalidURL() | UnicodeError():
            return Refused(url, "malformed url")
        case aiohttp.ClientResponseError():
            return Refused(url, "malformed answer")  # headers over the limit, or no HTTP at all
        case _:
            return _Again(_passing(error))


def _passing(error: Exception) -> str:
    """Return the reason for an error that may not happen again."""
    match error:
        case aiohttp.ClientConnectorError() if isinstance(error.os_error, ProxyRefused):
            return "the proxy let nothing through: check HTTPS_PROXY"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return explain_tls(error, "check SSL_CERT_FILE")
        case aiohttp.ClientConnectorDNSError():
            return "its name cannot be looked up here"
        case TimeoutError():
            return "timed out"
        case BodyCutOff() | aiohttp.ClientPayloadError():
            return "the answer was cut off"
        case _:
            return "cannot connect"


async def _read(response: aiohttp.ClientResponse, url: str, ask: FetchRequest) -> Result:
    headers = response.headers
    content_type = headers.get("Content-Type", "")
    kind = kind_of(content_type)
    wanted = kind in PAGES or kind in _UNNAMED or (ask.pdf and kind == PDF_TYPE) or (ask.data and kind in DATA_TYPES)
    if ask.pages_only and not wanted:
        return Refused(url, "pdf" if kind == PDF_TYPE else "not html")
    cap = MAX_PDF if ask.pdf and (kind == PDF_TYPE or ending_of(url) == ".pdf") else ask.cap
    decoder = Decoder(headers.get("Content-Encoding", ""), cap, cut=ask.cut)
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += decoder.feed(chunk)
        if decoder.full:
            break
    decoder.finish()
    media = media_of(content_type, url, body)
    declared = kind in PAGES or media is Media.MARKDOWN or (ask.data and media in _DATA)
    reason = against_page(body, declared=declared) if ask.pages_only else ""
    if reason and not (reason == "pdf" and ask.pdf):
        return Refused(url, reason)
    return Fetched(
        url,
        bytes(body),
        content_type,
        validator(headers.get("ETag", "")),
        validator(headers.get("Last-Modified", "")),
        "\n".join(headers.getall("X-Robots-Tag", [])),
        headers.get("Refresh", ""),
    )
