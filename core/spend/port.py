"""What calls of models cost: the nouns, and the port that counts them for all processes.

    engine ──find_cap──> None, or the cap that is reached: then the question is answered without a model that writes
           ──record────> tokens of each call, by day, person, channel, model and purpose
                             └──build_report──> `footnote report`, the console, Prometheus

A cap is looked at before a question's first call, and each call is bounded, so tokens beyond it are those of the
answers in flight at most. Days are UTC's. Caps count models that write (`core.calls.WRITING`): embedding the question
goes on, since the reader without a model searches as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from core.calls import ModelCall, Purpose
from core.domain import Asker, SpendCap


@dataclass(frozen=True, slots=True)
class SpendCaps:
    """Tokens a day of models that write: of the install, of one person, of one channel; 0: any number."""

    day: int = 0
    person: int = 0
    channel: int = 0

    @property
    def is_set(self) -> bool:
        """Whether there is any cap."""
        return bool(self.day or self.person or self.channel)


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs: a million tokens sent or received, and one search of a reranker; in any currency."""

    sent: float = 0.0
    received: float = 0.0
    unit: float = 0.0


@dataclass(frozen=True, slots=True)
class Spent:
    """What some calls took. `estimated` of the tokens were not reported by the provider.

    `cost`: of the calls whose model has a price, in the currency of PRICES; `unpriced`: tokens of the others.
    """

    calls: int = 0
    sent: int = 0
    received: int = 0
    estimated: int = 0
    units: int = 0
    cost: float = 0.0
    unpriced: int = 0

    @property
    def tokens(self) -> int:
        """Tokens sent and received together."""
        return self.sent + self.received


@dataclass(frozen=True, slots=True)
class SpendReport:
    """What was spent in the last `days`, today among them; keys are ordered by tokens, days by time.

    `people` and `channels` are the ones who spent most, with their platform: `slack:U1`. What the command line asked,
    and what was asked by people who were forgotten, is in no key of theirs. `today` counts what `caps` are about.
    """

    days: int
    total: Spent
    by_day: Mapping[date, Spent]
    people: Mapping[str, Spent]
    channels: Mapping[str, Spent]
    models: Mapping[tuple[str, Purpose], Spent]
    today: int = 0
    caps: SpendCaps = field(default_factory=SpendCaps)


class SpendLedger(Protocol):
    """Where the engine counts calls, shared by all processes on one database. Raises `StoreError`."""

    async def find_cap(self, asker: Asker) -> SpendCap | None:
        """Return the cap that is reached for somebody today; None: a model may be called."""
        ...

    async def record(self, asker: Asker, calls: Sequence[ModelCall]) -> None:
        """Add calls to today's counts. What cannot be stored is stored with the next."""
        ...


class SpendReports(Protocol):
    """What was spent, for those who run the bot. Raises `StoreError`."""

    async def build_report(self, days: int, most: int, audience: frozenset[str] | None = None) -> SpendReport:
        """Return what was spent, with at most so many people and channels.

        Only those of the places `audience` are named, None: all; everything else is the same for all.
        """
        ...
