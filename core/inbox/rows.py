"""Rows of questions as the nouns of `core.inbox.port`. Asks no database."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
from pydantic import TypeAdapter, ValidationError

from core.domain import Turn
from core.inbox.platforms import DETAILS, QuestionDetails
from core.inbox.port import Platform, QuestionState, Refusal, Reply, StoredQuestion, Visibility
from core.postgres.values import json_of

REPLY = TypeAdapter(Reply)
"""Turns replies into JSON and back."""

_KINDS: set[type[QuestionDetails]] = {QuestionDetails, *DETAILS.values()}
_ADAPTERS: dict[type[QuestionDetails], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in _KINDS}


def write_details(details: QuestionDetails) -> str:
    """Return details as JSON, without the fields that have their default: `{"ts": "1.5", "in_thread": true}`."""
    return json_of(_ADAPTERS[type(details)].dump_python(details, mode="json", exclude_defaults=True))


def read_details(platform: Platform, written: str) -> QuestionDetails:
    """Return the details in a row of that platform.

    A row may be of an earlier version: fields that are gone are left out, and one that cannot be read has its default.
    """
    adapter, document = _ADAPTERS[DETAILS.get(platform, QuestionDetails)], json.loads(written)
    try:
        details: QuestionDetails = adapter.validate_python(document)
    except ValidationError as error:
        wrong = {each["loc"][0] for each in error.errors() if each["loc"]}
        kept = {name: value for name, value in document.items() if name not in wrong}
        details = adapter.validate_python(kept)
    return details


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
        visibility=Visibility(row["way"]),
        text=row["body"],
        details=read_details(Platform(row["platform"]), row["details"]),
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
