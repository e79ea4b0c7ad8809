"""Sample questions: what people may be offered to ask, because it is answered there. Each is tried before that.

    asked and answered well in public places ──┐
    headings of sections ──────────────────────┴──engine──> answered from these sources ──> kept ──> help, prompts

They are made in the background and kept in the database, for all processes, until the sources change. A message only
reads what is kept: `offer` waits a moment for the first time. What was asked is offered in its workspace alone.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from hashlib import blake2b

from core.answer.engine import Engine
from core.domain import Answer, AnswerOutcome, Question, Source
from core.errors import FootnoteError, QuestionRefused
from core.history.samples import SampleQuestions, SampleSection
from core.inbox.port import Platform
from core.sentences import Sentences, sentences_in
from core.tasks import wait_for_event

OFFERED, TRIED = 3, 10
"""How many questions are offered in one place, and how many are tried for that at most."""

LOOK_SECONDS, WAIT_SECONDS = 60.0, 2.0
"""Between two looks whether sources changed; and how long somebody waits for questions that are just being made."""

RECHECKED = 60
"""What was asked and found good is looked at again at every so many looks."""

TAKEN_MINUTES, MOST_SCOPES, NEAR_TOP, ASKED = 10, 50, 40, 4
MARKS = ("?", "？")
_SHORTEST, _LONGEST, _MOST_WORDS = 6, 70, 9
_DULL = re.compile(
    r"\d+\.\d+|[`(){}<>=_/\\]|^(?:changelog|release|history|index|contents|license|licence|credits)\b", re.IGNORECASE
)
_log = logging.getLogger(__name__)

IsPublic = Callable[[str, str], Awaitable[bool]]
"""Returns whether all members of a workspace (its id first) may read a channel."""


@dataclass(frozen=True, slots=True)
class SampleScope:
    """Where questions are offered: from which sources, in which language, to whom."""

    platform: Platform
    tenant: str
    sources: tuple[str, ...]
    state: bytes
    language: str = ""

    @property
    def key(self) -> bytes:
        """What the questions of a scope are kept under."""
        return _digest(self.platform, self.tenant, self.language, *self.sources)


def build_scope(platform: Platform, tenant: str, sources: Sequence[Source], language: str = "") -> SampleScope:
    """Return the scope of a place that is answered from these sources, in their present state."""
    there = sorted(sources, key=lambda each: each.name)
    state = _digest(*(f"{each.name} {each.last_crawl} {each.passages}" for each in there))
    return SampleScope(platform, tenant, tuple(each.name for each in there), state, language)


def _digest(*parts: str) -> bytes:
    return blake2b("\n".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Engines:
    """What questions are tried with: what people asked, as it is answered; headings, without a model, which costs."""

    answering: Engine
    quoting: Engine


class Sampler:
    """Makes and offers sample questions. `is_public` None: nobody knows, so that only headings are offered."""

    def __init__(
        self, samples: SampleQuestions, engines: Engines, is_public: IsPublic | None = None, language: str = ""
    ) -> None:
        self._samples = samples
        self._engines = engines
        self._is_public = is_public
        self._language = language
        self._wanted: OrderedDict[bytes, SampleScope] = OrderedDict()
        self._changed = asyncio.Event()
        self._made = asyncio.Condition()

    async def offer(self, scope: SampleScope, seconds: float = WAIT_SECONDS) -> tuple[str, ...]:
        """Return what may be asked there, best first; nothing while it is not known. Raises nothing."""
        if not scope.sources:
            return ()
        with suppress(FootnoteError, TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._kept(scope)
        return ()

    async def is_offered(self, text: str) -> bool:
        """Return whether somebody asks just what was offered: that stands alone, whatever was asked before."""
        with suppress(FootnoteError):
            return await self._samples.is_offered(text)
        return False

    async def _kept(self, scope: SampleScope) -> tuple[str, ...]:
        """Return what is kept of a scope, once there is something. Raises `StoreError`."""
        found = await self._samples.get(scope.key, scope.state)
        self._want(scope)
        while found is None:
            async with self._made:
                await self._made.wait()
            found = await self._samples.get(scope.key, scope.state)
        return found

    def _want(self, scope: SampleScope) -> None:
        if self._wanted.get(scope.key) != scope:
            self._changed.set()
        self._wanted[scope.key] = scope
        self._wanted.move_to_end(scope.key)
        if len(self._wanted) > MOST_SCOPES:
            self._wanted.popitem(last=False)

    async def run(self) -> None:
        """Make what is wanted and missing, until cancelled. Raises nothing."""
        looks = 0
        while True:
            self._changed.clear()
            for scope in list(self._wanted.values()):
                try:
                    await self._look_after(scope, again=looks % RECHECKED == RECHECKED - 1)
                except FootnoteError as error:
                    _log.debug("Sample questions are not made just now: %s", error)
            async with self._made:
                self._made.notify_all()
            looks += not await wait_for_event(self._changed, LOOK_SECONDS)

    async def _look_after(self, scope: SampleScope, *, again: bool) -> None:
        """Make the questions of a scope where they are missing, or may be others by now. Raises `FootnoteError`."""
        is_made = await self._samples.get(scope.key, scope.state) is not None
        if is_made and not again:
            return
        taken = await self._samples.take(scope.key, scope.state, TAKEN_MINUTES)
        if taken is None:
            return
        asked = await self._asked_in_public(scope)  # after it is taken: forgetting somebody ends that
        if is_made and await self._samples.is_same(scope.key, taken, asked):
            return
        questions = [each async for each in self._answered(scope, asked)]
        await self._samples.put(scope.key, taken, asked, questions)

    async def _asked_in_public(self, scope: SampleScope) -> list[str]:
        """Return what was asked twice or more where all of the workspace may read it."""
        if self._is_public is None:
            return []
        texts = []
        for each in await self._samples.asked_well(scope.platform, scope.tenant, ASKED):
            public = [times for channel, times in each.channels if await self._is_public(scope.tenant, channel)]
            texts += [each.text] if sum(public) > 1 else []
        return texts

    async def _answered(self, scope: SampleScope, asked: Sequence[str]) -> AsyncIterator[str]:
        """Yield the first candidates that are answered from the sources of a scope. Raises `FootnoteError`."""
        sections = choose_sections(await self._samples.sections(scope.sources, NEAR_TOP))
        spoken = sentences_in(scope.language or self._language)
        candidates: list[tuple[str, SampleSection | None]] = [(each, None) for each in asked]
        candidates += [(phrase(each, spoken), each) for each in sections]
        found = 0
        for text, section in candidates[:TRIED]:
            if found < OFFERED and await self._is_answered(text, section, scope):
                found += 1
                yield text

    async def _is_answered(self, text: str, section: SampleSection | None, scope: SampleScope) -> bool:
        """Return whether a question is answered; one made of a heading, from that very section."""
        answer: Answer | None = None
        question = Question(text, sources=scope.sources, language=scope.language)
        try:
            engine = self._engines.answering if section is None else self._engines.quoting
            async with aclosing(engine.ask(question)) as events:
                async for event in events:
                    answer = event if isinstance(event, Answer) else answer
        except QuestionRefused:
            return False
        if answer is None or answer.faults or answer.outcome is not AnswerOutcome.ANSWERED:
            return False
        return section is None or any(each.path == section.path for each in answer.citations)


def choose_sections(sections: Sequence[SampleSection]) -> list[SampleSection]:
    """Return the sections whose headings can be asked about: questions first, then the first one of each page.

    A heading that several sections have, such as "Bug fixes", leads to none of them.
    """
    times = Counter(each.path[-1].casefold() for each in sections)
    nth, order = Counter[str](), list[tuple[bool, int, int, SampleSection]]()
    for place, each in enumerate(sections):
        heading = each.path[-1].strip()
        if times[each.path[-1].casefold()] == 1 and _is_telling(heading):
            order.append((not heading.endswith(MARKS), nth[each.page], place, each))
            nth[each.page] += 1
    return [each for *_, each in sorted(order, key=lambda one: one[:3])]


def _is_telling(heading: str) -> bool:
    fits = _SHORTEST <= len(heading) <= _LONGEST and len(heading.split()) <= _MOST_WORDS
    return fits and not _DULL.search(heading)


def phrase(section: SampleSection, sentences: Sentences) -> str:
    """Return a heading as a question: `"Install with pip"` -> `"What do I need to know about “Install with pip”?"`."""
    heading = " ".join(section.path[-1].split()).rstrip(" .:¶#")
    return heading if heading.endswith(MARKS) else sentences.sample_about.format(what=heading)
