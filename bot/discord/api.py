"""Calls to Discord's REST, as JSON: through discord.py's client, which keeps the limits; every fault as one of ours.

    429 that is too long, could not connect,     TryLater, certain: it was not done
    a proxy's or a passing refusal
    no answer, 5xx, nonsense                     TryLater, uncertain: it may have been done
    any other refusal                            DiscordRefused, with Discord's code, for the caller to judge

One client, for REST alone, lives as long as the process, while gateways come and go (`bot.discord.gateway`). Bodies are
plain JSON, so that what is sent is what `bot.markup.discord` made. discord.py itself repeats calls after 500, 502 and
504, which is why nothing is posted without a nonce where it can have one.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route as RestRoute

from bot.discord import buckets
from bot.discord.codes import ARCHIVED, PASSING
from bot.face import TryLater
from bot.pace import Spacing
from core.errors import FootnoteError
from core.net.retry_after import parse_retry_after
from core.net.route import DIRECT, Route, explain_unreachable

CALL_SECONDS = 40.0
"""The longest time of a call, with the wait for its turn in a busy channel (discord.py gives up beyond 30 s)."""

LONGEST_PAUSE = 30.0
A_SECOND = 36
"""Requests per second of one process. Discord allows an application 50; interactions do not count.

Requests that leave evenly arrive in bunches: at 40 a second, a busy machine received 47 within one second.
"""

AGAIN_SECONDS, LONG_SECONDS = 2.0, 30.0
_UNCOUNTED = re.compile(r"/(?:interactions|webhooks)/")
_log = logging.getLogger(__name__)

Json = Mapping[str, Any]


class DiscordRefused(FootnoteError):
    """Discord refused a call for a reason that concerns this call alone; `code` is Discord's number for the reason."""

    def __init__(self, what: str, code: int, words: str) -> None:
        super().__init__(f"Discord refused to {what}: {code} {words}".rstrip(". ") + ".")
        self.code = code


@contextmanager
def use_api_url(url: str) -> Iterator[None]:
    """Make discord.py use this address of REST, and our limits, while inside.

    discord.py keeps both for all of its clients.
    """
    before = RestRoute.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    RestRoute.BASE = url.rstrip("/") or RestRoute.BASE
    try:
        with buckets.use_buckets():
            yield
    finally:
        RestRoute.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


def rate_limited(spacing: Spacing) -> aiohttp.TraceConfig:
    """Return a trace that makes each request of discord.py wait for its turn, also its own repetitions.

    Interactions go at once.
    """
    trace = aiohttp.TraceConfig()

    async def wait(_: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        if not _UNCOUNTED.search(request.url.path):
            await spacing.wait("")

    trace.on_request_start.append(wait)
    return trace


def build_client_options(spacing: Spacing, route: Route) -> dict[str, Any]:
    """Return the arguments of each client of ours: nothing cached, nobody pinged, no long waits.

    REST and the gateway share a proxy, so the address of REST decides.
    """
    tls = route.open_tls()
    return {
        "proxy": route.proxy_for(str(RestRoute.BASE)) or None,
        "connector": aiohttp.TCPConnector(limit=0, ssl=tls if tls is not None else True),
        "allowed_mentions": discord.AllowedMentions.none(),
        "max_ratelimit_timeout": LONGEST_PAUSE,
        "http_trace": rate_limited(spacing),
        "max_messages": None,
        "chunk_guilds_at_startup": False,
        "guild_ready_timeout": 1.0,
        "member_cache_flags": discord.MemberCacheFlags.none(),
    }


@asynccontextmanager
async def open_rest(token: str, spacing: Spacing, route: Route = DIRECT) -> AsyncIterator[Rest]:
    """Open a client for REST that is logged in. Raises `discord.LoginFailure`, `TryLater`, `DiscordRefused`."""
    client = discord.Client(intents=discord.Intents.none(), **build_client_options(spacing, route))
    try:
        with _translated("log in"):
            async with asyncio.timeout(CALL_SECONDS):
                await client.login(token)
        yield Rest(client, route)
    finally:
        await client.close()


class Rest:
    """The calls that we make. Each method raises `TryLater` and `DiscordRefused`."""

    def __init__(self, client: discord.Client, route: Route = DIRECT) -> None:
        self.route, self.api_url = route, str(RestRoute.BASE)
        assert client.user is not None, "the client is logged in"
        self._http = client.http
        self.me = client.user.id
        self.name = client.user.name
        self.application = client.application_id or client.user.id
        self.is_public = client.application is not None and client.application.bot_public
        flags = client.application_flags
        self.may_read_all = flags.gateway_message_content or flags.gateway_message_content_limited

    async def find_gateway(self) -> float:
        """Ask for the address of the gateway, and return the seconds to wait before a connection to it.

        By itself discord.py asks before it first connects, and not before it reconnects.
        """
        answer = _object(await self._call("find the gateway", "GET", "/gateway/bot"))
        if url := str(answer.get("url") or ""):
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
        return gateway_delay(_object(answer.get("session_start_limit")), int(answer.get("shards") or 1))

    async def is_anywhere(self) -> bool:
        """Return whether somebody added the bot to a server."""
        return bool(_list(await self._call("list servers", "GET", "/users/@me/guilds", query={"limit": 1})))

    async def post(self, channel: str, body: Json) -> Json:
        """Post a message and return it."""
        return _object(
            await self._call("post a message", "POST", "/channels/{channel_id}/messages", body, channel_id=channel)
        )

    async def rewrite(self, channel: str, message: str, body: Json) -> Json:
        """Rewrite one of our own messages and return it."""
        path = "/channels/{channel_id}/messages/{message_id}"

        async def edit() -> Any:
            return await self._call("edit a message", "PATCH", path, body, channel_id=channel, message_id=message)

        return _object(await self._awake(channel, edit))

    async def remove(self, channel: str, message: str) -> None:
        """Delete one of our own messages."""
        path = "/channels/{channel_id}/messages/{message_id}"

        async def delete() -> Any:
            return await self._call("delete a message", "DELETE", path, channel_id=channel, message_id=message)

        await self._awake(channel, delete)

    async def _awake(self, channel: str, act: Callable[[], Awaitable[Any]]) -> Any:
        """Do what fails in an archived thread: wake the thread up if it is archived, and try again.

        Only a new message wakes a thread up by itself.
        """
        try:
            return await act()
        except DiscordRefused as error:
            if error.code != ARCHIVED:
                raise
        await self.archive(channel, archived=False)
        return await act()

    async def archive(self, thread: str, *, archived: bool) -> None:
        """Archive a thread of ours, or wake it up."""
        await self._call(
            "archive a thread", "PATCH", "/channels/{channel_id}", {"archived": archived}, channel_id=thread
        )

    async def tag(self, thread: str, tags: Sequence[str]) -> None:
        """Set the tags of a post in a forum, by their ids."""
        await self._call(
            "tag a post", "PATCH", "/channels/{channel_id}", {"applied_tags": list(tags)}, channel_id=thread
        )

    async def history(self, channel: str, **query: str | int) -> Sequence[Json]:
        """Return messages of a channel, newest first; `query`: after, before, limit."""
        path = "/channels/{channel_id}/messages"
        return _list(await self._call("read a channel", "GET", path, query=query, channel_id=channel))

    async def channel(self, channel: str) -> Json:
        """Return a channel or thread."""
        return _object(await self._call("read a channel", "GET", "/channels/{channel_id}", channel_id=channel))

    async def guild(self, guild: str) -> Json:
        """Return a guild, with its roles."""
        return _object(await self._call("read a guild", "GET", "/guilds/{guild_id}", guild_id=guild))

    async def title(self, channel: str) -> str:
        """Return the name of a channel or thread."""
        return str((await self.channel(channel)).get("name") or "")

    async def message(self, channel: str, message: str) -> Json:
        """Return one message, as far as we may read it."""
        path = "/channels/{channel_id}/messages/{message_id}"
        return _object(await self._call("read a message", "GET", path, channel_id=channel, message_id=message))

    async def thread(self, channel: str, message: str, name: str) -> str:
        """Make a thread from a message, and return its id."""
        path = "/channels/{channel_id}/messages/{message_id}/threads"
        made = await self._call("make a thread", "POST", path, {"name": name}, channel_id=channel, message_id=message)
        return str(made["id"])

    async def react(self, channel: str, message: str, emoji: str) -> None:
        """Add a reaction of ours to a message."""
        path = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"
        await self._call("react", "PUT", path, channel_id=channel, message_id=message, emoji=emoji)

    async def direct(self, user: str) -> str:
        """Return the id of the channel for direct messages between a person and us."""
        body = {"recipient_id": user}
        return str((await self._call("open a conversation", "POST", "/users/@me/channels", body))["id"])

    async def typing(self, channel: str) -> None:
        """Show that the bot is typing, for ten seconds or until it posts."""
        await self._call("type", "POST", "/channels/{channel_id}/typing", channel_id=channel)

    async def respond(self, interaction: int, token: str, kind: int, data: Json | None = None) -> None:
        """Send the first answer to an interaction; `kind`: 4 a message, 5 later, 6 nothing, 8 completions, 9 a form."""
        path = "/interactions/{interaction_id}/{webhook_token}/callback"
        body = {"type": kind} | ({"data": data} if data is not None else {})
        await self._call("respond", "POST", path, body, interaction_id=interaction, webhook_token=token)

    async def rewrite_response(self, token: str, body: Json, message: str = "@original") -> Json:
        """Rewrite what was answered to an interaction, the first answer or another one by its id, and return it."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        parts = {"message_id": message, **self._hook(token)}
        return _object(await self._call("edit a response", "PATCH", path, body, **parts))

    async def remove_response(self, token: str, message: str = "@original") -> None:
        """Remove what was answered to an interaction: the first answer, or another one by its id."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        parts = {"message_id": message, **self._hook(token)}
        await self._call("delete a response", "DELETE", path, **parts)

    async def follow_up(self, token: str, body: Json) -> Json:
        """Send another answer to an interaction and return it. It takes no nonce, so it is sent at least once."""
        path = "/webhooks/{webhook_id}/{webhook_token}"
        return _object(await self._call("follow up", "POST", path, body, **self._hook(token)))

    async def commands(self) -> Sequence[Json]:
        """Return the commands that are registered for the application."""
        path = "/applications/{application_id}/commands"
        return _list(await self._call("read the commands", "GET", path, application_id=self.application))

    async def register(self, commands: Sequence[Json]) -> None:
        """Replace all registered commands of the application."""
        path = "/applications/{application_id}/commands"
        await self._call("register commands", "PUT", path, commands, application_id=self.application)

    def _hook(self, token: str) -> dict[str, Any]:
        return {"webhook_id": self.application, "webhook_token": token}

    async def _call(
        self, what: str, method: str, path: str, body: Any = None, query: Json | None = None, **parts: Any
    ) -> Any:
        more = ({"json": body} if body is not None else {}) | ({"params": dict(query)} if query else {})
        with _translated(what):
            async with asyncio.timeout(CALL_SECONDS):
                return await self._http.request(RestRoute(method, path, **parts), **more)


def gateway_delay(limit: Json, shards: int) -> float:
    """Return the seconds to wait before a new gateway session, so that what a day allows lasts.

    Beyond what a day allows, Discord resets the token.
    `{"total": 1000, "remaining": 400, "reset_after": 40_000_000}`, one shard -> 100.0; with more than half left, 0.0.
    """
    total, left = int(limit.get("total") or 1), int(limit.get("remaining", 1))
    if left * 2 >= total:
        return 0.0
    return float(limit.get("reset_after") or 0) / 1_000 / max(left // shards, 1)


def _object(answer: Any) -> Json:
    """Return an answer that ought to be an object; an empty one for anything else, like a proxy's words."""
    return answer if isinstance(answer, dict) else {}


def _list(answer: Any) -> Sequence[Json]:
    return answer if isinstance(answer, list) else ()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except discord.LoginFailure:
        raise
    except discord.RateLimited as error:
        raise TryLater(f"Discord wants a pause before we {what}.", error.retry_after, certain=True) from error
    except discord.HTTPException as error:
        raise _refused(what, error) from error
    except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError) as error:
        cause = explain_unreachable(error)
        raise TryLater(f"Discord cannot be reached{cause and ': '}{cause}.", AGAIN_SECONDS, certain=True) from error
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        raise TryLater(f"Discord did not answer when we were to {what}.", AGAIN_SECONDS, certain=False) from error


def _refused(what: str, error: discord.HTTPException) -> FootnoteError:
    if error.status == 429:
        return TryLater(f"Discord wants a pause before we {what}.", _retry_after(error), certain=True)
    if error.status == 401 and not error.code:
        _log.error("Discord refused the bot token: was it reset? Copy DISCORD_BOT_TOKEN from the portal again.")
        return TryLater("Discord refused the bot token.", LONG_SECONDS, certain=True)
    if error.code in PASSING:
        return TryLater(f"Discord had no time when we were to {what}.", AGAIN_SECONDS, certain=True)
    if error.status == 403 and not error.code:
        return TryLater("A proxy before Discord refused us.", LONG_SECONDS, certain=True)
    if error.status >= 500:
        return TryLater(f"Discord had an error when we were to {what}.", AGAIN_SECONDS, certain=False)
    return DiscordRefused(what, error.code, error.text.partition("\n")[0])


def _retry_after(error: discord.HTTPException) -> float:
    """Return the seconds that Discord asks us to wait; a 429 without a body comes from a proxy in front of Discord."""
    asked = parse_retry_after(error.response.headers.get("Retry-After", ""))
    return LONG_SECONDS if asked is None else min(max(asked, 0.5), 120.0)
