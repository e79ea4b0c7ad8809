"""The routes of interactions: the callback within three seconds, then @original and follow-ups while the token lives.

    callback 4 ─> a message                    edit, delete, get @original
    callback 5 ─> "thinking", then PATCH @original or the first follow-up puts text there
    callback 6 ─> nothing, 7 ─> edits the message of the button, 8 ─> completions, 9 ─> a form

Refused: 10062 too late or unknown, 40060 answered already, 50027 the token is too old, 10015 nothing was answered yet.
"""

from __future__ import annotations

import time

from tests.servers.discord import payloads
from tests.servers.discord.api import Back, Incoming
from tests.servers.discord.bodies import FOLLOW_UP, RESPONSE, check_choices, check_message
from tests.servers.discord.checks import fields, invalid
from tests.servers.discord.components import check_modal
from tests.servers.discord.messages import changed, made
from tests.servers.discord.model import EPHEMERAL, LOADING, SUPPRESS_EMBEDS, Asked, Json, Posted, Refused
from tests.servers.discord.world import World

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
_COMMAND, _COMPONENT, _AUTOCOMPLETE, _SUBMIT = 2, 3, 4, 5
_FITTING = {
    _COMMAND: {MESSAGE, DEFERRED, MODAL},
    _COMPONENT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    _AUTOCOMPLETE: {CHOICES},
    _SUBMIT: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}
_SLASH_MESSAGE, _MENU_MESSAGE = 20, 23


def callback(back: Back, incoming: Incoming) -> Json:
    """Answer POST /interactions/I/T/callback."""
    world, body = back.world, incoming.body or {}
    asked = world.asked.get(int(incoming.path["interaction"]))
    if asked is None or asked.token != incoming.path["token"]:
        raise Refused(404, 10062, "Unknown interaction")
    try:
        _still_open(world, asked)
        _respond(back, asked, body, incoming)
    except Refused as refused:
        asked.refusals.append(refused.code)
        raise
    return _interaction_document(world, asked) if incoming.query.get("with_response") in ("1", "true") else None


def _still_open(world: World, asked: Asked) -> None:
    if asked.response is not None:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if time.monotonic() - asked.at > world.limits.response_seconds:
        raise Refused(404, 10062, "Unknown interaction")


def _respond(back: Back, asked: Asked, body: Json, incoming: Incoming) -> None:
    fields("", body, {"type": int, "data": dict}, ("type",))
    kind, data = body["type"], body.get("data") or {}
    if kind not in _FITTING[asked.kind]:
        raise invalid("type", "INTERACTION_CALLBACK_TYPE_INVALID", "This response does not fit the interaction")
    if kind == MESSAGE:
        check_message(data, RESPONSE, files=len(incoming.files))
        asked.original = _make(back, asked, data, incoming)
    elif kind == DEFERRED:
        fields("data", data, {"flags": int})
        flags = LOADING | (int(data.get("flags") or 0) & EPHEMERAL)
        asked.original = _make(back, asked, {"content": ""}, incoming, flags=flags)
    elif kind == CHOICES:
        check_choices(data)
        asked.choices = list(data["choices"])
    elif kind == MODAL:
        _check_form(back.world, data)
        asked.modal = data
    else:
        asked.original = asked.message
        if kind == UPDATE and asked.message is not None:
            _change(back, asked.message, data, incoming)
    asked.response, asked.acknowledged = kind, time.monotonic()


def _check_form(world: World, data: Json) -> None:
    check_modal(data)
    for number, each in enumerate(data["components"]):
        if (each.get("component") or {}).get("type") in world.unknown_components:
            raise invalid(f"data.components.{number}.component.type", "UNION_TYPE_CHOICES", "Not one of the types")


def _make(back: Back, asked: Asked, data: Json, incoming: Incoming, *, flags: int | None = None) -> Posted:
    """Make the message of a response or a follow-up."""
    world = back.world
    kept = int(data.get("flags") or 0) & (EPHEMERAL | SUPPRESS_EMBEDS | (1 << 15)) if flags is None else flags
    of_command = _MENU_MESSAGE if asked.target is not None else _SLASH_MESSAGE
    first = of_command if asked.kind == _COMMAND and asked.original is None else None
    place = world.place(asked.channel_id)
    answered = asked.original.id if asked.original is not None and asked.original.deleted is None else None
    posted = made(
        world, place, world.bot.id, data, incoming.files, type=first, flags=kept, reply_to=answered, asked=asked
    )
    back.events.posted(posted)
    return posted


def _change(back: Back, posted: Posted, data: Json, incoming: Incoming) -> None:
    changed(posted, data, incoming.files)
    if posted.loading:
        posted.flags &= ~LOADING  # a deferred response is not marked as edited when it gets its text
    else:
        posted.edited = time.time()
    back.events.edited(posted)


def _interaction_document(world: World, asked: Asked) -> Json:
    interaction: Json = {"id": str(asked.id), "type": asked.kind}
    made_one = asked.original
    if made_one is None:
        return {"interaction": interaction, "resource": {"type": asked.response}}
    interaction |= {
        "response_message_id": str(made_one.id),
        "response_message_loading": made_one.loading,
        "response_message_ephemeral": made_one.ephemeral,
    }
    resource = {"type": asked.response, "message": payloads.message(world, made_one)}
    return {"interaction": interaction, "resource": resource}


def _of_token(back: Back, incoming: Incoming) -> Asked:
    """Return the interaction of a token, which must be answered already."""
    world = back.world
    asked = world.tokens.get(incoming.path["token"])
    if asked is None or int(incoming.path["application"]) != world.application_id:
        raise Refused(401, 50027, "Invalid Webhook Token")
    if time.monotonic() - asked.at > world.limits.token_seconds:
        raise Refused(401, 50027, "Invalid Webhook Token")
    if asked.response is None:
        raise Refused(404, 10015, "Unknown Webhook")
    return asked


def _found(back: Back, incoming: Incoming) -> Posted:
    """Return the message that a path names: @original, or one of the follow-ups."""
    asked, which = _of_token(back, incoming), incoming.path["message"]
    own = [one for one in (asked.original, *asked.followups) if one is not None]
    named = asked.original if which == "@original" else next((one for one in own if str(one.id) == which), None)
    if named is None or named.deleted is not None:
        raise Refused(404, 10008, "Unknown Message")
    return named


def follow_up(back: Back, incoming: Incoming) -> Json:
    """Answer POST /webhooks/A/T: another message; the first one after a deferred response takes its place."""
    asked, body = _of_token(back, incoming), incoming.body or {}
    check_message(body, FOLLOW_UP, files=len(incoming.files))
    if asked.original is not None and asked.original.loading:
        _change(back, asked.original, body, incoming)
        return payloads.message(back.world, asked.original)
    posted = _make(back, asked, body, incoming)
    asked.followups.append(posted)
    return payloads.message(back.world, posted)


def get(back: Back, incoming: Incoming) -> Json:
    """Answer GET /webhooks/A/T/messages/M."""
    return payloads.message(back.world, _found(back, incoming))


def edit(back: Back, incoming: Incoming) -> Json:
    """Answer PATCH /webhooks/A/T/messages/M."""
    posted = _found(back, incoming)
    _change(back, posted, incoming.body or {}, incoming)
    return payloads.message(back.world, posted)


def delete(back: Back, incoming: Incoming) -> Json:
    """Answer DELETE /webhooks/A/T/messages/M."""
    posted = _found(back, incoming)
    posted.deleted = time.monotonic()
    back.events.deleted(posted)
