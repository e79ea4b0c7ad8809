"""Whom to ask: one mention at most, and never all who are there."""

from __future__ import annotations

import html

import pytest

from core.errors import UsageError
from core.inbox.whom import LONGEST, check_whom, escape_around_mention


@pytest.mark.parametrize("text", ["<!subteam^S1>", "<@&7> or the wiki", "<#C1|help>", "help@docs.example", "<@U1>"])
def test_one_mention_or_none_may_be_named(text: str) -> None:
    assert check_whom(f" {text}\n") == text


@pytest.mark.parametrize("text", ["<!channel>", "@everyone", "ask @here", "<@U1> and <@U2>", "x" * (LONGEST + 1)])
def test_all_who_are_there_and_two_mentions_may_not(text: str) -> None:
    with pytest.raises(UsageError):
        check_whom(text)


def test_what_stands_around_the_mention_has_no_effect() -> None:
    assert escape_around_mention("a < b <@U1> & <!here>", html.escape) == "a &lt; b <@U1> &amp; &lt;!here&gt;"
