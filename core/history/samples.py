"""Where questions that people may be offered come from, and where they are kept: the nouns, and the port.

    AskedWell       a wording that was asked several times in a workspace, found good, and never bad
    SampleSection   a heading with the path that leads to it

Nothing here is tried: `bot.samples` does that, and stores what was answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.inbox.port import Platform


@dataclass(frozen=True, slots=True)
class AskedWell:
    """A wording, and how often it was asked in each channel of its workspace."""

    text: str
    channels: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SampleSection:
    """A section of a page near the top of its documentation: the path of headings that leads to it, its own last."""

    page: str
    path: tuple[str, ...]


class SampleQuestions(Protocol):
    """Questions that people may be offered. Raises `StoreError`."""

    async def get(self, scope: bytes, state: bytes) -> tuple[str, ...] | None:
        """Return the questions that are kept for a scope; None: none were made since its sources are in this state."""
        ...

    async def is_offered(self, text: str) -> bool:
        """Return whether a text is one of the questions that are offered somewhere."""
        ...

    async def take(self, scope: bytes, state: bytes, minutes: int) -> datetime | None:
        """Return until when this process makes the questions of a scope: no other does. None: another one does.

        What was asked is read after that: whatever is forgotten from then on ends the right to put it.
        """
        ...

    async def put(self, scope: bytes, taken: datetime, asked: Sequence[str], questions: Sequence[str]) -> bool:
        """Keep what was made, unless somebody was forgotten since it was taken. -> whether it is kept.

        `asked`: what was asked and answered well by then.
        """
        ...

    async def is_same(self, scope: bytes, taken: datetime, asked: Sequence[str]) -> bool:
        """Return whether the questions of a scope rest on just this; they count as made now, then."""
        ...

    async def asked_well(self, platform: Platform, tenant: str, limit: int) -> list[AskedWell]:
        """Return what was asked several times in threads, the most frequent first; not whether all may read those."""
        ...

    async def sections(self, sources: Sequence[str], limit: int) -> list[SampleSection]:
        """Return sections of these sources, those of pages near the top first."""
        ...
