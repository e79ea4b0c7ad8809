"""What a model could write to hurt a chat: nothing of ../shared pings, unfurls or leads away, and it stays readable."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from bot.markup import discord, slack
from core.domain import Answer, Citation
from tests.bad.inputs import Bad, bad

pytestmark = pytest.mark.shared

CITATION = Citation(1, "https://docs.example/guide#train", ("Guide", "Train"), "Guide")
PLACES = {
    "alone": "{}",
    "within": "Use {} [1].",
    "item": "- {} [1]\n- more [1]",
    "below": "Use `fit` [1].\n{}\nand go on.",
}
OUR_LINK = re.compile(r"<https://docs\.example/guide#train\|[^<>]*>")
SPECIAL = re.compile(r"<(?:[!@#]|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
DISCORD_SPECIAL = re.compile(r"<(?:[@#:/]|a:|id:|t:)|@everyone|@here|＠|\|\||^ *>>>|^ *-?#{1,3} |\]\(", re.MULTILINE)


def answer(text: str) -> Answer:
    return Answer(text, (CITATION,))


def words_of(text: str) -> list[str]:
    """Return what has to be readable: the words that are no part of a link."""
    return re.findall(r"[A-Za-z]{3,30}", re.sub(r"\S+://\S+|\x1b|```\w*", " ", text))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@bad("slack.render")
def test_a_slack_payload_holds_no_mention_and_no_link_but_ours(bad: Bad, place: str) -> None:
    for message in slack.render(answer(place.replace("{}", bad.text)), question=1, shareable=True):
        payload = slack.post_arguments(message, "C1", "1.2")
        written = OUR_LINK.sub("", json.dumps(payload, ensure_ascii=False))
        assert not SPECIAL.search(written + OUR_LINK.sub("", message.markdown))
        assert "evil" not in written
        assert "://" not in written
        assert payload["link_names"] is False
        assert payload["parse"] == "none"
        assert payload["unfurl_links"] is False
        assert payload["unfurl_media"] is False
        assert all(word in message.text and word in message.markdown for word in words_of(bad.text))


@bad("slack.render")
def test_a_slack_stream_holds_no_mention_and_no_link(bad: Bad) -> None:
    written = slack.render_delta(bad.text)
    assert not SPECIAL.search(written)
    assert "://" not in written


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@bad("discord.render")
def test_discord_messages_fit_and_hold_nothing_that_works(bad: Bad, place: str) -> None:
    messages = discord.render(answer(place.replace("{}", bad.text)))
    assert_discord_safe(messages)
    written = "".join(message.content for message in messages).replace("\n", "")
    assert all(word in written for word in words_of(bad.text[:4_000]))


@bad("discord.render")
def test_every_discord_message_without_our_embed_suppresses_embeds(bad: Bad) -> None:
    messages = discord.render(Answer(bad.text))
    assert [message.payload()["flags"] for message in messages] == [discord.SUPPRESS_EMBEDS] * len(messages)
    assert_discord_safe(messages)


@bad("discord.render")
def test_a_discord_answer_that_grows_is_as_safe(bad: Bad) -> None:
    words = [match.end() for match in re.finditer(r"\S+", bad.text[:4_000])]
    for end in (*words[:: len(words) // 40 + 1], len(bad.text)):
        assert_discord_safe([discord.DiscordMessage(discord.render_contents(bad.text[:end])[0])])


def assert_discord_safe(messages: Sequence[discord.DiscordMessage]) -> None:
    assert len(messages) <= 5
    for message in messages:
        payload = message.payload()
        assert payload["allowed_mentions"] == {"parse": []}
        assert 0 < len(payload["content"]) <= 2_000
        assert payload["content"].count("```") % 2 == 0
        prose = re.sub(r"```.*?```|`[^`]*`", "", payload["content"], flags=re.DOTALL)
        assert not DISCORD_SPECIAL.search(prose)
        assert "://" not in payload["content"]
        assert "evil" not in payload["content"]
        assert "\x1b" not in payload["content"]
