"""What people do in the loopback Slack, and the events that the app gets of it in Slack's own shapes.

    ts = await slack.say("C1", "<@UBOT00001> how?")
    await slack.edit("C1", ts, "<@UBOT00001> how do I start?")
    await slack.click(slack.replies("C1", ts)[0], "feedback", user="U1", value="good")
    call = await slack.slash("/docs", "list", user="U1", channel="C1")

Texts are as Slack stores them: a mention is `<@U...>`, and `& < >` are escaped. Nothing here waits for the app; wait
with `slack.until(...)`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from tests.servers.slack import events, interactions
from tests.servers.slack.record import Envelope, Interaction, Json, Kind, Message, SlashCall, View
from tests.servers.slack.workspace import Workspace


class People(Workspace):
    """The workspace, with the people in it. Every person is known, by any id that begins with U or W."""

    async def say(
        self,
        channel: str,
        text: str,
        *,
        user: str = "U1",
        thread_ts: str | None = None,
        team: str | None = None,
        subtype: str | None = None,
        extra: dict[str, Json] | None = None,
    ) -> str:
        """Post a message and send it to the app, as `message` and, with a mention of it in a channel, as `app_mention`.

        `team`: the workspace of a stranger in a shared channel. `subtype`: such as file_share or thread_broadcast;
        `extra`: further fields, such as {"files": [...]} or {"bot_id": "B2"}. Returns the ts.
        """
        fields = dict(extra or {})
        posted = Message(channel, self.new_ts(), user, text, fields.pop("bot_id", None), thread_ts, extra=fields)
        posted.subtype, posted.team = subtype, team
        self.add(posted)
        await asyncio.sleep(0)
        return posted.ts

    async def edit(self, channel: str, ts: str, text: str, *, mention: bool = False) -> None:
        """Change a person's message: message_changed. `mention`: send app_mention once more, as Slack may do."""
        message = self.message(channel, ts)
        before = events.shape(self, message)
        message.rewrite(text, [])
        message.edited = {"user": message.user, "ts": self.new_ts()}
        self.changed(message, before)
        if mention:
            self.send_event(events.mention_of(events.message_event(self, message)), self.channels[channel])
        await asyncio.sleep(0)

    async def delete(self, channel: str, ts: str) -> None:
        """Delete a message: message_deleted, or a tombstone where it has replies."""
        self.remove(self.message(channel, ts))
        await asyncio.sleep(0)

    async def react(self, channel: str, ts: str, name: str, *, user: str = "U1") -> None:
        """Put a reaction on a message: reaction_added."""
        message = self.message(channel, ts)
        message.reactions.setdefault(name, []).append(user)
        item = {"type": "message", "channel": channel, "ts": ts}
        event = {"type": "reaction_added", "user": user, "reaction": name, "item": item, "item_user": message.user}
        self.send_event(event | {"event_ts": self.new_ts()}, self.channels[channel])
        await asyncio.sleep(0)

    async def slash(self, command: str, text: str, *, user: str, channel: str) -> SlashCall:
        """Type a command.

        It is not sent again; without an ack within 3 s its `envelope.error` is what the person reads.
        """
        return await self._interact("slash_commands", interactions.command(self, command, text), user, channel)

    async def shortcut(self, callback_id: str, channel: str, ts: str, *, user: str) -> Interaction:
        """Choose a shortcut of the app in the menu of a message."""
        message = self.message(channel, ts)
        body = interactions.message_action(self, callback_id, message)
        return await self._interact("interactive", body, user, channel, original=message)

    async def click(self, message: Message, action_id: str, *, user: str, value: str | None = None) -> Interaction:
        """Press a button of a message. `value` chooses among buttons of one action_id, such as both of a feedback."""
        body = interactions.block_actions(self, message, action_id, value)
        return await self._interact("interactive", body, user, message.channel, original=message)

    async def press_in(self, view: View, action_id: str) -> Interaction:
        """Press a button of a modal."""
        body = interactions.view_actions(self, view, action_id)
        return await self._interact("interactive", body, view.user, "")

    async def submit(self, view: View, values: dict[str, Json]) -> Interaction:
        """Submit a modal with values by action_id (a text, an option's value, or a list of those).

        The ack closes the modal, or fills `view.errors` or `view.body`.
        """
        body = interactions.view_submission(self, view, values)
        return await self._interact(
            "interactive", body, view.user, "", answered=lambda answer: interactions.close(self, view, answer)
        )

    async def open_home(self, user: str, tab: str = "messages") -> None:
        """Open the app's home: app_home_opened."""
        channel, ts = self.dm(user), self.new_ts()
        home = next(
            (view.body for view in self.views.values() if view.user == user and view.body["type"] == "home"), None
        )
        event = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab, "event_ts": ts}
        self.send_event(event if home is None else event | {"view": home}, channel)
        await asyncio.sleep(0)

    async def stop_session(self, channel: str, thread_ts: str, user: str) -> None:
        """Press the stop button of an agent session: Slack stops its open streams and sends the app an event."""
        open_streams = [each for each in self.replies(channel, thread_ts) if each.streaming]
        for message in open_streams:
            if message.stream is not None:
                message.stream.ended = "stopped_by_user"
        event = {"type": "agent_session_stopped", "channel": channel, "thread_ts": thread_ts, "user": user}
        stopped = {"streaming_message_ts": [each.ts for each in open_streams], "event_ts": self.new_ts()}
        self.send_event(event | stopped, self.channels[channel])
        await asyncio.sleep(0)

    async def deliver(self, body: Json, kind: Kind = "events_api", copies: int = 1) -> Sequence[Envelope]:
        """Send the app any body, as it is, `copies` times: each in a separate envelope."""
        envelopes = [Envelope(kind, body) for _ in range(copies)]
        for envelope in envelopes:
            self.send(envelope)
        await asyncio.sleep(0)
        return envelopes

    async def _interact(
        self,
        kind: Kind,
        body: Json,
        user: str,
        channel: str,
        original: Message | None = None,
        answered: Callable[[Json], None] | None = None,
    ) -> Interaction:
        number = next(self.numbers)
        trigger = f"{number}.{self.team}.{self.random.getrandbits(64):016x}"
        url = f"{self.base_url}/respond/{number}/{self.random.getrandbits(64):016x}"
        who = interactions.who(self, kind, user, channel)
        envelope = Envelope(kind, body | who | {"trigger_id": trigger}, answered=answered)
        done = Interaction(user, channel, trigger, url, envelope, time.monotonic(), original=original)
        if channel:
            envelope.body["response_url"] = url
        if kind == "slash_commands":
            envelope.answered = lambda answer: interactions.respond(self, done, answer)
        self.interactions.append(done)
        self.send(envelope)
        await asyncio.sleep(0)
        return done
