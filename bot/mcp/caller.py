"""Who calls, while a request is handled: set by `bot.mcp.middleware`, read by tools and resources."""

from __future__ import annotations

from contextvars import ContextVar

from bot.service.caller import Caller

CALLER: ContextVar[Caller] = ContextVar("caller")
"""Without a default: what forgets to set it shows nothing to anybody."""
