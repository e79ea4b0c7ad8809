"""Statuses, prompts and titles of threads with an assistant, and the sessions of agents.

Kept in `statuses`, `sessions` and `prompts` of the workspace, by channel and thread. Statuses need a thread; prompts
and titles belong to direct messages.
"""

from __future__ import annotations

from tests.servers.slack.record import Channel, Json, Refused
from tests.servers.slack.workspace import Workspace

STATUSES = {"active", "processing", "suspended", "closed"}
_UNHEARD = "missing_agent_session_stopped_event_subscription"


def set_status(space: Workspace, args: Json) -> Json:
    channel, thread = _place(space, args)
    loading = args.get("loading_messages") or []
    if not isinstance(args.get("status"), str) or not isinstance(loading, list) or len(loading) > 10:
        raise Refused("invalid_arguments")
    if args["status"]:
        space.statuses[channel.id, thread] = {"status": args["status"], "loading_messages": loading}
    else:
        space.statuses.pop((channel.id, thread), None)
    return {}


def set_prompts(space: Workspace, args: Json) -> Json:
    channel, prompts = _direct(space, args), args.get("prompts")
    good = isinstance(prompts, list) and all(each.get("title") and each.get("message") for each in prompts)
    if not good or not 1 <= len(prompts) <= 4:
        raise Refused("invalid_arguments")
    if args.get("thread_ts"):  # of the experience before this one: it fails silently in an app with agent_view
        return {}
    space.prompts[channel.id] = {"prompts": prompts, "title": args.get("title"), "thread_ts": args.get("thread_ts")}
    return {}


def set_title(space: Workspace, args: Json) -> Json:
    channel = _direct(space, args)
    thread = _thread(args)
    space.sessions.setdefault((channel.id, thread), {"status": "active"})["title"] = args.get("title", "")
    return {}


def set_session_status(space: Workspace, args: Json) -> Json:
    channel, thread = _place(space, args)
    status = args.get("status")
    check_status(status)
    known = (channel.id, thread) in space.sessions
    session = set_session(space, channel.id, thread, status)
    if not known:
        session["title"] = args.get("title")
    answer = {"status": status, "agent_status": status, "title": session.get("title")}
    unheard = status == "processing" and "agent_session_stopped" not in space.subscriptions
    return answer | ({"warning": _UNHEARD} if unheard else {})


def rename_session(space: Workspace, args: Json) -> Json:
    channel, thread = _place(space, args)
    title = args.get("title") or ""
    if not 1 <= len(title) <= 200:
        raise Refused("invalid_arguments")
    if (channel.id, thread) not in space.sessions:
        raise Refused("session_not_found")
    space.sessions[channel.id, thread]["title"] = title
    return {"title": title}


def set_session(space: Workspace, channel: str, thread: str, status: str) -> Json:
    """Set the status of a session, which is made if it is new."""
    session = space.sessions.setdefault((channel, thread), {})
    session["status"] = status
    return session


def check_status(status: Json) -> None:
    if status not in STATUSES:
        raise Refused("invalid_arguments")


def _place(space: Workspace, args: Json) -> tuple[Channel, str]:
    return space.find(args.get("channel_id")), _thread(args)


def _thread(args: Json) -> str:
    thread = args.get("thread_ts")
    if not isinstance(thread, str) or not thread.replace(".", "", 1).isdecimal():
        raise Refused("invalid_thread_ts")
    return thread


def _direct(space: Workspace, args: Json) -> Channel:
    channel = space.find(args.get("channel_id"))
    if channel.kind != "im":
        raise Refused("channel_type_not_supported")
    return channel


METHODS = {
    "assistant.threads.setStatus": set_status,
    "assistant.threads.setSuggestedPrompts": set_prompts,
    "assistant.threads.setTitle": set_title,
    "agents.sessions.setStatus": set_session_status,
    "agents.sessions.rename": rename_session,
}
