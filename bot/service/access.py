"""Lets callers in: a token is looked up, its origin compared, and its call counted, for each request.

secret ──unknown, revoked, expired──> AccessTokenRefused
   └─of web pages──another origin──> OriginRefused ──too many of one address──> CallsExceeded
       └─the token's own limits──> CallsExceeded
           └──> Caller
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from bot.service.caller import Caller
from core.errors import AccessTokenRefused, CallsExceeded, OriginRefused
from core.inbox.callers import API, WIDGET
from core.inbox.port import Platform
from core.tokens.port import AccessToken, CallRefused, Tokens

MINUTE, MOST_ADDRESSES = 60.0, 20_000
LOG_SECONDS, MOST_LOGGED = 3600.0, 1_000
_log = logging.getLogger(__name__)
MISSING = (
    "Send an access token: `Authorization: Bearer footnote_...`. An operator makes one: `footnote token add NAME`."
)


class AddressLimits:
    """Counts the calls of each address within a minute, in memory: no address is stored or logged."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._calls = OrderedDict[str, tuple[float, int]]()

    def count(self, address: str, now: float | None = None) -> float | None:
        """Count a call and return None, or the seconds after which the address may call again.

        `now`: seconds of any clock that does not go back.
        """
        now = time.monotonic() if now is None else now
        key = to_network(address)
        began, calls = self._calls.get(key, (now, 0))
        if now - began >= MINUTE:
            began, calls = now, 0
        if self._a_minute and calls >= self._a_minute:
            return began + MINUTE - now
        self._calls[key] = (began, calls + 1)
        self._calls.move_to_end(key)
        if len(self._calls) > MOST_ADDRESSES:
            self._calls.popitem(last=False)
        return None


def to_network(address: str) -> str:
    """Return what counts as one address: of IPv6 the first 64 bits, which one connection has for itself.

    `"::ffff:192.0.2.7"` -> `"192.0.2.7"`, `"2001:db8::7"` -> `"2001:db8::"`
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> 64 << 64))


class Access:
    """Lets callers with a token in. Raises `StoreError`: who cannot be looked up is not let in."""

    def __init__(self, tokens: Tokens, addresses: AddressLimits) -> None:
        self._tokens = tokens
        self._addresses = addresses
        self._logged = dict[str, float]()

    async def admit(
        self, secret: str, platform: Platform, *, origin: str = "", address: str = "", user: str = ""
    ) -> Caller:
        """Return who calls with that secret, and count the call. Raises `AccessRefused` and `CallsExceeded`.

        `origin` and `address` of the request; `platform` becomes `WIDGET` where a web page asks over HTTP.
        """
        return await self.count_call(await self.authenticate(secret, origin), platform, address=address, user=user)

    async def count_call(self, token: AccessToken, platform: Platform, *, address: str = "", user: str = "") -> Caller:
        """Count a call with a token that was let in, and return its caller. Raises `CallsExceeded`."""
        if token.origins:
            seconds = self._addresses.count(address)
            if seconds is not None:
                raise CallsExceeded("Too many calls from your address: please wait a minute.", seconds)
            platform = WIDGET if platform == API else platform
        refused = await self._tokens.count_call(token)
        if refused is not None:
            raise CallsExceeded(_describe(token, refused), refused.seconds)
        return Caller.from_token(platform, token, user)

    async def authenticate(self, secret: str, origin: str = "") -> AccessToken:
        """Return the token with that secret, without counting a call. Raises `AccessRefused`."""
        token = await self._tokens.find(secret) if secret else None
        if not secret:
            raise AccessTokenRefused(MISSING)
        if token is None:
            raise AccessTokenRefused("This access token is not known: check that it was copied whole.")
        if token.is_revoked:
            self._log_refusal(token, "was revoked")
            raise AccessTokenRefused("This access token was revoked: ask an operator for another one.")
        if token.is_expired:
            self._log_refusal(token, "has expired")
            raise AccessTokenRefused("This access token has expired: ask an operator for another one.")
        if token.origins and origin not in token.origins:
            self._log_refusal(token, f"is not bound to the origin {origin[:80]!a}")
            raise OriginRefused("This access token works on the web pages of its origins alone.")
        return token

    async def is_known_origin(self, origin: str) -> bool:
        """Return whether a token is bound to an origin. Whether that one is good is said when it is used."""
        is_known = origin in await self._tokens.origins()
        if not is_known:
            self._log_once(f"A web page of {origin[:80]!a} asks, and no access token is bound to that origin.")
        return is_known

    def _log_refusal(self, token: AccessToken, why: str) -> None:
        """Log that a token which there is was refused: a page shows its readers no reason."""
        whose = f", of pages of {', '.join(token.origins)}," if token.origins else ""
        self._log_once(f"The access token {token.name}{whose} is refused: it {why}.")

    def _log_once(self, sentence: str) -> None:
        """Log a sentence once an hour, and a thousand different ones at most."""
        now = time.monotonic()
        self._logged = {logged: at for logged, at in self._logged.items() if now - at < LOG_SECONDS}
        if sentence not in self._logged and len(self._logged) < MOST_LOGGED:
            self._logged[sentence] = now
            _log.warning("%s", sentence)


def _describe(token: AccessToken, refused: CallRefused) -> str:
    """Return what a caller reads of its token's limits, or a reader of the pages that a token is meant for."""
    if token.origins:
        when = "today. It takes more after midnight UTC" if refused.is_day else "this minute. Please wait a little"
        return f"This site takes no more questions {when}."
    when = "today: it may call again after midnight UTC" if refused.is_day else "this minute: please wait"
    return f"This access token has no calls left {when}."
