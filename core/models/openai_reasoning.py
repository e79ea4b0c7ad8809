"""What a local reasoning model thinks aloud before its answer, taken out of the stream.

    "<think>Let me see", " [1]…</thi", "nk>\n\nCall ", "`it` [1]."   ──filter──>   "", "", "\n\nCall ", "`it` [1]."

A server with a parser for a model's thoughts sends them in a separate field, which nobody reads. One without it
(llama.cpp or vLLM as they start by default) leaves them at the head of the text. They are taken out only there: further
on, an answer may mention such a tag. A model whose template opens the tag in the prompt sends only its end; such
thoughts cannot be distinguished from an answer while they come.
"""

from __future__ import annotations

import re

_NAMES = ("think", "thinking", "thought", "reasoning")
_OPENERS = tuple(opener for name in _NAMES for opener in (f"<{name}>", f"[{name}]"))
_OPENER = re.compile(rf"\s*([<\[])({'|'.join(_NAMES)})([>\]])", re.IGNORECASE)
_BROKEN_END = max(map(len, _OPENERS))
"""Letters of the longest closing tag less one: what may be the beginning of one, cut off."""


class ReasoningFilter:
    """Takes the thoughts out of one answer, whose pieces it gets in their order."""

    def __init__(self) -> None:
        self._held = ""
        self._end: re.Pattern[str] | None = None
        self._over = False

    def feed(self, piece: str) -> str:
        """Return the text to pass on: nothing while the head of the answer is a thought, or may become one."""
        self._held += piece
        while not self._over:
            if self._end is not None:
                end = self._end.search(self._held)
                if end is None:
                    self._held = self._held[-_BROKEN_END:]
                    return ""
                self._held, self._end = self._held[end.end() :], None
            elif opener := _OPENER.match(self._held):
                self._held = self._held[opener.end() :]
                self._end = re.compile(re.escape(f"{opener[1]}/{opener[2]}{opener[3]}"), re.IGNORECASE)
            elif _may_open(self._held):
                return ""
            else:
                self._over = True
        return self._all()

    def finish(self) -> str:
        """Return, at the end of the answer, the text that was held back and turned out to be no thought."""
        return "" if self._end else self._all()

    def _all(self) -> str:
        held, self._held = self._held, ""
        return held


def strip_reasoning(text: str) -> str:
    """Return a whole text without the thoughts at its head."""
    thoughts = ReasoningFilter()
    return thoughts.feed(text) + thoughts.finish()


def _may_open(text: str) -> bool:
    head = text.lstrip().lower()
    return any(opener.startswith(head) for opener in _OPENERS)
