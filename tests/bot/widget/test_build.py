"""The widget's file: its size, where it comes from, what it may not do, and how it is served. No browser is needed."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from bot.widget.build import FOLDER, MODULES, WIDGET, build_widget, texts_of
from bot.widget.serving import PATH, add_widget
from core.sentences import ENGLISH, GERMAN
from tests.conftest import ROOT

LARGEST = 15_000
"""Bytes of the file as it is sent."""

SOURCES = sorted((FOLDER / "source").glob("*.js"))
FORBIDDEN = [
    *(r"innerHTML", r"outerHTML", r"insertAdjacentHTML", r"document\.write", r"\beval\b", r"\bFunction\(", r"srcdoc"),
    *(
        r'setAttribute\(\s*"style"',
        r"localStorage",
        r"document\.cookie",
        r"indexedDB",
        r"\bimport\(",
        r"XMLHttpRequest",
    ),
    *(r"sendBeacon", r"https?://(?!www\.w3\.org/2000/svg)(?!bot\.example)", r"\.style\b(?!\.js)"),
]


def test_the_file_is_small_and_made_from_its_source() -> None:
    text = WIDGET.read_text("utf-8")
    assert text == build_widget(), "run python -m bot.widget.build"
    assert len(gzip.compress(text.encode(), mtime=0)) <= LARGEST
    assert {path.stem for path in SOURCES} == set(MODULES)
    assert not re.search(r"^(import|export)\b", text, re.MULTILINE)


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_the_source_has_nothing_that_a_strict_policy_or_a_reader_would_mind(pattern: str) -> None:
    for path in SOURCES:
        assert re.findall(pattern, path.read_text("utf-8")) == [], path.name


def test_each_text_is_used_and_has_a_translation() -> None:
    source = "".join(path.read_text("utf-8") for path in SOURCES)
    english, german = texts_of(ENGLISH), texts_of(GERMAN)
    assert english.keys() == german.keys()
    assert [name for name in english if not re.search(rf"\btexts\.{name}\b", source)] == []
    assert set(re.findall(r"\btexts\.(\w+)", source)) - {"js"} == set(english)


@pytest.fixture
async def root() -> AsyncIterator[str]:
    """Serve the file alone."""
    app = web.Application()
    add_widget(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("identity", "identity"),
        ("gzip;q=0, br", "identity"),
        ("", "identity"),
    ],
)
async def test_every_page_may_load_it_and_keep_it_for_a_while(root: str, accepted: str, encoding: str) -> None:
    headers = {"Origin": "https://docs.example", "Accept-Encoding": accepted}
    async with ClientSession(auto_decompress=False) as session, session.get(root + PATH, headers=headers) as response:
        body = await response.read()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers.get("Content-Encoding", "identity") == encoding
    assert (gzip.decompress(body) if encoding == "gzip" else body) == WIDGET.read_bytes()


async def test_a_page_that_has_it_is_told_so(root: str) -> None:
    async with ClientSession() as session:
        async with session.get(root + PATH) as first:
            tag = first.headers["ETag"]
        for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            async with session.get(root + PATH, headers={"If-None-Match": given}) as second:
                assert second.status == 304, given
                assert second.headers["ETag"] == tag
                assert await second.read() == b""
        async with session.get(root + PATH, headers={"If-None-Match": '"other"'}) as third:
            assert third.status == 200
        async with session.head(root + PATH) as head:
            assert head.status == 200
            assert int(head.headers["Content-Length"]) > 0
        async with session.post(root + PATH) as posted:
            assert posted.status == 405


def test_the_page_of_the_docs_names_each_option_and_each_variable() -> None:
    page = (ROOT / "docs/widget.md").read_text("utf-8")
    script = (FOLDER / "source/options.js").read_text("utf-8")
    options = {to_attribute(name) for name in re.findall(r"\bgiven\.(\w+)", script)}
    options |= {
        to_attribute(name) for name in re.findall(r'"(\w+)"', script[script.index("BY_NAME = [") :].partition("]")[0])
    }
    assert {name for name in options if f"`data-{name}`" not in page and f"`data-{name}=" not in page} == set()
    style = (FOLDER / "source/widget.css").read_text("utf-8")
    assert {name for name in re.findall(r"var\((--footnote-[\w-]+)", style) if f"`{name}`" not in page} == set()


def to_attribute(name: str) -> str:
    """Return the name of an attribute: `"consentUrl"` -> `"consent-url"`."""
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", name)
