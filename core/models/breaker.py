"""A pause after faults that no repetition mends: meanwhile nothing is sent, and quotes of the pages stand in.

    three refusals in a row for key or quota    ──> closed for 30 s, then 60, ... up to 10 minutes
    "come back in 90 s" (429 with Retry-After)  ──> closed for 90 s
    an answer                                   ──> open again

After a pause one question tries again. A key that was mended is noticed with the next restart or after the pause.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

from core.errors import ModelError

FAULTS = 3
FIRST_SECONDS, LONGEST_SECONDS = 30.0, 600.0


class Breaker:
    """Remembers faults of one model. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults = 0
        self._pause = FIRST_SECONDS
        self._closed_until = 0.0
        self._reason: ModelError | None = None

    def check(self) -> None:
        """Raise the error that closed it, while it is closed."""
        if self._reason is not None and self._clock() < self._closed_until:
            raise copy.copy(self._reason)

    def record_success(self) -> None:
        """Open it, and forget all faults."""
        self._faults, self._pause, self._reason = 0, FIRST_SECONDS, None

    def record_lasting(self, error: ModelError) -> None:
        """Count a fault that lasts until a person has done something; the third one in a row closes it."""
        self._faults += 1
        if self._faults >= FAULTS:
            self._close(error, self._pause)
            self._pause = min(self._pause * 2, LONGEST_SECONDS)

    def record_wait(self, error: ModelError, seconds: float) -> None:
        """Close it for as long as the server asked for, 10 minutes at most."""
        self._close(error, min(seconds, LONGEST_SECONDS))

    def _close(self, error: ModelError, seconds: float) -> None:
        self._reason, self._closed_until = error, self._clock() + seconds
