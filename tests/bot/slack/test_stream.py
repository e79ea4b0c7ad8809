"""The card above an answer that grows: how much was searched, and links to what was found."""

from __future__ import annotations

from bot.slack.stream import build_finished_card
from core.domain import Evidence, Hit, Passage


def test_no_title_of_a_page_begins_a_mention_or_a_link_in_the_card() -> None:
    path = ("<!channel> and <@U1>", "<#C1|general> <mailto:a@evil.example|us>")
    card = build_finished_card(Evidence((Hit(Passage("https://docs.example/a", "b", path, "text"), "docs", 1.0),)))
    (source,) = card["sources"]
    assert source["url"] == "https://docs.example/a#b"
    assert not [token for token in ("<!", "<@", "<#", "<mailto") if token in source["text"]]
    assert source["text"].replace("\u200b", "").startswith("<!channel> and <@U1>")
