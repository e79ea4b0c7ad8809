"""What servers answer that are broken, misconfigured or hostile in their own style, and what each answer means."""

from __future__ import annotations

import gzip
import zlib

import pytest

from core.errors import SiteUnreachable
from core.net.retry_after import parse_retry_after
from core.net.urls import normalise
from ingest.html.extract import extract
from ingest.web.body import decode_text
from ingest.web.headers import hop_target, validator
from ingest.web.results import Fetched, FetchRequest, Refused
from ingest.web.robots import load_robots
from tests.bad.raw import page, serve_raw
from tests.ingest.crawling import fetcher_of

TEXT = b"<h1>Start</h1><p>Every page says something.</p>"
URL = "https://docs.example/guide/"


@pytest.mark.parametrize(
    "date",
    [
        "Wed, 21 Oct 99999999999 07:28:00 GMT",
        "Wed, 99999999999999999999999 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 2015 -99999999999:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:9999999999900 GMT",
    ],
)
def test_a_date_beyond_all_calendars_asks_for_nothing(date: str) -> None:
    assert parse_retry_after(date) is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://docs.example?lang=en", "https://docs.example/?lang=en"),
        ("https://b\u00fccher.example:8443/a", "https://xn--bcher-kva.example:8443/a"),
        ("\\guide\\a?b=\\c", "https://docs.example/guide/a?b=\\c"),
        ("\\\\other.example\\a", "https://other.example/a"),
        ("HTTPS://docs.example", "https://docs.example/"),
        ("/a%2fb?c#d", "https://docs.example/a%2fb?c"),
        ("https:\\\\user@docs.example", None),
        ("http://[::1", None),
        ("?", "https://docs.example/guide/"),
    ],
)
def test_a_redirect_leads_where_a_browser_would_go(location: str, target: str | None) -> None:
    assert hop_target(location, URL) == target


def test_half_a_surrogate_pair_makes_no_url() -> None:
    assert normalise("https://docs.example/\ud800") is None
    assert normalise("https://docs.example/\udce9") == "https://docs.example/%E9"


def test_an_etag_that_a_server_may_not_take_back_is_not_kept() -> None:
    assert validator('"a"') == '"a"'
    assert validator(f'"{"a" * 60_000}"') == ""


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"none", TEXT),
        (b"UTF-8", TEXT),
        (b"gzip, identity", gzip.compress(TEXT, mtime=0)),
        (b"gzip", gzip.compress(TEXT, mtime=0) + bytes(500)),
        (b"gzip", gzip.compress(TEXT, mtime=0) + b"<!-- made in 3 ms -->"),
        (b"deflate", zlib.compress(TEXT) + b"\n"),
    ],
)
async def test_an_encoding_that_browsers_read_is_read(encoding: bytes, body: bytes) -> None:
    answer = page(body, [b"Content-Encoding: " + encoding])
    async with serve_raw(answer) as raw, fetcher_of(raw.url) as fetcher:
        result = await fetcher.get(FetchRequest(raw.url))
    assert isinstance(result, Fetched)
    assert result.body == TEXT


async def test_a_second_stream_that_is_none_is_still_damage() -> None:
    answer = page(gzip.compress(TEXT) + b"\x1f\x8bnonsense", [b"Content-Encoding: gzip"])
    async with serve_raw(answer) as raw, fetcher_of(raw.url) as fetcher:
        assert await fetcher.get(FetchRequest(raw.url)) == Refused(raw.url, "damaged compression")


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"Content-Encoding: br", "unknown compression"),
        (b"Content-Encoding: gzip", "damaged compression"),
        (b"X: " + b"x" * 100_000, "malformed answer"),
    ],
)
async def test_rules_that_are_there_and_cannot_be_read_forbid_all(header: bytes, reason: str) -> None:
    answer = page(b"User-agent: *\nDisallow: /\n", [header])
    async with serve_raw(answer) as raw, fetcher_of(raw.url) as fetcher:
        with pytest.raises(SiteUnreachable, match=reason):
            await load_robots(fetcher, raw.url.rstrip("/"))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("Größe für Ärzte".encode(), "text/html; charset=iso-8859-1"),
        ("<meta charset=windows-1251>Größe für Ärzte".encode(), "text/html"),
        ("<p>Größe für Ärzte".encode("utf-16-le"), "text/html"),
        ("Größe für Ärzte".encode("utf-32"), "text/html"),
        ("<p>Größe für Ärzte".encode("utf-32-le"), "text/html"),
    ],
)
def test_a_text_is_read_as_what_it_is_and_not_as_what_is_said(body: bytes, content_type: str) -> None:
    assert decode_text(body, content_type).endswith("Größe für Ärzte")


def test_what_is_no_utf_8_is_what_was_declared() -> None:
    assert decode_text("Größe für Ärzte".encode("cp1252"), "text/html; charset=utf-8") == "Größe für Ärzte"
    assert decode_text("Größe".encode("cp1252"), "text/html; charset=iso-8859-1") == "Größe"
    assert decode_text("Привет".encode("koi8-r"), "text/html; charset=koi8-r") == "Привет"


SHOWN_INSTEAD = {
    "<title>Just a moment...</title><h1>docs.example</h1><p>This may take a few seconds.</p>": "bot check",
    "<title>Check</title><h1>Verify you are human</h1><p>Press and hold the button to go on.</p>": "bot check",
    "<title>Making sure you're not a bot!</title><p>This server is protected from scrapers.</p>": "bot check",
    "<title>Scheduled maintenance</title><h1>We will be back soon</h1><p>Thank you for waiting.</p>": "maintenance",
    "<title>Site under maintenance</title><p>Please come back in an hour, and read on.</p>": "maintenance",
    "<h1>Temporarily unavailable</h1><p>The documentation is on its way to a new server.</p>": "maintenance",
    "<h1>Sign in to Docs</h1><form><input type=email name=x></form><p>Go on with your account.</p>": "login wall",
}
MENU = "".join(f"<a href=/guide/{n}>Chapter {n}</a> " for n in range(6))


@pytest.mark.parametrize(("html", "trouble"), SHOWN_INSTEAD.items())
def test_what_a_server_shows_in_place_of_a_page_is_no_page(html: str, trouble: str) -> None:
    assert extract(html, URL).trouble == trouble


@pytest.mark.parametrize("html", SHOWN_INSTEAD)
def test_a_page_with_a_menu_is_documentation_about_such_things(html: str) -> None:
    assert extract(f"<nav>{MENU}</nav><main>{html.partition('</title>')[2] or html}</main>", URL).trouble == ""
