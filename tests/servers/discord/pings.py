"""The people whom a text mentions, and those that a sender's `allowed_mentions` leave.

Mentions inside code are text. Does not know who exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.servers.discord.model import Json

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    """Ids of users and roles, and whether everyone is meant."""

    users: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False

    def names(self) -> frozenset[str]:
        """Return `{"everyone", "user:1", "role:2"}`."""
        everyone = {"everyone"} if self.everyone else set()
        return frozenset(everyone | {f"user:{one}" for one in self.users} | {f"role:{one}" for one in self.roles})


def mentioned(content: str) -> Mentions:
    """Return all that a text mentions: `"<@1> and @here"` -> user 1, everyone."""
    text = _CODE.sub("", content)
    return Mentions(
        tuple(dict.fromkeys(int(one) for one in _USER.findall(text))),
        tuple(dict.fromkeys(int(one) for one in _ROLE.findall(text))),
        _EVERYONE.search(text) is not None,
    )


def allowed(found: Mentions, rules: Json, answered: int | None) -> Mentions:
    """Return the mentions that the rules of a message leave; by default also the author of the message that it answers.

    `rules` is `allowed_mentions` as sent; None allows all.
    """
    if rules is None:
        return _with_answered(found, answered)
    parse = rules.get("parse", [])
    users = found.users if "users" in parse else _listed(found.users, rules.get("users"))
    roles = found.roles if "roles" in parse else _listed(found.roles, rules.get("roles"))
    kept = Mentions(users, roles, found.everyone and "everyone" in parse)
    return _with_answered(kept, answered if rules.get("replied_user") else None)


def _listed(found: tuple[int, ...], listed: Json) -> tuple[int, ...]:
    ids = {int(one) for one in listed or ()}
    return tuple(one for one in found if one in ids)


def _with_answered(found: Mentions, answered: int | None) -> Mentions:
    if answered is None or answered in found.users:
        return found
    return Mentions((*found.users, answered), found.roles, found.everyone)
