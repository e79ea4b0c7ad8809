"""views.open, views.update and views.publish: modals, and the home tab.

A trigger_id opens one view, within `trigger_life`: three seconds, as at Slack.
"""

from __future__ import annotations

import time

from tests.servers.slack.blocks import fault_of, with_ids
from tests.servers.slack.record import Interaction, Json, Refused, View
from tests.servers.slack.schema import fault_of_view
from tests.servers.slack.workspace import Workspace


def open_view(space: Workspace, args: Json) -> Json:
    body = _checked(space, args, "modal")
    interaction = _trigger(space, args.get("trigger_id"))
    view = _new(space, interaction.user, body)
    return {"view": view.body}


def update_view(space: Workspace, args: Json) -> Json:
    named = [view for view in space.views.values() if view.open and _is(view, args)]
    if not named:
        raise Refused("not_found")
    view = named[0]
    if args.get("hash") not in (None, view.hash):
        raise Refused("hash_conflict")
    _fill(space, view, _checked(space, args, view.body["type"]))
    space.touch()
    return {"view": view.body}


def publish(space: Workspace, args: Json) -> Json:
    body, user = _checked(space, args, "home"), args.get("user_id", "")
    view = next((each for each in space.views.values() if each.user == user and each.body["type"] == "home"), None)
    if view is None:
        view = _new(space, user, body)
    else:
        _fill(space, view, body)
    return {"view": view.body}


def _is(view: View, args: Json) -> bool:
    if args.get("external_id"):
        return bool(view.body["external_id"] == args["external_id"])
    return bool(view.id == args.get("view_id"))


def _trigger(space: Workspace, trigger_id: Json) -> Interaction:
    """Use up a trigger_id. Raises `Refused`."""
    found = next((each for each in space.interactions if each.trigger_id == trigger_id), None)
    if found is None:
        raise Refused("invalid_trigger_id")
    if found.trigger_used:
        raise Refused("exchanged_trigger_id")
    if time.monotonic() > found.at + space.trigger_life:
        raise Refused("expired_trigger_id")
    found.trigger_used = True
    return found


def _new(space: Workspace, user: str, body: Json) -> View:
    view = View(f"V{next(space.numbers):08d}", user, {}, "")
    _fill(space, view, body)
    space.views[view.id] = view
    space.touch()
    return view


def _fill(space: Workspace, view: View, body: Json) -> None:
    number = next(space.numbers)
    view.hash = f"{int(time.time())}.{number:08x}"
    fixed = {"id": view.id, "team_id": space.team, "hash": view.hash, "app_id": space.app_id, "bot_id": space.bot_id}
    more: Json = {"state": {"values": {}}, "root_view_id": view.id, "previous_view_id": None}
    usual = {"private_metadata": "", "callback_id": "", "external_id": "", "notify_on_close": False}
    blocks = with_ids(body["blocks"], number)
    view.body = usual | body | fixed | more | {"blocks": blocks, "app_installed_team_id": space.team}


def _checked(space: Workspace, args: Json, kind: str) -> Json:
    """Return the view of a call. Raises `Refused` where Slack would not show it."""
    body = args.get("view")
    if not isinstance(body, dict) or body.get("type") != kind or not isinstance(body.get("blocks"), list):
        raise Refused("invalid_arguments")
    found = fault_of(body["blocks"], "modal" if kind == "modal" else "home")
    sentence = fault_of_view(body) or (found[1] if found else "")
    inputs = any(block["type"] == "input" for block in body["blocks"])
    if kind == "modal" and ("title" not in body or (inputs and "submit" not in body)):
        sentence = sentence or "missing required field: title or submit [json-pointer:/view]"
    if sentence:
        raise Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {sentence}"]})
    return body


METHODS = {"views.open": open_view, "views.update": update_view, "views.publish": publish}
