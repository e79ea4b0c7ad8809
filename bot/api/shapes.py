"""What the API returns, as schemas for its OpenAPI document. Nothing is made from these; tests hold results to them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CitationShape(_Shape):
    """A source of an answer: `number` is the [n] in the text, `href` leads to the place within the page."""

    number: int
    url: str
    path: list[str]
    title: str
    quote: str | None
    href: str


class UsageShape(_Shape):
    """Tokens of the chat model."""

    sent: int
    received: int
    estimated: bool


class AnswerShape(_Shape):
    """A checked answer. `id` is what feedback is given with."""

    id: str
    answer: str
    abstention: Literal["context_not_relevant", "no_context", "does_not_know"] | None
    outcome: Literal["answered", "partly", "not_answered"] | None
    not_covered: list[str]
    citations: list[CitationShape]
    suggestions: list[CitationShape]
    faults: list[Literal["model", "embedder", "reranker"]]
    dropped: int
    model: str
    usage: UsageShape | None
    cap: Literal["day", "person", "channel"] | None
    timings_ms: dict[str, float]


class HitShape(_Shape):
    """A passage that a search found. Ranks count from 1; null: that side did not find it."""

    rank: int
    url: str
    anchor: str
    path: list[str]
    text: str
    score: float
    vector_rank: int | None
    lexical_rank: int | None
    similarity: float | None
    lexical_score: float | None
    source: str
    version: str
    language: str


class HitsShape(_Shape):
    """The best passages first."""

    hits: list[HitShape]


class StoredShape(_Shape):
    """The feedback is stored."""

    stored: Literal[True]


class SourceShape(_Shape):
    """A body of documentation."""

    name: str
    url: str
    licence: str
    language: str
    pages: int
    passages: int
    crawled_at: str | None


class SourcesShape(_Shape):
    """The sources that the token sees."""

    sources: list[SourceShape]


class ModelShape(_Shape):
    """A model, as OpenAI lists it: all sources, or one."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsShape(_Shape):
    """All models that the token may use."""

    object: Literal["list"]
    data: list[ModelShape]


class MessageShape(_Shape):
    """The answer as markdown with links."""

    role: Literal["assistant"]
    content: str
    refusal: None


class ChoiceShape(_Shape):
    """The one choice."""

    index: int
    message: MessageShape
    logprobs: None
    finish_reason: Literal["stop"]


class CompletionUsageShape(_Shape):
    """Tokens of the chat model; 0 without one."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class CompletionShape(_Shape):
    """A completion as OpenAI returns it; `footnote` is the answer's own JSON."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[ChoiceShape]
    usage: CompletionUsageShape
    footnote: AnswerShape


class ErrorDetailShape(_Shape):
    """What is wrong, in a sentence; `param` is the field."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorShape(_Shape):
    """Why a request is not served."""

    error: ErrorDetailShape
