"""Files and long pastes: which are read, from where, and what the answer says of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from bot.files import (
    MOST_BYTES,
    describe_unread,
    fetch_text,
    is_own_url,
    is_text,
    read_files,
)
from bot.shortening import shorten_middle
from core.inbox.platforms import SharedFile
from core.net.route import DIRECT
from core.sentences import ENGLISH, GERMAN
from tests.servers.ports import HOST, held_port


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (SharedFile("message.txt", "text/plain; charset=utf-8"), True),
        (SharedFile("Untitled", "text/x-python"), True),
        (SharedFile("app.log"), True),
        (SharedFile("compose.yaml", "application/octet-stream"), True),
        (SharedFile("data", "application/json"), True),
        (SharedFile("shot.png", "image/png"), False),
        (SharedFile("notes.txt", "image/png"), False),
        (SharedFile("letter.rtf", "text/rtf"), False),
        (SharedFile("core.zip", "application/zip"), False),
        (SharedFile("huge.log", "text/plain", size=MOST_BYTES + 1), False),
        (SharedFile(""), False),
    ],
)
def test_text_is_what_says_to_be_text_and_is_small_enough(file: SharedFile, expected: bool) -> None:
    assert is_text(file) is expected


API = "http://127.0.0.1:99/api/"


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.txt", True),
        ("https://files.slack.com:443/a.txt", True),
        ("http://127.0.0.1:99/files/a.txt", True),
        ("http://files.slack.com/a.txt", False),
        ("https://files.slack.com:8443/a.txt", False),
        ("https://files.slack.com.evil.example/a.txt", False),
        ("https://evil.example/files.slack.com/a.txt", False),
        ("https://files.slack.com@evil.example/a.txt", False),
        ("http://127.0.0.1:98/a.txt", False),
        ("http://127.0.0.1:99@evil.example/a.txt", False),
        ("https://[evil/a.txt", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_a_file_is_fetched_from_the_platforms_own_hosts_alone(url: str, ours: bool) -> None:
    assert is_own_url(url, {"files.slack.com"}, API) is ours
    assert is_own_url("", {"files.slack.com"}, "") is False


def test_a_text_that_is_too_long_loses_its_middle() -> None:
    text = f"the beginning {'x' * 5_000} the end"
    short = shorten_middle(text, 1_500)
    assert len(short) == 1_500
    assert short.startswith("the beginning")
    assert short.endswith("the end")
    assert shorten_middle(short, 1_500) == short


async def test_what_cannot_be_read_is_named_and_the_rest_goes_on() -> None:
    async def fetch(file: SharedFile) -> str | None:
        return {"a.txt": "alpha", "empty.txt": " \n"}.get(file.name)

    names = ["a.txt", "shot.png", "empty.txt", "gone.txt"]
    read = await read_files([SharedFile(each) for each in names], fetch)
    assert (read.texts, read.unread) == (("alpha",), ("shot.png", "gone.txt"))


def test_the_clause_names_three_files_in_the_language_of_the_sentences() -> None:
    def plain(text: str, longest: int) -> str:
        return text[:longest]

    assert describe_unread((), ENGLISH, plain) == ""
    assert describe_unread(("a.png",), GERMAN, plain) == "Ich konnte a.png nicht lesen."
    assert describe_unread(tuple("abcde"), ENGLISH, plain) == "I could not read a, b, c and 2 more."


@pytest_asyncio.fixture
async def site() -> AsyncIterator[tuple[str, list[str]]]:
    """Serve files that are good and bad; yield the url and the paths that were asked for."""
    asked: list[str] = []
    bodies = {
        "/a.txt": b"\xef\xbb\xbfalpha",
        "/big.txt": b"x" * (MOST_BYTES + 1),
        "/odd.txt": b"a\0b",
        "/none.txt": b"",
    }

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/moved.txt":
            return web.Response(status=302, headers={"Location": "/a.txt"})
        if request.path == "/login.txt":
            return web.Response(text="<h1>Sign in</h1>", content_type="text/html")
        return web.Response(body=bodies[request.path], status=404 if request.path == "/none.txt" else 200)

    app = web.Application()
    app.router.add_get("/{name}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    with held_port() as port:
        await web.TCPSite(runner, HOST, port, reuse_port=True).start()
        try:
            yield f"http://{HOST}:{port}", asked
        finally:
            await runner.cleanup()


async def test_a_file_is_read_as_it_is(site: tuple[str, list[str]]) -> None:
    assert await fetch_text(SharedFile("a.txt", "text/plain", f"{site[0]}/a.txt"), DIRECT) == "alpha"


@pytest.mark.parametrize("name", ["moved", "login", "big", "odd", "none"])
async def test_what_is_elsewhere_too_large_or_no_text_is_not_read(site: tuple[str, list[str]], name: str) -> None:
    assert await fetch_text(SharedFile("a.txt", "text/plain", f"{site[0]}/{name}.txt"), DIRECT) is None
    assert site[1] == [f"/{name}.txt"], "no redirect is followed"


async def test_a_host_that_is_away_is_no_fault_of_ours() -> None:
    with held_port() as port:
        assert await fetch_text(SharedFile("a.txt", "text/plain", f"http://{HOST}:{port}/a.txt"), DIRECT) is None
