"""The console in HTTP and in a real browser: what every page has in common."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from bot.console.headers import CONTENT_SECURITY_POLICY
from bot.console.screens.registry import SCREENS
from bot.console.static import FOLDER, SCRIPT
from tests.bot.console.served import ADMIN, ServedConsole, needs_browser, open_browser, serve_app
from tests.conftest import ROOT

HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
PATHS = [screen.path for screen in SCREENS]
COMPILED = re.compile(r"""(?:data-)?hx-on|["'\s]js:|javascript:|hx-vars|hx-trigger="[^"]*\[""", re.IGNORECASE)
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+\s*=|\|\s*safe|autoescape false|https?://", re.IGNORECASE
)


@pytest.fixture
async def served(database: object, dsn: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(dsn, tmp_path) as made:
        yield made


def test_htmx_is_the_file_that_was_published_with_its_licence() -> None:
    assert sha256((FOLDER / SCRIPT).read_bytes()).hexdigest() == HTMX
    assert f"htmx-4.0.1-{HTMX[:8]}.min.js" == SCRIPT
    assert "Zero-Clause BSD" in (FOLDER / "htmx-4.0.1-LICENSE.txt").read_text("utf-8")


def test_no_template_has_what_a_browser_would_compile_or_what_the_policy_forbids() -> None:
    templates = sorted((ROOT / "bot/console/templates").glob("*.html"))
    assert len(templates) > 5
    for path in templates:
        text = path.read_text("utf-8")
        assert not COMPILED.search(text), path.name
        assert not INLINE.search(re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)), path.name


async def test_without_a_session_every_path_answers_401_and_shows_nothing(served: ServedConsole) -> None:
    async with served.client() as client:
        for path in (*PATHS, "/static/console.css", f"/static/{SCRIPT}", "/nowhere", "/sign-out", "/favicon.ico"):
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = await client.send(method, path)
                assert answer.status == 401, (method, path)
        assert "You are not signed in" in (await client.get("/")).text


async def test_every_response_says_what_a_browser_may_do_with_it(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client, served.client() as nobody:
        for answer in (
            *[await client.get(path) for path in (*PATHS, "/static/console.css", "/nowhere")],
            *[await nobody.get(path) for path in ("/", "/sign-in/x")],
            await client.send("POST", "/sign-out"),
            await client.get("/", headers={"Host": "evil.example"}),
        ):
            assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
            assert "frame-ancestors 'none'" in CONTENT_SECURITY_POLICY
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Server"] == "footnote"


async def test_each_screen_has_a_title_landmarks_and_a_link_to_its_content(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client:
        for screen in SCREENS:
            page = await client.get(screen.path)
            assert page.status == 200, page.text
            for piece in (
                f"<title>{screen.title}",
                '<main id="main"',
                "<nav aria-label",
                'href="#main"',
                '<html lang="en"',
            ):
                assert piece in page.html, (screen.title, piece)
            assert page.html.count("<h1>") == 1
            assert all("scope=" in each for each in re.findall(r"<th\b[^>]*>", page.html))
            assert page.html.count('aria-current="page"') == 1


async def test_a_page_that_is_not_there_is_404_and_what_it_was_called_is_not_repeated(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client:
        page = await client.get("/nowhere<script>")
        assert page.status == 404
        assert "nowhere" not in page.text


@needs_browser
@pytest.mark.parametrize(("scripts", "width", "dark"), [(True, 1280, False), (False, 1280, True), (True, 360, True)])
async def test_a_browser_shows_each_screen_and_breaks_no_rule(
    served: ServedConsole, *, scripts: bool, width: int, dark: bool
) -> None:
    async with open_browser(served, ADMIN, scripts=scripts, width=width, dark=dark) as browser:
        for screen in SCREENS:
            await browser.goto(screen.path)
            assert await browser.page.title() == f"{screen.title} · footnote"
            scrolled = await browser.page.locator("html").bounding_box()
            assert scrolled["width"] <= width
