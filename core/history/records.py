"""Rows of the history as the nouns of `core.history.port`, and scopes as values for statements. Asks no database."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import asyncpg

from core.history.port import (
    ActivityFigures,
    ChannelCount,
    GivenFeedback,
    QuestionRecord,
    StoredPassage,
    TokenTotals,
    Withheld,
)
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Feedback, Platform, StoredQuestion, Thumb, Visibility
from core.inbox.rows import REPLY, to_question
from core.inbox.viewer import Viewer
from core.index.search import passage_of
from core.net.urls import rebase


def to_arguments(viewer: Viewer) -> tuple[object, ...]:
    """Return the values $3 to $7 of `history_rows`."""
    audience = None if viewer.audience is None else sorted(viewer.audience)
    return audience, viewer.platform, viewer.user, viewer.tenant, viewer.shows_private


def to_record(row: asyncpg.Record) -> QuestionRecord:
    """Return a question of a list. Of what was asked in private and is withheld, nobody's name is there either."""
    withheld = Withheld(row["withheld"])
    return QuestionRecord(
        id=row["id"],
        platform=Platform(row["platform"]),
        tenant=row["tenant"],
        channel=row["channel"] or "",
        asker="" if withheld is Withheld.PRIVATE else row["asker"],
        visibility=Visibility(row["way"]),
        text=row["body"] or "",
        asked_at=row["asked_at"],
        outcome=QuestionOutcome(row["outcome"]),
        seconds=row["seconds"],
        reply=REPLY.validate_json(row["answer"]) if row["answer"] else None,
        ups=row["ups"],
        downs=row["downs"],
        reasons=tuple(row["reasons"]),
        comments=tuple(row["comments"]),
        withheld=withheld,
    )


def to_stored_question(row: asyncpg.Record, withheld: Withheld) -> StoredQuestion:
    """Return the row of a question without what only its platform needs, and without a withheld answer."""
    asked = to_question(row)
    reply = asked.reply if withheld is Withheld.NOTHING else None
    return replace(asked, details=asked.details.without_secret(), reply=reply)


def to_feedback(written: str) -> tuple[GivenFeedback, ...]:
    """Return the opinions that a row holds as JSON."""
    return tuple(
        GivenFeedback(
            Feedback(each["who"], Thumb(each["thumb"]), tuple(each["reasons"]), each["comment"]),
            datetime.fromisoformat(each["at"]),
        )
        for each in json.loads(written)
    )


def to_stored_passage(row: asyncpg.Record) -> StoredPassage:
    """Return a passage with its source, its url where that is served now."""
    return StoredPassage(row["name"], passage_of(row), row["is_same"])


def to_stored_place(link: str, root: asyncpg.Record | None) -> tuple[str, str]:
    """Return the url and the anchor under which a section is stored that is linked to where it is served now."""
    url, _, anchor = link.partition("#")
    if root is None or not root["served_at"] or root["served_at"].startswith("file:"):
        return url, anchor
    return rebase(url, root["served_at"], root["root_url"]), anchor


def to_figures(days: int, rows: Sequence[asyncpg.Record]) -> ActivityFigures:
    """Return the figures of the rows of `history_figures`."""
    outcomes: defaultdict[Platform, dict[QuestionOutcome, int]] = defaultdict(dict)
    by_day: defaultdict[date, dict[QuestionOutcome, int]] = defaultdict(dict)
    named: defaultdict[str, dict[str, float]] = defaultdict(dict)
    channels = []
    for row in rows:
        kind, name, figure = row["kind"], row["name"], row["figure"]
        match kind:
            case "outcome":
                outcomes[Platform(row["platform"])][QuestionOutcome(name)] = int(figure)
            case "day":
                by_day[row["day"]][QuestionOutcome(name)] = int(figure)
            case "channel":
                channels.append(ChannelCount(Platform(row["platform"]), name, int(figure)))
            case _:
                named[kind][name] = figure or 0.0
    tokens = (int(named["tokens"].get(each, 0)) for each in ("answers", "sent", "received", "estimated"))
    return ActivityFigures(
        days=days,
        outcomes=outcomes,
        by_day=dict(sorted(by_day.items())),
        channels=tuple(channels),
        private=int(named["withheld"].get("", 0)),
        sources={name: int(figure) for name, figure in named["source"].items()},
        thumbs={thumb: int(named["thumb"].get(thumb, 0)) for thumb in Thumb},
        first_seconds=named["first"],
        last_seconds=named["last"],
        tokens=TokenTotals(*tokens),
    )
