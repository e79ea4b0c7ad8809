"""Commands, shortcuts, presses and submits: the bodies that Slack sends, and what becomes of the answers.

`respond` is the one place where an ack's payload and a response_url end up: a message that one person sees, or all.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.servers.slack import events
from tests.servers.slack.blocks import elements_of, fault_of, with_ids
from tests.servers.slack.record import Interaction, Json, Kind, Message, Refused, View

if TYPE_CHECKING:
    from tests.servers.slack.workspace import Workspace

RESPONSE_SECONDS = 1_800.0


def who(space: Workspace, kind: Kind, user: str, channel: str) -> Json:
    """Return the person and the place, in the form of the kind."""
    name = user.lower()
    if kind == "slash_commands":
        place = {"channel_id": channel, "channel_name": space.channel(channel).name}
        person = {"user_id": user, "user_name": name, "team_id": space.team, "team_domain": "loopback"}
        return {
            "token": "verification",
            "api_app_id": space.app_id,
            "is_enterprise_install": "false",
            **person,
            **place,
        }
    body: Json = {"user": {"id": user, "username": name, "name": name, "team_id": space.team}}
    body |= {"team": {"id": space.team, "domain": "loopback"}, "api_app_id": space.app_id, "token": "verification"}
    if channel:
        body["channel"] = {"id": channel, "name": space.channel(channel).name}
    return body | {"enterprise": None, "is_enterprise_install": False}


def command(space: Workspace, name: str, text: str) -> Json:
    return {"command": name, "text": text}


def message_action(space: Workspace, callback_id: str, message: Message) -> Json:
    return {
        "type": "message_action",
        "callback_id": callback_id,
        "action_ts": space.new_ts(),
        "message_ts": message.ts,
        "message": events.shape(space, message),
    }


def block_actions(space: Workspace, message: Message, action_id: str, value: str | None) -> Json:
    """Return the body of a press of a button of a message.

    Raises LookupError where the message has no such button.
    """
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
    container["is_ephemeral"] = message.ephemeral is not None
    body = {"type": "block_actions", "container": container, "state": {"values": {}}}
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    if message.ephemeral is None:
        body["message"] = events.shape(space, message)
    return body | {"actions": [_action(space, message.blocks, action_id, value)]}


def view_actions(space: Workspace, view: View, action_id: str) -> Json:
    """Return the body of a press of a button in a modal."""
    body = {"type": "block_actions", "container": {"type": "view", "view_id": view.id}, "view": view.body}
    return body | {"actions": [_action(space, view.body["blocks"], action_id, None)]}


def _action(space: Workspace, blocks: list[Json], action_id: str, value: str | None) -> Json:
    for block, element in elements_of(blocks):
        for button in _buttons(element):
            if element["action_id"] == action_id and value in (None, button.get("value")):
                pressed = {key: button[key] for key in ("value", "text") if key in button}
                pressed = {"selected_option": button} if "options" in element else pressed
                named = {"action_id": action_id, "block_id": block["block_id"], "type": element["type"]}
                return {**named, **pressed, "action_ts": space.new_ts()}
    raise LookupError(f"no button {action_id!r} with value {value!r}")


def _buttons(element: Json) -> list[Json]:
    if element["type"] == "feedback_buttons":
        return [element["positive_button"], element["negative_button"]]
    return element.get("options") or [element]


def view_submission(space: Workspace, view: View, values: dict[str, Json]) -> Json:
    """Return the body of a submit of a modal, with the state of every input; those without a value are empty."""
    state: dict[str, Json] = {}
    for block, element in elements_of(view.body["blocks"]):
        if block["type"] == "input":
            given = values.get(element["action_id"])
            state.setdefault(block["block_id"], {})[element["action_id"]] = _state(element, given)
    unknown = set(values) - {action_id for of_block in state.values() for action_id in of_block}
    if unknown:
        raise LookupError(f"no input {sorted(unknown)}")
    return {"type": "view_submission", "view": view.body | {"state": {"values": state}}, "response_urls": []}


def _state(element: Json, given: Json) -> Json:
    options = {option["value"]: option for option in element.get("options", ())}
    kind = element["type"]
    if kind in {"checkboxes", "multi_static_select"}:
        return {"type": kind, "selected_options": [options[each] for each in given or ()]}
    if kind in {"radio_buttons", "static_select"}:
        return {"type": kind, "selected_option": None if given is None else options[given]}
    return {"type": kind, "value": given}


def close(space: Workspace, view: View, answer: Json) -> None:
    """Apply the ack of a submit to the modal: an empty ack closes it."""
    action = (answer or {}).get("response_action")
    view.errors = answer["errors"] if action == "errors" else None
    if action in {"update", "push"}:
        view.body = view.body | answer["view"]
    elif action != "errors":
        view.open = False
    space.touch()


def respond(space: Workspace, done: Interaction, answer: Json) -> None:
    """Show what an ack or a response_url carries. Raises `Refused` where Slack takes no such message.

    A command has no original: a replacement for it comes as a new message.
    """
    if not answer:
        return
    if done.original is not None and (answer.get("delete_original") or answer.get("replace_original")):
        _rewrite_original(space, done, answer)
        return
    _check(space, answer)
    blocks = with_ids(answer.get("blocks") or [], next(space.numbers))
    reply = Message(done.channel, space.new_ts(), space.bot_user, answer.get("text", ""), space.bot_id, blocks=blocks)
    reply.ephemeral = None if answer.get("response_type") == "in_channel" else done.user
    reply.thread_ts, reply.metadata = answer.get("thread_ts"), answer.get("metadata")
    done.responses.append(space.add(reply))


def _rewrite_original(space: Workspace, done: Interaction, answer: Json) -> None:
    original = done.original
    assert original is not None
    if original.deleted:
        raise Refused("message_not_found", status=404)
    if answer.get("delete_original"):
        space.remove(original)
        return
    _check(space, answer)
    space.rewrite(original, answer.get("text", ""), with_ids(answer.get("blocks") or [], next(space.numbers)))


def _check(space: Workspace, answer: Json) -> None:
    fault = fault_of(answer["blocks"], unknown=space.unknown_blocks) if answer.get("blocks") else None
    if fault is not None:
        raise Refused(fault[0], status=400)
    if not answer.get("text") and not answer.get("blocks"):
        raise Refused("no_text", status=400)


def use(space: Workspace, done: Interaction, answer: Json) -> None:
    """Use a response_url: five times, for half an hour. Raises `Refused`."""
    if time.monotonic() > done.at + RESPONSE_SECONDS:
        raise Refused("expired_url", status=404)
    if done.uses_left < 1:
        raise Refused("used_url", status=404)
    done.uses_left -= 1
    respond(space, done, answer)
