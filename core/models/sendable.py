"""What can be sent to a model, wherever it runs: text that UTF-8 can carry."""

from __future__ import annotations


def sendable(text: str) -> str:
    """The text without half characters, which UTF-8 has not: `"a\\ud800"` -> `"a?"`."""
    return text.encode("utf-8", "replace").decode("utf-8")
