"""The nouns of footnote: frozen dataclasses over the standard library, nothing else.

    Source ──crawled into──> Passage ──found as──> Hit ──quoted as──> Citation
                                                    │
    Question(turns: Turn...) ──Engine.ask──> Evidence ─> Delta* ─> Answer(abstention: Abstention | None)

Behaviour lives elsewhere: how a passage is found in `core.ports.Index`, how an answer is checked in
`core.check.citations`.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Vector: TypeAlias = "array[float]"
"""One embedding: `array("f")` of `Embedder.dimensions` numbers, length one (so inner product is cosine)."""


class PassageKind(StrEnum):
    """What a passage mostly is."""

    PROSE = "prose"
    CODE = "code"
    TABLE = "table"
    API = "api"


@dataclass(frozen=True, slots=True, order=True)
class Edition:
    """Which version of a documentation a page belongs to, and its language; "" if the site has only one.

    `version` is as the site writes it ("v1.2", "latest"), or `current` for pages without one where other pages have
    one; `language` is lower case with dashes ("pt-br"). `place` is the folder that holds the versions: a source of two
    products has two lines of versions. As a filter (`place` unused) "" means: what wins by default
    (`core.index.editions`).
    """

    version: str = ""
    language: str = ""
    place: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.version, self.language) if part)


DEFAULT_EDITION = Edition()
"""No filter; also the edition of a page whose site has no editions."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one section of one page: what is embedded, found, shown and cited.

    `text` is markdown with code fences verbatim; `path` is the heading path, page first; `anchor` exists in the page
    (empty: the top of the page); `ordinal` counts passages within the page from 0.
    """

    url: str
    anchor: str
    path: tuple[str, ...]
    text: str
    title: str = ""
    kind: PassageKind = PassageKind.PROSE
    language: str = ""
    ordinal: int = 0

    @property
    def link(self) -> str:
        """The url with the anchor: `Passage("https://a/b", "c", ...)` -> `"https://a/b#c"`."""
        return f"{self.url}#{self.anchor}" if self.anchor else self.url

    @property
    def embedded_text(self) -> str:
        """What the embedder sees: the heading path in front of the text (+.01 to +.05 nDCG@10, docs/decisions)."""
        return f"{' > '.join(self.path)}\n{self.text}" if self.path else self.text

    @property
    def identity(self) -> bytes:
        """16 bytes of BLAKE2b over path and text: the same words in the same place are embedded once."""
        words = "\x1f".join(self.path) + "\x1e" + self.text
        return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).digest()


OPTION, CRAWLED = "option", "crawled"
"""Keys of the metadata of a `Source`'s fields."""

DEFAULT_KIND = "site"
_CRAWLED = {CRAWLED: True}


@dataclass(frozen=True, slots=True)
class Source:
    """One body of documentation. `root_url` identifies it, as its name does; `served_at` is where it is now.

    `served_at` (empty: at `root_url`) lets a site that moves from port to port keep its rows: urls are stored under
    `root_url`, fetched from and linked to `served_at`; for files it is the file:// url that is read. `kind` is a name
    of `ingest.kinds.registry`, `urls` are the pages of a list. `include` and `exclude` are patterns of paths
    (docs/crawling.md), `schedule` is as in `core.work.schedule`; `render` lets a browser run the scripts of pages that
    are empty without them. `visible_to` are the places from which it is seen (`core.inbox.channels`); None: from all.
    `paused`: no schedule fires. `reason` is why the `verdict` of the last crawl is not ok. `old_reading` counts pages
    that were read under a number below `READING`.

    The metadata of a field says with which option of `sources add` a person sets it, and whether crawls depend on it.
    """

    id: int
    name: str
    root_url: str = field(metadata=_CRAWLED)
    served_at: str = field(default="", metadata=_CRAWLED)
    scope: str = field(default="", metadata=_CRAWLED | {OPTION: "scope"})
    allow_private: bool = field(default=False, metadata={OPTION: "allow-private"})
    licence: str = field(default="", metadata={OPTION: "licence"})
    kind: str = field(default=DEFAULT_KIND, metadata=_CRAWLED)
    urls: tuple[str, ...] = field(default=(), metadata=_CRAWLED)
    include: tuple[str, ...] = field(default=(), metadata=_CRAWLED | {OPTION: "include"})
    exclude: tuple[str, ...] = field(default=(), metadata=_CRAWLED | {OPTION: "exclude"})
    pdf: bool = field(default=False, metadata=_CRAWLED | {OPTION: "include-pdf"})
    render: bool = field(default=False, metadata=_CRAWLED | {OPTION: "render"})
    schedule: str = field(default="", metadata={OPTION: "schedule"})
    language: str = field(default="", metadata=_CRAWLED | {OPTION: "language"})
    visible_to: tuple[str, ...] | None = field(default=None, metadata={OPTION: "visible-to"})
    paused: bool = False
    added_at: datetime | None = None
    pages: int = 0
    passages: int = 0
    last_crawl: datetime | None = None
    verdict: str = ""
    reason: str = ""
    old_reading: int = 0

    @property
    def on_disk(self) -> bool:
        """Whether it is read from this machine's files, and not by requests."""
        return self.served_at.startswith("file:")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a question found. Ranks count from 1; None: that side did not find it.

    `similarity` is the cosine (-1..1) and `lexical_score` the BM25 score (>= 0), both None where not computed.
    `score` is the fused one, 0..1-ish, comparable within one search only.
    """

    passage: Passage
    source: str
    score: float
    vector_rank: int | None = None
    lexical_rank: int | None = None
    similarity: float | None = None
    lexical_score: float | None = None
    edition: Edition = DEFAULT_EDITION


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the thread and the answer it got."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom models are called: a person of a workspace or guild (`tenant`), in a channel. Empty: the operator."""

    platform: str = ""
    tenant: str = ""
    person: str = ""
    channel: str = ""


OPERATOR = Asker()
"""The person at the command line."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked. `sources`: names to search (empty: all); `edition`: another one than the default.

    `audience`: the places it was asked in (`core.inbox.channels.places`); a source that none of them may see does not
    exist for this question. None: the operator's own command line, which sees all. `tone` and `language` are those of
    the answer; empty: the install's. `asker`: for whom calls of models are counted.
    """

    text: str
    turns: tuple[Turn, ...] = ()
    sources: tuple[str, ...] = ()
    edition: Edition = DEFAULT_EDITION
    audience: frozenset[str] | None = None
    tone: str = ""
    language: str = ""
    asker: Asker = OPERATOR


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered source of an answer, rendered from a stored row: `number` is the [n] in the text.

    `quote` is one sentence or row of the passage, word for word, that bears out what is said; None: there is none to
    show. `href` leads to that place within the page, where `url` alone does not; empty: use `url`.
    """

    number: int
    url: str
    path: tuple[str, ...]
    title: str
    quote: str | None = None
    href: str = ""

    @property
    def target(self) -> str:
        """Where a link to this source leads."""
        return self.href or self.url


class Abstention(StrEnum):
    """Why there is no answer; the three outcomes of the origin recipe, as values rather than errors."""

    NOT_RELEVANT = "context_not_relevant"
    NO_CONTEXT = "no_context"
    DOES_NOT_KNOW = "does_not_know"


class AnswerOutcome(StrEnum):
    """How much of a question was answered. PARTLY: the rest is named in `Answer.not_covered`."""

    ANSWERED = "answered"
    PARTLY = "partly"
    NOT_ANSWERED = "not_answered"


class UnitVerdict(StrEnum):
    """What the check decided about a unit of a draft. FLAGGED: shown with its doubt, which a model raised."""

    SHOWN = "shown"
    FLAGGED = "flagged"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class CheckedUnit:
    """A sentence, list item, table or code block of a draft, and what the check decided about it.

    `reason` is empty where there is nothing to say. `quote` is the passage's sentence that bears the unit out,
    `passages` are the numbers of the evidence that it cites, from 1, and `links` their sections; of a dropped unit all
    three are empty.
    """

    text: str
    verdict: UnitVerdict
    reason: str = ""
    quote: str | None = None
    links: tuple[str, ...] = ()
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """The tokens that an answer took, of all its calls. `estimated`: the provider did not report them."""

    sent: int
    received: int
    estimated: bool = False

    def plus(self, other: TokenUsage | None) -> TokenUsage:
        """Return the tokens of both; estimated where one of them is."""
        if other is None:
            return self
        estimated = self.estimated or other.estimated
        return TokenUsage(self.sent + other.sent, self.received + other.received, estimated)


class SpendCap(StrEnum):
    """Which daily number of tokens is used up: the install's, the asker's or the channel's."""

    DAY = "day"
    PERSON = "person"
    CHANNEL = "channel"


class Fault(StrEnum):
    """What broke while answering: the answer is then an apology (MODEL), or was made without that part (the rest)."""

    MODEL = "model"
    EMBEDDER = "embedder"
    RERANKER = "reranker"


@dataclass(frozen=True, slots=True)
class FaultCause:
    """Why a part broke, for those who run the bot; members of a chat never see it.

    `kind` is "unavailable", "refused" or "misbehaved"; `sentence` says what to mend, without secrets and questions.
    """

    part: Fault
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """First event of an answer: the passages it will rest on, best first. [n] of the reader means `hits[n - 1]`."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """One finished, checked and renumbered sentence, list item or whole code fence, ready to be shown.

    `citations`: what the numbers of this delta and of all before it mean, for who ends the answer here.
    """

    text: str
    citations: tuple[Citation, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """Last event: the whole reply. `suggestions` are the best links where there is no answer, else further sections.

    `text` is the deltas joined; `dropped` counts sentences that failed the check; `timings_ms` has one key a stage.
    `not_covered` names what was asked and is not answered. `causes` are for operators: no face shows them. `outcome`,
    `units` and `usage` are None where they were not recorded: in answers stored by earlier versions, and in replies
    that are no answers. `cap`: why no model wrote it, although one is set.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    abstention: Abstention | None = None
    suggestions: tuple[Citation, ...] = ()
    faults: tuple[Fault, ...] = ()
    dropped: int = 0
    model: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    outcome: AnswerOutcome | None = None
    not_covered: tuple[str, ...] = ()
    units: tuple[CheckedUnit, ...] | None = None
    usage: TokenUsage | None = None
    causes: tuple[FaultCause, ...] = ()
    cap: SpendCap | None = None

    @property
    def remembered(self) -> str:
        """What the next question of the thread gets of this answer: the text, or in brackets why there is none."""
        return self.text if self.abstention is None else f"({self.abstention.value})"


Event: TypeAlias = Evidence | Delta | Answer
