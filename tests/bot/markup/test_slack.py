"""Answers on Slack, read by the SDK's models and by a markdown parser, as well as by eye."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from slack_sdk.models.blocks import Block

from bot.markup.slack import (
    SlackMessage,
    ephemeral_arguments,
    escape,
    post_arguments,
    render,
    render_delta,
    render_sentence,
    response_arguments,
    update_arguments,
)
from bot.markup.slack_controls import FEEDBACK, SHARE, WHY, vote_of
from core.answer.prompt import SHORTENED
from core.domain import Abstention, Answer, Citation, Fault
from tests.bot.hostile import answers, hunted, lines, texts, urls

CITATION = Citation(1, "https://docs.example/guide#train", ("Guide", "Train"), "Guide")
OTHER = Citation(2, "https://docs.example/api?a=1&b=2#x", (), "API")
LINK = re.compile(r"<(https?://[^|<>\s]*)\|([^<>]*)>")
SPECIAL = re.compile(r"<(?:[!@#]|[a-z][a-z0-9+.-]+:)", re.IGNORECASE)
PARSER = MarkdownIt("commonmark")


def strings(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (type, text) of each text within blocks."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["type"], value["text"]
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


def tokens(markdown: str) -> Iterator[str]:
    for token in PARSER.parse(markdown):
        yield token.type
        yield from (child.type for child in token.children or [])


def only(answer: Answer, **more: Any) -> SlackMessage:
    (message,) = render(answer, **more)
    return message


@hunted
@given(answers(), st.booleans())
def test_any_answer_makes_messages_that_slack_takes(answer: Answer, shareable: bool) -> None:
    messages = render(answer, question=7, shareable=shareable)
    assert 1 <= len(messages) <= 5
    for message in messages:
        assert 0 < len(message.text) <= 4_000
        assert 0 < len(message.markdown) <= 12_000
        assert len(message.blocks) <= 50
        assert sum(len(text) for kind, text in strings(message.blocks) if kind == "markdown") <= 12_000
        assert sum(len(text) for _, text in strings(message.blocks)) <= 13_000
        assert all(0 < len(text) <= 3_000 for kind, text in strings(message.blocks) if kind == "mrkdwn")
        assert all(Block.parse(block).to_dict() for block in message.blocks)  # type: ignore[union-attr]


@hunted
@given(answers())
@example(Answer("`` <!channel> ` <@U1> ``"))
def test_nothing_of_any_answer_is_a_mention_or_a_link_but_ours(answer: Answer) -> None:
    for message in render(answer, question=7):
        texts = [message.text, message.markdown]
        texts += [text for kind, text in strings(message.blocks) if kind in ("markdown", "mrkdwn")]
        for text in texts:
            assert not SPECIAL.search(LINK.sub("", text))
        assert "<" not in LINK.sub("", message.text)
        assert not {"link_open", "image", "html_inline", "html_block"} & {*tokens(message.markdown)}


@hunted
@given(answers())
def test_fences_are_balanced_in_every_message(answer: Answer) -> None:
    for message in render(answer):
        assert message.text.count("```") % 2 == 0
        assert sum(line.startswith("```") for line in message.markdown.splitlines()) % 2 == 0
        assert all(text.count("```") % 2 == 0 for kind, text in strings(message.blocks) if kind == "markdown")


@hunted
@given(st.lists(texts, max_size=8))
def test_deltas_one_after_the_other_are_as_safe_as_each_alone(parts: list[str]) -> None:
    stream = "\n".join(render_delta(part) for part in parts)
    assert not SPECIAL.search(stream)
    assert not {"link_open", "image", "html_inline", "html_block"} & {*tokens(stream)}


@hunted
@given(urls, lines)
def test_a_link_leads_to_exactly_the_address_of_the_row(url: str, title: str) -> None:
    message = only(Answer("Yes [1].", (Citation(1, url, (), title),)))
    (context,) = [text for kind, text in strings(message.ending) if kind == "mrkdwn"]
    for text in (context, message.text):
        found = LINK.findall(text)
        assert len(found) <= 1
        assert text.count("<") == len(found)
        assert all(unquote(html.unescape(target)) == unquote(url) for target, _ in found)
    assert LINK.search(context) or len(url) > 300


@hunted
@given(st.lists(st.text("abc <>&`!@", max_size=60).map(lambda line: f"x{line}y"), min_size=1, max_size=200))
@example(["x```y"])
def test_code_that_is_cut_loses_no_line(code: list[str]) -> None:
    messages = render(Answer("Run this [1]:\n\n~~~py\n" + "\n".join(code) + "\n~~~\nFrom [1]."))
    shown = [line for message in messages for line in code_lines(message)]
    assert shown == code


def code_lines(message: SlackMessage) -> Iterator[str]:
    """Yield the lines that a reader sees as code."""
    for block in message.blocks:
        if block["type"] == "rich_text":
            yield from block["elements"][0]["elements"][0]["text"].split("\n")
        elif block["type"] == "markdown":
            fences = (token.content for token in PARSER.parse(block["text"]) if token.type == "fence")
            yield from (line for fence in fences for line in fence.removesuffix("\n").split("\n"))


def test_an_answer_comes_with_its_sources_and_controls() -> None:
    message = only(Answer("Use `fit` [1][2].", (CITATION, OTHER)), question=42, shareable=True)
    assert message.markdown == "Use `fit` [1][2]."
    assert [block["type"] for block in message.blocks] == ["markdown", "context", "context_actions", "actions"]
    (small,) = message.blocks[1]["elements"]
    assert small["text"] == (
        "*Sources*\n<https://docs.example/guide#train|[1] Guide &gt; Train>\n"
        "<https://docs.example/api?a=1&amp;b=2#x|[2] API>"
    )
    assert small["verbatim"] is True
    feedback = message.blocks[2]["elements"][0]
    assert feedback["action_id"] == FEEDBACK
    assert vote_of(feedback["positive_button"]["value"]) == (42, True)
    assert vote_of(feedback["negative_button"]["value"]) == (42, False)
    assert [(each["action_id"], each["value"]) for each in message.blocks[3]["elements"]] == [
        (WHY, "42"),
        (SHARE, "42"),
    ]
    assert message.ending == message.blocks[1:]


@pytest.mark.parametrize("value", ["", "good:", "good:x", "best:1", "good:1 ", "1", "good:99999999999999999999"])
def test_a_vote_that_is_none_of_ours_is_not_read(value: str) -> None:
    assert vote_of(value) is None


def test_controls_are_on_the_last_message_alone() -> None:
    *before, last = render(Answer("\n\n".join(["word " * 200] * 6), (CITATION,)), question=1)
    assert before
    assert all(not message.ending and {block["type"] for block in message.blocks} == {"markdown"} for message in before)
    assert last.blocks[-3:] == last.ending


def test_an_answer_without_a_question_has_no_controls() -> None:
    assert [block["type"] for block in render_sentence("I have <no> time.").blocks] == ["markdown"]


@pytest.mark.parametrize("abstention", Abstention)
def test_a_refusal_points_to_sections_and_calls_them_no_sources(abstention: Abstention) -> None:
    unknown = Answer("No.", abstention=abstention, suggestions=(CITATION,))
    assert "*Closest sections*\n<https://docs.example/guide#train|" in unknown_text(unknown)
    assert unknown_text(Answer("No.", abstention=abstention)) == "No."


def unknown_text(answer: Answer) -> str:
    return only(answer).text


def test_the_asker_is_told_when_meaning_could_not_be_searched() -> None:
    message = only(Answer("Yes [1].", (CITATION,), faults=(Fault.EMBEDDER, Fault.RERANKER)))
    assert "by words alone" in json.dumps(message.ending)
    assert "by words alone" not in json.dumps(only(Answer("Yes [1].", (CITATION,), faults=(Fault.RERANKER,))).ending)


def test_mentions_can_be_read_and_do_nothing() -> None:
    message = only(Answer("Write <!channel> or <@U1> & go."))
    assert message.markdown == "Write &lt;!channel> or &lt;@U1> & go."
    assert message.text == "Write &lt;!channel&gt; or &lt;@U1&gt; &amp; go."


def test_an_entity_is_shown_as_it_was_written() -> None:
    message = only(Answer("Write &lt;!channel&gt; && go."))
    assert message.markdown == "Write &amp;lt;!channel&amp;gt; && go."
    assert message.text == "Write &amp;lt;!channel&amp;gt; &amp;&amp; go."


def test_a_mark_cannot_be_made_a_link_of_the_text() -> None:
    for definition in ("[1]: evil.example", "> [1]: evil.example", "- [1]: evil.example"):
        assert "link_open" not in {*tokens(only(Answer(f"{definition}\n\nSee [1].")).markdown)}


def test_many_blocks_of_code_are_few_blocks_of_slack() -> None:
    for message in render(Answer("```\n<\n```\n" * 300)):
        assert len(message.blocks) <= 50


def test_an_element_of_the_sources_is_never_too_long() -> None:
    url = "https://docs.example/?" + "&" * 650
    message = only(Answer("Yes.", tuple(Citation(at, f"{url}{at}", ("&" * 150,), "") for at in range(1, 11))))
    lengths = [len(text) for kind, text in strings(message.ending) if kind == "mrkdwn"]
    assert lengths
    assert max(lengths) <= 3_000
    assert "[1]" in json.dumps(message.ending)


def test_code_with_angles_is_typed_text_and_other_code_is_markdown() -> None:
    message = only(Answer("```html\n<!DOCTYPE html> &amp;\n```\n\n```py\nfit(a > 1)\n```"))
    typed, markdown = message.blocks
    assert typed["elements"][0]["elements"] == [{"type": "text", "text": "<!DOCTYPE html> &amp;"}]
    assert markdown == {"type": "markdown", "text": "```py\nfit(a > 1)\n```"}
    assert "&lt;!DOCTYPE html&gt; &amp;amp;" in message.text


def test_names_that_slack_would_link_are_code() -> None:
    assert only(Answer("Run setup.py, then `x`a.md by me@mail.example.")).markdown == (
        "Run `setup.py`, then `x` `a.md` by `me@mail.example`."
    )


def test_bold_and_headings_are_written_in_slack_s_own_markup_where_that_is_read() -> None:
    assert only(Answer("## Set up\n\n- **Now** do")).text == "*Set up*\n\n• *Now* do"


def test_a_url_in_code_stays_where_the_evidence_holds_it() -> None:
    answer = Answer("Run `curl https://docs.example/get` [1].\n\n```\ncurl https://evil.example\n```")
    message = only(answer, known=["https://docs.example/get"])
    assert "`curl https://docs.example/get`" in message.markdown
    assert "curl [link removed]" in message.markdown


def test_an_answer_that_is_far_too_long_says_so() -> None:
    messages = render(Answer("A sentence of some words. " * 4_000))
    assert len(messages) == 5
    assert messages[-1].markdown.endswith(SHORTENED)


def test_no_caller_can_forget_what_has_to_be_off() -> None:
    message = render_sentence("No.")
    post = post_arguments(message, "C1", "1.2", metadata={"event_type": "x"}, unfurl_links=True)
    assert post["metadata"] == {"event_type": "x"}
    response = response_arguments(message)
    for arguments in (post, response):
        assert arguments["unfurl_links"] is arguments["unfurl_media"] is arguments["link_names"] is False
        assert arguments["parse"] == "none"
    for arguments in (update_arguments(message, "C1", "1.2"), ephemeral_arguments(message, "C1", "U1")):
        assert arguments["link_names"] is False
        assert arguments["parse"] == "none"
    assert response["response_type"] == "ephemeral"


def test_words_of_a_person_are_echoed_as_they_were_typed() -> None:
    assert escape("is <!here> a\nb & `c`?") == "is &lt;!here&gt; a b &amp; ˋcˋ?"
    assert escape("word " * 100, 20) == "word word word…"


def test_a_delta_keeps_the_white_space_in_front_of_it() -> None:
    assert [
        render_delta(text)
        for text in ("Use it [1].", " Then [2].", "\n  - an item [1]", "\n\n```py\nx\n```\nFrom [1].")
    ] == [
        "Use it [1].",
        " Then [2].",
        "\n  - an item [1]",
        "\n\n```py\nx\n```\nFrom [1].",
    ]
