"""What can be sent to a model, wherever it runs: text that UTF-8 can carry, and a key that a header can."""

from __future__ import annotations

from core.errors import ConfigurationError


def sendable(text: str) -> str:
    """The text without half characters, which UTF-8 has not: `"a\\ud800"` -> `"a?"`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def check_key(setting: str, key: str) -> None:
    """Raises `ConfigurationError`, which does not repeat it."""
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError(f"{setting} holds characters that no key has: please copy it again.")
