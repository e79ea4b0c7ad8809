"""The console as an aiohttp application: who may look, what every response says, and the screens.

    request ──host──> sign-in page, or ──session, ADMINS──> screen ──> page
                └ 421                      └ 401 on every path

Screens are in `bot.console.screens`, which says how to add one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from aiohttp import web

from bot.console.access import (
    FIELD,
    SESSION,
    SignedIn,
    drop_cookie,
    find_signed_in,
    is_own_form,
    set_cookie,
    to_form_token,
)
from bot.console.context import ConsoleContext
from bot.console.headers import is_our_host, set_headers
from bot.console.request import ConsoleRequest, PageFrame, Screen, ScreenRoute
from bot.console.screens.registry import SCREENS
from bot.console.sign_in import SIGN_OUT, SignIn, plain_page, refuse_form
from bot.console.static import send_static
from core.console.port import SIGN_IN
from core.errors import FootnoteError

MOST_BYTES = 64 * 1024
"""The largest form."""

SIGNED_IN = web.RequestKey("signed_in", SignedIn)
_Next: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = logging.getLogger(__name__)


def build_app(console: ConsoleContext, screens: Sequence[Screen] = SCREENS) -> web.Application:
    """Return the application that serves these screens."""
    gate, sign_in = _Gate(console), SignIn(console)
    app = web.Application(middlewares=[gate.judge], client_max_size=MOST_BYTES)
    app.on_response_prepare.append(set_headers)
    app.router.add_get(SIGN_IN + "{secret}", sign_in.show)
    app.router.add_post(SIGN_IN + "{secret}", sign_in.use)
    app.router.add_get(SIGN_IN + "{secret}/{name}", sign_in.static)
    app.router.add_get("/static/{name}", gate.static)
    app.router.add_post(SIGN_OUT, gate.sign_out)
    for screen in screens:
        for route in screen.routes:
            add = app.router.add_get if route.method == "GET" else app.router.add_post
            add(route.path, _answering(route, screen, screens, console))
    return app


class _Gate:
    """Judges each request before any page sees it, and turns errors into pages."""

    def __init__(self, console: ConsoleContext) -> None:
        self._console = console

    @web.middleware
    async def judge(self, request: web.Request, handler: _Next) -> web.StreamResponse:
        """Answer 421 for a host that is not ours, 401 without a session, and what the page answers otherwise."""
        try:
            return await self._admit(request, handler)
        except web.HTTPException as error:
            status, title, text = error.status, error.reason, "There is nothing to see at this address."
        except FootnoteError as error:
            status, title, text = 503, "That does not work just now", str(error)
        except Exception:  # noqa: BLE001 - a bug of ours: the page says so, the log says what
            _log.exception("A page of the console failed")
            status, title, text = 500, "Something went wrong here", "The log of footnote says what."
        return plain_page(status, title, text, is_signed_in=SIGNED_IN in request)

    async def _admit(self, request: web.Request, handler: _Next) -> web.StreamResponse:
        if not is_our_host(request.host, self._console.footnote.settings):
            return plain_page(421, "Wrong address", "This console is reached at another address: see CONSOLE_URL.")
        if request.path.startswith(SIGN_IN):
            return await handler(request)
        signed_in = await find_signed_in(request, self._console)
        if signed_in is None:
            return _ask_to_sign_in()
        request[SIGNED_IN] = signed_in
        response = await handler(request)
        if signed_in.by_proxy and isinstance(response, web.Response) and not response.prepared:
            set_cookie(response, SESSION, signed_in.secret, self._console)
        return response

    async def static(self, request: web.Request) -> web.Response:
        """Answer with a static file."""
        return send_static(request.match_info["name"])

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session."""
        secret, form = request[SIGNED_IN].secret, await request.post()
        if not is_own_form(request, str(form.get(FIELD, "")), secret, self._console):
            return refuse_form()
        await self._console.footnote.access.sign_out(secret)
        response = plain_page(200, "You are signed out", "Ask for a link with /docs console to sign in again.")
        drop_cookie(response, SESSION, self._console)
        return response


def _answering(route: ScreenRoute, screen: Screen, screens: Sequence[Screen], console: ConsoleContext) -> _Next:
    """Return the handler of one route. A POST comes from a form of ours, or the screen never sees it."""

    async def answer(http: web.Request) -> web.StreamResponse:
        signed_in, form = http[SIGNED_IN], dict[str, str]()
        if route.method != "GET":
            form = {name: value for name, value in (await http.post()).items() if isinstance(value, str)}
            if not is_own_form(http, form.pop(FIELD, ""), signed_in.secret, console):
                return refuse_form()
        page = PageFrame(to_form_token(signed_in.secret), screen, screens, can_sign_out=not signed_in.by_proxy)
        return await route.handler(ConsoleRequest(http, console, signed_in.viewer, page, form))

    return answer


def _ask_to_sign_in() -> web.Response:
    return plain_page(
        401,
        "You are not signed in",
        "Ask for a link with /docs console in Slack or Discord, or with footnote console --link on the machine itself. "
        "If you are signed in and came from another site, open the console once more.",
    )
