"""The bodies of requests: read within bounds, parsed as strict JSON, and checked field by field.

too large ─413─ not JSON by its type ─415─ not UTF-8, not JSON, too deep ─400─ a field that is wrong ─400─> body
"""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.api.failures import RequestFailed
from bot.phrases import CHOICES, LONGEST_COMMENT, describe_choices
from core.domain import Edition, Turn
from core.sentences import ENGLISH

BODY_SECONDS = 10.0
"""Bytes of a body, and seconds that it may take to arrive."""

MOST_TURNS, MOST_SOURCES, MOST_HITS = 50, 50, 50
QUESTION, NAME = 4_000, 200
"""Characters of a question that the engine takes, and of a name."""

B = TypeVar("B", bound=BaseModel)
_Name = Annotated[str, Field(max_length=NAME)]
Reason: TypeAlias = Literal["wrong", "sources", "incomplete", "outdated", "unasked"]
_User = Annotated[
    str,
    Field(max_length=NAME, description="Who asks, as you know them. A hash is stored, so that they can be forgotten."),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PreviousTurn(_Strict):
    """An earlier question and the answer that it got."""

    question: str = Field(max_length=16_000)
    answer: str = Field(default="", max_length=64_000)


class AskBody(_Strict):
    """A question."""

    question: str = Field(max_length=16_000, description="At most 4,000 characters.")
    previous: list[PreviousTurn] = Field(default=[], max_length=MOST_TURNS, description="Earlier turns, oldest first.")
    sources: list[_Name] = Field(
        default=[], max_length=MOST_SOURCES, description="Names; empty: all that the token sees."
    )
    version: _Name = Field(default="", description="Of documentation in several versions this one.")
    language: _Name = Field(default="", description="Of documentation in several languages this one.")
    user: _User = ""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The earlier turns."""
        return tuple(Turn(each.question, each.answer) for each in self.previous)

    @property
    def edition(self) -> Edition:
        """The version and language."""
        return Edition(self.version.strip(), self.language.strip())


class SearchBody(_Strict):
    """A search for passages."""

    query: str = Field(max_length=16_000, description="At most 4,000 characters.")
    limit: int = Field(default=10, ge=1, le=MOST_HITS)
    sources: list[_Name] = Field(
        default=[], max_length=MOST_SOURCES, description="Names; empty: all that the token sees."
    )
    version: _Name = ""
    language: _Name = ""
    user: _User = ""

    @property
    def edition(self) -> Edition:
        """The version and language."""
        return Edition(self.version.strip(), self.language.strip())


class FeedbackBody(_Strict):
    """What somebody thinks of an answer; the last opinion counts."""

    id: str = Field(max_length=NAME, description="The id of the answer.")
    thumb: Literal["up", "down"]
    reason: Reason | None = Field(
        default=None, description="; ".join(f"{value}: {words}" for value, words in describe_choices(ENGLISH).items())
    )
    reasons: list[Reason] = Field(default=[], max_length=len(CHOICES), description="Several of them.")
    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    user: _User = ""


class _Lenient(BaseModel):
    """A body of OpenAI's API: fields that mean nothing here are left alone."""

    model_config = ConfigDict(extra="ignore", strict=True)


class ContentPart(_Lenient):
    """A part of a message; only text counts."""

    type: str = Field(max_length=NAME)
    text: str | None = None


class ChatMessage(_Lenient):
    """A message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """The text of the message; of several parts, joined."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.text)


class StreamOptions(_Lenient):
    """Options of a stream."""

    include_usage: bool | None = None


class ChatBody(_Lenient):
    """A request of OpenAI's chat completions. Instructions, tools and sampling mean nothing here."""

    model: str = Field(max_length=500)
    messages: list[ChatMessage] = Field(min_length=1, max_length=2_000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=1, description="There is one answer.")
    user: str | None = Field(default=None, max_length=NAME)


async def read_body(request: web.Request, shape: type[B]) -> B:
    """Return the checked body of a request. Raises `RequestFailed`."""
    if request.content_type != "application/json" or request.headers.get("Content-Encoding", "identity") != "identity":
        raise RequestFailed(
            415, "Send JSON as it is, with Content-Type: application/json.", code="unsupported_media_type"
        )
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.read()
    except TimeoutError:
        raise RequestFailed(408, "The body took too long to arrive.", code="timeout") from None
    return check_shape(parse_json(raw), shape)


def parse_json(raw: bytes) -> object:
    """Return the value of strict JSON in UTF-8. Raises `RequestFailed`."""
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise RequestFailed(400, "The body is not UTF-8.", code="invalid_json") from None
    except RecursionError:
        raise RequestFailed(400, "The JSON of the body is nested too deeply.", code="invalid_json") from None
    except ValueError:
        raise RequestFailed(400, "The body is not JSON.", code="invalid_json") from None


def check_shape(document: object, shape: type[B]) -> B:
    """Return a document as the model `shape`. Raises `RequestFailed`, which names a field and repeats no value."""
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        param = _path_of(first["loc"])
        sentence = _describe(first["type"], f"`{param[:100]}`" if param else "The body", first["msg"])
        raise RequestFailed(400, sentence, code="invalid_field", param=param or None) from None


def _describe(kind: str, what: str, message: str) -> str:
    """Return what is wrong with a field, and what to do."""
    match kind:
        case "missing":
            return f"{what} is missing."
        case "extra_forbidden":
            return f"There is no field {what} here: see /v1/openapi.json."
        case "model_type" | "model_attributes_type":
            return f"{what} must be a JSON object."
        case _:
            return f"{what} is wrong: {message}."


def _path_of(location: tuple[int | str, ...]) -> str:
    """Return where a field is: `("messages", 0, "content", "str")` -> `"messages[0].content"`."""
    parts = [f"[{each}]" if isinstance(each, int) else f".{each}" for each in location if each not in _UNIONS]
    return "".join(parts).removeprefix(".").encode("utf-8", "replace").decode()


_UNIONS = ("str", "list[ContentPart]", "none")


def _refuse_constant(_: str) -> Any:
    raise ValueError
