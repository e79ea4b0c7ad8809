"""The server's own words for the operator: once a minute in the log, without secrets and without people's questions.

    Incorrect key: sk-abcdefgh. You asked "How do I frob?"   ->   Incorrect key: […]. You asked "[…]"

A server may write anything into an error, also what it was sent. What it was sent of people and of secrets is taken out
here, before `core.errors.ModelError.details` leaves the adapter; the log is redacted once more as any log line is.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from core.errors import ModelError

HIDDEN = "[…]"
LONGEST = 300
_EVERY_SECONDS = 60.0
_RUN = 4
"""Words in a row that are an echo of what was sent, rather than chance."""

_SHORTEST_SECRET = 4
_SHAPES = re.compile(
    r"\b(?:sk|pk|rk|key|xox[a-z]|xapp|ghp|glpat|AIza)[-_]?[\w*.-]{8,300}|(?i:\bbearer )\S{4,2000}"
    r"|\beyJ[\w-]{8,}\.[\w.-]{8,4000}"
    r"|(?<=://)[^\s/?#\"'<>]{1,600}@|\b[0-9a-fA-F]{32,128}\b"
)
_WORDS = re.compile(r"\w+")
_log = logging.getLogger(__name__)


def clean_words(words: str, secrets: Iterable[str], sent: Iterable[str]) -> str:
    """Return a server's words in one line of 300 characters at most, without `secrets` and what people `sent`."""
    text = words[:4_000]
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    text = _SHAPES.sub(HIDDEN, text)
    text = _hide_echoes(text, " ".join(sent))
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _hide_echoes(text: str, sent: str) -> str:
    """Return the text without each run of words that was sent; a whole message may be shorter than a run."""
    said = [match.group().lower() for match in _WORDS.finditer(sent)]
    length = min(_RUN, len(said))
    if not length:
        return text
    runs = {tuple(said[at : at + length]) for at in range(len(said) - length + 1)}
    words = list(_WORDS.finditer(text))
    hidden = [False] * len(words)
    for at in range(len(words) - length + 1):
        if tuple(word.group().lower() for word in words[at : at + length]) in runs:
            hidden[at : at + length] = [True] * length
    return _replace(text, words, hidden)


def _replace(text: str, words: list[re.Match[str]], hidden: list[bool]) -> str:
    out, end = "", 0
    for at, word in enumerate(words):
        if hidden[at]:
            out += "" if at and hidden[at - 1] else text[end : word.start()] + HIDDEN
        else:
            out += text[end : word.end()]
        end = word.end()
    return out + text[end:]


class FaultLog:
    """Logs the faults of one model, each different one once a minute at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Report a `ModelError` of a block, and let it go on."""
        try:
            yield
        except ModelError as error:
            self.report(error)
            raise

    def report(self, error: ModelError) -> None:
        """Log the sentence of a fault and what the server said; a fault of a minute ago is not logged again."""
        sentence, now = str(error), self._clock()
        error.is_logged = True
        if now - self._said.get(sentence, -_EVERY_SECONDS) < _EVERY_SECONDS:
            return
        if len(self._said) > 100:
            self._said.clear()
        self._said[sentence] = now
        _log.warning("%s%s", sentence, f" The server said: {error.details}" if error.details else "")
