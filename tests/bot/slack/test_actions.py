"""Slack takes all that it is given to show, whatever a page or a model says: by Slack's own rules (`schema`)."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.markup import slack as markup
from bot.slack.actions import build_comment_view, build_figures_view, build_reasons_view, build_why_view
from bot.why import explain
from core.domain import Answer, Citation
from core.inbox.port import Reply, UsedPassage
from core.sentences import ENGLISH, GERMAN, Sentences
from tests.bot.hostile import texts
from tests.servers.slack.blocks import fault_of
from tests.servers.slack.schema import fault_of_view


@pytest.mark.parametrize(
    "line", ["&" * 5_000, "<" * 5_000, "a" * 5_000, "\U0001f600" * 5_000, "1. Guide > Set up (docs)"]
)
def test_why_is_a_view_whatever_the_pages_are_called(line: str) -> None:
    view = build_figures_view([line] * 12)
    assert (fault_of_view(view), fault_of(view["blocks"], "modal")) == (None, None)
    found = tuple(UsedPassage(f"https://a.example/{place}", (line,), "docs", place) for place in range(1, 9))
    cited = tuple(Citation(place, f"https://a.example/{place}", (line,), line) for place in range(1, 5))
    for language in (ENGLISH, GERMAN):
        why = build_why_view(
            explain(Reply(Answer("Yes.", cited, model="m", dropped=2), found), language), 10**17, language, "C1"
        )
        assert (fault_of_view(why), fault_of(why["blocks"], "modal")) == (None, None)


@pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["English", "German"])
def test_forms_are_views(language: Sentences) -> None:
    for view in (build_reasons_view(10**17, language), build_comment_view(10**17, language)):
        assert (fault_of_view(view), fault_of(view["blocks"], "modal")) == (None, None)


@given(texts, texts)
def test_an_answer_is_blocks_whatever_it_says(text: str, title: str) -> None:
    answer = Answer(text, citations=(Citation(1, "https://docs.example/a?b=<c>", (title,), title),))
    for message in markup.render(answer, question=7, shareable=True):
        assert fault_of(list(message.blocks)) is None


def test_a_table_is_blocks_and_its_text_says_the_same() -> None:
    rows = (
        ("What", "State"),
        ("workers", "1 worker running"),
        ("crawl", "**guide**: `3` pages <!here>"),
        ("", "x" * 5_000),
    )
    message = markup.render_table("- 1 worker running\n- **guide**: 3 pages", rows)
    assert [block["type"] for block in message.blocks] == ["table"]
    assert fault_of(list(message.blocks)) is None
    assert "1 worker running" in message.text
    assert "guide: 3 pages" in str(message.blocks)
    assert markup.render_table("- nothing", rows[:1]).blocks[0]["type"] == "markdown"
