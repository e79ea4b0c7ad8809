"""What a screen gets, and what it is: `Screen`, its routes, and the request of a person who is signed in.

A screen answers a request with `render` or `redirect`. For a POST the form was read and its token checked before the
screen is called (`bot.console.app`), so that none can forget to.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from aiohttp import web

from bot.commands.context import Actor
from bot.console.context import ConsoleContext
from bot.console.paging import to_page_number
from bot.console.rendering import render_template
from core.inbox.viewer import Viewer


@dataclass(frozen=True, slots=True)
class PageFrame:
    """What `base.html` draws around a screen. `form_token` goes into each form that is sent by POST."""

    form_token: str
    screen: Screen
    navigation: Sequence[Screen]
    can_sign_out: bool = True


@dataclass(frozen=True, slots=True)
class ConsoleRequest:
    """A request of somebody who is signed in. `form` holds the fields of a POST."""

    http: web.Request
    console: ConsoleContext
    viewer: Viewer
    frame: PageFrame
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Who looks, as `bot.commands` knows people: for acts, and for the sources that may be seen."""
        who = self.viewer
        return Actor(
            who.platform,
            who.tenant,
            who.user or who.name,
            who.channel,
            who.around,
            via="console",
            sees_all=who.is_machine,
        )

    def query(self, name: str) -> str:
        """Return a field of the query without blanks around it; "" where there is none."""
        return self.http.query.get(name, "").strip()

    @property
    def page_number(self) -> int:
        """The page of a list that is wanted, from 1."""
        return to_page_number(self.query("page"))

    def link(self, **changed: object) -> str:
        """Return the address of this page with other fields in its query; None or "" removes a field."""
        fields = dict(self.http.query) | {name: str(value or "") for name, value in changed.items()}
        kept = {name: value for name, value in fields.items() if value}
        return f"{self.http.path}?{urlencode(kept)}" if kept else self.http.path

    def render(self, template: str, *, status: int = 200, title: str = "", **values: Any) -> web.Response:
        """Answer with a page; templates know `request` and what is given here."""
        text = render_template(template, request=self, title=title or self.frame.screen.title, **values)
        return web.Response(text=text, status=status, content_type="text/html")

    def redirect(self, path: str) -> web.Response:
        """Answer a POST: lead to a page of the console by its path, such as `/sources`."""
        if not path.startswith("/") or path.startswith(("//", "/\\")):
            raise ValueError("a page of the console is named by its path")
        return web.Response(status=303, headers={"Location": path})


Handler: TypeAlias = Callable[[ConsoleRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class ScreenRoute:
    """What answers a method at a path, which may hold `{name}` as aiohttp has it."""

    method: str
    path: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: its title, its address in the navigation, and its routes."""

    title: str
    path: str
    routes: Sequence[ScreenRoute]


def get(path: str, handler: Handler) -> ScreenRoute:
    """Return a route that shows something, and changes nothing."""
    return ScreenRoute("GET", path, handler)


def post(path: str, handler: Handler) -> ScreenRoute:
    """Return a route that changes something; its form holds `form_token`."""
    return ScreenRoute("POST", path, handler)
