"""What tools return: structured, and the same as JSON in text. Their schemas are short, because every host sends them.

SearchResult(...) ──to_tool_result──> structured content, and the same document as text
SearchResult ──────build_schema─────> the JSON schema, without what a model does not need to read
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel


class CitedSection(BaseModel):
    """A numbered source of an answer: [number] in its text. `quote` is a sentence of the section, word for word."""

    number: int
    url: str
    path: list[str]
    title: str
    source: str
    version: str
    crawled_at: datetime | None
    quote: str | None


class NearbySection(BaseModel):
    """A section to look at: the closest one where there is no answer, else a further one."""

    url: str
    path: list[str]


class AskResult(BaseModel):
    """A checked answer. `outcome` says how much was answered, `not_covered` what was not."""

    answer: str
    outcome: Literal["answered", "partly", "not_answered"]
    abstention: str | None
    citations: list[CitedSection]
    suggestions: list[NearbySection]
    not_covered: list[str]
    dropped: int
    faults: list[str]


class FoundPassage(BaseModel):
    """A passage that a search found, whole."""

    url: str
    path: list[str]
    kind: str
    text: str
    source: str
    version: str
    vector_rank: int | None
    lexical_rank: int | None
    crawled_at: datetime | None


class SearchResult(BaseModel):
    """Passages, best first. `left_out` counts those that `max_tokens` had no room for."""

    hits: list[FoundPassage]
    left_out: int


class SectionText(BaseModel):
    """A section or a page as it is stored. `previous` and `next` are urls of the sections around it on its page."""

    url: str
    title: str
    markdown: str
    previous: str | None
    next: str | None
    is_cut: bool
    source: str
    version: str
    language: str
    crawled_at: datetime | None


class IndexedSource(BaseModel):
    """A source. `age_hours` since its last crawl; the `verdict` of that."""

    name: str
    root: str
    versions: list[str]
    languages: list[str]
    age_hours: float | None
    verdict: str


class SourceList(BaseModel):
    """The sources that the caller sees. `left_out` counts those beyond the list."""

    sources: list[IndexedSource]
    left_out: int


class GapNumber(BaseModel):
    """The number of a stored report."""

    number: int


def to_tool_result(result: BaseModel) -> CallToolResult:
    """Return a result as structured content, and the same document as text."""
    text = result.model_dump_json()
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=result.model_dump(mode="json")
    )


_UNREAD = frozenset(
    {"title", "default", "description", "format", "required", "$defs"} | {"maxLength", "maxItems", "minimum", "maximum"}
)
"""Keys of a schema that no model needs: what is too long or too large is said when it comes."""

_TEXTS = {"type": "array", "items": {"type": "string"}}


def build_input_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of arguments without references, titles, defaults and limits."""
    required = {"required": schema["required"]} if "required" in schema else {}
    return {"type": "object", **_shorten(schema, schema.get("$defs", {})), **required}


def build_output_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a result in a third of its words: names and types alone; what is there is always whole."""
    shortened: dict[str, Any] = _loosen(_shorten(schema, schema.get("$defs", {})))
    return {"type": "object", **shortened}


def _shorten(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_shorten(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _shorten(definitions[node["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in node:
        return _merge(_shorten(node["anyOf"], definitions))
    if "properties" in node:  # here keys are names, "title" as well
        return {"properties": {name: _shorten(value, definitions) for name, value in node["properties"].items()}}
    return {key: _shorten(value, definitions) for key, value in node.items() if key not in _UNREAD}


def _loosen(node: Any) -> Any:
    """Return a schema in which lists of texts are lists."""
    if not isinstance(node, dict):
        return node
    return {"type": "array"} if node == _TEXTS else {key: _loosen(value) for key, value in node.items()}


def _merge(options: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one schema for a value or null: `[{"type": "string"}, {"type": "null"}]` -> both types in one list."""
    merged: dict[str, Any] = {}
    for option in options:
        merged |= option
    return merged | {"type": [option["type"] for option in options]}
