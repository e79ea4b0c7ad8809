"""Who a request is from: a session, or a person whom a trusted proxy names. Whether they may look is asked each time.

A session is a cookie whose secret names a row; the row names a person, and ADMINS must name them at this moment. Forms
carry a token that is made of the same secret: another site knows neither.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest

from aiohttp import web

from bot.commands.context import Actor
from bot.console.context import ConsoleContext
from core.console.port import SESSION_SECONDS
from core.inbox.viewer import Viewer

SESSION, FORM = "footnote_console", "footnote_form"
"""The cookies: who is signed in; and what forms are tied to where nobody is yet."""

FIELD = "form_token"
_FOREIGN = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request is from, and the secret that its forms are tied to."""

    viewer: Viewer
    secret: str


async def find_signed_in(request: web.Request, console: ConsoleContext) -> SignedIn | None:
    """Return who is signed in, or None. Raises `StoreError`."""
    secret = request.cookies.get(cookie_name(SESSION, console))
    viewer = await console.footnote.access.find_viewer(secret) if secret else None
    if secret is None or viewer is None or not may_look(viewer, console):
        return None
    return SignedIn(with_settings(viewer, console), secret)


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


def is_own_form(request: web.Request, token: str, secret: str) -> bool:
    """Return whether a POST comes from a form of ours.

    Browsers send `Origin: null` from a page without a referrer, so the token alone decides where no header says more.
    """
    origin = request.headers.get("Origin", "null")
    is_foreign = request.headers.get("Sec-Fetch-Site") in _FOREIGN
    named = origin == "null" or origin.partition("://")[2].lower() == request.host.lower()
    return named and not is_foreign and compare_digest(token.encode(), to_form_token(secret).encode())


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
