"""What Discord checks of components: of messages, in both versions, and of forms.

message   rows of up to five buttons, or of one list; in the second version anything, 40 in all
form      one to five labels with a field each, or rows with a text
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tests.servers.discord.checks import count, fields, invalid, length, one_of, within
from tests.servers.discord.model import Json

ROW, BUTTON, SELECT, TEXT, TEXT_DISPLAY, LABEL, BOXES = 1, 2, 3, 4, 10, 18, 22
_SELECTS = frozenset({3, 5, 6, 7, 8})
_LINK_STYLE, _PREMIUM_STYLE = 5, 6
_ANY = {"type": int, "id": int}
_ID = {"custom_id": str}
_KNOWN = {
    ROW: _ANY | {"components": list},
    BUTTON: _ANY | _ID | {"style": int, "label": str, "emoji": dict, "sku_id": str, "url": str, "disabled": bool},
    SELECT: _ANY
    | _ID
    | {
        "options": list,
        "placeholder": str,
        "min_values": int,
        "max_values": int,
        "required": bool,
        "disabled": bool,
        "default_values": list,
        "channel_types": list,
    },
    TEXT: _ANY
    | _ID
    | {
        "style": int,
        "label": str,
        "min_length": int,
        "max_length": int,
        "required": bool,
        "value": str,
        "placeholder": str,
    },
    TEXT_DISPLAY: _ANY | {"content": str},
    BOXES: _ANY | _ID | {"options": list, "min_values": int, "max_values": int, "required": bool},
    LABEL: _ANY | {"label": str, "description": str, "component": dict},
}
_OPTION = {"label": str, "value": str, "description": str, "emoji": dict, "default": bool}
_FORM = {"custom_id": str, "title": str, "components": list}


def walk(components: Json) -> Iterator[Json]:
    """Yield every component, with those inside others."""
    for one in components:
        yield one
        single = [one[key] for key in ("component", "accessory") if one.get(key)]
        yield from walk([*(one.get("components") or ()), *single])


def first_version(components: Json) -> None:
    """Check the components of a message with text or embeds."""
    count("components", components, 5)
    for number, row in enumerate(components):
        path = f"components.{number}"
        _known(path, row, (ROW,), ("components",))
        inner = row["components"]
        count(f"{path}.components", inner, 5, least=1)
        for place, each in enumerate(inner):
            _known(f"{path}.components.{place}", each, (BUTTON, *_SELECTS))
            _interactive(f"{path}.components.{place}", each)
        if len(inner) > 1 and any(each["type"] in _SELECTS for each in inner):
            raise invalid(f"{path}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "A list has a row of its own")
    _are_different(components)


def second_version(content: str, embeds: Json, components: Json) -> None:
    """Check the components of a message that is nothing else."""
    if content or embeds:
        path = "content" if content else "embeds"
        raise invalid(path, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Not with IS_COMPONENTS_V2")
    flat = list(walk(components))
    if len(flat) > 40:
        raise invalid("components", "COMPONENTS_MAX_TOTAL_COMPONENTS_EXCEEDED", "Maximum of 40 components exceeded")
    if sum(len(one.get("content") or "") for one in flat if one.get("type") == TEXT_DISPLAY) > 4000:
        raise invalid("components", "COMPONENT_MAX_TOTAL_TEXT_SIZE_EXCEEDED", "Maximum of 4000 characters exceeded")
    for one in flat:
        if one.get("type") in (BUTTON, *_SELECTS):
            _interactive("components", one)
    _are_different(components)


def check_modal(body: Json) -> None:
    """Check a form."""
    fields("data", body, _FORM, ("custom_id", "title", "components"))
    length("data.title", body["title"], 45, least=1)
    length("data.custom_id", body["custom_id"], 100, least=1)
    count("data.components", body["components"], 5, least=1)
    for number, each in enumerate(body["components"]):
        path = f"data.components.{number}"
        _known(path, each, (ROW, TEXT_DISPLAY, LABEL))
        if each["type"] == LABEL:
            _labelled(path, each)
        elif each["type"] == ROW:
            count(f"{path}.components", each.get("components"), 1, least=1)
            _text(f"{path}.components.0", each["components"][0], labelled=False)
    _are_different(body["components"])


def _labelled(path: str, label: Json) -> None:
    length(f"{path}.label", label.get("label"), 45, least=1)
    length(f"{path}.description", label.get("description"), 100)
    field = label.get("component") or {}
    if field.get("type") == TEXT:
        _text(f"{path}.component", field, labelled=True)
    elif field.get("type") == BOXES:
        _boxes(f"{path}.component", field)
    else:
        _known(f"{path}.component", field, _SELECTS)
        _select(f"{path}.component", field)
        if field.get("disabled"):
            raise invalid(f"{path}.component.disabled", "MODAL_COMPONENT_DISABLED", "Forms have nothing disabled")
        if field.get("required", True) and field.get("min_values") == 0:
            raise invalid(f"{path}.component.min_values", "NUMBER_TYPE_MIN", "At least 1 where it is required")


def _boxes(path: str, group: Json) -> None:
    """Check a group of checkboxes: up to ten, in forms alone."""
    _known(path, group, (BOXES,), ("custom_id", "options"))
    count(f"{path}.options", group["options"], 10, least=1)
    within(f"{path}.min_values", group.get("min_values"), 0, 10)
    within(f"{path}.max_values", group.get("max_values"), 1, len(group["options"]))
    for number, option in enumerate(group["options"]):
        fields(f"{path}.options.{number}", option, _OPTION, ("label", "value"))
    if group.get("required", True) and group.get("min_values") == 0:
        raise invalid(f"{path}.min_values", "NUMBER_TYPE_MIN", "At least 1 where it is required")


def _text(path: str, text: Json, *, labelled: bool) -> None:
    _known(path, text, (TEXT,), ("custom_id", "style"))
    length(f"{path}.custom_id", text["custom_id"], 100, least=1)
    length(f"{path}.label", text.get("label"), 0 if labelled else 45, least=0 if labelled else 1)
    length(f"{path}.value", text.get("value"), 4000)
    length(f"{path}.placeholder", text.get("placeholder"), 100)
    one_of(f"{path}.style", text["style"], (1, 2))
    within(f"{path}.min_length", text.get("min_length"), 0, 4000)
    within(f"{path}.max_length", text.get("max_length"), 1, 4000)


def _known(path: str, one: Json, types: Collection[int], needed: Collection[str] = ()) -> None:
    """Check that a component is of one of these types, with the fields of its type."""
    if not isinstance(one, dict) or one.get("type") not in types:
        raise invalid(f"{path}.type", "UNION_TYPE_CHOICES", f"Value of field 'type' must be one of {tuple(types)}.")
    fields(path, one, _KNOWN[SELECT if one["type"] in _SELECTS else one["type"]], needed)  # type: ignore[arg-type]  # rows of one table of kinds


def _interactive(path: str, one: Json) -> None:
    if one["type"] == BUTTON:
        _button(path, one)
    else:
        _select(path, one)


def _button(path: str, one: Json) -> None:
    style = one.get("style")
    one_of(f"{path}.style", style or 0, range(1, 7))
    length(f"{path}.label", one.get("label"), 80)
    length(f"{path}.url", one.get("url"), 512)
    if bool(one.get("url")) != (style == _LINK_STYLE):
        raise invalid(f"{path}.url", "BUTTON_COMPONENT_INVALID_URL", "A url belongs to a link button alone")
    if bool(one.get("custom_id")) == (style in (_LINK_STYLE, _PREMIUM_STYLE)):
        raise invalid(f"{path}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID", "Every other button has a custom id")
    if not (one.get("label") or one.get("emoji") or style == _PREMIUM_STYLE):
        raise invalid(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI", "A button has a label or an emoji")
    length(f"{path}.custom_id", one.get("custom_id"), 100)


def _select(path: str, one: Json) -> None:
    length(f"{path}.custom_id", one.get("custom_id"), 100, least=1)
    length(f"{path}.placeholder", one.get("placeholder"), 150)
    within(f"{path}.min_values", one.get("min_values"), 0, 25)
    within(f"{path}.max_values", one.get("max_values"), 1, 25)
    if one["type"] != SELECT:
        return
    options = one.get("options") or []
    count(f"{path}.options", options, 25, least=1)
    within(f"{path}.max_values", one.get("max_values"), 1, len(options))
    for number, option in enumerate(options):
        fields(f"{path}.options.{number}", option, _OPTION, ("label", "value"))
        for name in ("label", "value", "description"):
            length(f"{path}.options.{number}.{name}", option.get(name), 100, least=int(name != "description"))
    if len({option["value"] for option in options}) < len(options):
        raise invalid(f"{path}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "Values must be different")


def _are_different(components: Json) -> None:
    ids = [one["custom_id"] for one in walk(components) if one.get("custom_id") is not None]
    if len(set(ids)) < len(ids):
        raise invalid("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
