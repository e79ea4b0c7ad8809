"""One question as the engine takes it, with its own trace: what the inspector draws. No pipeline of its own.

    InspectorOptions ──ask──> Inspection: trace (search, both sides, fusion, rerank, gate, prompt, draft), answer
                                          or the sentence that says why there is none
                     ──search─> all that both sides bring to the fusion, of which an answer begins with the best

A viewer asks from their own places, or from one of them; the user of the machine from any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.answer.engine import Engine
from core.answer.trace import Trace
from core.domain import OPERATOR, Answer, Asker, Edition, Hit, Question
from core.errors import FootnoteError, UsageError
from core.inbox.channels import parse_places
from core.inbox.viewer import Viewer
from core.index.fusion import CANDIDATES

FIELDS = ("sources", "version", "language", "places", "reader", "rerank")
"""The fields of one side of the form; the second side has them with a 2 behind."""

KEYLESS, OFF = "keyless", "off"
BOTH_SIDES = 2 * CANDIDATES
"""So many passages are all that both sides bring to the fusion."""


@dataclass(frozen=True, slots=True)
class InspectorOptions:
    """With what a question is asked: names of sources (empty: all), an edition, places, and without what.

    `asker`: for whom calls of models are counted.
    """

    sources: tuple[str, ...] = ()
    edition: Edition = field(default_factory=Edition)
    audience: frozenset[str] | None = None
    keyless: bool = False
    without_reranker: bool = False
    asker: Asker = OPERATOR


@dataclass(frozen=True, slots=True)
class RankedHit:
    """A passage with its place in each stage, from 1; None: it is not in it. `reranked`: also without one."""

    hit: Hit
    fused: int
    reranked: int | None
    evidence: int | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of it. `answer` None: `problem` says why.

    `candidates` are all that both sides brought, in the order of the fusion, of which the answer began with the best.
    """

    trace: Trace
    candidates: tuple[Hit, ...] = ()
    answer: Answer | None = None
    problem: str = ""

    @property
    def hits(self) -> Sequence[RankedHit]:
        """What the search found, in the order of the fusion."""
        ranked, evidence = _places(self.trace.ranked), _places(self.trace.evidence)
        has_reranked = "rerank" in self.trace.timings_ms
        return [
            RankedHit(hit, number, ranked.get(_key(hit)) if has_reranked else None, evidence.get(_key(hit)))
            for number, hit in enumerate(self.trace.found, 1)
        ]

    @property
    def by_vector(self) -> Sequence[Hit]:
        """What the vectors found, best first."""
        return sorted((hit for hit in self.candidates if hit.vector_rank), key=lambda hit: hit.vector_rank or 0)

    @property
    def by_words(self) -> Sequence[Hit]:
        """What the words found, best first."""
        return sorted((hit for hit in self.candidates if hit.lexical_rank), key=lambda hit: hit.lexical_rank or 0)

    @property
    def fused_ranks(self) -> Mapping[bytes, int]:
        """The place in the fusion of each candidate, by the identity of its passage."""
        return {hit.passage.identity: number for number, hit in reversed(list(enumerate(self.candidates, 1)))}


def _places(hits: Sequence[Hit]) -> dict[tuple[str, bytes], int]:
    return {_key(hit): number for number, hit in reversed(list(enumerate(hits, 1)))}


def _key(hit: Hit) -> tuple[str, bytes]:
    return hit.passage.url, hit.passage.identity


def read_options(viewer: Viewer, fields: Mapping[str, str]) -> InspectorOptions:
    """Return the options of one side. Raises `UsageError` for places that the viewer is not in."""
    names = tuple(name for name in fields.get("sources", "").replace(",", " ").split() if name)
    return InspectorOptions(
        sources=names,
        edition=Edition(fields.get("version", "").strip()[:100], fields.get("language", "").strip().lower()[:100]),
        audience=choose_audience(viewer, fields.get("places", "").strip()),
        keyless=fields.get("reader") == KEYLESS,
        without_reranker=fields.get("rerank") == OFF,
        asker=OPERATOR if viewer.is_machine else Asker(viewer.platform, viewer.tenant, person=viewer.user),
    )


def choose_audience(viewer: Viewer, text: str) -> frozenset[str] | None:
    """Return the places that a question is asked from: "" means all that the viewer has.

    A channel comes with its workspace, as in a question from chat. Raises `UsageError`.
    """
    own = viewer.audience
    if not text:
        return own
    named = parse_places([text])
    if named is None:
        if own is None:
            return None
        raise UsageError("You may ask from your own places alone.")
    wanted = frozenset(named) | {place.partition("/")[0] for place in named}
    if own is None:
        return wanted
    if not own.issuperset(named):
        raise UsageError("You may ask from your own places alone.")
    return wanted & own


async def inspect(engine: Engine, text: str, options: InspectorOptions) -> Inspection:
    """Ask a question, and return what each stage made of it. Nothing is stored."""
    trace = Trace()
    question = Question(
        text, sources=options.sources, edition=options.edition, audience=options.audience, asker=options.asker
    )
    asked = engine.without(model=options.keyless, reranker=options.without_reranker)
    try:
        *_, answer = [event async for event in asked.ask(question, trace)]
        both = await asked.search(text, BOTH_SIDES, options.sources, options.edition, options.audience)
    except FootnoteError as error:
        return Inspection(trace, problem=str(error))
    assert isinstance(answer, Answer)
    return Inspection(trace, tuple(both), answer)
