"""The API's description in OpenAPI 3.1, from the models of its bodies and results. Tests hold it to the routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.api.bodies import AskBody, ChatBody, FeedbackBody, SearchBody
from bot.api.shapes import (
    AnswerShape,
    CompletionShape,
    ErrorShape,
    HitsShape,
    ModelShape,
    ModelsShape,
    SourcesShape,
    StoredShape,
)

VERSION = "1"
EVENTS = "text/event-stream"
_PUBLIC = {"/healthz": "text/plain", "/widget.js": "text/javascript"}
"""What is answered without a token, and what it is."""

_REFERENCE = "#/components/schemas/{model}"
_ERRORS: Mapping[str, str] = {
    "400": "The body or the question is wrong.",
    "401": "There is no access token, or none that is good.",
    "403": "The token, or the server, does not answer this origin.",
    "404": "There is no such source, version, answer or model.",
    "408": "The body took too long.",
    "413": "The body is too large.",
    "415": "The body is not sent as JSON.",
    "429": "The token or the address has no calls left for now: see Retry-After.",
    "502": "The model failed.",
    "503": "Too many questions wait, or the database does not answer: see Retry-After.",
}
_OF_READING = ("401", "403", "429", "503")
_OF_BODIES = ("400", *_OF_READING, "408", "413", "415")


@dataclass(frozen=True, slots=True)
class _Operation:
    method: str
    path: str
    name: str
    summary: str
    result: type[BaseModel] | None
    body: type[BaseModel] | None = None
    errors: tuple[str, ...] = ()
    streams: str = ""


_OPERATIONS = (
    _Operation("get", "/healthz", "health", "Say that the server runs; without a token.", None),
    _Operation("get", "/widget.js", "widget", "Return the script for web pages; without a token.", None),
    _Operation("get", "/v1/openapi.json", "describe", "Return this document.", None, errors=_OF_READING),
    _Operation(
        "post",
        "/v1/ask",
        "ask",
        "Ask a question.",
        AnswerShape,
        AskBody,
        (*_OF_BODIES, "404", "502"),
        "Events: question, evidence, delta and at last answer or error. The answer overrides the deltas.",
    ),
    _Operation("post", "/v1/search", "search", "Find passages.", HitsShape, SearchBody, (*_OF_BODIES, "404", "502")),
    _Operation(
        "post",
        "/v1/feedback",
        "feedback",
        "Say what you think of an answer.",
        StoredShape,
        FeedbackBody,
        (*_OF_BODIES, "404"),
    ),
    _Operation("get", "/v1/sources", "sources", "List the sources.", SourcesShape, errors=_OF_READING),
    _Operation(
        "post",
        "/v1/chat/completions",
        "complete",
        "Ask as one asks a model of OpenAI.",
        CompletionShape,
        ChatBody,
        (*_OF_BODIES, "404", "502"),
        "With `stream`: chunks as OpenAI sends them, then [DONE].",
    ),
    _Operation("get", "/v1/models", "models", "List the models.", ModelsShape, errors=_OF_READING),
    _Operation("get", "/v1/models/{model}", "model", "Return one model.", ModelShape, errors=(*_OF_READING, "404")),
)


@cache
def build_document() -> Mapping[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for each in _OPERATIONS:
        paths.setdefault(each.path, {})[each.method] = _describe(each)
    bodies = [(each.body, "validation") for each in _OPERATIONS if each.body]
    results = [(each.result, "serialization") for each in _OPERATIONS if each.result]
    _, schemas = models_json_schema([*bodies, *results, (ErrorShape, "serialization")], ref_template=_REFERENCE)  # type: ignore[list-item]  # literals
    return {
        "openapi": "3.1.0",
        "info": {"title": "footnote", "version": VERSION, "description": "Checked answers from documentation."},
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _describe(operation: _Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {"200": _success(operation)} | {code: _failure(code) for code in sorted(operation.errors)},
    }
    if operation.body:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    if "{model}" in operation.path:
        named = {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        described["parameters"] = [named]
    if operation.path in _PUBLIC:
        described["security"] = []
    return described


def _success(operation: _Operation) -> dict[str, Any]:
    if operation.path in _PUBLIC:
        return {"description": "As it is.", "content": {_PUBLIC[operation.path]: {"schema": {"type": "string"}}}}
    content = _content(operation.result) if operation.result else {"application/json": {"schema": {"type": "object"}}}
    if operation.streams:
        content[EVENTS] = {"schema": {"type": "string"}}
    return {"description": operation.streams or "Done.", "content": content}


def _failure(code: str) -> dict[str, Any]:
    return {"description": _ERRORS[code], "content": _content(ErrorShape)}


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=model.__name__)}}}
