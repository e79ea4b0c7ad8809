"""Who calls, while a request is handled: set by `bot.mcp.middleware`, read by tools and resources."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """The asker as it is stored, and the places from which it sees sources; None: the operator, who sees all."""

    asker: str
    audience: frozenset[str] | None


OPERATOR = Caller("stdio", None)
"""Who starts the process and speaks to it over its standard input, as with the command line."""

CALLER: ContextVar[Caller] = ContextVar("caller")
"""Without a default: what forgets to set it shows nothing to anybody."""
