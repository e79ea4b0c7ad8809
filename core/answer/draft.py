"""One draft while it is being written: holds its head back until it is known not to be a refusal, then checks it.

pieces ──> head ──refusal──> abstention
            └──draft──> Checker ──> texts to show, until the answer is as long as may be shown
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.answer.prompt import Head, recognise_refusal
from core.check.citations import Checker
from core.domain import Abstention, Citation
from core.ports import Reading


class Draft:
    """Feed it the reader's pieces and show what it returns. `done`: nothing that follows will be shown."""

    def __init__(self, reading: Reading, *, longest: int, longest_raw: int) -> None:
        self.checker = Checker(reading.hits, reading.question.text)
        self.abstention: Abstention | None = None
        self.text = ""
        self.shortened = False
        self._head = ""
        self._head_is_over = False
        self._longest = longest
        self._raw_left = longest_raw
        self._written = False

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the marks of the text that was shown mean."""
        return tuple(each for each in self.checker.citations if f"[{each.number}]" in self.text)

    @property
    def done(self) -> bool:
        return self.abstention is not None or self.shortened

    @property
    def answers_partly(self) -> bool:
        """Whether it said in words that something was not to be found, beside what is shown."""
        return self.checker.refused and not self.checker.mostly_dropped

    @property
    def is_blank(self) -> bool:
        """Whether the reader wrote nothing but white space, which is a fault rather than an answer."""
        return not self._written

    def feed(self, piece: str) -> list[str]:
        if self.done:
            return []
        self._written = self._written or bool(piece.strip())
        piece = piece[: self._raw_left]  # what a server sends at once may be anything
        self._raw_left -= len(piece)
        shown = list(self._fitting(self._checked(piece)))
        self.shortened = self.shortened or self._raw_left <= 0
        return shown

    def finish(self) -> list[str]:
        """The end of a draft that was not broken off."""
        if self.done:
            return []
        shown = list(self._fitting(self._checked("\n")))
        return shown + list(self._fitting(self.checker.finish() if self.abstention is None else []))

    def _checked(self, piece: str) -> list[str]:
        if self._head_is_over:
            return self.checker.feed(piece)
        self._head += piece
        verdict = recognise_refusal(self._head)
        if verdict is Head.MORE_NEEDED:
            return []
        self._head_is_over = True
        if isinstance(verdict, Abstention):
            self.abstention = verdict
            return []
        return self.checker.feed(self._head)

    def _fitting(self, texts: Iterable[str]) -> Iterator[str]:
        """What still fits; the first unit that does not ends the answer."""
        for text in texts:
            if self.shortened or len(self.text) + len(text) > self._longest:
                self.shortened = True
                return
            self.text += text
            yield text
