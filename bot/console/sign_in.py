"""Signing in by a link that works once, and signing out.

    GET  /sign-in/SECRET    a page with one button; a preview, a scanner or HEAD uses up nothing
    POST /sign-in/SECRET    uses the link up and starts a session; from then on both answer 410
    POST /sign-out          ends the session, in every process

The form is tied to a cookie that the page sets, so that nobody is signed in by a form of another site. The session is
that of the person who asked for the link, and its secret is new: what a browser had before is not taken over.
"""

from __future__ import annotations

from aiohttp import web

from bot.console.access import (
    FIELD,
    FORM,
    SESSION,
    cookie_name,
    drop_cookie,
    is_own_form,
    new_secret,
    set_cookie,
    to_form_token,
)
from bot.console.context import ConsoleContext
from bot.console.rendering import render_template
from bot.console.static import ICON, STYLE, send_static

SIGN_OUT = "/sign-out"
LONGEST_SECRET = 100


class SignIn:
    """The pages that need no session."""

    def __init__(self, console: ConsoleContext) -> None:
        self._console = console

    async def show(self, request: web.Request) -> web.Response:
        """Answer with the button, or 410."""
        secret = request.match_info["secret"]
        if not await self._is_live(secret):
            return gone()
        key = request.cookies.get(cookie_name(FORM, self._console)) or new_secret()
        text = render_template("sign_in.html", secret=secret, form_token=to_form_token(key))
        response = web.Response(text=text, content_type="text/html")
        set_cookie(response, FORM, key, self._console)
        return response

    async def static(self, request: web.Request) -> web.Response:
        """Answer with the stylesheet or the icon, for as long as the link works."""
        if not await self._is_live(request.match_info["secret"]):
            return gone()
        return send_static({STYLE: STYLE, ICON: ICON}.get(request.match_info["name"], ""))

    async def use(self, request: web.Request) -> web.Response:
        """Use up the link and start a session."""
        secret, access = request.match_info["secret"], self._console.footnote.access
        if not await self._is_live(secret):
            return gone()
        form, key = await request.post(), request.cookies.get(cookie_name(FORM, self._console), "")
        if not key or not is_own_form(request, str(form.get(FIELD, "")), key, self._console):
            return refuse_form()
        session = await access.sign_in(secret)
        if session is None:
            return gone()
        if before := request.cookies.get(cookie_name(SESSION, self._console)):
            await access.sign_out(before)
        response = web.Response(status=303, headers={"Location": "/"})
        set_cookie(response, SESSION, session, self._console)
        drop_cookie(response, FORM, self._console)
        return response

    async def _is_live(self, secret: str) -> bool:
        return len(secret) <= LONGEST_SECRET and await self._console.footnote.access.is_live(secret)


def gone() -> web.Response:
    """Answer 410: a link that was used or is over looks like one that never was."""
    return plain_page(410, "This link is used up", "A link works once, within five minutes. Ask for another one.")


def refuse_form() -> web.Response:
    """Answer 403: a form that is not ours, or one whose page is too old."""
    return plain_page(
        403,
        "That form is not valid any more",
        "Go back, load the page again, and send it once more. Cookies are needed.",
    )


def plain_page(status: int, title: str, text: str, *, is_signed_in: bool = False) -> web.Response:
    """Answer with a page that needs no session; without one, it has no stylesheet either."""
    page = render_template("plain.html", title=title, text=text, is_signed_in=is_signed_in)
    return web.Response(text=page, status=status, content_type="text/html")
