"""The port `Verifier` on a chat model (CHECK_MODEL): one call an answer, which says yes or no to each statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.answer.verdicts import build_verdict_messages, read_doubts
from core.domain import Question
from core.models.openai_chat import ChatModel, ChatOptions
from core.models.openai_client import ModelServer, Patience
from core.models.openai_errors import Role
from core.models.openai_reader import Faults
from core.ports import Statement

CHECK = Role("check model", "CHECK_MODEL")
MOST_TOKENS = 2_000
"""The tokens of a verdict, thoughts among them: twelve lines take a hundred; a server that knows no bound gets none."""


class ChatVerifier:
    """Asks one model. `seconds`: how long one call may take."""

    def __init__(self, server: ModelServer, model: str, options: ChatOptions, seconds: float) -> None:
        patience = Patience(tries=1, longest_wait=0.0)
        self.model = model
        self._seconds = seconds
        options = replace(options, most_tokens=MOST_TOKENS)
        self._chat = ChatModel(server, model, CHECK, options, patience, silence_seconds=seconds)
        self._faults = Faults(server, CHECK)

    async def doubt(self, statements: Sequence[Statement]) -> frozenset[int]:
        """Return the places of the statements that the model says no to. Raises `ModelError`."""
        with self._faults.handled(Question("")):
            reply, _ = await self._chat.complete(build_verdict_messages(statements), self._seconds)
        return read_doubts(reply, len(statements))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._chat.aclose()
