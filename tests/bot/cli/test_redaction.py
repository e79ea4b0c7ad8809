"""What is logged holds no secret, from any logger, at any level, through any handler."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import aclosing, suppress

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import discord as platform  # it keeps the library's warning away
from bot.cli.redaction import REDACTED, redact, redact_logs, secrets_of
from core.answer.engine import Engine
from core.answer.prompt import Style
from core.config.settings import Settings
from core.domain import Question
from core.errors import ModelError
from core.models.openai_client import ModelServer
from core.models.openai_reader import OpenAIReader, ReaderLimits
from tests.fakes import FakeEmbedder, FakeIndex, hit
from tests.servers.openai_server import serve_openai
from tests.servers.slack import serve_slack

CANARY = "canary"
SETTINGS = Settings.model_validate(
    {
        "OPENAI_API_KEY": "sk-canary-openai-1",
        "OPENAI_BASE_URL": "http://me:canary%2Fpass@127.0.0.1:1/v1",
        "COHERE_API_KEY": "plain/canary/key",
        "SLACK_SIGNING_SECRET": "0123canary4567",
        "DATABASE_URL": "postgresql://me:canary-word@db.example/footnote",
        "CRAWL_HEADERS": '{"docs": {"Cookie": "session=canary"}}',
    }
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect all that a handler at DEBUG writes; the loggers are restored afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handler, level, factory = logging.StreamHandler(stream), root.level, logging.getLogRecordFactory()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    redact_logs(SETTINGS)
    try:
        yield stream
    finally:
        logging.captureWarnings(capture=False)
        logging.setLogRecordFactory(factory)
        root.setLevel(level)
        root.removeHandler(handler)


@pytest.mark.parametrize(
    "line",
    [
        "POST http://me:canary@host.example/v1",
        "connect to postgresql://canary:canary@db.example:5432/x?sslmode=require",
        "proxy http://canary@proxy.example",
        "an @ inside: http://me:ca@canary@host.example/",
        "wss://wss.example/link/?ticket=canary-1&app_id=canary2".replace("canary2", "two"),
        "Authorization: Bearer canary.abc-1",
        "{'Authorization': 'Bot canary'}",
        "{b'x-api-key': b'canary'}",
        '"cookie": "session=canary"',
        "token xoxb-1-canary and xapp-1-CANARY and sk-proj-canary_1",
        "host=db.example password=canary dbname=x",
        "host=db.example password='canary \\' canary' dbname=x",
        "https://api.example/?key=canary",
        "key plain/canary/key here",
        "url-encoded plain%2Fcanary%2Fkey",
        "signed with 0123canary4567",
        "body: {'text': 'https://console.example/sign-in/canary-canary_canary-canary-canary-canary'}",
        "word canary-word and canary/pass and canary%2Fpass",
    ],
)
def test_no_secret_is_left_in_a_line(line: str) -> None:
    redacted = redact(line, set(secrets_of(SETTINGS)))
    assert CANARY not in redacted.lower()
    assert REDACTED in redacted


@pytest.mark.parametrize(
    "line",
    [
        "Crawled docs in 3 s: https://docs.example/guide?page=2#key",
        "a@b.example asked, task-based, risk-averse",
        "HTTP Request: POST https://api.openai.com/v1/chat/completions",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert redact(line, set(secrets_of(SETTINGS))) == line


def test_arguments_tracebacks_stacks_and_warnings_are_redacted(log: io.StringIO) -> None:
    logger = logging.getLogger("somebody.else")
    logger.info("Request to %s with %r", "http://me:canary@h.example", {"api-key": "plain/canary/key"})
    logger.info("too few arguments: %s %s", "plain/canary/key")
    error = ValueError("no answer of http://me:canary@h.example")
    logger.error("it failed", exc_info=error)
    logger.info("stack", stack_info=True)
    slow = "http://me:canary" + "@h.example is slow"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(slow, stacklevel=1)
    written = log.getvalue()
    assert "no answer of" in written
    assert "is slow" in written
    assert CANARY not in written.replace('canary@h.example is slow"', "").replace("# ", "")


def test_a_handler_that_a_library_installs_later_gets_no_secret_either(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = logging.StreamHandler(sys.stderr)
    platform.discord.utils.setup_logging(handler=handler, level=logging.DEBUG, root=False)  # type: ignore[attr-defined]  # where the code under test has it
    try:
        logging.getLogger("discord.gateway").debug("IDENTIFY %s", {"token": "plain/canary/key"})
    finally:
        logging.getLogger("discord").removeHandler(handler)
    assert "IDENTIFY" in capsys.readouterr().err
    assert CANARY not in log.getvalue()


async def test_the_sdks_at_debug_log_no_key_and_no_password(log: io.StringIO) -> None:
    async with serve_openai("Use `fit` [1].") as server:
        base = server.base_url.replace("://", "://me:canary-word@")
        reader = OpenAIReader(
            ModelServer("sk-canary-openai-1", base), model="m", style=Style(), budget=2_000, limits=ReaderLimits()
        )
        for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        async with aclosing(reader):
            with suppress(ModelError):
                engine = Engine(FakeIndex([hit("Use `fit`.")]), FakeEmbedder(), reader)
                assert [event async for event in engine.ask(Question("How do I start?"))]
    async with serve_slack() as slack:
        base, logger = slack.api_url.replace("://", "://me:canary-word@"), logging.getLogger("slack_sdk")
        logger.setLevel(logging.DEBUG)
        client = AsyncWebClient(token="xoxb-1-canary", base_url=base, logger=logger)
        with suppress(Exception):
            await client.auth_test()
    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    written = log.getvalue()
    assert "chat/completions" in written
    assert CANARY not in written
