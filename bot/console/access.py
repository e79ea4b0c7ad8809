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
"""The cookies: who is signed in; and what the form that signs in is tied to."""

FIELD = "form_token"
_PERSON = re.compile(rf"(?P<platform>{'|'.join(KNOWN_PLATFORMS)}):(?P<user>\w{{1,40}})", re.IGNORECASE | re.ASCII)
_NOBODY = Viewer(Platform("nobody"))
_FOREIGN = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request is from, and the secret of the session, which forms are tied to. `by_proxy`: a proxy signs in."""

    viewer: Viewer
    secret: str
    by_proxy: bool = False


async def find_signed_in(request: web.Request, console: ConsoleContext) -> SignedIn | None:
    """Return who is signed in, or None. Raises `StoreError`.

    A person whom the trusted proxy names gets a session, so that their forms are tied to it; another's is not theirs.
    """
    access, named = console.footnote.access, find_named_person(request, console)
    session = request.cookies.get(cookie_name(SESSION, console), "")
    viewer = await access.find_viewer(session) if session else None
    if named is not None and may_look(named, console) and not _is_same(named, viewer):
        session = await access.start_session(named)
        viewer = await access.find_viewer(session)
    if viewer is None or not may_look(viewer, console) or (named is not None and not _is_same(named, viewer)):
        return None
    viewer = replace(viewer, shows_private=console.footnote.settings.console_shows_private)
    return SignedIn(viewer, session, by_proxy=named is not None)


def _is_same(named: Viewer, viewer: Viewer | None) -> bool:
    return viewer is not None and (named.platform, named.user) == (viewer.platform, viewer.user)


def find_named_person(request: web.Request, console: ConsoleContext) -> Viewer | None:
    """Return the person whom the trusted header names, as `slack:U1`, or None.

    The header counts only from the addresses of the proxy, by the socket: what forwarded headers say is not read. Two
    such headers name nobody: one of them came through the proxy. None: there is no header, and a session decides.
    """
    settings = console.footnote.settings
    header, networks = settings.console_trusted_header, parse_networks(settings.console_trusted_proxy)
    if not header or not is_within(request.remote or "", networks):
        return None
    match request.headers.getall(header, []):
        case []:
            return None
        case [value] if found := _PERSON.fullmatch(value.strip()):
            platform = Platform(found["platform"].lower())
            return Viewer(platform, user=platform.spell(found["user"]))
        case _:
            return _NOBODY


def may_look(viewer: Viewer, console: ConsoleContext) -> bool:
    """Return whether somebody may use the console: the user of the machine, and whom ADMINS names now."""
    return viewer.is_machine or console.command_context.is_admin(
        Actor(viewer.platform, viewer.tenant, viewer.user, viewer.channel, viewer.around)
    )


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
