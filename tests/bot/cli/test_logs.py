"""Lines of log: a time with its zone, a level, an origin; or one JSON object a line, whatever the subject."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.logs import JsonFormatter, TextFormatter
from core.config.settings import load
from core.errors import ConfigurationError
from tests.bot.install import Ended, Install
from tests.servers.ports import held_port

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def record(message: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    made = logging.LogRecord("bot.slack.face", logging.WARNING, "", 0, message, values, None)
    made.created = 1_790_000_000.0425
    if error is not None:
        made.exc_info = (type(error), error, error.__traceback__)
    return made


@pytest.fixture
def far_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set this process's clock to a zone that is not UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_line_of_text_has_time_with_zone_level_and_logger(far_zone: None) -> None:
    line = TextFormatter().format(record("%s of %d", "two", 3))
    assert line == "2026-09-21T14:13:20.042Z WARNING bot.slack.face: two of 3"


def test_a_line_of_json_is_one_object_with_the_exception_in_it(far_zone: None) -> None:
    line = JsonFormatter().format(record("ünd\nnext", error=ValueError("first\nsecond")))
    assert "\n" not in line
    fields = json.loads(line)
    exception = fields.pop("exception")
    assert exception.endswith("ValueError: first\nsecond")
    assert fields == {
        "time": "2026-09-21T14:13:20.042Z",
        "level": "warning",
        "logger": "bot.slack.face",
        "message": "ünd\nnext",
    }
    assert "exception" not in json.loads(JsonFormatter().format(record("all is well")))


async def begun_and_stopped(install: Install, command: str) -> Ended:
    """Start a serving command, ask it to stop once it reports that it is ready, and wait for its end."""
    process = await install.start(command)
    assert process.stderr is not None
    async with asyncio.timeout(300):
        first = await process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
    return Ended(process.returncode or 0, out.decode(), (first + err).decode())


@pytest.mark.parametrize("command", ["up", "worker"])
async def test_all_that_a_process_says_is_json_where_that_is_set(dsn: str, tmp_path: Path, command: str) -> None:
    settings = {"DATABASE_URL": dsn, "LOG_FORMAT": "JSON", "HEALTH_ADDRESS": "off", "RECRAWL_CRON": "off"}
    ended = await begun_and_stopped(Install(tmp_path, settings), command)
    assert ended.out == ""
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert lines
    for line in lines:
        assert {"time", "level", "logger", "message"} <= line.keys()
        assert re.fullmatch(TIME, line["time"])
    assert "Ctrl-C stops it" in lines[0]["message"]


@pytest.mark.parametrize("command", ["up", "worker"])
async def test_what_ends_a_process_is_json_too(tmp_path: Path, command: str) -> None:
    with held_port() as port:
        settings = {"DATABASE_URL": f"postgresql://me@127.0.0.1:{port}/db", "LOG_FORMAT": "json"}
        ended = await Install(tmp_path, settings).run(command)
    assert ended.code == 1
    (line,) = [json.loads(line) for line in ended.err.splitlines()]
    assert (line["level"], line["logger"]) == ("error", "footnote")
    assert "cannot be reached" in line["message"]


WRITER = """
import logging
from bot.cli.serving import log_to_stderr
log_to_stderr()
for number, letter in ((10, "d"), (20, "i"), (30, "w"), (40, "e")):
    logging.getLogger("bot.any").log(number, letter)
    logging.getLogger("slack_sdk.any").log(number, letter.upper())
"""


@pytest.mark.parametrize(("level", "seen"), [("DEBUG", "diwe"), ("info", "iwe"), ("warning", "we"), ("error", "e")])
def test_nothing_below_the_level_is_logged_and_no_library_speaks_below_a_warning(level: str, seen: str) -> None:
    command = [sys.executable, "-c", WRITER]
    written = subprocess.run(command, env={"LOG_LEVEL": level}, capture_output=True, text=True, check=True).stderr
    letters = [line[-1] for line in written.splitlines()]
    assert [letter for letter in letters if letter.islower()] == list(seen)
    assert [letter for letter in letters if letter.isupper()] == [each for each in "WE" if each.lower() in seen]


def test_a_level_and_a_form_that_are_none_are_refused_in_a_sentence(tmp_path: Path, nothing_set: None) -> None:
    for name in ("LOG_LEVEL", "LOG_FORMAT"):
        (tmp_path / ".env").write_text(f"{name}=banana\n")
        with pytest.raises(ConfigurationError, match=f"{name} must be '"):
            load()
