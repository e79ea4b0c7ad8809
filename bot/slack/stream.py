"""An answer that grows in Slack: one native stream, ended with its sources and controls.

    task card ──startStream──> append, append ──appendStream──> close ──stopStream──> the finished message

Text is gathered and sent when there is budget for an update; the end brings the rest. A stream that Slack ended (after
about five minutes, or for any fault) is finished by rewriting its message.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.face import MessagePart, TryLater, Undeliverable
from bot.markup import slack as markup
from bot.markup.blocks import known_in
from bot.markup.slack import SlackMessage
from bot.markup.sources import label_of, to_safe_url
from bot.pace import Budget
from bot.phrases import describe_search
from bot.slack.api import SlackRefused, call_slack
from bot.slack.marks import reply_mark
from bot.slack.statuses import Statuses
from core.domain import Citation, Evidence
from core.inbox.port import StoredQuestion
from core.sentences import ENGLISH, Sentences

APART_SECONDS = 0.8
LONGEST = 8_000
"""Bytes of markdown in one stream. Slack takes 12,000 characters a chunk, and 10,600 bytes in all, with the card."""

SHOWN_SOURCES = 8


def build_task_card(evidence: Evidence, sentences: Sentences = ENGLISH) -> dict[str, Any]:
    """Return the task card while the answer is read: how much was searched.

    The sources come with the first text that is shown.
    """
    return {
        "type": "task_update",
        "id": "search",
        "title": describe_search(evidence, sentences),
        "status": "in_progress",
    }


def build_finished_card(evidence: Evidence, sentences: Sentences = ENGLISH) -> dict[str, Any]:
    """Return the task card when the search is done, with links to the best passages."""
    links = {hit.passage.link: hit.passage for hit in reversed(evidence.hits)}
    rows = [Citation(0, link, each.path, each.title) for link, each in reversed(links.items())]
    sources = [
        {"type": "url", "url": url, "text": markup.break_tokens(label_of(row))}
        for row in rows
        if (url := to_safe_url(row.url))
    ]
    return build_task_card(evidence, sentences) | {"status": "complete", "sources": sources[:SHOWN_SOURCES]}


class SlackLive:
    """A stream in its thread."""

    def __init__(  # noqa: PLR0913 - what it shows, where, and within which budgets
        self,
        client: AsyncWebClient,
        asked: StoredQuestion,
        ts: str,
        evidence: Evidence,
        updates: Budget,
        statuses: Statuses,
        sentences: Sentences = ENGLISH,
    ) -> None:
        self._sentences = sentences
        self.ref = ts
        self._statuses = statuses
        self._client = client
        self._asked = asked
        self._evidence = evidence
        self._updates = updates
        self._waiting = ""
        self._shown = ""
        self._next = -math.inf
        self._broken = False

    @property
    def shows_words(self) -> bool:
        """Whether words of the answer can be read in it by now."""
        return bool(self._shown)

    async def append(self, text: str) -> bool:
        """Gather text, and show what was gathered if it is time; return False if a reader pressed stop."""
        self._waiting += markup.render_delta(text, known_in(text, self._evidence.hits))
        now = asyncio.get_running_loop().time()
        if self._broken or not self._waiting or now < self._next or not self._updates.take():
            return True
        self._next = now + APART_SECONDS
        return await self._flush()

    async def _flush(self) -> bool:
        if len((self._shown + self._waiting).encode()) > LONGEST:
            self._broken = True
            return True
        try:
            await call_slack(
                self._client.chat_appendStream,
                channel=self._asked.channel,
                ts=self.ref,
                chunks=[*self._card(), {"type": "markdown_text", "text": self._waiting}],
            )
        except SlackRefused as error:
            self._broken = True
            return error.error != "stopped_by_user"
        except (TryLater, Undeliverable):
            self._broken = True  # nobody knows whether it was appended: the end rewrites all of it
            return True
        self._shown, self._waiting = self._shown + self._waiting, ""
        return True

    def _card(self) -> list[dict[str, Any]]:
        """Return the card with its sources, unless it is shown already."""
        return [] if self._shown else [build_finished_card(self._evidence, self._sentences)]

    async def close(self, piece: MessagePart) -> bool:
        """End the stream as the finished piece, if that says the same or nothing is shown yet.

        False: the stream was not ended, and its message has to be rewritten.
        """
        message: SlackMessage = piece.content
        as_read = _words(self._shown + self._waiting) == _words(message.markdown)
        if self._broken or (self._shown and not as_read):
            return False
        rest = self._waiting
        card = self._card()
        if not as_read:  # a refusal, or an apology: no sources
            rest, card = message.markdown, [build_task_card(self._evidence, self._sentences) | {"status": "complete"}]
        chunks = [*card, *([{"type": "markdown_text", "text": rest}] if rest else [])]
        try:
            await call_slack(
                self._client.chat_stopStream,
                channel=self._asked.channel,
                ts=self.ref,
                chunks=chunks or None,
                blocks=list(message.ending) or None,
                metadata=reply_mark(self._asked, piece.number),
            )
        except (SlackRefused, TryLater, Undeliverable):
            return False
        await self._statuses.clear(self._asked, ended=True)
        return True


def _words(markdown: str) -> str:
    return "".join(markdown.split())
