"""The REST routes that this server answers, under /api/v10: those that discord.py uses for a bot like footnote.

A test names a route by its first word when it scripts a fault or counts calls. Any other path is 404 and "unknown".
"""

from __future__ import annotations

from tests.servers.discord import applications, callbacks, messages, threads
from tests.servers.discord.api import Route

_MESSAGE = "/channels/{channel}/messages/{message}"
_ORIGINAL = "/webhooks/{application}/{token}/messages/{message}"
_CALLBACK = "/interactions/{interaction}/{token}/callback"
_REACTION = _MESSAGE + "/reactions/{emoji}/@me"

ROUTES = (
    Route("gateway", "GET", "/gateway", applications.gateway, open=True),
    Route("gateway_bot", "GET", "/gateway/bot", applications.gateway_bot),
    Route("me", "GET", "/users/@me", applications.me),
    Route("guilds", "GET", "/users/@me/guilds", applications.guilds),
    Route("direct", "POST", "/users/@me/channels", applications.direct),
    Route("user", "GET", "/users/{user}", applications.user),
    Route("application", "GET", "/oauth2/applications/@me", applications.application),
    Route("application", "GET", "/applications/@me", applications.application),
    Route("commands", "GET", "/applications/{application}/commands", applications.commands),
    Route("register", "PUT", "/applications/{application}/commands", applications.register),
    Route("commands", "GET", "/applications/{application}/guilds/{guild}/commands", applications.commands),
    Route("register", "PUT", "/applications/{application}/guilds/{guild}/commands", applications.register),
    Route("guild", "GET", "/guilds/{guild}", applications.guild, by="guild"),
    Route("member", "GET", "/guilds/{guild}/members/{user}", applications.member, by="guild"),
    Route("active", "GET", "/guilds/{guild}/threads/active", threads.active, by="guild"),
    Route("channel", "GET", "/channels/{channel}", threads.get, by="channel"),
    Route("change", "PATCH", "/channels/{channel}", threads.change, by="channel"),
    Route("send", "POST", "/channels/{channel}/messages", messages.send, "sends", "channel"),
    Route("history", "GET", "/channels/{channel}/messages", messages.history, by="channel"),
    Route("message", "GET", _MESSAGE, messages.get, by="channel"),
    Route("edit", "PATCH", _MESSAGE, messages.edit, "edits", "channel"),
    Route("delete", "DELETE", _MESSAGE, messages.delete, by="channel"),
    Route("react", "PUT", _REACTION, messages.react, by="channel"),
    Route("unreact", "DELETE", _REACTION, messages.unreact, by="channel"),
    Route("typing", "POST", "/channels/{channel}/typing", messages.typing, by="channel"),
    Route("thread", "POST", _MESSAGE + "/threads", threads.from_message, "threads", "channel"),
    Route("post", "POST", "/channels/{channel}/threads", threads.alone, "threads", "channel"),
    Route("join", "PUT", "/channels/{channel}/thread-members/@me", threads.join, by="channel"),
    Route("callback", "POST", _CALLBACK, callbacks.callback, by="token", open=True),
    Route("follow_up", "POST", "/webhooks/{application}/{token}", callbacks.follow_up, "webhooks", "token", open=True),
    Route("get_response", "GET", _ORIGINAL, callbacks.get, "webhooks", "token", open=True),
    Route("edit_response", "PATCH", _ORIGINAL, callbacks.edit, "webhooks", "token", open=True),
    Route("delete_response", "DELETE", _ORIGINAL, callbacks.delete, "webhooks", "token", open=True),
    Route("unknown", "*", "/{rest:.*}", applications.unknown),
)
