"""What is remembered of threads, in Postgres. Implements `Conversation` of `core.inbox.conversation`."""

from __future__ import annotations

from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.postgres.database import Pool
from core.postgres.errors import translate_errors
from core.postgres.statements import statements
from core.postgres.values import text_of

AFTER = 1e-5
"""Seconds by which a hand-over follows its message: from then on the thread is people's."""


class PostgresConversation:
    """One row for each message that is left alone; the questions are those of the inbox."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def heard(self, thread: ThreadKey, before: float, *, all_threads: bool = False) -> list[Utterance]:
        """Return the utterances of a thread before a time, oldest first."""
        with translate_errors():
            rows = await self._pool.fetch(statements()["conversation"], *_key(thread), before, all_threads)
        return [
            Utterance(row["place_key"], frozenset(row["authors"]), row["said_at"], UtteranceKind(row["kind"]))
            for row in rows
        ]

    async def remember(self, thread: ThreadKey, utterance: Utterance) -> bool:
        """Remember a message that is left alone; return False if it is known already."""
        author, place = min(utterance.authors), text_of(utterance.place_key)
        arguments = (*_key(thread), place, text_of(author), utterance.kind.value, utterance.at)
        with translate_errors():
            return await self._pool.fetchval(statements()["remember"], *arguments) is not None

    async def claim_hand_over(self, thread: ThreadKey, author: str, at: float) -> bool:
        """Return whether the message of this moment, and no other of its thread, names whom to ask."""
        mark = f"hand_over:{thread.channel}:{thread.thread}"
        moment = at + AFTER
        await self.remember(thread, Utterance(mark, frozenset({author}), moment, UtteranceKind.HAND_OVER))
        with translate_errors():
            found = await self._pool.fetchval(
                statements()["hand_over_at"], str(thread.platform), text_of(thread.tenant), text_of(mark)
            )
        return found is not None and abs(float(found) - moment) < AFTER / 2

    async def find_thread(self, platform: str, tenant: str, place_key: str, ref: str) -> ThreadKey | None:
        """Return the thread of a question or of a part of a reply; None: the message is neither."""
        arguments = (platform, text_of(tenant), text_of(place_key), text_of(ref))
        with translate_errors():
            row = await self._pool.fetchrow(statements()["find_thread"], *arguments)
        return ThreadKey(platform, tenant, row["channel"], row["thread"]) if row is not None else None

    async def is_left_alone(self, platform: str, tenant: str, place_key: str) -> bool:
        """Return whether a message was left alone before."""
        with translate_errors():
            found: bool = await self._pool.fetchval(
                statements()["is_left_alone"], platform, text_of(tenant), text_of(place_key)
            )
        return found

    async def forget_message(self, platform: str, tenant: str, place_key: str) -> None:
        """Forget a message that was deleted."""
        with translate_errors():
            await self._pool.execute(statements()["forget_utterance"], platform, text_of(tenant), text_of(place_key))


def _key(thread: ThreadKey) -> tuple[str, str, str, str]:
    return (str(thread.platform), text_of(thread.tenant), text_of(thread.channel), text_of(thread.thread))
