"""What happens to every request of MCP: its caller is set, and what it may keep is dated.

request ──caller_of──> CALLER ──> tool, resource ──> result ──> ttlMs, cacheScope (2026-07-28 alone has them)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

from bot.mcp.caller import CALLER
from bot.mcp.resources import Resources
from bot.service.caller import Caller
from core.errors import FootnoteError

FindCaller: TypeAlias = Callable[[ServerRequestContext[Any, Any]], Awaitable[Caller]]
DATED = ("resources/read", "resources/list")


class CallerMiddleware:
    """Sets the caller while a request is handled; a request without one is not handled."""

    def __init__(self, find_caller: FindCaller, resources: Resources) -> None:
        self._find_caller = find_caller
        self._resources = resources

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Handle a request for its caller."""
        caller = await self._find_caller(ctx)
        before = CALLER.set(caller)
        try:
            result = await call_next(ctx)
        finally:
            CALLER.reset(before)
        if ctx.method in DATED and ctx.protocol_version in MODERN_PROTOCOL_VERSIONS and isinstance(result, dict):
            return {**result, **await self._date(ctx.params, caller)}
        return result

    async def _date(self, params: Mapping[str, Any] | None, caller: Caller) -> dict[str, Any]:
        uri = (params or {}).get("uri")
        try:
            fresh = await self._resources.judge_freshness(uri if isinstance(uri, str) else None, caller)
        except FootnoteError:
            return {"ttlMs": 0, "cacheScope": "private"}
        return {"ttlMs": fresh.ttl_ms, "cacheScope": "private" if fresh.is_private else "public"}
