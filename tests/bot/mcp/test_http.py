"""`footnote mcp --http` over real HTTP: both eras, tokens, names of the server, limits, and an orderly end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import uvicorn

from bot.mcp.http import close_idle, open_socket
from core.domain import Source
from core.tasks import run_in_background
from tests.bot.called import call
from tests.bot.filled import BASE, add_source
from tests.bot.install import Install, write_site
from tests.bot.mcp_clients import CALLS, ERAS, check_schema, document_of, sentence_of, stored_links, urls_in
from tests.bot.served_mcp import ServedMcp, add_token, http_client, served_mcp
from tests.servers.raw import send_raw

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
SECRET_WORDS = "canary words that nobody else may read, long enough to be a passage of its own in the index"


@pytest.fixture
async def install(filled: str, tmp_path: Path) -> Install:
    return Install(tmp_path, {"DATABASE_URL": filled, "EMBED_THREADS": "1", "HEALTH_ADDRESS": "off"})


@pytest.fixture
async def served(install: Install) -> AsyncIterator[ServedMcp]:
    async with served_mcp(install, "--allow-host", "Docs.Example.org") as one:
        yield one


async def test_callers_of_both_eras_get_whole_results_with_stored_urls(
    install: Install, filled: str, served: ServedMcp
) -> None:
    token, links = await add_token(install, "editor", "--per-minute", "0"), await stored_links(filled)
    for mode, version in ERAS.items():
        async with http_client(served.url, token, mode) as client:
            assert client.protocol_version == version
            for tool, arguments in CALLS:
                document = document_of(await client.call_tool(tool, arguments))
                await check_schema(client, tool, document)
                assert set(urls_in(document)) <= links
            assert (await client.list_resources()).resources[0].uri == "docs://docs/"
            assert (await client.read_resource("docs://docs/install.html")).contents
    asked = (await call(install, "questions", "--json")).json["questions"]
    assert {(each["platform"], each["asker"]) for each in asked} == {("mcp", "token:editor")}
    gap = next(each for each in (await call(install, "report", "--json")).json["gaps"] if each["reported"])
    assert gap["reported"] == 2
    assert (await call(install, "forget", "token:editor", "--json")).json["questions"] == len(asked)
    assert not any(each["reported"] for each in (await call(install, "report", "--json")).json["gaps"])


async def test_who_has_no_good_token_gets_401_and_a_sentence(install: Install, served: ServedMcp) -> None:
    token = await add_token(install, "gone")
    assert (await served.post(LIST, {"authorization": f"Bearer {token}"}))[0] == 200
    assert (await call(install, "token", "revoke", "gone")).code == 0
    for header in ("", f"Bearer {token}", "Bearer x", f"Basic {token}", "Bearer " + "x" * 5_000, "Bearer", "\u00e4"):
        status, response_body = await served.post(LIST, {"authorization": header} if header else {})
        assert status == 401, header
        assert response_body["error"].endswith("."), response_body
        assert "token" in response_body["error"]
    good = f"Authorization: Bearer {await add_token(install, 'good')}\r\n"
    for headers, status in (
        (f"{good}Authorization: Bearer x\r\n", 401),
        (f"{good}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
    ):
        request = f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n0\r\n\r\n"
        got = await send_raw(served.url.split("/")[2], f"{request}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert got.startswith(b"HTTP/1.1 %d " % status)
        assert got.count(b"HTTP/1.1 ") == 1
    async with aiohttp.ClientSession() as session, session.post(served.url, json=LIST) as response:
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert "footnote token add" in (await response.json())["error"]


async def test_the_server_answers_by_its_names_and_to_pages_of_no_other_machine(
    install: Install, served: ServedMcp
) -> None:
    token = {"authorization": f"Bearer {await add_token(install, 'host')}"}
    for host, status in (
        ("127.0.0.1:9", 200), ("localhost", 200), ("[::1]:80", 200),
        ("docs.example.org", 200), ("DOCS.example.org:443", 200),
        ("evil.example", 421), ("docs.example.org.evil.example", 421), ("127.0.0.1.evil.example", 421), ("", 421),
        ("localhost@evil.example", 421), ("evil.example/localhost", 421),
    ):  # fmt: skip
        found, response_body = await served.post(LIST, token | {"host": host})
        assert found == status, host
        assert status == 200 or "--allow-host" in response_body["error"]
    for origin, status in (
        ("http://localhost:6274", 200), ("http://127.0.0.1", 200),
        ("https://evil.example", 403), ("null", 403), ("http://localhost.evil.example", 403), ("x", 403),
    ):  # fmt: skip
        assert (await served.post(LIST, token | {"origin": origin}))[0] == status, origin


async def test_what_is_no_request_of_mcp_has_its_status(install: Install, served: ServedMcp) -> None:
    token = {"authorization": f"Bearer {await add_token(install, 'odd')}"}
    root = served.url.removesuffix("/mcp")
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{root}/healthz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
        for method, url, headers, status in (
            ("GET", served.url, token, 405),
            ("DELETE", served.url, token, 405),
            ("OPTIONS", served.url, {}, 401),
            ("POST", f"{root}/other", token, 404),
            ("POST", f"{root}/other", {}, 401),
        ):
            async with session.request(method, url, headers=headers) as response:
                assert response.status == status, (method, url)
                assert (await response.json())["error"].endswith(".")
    for body in (b"", b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"jsonrpc": "2.0"}'):
        status, _ = await served.post(body, token)
        assert 400 <= status < 500, body[:20]
    for more in ({}, {"chunked": True}):
        status, response_body = await served.post(b"x" * 1_100_000, token, **more)
        assert (status, response_body["error"][-1]) == (413, ".")
    assert (await served.post(LIST, token))[0] == 200, "it still serves"


async def test_calls_are_counted_and_greetings_are_not(install: Install, served: ServedMcp) -> None:
    token = await add_token(install, "few", "--per-minute", "0", "--per-day", "2")
    async with http_client(served.url, token) as client:
        for _ in range(5):
            assert (await client.list_tools(cache_mode="bypass")).tools
        for _ in range(2):
            assert document_of(await client.call_tool("list_sources", {}))["sources"]
        with pytest.raises(Exception, match="no calls left today"):
            await client.call_tool("list_sources", {})
        with pytest.raises(Exception, match="no calls left today"):
            await client.read_resource("docs://docs/install.html")


async def test_a_token_for_web_pages_is_none_for_mcp(install: Install, served: ServedMcp) -> None:
    page = "http://localhost:8000"
    token = {"authorization": f"Bearer {await add_token(install, 'page', '--origin', page)}"}
    for headers in ({}, {"origin": page}):
        status, response_body = await served.post(LIST, token | headers)
        assert status == 403
        assert "web pages" in response_body["error"]


async def test_an_open_server_answers_programs_of_this_machine_alone(install: Install) -> None:
    is_open = Install(install.folder, {**install.settings, "API_OPEN": "true"})
    refused = await is_open.run("mcp", "--http", "0.0.0.0:0")
    assert refused.code == 78
    assert "loopback" in refused.err
    async with served_mcp(is_open, "--allow-host", "docs.example.org") as served:
        async with http_client(served.url, None) as client:
            assert document_of(await client.call_tool("list_sources", {}))["sources"]
        for headers in (
            {"host": "docs.example.org"},
            {"origin": "https://evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"authorization": "Bearer footnote_wrong"},
        ):
            assert (await served.post(LIST, headers))[0] in (401, 403), headers


async def test_a_source_is_seen_with_its_token_alone(install: Install, filled: str, served: ServedMcp) -> None:
    folder = write_site(install.folder / "secret")
    text = f"<html><head><title>Plan</title></head><body><main><h1>Plan</h1><p>{SECRET_WORDS}.</p></main></body></html>"
    (folder / "plan.html").write_text(text, "utf-8")
    await add_source(filled, folder, Source(0, "secret", "https://secret.example/", visible_to=("token:insider",)))
    insider, other = await add_token(install, "insider"), await add_token(install, "other")
    plan, page = "https://secret.example/plan.html", "docs://secret/plan.html"
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(http_client(served.url, insider))
        unseen = await stack.enter_async_context(http_client(served.url, other, "legacy"))
        assert SECRET_WORDS in str(await seen.call_tool("read_section", {"url": plan, "around": "page"}))
        assert SECRET_WORDS in str(await seen.call_tool("search_docs", {"query": SECRET_WORDS}))
        assert SECRET_WORDS in str(await seen.read_resource(page))
        assert (await seen.read_resource(page)).cache_scope == "private"
        for tool, arguments in (
            ("read_section", {"url": plan}),
            ("search_docs", {"query": SECRET_WORDS, "sources": ["secret"]}),
            ("ask_docs", {"question": f"What are the {SECRET_WORDS}?", "sources": "secret"}),
        ):
            sentence = await sentence_of(unseen, tool, arguments)
            assert sentence.replace("secret.example", "").count("secret") <= 1, "as often as the caller said it"
        assert "secret" not in str(await unseen.call_tool("list_sources", {}))
        assert "secret" not in str(await unseen.list_resources())
        found = await unseen.call_tool("search_docs", {"query": SECRET_WORDS})
        assert all(url.startswith(BASE) for url in urls_in(document_of(found)))
        with pytest.raises(Exception, match="no source named secret"):
            await unseen.read_resource(page)


async def test_a_server_that_is_asked_to_end_ends_with_0_though_a_host_is_connected(
    install: Install, served: ServedMcp
) -> None:
    token = await add_token(install, "long")
    async with http_client(served.url, token) as client:
        assert (await client.list_tools()).tools
        served.process.terminate()
        assert await asyncio.wait_for(served.process.wait(), 60) == 0
    assert served.process.stderr is not None
    assert b"force" not in await served.process.stderr.read()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_connection_that_sends_no_whole_request_is_closed(sent: bytes) -> None:
    config = uvicorn.Config(lambda _: None, http="h11", ws="none", lifespan="off", log_config=None)
    http, listening = uvicorn.Server(config), open_socket("127.0.0.1:0")
    listening.listen()
    async with run_in_background(http.serve(sockets=[listening])), run_in_background(close_idle(http, 0.0)):
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(sent)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()
        http.should_exit = True


async def test_wrong_addresses_are_a_sentence(install: Install) -> None:
    for address, code in (("localhost", 2), ("127.0.0.1:99999", 2), (":1", 2), ("192.0.2.1:1", 78)):
        ended = await install.run("mcp", "--http", address)
        assert (ended.code, ended.err.count("\n")) == (code, 1), ended.err
    assert (await install.run("mcp", "--allow-host", "x")).code == 2
