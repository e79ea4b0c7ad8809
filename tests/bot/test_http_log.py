"""What is no HTTP costs one line of the log, also where lines are redacted as they are made."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from bot.cli.redaction import redact_logs
from bot.http_log import build_http_log
from core.config.settings import Settings


@pytest.fixture(autouse=True)
def _redacted(nothing_set: None) -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    redact_logs(Settings())
    yield
    logging.setLogRecordFactory(factory)
    logging.captureWarnings(capture=False)


def test_what_is_no_http_is_one_line_that_repeats_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    sentence = "What is no HTTP came, and is refused."
    log = build_http_log("bot.test.http", sentence)
    log.exception("Error handling request from %s", "127.0.0.1", exc_info=BadHttpMessage("canary"))  # noqa: LOG004 - as aiohttp does
    (record,) = caplog.records
    assert (record.levelname, record.name, record.getMessage()) == ("WARNING", "bot.test.http", sentence)
    assert record.exc_text is None
    assert "canary" not in caplog.text


def test_a_fault_of_ours_keeps_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    log = build_http_log("bot.test.http", "What is no HTTP came.")
    log.exception("Failed", exc_info=ZeroDivisionError("by zero"))  # noqa: LOG004 - as aiohttp does
    assert caplog.records[0].levelname == "ERROR"
    assert "ZeroDivisionError: by zero" in caplog.text
