"""What each method of the Web API takes and needs: its arguments, and the scope of the token.

Slack's reference pages, as of 2026. Slack ignores most arguments that it does not know; here one is refused, since none
of ours is meant to be ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any

_CONTENT = {"text", "blocks", "attachments", "markdown_text", "parse", "link_names"}
_NAME = {"username", "icon_url", "icon_emoji"}
_PAGE = {"cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata"}
_WRITE = "chat:write"

ARGUMENTS: Mapping[str, tuple[set[str], set[str]]] = {
    "api.test": (set(), {"error", "foo"}),
    "auth.test": (set(), {"team_id"}),  # Bolt sends it
    "apps.connections.open": (set(), set()),
    "chat.postMessage": (
        {"channel"},
        _CONTENT
        | _NAME
        | {"thread_ts", "reply_broadcast", "metadata", "unfurl_links", "unfurl_media", "mrkdwn", "as_user"},
    ),
    "chat.postEphemeral": ({"channel", "user"}, _CONTENT | _NAME | {"thread_ts", "as_user"}),
    "chat.update": ({"channel", "ts"}, _CONTENT | {"metadata", "reply_broadcast", "file_ids", "as_user"}),
    "chat.delete": ({"channel", "ts"}, {"as_user"}),
    "chat.getPermalink": ({"channel", "message_ts"}, set()),
    "chat.startStream": (
        {"channel"},
        _NAME | {"thread_ts", "markdown_text", "chunks", "recipient_user_id", "recipient_team_id", "task_display_mode"},
    ),
    "chat.appendStream": ({"channel", "ts"}, {"markdown_text", "chunks"}),
    "chat.stopStream": ({"channel", "ts"}, {"markdown_text", "chunks", "blocks", "metadata", "session_status"}),
    "reactions.add": ({"channel", "timestamp", "name"}, set()),
    "reactions.remove": ({"channel", "timestamp", "name"}, set()),
    "conversations.replies": ({"channel", "ts"}, _PAGE),
    "conversations.history": ({"channel"}, _PAGE),
    "users.conversations": (set(), {"types", "exclude_archived", "limit", "cursor", "user", "team_id"}),
    "conversations.info": ({"channel"}, {"include_locale", "include_num_members"}),
    "conversations.open": (set(), {"users", "channel", "return_im", "prevent_creation"}),
    "users.info": ({"user"}, {"include_locale"}),
    "assistant.threads.setStatus": ({"channel_id", "thread_ts", "status"}, _NAME | {"loading_messages"}),
    "assistant.threads.setSuggestedPrompts": ({"channel_id", "prompts"}, {"thread_ts", "title"}),
    "assistant.threads.setTitle": ({"channel_id", "thread_ts", "title"}, set()),
    "agents.sessions.setStatus": ({"status"}, _NAME | {"channel_id", "thread_ts", "title", "initiator_user_id"}),
    "agents.sessions.rename": ({"title"}, {"channel_id", "thread_ts"}),
    "views.open": ({"view"}, {"trigger_id", "interactivity_pointer"}),
    "views.update": ({"view"}, {"view_id", "external_id", "hash"}),
    "views.publish": ({"view", "user_id"}, {"hash"}),
}

RESPONSE = _CONTENT | {
    *{"response_type", "replace_original", "delete_original", "thread_ts", "metadata", "unfurl_links", "unfurl_media"},
}
"""The arguments of a response_url."""

_SCOPES: Mapping[str, str] = {
    "chat.": _WRITE,
    "agents.": _WRITE,
    "assistant.threads.setStatus": _WRITE,
    "assistant.threads.set": "assistant:write",
    "reactions.": "reactions:write",
    "users.": "users:read",
}
_READING = {"conversations.replies": "history", "conversations.history": "history", "conversations.info": "read"}
_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def fault_of(method: str, args: Json) -> str | None:
    """Return why a call's arguments are refused; None where they are taken."""
    needed, more = ARGUMENTS[method]
    if odd := sorted(args.keys() - needed - more):
        return f"invalid additional property: {odd[0]} [json-pointer:/]"
    if missing := sorted(each for each in needed if args.get(each) is None):
        return f"missing required field: {missing[0]} [json-pointer:/]"
    return None


def scope_of(method: str, kind: str) -> str:
    """Return the scope that a call needs; empty: none. `kind`: of the channel that it names."""
    if method == "users.conversations":
        return ""  # each kind of conversation has a separate scope
    if method in _READING:
        return f"{_KINDS[kind]}:{_READING[method]}"
    return next((scope for prefix, scope in _SCOPES.items() if method.startswith(prefix)), "")
