"""Rows of questions as the nouns of `core.inbox.port`. Asks no database."""

from __future__ import annotations

import json

import asyncpg
from pydantic import TypeAdapter

from core.domain import Turn
from core.inbox.port import Platform, QuestionState, Refusal, Reply, StoredQuestion, Visibility

REPLY = TypeAdapter(Reply)
"""Turns replies into JSON and back."""


def to_question(row: asyncpg.Record) -> StoredQuestion:
    """Return the question of a row with its `age`, the seconds since it was asked."""
    return StoredQuestion(
        id=row["id"],
        platform=Platform(row["platform"]),
        tenant=row["tenant"],
        place_key=row["place_key"],
        channel=row["channel"],
        thread=row["thread"],
        asker=row["asker"],
        way=Visibility(row["way"]),
        text=row["body"],
        details=json.loads(row["details"]),
        state=QuestionState(row["state"]),
        refusal=Refusal(row["refusal"]),
        revision=row["revision"],
        tries=row["tries"],
        stopped=row["stopped"],
        sending=row["sending"],
        parts=tuple(row["parts"]),
        asked_at=row["asked_at"],
        age_seconds=row["age"],
        reply=REPLY.validate_json(row["answer"]) if row["answer"] else None,
        rank=row["turn"],
    )


def to_turn(row: asyncpg.Record) -> Turn:
    """Return what was asked and answered in a row with `body` and `answer`."""
    return Turn(row["body"], REPLY.validate_json(row["answer"]).answer.remembered)
