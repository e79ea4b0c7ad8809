"""Questions of callers: programs and web pages that wait for the answer themselves, over HTTP or MCP.

    open ──> QUEUED, owned ──answered──> DONE
                     ├─ the caller went away ────────> UNDELIVERABLE, with what was shown
                     ├─ its process died ─lease over─> UNDELIVERABLE
                     └─ refused: nothing was searched ─> no row

They are rows like those from chat, in lists, figures, retention and `forget`. No process claims one: a caller that has
gone asks again. Implemented by `core.inbox.callers_postgres`; `bot.service` opens and closes them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from core.inbox.platforms import API as API
from core.inbox.platforms import CALLER_PLATFORMS as CALLER_PLATFORMS
from core.inbox.platforms import MCP as MCP
from core.inbox.platforms import WIDGET as WIDGET
from core.inbox.platforms import CallerDetails
from core.inbox.port import Feedback, Platform, QuestionState, Reply

TOKEN = "token"  # noqa: S105 - the first part of an asker, and no secret
_HASH_LETTERS = 32


@dataclass(frozen=True, slots=True)
class NewCallerQuestion:
    """A question that is answered now. `key`: a random id, which its caller gets. `name`: that of the token.

    `asker` is `token:NAME` or `token:NAME:USER` (`asker_of`).
    """

    platform: Platform
    key: str
    name: str
    asker: str
    text: str
    details: CallerDetails = field(default_factory=CallerDetails)


class CallerQuestions(Protocol):
    """Stored questions of callers. Raises `StoreError`."""

    async def open(self, owner: str, question: NewCallerQuestion) -> int:
        """Store a question that `owner` answers now, and return its number."""
        ...

    async def renew(self, owner: str, numbers: Collection[int]) -> None:
        """Hold these for one lease more."""
        ...

    async def close(self, number: int, state: QuestionState, reply: Reply | None) -> bool:
        """Store how a question ended. False: it was forgotten meanwhile."""
        ...

    async def discard(self, number: int) -> None:
        """Drop a question that was refused before anything was searched."""
        ...

    async def give_feedback(self, name: str, key: str, feedback: Feedback) -> bool:
        """Store feedback on the answer with that key. False: the token `name` asked no such question."""
        ...

    async def askers_of(self, name: str) -> Collection[str]:
        """Return the askers with that token, as they are stored."""
        ...

    async def tidy(self, retention_days: int, counts_days: int = 365) -> int:
        """Close questions whose process died, and drop those that were over for so long. -> questions dropped.

        Counts of what models took lose their callers as well; by day they stay for `counts_days`.
        """
        ...


def asker_of(name: str, user: str = "") -> str:
    """Return who asks with a token: `("ci", "")` -> `"token:ci"`; of a `user` there, only a hash is part of it."""
    return f"{TOKEN}:{name}:{hash_user(name, user)}" if user else f"{TOKEN}:{name}"


def hash_user(name: str, user: str) -> str:
    """Return 128 bits, in hexadecimal, of the SHA-256 of a user of the token `name`."""
    return sha256(f"{name}\0{user}".encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_LETTERS]


def is_user_hash(text: str) -> bool:
    """Return whether a text is like a user in an asker, as lists show it."""
    return len(text) == _HASH_LETTERS and set(text) <= set("0123456789abcdef")
