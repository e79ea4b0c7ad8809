"""chat.postMessage, update, delete, postEphemeral, getPermalink, and reactions: what the bot writes and changes.

Texts of over 40,000 characters are cut; in chat.update over 4,000 are refused. `markdown_text` goes without text and
blocks, up to 12,000. Unfurling and parsing are only recorded, in `calls`.
"""

from __future__ import annotations

from tests.servers.slack import events
from tests.servers.slack.blocks import MARKDOWN_CHARACTERS, fault_of, with_ids
from tests.servers.slack.record import Channel, Json, Message, Refused
from tests.servers.slack.workspace import Workspace

POST_CHARACTERS = 40_000
UPDATE_CHARACTERS = 4_000


def post_message(space: Workspace, args: Json) -> Json:
    channel = space.find(args.get("channel"))
    message = _make_message(space, channel, args)
    message.metadata = metadata_of(args)
    if args.get("reply_broadcast") and message.thread_ts:
        message.subtype = "thread_broadcast"
    space.statuses.pop((channel.id, message.thread_ts or ""), None)  # a reply clears the status of its thread
    space.add(message)
    return {"channel": channel.id, "ts": message.ts, "message": events.shape(space, message, metadata=True)}


def post_ephemeral(space: Workspace, args: Json) -> Json:
    channel, user = space.find(args.get("channel")), args.get("user")
    if not isinstance(user, str) or not user.startswith(("U", "W")):
        raise Refused("user_not_in_channel")
    message = _make_message(space, channel, args)
    message.ephemeral = user
    if message.thread_ts is None or space.thread(channel.id, message.thread_ts):  # else nobody is shown it
        space.add(message)
    return {"message_ts": message.ts}


def update(space: Workspace, args: Json) -> Json:
    message = own(space, args, "cant_update_message")
    if message.streaming:
        raise Refused("streaming_state_conflict")
    text, blocks = content(space, args)
    if text is not None and args.get("markdown_text") is None and len(text) > UPDATE_CHARACTERS:
        raise Refused("msg_too_long")
    if text is None and blocks is None and "metadata" not in args:
        raise Refused("no_text")
    if "metadata" in args:
        message.metadata = metadata_of(args)
    if blocks is None:
        blocks = message.blocks if text is None else []
        message.edited = {"user": space.bot_user, "ts": space.new_ts()}
    space.rewrite(message, message.text if text is None else text, blocks)
    shown = events.shape(space, message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


def delete(space: Workspace, args: Json) -> Json:
    message = own(space, args, "cant_delete_message")
    if message.streaming:
        raise Refused("cant_delete_message")
    space.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(space: Workspace, args: Json) -> Json:
    channel = space.find(args.get("channel"))
    message = space.message(channel.id, args.get("message_ts", ""))
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"https://loopback.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def react(space: Workspace, args: Json) -> Json:
    message = space.message(space.find(args.get("channel")).id, args.get("timestamp", ""))
    users = message.reactions.setdefault(args.get("name", ""), [])
    if space.bot_user in users:
        raise Refused("already_reacted")
    users.append(space.bot_user)
    return {}


def unreact(space: Workspace, args: Json) -> Json:
    message = space.message(space.find(args.get("channel")).id, args.get("timestamp", ""))
    users = message.reactions.get(args.get("name", ""), [])
    if space.bot_user not in users:
        raise Refused("no_reaction")
    users.remove(space.bot_user)
    return {}


def own(space: Workspace, args: Json, error: str) -> Message:
    """Return the bot's message that a call names. Raises `Refused`, with `error` for anybody else's."""
    message = space.message(space.find(args.get("channel")).id, args.get("ts", ""))
    if message.bot_id != space.bot_id:
        raise Refused(error)
    return message


def content(space: Workspace, args: Json) -> tuple[str | None, list[Json] | None]:
    """Return the text and the blocks of a call, None where it names none. Raises `Refused`."""
    text, blocks, markdown = args.get("text"), args.get("blocks"), args.get("markdown_text")
    if markdown is not None:
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > MARKDOWN_CHARACTERS:
            raise Refused("msg_too_long")
        return markdown, None
    return text, None if blocks is None else checked(space, blocks)


def checked(space: Workspace, blocks: Json) -> list[Json]:
    """Return the blocks with their ids. Raises `Refused`."""
    if fault := fault_of(blocks, unknown=space.unknown_blocks):
        raise Refused(fault[0], errors=[fault[1]], response_metadata={"messages": [f"[ERROR] {fault[1]}"]})
    return with_ids(blocks, next(space.numbers))


def metadata_of(args: Json) -> Json:
    """Return the metadata of a call; None for none, or for the empty object that takes it away. Raises `Refused`."""
    metadata = args.get("metadata")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    if not metadata.get("event_type"):
        raise Refused("invalid_metadata_schema")
    return metadata


def thread_of(args: Json) -> str | None:
    """Return the thread that a call names. Raises `Refused` where it is no ts."""
    thread = args.get("thread_ts")
    if thread is None:
        return None
    if not isinstance(thread, str) or not thread.replace(".", "", 1).isdecimal():
        raise Refused("invalid_thread_ts")
    return thread


def _make_message(space: Workspace, channel: Channel, args: Json) -> Message:
    text, blocks = content(space, args)
    if not (text and text.strip()) and not blocks and not args.get("attachments"):
        raise Refused("no_text")
    cut = (text or "")[:POST_CHARACTERS]
    message = Message(channel.id, space.new_ts(), space.bot_user, cut, space.bot_id, thread_of(args))
    message.blocks = blocks or []
    return message


METHODS = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": permalink,
    "reactions.add": react,
    "reactions.remove": unreact,
}
