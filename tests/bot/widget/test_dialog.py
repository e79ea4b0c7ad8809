"""The widget's button and dialog in a real browser: keyboard, consent, one name on the page, themes, phones."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.bot.widget.conftest import KEY, Stage
from tests.servers.widget_api import answer, delta, source

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

ONE = [delta("One. [1]", source(1)), answer("One. [1]", source(1))]


async def test_the_button_opens_a_dialog_that_has_the_focus_and_escape_gives_it_back(stage: Stage) -> None:
    await stage.open()
    await stage.page.locator("#first").focus()
    await stage.page.keyboard.press("Tab")
    assert await stage.focused() == "button.launcher"
    await stage.page.keyboard.press("Enter")
    await expect(stage.dialog).to_be_visible()
    assert await stage.focused() == "textarea#question"
    await stage.page.keyboard.press("Escape")
    await expect(stage.dialog).to_be_hidden()
    assert await stage.focused() == "button.launcher"


async def test_everything_can_be_done_with_the_keyboard_alone(stage: Stage) -> None:
    stage.api.answers += [ONE, ONE]
    keys = stage.page.keyboard
    await stage.open()
    await stage.page.locator("#first").focus()
    for key in ("Tab", "Space"):
        await keys.press(key)
    await keys.type("How do I install it?")
    await keys.press("Enter")
    await expect(stage.status).to_have_text("The answer is complete. Sources: 1.")
    assert await walk(stage, "Shift+Tab", 3) == ["button.icon"] * 3  # copy, down, up
    await keys.press("Enter")
    await expect(stage.status).to_have_text("Thank you.")
    assert stage.api.rated == [{"id": "q1", "thumb": "up"}]
    assert await walk(stage, "Shift+Tab", 3) == ["a", "a.mark", "div.log"]  # the source, its mark
    assert await walk(stage, "Shift+Tab", 2) == ["button.icon"] * 2  # close, new
    assert await walk(stage, "Shift+Tab", 2) == ["button.primary", "textarea#question"]
    await keys.type("And then?")
    await keys.press("Enter")
    await expect(stage.page.locator("footnote-widget .actions")).to_have_count(2)
    await keys.press("Escape")
    assert await stage.focused() == "button.launcher"
    await keys.press("Enter")
    await expect(stage.reply).to_contain_text("One.")


async def walk(stage: Stage, key: str, steps: int) -> list[str]:
    """Press a key some times. -> what had the focus after each."""
    seen = []
    for _ in range(steps):
        await stage.page.keyboard.press(key)
        seen.append(await stage.focused())
    return seen


async def test_tab_stays_within_the_dialog(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("One.")
    for key in ("Tab", "Shift+Tab"):
        seen = set()
        for _ in range(12):
            await stage.page.keyboard.press(key)
            seen.add(await stage.focused())
        assert "body" not in seen
        assert "a#first" not in seen
        assert "textarea#question" in seen


async def test_shift_enter_breaks_the_line_and_enter_asks(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    await stage.open()
    await stage.launcher.click()
    keys = stage.page.keyboard
    await keys.press("Enter")
    await keys.type("one")
    await keys.press("Shift+Enter")
    await keys.type("two")
    assert stage.api.asked == []
    await keys.press("Enter")
    await expect(stage.reply).to_contain_text("One.")
    assert [each["question"] for each in stage.api.asked] == ["one\ntwo"]
    await expect(stage.box).to_have_value("")


async def test_enter_that_ends_a_composition_does_not_ask(stage: Stage) -> None:
    await stage.open()
    await stage.launcher.click()
    await stage.box.fill("にほん")
    for event in ("isComposing: true", "keyCode: 229"):  # as most browsers report it, and as Safari does
        pressed = f"new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {event}}})"
        await stage.box.evaluate(f"box => box.dispatchEvent({pressed})")
    await expect(stage.box).to_have_value("にほん")
    assert stage.api.asked == []


async def test_shortcuts_of_the_page_are_left_alone_while_somebody_types(stage: Stage) -> None:
    await stage.open(
        head="<script>pressed = []; document.addEventListener('keydown', e => pressed.push(e.key))</script>"
    )
    await stage.launcher.click()
    await stage.page.keyboard.type("/s")
    assert await stage.page.evaluate("pressed") == []
    await expect(stage.box).to_have_value("/s")


async def test_a_click_outside_closes_and_one_inside_does_not(stage: Stage) -> None:
    await stage.open()
    await stage.launcher.click()
    await stage.page.locator("footnote-widget .intro").click()
    await expect(stage.dialog).to_be_visible()
    await stage.page.mouse.click(20, 20)
    await expect(stage.dialog).to_be_hidden()


async def test_the_page_gets_one_name_and_nothing_else(stage: Stage) -> None:
    listed = "Object.getOwnPropertyNames(window).join()"
    await stage.open(head=f"<script>document.title = {listed}</script>")
    before = set((await stage.page.title()).split(","))
    after = set((await stage.page.evaluate(listed)).split(","))
    assert after - before == {"footnote"}
    assert await stage.page.evaluate("Object.keys(footnote).join() + Object.isFrozen(footnote)") == "open,closetrue"


async def test_two_scripts_on_a_page_make_one_button(stage: Stage) -> None:
    await stage.open(scripts=2)
    await expect(stage.launcher).to_have_count(1)
    await stage.launcher.click()
    await expect(stage.dialog).to_have_count(1)


async def test_a_script_in_the_head_waits_for_the_page(stage: Stage) -> None:
    await stage.open(head=f'<script src="{stage.api.url}/widget.js" data-title="First"></script>')
    await expect(stage.launcher).to_have_count(1)


@pytest.mark.parametrize(
    "replace",
    [
        "document.body = document.createElement('body')",
        "document.body.replaceWith(document.createElement('body'))",
        "document.body.innerHTML = ''",
    ],
)
async def test_it_stays_where_a_page_replaces_its_body_as_it_is_browsed(stage: Stage, replace: str) -> None:
    stage.api.answers.append(ONE)
    await stage.open('data-theme="page"', head="<style>.night { background: #111 }</style>")
    await stage.ask("How?")
    await stage.page.evaluate(replace)
    await expect(stage.launcher).to_be_visible()
    await stage.page.evaluate("document.body.className = 'night'")
    await stage.page.wait_for_function(f"({BACKGROUND})() === '{NIGHT}'")
    await stage.launcher.click()
    await expect(stage.reply).to_contain_text("One.")


async def test_a_page_that_takes_it_away_each_time_wins(stage: Stage) -> None:
    takes = "new MutationObserver(() => document.querySelector('footnote-widget')?.remove())"
    await stage.open(head=f"<script>{takes}.observe(document, {{childList: true, subtree: true}})</script>")
    await expect(stage.launcher).to_have_count(0)


async def test_the_page_can_open_it_with_a_question_and_gets_the_focus_back(stage: Stage) -> None:
    await stage.open("data-launcher=none", head="<style>p { margin: 2em }</style>")
    await expect(stage.launcher).to_be_hidden()
    await stage.page.locator("#first").focus()
    await stage.page.evaluate("footnote.open('How do I install it?')")
    await expect(stage.box).to_have_value("How do I install it?")
    assert stage.api.asked == []
    await stage.page.evaluate("footnote.close()")
    assert await stage.focused() == "a#first"


HOSTILE = """<style>
  * { all: unset !important; --background: red !important; --text: red !important }
  footnote-widget { display: none !important; font-size: 99px !important; visibility: hidden !important;
    position: absolute !important; transform: rotate(9deg) !important; opacity: 0 !important }
  html { font-size: 3px; letter-spacing: 1em; text-transform: uppercase; line-height: 9; word-spacing: 3em }
  dialog, button, textarea, article, div { display: none !important }
</style>"""


async def test_styles_of_the_page_do_not_reach_it(stage: Stage) -> None:
    looks = """() => {
      const root = document.querySelector("footnote-widget").shadowRoot;
      const names = [".launcher", "dialog", "textarea", ".primary", "h2", ".answer", ".links a"];
      return names.map(name => {
        const node = root.querySelector(name), style = getComputedStyle(node), box = node.getBoundingClientRect();
        const kept = ["color", "backgroundColor", "fontSize", "lineHeight", "display", "letterSpacing",
          "textTransform", "visibility"];
        return [name, Math.round(box.width), Math.round(box.height), ...kept.map(each => style[each])];
      });
    }"""
    seen = []
    await stage.page.emulate_media(reduced_motion="reduce")
    for head in ("", HOSTILE):
        stage.api.answers.append(ONE)
        await stage.open(head=head)
        await stage.ask("How?")
        await expect(stage.reply).to_contain_text("Sentence 1")
        seen.append(await stage.page.evaluate(looks))
    assert seen[0] == seen[1]


async def test_nothing_is_sent_before_consent(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    terms = "https://bot.example/privacy"
    await stage.open(f'data-consent="Questions go to bot.example." data-consent-url="{terms}" data-examples="How?"')
    await stage.launcher.click()
    assert await stage.focused() == "button.primary"
    await expect(stage.dialog).to_contain_text("Questions go to bot.example.")
    await expect(stage.page.get_by_role("link", name="Read more")).to_have_attribute("href", terms)
    await expect(stage.box).to_be_hidden()
    await stage.page.get_by_role("button", name="How?").click()
    await stage.page.evaluate("footnote.open('And this?')")
    assert stage.api.requests == ["GET /widget.js"]
    await stage.page.get_by_role("button", name="I agree").click()
    assert stage.api.requests == ["GET /widget.js"]
    assert await stage.focused() == "textarea#question"
    await stage.page.keyboard.press("Enter")
    await expect(stage.reply).to_contain_text("One.")
    assert [each["question"] for each in stage.api.asked] == ["And this?"]


async def test_nothing_is_stored_unless_the_page_asks_for_it(stage: Stage) -> None:
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    stage.api.answers += [ONE, ONE]
    await stage.open('data-consent="Agree?"')
    await stage.launcher.click()
    await stage.page.get_by_role("button", name="I agree").click()
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    assert await stage.page.evaluate(stored) == '[{},{},""]'
    assert await stage.page.evaluate("indexedDB.databases().then(all => all.length)") == 0
    await stage.page.reload()
    await stage.launcher.click()
    await expect(stage.page.get_by_role("button", name="I agree")).to_be_visible()
    await expect(stage.page.locator("footnote-widget article")).to_have_count(0)


async def test_a_page_may_keep_the_conversation_for_the_tab(stage: Stage) -> None:
    stage.api.answers += [ONE, ONE]
    await stage.open('data-consent="Agree?" data-remember="session"')
    await stage.launcher.click()
    await stage.page.get_by_role("button", name="I agree").click()
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    await stage.page.reload()
    await stage.launcher.click()
    await expect(stage.reply).to_contain_text("One.")
    await expect(stage.reply).to_contain_text("Sentence 1 of the page.")
    await stage.ask("And then?")
    await expect(stage.status).to_contain_text("complete")
    assert stage.api.asked[1]["previous"] == [{"question": "How?", "answer": "One. [1]"}]
    await stage.page.get_by_role("button", name="New conversation").click()
    await stage.page.reload()
    await stage.launcher.click()
    await expect(stage.page.locator("footnote-widget article")).to_have_count(0)
    assert await stage.page.evaluate("localStorage.length") == 0


BACKGROUND = """() => getComputedStyle(
  document.querySelector("footnote-widget").shadowRoot.querySelector("dialog")).backgroundColor"""
WHITE, NIGHT = "rgb(255, 255, 255)", "rgb(22, 25, 29)"


@pytest.mark.parametrize(
    ("attribute", "system", "shown"),
    [("", "light", WHITE), ("", "dark", NIGHT), ("light", "dark", WHITE), ("dark", "light", NIGHT)],
)
async def test_it_is_dark_as_the_system_is_or_the_page_says(
    stage: Stage, attribute: str, system: str, shown: str
) -> None:
    await stage.page.emulate_media(color_scheme="dark" if system == "dark" else "light")
    await stage.open(f'data-theme="{attribute}"')
    assert await stage.page.evaluate(BACKGROUND) == shown


async def test_it_can_follow_the_switch_of_a_page(stage: Stage) -> None:
    await stage.open(
        'data-theme="page"', head="<style>body { background: #fff } body.night { background: #111 }</style>"
    )
    assert await stage.page.evaluate(BACKGROUND) == WHITE
    await stage.page.evaluate("document.body.classList.add('night')")
    await stage.page.wait_for_function(f"({BACKGROUND})() === '{NIGHT}'")
    await stage.page.evaluate("document.body.className = ''")
    await stage.page.wait_for_function(f"({BACKGROUND})() === '{WHITE}'")


async def test_the_page_sets_colours_and_font_by_variables(stage: Stage) -> None:
    variables = (
        "--footnote-accent: #7a0045; --footnote-on-accent: #ffe; --footnote-background: #fafaf0; --footnote-font: serif"
    )
    await stage.open(head=f"<style>:root {{ {variables} }}</style>")
    await expect(stage.launcher).to_have_css("background-color", "rgb(122, 0, 69)")
    await expect(stage.launcher).to_have_css("color", "rgb(255, 255, 238)")
    await expect(stage.launcher).to_have_css("font-family", "serif")
    assert await stage.page.evaluate(BACKGROUND) == "rgb(250, 250, 240)"


async def test_nothing_moves_for_who_wants_no_motion(stage: Stage) -> None:
    moving = """() => {
      const all = [...document.querySelector("footnote-widget").shadowRoot.querySelectorAll("*")];
      return all.map(node => getComputedStyle(node)).some(style =>
        style.animationName !== "none" || style.transitionDuration.split(",").some(each => parseFloat(each) > 0));
    }"""
    for motion, moves in (("reduce", False), ("no-preference", True)):
        await stage.page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
        await stage.open()
        await stage.launcher.click()
        assert await stage.page.evaluate(moving) is moves


async def test_on_a_phone_the_dialog_fills_the_screen_and_nothing_is_wider(stage: Stage) -> None:
    wide = "```\n" + "x" * 400 + "\n```\n\n" + "y" * 400 + "\n\n| a | b |\n|---|---|\n| " + "z" * 200 + " | 1 |"
    stage.api.answers.append([answer(wide)])
    await stage.page.set_viewport_size({"width": 320, "height": 560})
    await stage.open()
    await stage.ask("How?")
    await expect(stage.status).not_to_be_empty()
    await stage.page.wait_for_function(
        "document.querySelector('footnote-widget').shadowRoot.querySelector('dialog').getAnimations().length === 0"
    )
    box = await stage.dialog.bounding_box()
    assert box == {"x": 0, "y": 0, "width": 320, "height": 560}
    sizes = await stage.page.locator("footnote-widget .log").evaluate("log => [log.scrollWidth, log.clientWidth]")
    assert sizes[0] <= sizes[1]
    for control in (stage.box, stage.page.get_by_role("button", name="Close")):
        await expect(control).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("position", "side"), [("", "right"), ("left", "left")])
async def test_button_and_dialog_are_on_one_side_also_where_people_write_from_the_right(
    stage: Stage, position: str, side: str
) -> None:
    await stage.page.emulate_media(reduced_motion="reduce")
    for direction in ("ltr", "rtl"):
        head = f"<script>document.documentElement.dir = '{direction}'</script>"
        await stage.open(f'data-position="{position}"', head=head)
        button = await stage.launcher.bounding_box()
        await stage.launcher.click()
        dialog = await stage.dialog.bounding_box()
        assert button is not None
        assert dialog is not None
        for box in (button, dialog):
            assert ("left" if box["x"] + box["width"] / 2 < 550 else "right") == side


async def test_texts_are_set_by_attributes(stage: Stage) -> None:
    await stage.open('data-title="Ask Frob" data-placeholder="Say it" data-button="Help" data-text-send="Go"')
    await expect(stage.launcher).to_have_text("Help")
    await stage.launcher.click()
    await expect(stage.page.get_by_role("dialog", name="Ask Frob")).to_be_visible()
    await expect(stage.page.get_by_placeholder("Say it")).to_be_visible()
    await expect(stage.page.get_by_role("button", name="Go", exact=True)).to_be_visible()


async def test_a_page_that_cannot_set_attributes_uses_the_query_of_the_address(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    script = f'<script src="{stage.api.url}/widget.js?key={KEY}&title=Ask%20Frob&text-send=Go&sources=a,b"></script>'
    await stage.open(head=script, scripts=0)
    await stage.launcher.click()
    await expect(stage.page.get_by_role("dialog", name="Ask Frob")).to_be_visible()
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    assert stage.api.asked[0]["sources"] == ["a", "b"]
    assert stage.api.headers[0]["Authorization"] == f"Bearer {KEY}"


async def test_a_server_below_a_path_is_asked_there(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    await stage.open(head=f'<script src="{stage.api.url}/below/widget.js?key={KEY}" defer></script>', scripts=0)
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("One.")
    assert stage.api.requests[-1] == "POST /below/v1/ask"


async def test_what_a_page_broke_in_the_storage_of_the_tab_breaks_nothing(stage: Stage) -> None:
    stage.api.answers += [ONE] * 5
    for kept in ("{", "null", "[]", '{"replies": 7}', '{"replies": [null, 1, {"question": "How?", "whole": {}}]}'):
        await stage.open(
            head=f"<script>sessionStorage.footnote = {kept!r}</script>", attributes="data-remember=session"
        )
        await stage.ask("How?")
        await expect(stage.reply).to_contain_text("One.")


async def test_it_speaks_the_language_of_the_page(stage: Stage) -> None:
    await stage.open('data-language="de-AT"')
    await expect(stage.launcher).to_have_text("Doku fragen")
    for page, shown, language in (("de-CH", "Doku fragen", "de-CH"), ("fr", "Ask the docs", "en")):
        await stage.open(head=f"<script>document.documentElement.lang = '{page}'</script>")
        await expect(stage.launcher).to_have_text(shown)
        await expect(stage.page.locator("footnote-widget dialog")).to_have_attribute("lang", language)
