"""What any body has to be before it means something: objects with fields that are known, of their types and lengths.

    fields("embeds.0", {"titel": "x"}, {"title": str})   Refused 400 50035, {"embeds": {"0": {"titel": ...}}}

Stricter than Discord in two ways, so that a mistake of ours is not passed over: it leaves out a field that it does not
know, and it makes a number of a string; both are refused here. Lengths are in UTF-16 units, the most it may count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from tests.servers.discord.model import Json, Refused

Kinds: TypeAlias = Mapping[str, Any]
SNOWFLAKE = "snowflake"
"""An id: digits, as a string or a number."""


def invalid(path: str, code: str, message: str) -> Refused:
    """A 50035 that names its place: `invalid("embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be 256 or fewer ...")`."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".")):
        errors = {part: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


def fields(path: str, body: Json, known: Kinds, needed: Collection[str] = ()) -> None:
    """An object; `known`: a type, a tuple of types or `SNOWFLAKE` for each field that it may have. None is absent."""
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
    """`("embeds.0", "title")` -> `"embeds.0.title"`."""
    return f"{path}.{name}" if path else str(name)


def _is(value: Json, kind: Any) -> bool:
    if kind == SNOWFLAKE:
        return not isinstance(value, bool) and str(value).isdecimal()
    if isinstance(value, bool):
        return bool in (kind if isinstance(kind, tuple) else (kind,))
    return isinstance(value, kind)


def length(path: str, text: str | None, most: int, *, least: int = 0) -> None:
    """Of a text."""
    size = len((text or "").encode("utf-16-le", "surrogatepass")) // 2
    if size > most:
        raise invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if size < least:
        raise invalid(path, "BASE_TYPE_REQUIRED", "This field is required")


def count(path: str, items: Json, most: int, *, least: int = 0) -> None:
    """Of a list."""
    if not least <= len(items or ()) <= most:
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def within(path: str, number: int | None, least: int, most: int) -> None:
    """Of a number, where there is one."""
    if number is not None and not least <= number <= most:
        raise invalid(path, "NUMBER_TYPE_RANGE", f"int value should be between {least} and {most}.")


def one_of(path: str, value: Json, values: Collection[Json]) -> None:
    """One of a few, where there is one."""
    if value is not None and value not in values:
        raise invalid(path, "BASE_TYPE_CHOICES", f"Value must be one of {tuple(values)}.")
