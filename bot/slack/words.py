"""The words of a message of Slack: what it says, what it forwards, and what a program shows in it.

a person's text, the messages that it forwards or links to, tables     read
a program's text, blocks and attachments                               read, each thing once
buttons, fields of forms, footers                                      left out
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.slack.blocks import read_blocks
from bot.slack.payloads import Json, map_in, maps_in, text_in
from bot.slack.text import to_plain_text


def words_of(message: Json, user: str) -> str:
    """Return the words of a message and of what it forwards; of a program's also its blocks and attachments.

    `{"text": "<@UBOT> do you know?", "attachments": [{"is_share": true, "text": "How do I install it?"}]}`
        ->  "do you know?\n\nHow do I install it?"
    """
    own = to_plain_text(text_in(message, "text"), user)
    is_program = bool(message.get("bot_id")) or not own
    shown = [read_blocks(message, user, rich=is_program)]
    shown += [_attachment_of(each, user) for each in maps_in(message, "attachments") if is_program or is_shared(each)]
    texts = _join([own], *shown) if is_program else [own, *(each for each in _join(*shown) if each != own)]
    return "\n\n".join(texts)


def is_shared(attachment: Json) -> bool:
    """Return whether an attachment is a message of somebody: forwarded, or shown because its link was posted."""
    return attachment.get("is_share") is True or attachment.get("is_msg_unfurl") is True


def _attachment_of(attachment: Json, user: str) -> list[str]:
    """Return the words of an attachment: its parts, its fields and blocks; what stands for it where it has none."""
    parts = [text_in(attachment, key) for key in ("pretext", "title", "text")]
    parts += [
        ": ".join(filter(None, (text_in(each, "title"), text_in(each, "value"))))
        for each in maps_in(attachment, "fields")
    ]
    blocks = read_blocks(attachment, user)
    for each in maps_in(attachment, "message_blocks"):
        blocks += read_blocks(map_in(each, "message"), user)
    texts = _join([to_plain_text(each, user) for each in parts], blocks)
    return texts or _join([to_plain_text(text_in(attachment, "fallback"), user)])


def _join(*groups: Iterable[str]) -> list[str]:
    """Return texts in their order, without those that another says: a program often says all of it twice."""
    texts: list[str] = []
    for text in filter(None, [each for group in groups for each in group]):
        letters = _letters(text)
        if letters and any(letters in _letters(each) for each in texts):
            continue
        texts = [each for each in texts if not (letters and _letters(each) and _letters(each) in letters)]
        texts.append(text)
    return texts


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()
