"""The widget against the real API of a real index: from the question in a browser to the row in the database."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.widget.build import WIDGET
from core.history.port import QuestionFilter, QuestionRecord
from core.inbox.callers import WIDGET as WIDGET_PLATFORM
from core.inbox.outcome import QuestionOutcome
from core.tokens.port import NewToken
from core.wiring import Footnote
from tests.bot.served_api import ORIGIN, ServedApi
from tests.bot.widget.conftest import PAGE
from tests.browser import BROWSER
from tests.servers.widget_api import serve_pages

ASKED = "What does the beta parameter say?"
STRICT = "default-src 'none'; script-src {api}; connect-src {api}; style-src 'none'"
FOREIGN = 1_000


async def records(footnote: Footnote) -> list[QuestionRecord]:
    """Return the stored questions."""
    return [*await footnote.history.list_questions(QuestionFilter(), 10)]


async def test_the_file_is_public_and_nothing_but_itself(api: ServedApi) -> None:
    got = await api.call("GET", "/widget.js", token="", headers={"Origin": "https://anywhere.example"})
    assert (got.status, got.text) == (200, WIDGET.read_text("utf-8"))
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert got.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert got.headers["Cache-Control"] == "public, max-age=300"
    assert got.headers["Vary"] == "Accept-Encoding"
    known = await api.call("GET", "/widget.js", token="", headers={"If-None-Match": got.headers["Etag"]})
    assert known.status == 304
    assert (await api.call("HEAD", "/widget.js", token="")).status == 200
    assert (await api.call("POST", "/widget.js", {}, token="")).status == 401


def foreign_origins() -> list[str]:
    """Return origins that are not `ORIGIN`, many of them nearly."""
    host = ORIGIN.removeprefix("https://")
    near = [
        *("null", "", "*", "https://", f"http://{host}", f"{ORIGIN}:443", f"{ORIGIN}:8443", f"{ORIGIN}/", f"{ORIGIN}."),
        *(
            ORIGIN.upper(),
            f"https://{host.title()}",
            f"https://evil.{host}",
            f"https://{host}.evil.example",
            f"{ORIGIN}@x",
        ),
        *(f"https://x@{host}", f"https://evil{host}", f"{ORIGIN},{ORIGIN}", f"{ORIGIN} {ORIGIN}", f"ws://{host}", host),
        *(f"{ORIGIN}?", f"{ORIGIN}#", f"{ORIGIN}\\", f"{ORIGIN}%00", f"file://{host}", ORIGIN.replace("o", "о")[:-1]),
        *(ORIGIN[:-1], f"{ORIGIN}x", ORIGIN.replace("docs", "doc"), ORIGIN.replace(".", "-"), f"https:{host}"),
    ]
    chance = random.Random(7)
    made = {f"https://{chance.randrange(16**8):08x}.{chance.choice(('example', 'test', host))}" for _ in range(FOREIGN)}
    return [*near, *sorted(made)][:FOREIGN]


async def test_a_thousand_foreign_origins_get_nothing(api: ServedApi) -> None:
    origins = foreign_origins()
    assert len(set(origins)) == FOREIGN
    for number, origin in enumerate(origins):
        headers = {"Origin": origin.encode().decode("latin-1")}
        got = await api.call("POST", "/v1/ask", {"question": ASKED}, token=api.public, headers=headers)
        assert got.status in (400, 403), origin
        assert "Access-Control-Allow-Origin" not in got.headers, origin
        assert "beta" not in got.text
        if number % 10 == 0:
            asked = headers | {"Access-Control-Request-Method": "POST"}
            preflight = await api.call("OPTIONS", "/v1/ask", token="", headers=asked)
            assert preflight.status >= 400, origin
            assert "Access-Control-Allow-Origin" not in preflight.headers, origin
    assert await records(api.footnote) == []
    own = await api.call("POST", "/v1/ask", {"question": ASKED}, token=api.public, headers={"Origin": ORIGIN})
    assert own.status == 200
    assert own.headers["Access-Control-Allow-Origin"] == ORIGIN


@asynccontextmanager
async def reading(api: ServedApi, *, minute_limit: int = 0) -> AsyncIterator[Page]:
    """Open a browser at a page with the widget, under a strict policy; its origin is the key's."""
    if not BROWSER:
        pytest.skip("needs a Chromium on the PATH")
    async with serve_pages() as pages, async_playwright() as playwright:
        key = await api.footnote.tokens.add(NewToken("site", origins=(pages.url,), minute_limit=minute_limit))
        script = f'<script src="{api.url}/widget.js" data-key="{key}"></script>'
        url = pages.put("/", PAGE.format(head="", scripts=script), Content_Security_Policy=STRICT.format(api=api.url))
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = await browser.new_page()
        violations: list[str] = []
        page.on("console", lambda message: violations.append(message.text))
        await page.goto(url)
        yield page
        await browser.close()
        assert [each for each in violations if "Content Security Policy" in each] == []


async def ask(page: Page, question: str) -> None:
    """Ask in the dialog, and wait for the end of the answer."""
    if not await page.get_by_role("dialog").is_visible():
        await page.locator("footnote-widget .launcher").click()
    await page.locator("footnote-widget textarea").fill(question)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()


async def rate_as_outdated(page: Page, footnote: Footnote) -> None:
    """Say why the only answer was bad, and look for that in the database."""
    await page.get_by_role("button", name="Bad answer").click()
    await expect(page.get_by_role("status")).to_have_text("Thank you, that helps to improve the answers.")
    await page.get_by_label("It is out of date").check()
    await page.get_by_label("Anything else?").fill("Since 2.0 it is 0.2.")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("footnote-widget .reasons")).to_have_count(0)
    (record,) = await records(footnote)
    assert (record.ups, record.downs) == (0, 1)
    stored = await footnote.database.readers.fetchrow("select reasons, comment from feedback")
    assert stored is not None
    assert (list(stored["reasons"]), stored["comment"]) == (["outdated"], "Since 2.0 it is 0.2.")


@pytest.mark.heavy
async def test_a_question_on_a_page_is_answered_stored_and_rated(api: ServedApi) -> None:
    async with reading(api) as page:
        await ask(page, ASKED)
        reply = page.locator("footnote-widget article").last
        await expect(reply).to_contain_text("how near the trained model is held to its reference")
        link = reply.locator(".links a").first
        assert (await link.get_attribute("href") or "").startswith("https://docs.example/guide/training.html#beta")
        await expect(reply.locator(".links").first).to_contain_text("The beta parameter")
        (record,) = await records(api.footnote)
        assert (record.platform, record.asker, record.text) == (WIDGET_PLATFORM, "token:site", ASKED)
        assert record.outcome is QuestionOutcome.ANSWERED
        await rate_as_outdated(page, api.footnote)
        await ask(page, "And what does a small one do?")
        await expect(page.locator("footnote-widget article")).to_have_count(2)
        assert len(await records(api.footnote)) == 2
        await ask(page, "How high is Mount Everest in metres?")
        await expect(page.locator("footnote-widget .outcome").last).to_have_text("Not answered")


@pytest.mark.heavy
async def test_a_page_of_another_origin_with_a_revoked_key_or_without_calls_left_gets_a_sentence(
    api: ServedApi, caplog: pytest.LogCaptureFixture
) -> None:
    async with reading(api, minute_limit=1) as page:
        await ask(page, ASKED)
        await ask(page, ASKED)
        await expect(page.locator("footnote-widget article").last).to_contain_text(
            "This site takes no more questions this minute."
        )
        await api.footnote.tokens.revoke("site")
        await ask(page, ASKED)
        await expect(page.locator("footnote-widget article").last).to_contain_text(
            "The server takes no questions from this page: its key is no longer good"
        )
        assert "The access token site, of pages of http://127.0.0.1" in caplog.text
        assert "is refused: it was revoked." in caplog.text
        await page.goto(page.url.replace("127.0.0.1", "localhost"))
        await ask(page, ASKED)
        await expect(page.locator("footnote-widget article").last).to_contain_text(
            "The server takes no questions from this page"
        )
        assert len(await records(api.footnote)) == 1
