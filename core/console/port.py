"""One-time links and sessions of the web console: the port that keeps them.

    make_link ──> secret ──sign_in──> session secret ──find_viewer──> Viewer
                     └── used once, within LINK_SECONDS     └── until sign_out or SESSION_SECONDS
    start_session ──────────────────> the same, for a person whom a trusted proxy names

A secret is 256 random bits; what is stored is its SHA-256. Nobody is judged here: whether a person is an administrator
is asked on each request (`bot.console.access`).
"""

from __future__ import annotations

from typing import Protocol

from core.inbox.viewer import Viewer

SIGN_IN = "/sign-in/"
"""The path at which a link is used, before its secret."""

LINK_SECONDS = 300
"""How long a link works."""

SESSION_SECONDS = 12 * 3600
"""How long somebody stays signed in."""


def to_link(base: str, secret: str) -> str:
    """Return the link to give to a person: `("https://a.example", "x")` -> `"https://a.example/sign-in/x"`."""
    return f"{base}{SIGN_IN}{secret}"


class ConsoleAccess(Protocol):
    """Links and sessions, for any number of processes. Raises `StoreError`."""

    async def make_link(self, viewer: Viewer) -> str:
        """Return the secret of a new link for a person, or for the user of the machine."""
        ...

    async def is_live(self, secret: str) -> bool:
        """Return whether a link can still be used; this uses up nothing."""
        ...

    async def sign_in(self, secret: str) -> str | None:
        """Use up a link. -> the secret of a new session; None: it was used, is over, or never was."""
        ...

    async def start_session(self, viewer: Viewer) -> str:
        """Return the secret of a new session of somebody whom a proxy has signed in.

        They look from the workspace or guild where they last asked or gave a command, if there is one.
        """
        ...

    async def find_viewer(self, session: str) -> Viewer | None:
        """Return whose session it is; None: it is over, or never was."""
        ...

    async def sign_out(self, session: str) -> None:
        """End a session."""
        ...
