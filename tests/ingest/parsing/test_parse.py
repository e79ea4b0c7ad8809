"""The parser's child process: what it answers, what kills it, and who notices."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import psutil
import pytest

from ingest.parsing import parse
from ingest.parsing.child import GROWN
from ingest.parsing.parse import ParseFailed, Parser
from tests.ingest.parsers import patient_parser

URL = "https://docs.example/page"
HTML = "text/html; charset=utf-8"
PAGE = ("<html lang=en><h1 id=t>Title</h1><p>" + "Words that are worth keeping. " * 10 + "</p><a href=x>y</a>").encode()
HANGS = b"<html><body>" + b"<div>" * 200_000
"""Lexbor needs a minute for it: the depth costs its square."""

BLOATS = b"<b>x" * 1_200_000
FEW = 1.5
"""Processor seconds for a page that hangs."""


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    async with patient_parser() as opened:
        yield opened


async def test_a_page_comes_back_split(parser: Parser) -> None:
    parsed = await parser.parse(PAGE, HTML, URL)
    assert parsed.extract.blocks == ()
    assert parsed.extract.links == ("https://docs.example/x",)
    assert parsed.extract.language == "en"
    (passage,) = parsed.passages
    assert (passage.link, passage.path, passage.title) == (f"{URL}#t", ("Title",), "Title")


async def test_the_child_decodes(parser: Parser) -> None:
    body = ("<p>" + "Gr\u00fc\u00dfe aus der Dokumentation. " * 12).encode("cp1252")
    parsed = await parser.parse(body, "text/html; charset=iso-8859-1", URL)
    assert "Gr\u00fc\u00dfe" in parsed.passages[0].text


async def test_one_child_serves_many_pages_in_order(parser: Parser) -> None:
    async def title(number: int) -> str:
        return (await parser.parse(f"<h1>{number}</h1>".encode(), HTML, URL)).extract.title

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(title(number)) for number in range(40)]
    assert [task.result() for task in tasks] == [str(number) for number in range(40)]


async def test_a_page_that_hangs_fails_alone() -> None:
    async with patient_parser(FEW) as parser, asyncio.TaskGroup() as group:
        before = group.create_task(parser.parse(PAGE, HTML, URL))
        hanging = group.create_task(_reason(parser, HANGS))
        after = group.create_task(parser.parse(PAGE, HTML, URL))
    assert hanging.result() == "parser timed out"
    assert before.result() == after.result()


async def test_a_page_that_got_no_processor_is_read_once_it_gets_some() -> None:
    async with patient_parser(FEW / 3) as parser:
        await parser.parse(PAGE, HTML, URL)
        assert parser.pid is not None
        os.kill(parser.pid, signal.SIGSTOP)
        waiting = asyncio.ensure_future(parser.parse(PAGE, HTML, URL))  # noqa: TID251  # awaited three lines below
        await asyncio.sleep(FEW / 2)
        os.kill(parser.pid, signal.SIGCONT)
        assert (await waiting).passages


async def test_a_child_that_waits_without_end_is_ended_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    async with patient_parser(FEW / 3) as parser:
        await parser.parse(PAGE, HTML, URL)
        assert parser.pid is not None
        os.kill(parser.pid, signal.SIGSTOP)
        with monkeypatch.context() as patch:
            patch.setattr(parse, "WAITS", 1)
            assert await _reason(parser, PAGE) == "parser timed out"
        assert (await parser.parse(PAGE, HTML, URL)).passages


async def test_a_page_that_bloats_fails_or_passes_within_the_limit() -> None:
    async with patient_parser(5.0) as parser:
        await parser.parse(PAGE, HTML, URL)
        peak = 0
        async with asyncio.TaskGroup() as group:
            bloating = group.create_task(_reason(parser, BLOATS))
            while not bloating.done():
                peak = max(peak, _resident(parser.pid))
                await asyncio.sleep(0.005)
        assert bloating.result() in {"", "parser ran out of memory", "parser crashed", "parser timed out"}
        assert peak < 512 << 20
        assert (await parser.parse(PAGE, HTML, URL)).passages


async def test_the_child_of_a_large_process_is_kept(parser: Parser) -> None:
    ballast = bytearray(os.urandom(1)) * (300 << 20)
    await parser.parse(PAGE, HTML, URL)
    first = parser.pid
    await parser.parse(PAGE, HTML, URL)
    assert len(ballast) > GROWN
    assert first is not None
    assert parser.pid == first


async def test_a_killed_child_is_replaced(parser: Parser) -> None:
    await parser.parse(PAGE, HTML, URL)
    first = parser.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with contextlib.suppress(ParseFailed):
        await parser.parse(PAGE, HTML, URL)
    assert (await parser.parse(PAGE, HTML, URL)).passages
    assert parser.pid != first


async def test_giving_up_leaves_the_next_page_in_step(parser: Parser) -> None:
    await parser.parse(PAGE, HTML, URL)
    for delay in (0.0, 0.001, 0.003):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(delay):
                await parser.parse(b"<h1>given up</h1>" + b"<p>x</p>" * 20_000, HTML, URL)
        assert (await parser.parse(PAGE, HTML, URL)).extract.title == "Title"


async def test_closing_ends_the_child_and_who_waits() -> None:
    async with Parser() as parser:
        await parser.parse(PAGE, HTML, URL)
        pid = parser.pid
        waiting = asyncio.ensure_future(parser.parse(HANGS, HTML, URL))  # noqa: TID251  # outlives the parser on purpose
        await asyncio.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_what_fails_next_to_the_parser_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with Parser():
            raise ZeroDivisionError


async def test_a_nest_of_a_hundred_thousand_takes_nobody_along(parser: Parser) -> None:
    async with patient_parser(FEW) as hurried:
        assert await _reason(hurried, b"<div>" * 100_000 + b"x") == "parser timed out"
    assert await _reason(parser, b"<ul><li>" * 1_500 + b"x") == ""


def test_the_child_dies_with_a_parent_that_is_killed() -> None:
    program = (
        "import asyncio\nfrom ingest.parsing.parse import Parser\n"
        "async def main():\n    async with Parser() as parser:\n"
        "        await parser.parse(b'<p>x', 'text/html', 'https://docs.example/')\n"
        "        print(parser.pid, flush=True)\n        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    assert _is_gone(child, within=60.0)


def _is_gone(process: psutil.Process, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.02)
                continue
        return True
    return False


async def _reason(parser: Parser, body: bytes) -> str:
    """Return why a page failed, "" where it did not."""
    try:
        await parser.parse(body, HTML, URL)
    except ParseFailed as failed:
        return str(failed)
    return ""


def _resident(pid: int | None) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).memory_info().rss if pid is not None else 0
    return 0
