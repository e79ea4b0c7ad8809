"""The HTTP API: answers whole and as they come, search, feedback, and a status with a sentence for what is wrong."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from bot.api.guard import GuardRules
from bot.api.openapi import build_document
from bot.api.server import build_app
from bot.connections import Connections
from bot.documents import answer_to_document
from bot.service.answers import open_service
from core.config.settings import Settings
from core.domain import Answer, Question
from core.history.port import QuestionFilter, QuestionRecord
from core.inbox.callers import API, WIDGET
from core.inbox.outcome import QuestionOutcome
from core.net.addresses import parse_networks
from core.sentences import ENGLISH
from core.tokens.port import NewToken
from core.wiring import Footnote, open_footnote
from tests.bot.served_api import ORIGIN, Got, ServedApi, serve_api
from tests.servers.raw import send_raw

ASKED = "What does the beta parameter say?"
PUBLIC = {"Origin": ORIGIN}
WITHOUT_TOKEN = [
    ("GET", "/healthz", 200),
    ("GET", "/widget.js", 200),
    ("GET", "/v1/openapi.json", 401),
    ("GET", "/v1/sources", 401),
    ("GET", "/v1/models", 401),
    ("POST", "/v1/ask", 401),
    ("POST", "/v1/search", 401),
    ("POST", "/v1/feedback", 401),
    ("POST", "/v1/chat/completions", 401),
    ("GET", "/", 401),
    ("GET", "/nothing/here", 401),
    ("DELETE", "/v1/ask", 401),
    ("POST", "/healthz", 401),
    ("OPTIONS", "/v1/ask", 401),
]
WRONG_BODIES = [
    (b"", 400),
    (b"{", 400),
    (b"null", 400),
    (b"[]", 400),
    (b'"text"', 400),
    (b"\xff\xfe{}", 400),
    (b'{"question": "\xc3\x28"}', 400),
    (b'{"question": "\\ud800"}', 400),
    (b"[" * 100_000, 400),
    (b'{"question":' + b'{"a":' * 50_000, 400),
    (b'{"question": NaN}', 400),
    (b'{"question": ' + b"9" * 5_000 + b"}", 400),
    (b'{"question": 7}', 400),
    (b'{"question": null}', 400),
    (b'{"question": ["a"]}', 400),
    (b'{"question": "a beta", "sources": "docs"}', 400),
    (b'{"question": "a beta", "previous": [{"question": 1}]}', 400),
    (b'{"question": "a beta", "unknown": 1}', 400),
    (b'{"questions": "a beta"}', 400),
    (b'{"question": ""}', 400),
    (b'{"question": "' + b"a" * 5_000 + b'"}', 400),
    (b'{"question": "' + b"a" * 20_000 + b'"}', 400),
    (b'{"question": "' + b"a" * 2_000_000 + b'"}', 413),
    (b'{"question": "a beta", "version": "no such"}', 404),
]


async def records(api: ServedApi) -> list[QuestionRecord]:
    return await api.footnote.history.list_questions(QuestionFilter(), 100)


def check_schema(got: Got, name: str) -> None:
    """Raise an error unless a response is as the OpenAPI document describes it."""
    schemas = build_document()["components"]["schemas"]
    jsonschema.validate(got.json, {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})


async def engine_answer(footnote: Footnote, question: str) -> dict[str, Any]:
    events = [event async for event in footnote.engine.ask(Question(question, audience=frozenset({"token:ci"})))]
    answer = events[-1]
    assert isinstance(answer, Answer)
    return json.loads(json.dumps(answer_to_document(replace(answer, timings_ms={}))))


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "id"} | {"timings_ms": {}}


async def test_an_answer_is_that_of_the_engine_and_a_stored_question(api: ServedApi) -> None:
    got = await api.ask(ASKED)
    assert got.status == 200
    check_schema(got, "AnswerShape")
    assert without_times(got.json) == await engine_answer(api.footnote, ASKED)
    assert got.json["outcome"] == "answered"
    assert got.headers["Server"] == "footnote"
    (record,) = await records(api)
    assert (record.platform, record.asker, record.outcome) == (API, "token:ci", QuestionOutcome.ANSWERED)


async def test_events_are_those_of_the_engine_and_end_with_the_answer(api: ServedApi) -> None:
    got = await api.call("POST", "/v1/ask", {"question": ASKED}, headers={"Accept": "text/event-stream"})
    assert got.headers["Content-Type"].startswith("text/event-stream")
    names = [name for name, _ in got.events]
    assert names == ["question", "evidence", *["delta"] * (len(names) - 3), "answer"]
    documents = dict(got.events)
    assert documents["question"]["id"] == documents["answer"]["id"]
    assert "".join(each["text"] for name, each in got.events if name == "delta") == documents["answer"]["answer"]
    assert without_times(documents["answer"]) == await engine_answer(api.footnote, ASKED)
    assert documents["evidence"]["passages"][0]["source"] == "docs"


async def test_a_refused_question_has_its_status_also_where_events_are_wanted(api: ServedApi) -> None:
    for headers in ({}, {"Accept": "text/event-stream"}):
        for body, status in (({"question": "?"}, 400), ({"question": ASKED, "sources": ["gone"]}, 404)):
            got = await api.call("POST", "/v1/ask", body, headers=headers)
            assert got.status == status
            check_schema(got, "ErrorShape")
    assert await records(api) == []


async def test_search_finds_passages_and_sources_are_listed(api: ServedApi) -> None:
    got = await api.call("POST", "/v1/search", {"query": "beta parameter", "limit": 3})
    check_schema(got, "HitsShape")
    assert len(got.json["hits"]) == 3
    got = await api.call("GET", "/v1/sources")
    check_schema(got, "SourcesShape")
    assert [each["name"] for each in got.json["sources"]] == ["docs"]


async def test_feedback_is_stored_for_the_answer_with_that_id(api: ServedApi) -> None:
    answer = (await api.ask(ASKED, user="alice")).json
    body = {"id": answer["id"], "thumb": "down", "reason": "incomplete", "comment": "Say more.", "user": "alice"}
    got = await api.call("POST", "/v1/feedback", body)
    check_schema(got, "StoredShape")
    (record,) = await records(api)
    assert (record.downs, record.reasons, record.comments) == (1, ("incomplete",), ("Say more.",))
    assert (await api.call("POST", "/v1/feedback", body | {"id": "0" * 32})).status == 404
    other = await api.call("POST", "/v1/feedback", body, token=api.public, headers=PUBLIC)
    assert other.status == 404


async def test_the_document_describes_the_routes_and_no_others(footnote: Footnote) -> None:
    async with open_service(footnote) as service:
        app = build_app(service, GuardRules(), ENGLISH)
    routes = {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    paths = build_document()["paths"]
    described = {(method, path) for path, methods in paths.items() for method in methods}
    assert {(method, path.replace("{model:.+}", "{model}")) for method, path in routes} == described


async def test_without_a_token_health_and_the_widget_alone_are_answered(api: ServedApi) -> None:
    for method, path, status in WITHOUT_TOKEN:
        got = await api.call(method, path, {"question": ASKED} if method == "POST" else None, token="")
        assert got.status == status, (method, path)
        if status == 401:
            check_schema(got, "ErrorShape")
            assert got.headers["WWW-Authenticate"] == "Bearer"
            assert "footnote token add" in got.sentence


async def test_a_token_that_is_not_good_is_refused_with_a_sentence(api: ServedApi) -> None:
    expired = await api.footnote.tokens.add(NewToken("old"))
    await api.footnote.database.writers.execute("update token set expires_at = now() where name = 'old'")
    revoked = await api.footnote.tokens.add(NewToken("gone"))
    await api.footnote.tokens.revoke("gone")
    for headers, sentence in (
        ({"Authorization": "Bearer footnote_wrong"}, "not known"),
        ({"Authorization": f"Bearer {api.token}x"}, "not known"),
        ({"Authorization": f"Bearer {expired}"}, "expired"),
        ({"Authorization": f"Bearer {revoked}"}, "revoked"),
        ({"Authorization": f"Basic {api.token}"}, "access token"),
        ({"Authorization": "Bearer "}, "access token"),
        ({"Authorization": "Bearer \udcff".encode("utf-8", "surrogateescape").decode("latin-1")}, "not known"),
    ):
        got = await api.call("POST", "/v1/ask", {"question": ASKED}, token="", headers=headers)
        assert got.status == 401
        assert sentence in got.sentence
        assert "Traceback" not in got.text
    assert (await api.call("GET", "/v1/sources", headers={"Authorization": f"bearer {api.token}"})).status == 200
    twice = f"Authorization: Bearer {api.token}\r\n" * 2
    request = f"GET /v1/sources HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{twice}\r\n"
    assert (await send_raw(f"127.0.0.1:{api.port}", request.encode())).startswith(b"HTTP/1.1 401 ")


async def test_a_wrong_body_gets_its_status_and_a_sentence(api: ServedApi) -> None:
    for data, status in WRONG_BODIES:
        got = await api.call("POST", "/v1/ask", data=data)
        assert got.status == status, data[:60]
        check_schema(got, "ErrorShape")
        assert got.sentence.endswith((".", "?"))
        assert "Traceback" not in got.text
        assert len(got.text) < 1_000
    assert await records(api) == []


async def test_a_body_that_does_not_come_in_time_is_a_408(api: ServedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.api.bodies.BODY_SECONDS", 0.01)
    head = f"POST /v1/ask HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    got = await send_raw(f"127.0.0.1:{api.port}", f"{head}{{".encode())
    assert got.startswith(b"HTTP/1.1 408 ")
    assert b"The body took too long to arrive." in got


async def test_only_json_is_taken(api: ServedApi) -> None:
    body = json.dumps({"question": ASKED}).encode()
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ):
        got = await api.call("POST", "/v1/ask", data=body, headers=headers)
        assert got.status == 415
        assert "Content-Type: application/json" in got.sentence
    good = {"Content-Type": "application/json; charset=utf-8"}
    assert (await api.call("POST", "/v1/ask", data=body, headers=good)).status == 200


async def test_an_unknown_path_and_a_wrong_method_are_sentences(api: ServedApi) -> None:
    got = await api.call("GET", "/v2/ask")
    assert (got.status, got.json["error"]["code"]) == (404, "not_found")
    got = await api.call("GET", "/v1/ask")
    assert (got.status, got.headers["Allow"]) == (405, "POST")
    assert "takes POST" in got.sentence


async def test_a_public_token_answers_its_origins_alone_and_cors_alike(api: ServedApi) -> None:
    body = {"question": ASKED}
    got = await api.call("POST", "/v1/ask", body, token=api.public, headers=PUBLIC)
    assert (got.status, got.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)
    assert "Origin" in got.headers["Vary"]
    (record,) = await records(api)
    assert (record.platform, record.asker) == (WIDGET, "token:web")
    streamed = await api.call(
        "POST", "/v1/ask", body, token=api.public, headers=PUBLIC | {"Accept": "text/event-stream"}
    )
    assert streamed.headers["Access-Control-Allow-Origin"] == ORIGIN
    wrong = await api.call("POST", "/v1/ask", {"question": 1}, token=api.public, headers=PUBLIC)
    assert (wrong.status, wrong.headers["Access-Control-Allow-Origin"]) == (400, ORIGIN)
    foreign = [f"https://{number}.example" for number in range(100)]
    near = (f"{ORIGIN}.evil.example", f"{ORIGIN}:443", f"{ORIGIN}/", ORIGIN.upper(), "http://docs.example.org", "null")
    subtle = ("https://docs.example.org@evil.example", "https://evil.example#docs.example.org", f" {ORIGIN} x", "*")
    for origin in (*foreign, *near, *subtle):
        got = await api.call("POST", "/v1/ask", body, token=api.public, headers={"Origin": origin})
        assert got.status == 403, origin
        assert "Access-Control-Allow-Origin" not in got.headers
        assert got.json["error"]["code"] == "origin_refused"
    got = await api.call("POST", "/v1/ask", body, token=api.public)
    assert got.status == 403
    got = await api.call("POST", "/v1/ask", body, headers=PUBLIC)  # a token of a server, in a browser
    assert "Access-Control-Allow-Origin" not in got.headers


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "`question` is missing."),
        ({"question": ASKED, "limit": 1}, "There is no field `limit` here: see /v1/openapi.json."),
        ([ASKED], "The body must be a JSON object."),
        ({"question": "x" * (1 << 20)}, "The body is larger than 1 MB: send less."),
    ],
)
async def test_a_wrong_body_gets_a_sentence_that_says_what_to_do(api: ServedApi, body: object, sentence: str) -> None:
    assert (await api.call("POST", "/v1/ask", body)).sentence == sentence


async def test_preflights_are_answered_for_origins_of_tokens(api: ServedApi) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    got = await api.call("OPTIONS", "/v1/ask", token="", headers=asks | PUBLIC)
    assert (got.status, got.headers["Access-Control-Allow-Origin"]) == (204, ORIGIN)
    assert "Authorization" in got.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in got.headers
    for origin in ("https://evil.example", "null", "*", f"{ORIGIN}.evil.example"):
        got = await api.call("OPTIONS", "/v1/ask", token="", headers=asks | {"Origin": origin})
        assert got.status == 403
        assert "Access-Control-Allow-Origin" not in got.headers
    await api.footnote.tokens.revoke("web")
    got = await api.call("OPTIONS", "/v1/ask", token="", headers=asks | PUBLIC)
    assert got.status == 204  # so that the question comes, with the key that the log names
    got = await api.call("POST", "/v1/ask", {"question": ASKED}, token=api.public, headers=PUBLIC)
    assert got.status == 401
    assert "Access-Control-Allow-Origin" not in got.headers


async def test_limits_of_a_token_are_told_with_the_seconds_to_wait(api: ServedApi) -> None:
    token = await api.footnote.tokens.add(NewToken("slow", minute_limit=0, day_limit=2))
    assert [(await api.call("GET", "/v1/sources", token=token)).status for _ in range(3)] == [200, 200, 429]
    got = await api.ask(ASKED, token=token)
    assert got.json["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(got.headers["Retry-After"]) <= 86_400


async def test_addresses_are_limited_behind_named_proxies_alone_and_kept_nowhere(
    filled: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    settings = Settings(DATABASE_URL=filled, FOOTNOTE_HOME=tmp_path, EMBED_THREADS=1, API_ADDRESS_LIMIT=2)
    async with open_footnote(settings) as footnote:

        async def statuses(served: ServedApi, *forwarded: str) -> list[int]:
            calls = [PUBLIC | ({"X-Forwarded-For": each} if each else {}) for each in forwarded]
            public = served.public
            return [(await served.call("GET", "/v1/sources", token=public, headers=each)).status for each in calls]

        async with serve_api(footnote) as served:  # no proxy is named: what anybody writes there means nothing
            assert await statuses(served, "192.0.2.1", "192.0.2.2", "192.0.2.3") == [200, 200, 429]
            assert (await served.call("GET", "/v1/sources")).status == 200  # a token of a server has no such limit
        for name in ("ci", "web"):
            await footnote.tokens.revoke(name)
        rules = GuardRules(proxies=parse_networks("127.0.0.0/8, 10.0.0.7"))
        async with serve_api(footnote, rules) as served:
            spoofed = [f"203.0.113.{number}, 192.0.2.1, 10.0.0.7" for number in range(3)]
            assert await statuses(served, *spoofed) == [200, 200, 429]
            assert await statuses(served, "192.0.2.2", "192.0.2.1", "rubbish, 192.0.2.2", "") == [200, 429, 200, 200]
            headers = PUBLIC | {"X-Forwarded-For": "192.0.2.9"}
            asked = await served.call("POST", "/v1/ask", {"question": ASKED}, token=served.public, headers=headers)
            assert asked.status == 200
        assert ASKED in "".join(await rows_of(footnote.database.readers))
        assert "192.0.2." not in "".join([*await rows_of(footnote.database.readers), caplog.text])


async def rows_of(pool: Any) -> list[str]:
    """Return all rows of all tables as text."""
    tables = [row[0] for row in await pool.fetch("select tablename from pg_tables where schemaname = 'public'")]
    return [str(dict(row)) for name in tables for row in await pool.fetch(f"select * from {name}")]  # noqa: S608 - its own


async def test_an_open_server_takes_its_own_name_json_and_no_web_page(footnote: Footnote) -> None:
    async with serve_api(footnote, GuardRules(is_open=True)) as served:
        assert (await served.ask(ASKED, token="")).status == 200
        (record,) = await records(served)
        assert record.asker == "token:open"
        own = f"http://127.0.0.1:{served.port}"
        assert (await served.call("GET", "/v1/sources", token="", headers={"Origin": own})).status == 200
        for headers in (
            {"Host": "evil.example"},
            {"Host": f"evil.example:{served.port}"},
            {"Host": "127.0.0.1.evil.example"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            got = await served.call("POST", "/v1/ask", {"question": ASKED}, token="", headers=headers)
            assert got.status == 403, headers
            assert "Access-Control-Allow-Origin" not in got.headers
        plain = {"Content-Type": "text/plain"}
        assert (await served.call("POST", "/v1/ask", data=b"{}", token="", headers=plain)).status == 415
        assert (await served.call("GET", "/v1/sources", token="footnote_wrong")).status == 401
        localhost = {"Host": f"localhost:{served.port}"}
        assert (await served.call("GET", "/v1/sources", token="", headers=localhost)).status == 200


async def test_a_caller_that_goes_away_ends_the_work_and_nobody_answers_it(api: ServedApi) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Accept": "text/event-stream"}
    async with aiohttp.ClientSession() as session:
        response = await session.post(f"{api.url}/v1/ask", json={"question": ASKED}, headers=headers)
        await response.content.readline()
        response.close()
    async with asyncio.timeout(60):
        while await api.footnote.history.open_count():  # noqa: ASYNC110 - the state of a row, which no event tells
            await asyncio.sleep(0.02)
    (record,) = await records(api)
    assert record.outcome in (QuestionOutcome.UNDELIVERABLE, QuestionOutcome.ANSWERED)


async def test_a_database_that_is_away_is_a_503_with_a_sentence(api: ServedApi) -> None:
    await api.footnote.database.writers.execute("alter table question rename to question_away")
    got = await api.ask(ASKED)
    await api.footnote.database.writers.execute("alter table question_away rename to question")
    assert got.status == 503
    assert "database" in got.sentence
    assert "Retry-After" in got.headers


async def test_more_connections_than_there_is_room_for_are_closed(footnote: Footnote) -> None:
    async with serve_api(footnote, connections=Connections(most=3)) as served:
        held = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(3)]
        await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        for _, each in [*held, (reader, writer)]:
            each.close()


async def test_a_connection_that_drips_headers_is_closed(footnote: Footnote) -> None:
    async with serve_api(footnote, connections=Connections(idle_seconds=0.0)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"POST /v1/ask HTTP/1.1\r\nHost: x\r\n")
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()


async def test_what_is_no_http_is_refused_without_a_traceback(api: ServedApi) -> None:
    for rubbish in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9", b"GET /" + b"a" * 20_000 + b" HTTP/1.1"):
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(rubbish + b"\r\n\r\n")
        async with asyncio.timeout(60):
            got = await reader.read()
        writer.close()
        assert b"Traceback" not in got
        assert b" 500 " not in got
