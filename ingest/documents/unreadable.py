"""The exception of a document that cannot be read."""

from __future__ import annotations


class Unreadable(Exception):
    """A document cannot be read; `str(error)` is the reason in a few words, the same for the same cause."""
