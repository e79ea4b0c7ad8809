"""The state of the loopback Slack: tokens, channels, messages, and the one exit by which events go to the app.

    people, methods ──> Workspace.add / rewrite / remove ──> event ──> Workspace.post ──> sockets, or HTTP

Knows neither HTTP nor websockets: `post` is given by the server.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from tests.servers.slack import events
from tests.servers.slack.record import Call, Channel, Envelope, Interaction, Json, Message, Place, Refused, View

SUBSCRIPTIONS = {
    *{"app_mention", "message.channels", "message.groups", "message.im", "message.mpim"},
    *{"app_home_opened", "agent_session_stopped", "reaction_added"},
}
SCOPES = {
    *{"app_mentions:read", "assistant:write", "chat:write", "commands"},
    *{"channels:history", "groups:history", "im:history", "mpim:history"},
    *{"channels:read", "groups:read", "im:read", "mpim:read", "files:read", "reactions:read", "users:read"},
}
_HEARD_WITH = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
}
_PLACES: dict[str, Place] = {"C": "channel", "G": "group", "D": "im"}


class Workspace:
    """One workspace with one app. All of it may be read and set while it runs.

    `subscriptions`: the events that the app gets; `scopes`: of its bot token. `stream_life`: seconds from the
    start of a stream to its end; `trigger_life`: seconds in which a trigger_id opens a view.
    `longest_page`: of a history, whatever limit a call names (15: as for apps outside of Slack's marketplace).
    `after_stop`: the error of chat.stopStream for a stream that a person stopped; None: it is let through.
    `unknown_blocks`: kinds of blocks that this Slack does not know.
    """

    unknown_blocks: frozenset[str] = frozenset()

    def __init__(self, seed: int) -> None:
        self.bot_token, self.app_token = "xoxb-loopback", "xapp-loopback"
        self.signing_secret = "loopback-signing-secret"
        self.bot_user, self.bot_id, self.app_id, self.team = "UBOT00001", "BBOT00001", "A0001", "T0001"
        self.subscriptions, self.scopes = set(SUBSCRIPTIONS), set(SCOPES)
        self.stream_life = 300.0
        self.trigger_life = 3.0
        self.longest_page = 1_000
        self.after_stop: str | None = "message_not_in_streaming_state"
        self.base_url = ""
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, Json] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.fetched: list[str] = []
        self.calls: list[Call] = []
        self.envelopes: list[Envelope] = []
        self.interactions: list[Interaction] = []
        self.views: dict[str, View] = {}
        self.statuses: dict[tuple[str, str], Json] = {}
        self.sessions: dict[tuple[str, str], Json] = {}
        self.prompts: dict[str, Json] = {}
        self.post: Callable[[Envelope], None] = self.envelopes.append
        self.random = random.Random(seed)
        self.numbers = itertools.count(1)
        self._moment = 0
        self._changed = asyncio.Event()

    @property
    def api_url(self) -> str:
        """The value of SLACK_API_URL, such as "http://127.0.0.1:1234/api/"."""
        return f"{self.base_url}/api/"

    # --- files

    def file(self, name: str, data: bytes, kind: str = "text/plain", *, elsewhere: str = "") -> Json:
        """Store a file, and return it as a message has it. `elsewhere`: the url of one that Slack only points at."""
        path = f"/files-pri/{self.team}-F{next(self.numbers)}/download/{name}"
        self.files[path] = (kind, data)
        url = elsewhere or f"{self.base_url}{path}"
        shown = {"id": path.split("/")[2].partition("-")[2], "name": name, "title": name, "mimetype": kind}
        return shown | {"size": len(data), "mode": "external" if elsewhere else "hosted", "url_private_download": url}

    # --- channels and messages

    def channel(self, channel: str, **settings: Any) -> Channel:
        """Return the channel, made if it is new, with these fields of `Channel` set.

        Example: `slack.channel("C1", archived=True)`.
        """
        found = self.channels.get(channel)
        if found is None:
            kind = _PLACES.get(channel[0], "channel")
            found = self.channels[channel] = Channel(channel, kind, f"name-of-{channel.lower()}")
        for name, value in settings.items():
            setattr(found, name, value)
        return found

    def dm(self, user: str) -> Channel:
        """Return the direct messages of the bot and this user."""
        return self.channel(f"D{user}")

    def find(self, channel: Json) -> Channel:
        """Return the channel that a call names, where the bot may write. Raises `Refused`."""
        if isinstance(channel, str) and channel.startswith(("U", "W")):
            return self.dm(channel)
        found = self.channels.get(channel) if isinstance(channel, str) else None
        if found is None:
            raise Refused("channel_not_found")
        if not found.member and found.kind != "im":
            raise Refused("not_in_channel")
        if found.archived:
            raise Refused("is_archived")
        return found

    def message(self, channel: str, ts: str, *, error: str = "message_not_found") -> Message:
        """Return a message that all can see. Raises `Refused` with `error`."""
        found = self.channels[channel].messages.get(ts) if channel in self.channels else None
        if found is None or found.deleted or found.ephemeral:
            raise Refused(error)
        return found

    def messages(self, channel: str) -> Iterator[Message]:
        """Return what all can see in a channel, in the order of `ts`."""
        stored = self.channels[channel].messages.values() if channel in self.channels else ()
        return (message for message in stored if not message.deleted and message.ephemeral is None)

    def replies(self, channel: str, thread_ts: str | None) -> list[Message]:
        """Return the bot's visible messages in a thread, in order; `thread_ts` None: those in no thread."""
        if thread_ts is not None:
            return [each for each in self.thread(channel, thread_ts) if each.bot_id == self.bot_id]
        return [each for each in self.messages(channel) if each.bot_id == self.bot_id and each.thread_ts is None]

    def thread(self, channel: str, thread_ts: str) -> list[Message]:
        """Return all visible replies in a thread, in order, without the message that starts it."""
        stored = self.channels[channel].threads.get(thread_ts, ()) if channel in self.channels else ()
        return [each for each in stored if not each.deleted and each.ephemeral is None]

    def ephemerals(self, user: str | None = None) -> list[Message]:
        """Return the messages that only one person saw, and still sees, in order; of one user where one is named."""
        stored = (message for channel in self.channels.values() for message in channel.messages.values())
        kept = [each for each in stored if each.ephemeral and not each.deleted and user in (None, each.ephemeral)]
        return sorted(kept, key=lambda each: each.ts)

    def new_ts(self) -> str:
        """Return the next ts: of this moment, unique, and later than all before."""
        self._moment = max(self._moment + 1, time.time_ns() // 1_000)
        return f"{self._moment // 1_000_000}.{self._moment % 1_000_000:06d}"

    # --- changes, of which the app gets events

    def add(self, message: Message) -> Message:
        """Store a message and send it to the app, which gets its own messages as well."""
        channel = self.channel(message.channel)
        channel.messages[message.ts] = message
        if message.thread_ts is not None:
            channel.threads.setdefault(message.thread_ts, []).append(message)
        if message.ephemeral is None:
            shown = events.message_event(self, message)
            mentions = channel.kind != "im" and f"<@{self.bot_user}" in message.text
            shapes = [shown, events.mention_of(shown)] if mentions and message.user != self.bot_user else [shown]
            for event in self.random.sample(shapes, len(shapes)):  # Slack promises no order
                self.send_event(event, channel)
        self.touch()
        return message

    def rewrite(self, message: Message, text: str, blocks: list[Json]) -> None:
        """Change the text of a message, and send the app the event."""
        before = events.shape(self, message)
        message.rewrite(text, blocks)
        self.changed(message, before)

    def changed(self, message: Message, before: Json) -> None:
        """Send the app a changed message."""
        if message.ephemeral is None:
            self.send_event(events.changed_event(self, message, before), self.channels[message.channel])
        self.touch()

    def remove(self, message: Message) -> None:
        """Delete a message, and send the app the event; the first of a thread leaves a tombstone, as Slack does."""
        before, thread = events.shape(self, message), self.thread(message.channel, message.ts)
        message.deleted, message.changed_at = True, time.monotonic()
        if message.ephemeral is None:
            event = (events.tombstone_event if thread else events.deleted_event)(self, message, before)
            self.send_event(event, self.channels[message.channel])
        self.touch()

    def send_event(self, event: Json, channel: Channel | None = None) -> Envelope | None:
        """Send an event to the app, if it has subscribed to it and is in the channel.

        Returns None where it is not sent.
        """
        heard = events.subscription(event)
        if heard not in self.subscriptions or not {_HEARD_WITH.get(heard, "chat:write")} <= self.scopes:
            return None
        if channel is not None and channel.kind != "im" and not channel.member:
            return None
        envelope = Envelope("events_api", events.callback(self, event, shared=channel is not None and channel.shared))
        self.send(envelope)
        return envelope

    def send(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)
        self.post(envelope)
        self.touch()

    # --- waiting

    def touch(self) -> None:
        """Wake those who wait for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition: Callable[[], object], within: float = 60.0) -> None:
        """Wait until the condition holds.

        It is checked when something changed here, and ten times a second. Raises TimeoutError.
        """
        deadline = asyncio.get_running_loop().time() + within
        while not condition():
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._changed.wait()
