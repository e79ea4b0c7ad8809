"""One draft while it is written: its head is held back until it is known to be no refusal, then the draft is checked.

pieces ──> head ──refusal──> abstention
            └──draft──> Checker ──> texts to show, until the answer is as long as may be shown
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.answer.prompt import DraftHead, recognise_refusal
from core.answer.wrapping import AnswerUnwrapper
from core.check.citations import Checker
from core.check.marks import normalise_marks
from core.domain import Abstention, Citation, TokenUsage
from core.ports import DraftPiece, DraftRestarted, GateRuling, PromptSent, Reading

_LETTERS_PER_TOKEN = 3


class Draft:
    """Feed it the reader's pieces and show what it returns. `done`: nothing that follows will be shown."""

    def __init__(self, reading: Reading, *, longest: int, longest_raw: int) -> None:
        self._reading = reading
        self._passages = len(reading.hits)
        self._superseded = False
        self._sent = self._received = 0
        self._counted: TokenUsage | None = None
        self.checker = self._new_checker()
        self.abstention: Abstention | None = None
        self.text = ""
        self.shortened = False
        self.closest: tuple[int, ...] = ()
        self._head = ""
        self._head_is_over = False
        self._unwrapper = AnswerUnwrapper()
        self._longest = longest
        self._raw_left = longest_raw
        self._written = False

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations whose marks stand in the text that was shown."""
        return tuple(each for each in self.checker.citations if f"[{each.number}]" in self.text)

    @property
    def done(self) -> bool:
        return self.abstention is not None or self.shortened or self._superseded

    @property
    def answers_partly(self) -> bool:
        """Whether the draft says that something could not be found, next to what is shown."""
        missing = self.checker.refused or self.checker.notes.incomplete
        return missing and not self.checker.mostly_dropped

    @property
    def declines(self) -> bool:
        """Whether the draft says that what was asked could not be found, and claims nothing."""
        says_so = self.checker.refused or bool(self.checker.notes.not_found)
        return says_so and not self.checker.kept and not self.checker.dropped

    @property
    def usage(self) -> TokenUsage | None:
        """What the draft took; estimated where the reader was left, or failed, before it could report it."""
        if not self._sent:
            return self._counted
        return TokenUsage(self._sent, self._received // _LETTERS_PER_TOKEN + 1, estimated=True).plus(self._counted)

    @property
    def is_blank(self) -> bool:
        """Whether the reader wrote nothing but white space, which is a fault rather than an answer."""
        return not self._written

    def feed(self, piece: DraftPiece) -> list[str]:
        match piece:
            case TokenUsage():
                self._counted = piece.plus(self._counted)
                self._sent = self._received = 0
                return []
            case GateRuling():
                return []
            case PromptSent(passages, tokens):
                self._passages, self._sent = passages, tokens
                self.checker = self.checker if self.text else self._new_checker()
                return []
            case DraftRestarted(unless_shown):
                return self._restart(unless_shown=unless_shown)
            case str():
                return self._feed_text(piece)

    def _new_checker(self) -> Checker:
        """Return a checker that knows the passages that were in the prompt, and no others."""
        return Checker(self._reading.hits[: self._passages], self._reading.question.text)

    def _restart(self, *, unless_shown: bool) -> list[str]:
        """Forget what came so far, but what was shown; return what of it is still to be shown.

        The numbers of what was shown stay as they are, so its checker goes on.
        """
        rest = self.finish() if unless_shown else []
        if unless_shown and self.text:
            self._superseded = True
            return rest
        self._head, self._head_is_over, self._written = "", False, bool(self.text)
        self._unwrapper = AnswerUnwrapper()
        if self.text:
            self.checker.restart()
        else:
            self.checker = self._new_checker()
        return rest

    def _feed_text(self, piece: str) -> list[str]:
        if self.done:
            return []
        self._written = self._written or bool(piece.strip())
        self._received += len(piece)
        piece = piece[: self._raw_left]  # a server may send a piece of any length
        self._raw_left -= len(piece)
        shown = list(self._keep_fitting(self._check_piece(self._unwrapper.feed(piece))))
        self.shortened = self.shortened or self._raw_left <= 0
        return shown

    def finish(self) -> list[str]:
        """Finish a draft that was not cut off, and return the texts that are still to be shown."""
        if self.done:
            return []
        shown = list(self._keep_fitting(self._check_piece(f"{self._unwrapper.finish()}\n")))
        return shown + list(self._keep_fitting(self.checker.finish() if self.abstention is None else []))

    def cut_off(self) -> list[str]:
        """Return the texts that are still to be shown of a draft that ends in the middle."""
        return [] if self.done else list(self._keep_fitting(self.checker.cut_off()))

    def _check_piece(self, piece: str) -> list[str]:
        if self._head_is_over:
            return self.checker.feed(piece)
        self._head += piece
        verdict = recognise_refusal(self._head)
        if verdict is DraftHead.MORE_NEEDED:
            return []
        self._head_is_over = True
        if isinstance(verdict, Abstention):
            self.abstention = verdict
            self.closest = normalise_marks(self._head, self._passages)[1]
            return []
        return self.checker.feed(self._head)

    def _keep_fitting(self, texts: Iterable[str]) -> Iterator[str]:
        """Yield the texts that still fit; the first one that does not fit ends the answer."""
        for text in texts:
            if self.shortened or len(self.text) + len(text) > self._longest:
                self.shortened = True
                return
            self.text += text
            yield text
