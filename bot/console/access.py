"""Who a request is from: a session, or a person whom a trusted proxy names. Whether they may look is asked each time.

A session is a cookie whose secret names a row; the row names a person, and ADMINS must name them at this moment. Forms
carry a token that is made of the same secret: another site knows neither.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest

from aiohttp import web

from bot.commands.context import Actor
from bot.console.context import ConsoleContext
from core.console.port import SESSION_SECONDS
from core.inbox.port import KNOWN_PLATFORMS, Platform
from core.inbox.viewer import Viewer
from core.net.addresses import is_within, parse_networks

SESSION, FORM = "footnote_console", "footnote_form"
"""The cookies: who is signed in; and what forms are tied to where nobody is yet."""

FIELD = "form_token"
_PERSON = re.compile(rf"(?P<platform>{'|'.join(KNOWN_PLATFORMS)}):(?P<user>\w{{1,40}})", re.IGNORECASE | re.ASCII)
_FOREIGN = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request is from, and the secret that its forms are tied to. `by_proxy`: there is no session to end."""

    viewer: Viewer
    secret: str
    by_proxy: bool = False


async def find_signed_in(request: web.Request, console: ConsoleContext) -> SignedIn | None:
    """Return who is signed in, or None. A person whom the trusted proxy names comes first. Raises `StoreError`."""
    named = find_named_person(request, console)
    if named is not None:
        secret = request.cookies.get(cookie_name(FORM, console)) or new_secret()
        return SignedIn(with_settings(named, console), secret, by_proxy=True) if may_look(named, console) else None
    session = request.cookies.get(cookie_name(SESSION, console))
    viewer = await console.footnote.access.find_viewer(session) if session else None
    if session is None or viewer is None or not may_look(viewer, console):
        return None
    return SignedIn(with_settings(viewer, console), session)


def find_named_person(request: web.Request, console: ConsoleContext) -> Viewer | None:
    """Return the person whom the trusted header names, as `slack:U1`, or None.

    The header counts only from the addresses of the proxy, by the socket: what forwarded headers say is not read. Two
    such headers are none: one of them came through the proxy.
    """
    settings = console.footnote.settings
    header, networks = settings.console_trusted_header, parse_networks(settings.console_trusted_proxy)
    if not header or not is_within(request.remote or "", networks):
        return None
    match request.headers.getall(header, []):
        case [value] if found := _PERSON.fullmatch(value.strip()):
            platform = Platform(found["platform"].lower())
            return Viewer(platform, user=platform.spell(found["user"]))
        case _:
            return None


def may_look(viewer: Viewer, console: ConsoleContext) -> bool:
    """Return whether somebody may use the console: the user of the machine, and whom ADMINS names now."""
    return viewer.is_machine or console.desk.is_admin(
        Actor(viewer.platform, viewer.tenant, viewer.user, viewer.channel, viewer.around)
    )


def with_settings(viewer: Viewer, console: ConsoleContext) -> Viewer:
    """Return a viewer with what the settings let them see."""
    return replace(viewer, shows_private=console.footnote.settings.console_shows_private)


def new_secret() -> str:
    """Return 256 random bits."""
    return secrets.token_urlsafe(32)


def to_form_token(secret: str) -> str:
    """Return the token of forms that are tied to a secret; the secret cannot be found from it."""
    return sha256(f"form:{secret}".encode("utf-8", "replace")).hexdigest()


def is_own_form(request: web.Request, token: str, secret: str, console: ConsoleContext) -> bool:
    """Return whether a POST comes from a form of ours.

    Browsers send `Origin: null` from a page without a referrer, so the token alone decides where no header says more.
    Behind a proxy the host of the request may be another than that of the browser's page, CONSOLE_URL.
    """
    origin = request.headers.get("Origin", "null").lower()
    is_foreign = request.headers.get("Sec-Fetch-Site") in _FOREIGN
    ours = ("null", console.footnote.settings.console_url, f"{request.scheme}://{request.host}".lower())
    return origin in ours and not is_foreign and compare_digest(token.encode(), to_form_token(secret).encode())


def is_secure(console: ConsoleContext) -> bool:
    """Return whether cookies travel over https alone: unless the console is reached by plain http on this machine."""
    return console.footnote.settings.console_url.startswith("https://")


def cookie_name(name: str, console: ConsoleContext) -> str:
    """Return the name of a cookie; `__Host-` has a browser refuse one that another host or path has set."""
    return f"__Host-{name}" if is_secure(console) else name


def set_cookie(response: web.Response, name: str, secret: str, console: ConsoleContext) -> None:
    """Give a browser a cookie that no script and no other site can use."""
    response.set_cookie(
        cookie_name(name, console),
        secret,
        max_age=SESSION_SECONDS,
        path="/",
        secure=is_secure(console),
        httponly=True,
        samesite="Strict",
    )


def drop_cookie(response: web.Response, name: str, console: ConsoleContext) -> None:
    """Take a cookie away."""
    response.del_cookie(
        cookie_name(name, console), path="/", secure=is_secure(console), httponly=True, samesite="Strict"
    )
