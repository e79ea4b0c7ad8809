"""The controls below an answer: good or bad, why, share; and the comment on a bad answer.

    feedback ──good──> stored        ──bad──> stored, then a modal asks for reasons ──> stored with reasons
    why ──> a modal for the person who pressed: passages, their ranks on each side, times, model
    share ──> a question whose answer is known, for everybody in the channel (`core.inbox.port.Visibility.SHARED`)

A press finds only answers of the channel that it comes from, whatever number the payload names; votes count in the
whole workspace. Slack allows three seconds to open a modal.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.markup import slack as markup
from bot.phrases import (
    ANYTHING_ELSE,
    CHOICES,
    LONGEST_COMMENT,
    WHAT_IS_IT,
    WHAT_WAS_BAD,
    WHY,
    build_shared_question,
    may_share,
)
from bot.slack.api import call_slack
from bot.slack.events import SlackEvents
from bot.slack.payloads import Json, map_in, maps_in, text_in
from bot.slack.reading import add_response_url
from bot.why import lines_of, may_see
from core.errors import FootnoteError
from core.inbox.port import Feedback, Platform, StoredQuestion, Thumb

REASONS_VIEW, REASONS, COMMENT = "footnote_reasons", "reasons", "comment"
_NUMBERS = 10**18
"""The ids of questions are below this."""

_LONGEST_LINE = 600
"""The most characters of a line in a modal: a section takes 3,000, and an escaped "&" takes five."""

_log = logging.getLogger(__name__)


class SlackActions:
    """The listeners for controls, for one workspace."""

    def __init__(self, doors: SlackEvents, client: AsyncWebClient) -> None:
        self._doors = doors
        self._inbox = doors.intake.inbox
        self._client = client

    def connect(self, app: AsyncApp) -> None:
        """Register the listeners with the app."""
        app.action(markup.FEEDBACK)(self.feedback)
        app.action(markup.WHY)(self.why)
        app.action(markup.SHARE)(self.share)
        app.view(REASONS_VIEW)(self.reasons)

    async def feedback(self, ack: AsyncAck, body: Json) -> None:
        """Store a vote, and ask for reasons if it is bad. Raises `StoreError`: Slack then shows that it failed."""
        vote = markup.vote_of(_value(body))
        number, good = vote or (0, False)
        if not 0 < number < _NUMBERS or not _user(body):
            await ack()
            return
        feedback = Feedback(_user(body), Thumb.UP if good else Thumb.DOWN)
        kept = await self._doors.intake.give_feedback(self._doors.me.team, number, feedback)
        await ack()
        if kept and not good:
            await self._open(body, build_reasons_view(number))
            asked = await self._inbox.get(Platform.SLACK, self._doors.me.team, number)
            if asked is not None and may_see(asked, _user(body), _channel(body)):
                await self._doors.intake.name_whom_to_ask(asked, _user(body))

    async def reasons(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """Store the reasons and the comment that came back with the modal. Raises `StoreError`."""
        number = _number(str(view.get("private_metadata")))
        if number is not None and _user(body):
            values = map_in(map_in(view, "state"), "values").values()
            filled = {key: each for block in values if isinstance(block, Mapping) for key, each in block.items()}
            options = {str(each.get("value")) for each in maps_in(map_in(filled, REASONS), "selected_options")}
            comment = str(map_in(filled, COMMENT).get("value") or "")[:LONGEST_COMMENT]
            reasons = tuple(choice for choice in CHOICES if choice in options)
            feedback = Feedback(_user(body), Thumb.DOWN, reasons, comment)
            await self._doors.intake.give_feedback(self._doors.me.team, number, feedback)
        await ack()

    async def why(self, ack: AsyncAck, body: Json) -> None:
        """Show the evidence that an answer rests on."""
        await ack()
        asked = await self._asked(body)
        if asked is not None and asked.reply is not None:
            await self._open(body, build_why_view(lines_of(asked.reply)))

    async def share(self, ack: AsyncAck, body: Json) -> None:
        """Post a private answer in its channel for its asker: once, however often the button is pressed."""
        asked = await self._asked(body)
        if asked is not None and may_share(asked, _user(body)):
            await self._doors.receive(add_response_url(build_shared_question(asked, _name(body)), body))
        await ack()

    async def _asked(self, body: Json) -> StoredQuestion | None:
        """Return the question whose answer was pressed; None: this person may not see that answer there."""
        number = _number(_value(body))
        asked = None if number is None else await self._inbox.get(Platform.SLACK, self._doors.me.team, number)
        return asked if asked and may_see(asked, _user(body), _channel(body)) else None

    async def _open(self, body: Json, view: dict[str, Any]) -> None:
        try:
            await call_slack(self._client.views_open, trigger_id=body.get("trigger_id"), view=view)
        except FootnoteError as error:  # three seconds are over, or Slack is down: people can press again
            _log.warning("A view was not opened: %s", error)


def _value(body: Json) -> str:
    return next((str(each.get("value") or "") for each in maps_in(body, "actions")), "")


def _user(body: Json) -> str:
    return text_in(map_in(body, "user"), "id")


def _name(body: Json) -> str:
    """Return what the person who pressed is called; not as a mention, which would notify."""
    return text_in(map_in(body, "user"), "name") or text_in(map_in(body, "user"), "username")


def _channel(body: Json) -> str:
    return text_in(map_in(body, "channel"), "id") or text_in(map_in(body, "container"), "channel_id")


def _number(text: str) -> int | None:
    """Return the id of a question from one of our own buttons or modals; None: it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(_NUMBERS)) - 1 else None


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def build_why_view(lines: list[str]) -> dict[str, Any]:
    """Return a modal that shows these lines."""
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": markup.escape(line, _LONGEST_LINE), "verbatim": True}}
        for line in lines
    ]
    return {"type": "modal", "title": _plain(WHY), "close": _plain("Close"), "blocks": blocks[:100]}


def build_reasons_view(number: int) -> dict[str, Any]:
    """Return a modal that asks what was bad about the answer to a question."""
    options = [{"text": _plain(words), "value": value} for value, words in CHOICES.items()]
    boxes = {"type": "checkboxes", "action_id": REASONS, "options": options}
    comment = {"type": "plain_text_input", "action_id": COMMENT, "multiline": True, "max_length": LONGEST_COMMENT}
    return {
        "type": "modal",
        "callback_id": REASONS_VIEW,
        "private_metadata": str(number),
        "title": _plain(WHAT_WAS_BAD),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "blocks": [
            {"type": "input", "optional": True, "label": _plain(WHAT_IS_IT), "element": boxes},
            {"type": "input", "optional": True, "label": _plain(ANYTHING_ELSE), "element": comment},
        ],
    }
