"""What can be sent to a model, wherever it runs: text that UTF-8 can carry."""

from __future__ import annotations


def to_sendable(text: str) -> str:
    """Return the text without lone surrogates, which UTF-8 cannot carry: `"a\\ud800"` -> `"a?"`."""
    return text.encode("utf-8", "replace").decode("utf-8")
