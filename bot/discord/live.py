"""An answer that grows on Discord: one message, edited while its reader waits, no faster than every 1.2 s.

    begin ──> "Searched 8 passages ..." ──append, append──> its beginning ──> the finished message (`face.rewrite`)

It shows the text up to what one message holds. Edits are a courtesy: there is a budget for them, and any fault ends
them; the face always writes the end.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from bot.face import MessagePart
from bot.markup import discord as markup
from bot.markup.blocks import known_in
from bot.markup.discord import DiscordMessage
from bot.pace import Budget
from bot.phrases import describe_search
from core.domain import Evidence
from core.errors import FootnoteError
from core.sentences import ENGLISH, Sentences

APART_SECONDS = 1.2
"""Seconds between two edits: going faster gains nothing under a limit of five edits in five seconds (measured)."""

Edit = Callable[[dict[str, Any]], Awaitable[object]]


def render_opening(evidence: Evidence, head: str, sentences: Sentences = ENGLISH) -> str:
    """Return what the message shows before the first sentence: the head, and how much was searched."""
    above = f"{markup.render_contents(head)[0]}\n\n" if head else ""
    return f"{above}-# {describe_search(evidence, sentences)} ..."


class DiscordLive:
    """A message that grows from its head on. `edit` sends a body, with the controls that stand below it meanwhile."""

    def __init__(
        self, ref: str, edit: Edit, evidence: Evidence, edits: Budget, controls: list[dict[str, Any]], head: str = ""
    ) -> None:
        self.ref = ref
        self._edit = edit
        self._evidence = evidence
        self._edits = edits
        self._controls = controls
        self._text = head
        self._next = -math.inf
        self._broken = False
        self.shows_words = False

    async def append(self, text: str) -> bool:
        """Gather text, and show all of it if it is time. Return True: a reader who wants it to end presses a button."""
        self._text += text
        loop = asyncio.get_running_loop()
        if self._broken or loop.time() < self._next or not self._edits.take():
            return True
        shown, *more = markup.render_contents(self._text, known_in(self._text, self._evidence.hits))
        try:
            await self._edit(DiscordMessage(shown).payload() | {"components": self._controls})
            self.shows_words = True
        except FootnoteError:
            self._broken = True
        self._next = loop.time() + APART_SECONDS  # from its arrival on: what leaves evenly may arrive at once
        self._broken = self._broken or bool(more)
        return True

    async def close(self, piece: MessagePart) -> bool:
        """Return False: the finished message is another one, which the face writes."""
        return False
