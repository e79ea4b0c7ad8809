"""How many examples Hypothesis tries of a property that names a number itself: a fifth of it in `make quick`."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100
"""What Hypothesis tries by itself, and the profile `gate` with it."""


def share_of(examples: int) -> int:
    """Return as much of a number of examples as the profile of this run has of the usual one; at least one."""
    assert settings.default is not None
    return max(1, examples * settings.default.max_examples // _USUAL)
