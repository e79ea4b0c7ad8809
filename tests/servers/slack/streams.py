"""chat.startStream, appendStream and stopStream: a message that grows.

    start ── append* ── stop        after `stream_life` seconds, with or without traffic, it is over:
                                    append and stop answer message_not_in_streaming_state, chat.update works again

Streams are replies in a thread. In channels they need a recipient, both ids. A stream takes markdown_text or chunks,
whichever came first, else streaming_mode_mismatch. Only stop takes metadata and further blocks, which come last. Slack
turns the markdown into rich text; here it stays as it was sent.
"""

from __future__ import annotations

import time
from typing import Literal

from tests.servers.slack import agents, events
from tests.servers.slack.blocks import MARKDOWN_CHARACTERS, rich_text, text_of
from tests.servers.slack.chat import checked, metadata_of, own, thread_of
from tests.servers.slack.record import Channel, Json, Message, Refused, Stream
from tests.servers.slack.schema import fault_of_chunk
from tests.servers.slack.workspace import Workspace

STREAM_BYTES = 10_600
"""Bytes of all that a stream holds; measured by others, in UTF-8: Slack writes it down nowhere."""


def start(space: Workspace, args: Json) -> Json:
    channel = space.find(args.get("channel"))
    thread = thread_of(args)
    if not thread:
        raise Refused("invalid_thread_ts")
    _check_recipient(space, channel, args)
    if args.get("task_display_mode", "timeline") not in {"timeline", "plan", "dense"}:
        raise Refused("invalid_arguments")
    stream = Stream(time.monotonic(), space.stream_life)
    message = Message(channel.id, space.new_ts(), space.bot_user, "", space.bot_id, thread, stream=stream)
    _write(space, message, args)
    space.add(message)
    agents.set_session(space, channel.id, thread, "processing")
    return {"channel": channel.id, "ts": message.ts}


def append(space: Workspace, args: Json) -> Json:
    message = _open(space, args)
    if not args.get("markdown_text") and not args.get("chunks"):
        raise Refused("no_text")
    _write(space, message, args)
    space.touch()
    return {"channel": message.channel, "ts": message.ts}


def stop(space: Workspace, args: Json) -> Json:
    message = _open(space, args, stopping=True)
    last = checked(space, args["blocks"]) if args.get("blocks") else []
    metadata, status = metadata_of(args), args.get("session_status", "active")
    agents.check_status(status)
    before = events.shape(space, message)
    _write(space, message, args)
    message.blocks = message.blocks + last
    message.metadata = metadata
    message.changed_at = time.monotonic()
    if message.stream is not None:
        message.stream.ended = "stopped"
    space.changed(message, before)
    agents.set_session(space, message.channel, message.root, status)
    shown = events.shape(space, message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "message": shown}


def _open(space: Workspace, args: Json, *, stopping: bool = False) -> Message:
    message = own(space, args, "message_not_owned_by_app")
    state = message.stream.state if message.stream is not None else "stopped"
    if state == "stopped_by_user":
        error = space.after_stop if stopping else "stopped_by_user"
        if error is not None:
            raise Refused(error)
    elif state != "open":
        raise Refused("message_not_in_streaming_state")
    return message


def _check_recipient(space: Workspace, channel: Channel, args: Json) -> None:
    if channel.kind == "mpim":
        raise Refused("channel_type_not_supported")
    if channel.kind == "im":
        return
    if not args.get("recipient_team_id"):
        raise Refused("missing_recipient_team_id")
    if not args.get("recipient_user_id"):
        raise Refused("missing_recipient_user_id")
    if args["recipient_team_id"] != space.team and not channel.shared:
        raise Refused("team_not_found")


def _write(space: Workspace, message: Message, args: Json) -> None:
    """Add the pieces of a call. Raises `Refused`, and then changes nothing."""
    stream, markdown, chunks = message.stream, args.get("markdown_text"), args.get("chunks")
    if stream is None or not (markdown or chunks):
        return
    if markdown and chunks:
        raise Refused("cannot_provide_both_markdown_text_and_chunks")
    mode: Literal["text", "chunks"] = "text" if markdown else "chunks"
    if stream.mode not in (None, mode):
        raise Refused("streaming_mode_mismatch")
    pieces = [{"type": "markdown_text", "text": markdown}] if markdown else chunks
    for piece in pieces:
        _check(piece)
    now = time.monotonic()
    grown = [*stream.pieces, *((now, piece) for piece in pieces)]
    blocks = _rendered([piece for _, piece in grown])
    if len(text_of(blocks).encode()) > STREAM_BYTES:
        raise Refused("msg_too_long")
    stream.mode, stream.pieces, message.changed_at = mode, grown, now
    message.blocks = [{"block_id": f"s{place}", **block} for place, block in enumerate(blocks)]
    message.text = "".join(piece["text"] for _, piece in grown if piece["type"] == "markdown_text")


def _check(piece: Json) -> None:
    if sentence := fault_of_chunk(piece):
        raise Refused("invalid_chunks", response_metadata={"messages": [f"[ERROR] {sentence}"]})
    if piece["type"] == "markdown_text" and len(piece["text"]) > MARKDOWN_CHARACTERS:
        raise Refused("msg_too_long")


def _rendered(pieces: list[Json]) -> list[Json]:
    """Return the blocks that the pieces add up to: neighbouring texts are one, a task stays where it first came."""
    blocks: list[Json] = []
    tasks: dict[str, Json] = {}
    growing: Json = None
    for piece in pieces:
        if piece["type"] == "markdown_text":
            if growing is None:
                growing = rich_text("")
                blocks.append(growing)
            growing["elements"][0]["elements"][0]["text"] += piece["text"]
            continue
        growing = None
        if piece["type"] == "blocks":
            blocks.extend(piece["blocks"])
        else:
            _update_task(blocks, tasks, piece)
    return blocks


def _update_task(blocks: list[Json], tasks: dict[str, Json], piece: Json) -> None:
    kind, name = ("plan", "") if piece["type"] == "plan_update" else ("task_card", piece["id"])
    if name not in tasks:
        tasks[name] = {"type": kind} | ({"task_id": name} if name else {})
        blocks.append(tasks[name])
    tasks[name].update({key: piece[key] for key in piece if key not in {"type", "id"}})


METHODS = {"chat.startStream": start, "chat.appendStream": append, "chat.stopStream": stop}
