"""Questions of callers in Postgres. Implements `CallerQuestions` of `core.inbox.callers`."""

from __future__ import annotations

from collections.abc import Collection

from core.inbox.callers import CALLER_PLATFORMS, TOKEN, NewCallerQuestion
from core.inbox.port import Feedback, QuestionState, Reply
from core.inbox.rows import REPLY, write_details
from core.postgres.database import Pool
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import json_of, text_of

LEASE_SECONDS = 30.0
"""How long a question stays open after its process died; a live one renews the lease every few seconds."""


class PostgresCallerQuestions:
    """Rows of the table `question`, on a pool of their own, so that callers wait for each other and not for chat."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open(self, owner: str, question: NewCallerQuestion) -> int:
        """Store a question, on disk on return; return its number."""
        arguments = (
            question.platform,
            question.key,
            question.name,
            question.asker,
            text_of(question.text),
            write_details(question.details),
            owner,
            LEASE_SECONDS,
        )
        with translate_errors():
            number: int = await self._pool.fetchval(statements()["open_caller_question"], *arguments)
        return number

    async def renew(self, owner: str, numbers: Collection[int]) -> None:
        """Extend the lease of these questions."""
        if numbers:
            with translate_errors():
                await self._pool.execute(statements()["renew"], owner, LEASE_SECONDS, list(numbers))

    async def close(self, number: int, state: QuestionState, reply: Reply | None) -> bool:
        """Store the reply and the state. -> whether the question is still there."""
        written = None if reply is None else json_of(REPLY.dump_python(reply, mode="json"))
        with translate_errors():
            arguments = (number, state.value, written)
            return await self._pool.fetchval(statements()["close_caller_question"], *arguments) is not None

    async def discard(self, number: int) -> None:
        """Drop a question that was refused."""
        with translate_errors():
            await self._pool.execute(statements()["discard_caller_question"], number)

    async def give_feedback(self, name: str, key: str, feedback: Feedback) -> bool:
        """Store feedback in place of an earlier one of the same asker. -> whether the token asked such a question."""
        arguments = (
            list(CALLER_PLATFORMS),
            text_of(key),
            feedback.who,
            feedback.thumb.value,
            [text_of(reason) for reason in feedback.reasons],
            text_of(feedback.comment),
            f"{TOKEN}:{name}",
        )
        with translate_errors():
            return await self._pool.fetchval(statements()["give_caller_feedback"], *arguments) is not None

    async def askers_of(self, name: str) -> Collection[str]:
        """Return the askers with that token."""
        with translate_errors():
            rows = await self._pool.fetch(statements()["askers_of_token"], f"{TOKEN}:{name}")
        return [row["asker"] for row in rows]

    async def tidy(self, retention_days: int, counts_days: int = 365) -> int:
        """Close what dead processes left open, and drop what is long over. -> number of questions dropped."""
        with translate_errors():
            await self._pool.execute(statements()["close_left_open"], list(CALLER_PLATFORMS))
            await self._pool.execute(statements()["forget_gaps"], retention_days)
            await self._pool.execute(statements()["forget_spenders"], retention_days)
            await self._pool.execute(statements()["forget_spend"], counts_days, retention_days)
            return len(await self._pool.fetch(statements()["forget_questions"], retention_days))
