"""Who may call, before anything else is looked at: token, origin, host, address. Writes the headers that go with it.

/healthz, /widget.js, preflights     answered without a token
a token                              that of Authorization; CORS allows its origins and no others
no token, API_OPEN                   only by a loopback name of the server, and from no other web page
no token                             401, for unknown paths as well
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from aiohttp import web

from bot.api.failures import BUG, FAILED, RequestFailed, from_error, from_http
from bot.service.access import MISSING, Access
from bot.service.caller import Caller
from core.errors import AccessTokenRefused, FootnoteError, OriginRefused
from core.inbox.callers import API
from core.net.addresses import is_loopback, is_within

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CALLER = web.RequestKey("caller", Caller)
ALLOWED_ORIGIN = web.RequestKey("allowed_origin", str)
PUBLIC = frozenset({"/healthz", "/widget.js"})
PREFLIGHT_SECONDS = "600"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GuardRules:
    """What the settings say: whether loopback needs no token, and whose X-Forwarded-For is believed."""

    is_open: bool = False
    proxies: Sequence[IPv4Network | IPv6Network] = ()


class RequestGuard:
    """The middlewares of the API, outermost first: `fail_with_sentences`, `let_in`."""

    def __init__(self, access: Access, rules: GuardRules) -> None:
        self._access = access
        self._rules = rules

    @staticmethod
    @web.middleware
    async def fail_with_sentences(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer with a status and a sentence where a request fails, and with no traceback."""
        try:
            return await handler(request)
        except RequestFailed as failed:
            return failed.to_response()
        except FootnoteError as error:
            failure = from_error(error)
            if failure.status >= 500:
                _log.warning("%s %s fails: %s", request.method, request.path, error)
            return failure.to_response()
        except web.HTTPException as refused:
            return from_http(refused).to_response()
        except ConnectionError:  # the caller has gone, and nobody reads a response
            raise
        except Exception:  # noqa: BLE001 - a bug of ours costs this request, and no other one
            _log.exception("%s %s failed", request.method, request.path)
            return RequestFailed(500, BUG, code="internal_error", kind=FAILED).to_response()

    @web.middleware
    async def let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request in with its caller, or refuse it. Raises `AccessRefused`, `CallsExceeded`, `StoreError`."""
        if is_preflight(request):
            return await self._answer_preflight(request)
        if request.path not in PUBLIC or request.method not in ("GET", "HEAD"):
            request[CALLER] = await self._find_caller(request)
        return await handler(request)

    async def _find_caller(self, request: web.Request) -> Caller:
        secret, origin = read_secret(request), request.headers.get("Origin", "")
        if not secret and self._rules.is_open:
            check_own_page(request)
            return Caller.open(API)
        if len(request.headers.getall("Origin", [])) > 1:
            raise OriginRefused("A request has one Origin.")
        token = await self._access.authenticate(secret, origin)
        if token.origins:
            request[ALLOWED_ORIGIN] = origin
        return await self._access.count_call(token, API, address=self.address_of(request))

    async def _answer_preflight(self, request: web.Request) -> web.Response:
        """Answer what a browser asks before a request of a web page: yes to origins of tokens, no to all others."""
        origin = request.headers["Origin"]
        if not await self._access.is_known_origin(origin):
            raise OriginRefused("No access token works on web pages of this origin.")
        request[ALLOWED_ORIGIN] = origin
        headers = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        }
        return web.Response(status=204, headers=headers)

    def address_of(self, request: web.Request) -> str:
        """Return the address of who calls: that of the connection, or, behind named proxies, what these report.

        The last address that no proxy of ours has is the caller's; what stands before it was written by the caller.
        """
        address = request.remote or ""
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while forwarded and is_within(address, self._rules.proxies):
            named = forwarded.pop().strip()
            if not named:
                break
            address = named
        return address


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every response carries, also one that streams, before it is sent."""
    response.headers["Server"] = "footnote"  # and not which Python and which library
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Vary", "Origin")
    origin = request.get(ALLOWED_ORIGIN)
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"


def is_preflight(request: web.Request) -> bool:
    """Return whether a browser asks what a web page may do, without any credentials."""
    return request.method == "OPTIONS" and {"Origin", "Access-Control-Request-Method"} <= set(request.headers)


def read_secret(request: web.Request) -> str:
    """Return the secret of the header Authorization; "" where there is none. Raises `AccessTokenRefused`."""
    given = request.headers.getall("Authorization", [])
    header = given[0] if given else ""
    scheme, _, secret = header.partition(" ")
    if (header and scheme.lower() != "bearer") or len(given) > 1:
        raise AccessTokenRefused(MISSING)
    return secret.strip()


def check_own_page(request: web.Request) -> None:
    """Raise `OriginRefused` where a request without a token may come from a web page, of this machine or elsewhere.

    The name of the server says so, where a page has had its own name lead to loopback (DNS rebinding); otherwise its
    origin does.
    """
    host = request.headers.get("Host", "")
    if not is_on_loopback(host):
        raise OriginRefused("Without an access token, call this server as 127.0.0.1 or localhost.")
    origins = request.headers.getall("Origin", [])
    sites = request.headers.getall("Sec-Fetch-Site", [])
    if any(origin != f"http://{host}" for origin in origins) or not {"same-origin", "none"}.issuperset(sites):
        raise OriginRefused("Without an access token, web pages are not answered.")


def is_on_loopback(host: str) -> bool:
    """Return whether a host, with or without a port, is a name of this machine for itself: `"localhost:8080"`."""
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
