"""What a request gets instead of its result: a status, and a sentence in the form that OpenAI's clients read.

    {"error": {"message": "...", "type": "invalid_request_error", "param": "question", "code": "too_large"}}

A traceback never leaves the process: what is not foreseen is logged, and answered with a sentence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from core.errors import (
    AccessTokenRefused,
    CallsExceeded,
    EditionUnknown,
    FootnoteError,
    ModelError,
    OriginRefused,
    QuestionRefused,
    RetryLater,
    ServiceBusy,
    SourceUnknown,
    StoreError,
)

INVALID, DENIED, LIMITED, FAILED = "invalid_request_error", "authentication_error", "rate_limit_error", "server_error"
RETRY_SECONDS = 5.0
LARGEST = 1 << 20
"""Bytes of a body."""

BUG = "Something went wrong here. It was logged; please try again."


class RequestFailed(Exception):
    """A request cannot be served. `param`: the field that is wrong."""

    def __init__(self, status: int, message: str, *, code: str, kind: str = INVALID, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.kind, self.param = status, message, code, kind, param
        self.headers: dict[str, str] = {}

    @property
    def document(self) -> dict[str, object]:
        """The JSON of the error."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def to_response(self) -> web.Response:
        """Return the response that says so."""
        return to_json(self.document, self.status, self.headers)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How requests fail with a kind of error; `sentence`: where the error's own is not for callers."""

    error: type[FootnoteError]
    status: int
    code: str
    kind: str = INVALID
    param: str | None = None
    sentence: str = ""


_AWAY = "The database does not answer just now; please try again."
_OTHER = _Kind(FootnoteError, 500, "internal_error", FAILED, sentence=BUG)
_KINDS = (
    _Kind(AccessTokenRefused, 401, "invalid_api_key", DENIED),
    _Kind(OriginRefused, 403, "origin_refused", "permission_error"),
    _Kind(ServiceBusy, 503, "busy", FAILED),
    _Kind(CallsExceeded, 429, "rate_limit_exceeded", LIMITED),
    _Kind(QuestionRefused, 400, "question_refused", param="question"),
    _Kind(SourceUnknown, 404, "source_not_found", param="sources"),
    _Kind(EditionUnknown, 404, "edition_not_found", param="version"),
    _Kind(StoreError, 503, "unavailable", FAILED, sentence=_AWAY),
    _Kind(ModelError, 502, "model_failed", FAILED),
)
"""In this order: the first that an error is one of."""


def from_error(error: FootnoteError) -> RequestFailed:
    """Return how a request fails with an error of ours."""
    kind = next((kind for kind in _KINDS if isinstance(error, kind.error)), _OTHER)
    failed = RequestFailed(kind.status, kind.sentence or str(error), code=kind.code, kind=kind.kind, param=kind.param)
    if isinstance(error, RetryLater):
        failed.headers["Retry-After"] = str(max(1, math.ceil(error.seconds)))
    elif failed.status == 503:
        failed.headers["Retry-After"] = str(round(RETRY_SECONDS))
    if failed.status == 401:
        failed.headers["WWW-Authenticate"] = "Bearer"
    return failed


def from_http(error: web.HTTPException) -> RequestFailed:
    """Return how a request fails that aiohttp refuses: an unknown path, a method that is not there, a large body."""
    match error:
        case web.HTTPRequestEntityTooLarge():
            failed = RequestFailed(413, f"The body is larger than {LARGEST >> 20} MB: send less.", code="too_large")
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            failed = RequestFailed(405, f"This path takes {allowed}.", code="method_not_allowed")
            failed.headers["Allow"] = allowed
        case web.HTTPNotFound():
            failed = RequestFailed(404, "There is nothing at this path: see /v1/openapi.json.", code="not_found")
        case _:
            failed = RequestFailed(error.status, error.reason, code="http_error")
    return failed


def to_json(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response with a JSON document, its letters unescaped."""
    text = json.dumps(document, ensure_ascii=False, default=str)
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)
