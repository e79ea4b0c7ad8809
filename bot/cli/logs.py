"""How long-running commands log to standard error: one line per event, as text for people or JSON for collectors.

    text   2026-11-30T08:19:19.042Z WARNING core.work.queue: Postgres cannot be reached. The worker tries again.
    json   {"time": "2026-11-30T08:19:19.042Z", "level": "warning", "logger": "core.work.queue", "message": "..."}

Says nothing about what may be in a line: the code that logs it decides.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

QUIET = (
    *("apscheduler", "pgqueuer", "asyncio", "slack_bolt", "slack_sdk", "discord", "httpx", "httpx2", "openai"),
    *("mcp", "uvicorn", "sse_starlette"),
)
"""Libraries of which only warnings are logged, at every LOG_LEVEL: below that they log what people ask."""

_FOOTNOTE = "footnote"


class TextFormatter(logging.Formatter):
    """Time in UTC, level, logger, message; an exception follows on separate lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """Return the time as ISO 8601 in UTC, whatever the time zone of this machine is."""
        return _time_of(record)


class JsonFormatter(logging.Formatter):
    """One JSON object without a line break; `exception` only if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        fields = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:  # `bot.cli.redaction` has formatted it without secrets
            fields["exception"] = record.exc_text
        elif record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def open_log(level: str, form: str) -> logging.Handler:
    """Log to standard error from `level` up, in the form `text` or `json`, and return the only handler."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.setLevel(level.upper())
    logging.basicConfig(handlers=[handler], level=level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler


def say_in_log(sentence: str, level: int = logging.INFO) -> bool:
    """Log what a command reports at its start or its end, if the log is JSON. Return whether it is."""
    if not any(isinstance(handler.formatter, JsonFormatter) for handler in logging.getLogger().handlers):
        return False
    logging.getLogger(_FOOTNOTE).log(level, sentence)
    return True


def _time_of(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
