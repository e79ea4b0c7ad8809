"""How much of an answer there may be, and how long each step may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """Sizes in characters or passages, deadlines in seconds (when the load is low, a reply is there within 90 s)."""

    question_characters: int = 4_000
    answer_characters: int = 3_000
    draft_characters: int = 24_000
    candidates: int = 40
    evidence: int = 8
    passages_per_page: int = 3
    suggestions: int = 3
    closest: int = 5
    rewrite_seconds: float = 10.0
    embed_seconds: float = 5.0
    search_seconds: float = 3.0
    rerank_seconds: float = 2.0
    verify_seconds: float = 8.0
    model_seconds: float = 60.0

    @classmethod
    def within(cls, seconds: float) -> AnswerLimits:
        """Return the defaults with `seconds` for the model, and a sixth of them to rewrite a follow-up."""
        return cls(rewrite_seconds=seconds / 6, model_seconds=seconds)
