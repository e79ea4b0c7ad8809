"""Signed HTTP of Slack over loopback: an unsigned request is not read, and a signed one is carried out once."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import io
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.slack.http import LARGEST, PATH, listen_http
from core.inbox.postgres import open_inbox
from core.postgres.database import Database
from tests.servers.ports import own_port

SECRET = "loopback-secret"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
DEEP = b"[" * 400_000
RUBBISH: Mapping[str, tuple[bytes, Mapping[str, str]]] = {
    "nothing": (b"", {"Content-Type": JSON}),
    "words": (b"hello", {"Content-Type": FORM}),
    "half of JSON": (b'{"type": ', {"Content-Type": JSON}),
    "a list": (b"[1]", {"Content-Type": JSON}),
    "a number": (b"7", {"Content-Type": JSON}),
    "deep JSON": (DEEP, {"Content-Type": JSON}),
    "deep objects": (b'{"a":' * 150_000, {"Content-Type": JSON}),
    "deep JSON in a form": (b"payload=" + DEEP, {"Content-Type": FORM}),
    "a payload that is a list": (b"payload=[]", {"Content-Type": FORM}),
    "no UTF-8": (b'{"type": "\xff\xfe"}', {"Content-Type": JSON}),
    "a charset that is none": (b'{"type": ', {"Content-Type": "application/json; charset=klingon"}),
    "a type that is none": (b"\x00", {"Content-Type": ";;;"}),
    "false gzip": (b"no gzip", {"Content-Encoding": "gzip", "Content-Type": JSON}),
    "gzip": (gzip.compress(b'{"type": "x"}'), {"Content-Encoding": "gzip", "Content-Type": JSON}),
    "a bomb": (gzip.compress(b"0" * 50_000_000), {"Content-Encoding": "gzip", "Content-Type": JSON}),
    "false deflate": (b"no deflate", {"Content-Encoding": "deflate", "Content-Type": JSON}),
    "an encoding that is none": (b"x", {"Content-Encoding": "rot13", "Content-Type": JSON}),
}
WRONG: Mapping[str, Mapping[str, str]] = {
    "neither": {},
    "no time": {"X-Slack-Request-Timestamp": ""},
    "a time that is none": {"X-Slack-Request-Timestamp": "now"},
    "a time with a sign": {"X-Slack-Request-Timestamp": "-1"},
    "a time of other digits": {"X-Slack-Request-Timestamp": "\u0661"},
    "a time without end": {"X-Slack-Request-Timestamp": "9" * 400},
    "no signature": {"X-Slack-Signature": ""},
    "another version": {"X-Slack-Signature": "v1=00"},
    "no ASCII": {"X-Slack-Signature": "v0=é"},
}


def signed(body: bytes, at: float = 0.0) -> dict[str, str]:
    stamp = str(int(at or time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


@dataclass(slots=True)
class Served:
    """What an app did, and where it listens."""

    url: str
    session: aiohttp.ClientSession
    done: list[str] = field(default_factory=list)

    async def post(self, body: bytes, headers: Mapping[str, str], *, chunked: bool = False) -> int:
        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(body), 100_000):
                yield body[at : at + 100_000]

        bare, data = ["Content-Type"], pieces() if chunked else io.BytesIO(body)
        async with self.session.post(self.url, data=data, headers=headers, skip_auto_headers=bare) as answer:
            await answer.read()
            return answer.status


@asynccontextmanager
async def serving(dsn: str) -> AsyncIterator[Served]:
    """Serve one process' part of it: the real listener, a real Bolt app, a real inbox."""
    async with aiohttp.ClientSession() as session, open_inbox(dsn) as inbox:
        with own_port() as port:
            served = Served(f"http://127.0.0.1:{port}{PATH}", session)
            async with listen_http(app_of(served), f"127.0.0.1:{port}", SECRET, inbox.take_once):
                yield served


def app_of(served: Served) -> AsyncApp:
    """Return an app that counts its tasks."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1", bot_id="B1", bot_user_id="U1")

    async def note(ack: AsyncAck, body: Mapping[str, str]) -> None:
        served.done.append(str(body.get("trigger_id")))
        await ack()

    app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)
    app.command("/docs")(note)
    app.action("share")(note)
    app.view("reasons")(note)
    app.shortcut("answer_this")(note)
    return app


@pytest.fixture
async def served(database: Database) -> AsyncIterator[Served]:
    async with serving(database.dsn) as made:
        yield made


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the records above INFO since the last look; none has a stack trace."""
    records = [each for each in caplog.records if each.levelno > logging.INFO]
    caplog.clear()
    assert not [each for each in records if each.exc_info], "a stack trace"
    return records


@pytest.mark.parametrize("name", RUBBISH)
async def test_rubbish_is_refused_in_one_line_whether_it_is_signed_or_not(
    served: Served, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    body, headers = RUBBISH[name]
    caplog.clear()
    for chunked in (False, True):
        assert await served.post(body, headers, chunked=chunked and bool(body)) == 401
        assert len(lines(caplog)) == 1
    assert await served.post(body, {**headers, **signed(body)}) == 400
    assert len(lines(caplog)) == 1
    assert await served.post(body, {**headers, **signed(body, time.time() - 600)}) == 401
    assert len(lines(caplog)) == 1
    assert served.done == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_what_is_too_large_is_refused_in_one_line_before_it_is_read(
    served: Served, caplog: pytest.LogCaptureFixture, *, chunked: bool
) -> None:
    caplog.clear()
    body = b"x" * (LARGEST + 1)
    for headers in ({}, signed(body)):
        assert await served.post(body, headers, chunked=chunked) == 413
        assert len(lines(caplog)) == 1


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_signature_is_refused_in_one_line(
    served: Served, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    body = command("1")
    caplog.clear()
    right = signed(body) if WRONG[name] else {}
    assert await served.post(body, {"Content-Type": FORM, **right, **WRONG[name]}) == 401
    assert len(lines(caplog)) == 1
    assert served.done == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50) + b"\r\n\r\n",
        b"POST /slack/events HTTP/9.9\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    ],
    ids=["TLS", "a version", "a length", "chunks", "a long header", "half"],
)
async def test_what_is_no_http_costs_one_line_at_most_and_leaves_it_listening(
    served: Served, caplog: pytest.LogCaptureFixture, raw: bytes
) -> None:
    caplog.clear()
    host, _, port = served.url.removesuffix(PATH).removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    writer.write_eof()
    response = await asyncio.wait_for(reader.read(), 60)
    assert response[9:12] in (b"400", b"401", b"")
    writer.close()
    body = command("1")
    assert await served.post(body, {"Content-Type": FORM, **signed(body)}) == 200
    assert len(lines(caplog)) <= 1
    assert served.done == ["1"]


# --- once


def command(trigger: str) -> bytes:
    return urlencode({"command": "/docs", "text": "reindex", "team_id": "T1", "trigger_id": trigger}).encode()


def pressed(kind: str, **more: object) -> bytes:
    body = {"type": kind, "trigger_id": kind, "team": {"id": "T1"}, "user": {"id": "U2"}, **more}
    return urlencode({"payload": json.dumps(body)}).encode()


ONCE = {
    "a command": command("1"),
    "a press": pressed("block_actions", actions=[{"action_id": "share", "block_id": "b", "type": "button"}]),
    "a form": pressed("view_submission", view={"callback_id": "reasons", "type": "modal"}),
    "a shortcut": pressed("message_action", callback_id="answer_this"),
}


@pytest.mark.parametrize("name", ONCE)
async def test_what_is_sent_twice_with_one_signature_is_carried_out_once_by_all_processes_and_after_a_restart(
    database: Database, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    body = ONCE[name]
    headers = {"Content-Type": FORM, **signed(body)}
    async with serving(database.dsn) as one, serving(database.dsn) as other:
        async with asyncio.TaskGroup() as group:
            posts = [group.create_task(each.post(body, headers)) for each in (one, other, one, other)]
        statuses = [post.result() for post in posts]
        done = one.done + other.done
    async with serving(database.dsn) as restarted:
        statuses.append(await restarted.post(body, headers))
        done += restarted.done
    assert statuses == [200] * 5
    assert len(done) == 1
    assert sum("came again" in each.getMessage() for each in caplog.records) == 4


async def test_the_same_words_signed_once_more_are_another_request(served: Served) -> None:
    body, now = command("1"), time.time()
    for at in (now, now - 1):
        assert await served.post(body, {"Content-Type": FORM, **signed(body, at)}) == 200
    assert served.done == ["1", "1"]


async def test_a_command_that_cannot_be_known_again_is_not_carried_out(served: Served, database: Database) -> None:
    await database.writers.execute("alter table barred rename to gone")
    body = command("1")
    assert await served.post(body, {"Content-Type": FORM, **signed(body)}) == 503
    assert served.done == []
    await database.writers.execute("alter table gone rename to barred")
    assert await served.post(body, {"Content-Type": FORM, **signed(body)}) == 200
    assert served.done == ["1"]


async def test_an_event_is_left_to_its_own_keys(served: Served, database: Database) -> None:
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event": {"type": "message"}}).encode()
    headers = {"Content-Type": JSON, **signed(body)}
    assert [await served.post(body, headers) for _ in range(2)] == [200, 200]
    assert await database.readers.fetchval("select count(*) from barred") == 0
