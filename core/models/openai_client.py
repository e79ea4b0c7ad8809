"""What the embedder and the reader share of OpenAI's SDK: the client, the faults in our words, the retries.

    the SDK says                              we say
    timeout, no connection, 408, 5xx          ModelUnavailable
    429                                       ModelUnavailable, but ModelRefused where the quota is used up
    3xx, 400, 401, 403, 404, ...              ModelRefused, naming the setting to change
    an error inside a stream                  as if it had come with a status
    broken JSON or UTF-8                      ModelMisbehaved

Every argument of the client is passed, so that no variable of the environment, proxy or netrc file changes where a
question goes. A message never holds the key, the question or the server's words, only its short code.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import openai

from core.errors import ConfigurationError, ModelError, ModelMisbehaved, ModelRefused, ModelUnavailable
from core.net.retry_after import parse_retry_after

OPENAI_URL = "https://api.openai.com/v1"

_Result = TypeVar("_Result")
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_BLOCKED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_TOO_LONG = frozenset({"context_length_exceeded", "max_tokens_per_request", "string_above_max_length"})
_TOO_LONG_WORDS = re.compile(
    r"context (?:length|size|window)|max_model_len|max(?:imum)? (?:input|sequence|tokens)|max \d{1,9} tokens"
    r"|too (?:long|large|many tokens)"
)
_SAFE_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,40}")
_TRANSIENT = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Role:
    """What a model is used for, in the words of our messages: `name` opens them, `setting` chooses the model.

    `shorter` says what to do about a text that is too long, apart from choosing another model.
    """

    name: str
    setting: str
    shorter: str = "set "


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to try and how long to wait between, in seconds; with `after_timeout`, also after a silent server.

    A server that asks for more than `longest_wait` gets no further try: coming back earlier would fail as well.
    """

    tries: int
    longest_wait: float
    first_wait: float = 0.5
    after_timeout: bool = False


class _IsolatedClient(openai.AsyncOpenAI):
    """The SDK's client without what its constructor takes from OPENAI_ADMIN_KEY, _ORG_ID, _CUSTOM_HEADERS and so on."""

    def __init__(self, api_key: str, base_url: str, timeout: openai.Timeout) -> None:
        super().__init__(
            api_key=api_key,
            base_url=base_url,
            timeout=timeout,
            max_retries=0,  # the SDK retries an empty quota and sleeps past our deadlines
            http_client=openai.DefaultAsyncHttpxClient(trust_env=False, follow_redirects=False),
        )
        self.admin_api_key = self.organization = self.project = self.webhook_secret = None
        self._custom_headers = {}


def make_client(api_key: str, base_url: str, *, read_seconds: float) -> openai.AsyncOpenAI:
    """Return a client of `base_url` (empty: OpenAI's). Raises `ConfigurationError`.

    `read_seconds`: the longest silence.
    """
    try:
        _ = urlsplit(base_url).port
    except ValueError as exc:
        raise ConfigurationError("OPENAI_BASE_URL is not a url: check its host and port.") from exc
    logging.getLogger("openai").setLevel(logging.WARNING)  # at DEBUG, or with OPENAI_LOG, it writes whole questions
    return _IsolatedClient(api_key, base_url or OPENAI_URL, build_timeouts(read_seconds))


def build_timeouts(read_seconds: float) -> openai.Timeout:
    """Return the SDK's timeouts: 60 s to write or to get a connection, 5 s to connect, `read_seconds` to read."""
    return openai.Timeout(60, connect=5, read=read_seconds)


async def call_with_retries(patience: Patience, call: Callable[[], Awaitable[_Result]]) -> _Result:
    """Return the result of `call`, repeated after faults that pass. Raises the SDK's last error."""
    attempt = 1
    while True:
        try:
            return await call()
        except openai.APIError as error:
            wait = _wait(error, attempt, patience)
            if wait is None:
                raise
        attempt += 1
        await asyncio.sleep(wait)


@contextmanager
def translate_errors(role: Role) -> Iterator[None]:
    """Raise `ModelError` in place of what a call of the SDK raises in a block.

    A TimeoutError comes from our own deadline; ValueError, OverflowError (a number without end) and RecursionError
    (JSON without end) come from one of the SDK's parsers.
    """
    try:
        yield
    except openai.OpenAIError as exc:
        raise _translation(exc, role) from exc
    except TimeoutError as exc:
        raise ModelUnavailable(f"The {role.name} did not answer in time.") from exc
    except (ValueError, OverflowError, RecursionError) as exc:
        raise build_unreadable_error(role) from exc


def build_unreadable_error(role: Role) -> ModelMisbehaved:
    """Return the error for a success that holds nothing to use."""
    return ModelMisbehaved(
        f"The {role.name} answered in a way that cannot be read: check that OPENAI_BASE_URL leads to an "
        "OpenAI-compatible server, usually with /v1 at its end."
    )


def build_blocked_error() -> ModelRefused:
    """Return the error for an answer that a content filter gave instead of the model."""
    return ModelRefused("The answer was blocked by the model provider's content filter: please ask in other words.")


def is_too_long(error: openai.APIError) -> bool:
    """Return whether shorter or fewer texts could pass. Servers agree on no code, so their words count as well."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in (400, 413, 422, 500):
        return False
    return (
        error.status_code == 413 or error.code in _TOO_LONG or bool(_TOO_LONG_WORDS.search(str(error).lower()[:2000]))
    )


def _wait(error: openai.APIError, attempt: int, patience: Patience) -> float | None:
    """Return the seconds until the next try; None: there is none."""
    if attempt >= patience.tries or not _passes(error, patience):
        return None
    asked = _retry_after(error)
    if asked is None:
        return min(patience.first_wait * 2.0 ** (attempt - 1), patience.longest_wait) * random.uniform(0.5, 1)
    return asked * random.uniform(1, 1.1) if asked <= patience.longest_wait else None


def _passes(error: openai.APIError, patience: Patience) -> bool:
    """Return whether the same request could succeed a little later."""
    if isinstance(error, openai.APITimeoutError):
        return patience.after_timeout
    if isinstance(error, openai.APIStatusError):
        transient = error.status_code in _TRANSIENT or error.status_code >= 500
        return transient and not _codes(error) & _QUOTA and not is_too_long(error)
    return isinstance(error, openai.APIConnectionError)


def _retry_after(error: openai.APIError) -> float | None:
    """Return the seconds a server asks for: `"3"`, `"1.5"` or a date; None where it does not, or asks for nonsense."""
    if not isinstance(error, openai.APIStatusError):
        return None
    return parse_retry_after(error.response.headers.get("retry-after", ""))


def _translation(error: openai.OpenAIError, role: Role) -> ModelError:
    """Return the error in our words; the most specific case comes first."""
    if isinstance(error, openai.APITimeoutError):
        return ModelUnavailable(f"The {role.name} did not answer in time.")
    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailable(f"The {role.name} cannot be reached: check OPENAI_BASE_URL and the network.")
    if isinstance(error, openai.APIResponseValidationError) or not isinstance(error, openai.APIError):
        return build_unreadable_error(role)
    by_code = _by_code(error, role)
    if by_code is not None:
        return by_code
    if isinstance(error, openai.APIStatusError):
        return _by_status(error, role)
    return ModelUnavailable(f"The {role.name} broke off with an error{_code(error)}: please ask again in a minute.")


def _by_code(error: openai.APIError, role: Role) -> ModelError | None:
    """Return the error where the server's code says more than its status, else None."""
    codes = _codes(error)
    if codes & _QUOTA:
        return ModelRefused("The account of OPENAI_API_KEY has no quota left: add credit or set another key.")
    if codes & _BLOCKED:
        return build_blocked_error()
    if is_too_long(error) or codes & _TOO_LONG:
        return ModelRefused(
            f"The text is too long for the {role.name}: {role.shorter}a {role.setting} that reads more."
        )
    return None


def _by_status(error: openai.APIStatusError, role: Role) -> ModelError:
    status, shown = error.status_code, f"HTTP {error.status_code}{_code(error)}"
    if status == 429:
        return ModelUnavailable(f"The {role.name} has too many requests just now: please ask again in a minute.")
    if status in _TRANSIENT or status >= 500:
        return ModelUnavailable(f"The {role.name} is out of order ({shown}): please ask again in a minute.")
    advice = {
        401: "check OPENAI_API_KEY",
        402: "the account of OPENAI_API_KEY has no credit left",
        403: f"OPENAI_API_KEY may not use it, so check the key or set another {role.setting}",
        404: f"check {role.setting} and OPENAI_BASE_URL",
    }
    if status < 400:
        return ModelRefused(f"The {role.name} has moved ({shown}): set OPENAI_BASE_URL to its address.")
    told = advice.get(status, f"check {role.setting}")
    return ModelRefused(f"The {role.name} refused the request ({shown}): {told}.")


def _codes(error: openai.APIError) -> frozenset[str]:
    return frozenset(code for code in (error.code, error.type) if isinstance(code, str))


def _code(error: openai.APIError) -> str:
    """Return the server's short code where it is one: a server may write anything there."""
    code = error.code
    return f", {code}" if isinstance(code, str) and _SAFE_CODE.fullmatch(code) else ""
