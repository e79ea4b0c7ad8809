"""The reader behind an OpenAI-compatible server: a prompt that fits, asked again with fewer passages where it did not.

    Reading ──core.answer.prompt──> prompt ──too long, or cut──> fewer passages ──> PromptSent, pieces of text

Text is a draft: the engine checks what may be shown of it. A prompt is too long where the server says so, and was cut
where the server counted fewer tokens than any tokenizer makes of it. What is learnt about the context is kept. Faults
that last close a `Breaker`, and each is logged with the server's own words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace

import openai

from core.answer.prompt import (
    AnswerPrompt,
    Message,
    Style,
    build_answer_prompt,
    build_standalone_messages,
)
from core.domain import Question, TokenUsage
from core.errors import ModelError
from core.models.breaker import Breaker
from core.models.openai_chat import ChatModel, ChatOptions, ChatPiece
from core.models.openai_choices import Usage
from core.models.openai_client import ModelServer, Patience, wait_asked_for
from core.models.openai_errors import Role, find_context, is_lasting, is_too_long, translate_errors
from core.models.openai_tally import count_tokens, estimate_prompt
from core.models.server_words import FaultLog, clean_words
from core.ports import DraftPiece, DraftRestarted, PromptSent, Reading, StandaloneQuestion

DEFAULT_CHAT_MODEL = "gpt-6.1-terra"
"""OpenAI's fast tier, meant for short texts from given material; takes /chat/completions (November 2026)."""

EFFORTS = {DEFAULT_CHAT_MODEL: "low"}
"""Models known to reason before they write, with the effort: copying from passages needs little. Others get none."""

CHAT = Role("chat model", "CHAT_MODEL", shorter="set a smaller PROMPT_TOKENS, or ")

_ANSWER = Patience(tries=2, longest_wait=10.0)
_SMALLEST_BUDGET = 300
_FITS_ANYWHERE = 1_200
"""Tokens of a prompt for which nobody need ask how much the server reads."""

_ANSWER_TOKENS = 700
"""Tokens of a context that are left for the answer."""

_SHARE = 0.6
"""What is kept of a prompt that was too long, where nothing says by how much."""

_MOST_ASCII, _MOST_BYTES = 6, 9
"""No tokenizer makes fewer tokens of documentation than one for so many letters of ASCII, or bytes of anything else."""

_ROUND, _LEAST_CUT = 1_024, 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Deadlines in seconds: for a whole answer, for the longest silence within, for rewriting a follow-up."""

    answer_seconds: float = 60.0
    silence_seconds: float = 20.0
    rewrite_seconds: float = 10.0
    patience: Patience = _ANSWER

    @classmethod
    def within(cls, seconds: float, silence: float = 0.0) -> ReaderLimits:
        """Return the deadlines for a whole answer of so many seconds, in the proportions of the defaults.

        `silence` 0: a third of them.
        """
        return cls(seconds, silence or seconds / 3, seconds / 6)


class OpenAIReader:
    """Implements the port `Reader`."""

    generative = True

    def __init__(
        self,
        server: ModelServer,
        *,
        style: Style,
        budget: int,
        model: str = DEFAULT_CHAT_MODEL,
        options: ChatOptions | None = None,
        limits: ReaderLimits | None = None,
    ) -> None:
        options = options or ChatOptions()
        self.model = model
        self._style = style
        self._budget = budget
        self._limits = limits or ReaderLimits()
        role = replace(CHAT, url=server.url_setting, key=server.key_setting)
        self._chat = ChatModel(
            server,
            model,
            role,
            options if options.effort else replace(options, effort=EFFORTS.get(model, "")),
            self._limits.patience,
            silence_seconds=self._limits.silence_seconds,
        )
        self._faults = Faults(server, role)
        self._reports_context = bool(server.base_url) and not server.api_version

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        """Yield the answer in pieces as they come. Closing the iterator closes the connection, and the model stops.

        An answer that stops at the server's length limit raises `ModelMisbehaved` after its last piece: the engine
        keeps the sentences that were finished, drops the tail and says that the answer was cut off.
        """
        deadline = asyncio.get_running_loop().time() + self._limits.answer_seconds
        known = "\n".join([reading.question.text, *(hit.passage.text for hit in reading.hits)])
        with self._faults.handled(reading.question):
            async with aclosing(self._drafts(reading, deadline, known)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _drafts(self, reading: Reading, deadline: float, known: str) -> AsyncGenerator[DraftPiece, None]:
        """Yield the draft, and begin again with fewer passages where the prompt did not fit."""
        prompt: AnswerPrompt | None = await self._first_prompt(reading)
        while prompt is not None:
            asked = _Asked(prompt)
            async with aclosing(self._draft(asked, deadline, known)) as pieces:
                async for piece in pieces:
                    yield piece
            prompt = self._build_smaller(reading, asked) if asked.is_too_long else None
            if prompt is not None and asked.answered:
                yield DraftRestarted(unless_shown=True)

    async def _draft(self, asked: _Asked, deadline: float, known: str) -> AsyncGenerator[DraftPiece, None]:
        """Yield the draft for one prompt; `asked` says afterwards whether that fitted. Raises the SDK's errors."""
        try:
            async with aclosing(self._chat.stream(asked.prompt.messages, deadline, known)) as pieces:
                async for piece in asked.pieces_of(pieces):
                    yield piece
        except openai.APIError as error:
            if asked.answered or asked.prompt.passages <= 1 or not is_too_long(error):
                raise
            asked.is_too_long, asked.context = True, find_context(error)

    async def _first_prompt(self, reading: Reading) -> AnswerPrompt:
        """Return the prompt, which fits the server's context if that is known; the server is asked once for it."""
        prompt = build_answer_prompt(reading, self._style, self._budget)
        if not self._reports_context or estimate_prompt(prompt.messages) <= _FITS_ANYWHERE:
            return prompt
        self._reports_context = False
        context = await self._chat.find_context()
        if context is None or context - _ANSWER_TOKENS >= self._budget:
            return prompt
        self._budget = max(context - _ANSWER_TOKENS, _SMALLEST_BUDGET)
        _log.info("The server of %s reads %s tokens: prompts hold at most %s.", self.model, context, self._budget)
        return build_answer_prompt(reading, self._style, self._budget)

    @property
    def budget(self) -> int:
        """The most tokens of a prompt, as far as that is known by now."""
        return self._budget

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator should know of the server's habits, as they have shown so far."""
        return self._chat.remarks

    def _build_smaller(self, reading: Reading, asked: _Asked) -> AnswerPrompt:
        """Return a prompt with fewer passages, and keep to the server's context from now on if it is known."""
        size = estimate_prompt(asked.prompt.messages)
        room = (asked.context or 0) - _ANSWER_TOKENS
        budget = int(min(room if room >= _SMALLEST_BUDGET else size, size * _SHARE))
        prompt = build_answer_prompt(reading, self._style, budget)
        while prompt.passages >= asked.prompt.passages:
            budget = int(budget * _SHARE)
            prompt = build_answer_prompt(reading, self._style, budget)
        if asked.context is not None:
            self._budget = min(self._budget, max(budget, _SMALLEST_BUDGET))
            _log.warning(
                "The server of %s reads %s tokens: prompts hold at most %s from now on. A smaller PROMPT_TOKENS, or a "
                "larger context of the server, saves the second request.",
                self.model,
                asked.context,
                self._budget,
            )
        return prompt

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return the last question of a thread, rewritten, in one line. Raises `ModelError`."""
        messages = build_standalone_messages(question)
        with self._faults.handled(question):
            text, usage = await self._chat.complete(messages, self._limits.rewrite_seconds)
        return StandaloneQuestion(" ".join(text.split()), count_tokens(usage, messages, text))

    async def complete(self, question: Question, messages: Sequence[Message], **more: object) -> tuple[str, TokenUsage]:
        """Return a whole reply to messages about a question, and what it took. Raises `ModelError`.

        `more` are parameters of the request, which are left out where the server refuses them.
        """
        with self._faults.handled(question):
            text, usage = await self._chat.complete(messages, self._limits.answer_seconds, **more)
        return text, count_tokens(usage, messages, text)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._chat.aclose()


@dataclass(slots=True)
class _Asked:
    """A prompt that was sent, and what became of it. `context`: the tokens that the server reads, if that is known."""

    prompt: AnswerPrompt
    answered: bool = False
    is_too_long: bool = False
    context: int | None = None
    usage: Usage | None = None
    written: str = ""

    async def pieces_of(self, stream: AsyncGenerator[ChatPiece, None]) -> AsyncGenerator[DraftPiece, None]:
        """Yield the draft within an answer, behind the number of passages that it may cite."""
        async for piece in stream:
            if isinstance(piece, Usage):
                self.notice_usage(piece)
                continue
            if not self.answered:
                self.answered = True
                yield build_prompt_sent(self.prompt.passages, self.prompt.messages)
            self.written += piece if isinstance(piece, str) else ""
            yield piece
        yield count_tokens(self.usage, self.prompt.messages, self.written)

    def notice_usage(self, usage: Usage) -> None:
        """Notice what a server counted: of a prompt that was cut it counts what was left."""
        self.usage = usage
        if self.prompt.passages > 1 and was_cut(self.prompt.messages, usage.prompt):
            self.is_too_long, self.context = True, usage.prompt


def was_cut(messages: Sequence[Message], counted: int) -> bool:
    """Return whether a server counted fewer tokens than these messages can have.

    Either fewer than any tokenizer makes of them, or clearly fewer than we estimate and just what a context holds, as
    Ollama counts: 4,096.
    """
    if counted < _LEAST_CUT:
        return False  # some servers count what they had not read before
    ascii_letters = sum(letter.isascii() for message in messages for letter in message["content"])
    other_bytes = sum(len(message["content"].encode("utf-8", "replace")) for message in messages) - ascii_letters
    if counted < ascii_letters / _MOST_ASCII + other_bytes / _MOST_BYTES:
        return True
    return (counted + 1) % _ROUND <= 1 and counted < 0.85 * estimate_prompt(messages)


def build_prompt_sent(passages: int, messages: Sequence[Message]) -> PromptSent:
    """Return the news that these messages were sent, with so many passages in them."""
    written = tuple((str(message["role"]), message["content"]) for message in messages)
    return PromptSent(passages, estimate_prompt(messages), written)


class Faults:
    """What happens with the faults of one chat model: put in our words, logged, counted by a breaker."""

    def __init__(self, server: ModelServer, role: Role) -> None:
        self._role = role
        self._server = server
        self._breaker = Breaker()
        self._log = FaultLog()

    @contextmanager
    def handled(self, question: Question) -> Iterator[None]:
        """Raise `ModelError` in place of what calls in the block raise, or at once during a pause."""
        self._breaker.check()
        try:
            with translate_errors(self._role):
                yield
        except ModelError as error:
            self._handle(error, question)
            raise
        self._breaker.record_success()

    def _handle(self, error: ModelError, question: Question) -> None:
        sent = [question.text, *(text for turn in question.turns for text in (turn.question, turn.answer))]
        error.details = clean_words(error.details, self._server.secrets, sent)
        cause = error.__cause__
        wait = wait_asked_for(cause) if isinstance(cause, openai.APIError) else None
        if isinstance(cause, openai.APIError) and is_lasting(cause):
            self._breaker.record_lasting(error)
        elif wait is not None:
            self._breaker.record_wait(error, wait)
        self._log.report(error)
