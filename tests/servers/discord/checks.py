"""What any body must be before it means something: objects with known fields, of their types and lengths.

    fields("embeds.0", {"titel": "x"}, {"title": str})   Refused 400 50035, {"embeds": {"0": {"titel": ...}}}

Stricter than Discord in two respects, so that a mistake of ours is not missed: Discord leaves out a field that it does
not know, and turns a string into a number; both are refused here. Lengths are in UTF-16 units, the most it may count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from tests.servers.discord.model import Json, Refused

Kinds: TypeAlias = Mapping[str, Any]
SNOWFLAKE = "snowflake"
"""An id: digits, as a string or a number."""


def invalid(path: str, code: str, message: str) -> Refused:
    """Return a 50035 that names the field.

    Example: `invalid("embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be 256 or fewer ...")`.
    """
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".")):
        errors = {part: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


def fields(path: str, body: Json, known: Kinds, needed: Collection[str] = ()) -> None:
    """Check an object. `known`: a type, a tuple of types or `SNOWFLAKE` for each field that it may have.

    None counts as absent.
    """
    if not isinstance(body, dict):
        raise invalid(path or "_", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    for name in needed:
        if body.get(name) is None:
            raise invalid(below(path, name), "BASE_TYPE_REQUIRED", "This field is required")
    for name, value in body.items():
        if name not in known:
            raise invalid(below(path, name), "UNKNOWN_FIELD", "There is no such field")
        if value is not None and not _is(value, known[name]):
            raise invalid(below(path, name), "BASE_TYPE_CHOICES", f"{type(value).__name__} is not its type")


def below(path: str, name: str | int) -> str:
    """Return the path of a field: `("embeds.0", "title")` -> `"embeds.0.title"`."""
    return f"{path}.{name}" if path else str(name)


def _is(value: Json, kind: Any) -> bool:
    if kind == SNOWFLAKE:
        return not isinstance(value, bool) and str(value).isdecimal()
    if isinstance(value, bool):
        return bool in (kind if isinstance(kind, tuple) else (kind,))
    return isinstance(value, kind)


def length(path: str, text: str | None, most: int, *, least: int = 0) -> None:
    """Check the length of a text."""
    size = len((text or "").encode("utf-16-le", "surrogatepass")) // 2
    if size > most:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if size < least:
        raise invalid(path, "BASE_TYPE_REQUIRED", "This field is required")


def count(path: str, items: Json, most: int, *, least: int = 0) -> None:
    """Check the length of a list."""
    if not least <= len(items or ()) <= most:
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def within(path: str, number: int | None, least: int, most: int) -> None:
    """Check the range of a number, where there is one."""
    if number is not None and not least <= number <= most:
        raise invalid(path, "NUMBER_TYPE_RANGE", f"int value should be between {least} and {most}.")


def one_of(path: str, value: Json, values: Collection[Json]) -> None:
    """Check that a value, where there is one, is one of a few."""
    if value is not None and value not in values:
        raise invalid(path, "BASE_TYPE_CHOICES", f"Value must be one of {tuple(values)}.")
