"""What one request to a chat model takes: as the server counts it, else by estimate; recorded for the work that asked.

answered, with usage            the server's figures
answered, without usage,        an estimate of the prompt and of what came,
left early, or too late         marked as one
refused, or never there         nothing: no provider bills it
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import openai

from core.answer.prompt import Message, estimate_tokens
from core.calls import record_call
from core.domain import TokenUsage
from core.models.openai_choices import Usage


@dataclass(slots=True)
class CallTally:
    """Figures of a request while it runs. `taken`: the server worked on it. `written`: the text that came."""

    messages: Sequence[Message]
    taken: bool = False
    written: str = ""
    usage: Usage | None = None

    def count(self) -> TokenUsage:
        """Return what the request took so far."""
        return count_tokens(self.usage, self.messages, self.written)


@contextmanager
def tally_call(model: str, messages: Sequence[Message]) -> Iterator[CallTally]:
    """Record the request that is made in a block, however it ends."""
    tally = CallTally(messages)
    try:
        yield tally
    except openai.APITimeoutError as error:
        tally.taken = tally.taken or not isinstance(error.__cause__, httpx2.ConnectTimeout)
        raise
    except (TimeoutError, asyncio.CancelledError):
        tally.taken = True
        raise
    finally:
        if tally.taken or tally.usage is not None:
            record_call(model, tally.count())


def count_tokens(usage: Usage | None, messages: Sequence[Message], written: str) -> TokenUsage:
    """Return the tokens that a server counted, or an estimate where it reported none."""
    if usage is not None:
        return TokenUsage(usage.prompt, usage.written)
    return TokenUsage(estimate_prompt(messages), estimate_tokens(written), estimated=True)


def estimate_prompt(messages: Sequence[Message]) -> int:
    """Return about how many tokens these messages have."""
    return sum(estimate_tokens(message["content"]) for message in messages)
