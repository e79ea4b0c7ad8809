"""What people do in the loopback Discord: they write, edit, delete, start threads, use commands, buttons and forms.

Nothing here waits: an act is done and its event is on its way. People are ids; any id can be made up.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from tests.servers.discord import threads
from tests.servers.discord.api import Back
from tests.servers.discord.asking import Asking, By
from tests.servers.discord.events import Events
from tests.servers.discord.messages import made
from tests.servers.discord.model import Asked, Attachment, Json, Place, Posted, User
from tests.servers.discord.permissions import EVERYONE
from tests.servers.discord.world import World


class People:
    """Everybody but the bot under test."""

    def __init__(self, world: World, events: Events) -> None:
        self._world = world
        self._events = events
        self._back = Back(world, events)
        self._asking = Asking(world, events)
        self.user = self.channel = 0

    def direct(self, user_id: int | None = None) -> int:
        """Return the id of the channel for direct messages of somebody and the bot."""
        return self._world.direct(user_id or self.user).id

    def other_bot(self) -> int:
        """Add another application's user, whom a bot should not answer. -> its id."""
        number = self._world.new_id()
        self._world.users[number] = User(number, f"bot{number}", bot=True)
        return number

    def say(
        self,
        channel_id: int,
        content: str,
        *,
        user_id: int | None = None,
        mentions: Sequence[int] = (),
        reply_to: int | None = None,
        forwarded: str = "",
        copies: int = 1,
        files: Sequence[Attachment] = (),
    ) -> int:
        """Write a message. -> its id. With `forwarded`, the text of somebody else elsewhere.

        The people it mentions are found in the text, `mentions` adds more; the author of `reply_to` is pinged too.
        """
        place = self._world.places[channel_id]
        who = self._world.user(user_id or self.user)
        if place.archived:
            place.archived = False
            self._events.changed(place)
        posted = made(self._world, place, who.id, {"content": content}, files, reply_to=reply_to)
        posted.mentions = tuple(dict.fromkeys((*posted.mentions, *mentions)))
        posted.forwarded = forwarded
        self._events.posted(posted, copies)
        self._world.changed()
        return posted.id

    def edit(self, message_id: int, content: str) -> None:
        """Change the text of a message, as its author."""
        posted = self._world.messages[message_id]
        posted.content, posted.edited = content, time.time()
        self._events.edited(posted)

    def delete(self, message_id: int) -> None:
        """Delete a message as its author or a moderator, also the bot's."""
        posted = self._world.messages[message_id]
        posted.deleted = time.monotonic()
        self._events.deleted(posted)
        self._world.changed()

    def react(self, message_id: int, emoji: str, *, user_id: int | None = None) -> None:
        """Put a reaction on a message."""
        posted = self._world.messages[message_id]
        posted.reactions.append(emoji)
        self._events.reacted(posted, emoji, self._world.user(user_id or self.user))

    def start_thread(self, message_id: int, name: str, *, user_id: int | None = None) -> int:
        """Make a thread from a message. -> its id, which is the message's."""
        posted = self._world.messages[message_id]
        place = self._world.places[posted.channel_id]
        return threads.start(self._back, place, posted, name, user_id or self.user).id

    def forum_post(self, forum_id: int, title: str, content: str, *, user_id: int | None = None) -> int:
        """Write a post. -> the id of its thread, which is that of its first message."""
        forum = self._world.places[forum_id]
        return threads.post(self._back, forum, title, {"content": content}, user_id or self.user)[0].id

    def archive(self, thread_id: int, *, locked: bool = False) -> None:
        """Archive a thread; `locked`: nobody may write there again."""
        place: Place = self._world.places[thread_id]
        place.archived, place.locked = True, locked
        self._events.changed(place)

    def slash(self, name: str, options: Mapping[str, Json] | None = None, **by: Json) -> Asked:
        """Use a slash command, such as `slash("docs status")` or `slash("ask", {"question": "How?"}, user_id=7)`.

        `by` are the fields of `By`: who, where, with which permissions. By default the user, in the first channel.
        """
        return self._asking.command(name, options or {}, self._by(by))

    def autocomplete(self, name: str, options: Mapping[str, Json], focused: str, **by: Json) -> Asked:
        """Ask for the completions of an option, as while somebody types; they come to `choices`."""
        return self._asking.command(name, options, self._by(by), focused=focused)

    def menu(self, name: str, message_id: int, **by: Json) -> Asked:
        """Use a command of a message's menu, such as `menu("Answer this", message)`."""
        target = self._world.messages[message_id]
        return self._asking.menu(name, target, self._by({"channel_id": target.channel_id} | by))

    def click(self, message: Posted, custom_id: str, *, values: Sequence[str] = (), **by: Json) -> Asked:
        """Press a button, or choose `values` from a list."""
        return self._asking.click(message, custom_id, self._by({"channel_id": message.channel_id} | by), values)

    def submit(self, form: Asked, values: Mapping[str, str], **by: Json) -> Asked:
        """Submit the form that an interaction was answered with, as the person who got it."""
        who = {"user_id": form.user_id, "channel_id": form.channel_id}
        return self._asking.submit(form, values, self._by(who | by))

    def _by(self, given: Mapping[str, Json]) -> By:
        return By(**({"user_id": self.user, "channel_id": self.channel, "permissions": int(EVERYONE)} | dict(given)))
