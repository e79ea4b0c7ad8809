"""A history of questions as a busy install has it, generated from a seed: for tests, and for measurements at any size.

    rows = make_history(100_000)
    await store_history(database, rows)

Questions of all states, outcomes, platforms and places over 40 days, with answers of the size that answers have, their
evidence and thumbs; some are past their time. Each row can say what a recount of it says.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.domain import (
    Abstention,
    Answer,
    AnswerOutcome,
    CheckedUnit,
    Citation,
    Fault,
    TokenUsage,
    UnitVerdict,
)
from core.history.port import Withheld
from core.inbox.channels import build_audience, may_see
from core.inbox.outcome import QuestionOutcome, outcome_of
from core.inbox.platforms import DiscordDetails, QuestionDetails, SlackDetails
from core.inbox.port import Platform, QuestionState, Refusal, Reply, StoredQuestion, Thumb, UsedPassage, Visibility
from core.inbox.rows import REPLY, write_details
from core.inbox.viewer import Viewer
from core.postgres.database import Database
from core.postgres.values import json_of
from core.sentences import ENGLISH, GERMAN

RETENTION = 30
NOW = datetime.now(UTC)
SUBJECTS = ("rotate a key", "crawl a PDF", "mute the bot", "set a proxy", "ändern Sprache", "移動 索引")
FORMS = ("How do I {}?", "how can I {}", "{}!", "Is there a way that I can {} please")
PRIVATE = "⁂"
"""Ends each question that was asked in private."""

REASONS = ("wrong", "old", "unclear")
SLACK, DISCORD, TOY = Platform.SLACK, Platform.DISCORD, Platform("toy")

SOURCES: Mapping[str, tuple[str, ...] | None] = {
    "guide": None,
    "api": None,
    "old": None,
    "of-t1": ("slack:T1",),
    "of-c2": ("slack:T1/C2", "discord:G1/D2"),
    "of-g1": ("discord:G1",),
}
"""Names of sources and who sees them; `gone` is the name of one that was removed."""

PASSAGES = tuple(
    UsedPassage(f"https://{source}.example/{page}#a", (source, f"Page {page}"), source, 1, 2, None, 0.5, 0.25)
    for source in (*SOURCES, "gone")
    for page in range(3)
)
_PUBLIC, _SOME = PASSAGES[:9], PASSAGES[9:]

_SPOTS: Sequence[tuple[Platform, str, str, QuestionDetails]] = (
    (SLACK, "T1", "C1", QuestionDetails()),
    (SLACK, "T1", "C2", QuestionDetails()),
    (SLACK, "T1", "C3", SlackDetails(shared=True)),
    (SLACK, "T2", "C1", SlackDetails(shared=False)),
    (DISCORD, "G1", "D1", QuestionDetails()),
    (DISCORD, "G1", "D1", DiscordDetails(around="D2")),
    (DISCORD, "G2", "D1", DiscordDetails(around="")),
    (TOY, "T1", "C1", QuestionDetails()),
)


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    """A generated question with the thumbs that its answer got."""

    asked: StoredQuestion
    finished_at: datetime | None
    thumbs: tuple[tuple[str, Thumb, tuple[str, ...], str], ...]

    @property
    def first_shown_at(self) -> datetime | None:
        """When its first words could be read; None: with the last, or never."""
        if self.finished_at is None or self.asked.id % 2:
            return None
        return self.asked.asked_at + (self.finished_at - self.asked.asked_at) / 4

    @property
    def outcome(self) -> QuestionOutcome:
        """How it ended, by the rule that the metrics of a process have."""
        match self.asked.state:
            case QuestionState.QUEUED | QuestionState.ANSWERED:
                return QuestionOutcome.OPEN
            case QuestionState.WITHDRAWN:
                return QuestionOutcome.WITHDRAWN
            case QuestionState.UNDELIVERABLE:
                return QuestionOutcome.UNDELIVERABLE
            case QuestionState.DONE if self.asked.reply is None and self.asked.refusal is Refusal.NONE:
                return QuestionOutcome.FORGOTTEN
            case _:
                return outcome_of(self.asked)

    @property
    def is_kept(self) -> bool:
        """Whether it is not past its time."""
        return self.finished_at is None or self.finished_at >= NOW - timedelta(days=RETENTION)

    @property
    def answered_at(self) -> datetime | None:
        """When its answer was written: a moment before it was sent."""
        return self.finished_at - timedelta(seconds=0.5) if self.finished_at and self.asked.reply else None

    @property
    def first_seconds(self) -> float | None:
        """Seconds until its first words could be read, where it was answered."""
        is_answered = self.asked.state is QuestionState.DONE and self.asked.refusal is Refusal.NONE and self.is_own
        first = self.first_shown_at or self.finished_at
        return (first - self.asked.asked_at).total_seconds() if is_answered and first else None

    @property
    def is_gap(self) -> bool:
        """Whether the documentation did not answer it well."""
        is_down = any(thumb is Thumb.DOWN for _, thumb, _, _ in self.thumbs)
        answers = (QuestionOutcome.ANSWERED, QuestionOutcome.PARTLY, QuestionOutcome.APOLOGY)
        failed = self.outcome in (QuestionOutcome.ABSTAINED, QuestionOutcome.PARTLY)
        return (self.outcome in answers and is_down) or (failed and self.is_own)

    @property
    def is_own(self) -> bool:
        """Whether it is no answer that was given in private before."""
        return self.asked.visibility is not Visibility.SHARED

    @property
    def places(self) -> frozenset[str]:
        """The places that it was asked in."""
        asked = self.asked
        around, shared = asked.details.around, bool(asked.details.shared)
        return build_audience(asked.platform, asked.tenant, asked.channel, around, shared=shared)

    def is_asked_by(self, viewer: Viewer) -> bool:
        """Return whether the reader asked it."""
        asked = self.asked
        same = (asked.platform, asked.asker) == (viewer.platform, viewer.user)
        return same and asked.tenant in ("", viewer.tenant)

    def is_seen(self, viewer: Viewer) -> bool:
        """Return whether a viewer reads of it at all."""
        return viewer.audience is None or self.is_asked_by(viewer) or not self.places.isdisjoint(viewer.audience)

    def withheld(self, viewer: Viewer) -> Withheld:
        """Return what of it that viewer counts and does not read."""
        if viewer.audience is None or self.is_asked_by(viewer):
            return Withheld.NOTHING
        if self.asked.visibility in (Visibility.DIRECT, Visibility.PRIVATE) and not viewer.shows_private:
            return Withheld.PRIVATE
        names = {each.source for each in self.asked.reply.found} if self.asked.reply else set()
        seen = {name for name, places in SOURCES.items() if may_see(places, viewer.audience)}
        return Withheld.NOTHING if names <= seen else Withheld.SOURCES


def make_history(count: int, seed: int = 38) -> list[MadeQuestion]:
    """Return questions with the numbers 1 to `count`; the same for a seed, but for the time of day."""
    chance = random.Random(seed)
    return [_make_question(number, chance) for number in range(1, count + 1)]


def _make_answer(chance: random.Random, number: int) -> tuple[Answer, tuple[UsedPassage, ...]]:
    found = [*chance.sample(_PUBLIC, 5), *(chance.sample(_SOME, 1) if chance.random() < 0.3 else ())]
    evidence = tuple(replace(each, place=place) for place, each in enumerate(found, 1))
    cited = chance.sample(evidence, 2)
    citations = tuple(Citation(n, each.url, each.path, each.path[-1], "It is so.") for n, each in enumerate(cited, 1))
    usage = TokenUsage(chance.randrange(5000), chance.randrange(300), estimated=chance.random() < 0.2)
    dropped = chance.choice((0, 0, 2))
    text = f"So it is [1]. {' '.join(chance.choices(SUBJECTS, k=chance.randrange(60)))} Answer {number}."
    shown = tuple(CheckedUnit(each, UnitVerdict.SHOWN, quote="It is so.", passages=(1,)) for each in text.split(". "))
    units = (*shown, *(CheckedUnit(f"Wrong {n}.", UnitVerdict.DROPPED, "no source") for n in range(dropped)))
    times = {"embed": 9.0, "search": chance.uniform(5, 90), "read_first": 400.0, "total": chance.uniform(500, 9000)}
    made = Answer(text, citations, dropped=dropped, model="m", timings_ms=times, units=units, usage=usage)
    answer = chance.choice(
        (
            replace(made, outcome=AnswerOutcome.ANSWERED),
            replace(made, outcome=AnswerOutcome.PARTLY, not_covered=("the rest",)),
            Answer("Nothing.", abstention=Abstention.NO_CONTEXT, outcome=AnswerOutcome.NOT_ANSWERED, usage=usage),
            replace(made, usage=None, units=None),
            Answer(f"{ENGLISH.apology} It broke."),
            Answer(f"{GERMAN.apology}"),
            replace(made, faults=(Fault.MODEL,)),
            replace(made, faults=(Fault.RERANKER,)),
        )
    )
    return answer, evidence


def _make_question(number: int, chance: random.Random) -> MadeQuestion:
    states = (*[QuestionState.DONE] * 12, QuestionState.QUEUED, QuestionState.ANSWERED, QuestionState.SILENT)
    state = chance.choice((*states, QuestionState.WITHDRAWN, QuestionState.UNDELIVERABLE))
    refusal = chance.choice((*[Refusal.NONE] * 10, Refusal.BUSY, Refusal.LIMIT))
    # Hours from each midnight that a test cuts at: the clock goes on between the collection of a test and its queries.
    asked_at = NOW - timedelta(days=int(40 * chance.random() ** 2) + chance.uniform(0.25, 0.75))
    is_open = state in (QuestionState.QUEUED, QuestionState.ANSWERED)
    bare = refusal is not Refusal.NONE or state in (QuestionState.QUEUED, QuestionState.WITHDRAWN)
    reply = None if bare or chance.random() < 0.05 else Reply(*_make_answer(chance, number))
    text = "" if state is QuestionState.WITHDRAWN else chance.choice(FORMS).format(chance.choice(SUBJECTS))
    platform, tenant, channel, details = chance.choice(_SPOTS)
    visibility, asker = chance.choice(tuple(Visibility)), f"U{chance.randrange(40)}"
    if visibility is Visibility.DIRECT:  # a conversation with the bot, on Discord outside every server
        tenant, channel, details = "" if platform == DISCORD else tenant, f"D{asker}", QuestionDetails()
    if visibility in (Visibility.DIRECT, Visibility.PRIVATE) and text:
        text = f"{text} {PRIVATE * (1 + number % 7)}"
    asked = StoredQuestion(
        id=number,
        platform=platform,
        tenant=tenant,
        place_key=f"p{number}",
        channel=channel,
        thread=f"t{number}",
        asker=asker,
        visibility=visibility,
        text=text,
        details=details,
        state=state,
        refusal=refusal,
        revision=0,
        tries=0,
        stopped=False,
        sending=None,
        parts=(),
        asked_at=asked_at,
        age_seconds=0,
        reply=reply,
    )
    who = chance.sample(range(9), chance.choice((0, 0, 1, 2)))
    thumbs = tuple(
        (
            f"U{each}",
            chance.choice(tuple(Thumb)),
            (chance.choice(REASONS),) if each % 2 else (),
            "no" if each % 3 else "",
        )
        for each in who
    )
    return MadeQuestion(asked, None if is_open else asked_at + timedelta(seconds=chance.uniform(1, 60)), thumbs)


def _make_thumb(who: int, chance: random.Random) -> tuple[str, Thumb, tuple[str, ...], str]:
    reasons = (chance.choice(REASONS),) if who % 2 else ()
    return f"U{who}", chance.choice(tuple(Thumb)), reasons, "no" if who % 3 else ""


_COLUMNS = (
    *("id", "platform", "tenant", "event_key", "place_key", "channel", "thread", "asker", "way", "body", "details"),
    *("refusal", "state", "asked_at", "first_shown_at", "finished_at", "answered_at", "answer", "turn"),
)


async def store_history(database: Database, rows: Sequence[MadeQuestion]) -> None:
    """Store questions, their thumbs, and the sources that their answers name."""
    names = [(name, f"https://{name}.example/", places) for name, places in SOURCES.items()]
    await database.writers.executemany("insert into source (name, root_url, visible_to) values ($1, $2, $3)", names)
    thumbs = [
        (row.asked.id, who, thumb.value, list(why), comment) for row in rows for who, thumb, why, comment in row.thumbs
    ]
    async with database.writers.acquire() as connection:
        await connection.copy_records_to_table("question", records=map(_to_values, rows), columns=_COLUMNS)
        await connection.copy_records_to_table(
            "feedback",
            records=thumbs,
            columns=("question", "who", "thumb", "reasons", "comment"),
        )
        await connection.execute("select setval(pg_get_serial_sequence('question', 'id'), $1)", len(rows) + 1)
        await connection.execute("analyze question, feedback")


def _to_values(row: MadeQuestion) -> tuple[object, ...]:
    asked = row.asked
    return (
        *(asked.id, asked.platform, asked.tenant, asked.place_key, asked.place_key, asked.channel),
        *(
            asked.thread,
            asked.asker,
            asked.visibility.value,
            asked.text,
            write_details(asked.details),
            asked.refusal.value,
        ),
        *(asked.state.value, asked.asked_at, row.first_shown_at, row.finished_at, row.answered_at),
        *(json_of(REPLY.dump_python(asked.reply, mode="json")) if asked.reply else None, 0),
    )
