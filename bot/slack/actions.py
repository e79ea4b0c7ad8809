"""The controls below an answer: good or bad, why, share; and the comment on a bad answer.

    feedback ──good──> stored, thanked, with a way to say more
             ──bad───> stored, then a modal asks for reasons ──> stored with reasons, and thanked
    why ──> a modal for the person who pressed: what was read and used, with links ──details──> ranks, times, model
    share ──> a question whose answer is known, for everybody in the channel (`core.inbox.port.Visibility.SHARED`)

A press finds only answers of the channel that it comes from, whatever number the payload names; votes count in the
whole workspace. Slack allows three seconds to open a modal.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.markup import slack as markup
from bot.markup import slack_controls as controls
from bot.markup.slack import SlackMessage
from bot.phrases import CHOICES, LONGEST_COMMENT, build_shared_question, describe_choices, may_share
from bot.slack.api import call_slack, send_response
from bot.slack.events import SlackEvents
from bot.slack.payloads import Json, map_in, maps_in, text_in
from bot.slack.reading import add_response_url
from bot.speech import sentences_around
from bot.why import WhyText, explain, figures_of, may_see
from core.errors import FootnoteError
from core.inbox.port import Feedback, Platform, StoredQuestion, Thumb
from core.sentences import ENGLISH, Sentences

REASONS_VIEW, REASONS, COMMENT, GOOD = "footnote_reasons", "reasons", "comment", "good:"
_NUMBERS = 10**18
"""The ids of questions are below this."""

_LONGEST_LINE = 600
"""The most characters of a line in a modal: a section takes 3,000, and an escaped "&" takes five."""

_log = logging.getLogger(__name__)


class SlackActions:
    """The listeners for controls, for one workspace."""

    def __init__(self, events: SlackEvents, client: AsyncWebClient, sentences: Sentences = ENGLISH) -> None:
        self._sentences = sentences
        self._events = events
        self._inbox = events.intake.inbox
        self._client = client

    def connect(self, app: AsyncApp) -> None:
        """Register the listeners with the app."""
        app.action(controls.FEEDBACK)(self.feedback)
        app.action(controls.WHY)(self.why)
        app.action(controls.DETAILS)(self.details)
        app.action(controls.MORE)(self.more)
        app.action(controls.SHARE)(self.share)
        app.view(REASONS_VIEW)(self.reasons)

    async def feedback(self, ack: AsyncAck, body: Json) -> None:
        """Store a vote, and ask for reasons if it is bad. Raises `StoreError`: Slack then shows that it failed."""
        vote = controls.vote_of(_value(body))
        number, good = vote or (0, False)
        if not 0 < number < _NUMBERS or not _user(body):
            await ack()
            return
        feedback = Feedback(_user(body), Thumb.UP if good else Thumb.DOWN)
        kept = await self._events.intake.give_feedback(self._events.me.team, number, feedback)
        await ack()
        if kept and good:
            await self._thank(body, number)
        elif kept:
            asked = await self._inbox.get(Platform.SLACK, self._events.me.team, number)
            sentences = sentences_around(asked.reply if asked else None, self._sentences)
            await self._open(body, build_reasons_view(number, sentences, text_in(body, "response_url")))
            if asked is not None and may_see(asked, _user(body), _channel(body)):
                await self._events.intake.name_whom_to_ask(asked, _user(body))

    async def _thank(self, body: Json, number: int) -> None:
        """Thank for a good vote, for that person alone, with a way to say more. Raises nothing."""
        sentences = await self._find_sentences(number)
        await self._respond(
            text_in(body, "response_url"), markup.render_thanks(sentences.thanks_good, sentences.say_more, number)
        )

    async def _find_sentences(self, number: int) -> Sentences:
        """Return the fixed sentences in the language of an answer; in the install's while Postgres is away."""
        with suppress(FootnoteError):
            asked = await self._inbox.get(Platform.SLACK, self._events.me.team, number)
            return sentences_around(asked.reply if asked else None, self._sentences)
        return self._sentences

    async def _respond(self, url: str, message: SlackMessage) -> None:
        with suppress(FootnoteError):
            await send_response(url, markup.response_arguments(message) | {"replace_original": False}, self._client)

    async def more(self, ack: AsyncAck, body: Json) -> None:
        """Ask what a person wants to say of a good answer."""
        await ack()
        number = _number(_value(body))
        if number is not None:
            view = build_comment_view(number, await self._find_sentences(number), text_in(body, "response_url"))
            await self._open(body, view)

    async def reasons(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """Store the reasons and the comment that came back with the modal, and thank. Raises `StoreError`."""
        about, _, url = str(view.get("private_metadata")).partition(" ")
        number, good = _number(about.removeprefix(GOOD)), about.startswith(GOOD)
        if number is not None and _user(body):
            values = map_in(map_in(view, "state"), "values").values()
            filled = {key: each for block in values if isinstance(block, Mapping) for key, each in block.items()}
            options = {str(each.get("value")) for each in maps_in(map_in(filled, REASONS), "selected_options")}
            comment = str(map_in(filled, COMMENT).get("value") or "")[:LONGEST_COMMENT]
            reasons = tuple(choice for choice in CHOICES if choice in options)
            feedback = Feedback(_user(body), Thumb.UP if good else Thumb.DOWN, reasons, comment)
            await self._events.intake.give_feedback(self._events.me.team, number, feedback)
        await ack()
        if url:
            sentences = await self._find_sentences(number or 0)
            await self._respond(url, markup.render_sentence(sentences.thanks_good if good else sentences.thanks_bad))

    async def why(self, ack: AsyncAck, body: Json) -> None:
        """Show the evidence that an answer rests on."""
        await ack()
        asked = await self._asked(body)
        if asked is not None and asked.reply is not None:
            sentences = sentences_around(asked.reply, self._sentences)
            why = build_why_view(explain(asked.reply, sentences), asked.id, sentences, _channel(body))
            await self._open(body, why)

    async def details(self, ack: AsyncAck, body: Json) -> None:
        """Show the figures behind an answer, in the view that explains it."""
        await ack()
        view = map_in(body, "view")
        number, channel = _number(_value(body)), text_in(view, "private_metadata")
        asked = None if number is None else await self._inbox.get(Platform.SLACK, self._events.me.team, number)
        if asked is None or asked.reply is None or not may_see(asked, _user(body), channel):
            return
        try:
            shown = build_figures_view(figures_of(asked.reply), sentences_around(asked.reply, self._sentences))
            await call_slack(self._client.views_update, view_id=text_in(view, "id"), view=shown)
        except FootnoteError as error:
            _log.warning("A view was not changed: %s", error)

    async def share(self, ack: AsyncAck, body: Json) -> None:
        """Post a private answer in its channel for its asker: once, however often the button is pressed."""
        asked = await self._asked(body)
        if asked is not None and may_share(asked, _user(body)):
            await self._events.receive(add_response_url(build_shared_question(asked, _name(body)), body))
        await ack()

    async def _asked(self, body: Json) -> StoredQuestion | None:
        """Return the question whose answer was pressed; None: this person may not see that answer there."""
        number = _number(_value(body))
        asked = None if number is None else await self._inbox.get(Platform.SLACK, self._events.me.team, number)
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


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup.escape(text, _LONGEST_LINE), "verbatim": True}}


def _view(title: str, sentences: Sentences, blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "modal", "title": _plain(title), "close": _plain(sentences.close), "blocks": list(blocks[:100])}


def build_why_view(why: WhyText, number: int, sentences: Sentences = ENGLISH, channel: str = "") -> dict[str, Any]:
    """Return a modal that explains an answer; its button leads to the figures. `channel`: where that was pressed."""
    blocks = markup.render_why(why.summary, why.links, sentences.details, number)
    return _view(sentences.why, sentences, blocks) | {"private_metadata": channel}


def build_figures_view(lines: Sequence[str], sentences: Sentences = ENGLISH) -> dict[str, Any]:
    """Return a modal that shows these lines."""
    return _view(sentences.details, sentences, [_section(line) for line in lines])


def build_comment_view(number: int, sentences: Sentences = ENGLISH, url: str = "") -> dict[str, Any]:
    """Return a modal that asks for a comment on a good answer. `url`: where its sender is thanked."""
    blocks = [_comment(sentences, is_optional=False)]
    return _form(f"{GOOD}{number} {url}".strip(), sentences.anything_else, sentences, blocks)


def build_reasons_view(number: int, sentences: Sentences = ENGLISH, url: str = "") -> dict[str, Any]:
    """Return a modal that asks what was bad about the answer to a question. `url`: where its sender is thanked."""
    options = [{"text": _plain(words), "value": value} for value, words in describe_choices(sentences).items()]
    boxes = {"type": "checkboxes", "action_id": REASONS, "options": options}
    asked = {"type": "input", "optional": True, "label": _plain(sentences.what_is_it), "element": boxes}
    return _form(
        f"{number} {url}".strip(), sentences.what_was_bad, sentences, [asked, _comment(sentences, is_optional=True)]
    )


def _comment(sentences: Sentences, *, is_optional: bool) -> dict[str, Any]:
    text = {"type": "plain_text_input", "action_id": COMMENT, "multiline": True, "max_length": LONGEST_COMMENT}
    return {"type": "input", "optional": is_optional, "label": _plain(sentences.anything_else), "element": text}


def _form(about: str, title: str, sentences: Sentences, blocks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": REASONS_VIEW,
        "private_metadata": about,
        "title": _plain(title),
        "submit": _plain(sentences.send),
        "close": _plain(sentences.cancel),
        "blocks": list(blocks),
    }
