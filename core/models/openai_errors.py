"""What a compatible server says when it refuses: read from every form of error, and put in our words.

    {"error": {"message": ...}}, {"error": "text"}, [{"error": ...}], {"detail": [...]}, text  ──>  words, parameter

    the SDK says                              we say
    timeout, no connection, 408, 5xx          ModelUnavailable
    429                                       ModelUnavailable, but ModelRefused where the quota is used up
    3xx, 400, 401, 403, 404, ...              ModelRefused, naming the setting to change
    an error inside a stream                  as if it had come with a status
    broken JSON or UTF-8                      ModelMisbehaved

A message never holds the key, the question or the server's words, only its short code. The words go into `details`,
which doctor and the log show, cleaned by `core.models.server_words`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import openai

from core.errors import ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.net.route import explain_unreachable

TRANSIENT = frozenset({408, 409, 425, 429})
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "budget_exceeded"})
_QUOTA_WORDS = re.compile(
    r"credit balance is too low|insufficient (?:balance|credit|quota|funds)|budget (?:has been )?exceeded"
    r"|exceeded your current quota|requires more credits|out of credits"
)
_BLOCKED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_TOO_LONG = frozenset(
    {"context_length_exceeded", "max_tokens_per_request", "string_above_max_length", "exceed_context_size_error"}
)
_TOO_LONG_WORDS = re.compile(
    r"context (?:length|size|window)|max_model_len|max(?:imum)? (?:input|sequence|tokens)|max \d{1,9} tokens"
    r"|too (?:long|large|many tokens)|exceeds? the (?:model'?s? )?(?:maximum|limit)|n_ctx"
)
_CONTEXT = re.compile(
    r"(?:context (?:length|size|window)|max_model_len|n_ctx|maximum(?: number of)? (?:tokens|input)|limit)"
    r"[^0-9]{0,40}([1-9][0-9]{2,6})|> ([1-9][0-9]{2,6}) maximum|max ([1-9][0-9]{2,6}) tokens"
)
_REFUSES = re.compile(
    r"unsupported|not (?:be )?(?:support|permit|allow|accept|valid|recogni)|un(?:known|recogni[sz]ed|expected)|extra"
    r"|invalid|forbidden|only the default|deprecated|does(?: not|n't) (?:support|accept|take)|cannot|can't|disabled"
)
_STREAM = re.compile(r"\bstream(?:ing|ed)?\b(?!_)")
_NO_STREAM = re.compile(r"must be verified to stream")
_SYSTEM = re.compile(r"system (?:role|message|prompt)s?\b.{0,40}(?:not|un)\s?support|conversation roles must alternate")
_SAFE_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,40}")
_LONGEST_BODY = 4_000


@dataclass(frozen=True, slots=True)
class Role:
    """What a model is used for, in the words of our messages: `name` opens them, `setting` chooses the model.

    `shorter` says what to do about a text that is too long, apart from choosing another model. `url` and `key` are the
    settings that say where it is.
    """

    name: str
    setting: str
    shorter: str = "set "
    url: str = "OPENAI_BASE_URL"
    key: str = "OPENAI_API_KEY"


@contextmanager
def translate_errors(role: Role) -> Iterator[None]:
    """Raise `ModelError` in place of what a call of the SDK raises in a block.

    A TimeoutError comes from our own deadline; ValueError, OverflowError (a number without end) and RecursionError
    (JSON without end) come from one of the SDK's parsers.
    """
    try:
        yield
    except openai.OpenAIError as exc:
        raise translate(exc, role) from exc
    except TimeoutError as exc:
        raise ModelUnavailable(f"The {role.name} did not answer in time.") from exc
    except (ValueError, OverflowError, RecursionError) as exc:
        raise build_unreadable_error(role) from exc


def build_unreadable_error(role: Role) -> ModelMisbehaved:
    """Return the error for a success that holds nothing to use."""
    return ModelMisbehaved(
        f"The {role.name} answered in a way that cannot be read: check that {role.url} leads to an "
        "OpenAI-compatible server, usually with /v1 at its end."
    )


def build_blocked_error() -> ModelRefused:
    """Return the error for an answer that a content filter gave instead of the model."""
    error = ModelRefused("The answer was blocked by the model provider's content filter.")
    error.is_blocked = True
    return error


def read_words(error: openai.APIError) -> str:
    """Return all that the server wrote about an error, as text: the SDK leaves out what is not in OpenAI's form."""
    body = error.body
    if body is None:
        return error.message[:_LONGEST_BODY]
    if isinstance(body, dict):
        message = body.get("message")
        if isinstance(message, str) and message:
            return message[:_LONGEST_BODY]
    return (body if isinstance(body, str) else json.dumps(body, default=str, ensure_ascii=False))[:_LONGEST_BODY]


def is_too_long(error: openai.APIError) -> bool:
    """Return whether shorter or fewer texts could pass. Servers agree on no code, so their words count as well."""
    if codes_of(error) & _TOO_LONG:
        return True
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 413, 422, 500):
        return False
    return error.status_code == 413 or bool(_TOO_LONG_WORDS.search(_all_words(error)))


def find_context(error: openai.APIError) -> int | None:
    """Return the tokens that a server says its context has, where it says so: `"n_ctx": 4096` -> 4096."""
    found = _CONTEXT.search(_all_words(error))
    return int(next(filter(None, found.groups()))) if found else None


def find_refused(error: openai.APIError, sent: Collection[str]) -> str | None:
    """Return which of the parameters that were sent a server refuses, or None."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 404, 405, 415, 422, 500, 501):
        return None
    named = str(error.param or "").split(".")[0]
    if named in sent:
        return named
    words = _all_words(error)
    if not _REFUSES.search(words):
        return None
    places = [(found.start(), name) for name in sent if (found := re.search(rf"\b{re.escape(name)}\b", words))]
    return min(places, default=(0, None))[1]  # "max_tokens is not supported, use max_completion_tokens": the first


def refuses_streaming(error: openai.APIError) -> bool:
    """Return whether a server refuses to stream, but may answer in one piece."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (
        400,
        403,
        404,
        405,
        415,
        422,
        500,
        501,
    ):
        return False
    words = _all_words(error)
    return error.param == "stream" or bool(
        _NO_STREAM.search(words) or (_STREAM.search(words) and _REFUSES.search(words))
    )


def refuses_system_role(error: openai.APIError) -> bool:
    """Return whether the template of a model knows no system message, as that of Gemma 2."""
    return isinstance(error, openai.APIStatusError) and bool(_SYSTEM.search(_all_words(error)))


def is_quota(error: openai.APIError) -> bool:
    """Return whether an account has nothing left to spend."""
    return bool(codes_of(error) & _QUOTA) or bool(_QUOTA_WORDS.search(_all_words(error)))


def is_lasting(error: openai.APIError) -> bool:
    """Return whether no request can succeed until a person has changed a key, or paid."""
    status = error.status_code if isinstance(error, openai.APIStatusError) else 0
    return status in (401, 402) or (status == 403 and not refuses_streaming(error)) or is_quota(error)


def translate(error: openai.OpenAIError, role: Role) -> ModelError:
    """Return the error in our words, with the server's words in `details`; the most specific case comes first."""
    translated = _translation(error, role)
    if isinstance(error, openai.APIError) and not isinstance(error, openai.APIConnectionError):
        translated.details = read_words(error)
    return translated


def codes_of(error: openai.APIError) -> frozenset[str]:
    """Return the codes of an error: those of the SDK, and those inside of a body that it could not read."""
    return frozenset(code for code in (error.code, error.type) if isinstance(code, str))


def _translation(error: openai.OpenAIError, role: Role) -> ModelError:
    if isinstance(error, openai.APITimeoutError):
        return ModelUnavailable(f"The {role.name} did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        return _unreachable(error, role)
    if isinstance(error, openai.APIResponseValidationError) or not isinstance(error, openai.APIError):
        return build_unreadable_error(role)
    by_code = _by_code(error, role)
    if by_code is not None:
        return by_code
    if isinstance(error, openai.APIStatusError):
        return _by_status(error, role)
    return ModelUnavailable(f"The {role.name} broke off with an error{_code(error)}: please ask again in a minute.")


def _unreachable(error: BaseException, role: Role) -> ModelUnavailable:
    """Return the error for a connection that failed, apart by its cause: the certificate, the proxy, the network."""
    cause = explain_unreachable(error) or f"check {role.url} and the network"
    return ModelUnavailable(f"The {role.name} cannot be reached: {cause}.")


def _by_code(error: openai.APIError, role: Role) -> ModelError | None:
    """Return the error where the server's code or words say more than its status, else None."""
    if is_quota(error):
        return ModelRefused(f"The account of {role.key} has no quota left: add credit or set another key.")
    if codes_of(error) & _BLOCKED:
        return build_blocked_error()
    if is_too_long(error):
        return ModelRefused(
            f"The text is too long for the {role.name}: {role.shorter}a {role.setting} that reads more."
        )
    return None


def _by_status(error: openai.APIStatusError, role: Role) -> ModelError:
    status, shown = error.status_code, f"HTTP {error.status_code}{_code(error)}"
    if status == 429:
        return ModelUnavailable(f"The {role.name} has too many requests just now: please ask again in a minute.")
    if status in TRANSIENT or status >= 500:
        return ModelUnavailable(f"The {role.name} is out of order ({shown}): please ask again in a minute.")
    advice = {
        401: f"check {role.key}",
        402: f"the account of {role.key} has no credit left",
        403: f"{role.key} may not use it, so check the key or set another {role.setting}",
        404: f"check {role.setting} and {role.url}",
        407: "the proxy wants a name and password: write them into HTTPS_PROXY",
    }
    if status < 400:
        return ModelRefused(f"The {role.name} has moved ({shown}): set {role.url} to its address.")
    advised = advice.get(status, f"check {role.setting}")
    return ModelRefused(f"The {role.name} refused the request ({shown}): {advised}.")


def _all_words(error: openai.APIError) -> str:
    """Return message and body in lower case: a code, a number or a parameter may stand next to the message."""
    body = error.body if isinstance(error.body, str) else json.dumps(error.body, default=str)
    return f"{error.message}\n{body}".lower().replace('"', "")[:_LONGEST_BODY]


def _code(error: openai.APIError) -> str:
    """Return the server's short code where it is one: a server may write anything there."""
    code = error.code
    return f", {code}" if isinstance(code, str) and _SAFE_CODE.fullmatch(code) else ""
