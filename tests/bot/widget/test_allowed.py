"""The widget under the strictest policy that can work, and for people who do not see or hear it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from axe_core_python.async_playwright import Axe  # type: ignore[import-untyped] # it ships no types
from playwright.async_api import expect

from bot.widget.build import WIDGET
from tests.bot.widget.conftest import PAGE, Stage
from tests.servers.widget_api import Refusal, answer, delta, source

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

TEXT = "Run **it**. [1]\n\n```sh\nfrob --all\n```\n\n- a\n- b [2]\n\n| A | B |\n|---|---|\n| `1` | 2 |\n\n> Quoted."
WHOLE = [
    delta(TEXT, source(1), source(2)),
    answer(TEXT, source(1), source(2), outcome="partly", suggestions=[source(3)]),
]
NOT_ANSWERED = [
    answer("Not sure; closest:", abstention="does_not_know", outcome="not_answered", suggestions=[source(1)])
]
STRICT = (
    "default-src 'none'; script-src {api}; connect-src {api}; style-src {style}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
WATCH = """
  let violations = [];
  addEventListener("securitypolicyviolation", event => violations.push(event.violatedDirective));
  Object.defineProperty(Document.prototype, "violations", {get: () => violations});
"""


@pytest.mark.parametrize("style", ["'none'", "'self'"])
async def test_a_strict_policy_with_one_origin_is_not_violated(stage: Stage, style: str) -> None:
    stage.api.answers += [WHOLE, [Refusal(503, "Busy.")], NOT_ANSWERED]
    messages: list[str] = []
    stage.page.on("console", lambda message: messages.append(message.text))
    await stage.page.add_init_script(WATCH)
    await stage.open('data-consent="Agree?" data-theme="page"', csp=STRICT.format(api=stage.api.url, style=style))
    await stage.launcher.click()
    await stage.page.get_by_role("button", name="I agree").click()
    await stage.ask("How?")
    await expect(stage.page.locator("footnote-widget .outcome")).to_have_text("Partly answered")
    await stage.page.get_by_role("button", name="Good answer").click()
    await expect(stage.status).to_have_text("Thank you.")
    await stage.ask("Why?")
    await expect(stage.reply).to_contain_text("Busy.")
    await stage.page.get_by_role("button", name="Try again").click()
    await expect(stage.reply).to_contain_text("Not sure")
    await expect(stage.launcher).to_have_css("position", "fixed")  # its styles are there
    assert await stage.page.evaluate("document.violations") == []
    assert [each for each in messages if "Content Security Policy" in each or "Content-Security-Policy" in each] == []


async def test_a_page_may_pin_the_file_and_isolate_itself(stage: Stage) -> None:
    stage.api.answers.append(NOT_ANSWERED)
    pinned = b64encode(hashlib.sha384(WIDGET.read_bytes()).digest()).decode()
    script = f'<script src="{stage.api.url}/widget.js" integrity="sha384-{pinned}" crossorigin="anonymous"></script>'
    isolated = {"Cross_Origin_Embedder_Policy": "require-corp", "Cross_Origin_Opener_Policy": "same-origin"}
    await stage.page.goto(stage.pages.put("/docs/", PAGE.format(head="", scripts=script), **isolated))
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("Not sure")
    assert await stage.page.evaluate("crossOriginIsolated")


async def test_the_policy_of_these_tests_is_one_that_is_violated_by_others(stage: Stage) -> None:
    await stage.page.add_init_script(WATCH)
    head = "<style>p { color: red }</style>"
    await stage.open(head=head, csp=STRICT.format(api=stage.api.url, style="'none'"))
    assert len(await stage.page.evaluate("document.violations")) == 1


async def serious(stage: Stage) -> list[str]:
    """Return what axe finds that is serious or critical, as `rule: element`."""
    found: dict[str, Any] = await Axe().run(stage.page)
    return [
        f"{rule['id']}: {node['html']}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


async def test_axe_sees_colours_within_the_widget(stage: Stage) -> None:
    pale = "<style>:root { --footnote-accent: #ccc; --footnote-muted: #ddd }</style>"
    await stage.page.emulate_media(reduced_motion="reduce")
    await stage.open(head=pale)
    assert [each for each in await serious(stage) if "launcher" in each]
    await stage.launcher.click()
    assert [each for each in await serious(stage) if "intro" in each]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
async def test_axe_finds_nothing_serious_in_any_state(stage: Stage, scheme: str, width: int) -> None:
    stage.api.answers += [WHOLE, NOT_ANSWERED, [Refusal(503, "Busy.")]]
    await stage.page.set_viewport_size({"width": width, "height": 700})
    await stage.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    colours = "<style>html { color-scheme: light dark; background: Canvas }</style>"
    await stage.open(
        'data-consent="Agree?" data-consent-url="https://a.example/" data-examples="How?|Why?"', head=colours
    )
    assert await serious(stage) == []
    await stage.launcher.click()
    assert await serious(stage) == []
    await stage.page.get_by_role("button", name="I agree").click()
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    assert await serious(stage) == []
    await stage.ask("And on Mars?")
    await expect(stage.reply).to_contain_text("Not sure")
    await stage.ask("Why?")
    await expect(stage.reply).to_contain_text("Busy.")
    await stage.box.fill("x" * 3999)
    assert await serious(stage) == []


async def test_a_screen_reader_gets_names_and_roles(stage: Stage) -> None:
    stage.api.answers.append(WHOLE)
    await stage.open()
    await expect(stage.launcher).to_have_attribute("aria-haspopup", "dialog")
    await expect(stage.launcher).to_have_attribute("aria-expanded", "false")
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    await expect(stage.launcher).to_have_attribute("aria-expanded", "true")
    dialog = stage.page.get_by_role("dialog", name="Ask the documentation")
    await expect(dialog).to_have_attribute("aria-modal", "true")
    await expect(dialog.get_by_role("log", name="Questions and answers")).to_have_attribute("aria-live", "polite")
    await expect(dialog.get_by_role("textbox", name="Your question")).to_be_visible()
    await expect(dialog.get_by_role("heading", name="How?")).to_be_visible()
    await expect(dialog.get_by_role("link", name="Source 1: Guide › Part 1")).to_be_visible()
    await expect(dialog.get_by_role("link", name="Guide › Part 1 (opens in a new tab)")).to_be_visible()
    for name in ("Close", "New conversation", "Good answer", "Bad answer", "Copy the answer", "Copy the code", "Ask"):
        await expect(dialog.get_by_role("button", name=name, exact=True)).to_be_visible()
