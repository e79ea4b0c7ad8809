"""Takes secrets out of all log lines: those of our loggers, of the SDKs at DEBUG, warnings, tracebacks.

    "GET http://me:pass@host/v1  Bearer sk-abc"   ->   "GET http://[secret]@host/v1  Bearer [secret]"

This happens as a record is made, before any handler sees it, so it covers the handlers that a library installs as well.
Secrets are: the values of the secret settings as they are, user and password of any url, and whatever has the shape of
a key or a token. What is stored or shown to people does not pass here.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from core.config.settings import Settings, headers_by_source, load
from core.errors import ConfigurationError

REDACTED = "[secret]"
_SHORTEST = 6
"""Fewest letters of a secret that is looked for as it is: a shorter one would take words out of every line."""

_USERINFO = re.compile(r"(?<=://)[^\s/?#\"'<>]{1,600}@")
_SHAPES = re.compile(
    r"\b(?:xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]{4,300}|\bsk-[\w-]{8,300}"
    r"|(?<=\bBearer )[\w.~+/=-]{4,2000}|(?<=\bBot )[\w.-]{20,200}|(?<=\bBasic )[\w+/=-]{8,2000}"
    r"|(?<=/sign-in/)[\w-]{20,200}"  # a link to the console: DEBUG of an SDK logs what is sent
    r"|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,40}\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?P<name>[?&](?:ticket|token|access_token|api_?key|key|secret|password|signature|sig)=|\bpassword=)"
    r"(?:'(?:[^'\\]|\\.){1,300}'|[^\s&\"'<>#]{1,2000})"
    r"|(?P<header>\b(?:authorization|x-api-key|api-key|cookie|set-cookie)\b[\"']?\s{0,2}[:=,]\s{0,2}b?[\"'])"
    r"[^\"'\n]{1,4000}",
    re.IGNORECASE,
)


def redact_logs(settings: Settings | None = None) -> None:
    """Redact what is logged from now on; without `settings`, by those of the environment if they can be read."""
    try:
        secrets = frozenset(secrets_of(settings or load()))
    except ConfigurationError:  # the code that needs the settings reports that
        secrets = frozenset()
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(_Factory(factory.inner if isinstance(factory, _Factory) else factory, secrets))
    logging.captureWarnings(capture=True)


def secrets_of(settings: Settings) -> Iterator[str]:
    """Yield the values of all secret settings, and the passwords in addresses, as written, decoded and encoded."""
    for headers in headers_by_source(settings.crawl_headers).values():
        yield from headers.values()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else ""
        address = text or str(value)
        password = urlsplit(address).password if "://" in address else None
        for each in (text, password or ""):
            yield from (each, unquote(each), quote(each, safe=""))


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text with `REDACTED` in place of secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, REDACTED)
    text = _USERINFO.sub(f"{REDACTED}@", text)
    text = _NAMED.sub(lambda match: f"{match['name'] or match['header']}{REDACTED}", text)
    return _SHAPES.sub(REDACTED, text)


class _Factory:
    """Makes records whose message, traceback and stack are finished text without secrets."""

    def __init__(self, inner: Callable[..., logging.LogRecord], secrets: frozenset[str]) -> None:
        self.inner, self._secrets = inner, secrets

    def __call__(self, *arguments: Any, **named: Any) -> logging.LogRecord:
        record = self.inner(*arguments, **named)
        record.msg, record.args = redact(_message(record), self._secrets), ()
        if record.exc_info and record.exc_info[0] is not None:
            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            record.exc_text, record.exc_info = redact(trace, self._secrets), None
        if record.stack_info:
            record.stack_info = redact(record.stack_info, self._secrets)
        return record


def _message(record: logging.LogRecord) -> str:
    """Return the message of a record, even if its arguments do not fit: `logging` would print those as they are."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - an argument's __str__ may raise anything, and a log line must stop nothing
        return f"{record.msg!r} {record.args!r}"
