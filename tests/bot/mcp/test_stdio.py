"""`footnote mcp` as a host runs it: the SDK's client and one written by hand, in both eras, over real processes."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.bot.install import Install
from tests.bot.mcp_clients import CALLS, ERAS, check_schema, document_of, stdio_client, stored_links, urls_in
from tests.bot.up import Up

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "by hand", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
QUESTION = "How do I install it?"
ALIKE = ("answer", "outcome", "abstention", "not_covered", "dropped", "faults")
MODULES = """
import atexit, sys
def tell():
    names = {name.partition(".")[0] for name in sys.modules}
    extra = {"mcp", "mcp_types", "starlette", "uvicorn", "sse_starlette"}
    print("LOADED", sorted(names & (extra | {"bot"})), file=sys.stderr)
    print("ROOMS", sorted(name for name in sys.modules if name.startswith("bot.mcp")), file=sys.stderr)
atexit.register(tell)
"""


@pytest.fixture
def install(filled: str, tmp_path: Path) -> Install:
    return Install(tmp_path, {"DATABASE_URL": filled, "EMBED_THREADS": "1", "HEALTH_ADDRESS": "off"})


def call(number: int, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def lines(*messages: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(message)}\n" for message in messages)


@pytest.mark.parametrize("mode", ERAS)
async def test_a_host_of_either_era_gets_whole_results_with_stored_urls(
    install: Install, filled: str, mode: str
) -> None:
    async with stdio_client(install, mode) as client:
        assert client.protocol_version == ERAS[mode]
        links = await stored_links(filled)
        seen = set[str]()
        for tool, arguments in CALLS:
            document = document_of(await client.call_tool(tool, arguments))
            await check_schema(client, tool, document)
            seen |= set(urls_in(document))
        assert seen
        assert seen <= links
        page = await client.read_resource("docs://docs/install.html")
        assert "{#with-pip}" in page.contents[0].text  # type: ignore[union-attr]


async def test_a_client_written_by_hand_is_answered_line_by_line(install: Install) -> None:
    ended = await install.run(
        "mcp",
        stdin=lines(
            HELLO,
            READY,
            {"jsonrpc": "2.0", "id": "two", "method": "tools/list"},
            call(3, "search_docs", {"query": "beta parameter", "limit": 2}),
            call(4, "ask_docs", {"question": QUESTION}),
            {"jsonrpc": "2.0", "id": 5, "method": "no/such/method"},
            {"jsonrpc": "2.0", "id": 6, "method": "ping"},
        ),
    )
    assert ended.code == 0, ended.err
    answers = {each["id"]: each for each in map(json.loads, ended.out.splitlines())}
    assert set(answers) == {1, "two", 3, 4, 5, 6}, "the input ended at once, and all was answered"
    assert answers[1]["result"]["protocolVersion"] == "2025-11-25"
    assert len(answers["two"]["result"]["tools"]) == 5
    assert "ttlMs" not in answers["two"]["result"], "that is of 2026"
    assert len(answers[3]["result"]["structuredContent"]["hits"]) == 2
    answered, printed = answers[4]["result"]["structuredContent"], (await install.run("ask", QUESTION, "--json")).json
    assert {key: answered[key] for key in ALIKE} == {key: printed[key] for key in ALIKE}
    assert [each["url"] for each in answered["citations"]] == [each["url"] for each in printed["citations"]]
    assert answered["outcome"] == "answered"
    assert answers[5]["error"]["code"] == -32601
    assert answers[6]["result"] == {}


async def test_standard_output_holds_nothing_but_the_protocol(install: Install) -> None:
    noisy = Install(install.folder, {**install.settings, "LOG_LEVEL": "debug"})
    secret = "an unguessable question about llamas"
    ended = await noisy.run(
        "mcp", stdin="no json\n[]\n\n{}\n7\n" + lines(HELLO, READY, call(2, "ask_docs", {"question": secret}))
    )
    assert ended.code == 0, ended.err
    for line in ended.out.splitlines():
        assert json.loads(line)["jsonrpc"] == "2.0"
    assert secret not in ended.err, "what people ask is not logged"
    assert '"id":2' in ended.out


async def test_a_line_that_is_too_long_is_left_out_and_the_next_is_answered(install: Install) -> None:
    long = lines(call(2, "ask_docs", {"question": "x" * 5_000_000}))
    ended = await install.run("mcp", stdin=lines(HELLO, READY) + long + lines(call(3, "list_sources", {})))
    assert ended.code == 0, ended.err
    assert {json.loads(line).get("id") for line in ended.out.splitlines()} >= {1, 3}


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
async def test_a_process_that_is_asked_to_end_ends_with_0(install: Install, number: signal.Signals) -> None:
    process = await install.start("mcp")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(lines(HELLO, READY).encode())
    assert json.loads(await process.stdout.readline())["id"] == 1
    process.send_signal(number)  # its input stays open
    assert await asyncio.wait_for(process.wait(), 60) == 0
    assert process.stderr is not None
    assert b"force" not in await process.stderr.read()


async def test_without_the_extra_one_sentence_says_how_to_get_it(install: Install) -> None:
    code = "import sys; sys.modules['mcp'] = None; sys.argv = ['footnote', 'mcp']; from bot.cli.main import run; run()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=install.folder,
        env=install.environment,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (78, b"")
    assert err.decode().count("\n") == 1
    assert "footnote-bot[mcp]" in err.decode()


async def test_footnote_up_loads_nothing_of_mcp(install: Install) -> None:
    code = f"{MODULES}\nsys.argv = ['footnote', 'up', '--no-worker']\nfrom bot.cli.main import run\nrun()"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        stderr=asyncio.subprocess.PIPE,
        cwd=install.folder,
        env={**install.environment, "RECRAWL_CRON": "off"},
    )
    assert process.stderr is not None
    async with asyncio.timeout(120):
        while b"footnote is up" not in await process.stderr.readline():
            pass
    process.terminate()
    rest = (await process.stderr.read()).decode()
    assert await process.wait() == 0
    assert "LOADED ['bot']\nROOMS []" in rest


@pytest.mark.slow
async def test_several_hosts_and_a_bot_share_one_embedded_postgres(tmp_path: Path) -> None:
    own = Install(tmp_path, {"EMBED_THREADS": "1", "HEALTH_ADDRESS": "off", "RECRAWL_CRON": "off"})
    bot = Up(own, tmp_path / "up.log")
    empty = {"sources": [], "left_out": 0}
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(stdio_client(own))
        await bot.start("footnote is up")
        stack.push_async_callback(bot.kill)
        second = await stack.enter_async_context(stdio_client(own, "legacy"))
        assert await bot.stop() == 0
        for client in (first, second):
            assert document_of(await client.call_tool("list_sources", {})) == empty
        assert document_of(await first.call_tool("report_gap", {"question": "a", "missing": "b"}))["number"]
