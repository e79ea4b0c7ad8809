"""The arguments of tools, and what is said about wrong ones: a sentence each, with what would be right.

{"question": 7} ──explain_arguments──> "The argument question is to be a text. ask_docs takes: question, ..."
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

MOST_HITS, USUAL_HITS = 20, 8
MOST_TOKENS, USUAL_TOKENS = 50_000, 8_000
LONGEST_TEXT, LONGEST_URL = 4_000, 2_048
MOST_SOURCES, MOST_TURNS = 50, 10
_SHOWN = 60


def _to_list(value: object) -> object:
    """Return one name as a list of it: models write `"docs"` where `["docs"]` is meant."""
    return [value] if isinstance(value, str) else value


class EarlierTurn(BaseModel):
    """An earlier question and its answer, so that a follow-up is understood."""

    question: str = Field(max_length=LONGEST_TEXT)
    answer: str = Field(default="", max_length=20_000)


Text: TypeAlias = Annotated[str, Field(max_length=10 * LONGEST_TEXT)]
SourceNames: TypeAlias = Annotated[
    list[Annotated[str, Field(max_length=200)]], BeforeValidator(_to_list), Field(max_length=MOST_SOURCES)
]
EditionName: TypeAlias = Annotated[str, Field(max_length=100)]
Missing: TypeAlias = Annotated[str, Field(max_length=LONGEST_TEXT)]
PageUrl: TypeAlias = Annotated[str, Field(max_length=LONGEST_URL)]
Turns: TypeAlias = Annotated[list[EarlierTurn], Field(max_length=MOST_TURNS)]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=MOST_HITS)]
Tokens: TypeAlias = Annotated[int, Field(ge=1, le=MOST_TOKENS)]
Around: TypeAlias = Literal["section", "page"]

_EXPECTED = {
    "missing": "is missing",
    "string_type": "is to be a text",
    "string_too_long": "is too long: {max_length:,} characters at most",
    "too_long": "has too many items: {max_length:,} at most",
    "list_type": "is to be a list",
    "int_type": "is to be a whole number",
    "int_parsing": "is to be a whole number",
    "int_parsing_size": "is to be a smaller number",
    "int_from_float": "is to be a whole number",
    "greater_than_equal": "is to be {ge} or more",
    "less_than_equal": "is to be {le} or less",
    "literal_error": "is to be {expected}",
    "model_type": "is to be an object with question and answer",
    "dict_type": "is to be an object with question and answer",
}


def clean_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that were set: hosts send null for what they leave out."""
    return {name: value for name, value in given.items() if value is not None}


def explain_unknown(tool: str, given: Mapping[str, Any], taken: Mapping[str, Any]) -> str | None:
    """Return the sentence about arguments that the tool does not take; None: it takes all of them."""
    unknown = sorted(str(name) for name in given.keys() - taken.keys())
    if not unknown:
        return None
    return f"There is no argument {quote_name(unknown[0])}. {_takes(tool, taken)}"


def explain_arguments(tool: str, error: ValidationError, taken: Mapping[str, Any]) -> str:
    """Return the sentence about the first argument that is wrong. It holds nothing of the value."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    expected = _EXPECTED.get(first["type"], "cannot be understood").format(**first.get("ctx", {}))
    return f"The argument {quote_name(name)} {expected}. {_takes(tool, taken)}"


def _takes(tool: str, taken: Mapping[str, Any]) -> str:
    return f"{tool} takes: {', '.join(taken)}." if taken else f"{tool} takes no arguments."


def quote_name(name: str) -> str:
    """Return a name that somebody sent, short and on one line, to stand in a sentence."""
    shown = "".join(letter if letter.isprintable() else " " for letter in name[:_SHOWN])
    return f"{' '.join(shown.split())}{'...' if len(name) > _SHOWN else ''}" or '""'
