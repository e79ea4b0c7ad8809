"""Forgetting a person, wherever from: on the command line and in the console, recorded there without who it was.

U0123456, slack:U0123456      somebody of a chat platform; without a platform, of any
token:NAME, token:NAME:USER   who asked with a token, or one of its users, by name or by the hash that lists show
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UsageError
from core.inbox.callers import TOKEN, asker_of, is_user_hash
from core.inbox.port import KNOWN_PLATFORMS, Inbox, Platform
from core.wiring import Footnote

EXAMPLES = "U0123456, slack:U0123456, discord:81384788765712384 or token:NAME:USER"


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Who is to be forgotten: an id on a platform (None: any), or the token they asked with and its user ("": all)."""

    name: str
    platform: Platform | None = None
    token: str = ""
    user: str = ""


def read_person(text: str) -> NamedPerson:
    """Return whom a text names: `"slack:U1"` -> `NamedPerson("U1", Platform.SLACK)`. Raises `UsageError`."""
    text = text.strip()
    if text.lower().startswith(f"{TOKEN}:"):
        _, name, user = (*text.split(":", 2), "")[:3]
        if not name.strip() or not name.replace("-", "").replace("_", "").isalnum():
            raise UsageError(f"Name a person by their id, such as {EXAMPLES}.")
        return NamedPerson(text, token=name.strip().lower(), user=user)
    before, colon, after = text.rpartition(":")
    name = after.strip("<@!> ")
    if not name or not name.isalnum() or (colon and before not in KNOWN_PLATFORMS):
        raise UsageError(f"Name a person by their id, such as {EXAMPLES}.")
    return NamedPerson(name, Platform(before) if colon else None)


async def forget_person(footnote: Footnote, inbox: Inbox, person: NamedPerson) -> int:
    """Delete what a person asked and wrote; return the number of questions. Raises `StoreError`."""
    if not person.token:
        return await inbox.forget(person.name, person.platform)
    async with footnote.open_callers() as store:
        if not person.user:
            askers = {asker_of(person.token), *await store.questions.askers_of(person.token)}
        else:
            hashed = {f"{asker_of(person.token)}:{person.user}"} if is_user_hash(person.user) else set()
            askers = {asker_of(person.token, person.user)} | hashed
        return sum([await inbox.forget(asker) for asker in sorted(askers)])
