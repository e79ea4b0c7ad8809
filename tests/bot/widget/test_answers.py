"""What the widget shows of an answer in a real browser: as it streams, when it ends, and when it does not."""

from __future__ import annotations

import asyncio
import json

import pytest
from playwright.async_api import expect

from tests.bot.widget.conftest import Stage
from tests.servers.widget_api import BREAK, Refusal, answer, delta, source

pytestmark = [pytest.mark.heavy, pytest.mark.asyncio(loop_scope="module")]

ONE = [delta("One. [1]", source(1)), answer("One. [1]", source(1))]


async def test_sentences_are_shown_as_they_come_and_in_their_order(stage: Stage) -> None:
    gates = [asyncio.Event() for _ in range(4)]
    texts = ["First. [1]", " Second. [2]", "\n\nThird. [1]", "\n\n```sh\nfourth\n```"]
    steps = [
        step for gate, text in zip(gates, texts, strict=True) for step in (gate, delta(text, source(1), source(2)))
    ]
    stage.api.answers.append([*steps, answer("".join(texts), source(1), source(2))])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.status).to_have_text("I am looking that up ...")
    shown = stage.page.locator("footnote-widget .answer")
    await expect(shown).to_have_attribute("aria-busy", "true")
    for gate, text in zip(gates, ("First. 1", "First. 1 Second. 2", "Third. 1", "fourth"), strict=True):
        await expect(shown).not_to_contain_text(text)
        gate.set()
        await expect(shown).to_contain_text(text)
    await expect(stage.status).to_have_text("The answer is complete. Sources: 2.")
    await expect(shown).to_have_attribute("aria-busy", "false")


async def test_a_question_is_sent_without_cookies_and_without_the_address_of_the_page(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    await stage.page.context.add_cookies([{"name": "who", "value": "me", "url": stage.api.url}])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    headers = {name.lower(): value for name, value in stage.api.headers[0].items()}
    assert headers["origin"] == stage.pages.url
    assert headers["accept"] == "text/event-stream"
    assert not {"cookie", "referer"} & set(headers)
    assert stage.api.asked == [{"question": "How?"}]


async def test_what_was_shown_stays_the_same_element_while_the_answer_grows(stage: Stage) -> None:
    gate = asyncio.Event()
    stage.api.answers.append([delta("One.\n\n"), gate, delta("Two."), answer("One.\n\nTwo.")])
    await stage.open()
    await stage.ask("How?")
    first = await stage.page.locator("footnote-widget .answer p").first.element_handle()
    gate.set()
    await expect(stage.status).to_have_text("Not answered")
    assert await first.evaluate("node => node.isConnected")


async def test_the_whole_answer_overrides_what_was_shown(stage: Stage) -> None:
    text = "I could not find a supported answer."
    end = answer(text, abstention="does_not_know", outcome="not_answered", suggestions=[source(1)])
    stage.api.answers.append([delta("Claims. [1]", source(1)), end])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text(text)
    await expect(stage.reply).not_to_contain_text("Claims.")


async def test_sources_are_numbered_quoted_and_listed_once_for_each_address(stage: Stage) -> None:
    again = source(3, url=source(1)["url"])
    text = "One. [1] Two. [2] Three. [3]"
    end = answer(text, source(1), source(2, quote=None), again, suggestions=[source(4, quote=None)])
    stage.api.answers.append([end])
    await stage.open()
    await stage.ask("How?")
    headings = stage.page.locator("footnote-widget h4")
    await expect(headings).to_have_text(["Sources", "See also"])
    await expect(stage.page.locator("footnote-widget .links li")).to_have_text(
        [
            "[1][3]Guide › Part 1 (opens in a new tab)Sentence 1 of the page.",
            "[2]Guide › Part 2 (opens in a new tab)",
            "•Guide › Part 4 (opens in a new tab)",
        ]
    )
    marks = stage.page.locator("footnote-widget a.mark")
    await expect(marks).to_have_text(["1", "2", "3"])
    await expect(marks.nth(1)).to_have_attribute("href", source(2)["href"])
    await expect(marks.nth(1)).to_have_accessible_name("Source 2: Guide › Part 2")


async def test_links_open_as_the_page_chooses_and_pass_nothing_on(stage: Stage) -> None:
    for attributes, target in (("", "_blank"), ('data-target="_self"', "_self")):
        stage.api.answers.append(ONE)
        await stage.open(attributes)
        await stage.ask("How?")
        await expect(stage.status).to_contain_text("complete")
        links = stage.page.locator("footnote-widget article a")
        await expect(links).to_have_count(2)
        for link in await links.all():
            await expect(link).to_have_attribute("rel", "noopener noreferrer")
            await expect(link).to_have_attribute("target", target)


async def test_part_of_an_answer_is_shown_as_that(stage: Stage) -> None:
    text = "One. [1]\n\nThe documentation does not cover: Mars."
    stage.api.answers.append([answer(text, source(1), outcome="partly", not_covered=["Mars"])])
    await stage.open()
    await stage.ask("How, and on Mars?")
    await expect(stage.page.locator("footnote-widget .outcome")).to_have_text("Partly answered")
    await expect(stage.reply).to_contain_text("does not cover: Mars.")


async def test_no_answer_is_shown_as_that_with_the_closest_sections(stage: Stage) -> None:
    text = "I am not sure that the docs say this. The closest sections:"
    end = answer(text, abstention="does_not_know", outcome="not_answered", suggestions=[source(1), source(2)])
    stage.api.answers.append([end])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.page.locator("footnote-widget .outcome")).to_have_text("Not answered")
    await expect(stage.page.locator("footnote-widget h4")).to_have_text(["Closest sections"])
    await expect(stage.page.locator("footnote-widget .links li")).to_have_count(2)
    await expect(stage.status).to_have_text("Not answered")


async def test_an_answer_that_was_found_by_words_alone_says_so(stage: Stage) -> None:
    stage.api.answers.append([answer("One. [1]", source(1), faults=["embedder"])])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("Searched by words alone")


@pytest.mark.parametrize(
    ("refusal", "shown"),
    [
        (Refusal(429, "You ask faster than I can answer."), "You ask faster than I can answer."),
        (Refusal(403, "This key does not answer here."), "This key does not answer here."),
        (Refusal(502, body="<html>Bad gateway</html>"), "The server could not answer (status 502)."),
    ],
)
async def test_an_error_is_a_sentence_and_can_be_tried_again(stage: Stage, refusal: Refusal, shown: str) -> None:
    stage.api.answers += [[refusal], ONE]
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text(shown)
    await expect(stage.status).to_contain_text(shown)
    await stage.page.get_by_role("button", name="Try again").click()
    await expect(stage.reply).to_contain_text("One.")
    await expect(stage.page.locator("footnote-widget article")).to_have_count(1)
    assert [each["question"] for each in stage.api.asked] == ["How?", "How?"]
    assert await stage.focused() == "textarea#question"


async def test_an_error_within_the_stream_is_a_sentence_after_what_came(stage: Stage) -> None:
    stage.api.answers.append([delta("One."), ("error", {"error": {"message": "The database does not answer."}})])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("The database does not answer.")
    await expect(stage.reply).to_contain_text("One.")


async def test_a_connection_that_breaks_keeps_what_came_and_asks_again_on_demand(stage: Stage) -> None:
    gate = asyncio.Event()
    stage.api.answers += [[delta("Half. [1]", source(1)), gate, BREAK], ONE]
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("Half.")
    gate.set()
    await expect(stage.reply).to_contain_text("The connection was lost before the answer was complete.")
    await expect(stage.reply).to_contain_text("Half.")
    assert len(stage.api.asked) == 1
    await stage.page.get_by_role("button", name="Try again").click()
    await expect(stage.reply).to_contain_text("One.")
    await expect(stage.reply).not_to_contain_text("Half.")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
async def test_a_stream_is_read_however_its_bytes_are_cut(stage: Stage, line_end: str) -> None:
    text = "Zoë 日本 🙂"
    name, whole = answer(f"{text} [1]", source(1))
    lines = [": first", "", "event: delta", f'data: {{"text": "{text}"}}', "", f"event:{name}", "retry: 5", "id: 7"]
    lines += [f"data:{part}" for part in json.dumps(whole, indent=1).splitlines()]
    raw = line_end.join([*lines, "", "", ": end", ""]).encode()
    stage.api.answers.append([raw[at : at + 1] for at in range(len(raw))])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.status).to_contain_text("complete")
    await expect(stage.page.locator("footnote-widget .answer")).to_have_text(f"{text} 1")


@pytest.mark.parametrize("end", ["", "event: answer\ndata: {\n\n", ": nothing\n\n"])
async def test_a_stream_that_ends_without_an_answer_was_lost(stage: Stage, end: str) -> None:
    stage.api.answers.append([delta("Half."), end])
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("The connection was lost before the answer was complete.")


async def test_a_server_that_falls_silent_was_lost_and_one_that_is_slow_was_not(stage: Stage) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    stage.api.answers += [[delta("Half."), gates[0], ": still here\n\n", delta(" More."), gates[1]], ONE]
    await stage.page.clock.install()
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("Half.")
    await stage.page.clock.run_for(100_000)
    gates[0].set()
    await expect(stage.reply).to_contain_text("Half. More.")
    await stage.page.clock.run_for(100_000)
    await expect(stage.reply).not_to_contain_text("The connection was lost")
    await stage.page.clock.run_for(21_000)
    await expect(stage.reply).to_contain_text("The connection was lost")


async def test_a_server_that_is_away_and_a_browser_that_is_offline_are_said(stage: Stage) -> None:
    await stage.open()
    await stage.page.route("**/v1/ask", lambda route: route.abort())
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("The server takes no questions from this page")
    await stage.page.route("**/healthz", lambda route: route.abort())
    await stage.page.get_by_role("button", name="Try again").click()
    await expect(stage.reply).to_contain_text("I cannot reach the server just now.")
    await stage.page.context.set_offline(True)
    await stage.page.get_by_role("button", name="Try again").click()
    await expect(stage.reply).to_contain_text("You are offline.")
    await stage.page.context.set_offline(False)
    await stage.page.unroute_all()
    stage.api.answers.append(ONE)
    await stage.page.get_by_role("button", name="Try again").click()
    await expect(stage.reply).to_contain_text("One.")


async def test_stop_ends_the_request_and_keeps_what_came_with_its_sources(stage: Stage) -> None:
    never = asyncio.Event()
    stage.api.answers += [[delta("Half. [1]", source(1)), never], ONE]
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("Half.")
    await stage.page.get_by_role("button", name="Stop").click()
    await expect(stage.status).to_have_text("Stopped, as you asked.")
    await expect(stage.reply).to_contain_text("Sentence 1 of the page.")
    assert await stage.focused() == "textarea#question"
    await asyncio.wait_for(stage.api.left.wait(), 60)
    await stage.ask("And then?")
    await expect(stage.reply).to_contain_text("One.")
    assert stage.api.asked[1]["previous"] == [{"question": "How?", "answer": "Half. [1]"}]


async def test_stop_before_anything_came_leaves_nothing_to_follow_up_on(stage: Stage) -> None:
    stage.api.answers += [[asyncio.Event()], ONE]
    await stage.open()
    await stage.ask("How?")
    await stage.page.get_by_role("button", name="Stop").click()
    await expect(stage.reply).to_contain_text("Stopped, as you asked.")
    await stage.ask("And then?")
    await expect(stage.reply).to_contain_text("One.")
    assert "previous" not in stage.api.asked[1]


async def test_a_closed_dialog_goes_on_and_shows_the_answer_when_it_is_opened(stage: Stage) -> None:
    gate = asyncio.Event()
    stage.api.answers.append([gate, *ONE])
    await stage.open()
    await stage.ask("How?")
    await stage.page.keyboard.press("Escape")
    gate.set()
    await stage.launcher.click()
    await expect(stage.reply).to_contain_text("One.")


async def test_a_new_conversation_ends_the_answer_that_is_under_way(stage: Stage) -> None:
    stage.api.answers += [[delta("Half."), asyncio.Event()], ONE]
    await stage.open()
    await stage.ask("How?")
    await expect(stage.reply).to_contain_text("Half.")
    await stage.page.get_by_role("button", name="New conversation").click()
    await expect(stage.page.locator("footnote-widget article")).to_have_count(0)
    await asyncio.wait_for(stage.api.left.wait(), 60)
    await expect(stage.status).to_be_empty()
    await stage.ask("And then?")
    await expect(stage.reply).to_contain_text("One.")
    assert "previous" not in stage.api.asked[1]
    await expect(stage.page.get_by_role("button", name="Stop")).to_be_hidden()


async def test_follow_ups_send_the_last_five_questions_with_their_answers(stage: Stage) -> None:
    stage.api.answers += [ONE] * 8
    await stage.open()
    for number in range(8):
        await stage.ask(f"Question {number}?")
        await expect(stage.page.locator("footnote-widget .actions")).to_have_count(number + 1)
    sent = [[turn["question"] for turn in each.get("previous", [])] for each in stage.api.asked]
    assert sent[:3] == [[], ["Question 0?"], ["Question 0?", "Question 1?"]]
    assert sent[7] == [f"Question {number}?" for number in range(2, 7)]


async def test_a_new_question_moves_to_the_top_and_nothing_else_moves(stage: Stage) -> None:
    await stage.open()
    for number in range(1, 4):
        stage.api.answers.append([answer("A line of text. [1]\n\n" * 30, source(1))])
        await stage.ask(f"Question {number}?")
        await expect(stage.page.locator("footnote-widget .actions")).to_have_count(number)
        asked = await stage.reply.bounding_box()
        log = await stage.page.locator("footnote-widget .log").bounding_box()
        assert asked is not None
        assert log is not None
        assert 15 <= asked["y"] - log["y"] <= 17
        await expect(stage.page.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
        await expect(stage.box).to_be_in_viewport(ratio=1)
        assert await stage.dialog.evaluate("dialog => dialog.scrollTop") == 0


async def test_a_question_without_an_answer_is_remembered_by_why(stage: Stage) -> None:
    end = answer("I found nothing.", abstention="no_context", outcome="not_answered")
    stage.api.answers += [[end], [Refusal(503, "Busy.")], ONE]
    await stage.open()
    for question in ("How?", "Why?", "When?"):
        await stage.ask(question)
        await expect(stage.page.get_by_role("button", name="Stop")).to_be_hidden()
    assert stage.api.asked[2]["previous"] == [{"question": "How?", "answer": "(no_context)"}]


async def test_a_thumb_can_be_changed_and_one_that_failed_is_taken_back(stage: Stage) -> None:
    stage.api.answers.append(ONE)
    await stage.open()
    await stage.ask("How?")
    good = stage.page.get_by_role("button", name="Good answer")
    bad = stage.page.get_by_role("button", name="Bad answer")
    await good.click()
    await expect(stage.status).to_have_text("Thank you.")
    await bad.click()
    await expect(stage.status).to_have_text("Thank you, that helps to improve the answers.")
    await expect(good).to_have_attribute("aria-pressed", "false")
    await expect(bad).to_have_attribute("aria-pressed", "true")
    assert await stage.focused() == "input"
    await stage.page.get_by_label("Something is missing").check()
    await stage.page.get_by_role("button", name="Send").click()
    await expect(stage.page.locator("footnote-widget .reasons")).to_have_count(0)
    assert stage.api.rated[-1] == {"id": "q1", "thumb": "down", "reasons": ["incomplete"], "comment": ""}
    assert await stage.focused() == "button.icon"
    stage.api.feedback_status = 500
    await good.click()
    await expect(stage.status).to_contain_text("status 500")
    await expect(bad).to_have_attribute("aria-pressed", "true")


async def test_an_answer_and_its_code_can_be_copied(stage: Stage) -> None:
    await stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = "Run it. [1]\n\n```sh\nfrob --all\n```"
    stage.api.answers.append([answer(text, source(1))])
    await stage.open()
    await stage.ask("How?")
    await stage.page.get_by_role("button", name="Copy the code").click()
    await expect(stage.status).to_have_text("Copied.")
    assert await stage.page.evaluate("navigator.clipboard.readText()") == "frob --all"
    await stage.page.get_by_role("button", name="Copy the answer").click()
    expected = f"{text}\n\n[1] Guide › Part 1: {source(1)['url']}"
    await stage.page.wait_for_function(
        "text => navigator.clipboard.readText().then(copied => copied === text)", arg=expected
    )


async def test_a_question_is_no_longer_than_the_engine_takes(stage: Stage) -> None:
    await stage.open()
    await stage.launcher.click()
    await stage.box.fill("x" * 3999)
    await stage.box.press_sequentially("yz")
    assert len(await stage.box.input_value()) == 4000
    await expect(stage.dialog).to_contain_text("4000 of 4000 characters")


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_nothing_is_asked_without_a_question(stage: Stage, text: str) -> None:
    await stage.open()
    await stage.ask(text)
    await expect(stage.page.locator("footnote-widget article")).to_have_count(0)
    assert stage.api.asked == []
