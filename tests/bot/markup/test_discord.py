"""Answers on Discord: what fits, what works and what does not."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markup.discord import (
    SUPPRESS_EMBEDS,
    UNTITLED,
    DiscordMessage,
    embed_of,
    escape,
    render,
    render_contents,
    thread_title,
)
from core.domain import Abstention, Answer, Citation, Fault
from tests.bot.hostile import answers, hunted, lines, texts, urls

CITATION = Citation(1, "https://docs.example/guide#train", ("Guide", "Train"), "Guide")
BREAK = "\u200b"
SPECIAL = re.compile(
    r"<(?:[@#:/!]|a:|id:|t:)|@everyone|@here|(?<!\\)\|\||^ *>>>|^ *(?:- |> |\d\. )*-?#{1,3} |\]\(|://",
    re.MULTILINE | re.IGNORECASE,
)
MASKED = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\(([^()\s]*)\)")


def prose_of(content: str) -> str:
    """Return a content without its code, as Discord reads it: three backticks anywhere, then pairs of single ones."""
    without_fences = re.sub(r"```.*?```", "code", content, flags=re.DOTALL)
    return re.sub(r"`[^`]*`", "code", without_fences)


@hunted
@given(answers())
def test_any_answer_makes_messages_that_discord_takes(answer: Answer) -> None:
    messages = render(answer)
    assert 1 <= len(messages) <= 5
    for message in messages:
        assert 0 < len(message.content.encode("utf-16-le")) // 2 <= 2_000
        assert message.content.strip()
    assert all(message.embed is None for message in messages[:-1])
    if messages[-1].embed is not None:
        assert 0 < len(messages[-1].embed["description"].encode("utf-16-le")) // 2 <= 4_096


@hunted
@given(answers())
def test_nothing_of_any_answer_pings_shouts_hides_or_leads_away(answer: Answer) -> None:
    for message in render(answer):
        assert not SPECIAL.search(prose_of(message.content))
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", message.content)


@hunted
@given(answers())
def test_fences_are_closed_in_every_message_and_no_backtick_is_left_over(answer: Answer) -> None:
    for message in render(answer):
        assert message.content.count("```") % 2 == 0
        assert "`" not in prose_of(message.content)


@hunted
@given(answers())
def test_an_embed_holds_no_mention_and_no_link_but_to_its_rows(answer: Answer) -> None:
    embed = embed_of(answer)
    if embed is None:
        return
    rows = {unquote(citation.url) for citation in (*answer.citations, *answer.suggestions)}
    for line in embed["description"].split("\n"):
        assert {unquote(target) for _, target in MASKED.findall(line)} <= rows
        assert not SPECIAL.search(MASKED.sub(r"\1", line).replace("\\|", ""))


@hunted
@given(urls, lines)
def test_a_link_leads_to_exactly_the_address_of_the_row(url: str, title: str) -> None:
    embed = embed_of(Answer("Yes [1].", (Citation(1, url, (), title),)))
    assert embed is not None
    found = MASKED.findall(embed["description"])
    assert len(found) == 1 or len(url) > 300
    assert all(unquote(target) == unquote(url) for _, target in found)


@hunted
@given(st.lists(st.text("abc <>&!@|#~", max_size=60).map(lambda line: f"x{line}y"), min_size=1, max_size=110))
def test_code_that_is_cut_loses_no_line_and_stays_in_its_language(code: list[str]) -> None:
    shown = render_contents("Run this [1]:\n\n~~~py\n" + "\n".join(code) + "\n~~~\nFrom [1].")
    bodies = re.findall(r"```py\n(.*?)\n```", "\n".join(shown), re.DOTALL)
    assert "\n".join(bodies).split("\n") == code


@hunted
@given(st.lists(st.text("abc ", max_size=900), max_size=20).map("\n\n".join), st.integers(0, 18_000))
def test_contents_of_an_answer_that_grows_stay_but_for_the_last(text: str, shown: int) -> None:
    begun = render_contents(text[:shown])[:-1]
    assert begun[:4] == render_contents(text)[: len(begun)][:4]


@hunted
@given(texts)
def test_a_thread_has_a_name_whatever_was_asked(question: str) -> None:
    title = thread_title(question)
    assert 1 <= len(title) <= 100
    assert title == title.strip()
    assert not re.search(r"<[@#:/!]|@everyone|@here|[\n\r]|\w://", title)


def test_a_question_names_its_thread() -> None:
    assert thread_title("<@123> How do I\n set `x`?") == "How do I set x?"
    assert (
        thread_title("## **Why** does ~~it~~ _fail_ with `a_b_c` and __init__?")
        == "Why does it fail with a_b_c and init?"
    )
    assert thread_title("Why does https://a.example/b fail?") == "Why does … fail?"
    assert (
        thread_title("See [the guide](https://a.example/b): does 2 * 3 * 4 work?")
        == "See the guide …: does 2 * 3 * 4 work?"
    )
    assert thread_title("<@123>") == UNTITLED
    assert thread_title("word " * 50).endswith("word…")


def test_an_answer_comes_with_one_embed_of_its_sources() -> None:
    (message,) = render(Answer("Use `fit` [1].", (CITATION, Citation(2, "file:///x", ("a [b]",), ""))))
    assert message.content == "Use `fit` [1]."
    assert message.embed == {
        "title": "Sources",
        "description": "[1] [Guide > Train](https://docs.example/guide#train)\n[2] a (b)",
    }


def test_the_flag_that_stops_unfurling_is_left_out_where_it_would_hide_the_sources() -> None:
    first, last = render(Answer("word " * 700, (CITATION,)))
    assert first.payload()["flags"] == SUPPRESS_EMBEDS
    assert last.payload()["flags"] == 0
    assert last.payload()["embeds"] == [last.embed]
    assert first.payload()["allowed_mentions"] == last.payload()["allowed_mentions"] == {"parse": []}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# HUGE", "**HUGE**"),
        ("> ## Q", "> **Q**"),
        ("# a *b*", "\\# a *b*"),
        ("-# small", "\\-# small"),
        ("||secret||", "\\|\\|secret\\|\\|"),
        (">>> rest", "> rest"),
        ("@everyone", f"@{BREAK}everyone"),
        ("＠here", f"@{BREAK}here"),
        ("<@&12> <#3> <t:1:R>", f"<{BREAK}@&12> <{BREAK}#3> <{BREAK}t:1:R>"),
        ("<a:wave:12> <id:home>", f"<{BREAK}a:wave:12> <{BREAK}id:home>"),
        ("Use List<int> here", "Use List<int> here"),
        ("Join discord.gg/abc", "Join [link removed]"),
        ("a ``` b", "a ˋˋˋ b"),
        ("a ````b```` c", "a ˋˋˋbˋˋˋ c"),
        ("`<@1>` and `@here`", "`<@1>` and `@here`"),
        ("```ansi\n\x1b[31mred\n```", "```\n[31mred\n```"),
        ("````md\n```py\nx\n```\n````", "```md\n`` `py\nx\n`` `\n```"),
        ("~~~\n<@1> # x || y\n~~~", "```\n<@1> # x || y\n```"),
        ("```py\nopen", "```py\nopen\n```"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "```\na  b\n-  -\n1  2\n```"),
    ],
)
def test_what_would_do_something_can_be_read_and_does_nothing(text: str, shown: str) -> None:
    assert render_contents(text) == [shown]


def test_a_lead_in_goes_with_the_code_it_introduces() -> None:
    code = "```py\n" + "fit()\n" * 200 + "```"
    first, second = render_contents("word " * 250 + "\n\nRun this [1]:\n\n" + code)
    assert second.startswith("Run this [1]:\n\n```py\n")
    assert "Run this" not in first


@pytest.mark.parametrize("abstention", Abstention)
def test_a_refusal_points_to_sections_and_calls_them_no_sources(abstention: Abstention) -> None:
    unknown = embed_of(Answer("No.", abstention=abstention, suggestions=(CITATION,)))
    assert unknown is not None
    assert unknown["title"] == "Closest sections"
    assert embed_of(Answer("No.", abstention=abstention)) is None


def test_the_asker_is_told_when_meaning_could_not_be_searched() -> None:
    embed = embed_of(Answer("Yes [1].", (CITATION,), faults=(Fault.EMBEDDER,)))
    assert embed is not None
    assert "by words alone" in embed["footer"]["text"]


def test_an_empty_answer_is_still_a_message() -> None:
    assert render(Answer("\u200b\n")) == [DiscordMessage("…")]


def test_words_of_a_person_are_echoed_as_they_were_typed() -> None:
    assert escape("*a* [b](c) @here\n`x`") == rf"\*a\* \[b\]\(c\) @{BREAK}here \`x\`"
