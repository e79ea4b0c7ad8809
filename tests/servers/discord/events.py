"""The events of the bot: each act of the world as an event of the gateway.

    posted    MESSAGE_CREATE          thread made     THREAD_CREATE (and MESSAGE_UPDATE of what it was made from)
    edited    MESSAGE_UPDATE          place changed   CHANNEL_UPDATE, THREAD_UPDATE
    deleted   MESSAGE_DELETE          asked           INTERACTION_CREATE

No event is sent about places that the bot may not see, nor about messages that one person alone sees. Text goes to
sessions with the intent for it, and to all where Discord makes an exception (`payloads.open_to_all`).
"""

from __future__ import annotations

import json

from tests.servers.discord import payloads
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.model import Intents, Json, Kind, Place, Posted, User
from tests.servers.discord.permissions import Permission
from tests.servers.discord.sessions import Event, plain
from tests.servers.discord.world import World


class Events:
    """Sends events to the gateway."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def posted(self, one: Posted, copies: int = 1) -> None:
        """Send a new message, with its nonce: the one event that has it."""
        nonce = {"nonce": one.nonce} if one.nonce is not None else {}
        self._message("MESSAGE_CREATE", one, nonce, copies)

    def edited(self, one: Posted) -> None:
        """Send a message as it is now."""
        self._message("MESSAGE_UPDATE", one, {}, 1)

    def deleted(self, one: Posted) -> None:
        """Send that a message is gone."""
        place = self._world.places[one.channel_id]
        gone = {"id": str(one.id), "channel_id": str(one.channel_id)}
        if place.guild_id is not None:
            gone["guild_id"] = str(place.guild_id)
        if not one.ephemeral:
            self._send("MESSAGE_DELETE", place, gone, _intent_of(place))

    def reacted(self, one: Posted, emoji: str, who: User) -> None:
        """Send a reaction on a message, to sessions with the intent for reactions there."""
        place = self._world.places[one.channel_id]
        reaction = {"user_id": str(who.id), "channel_id": str(one.channel_id), "message_id": str(one.id), "type": 0}
        data = reaction | {"emoji": {"id": None, "name": emoji}, "burst": False, "burst_colors": []}
        if place.guild_id is None:
            self._send("MESSAGE_REACTION_ADD", place, data, Intents.DIRECT_REACTIONS)
        else:
            data |= {"guild_id": str(place.guild_id), "member": payloads.member(who)}
            self._send("MESSAGE_REACTION_ADD", place, data, Intents.GUILD_REACTIONS)

    def thread_made(self, thread: Place) -> None:
        """Send a new thread, or forum post."""
        made = payloads.place(self._world, thread) | {"newly_created": True}
        self._send("THREAD_CREATE", thread, made, Intents.GUILDS)

    def changed(self, place: Place) -> None:
        """Send a channel or thread as it is now, even where the bot cannot see it any more."""
        name = "THREAD_UPDATE" if place.is_thread else "CHANNEL_UPDATE"
        self._gateway.dispatch(_event(name, place, payloads.place(self._world, place), Intents.GUILDS))

    def asked(self, wire: Json, guild_id: int | None, copies: int = 1) -> None:
        """Send an interaction, to every session, whatever its intents."""
        self._gateway.dispatch(plain("INTERACTION_CREATE", wire, guild_id), copies)

    def _message(self, name: str, one: Posted, more: Json, copies: int) -> None:
        place = self._world.places[one.channel_id]
        if one.ephemeral or not self._seen(place):
            return
        full = payloads.message(self._world, one, event=True) | more
        bare = payloads.emptied(self._world, one, full)
        data = json.dumps(full)
        event = Event(name, data, data if bare is full else json.dumps(bare), place.guild_id, _intent_of(place))
        self._gateway.dispatch(event, copies)

    def _send(self, name: str, place: Place, data: Json, intents: Intents) -> None:
        if self._seen(place):
            self._gateway.dispatch(_event(name, place, data, intents))

    def _seen(self, place: Place) -> bool:
        return bool(self._world.permissions(place) & Permission.VIEW_CHANNEL)


def _event(name: str, place: Place, data: Json, intents: Intents) -> Event:
    text = json.dumps(data)
    return Event(name, text, text, place.guild_id, intents)


def _intent_of(place: Place) -> Intents:
    return Intents.DIRECT_MESSAGES if place.kind is Kind.DM else Intents.GUILD_MESSAGES
