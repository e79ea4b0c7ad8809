"""What is read of messages as they are on Slack and Discord: each payload, and the words that come of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.discord.reading import read_words
from bot.files import decode_text, is_text
from bot.slack.reading import files_of
from bot.slack.words import words_of
from core.inbox.platforms import SharedFile

Json = dict[str, Any]


def rich(*parts: Json) -> Json:
    """Return a block of rich text."""
    return {"type": "rich_text", "elements": list(parts)}


def line(*elements: Json, kind: str = "rich_text_section") -> Json:
    """Return a part of rich text."""
    return {"type": kind, "elements": list(elements)}


def span(text: str, **style: bool) -> Json:
    """Return a piece of text in rich text."""
    return {"type": "text", "text": text} | ({"style": style} if style else {})


def cell(text: str) -> Json:
    """Return a cell of a table."""
    return {"type": "raw_text", "text": text}


def of_app(*blocks: Json, **more: Any) -> Json:
    """Return a post of an app."""
    return {"bot_id": "B9", "blocks": list(blocks), **more}


ITEMS = [line(span("first")), line(span("sec"), span("ond", bold=True))]
SLACK: dict[str, tuple[Json, str]] = {
    "a list": (of_app(rich({"type": "rich_text_list", "style": "bullet", "elements": ITEMS})), "• first\n• second"),
    "a numbered list": (
        of_app(rich({"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": ITEMS})),
        "3. first\n4. second",
    ),
    "a list in a list": (
        of_app(rich({"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": ITEMS[:1]})),
        "• first",
    ),
    "a quotation": (of_app(rich(line(span("a\nb"), kind="rich_text_quote"))), "> a\n> b"),
    "code in lines": (of_app(rich(line(span("x = 1\n"), kind="rich_text_preformatted"))), "```\nx = 1\n```"),
    "code in a line": (of_app(rich(line(span("run "), span("make", code=True), span(".")))), "run `make`."),
    "angle brackets in rich text": (of_app(rich(line(span("vector<int> & co")))), "vector<int> & co"),
    "a link": (of_app(rich(line({"type": "link", "url": "https://a.example/x"}))), "https://a.example/x"),
    "a link with a label": (
        of_app(rich(line(span("see "), {"type": "link", "url": "https://a.example/x", "text": "the page"}))),
        "see the page (https://a.example/x)",
    ),
    "an emoji": (of_app(rich(line(span("done "), {"type": "emoji", "name": "tada"}))), "done :tada:"),
    "the bot, a person, a group, a channel": (
        of_app(
            rich(
                line(
                    {"type": "user", "user_id": "UBOT"},
                    span("ask "),
                    {"type": "user", "user_id": "U7"},
                    span(", "),
                    {"type": "usergroup", "usergroup_id": "S1"},
                    span(" in "),
                    {"type": "channel", "channel_id": "C2"},
                )
            )
        ),
        "ask @somebody, @a group in that channel",
    ),
    "all who are here": (of_app(rich(line({"type": "broadcast", "range": "here"}, span(" hi")))), "@here hi"),
    "a date": (
        of_app(rich(line(span("on "), {"type": "date", "timestamp": 1_700_000_000, "format": "{date}"}))),
        "on 2023-11-14 22:13 UTC",
    ),
    "a date that says itself": (
        of_app(rich(line({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "Monday"}))),
        "Monday",
    ),
    "a date that is none": (of_app(rich(line(span("on"), {"type": "date", "timestamp": 10**30}))), "on"),
    "a color and a team": (
        of_app(rich(line({"type": "color", "value": "#fff"}, {"type": "team", "team_id": "T1"}))),
        "#fff",
    ),
    "a header and a section": (
        of_app(
            {"type": "header", "text": {"type": "plain_text", "text": "Build &amp; test"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*failed* on <https://ci.example/1|#1>"}},
        ),
        "Build & test\n\n*failed* on #1 (https://ci.example/1)",
    ),
    "fields of a section": (
        of_app(
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Env*\nprod"}, {"type": "mrkdwn", "text": "v2"}]}
        ),
        "*Env*\nprod\nv2",
    ),
    "a context": (
        of_app(
            {
                "type": "context",
                "elements": [
                    {"type": "image", "image_url": "https://a.example/i", "alt_text": "logo"},
                    {"type": "mrkdwn", "text": "by <@U7>"},
                ],
            }
        ),
        "logo by @somebody",
    ),
    "markdown": (of_app({"type": "markdown", "text": "# Title\n**bold** <b>"}), "# Title\n**bold** <b>"),
    "a table": (
        of_app({"type": "table", "rows": [[cell("a"), cell("b")], [cell("1"), rich(line(span("2")))]]}),
        "a | b\n1 | 2",
    ),
    "a table that is none": (of_app({"type": "table", "rows": "x"}, text="t"), "t"),
    "an image": (
        of_app({"type": "image", "title": {"type": "plain_text", "text": "Graph"}, "alt_text": "a graph"}),
        "Graph",
    ),
    "a video": (
        of_app({"type": "video", "title": {"type": "plain_text", "text": "How to"}, "alt_text": "v"}),
        "How to",
    ),
    "buttons, forms and lines are not words": (
        of_app(
            {"type": "section", "text": {"type": "mrkdwn", "text": "Deploy?"}},
            {"type": "divider"},
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Approve"}}]},
            {"type": "input", "label": {"type": "plain_text", "text": "Reason"}},
        ),
        "Deploy?",
    ),
    "an app that says all of it twice": (
        of_app(
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Build 7* failed"}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "on main"}]},
            text="Build 7 failed on main",
        ),
        "Build 7 failed on main",
    ),
    "a block of a new kind": (
        of_app({"type": "card", "title": {"type": "mrkdwn", "text": "A card"}, "elements": [{"text": "inside"}]}),
        "A card inside",
    ),
    "an attachment with fields": (
        {
            "bot_id": "B9",
            "text": "",
            "attachments": [
                {
                    "pretext": "New alert",
                    "title": "CPU",
                    "title_link": "https://m.example",
                    "text": "high on <https://m.example|web-1>",
                    "fields": [{"title": "Value", "value": "97 %"}, {"value": "alone"}],
                    "footer": "monitor v3",
                    "fallback": "CPU high",
                }
            ],
        },
        "New alert\n\nCPU\n\nhigh on web-1 (https://m.example)\n\nValue: 97 %\n\nalone",
    ),
    "an attachment that has its fallback alone": (
        {"bot_id": "B9", "text": "", "attachments": [{"fallback": "CPU &gt; 90", "footer": "f"}]},
        "CPU > 90",
    ),
    "an attachment of blocks": (
        {"bot_id": "B9", "text": "", "attachments": [{"blocks": [rich(line(span("in blocks")))], "fallback": "[no]"}]},
        "in blocks",
    ),
    "a forward": (
        {"text": "<@UBOT> this", "attachments": [{"is_share": True, "text": "How do I install it?", "footer": "x"}]},
        "this\n\nHow do I install it?",
    ),
    "a forward whose own words are in it": (
        {"text": "<@UBOT> install", "attachments": [{"is_share": True, "text": "How do I install it?"}]},
        "install\n\nHow do I install it?",
    ),
    "a forward of a thread": (
        {
            "text": "<@UBOT>",
            "attachments": [
                {"is_share": True, "is_thread_root_unfurl": True, "text": "root"},
                {"is_share": True, "is_reply_unfurl": True, "text": "reply"},
            ],
        },
        "root\n\nreply",
    ),
    "a forward of an app's blocks": (
        {
            "text": "",
            "attachments": [
                {"is_share": True, "text": "", "message_blocks": [{"message": {"blocks": [rich(line(span("E42")))]}}]}
            ],
        },
        "E42",
    ),
    "the message whose link was posted": (
        {"text": "<@UBOT> see <https://x.slack.com/p1>", "attachments": [{"is_msg_unfurl": True, "text": "E42"}]},
        "see https://x.slack.com/p1\n\nE42",
    ),
    "a page that was unfurled is not what was said": (
        {"text": "see <https://a.example>", "attachments": [{"title": "A page", "text": "long", "from_url": "https://a.example"}]},
        "see https://a.example",
    ),
    "a person's own words once": (
        {"text": "*how* now", "blocks": [rich(line(span("how", bold=True), span(" now")))]},
        "*how* now",
    ),
    "a person's blocks where there is no text": ({"text": "", "blocks": [rich(line(span("how")))]}, "how"),
    "a person's table": (
        {"text": "why?", "blocks": [{"type": "table", "rows": [[cell("a"), cell("b")]]}]},
        "why?\n\na | b",
    ),
    "mail and phone": ({"text": "to <mailto:a@b.example|a@b.example> or <tel:1|1>"}, "to a@b.example or 1"),
    "a label that is its link": ({"text": "<https://a.example/x|a.example/x>"}, "https://a.example/x"),
    "a group, a broadcast and a date": (
        {"text": "<!subteam^S1|@ops> <!subteam^S2> <!here> <!date^1^{date}|Monday>"},
        "@ops @a group @here Monday",
    ),
    "a channel that is gone": ({"text": "in <#C9>, <#C8|help>, <#C7|>"}, "in that channel, #help, that channel"),
    "nothing": ({"text": None, "blocks": {}, "attachments": "x"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SLACK)
def test_a_message_of_slack_is_read(name: str) -> None:
    message, words = SLACK[name]
    assert words_of(message, "UBOT") == words


TEXT = {"type": 10, "content": "# Release 3"}
DISCORD: dict[str, tuple[Json, str]] = {
    "an embed": (
        {"content": "", "embeds": [{"title": "T", "description": "D <@7>", "fields": [{"name": "N", "value": "V"}]}]},
        "T\nD @ann\nN: V",
    ),
    "an embed with a nameless field": ({"embeds": [{"fields": [{"name": "", "value": "V"}, {"name": "N"}]}]}, "V\nN"),
    "a footer and an author are not words": (
        {"embeds": [{"title": "T", "footer": {"text": "f"}, "author": {"name": "a"}}]},
        "T",
    ),
    "two embeds that say the same": ({"embeds": [{"title": "T"}, {"title": "T"}]}, "T"),
    "a poll": (
        {"poll": {"question": {"text": "Which?"}, "answers": [{"poll_media": {"text": "A"}}, {"poll_media": {}}]}},
        "Which?\n• A\n•",
    ),
    "a sticker": ({"content": "", "sticker_items": [{"name": "Wave hi"}]}, ":Wave_hi:"),
    "components": ({"components": [TEXT]}, "# Release 3"),
    "components in components": (
        {
            "components": [
                {
                    "type": 17,
                    "components": [
                        TEXT,
                        {"type": 9, "components": [{"type": 10, "content": "by <@7>"}], "accessory": {"type": 2}},
                        {"type": 12, "items": [{"media": {}, "description": "a graph"}]},
                        {"type": 1, "components": [{"type": 2, "label": "Approve"}]},
                    ],
                }
            ]
        },
        "# Release 3\nby @ann\na graph",
    ),
    "a forward": ({"content": "", "message_snapshots": [{"message": {"content": "How?"}}]}, "How?"),
    "a forward with an embed and a poll": (
        {
            "content": "",
            "message_snapshots": [
                {"message": {"content": "see", "embeds": [{"title": "T"}], "poll": {"question": {"text": "Which?"}}}}
            ],
        },
        "see\nT\nWhich?",
    ),
    "a forward of components": ({"message_snapshots": [{"message": {"components": [TEXT]}}]}, "# Release 3"),
    "a reply to a forward": (
        {"content": "and this?", "referenced_message": {"message_snapshots": [{"message": {"content": "How?"}}]}},
        "and this?",
    ),
    "people, roles and channels that are gone": (
        {"content": "ask <@7>, <@9>, <@&5> in <#3> at <t:1:R> <:ok:1>"},
        "ask @ann, @somebody, @somebody in that channel at  :ok:",
    ),
    "the bot": ({"content": "<@1> how?"}, "how?"),
    "nothing": ({"content": None, "embeds": None, "components": None, "poll": None}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", DISCORD)
def test_a_message_of_discord_is_read(name: str) -> None:
    message, words = DISCORD[name]
    assert read_words({"mentions": [{"id": "7", "username": "ann"}], **message}, 1) == words


@pytest.mark.parametrize(
    ("file", "says_so"),
    [
        (SharedFile("main.ts", "video/mp2t"), True),
        (SharedFile("clip.mp4", "video/mp4"), False),
        (SharedFile("trace.json", "application/vnd.api+json"), True),
        (SharedFile("main.rs", "application/rls-services+xml"), True),
        (SharedFile("run.log", "application/x-log"), True),
        (SharedFile("run.log", "application/pdf"), False),
        (SharedFile("icon.svg", "image/svg+xml"), False),
        (SharedFile("shot.png", "text/plain"), True),
    ],
)
def test_text_has_many_kinds(file: SharedFile, says_so: bool) -> None:
    assert is_text(file) is says_so


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\xc3\xa9", "a\u00e9"),
        (b"\xef\xbb\xbfa", "a"),
        ("Fehler: größer".encode("utf-16"), "Fehler: größer"),
        ("größer".encode("cp1252"), "größer"),
        (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        (b"\x89PNG\r\n\x1a\n\0\0", None),
        (bytes(range(1, 32)) * 9, None),
    ],
)
def test_bytes_are_text_or_not(data: bytes, text: str | None) -> None:
    assert decode_text(data) == text


def test_a_file_of_slack_is_known_by_its_name_too() -> None:
    file = {"title": "the server's log", "name": "server.log", "mimetype": "application/octet-stream", "size": 9}
    (found,) = files_of({"files": [file]})
    assert (found.name, is_text(found)) == ("server.log", True)
