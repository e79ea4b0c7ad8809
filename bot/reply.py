"""One question, one visible reply, whatever happens: from a claimed row to the messages in a chat.

    Work ─> deleted? ──────────> its messages are removed
         ─> refused? ──────────> one message to the asker, for all refusals
         ─> answered already? ──┐
         ─> engine (shown as it grows, where the platform is calm) ─> saved ─> sent ─> done

    what breaks                    what happens
    this process is killed         its lease runs out; another process goes on from the row
    ... between sending and        the row says `sending`: the message is looked for, by the number it carries, or as
    recording the id               the half message of the one answer in flight in its thread
    ... is frozen instead          it shows no more of an answer until it knows that it still owns the question
    Postgres is away               nothing is sent: the sending cannot be recorded before
    no answer in ten minutes, or
    in twenty tries that failed    an apology

Knows no platform: that is a `bot.face.Face`. `bot.dispatch` decides who claims questions, for how long, and what
becomes of one whose work ends early; the engine decides what may be in an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace

from bot.face import Face, Live, MessagePart, TryLater, Undeliverable
from bot.files import read_files
from bot.markup.blocks import known_in
from bot.phrases import describe_limits
from bot.questions import build_question, build_sentence_reply, build_without_people, is_empty, to_used_passages
from bot.samples import Sampler
from bot.speech import Speech
from bot.work import Work, clock
from core.answer.engine import Engine
from core.domain import Abstention, Answer, Citation, Delta, Evidence, Hit, Question
from core.errors import ConfigurationError, FootnoteError, QuestionRefused, StoreError
from core.inbox.channels import Channels
from core.inbox.conversation import ThreadKey
from core.inbox.port import Inbox, IntakeLimits, LeaseLost, QuestionState, Refusal, Reply, StoredQuestion, Visibility
from core.index.port import Catalog
from core.sentences import ENGLISH, Sentences, sentences_in
from core.tasks import Stopped, run_in_background, run_until

SETTLE_SECONDS = 2.0
"""Seconds that an accepted message may take to become visible (measured)."""

OLD_SECONDS = 600.0
"""Seconds after which a waiting question gets an apology: a Discord interaction is dead at 900 s."""

MAX_TRIES = 20
"""Claims that may end in a bug of ours or with their process. Waiting for a platform or Postgres does not count."""

_log = logging.getLogger(__name__)
STOPPED, BUSY = ENGLISH.stopped, ENGLISH.busy


@dataclass(slots=True)
class _Made:
    """What there is of an answer so far."""

    shown: list[str] = field(default_factory=list)
    unseen: str = ""
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    live: Live | None = None
    answer: Answer | None = None

    def reply(self, answer: Answer) -> Reply:
        """Return an answer as a reply, with what is kept of the evidence."""
        return Reply(answer, to_used_passages(self.hits), tuple(sorted(known_in(answer.text, self.hits))))


@dataclass(frozen=True, slots=True)
class Replier:
    """Brings claimed questions to their end; writes as `owner`.

    `whom`: whom people may ask instead, and `language`: of fixed sentences, where a channel names none.
    """

    owner: str
    inbox: Inbox
    engine: Engine
    channels: Channels
    face: Face
    limits: IntakeLimits = field(default_factory=IntakeLimits)
    catalog: Catalog | None = None
    whom: str = ""
    language: str = ""
    sampler: Sampler | None = None

    @property
    def speech(self) -> Speech:
        """Which language is spoken where."""
        return Speech(self.channels, self.language)

    async def settle(self, work: Work) -> None:
        """Do what a question still needs. Raises `LeaseLost`, `StoreError`, `TryLater`, `Undeliverable`."""
        asked = work.asked
        if asked.sending is not None:
            work.asked = asked = await self._reconciled(asked)
        if asked.state is QuestionState.WITHDRAWING:
            return await self._withdraw(asked)
        if asked.refusal is Refusal.LIMIT:
            return await self._report_limit(work)
        live = None
        if asked.state is QuestionState.QUEUED:
            reply, live = await self._made(work)
            if is_unasked(asked) and not (is_cited(reply) or work.stopped.is_set()):
                return await self._leave_unsaid(work)
            reply = await self._name_whom_to_ask(work.asked, reply)
            reply = replace(reply, unread=work.files.unread, language=await self._language(work.asked))
            work.asked = asked = await self.inbox.save(self.owner, work.asked, reply, work.shown_for)
            if asked.refusal is Refusal.NONE:
                work.answered()
        assert asked.reply is not None, "an answered question has its reply"
        return await self._deliver(work, self.face.pieces(asked, asked.reply), live)

    async def _sentences(self, asked: StoredQuestion) -> Sentences:
        return sentences_in(await self._language(asked))

    async def _language(self, asked: StoredQuestion) -> str:
        return await self.speech.language_of(asked)

    async def _name_whom_to_ask(self, asked: StoredQuestion, reply: Reply) -> Reply:
        """Return a refusal with whom to ask instead, where somebody is named, and once in a thread."""
        if is_cited(reply) or not reply.answer.model or asked.visibility not in (Visibility.THREAD, Visibility.DIRECT):
            return reply
        whom = (await self.channels.get(asked.platform, asked.tenant, asked.channel)).ask or self.whom
        key = ThreadKey(asked.platform, asked.tenant, asked.channel, asked.thread)
        at = asked.details.at or asked.asked_at.timestamp()
        claims = self.inbox.conversation.claim_hand_over
        return replace(reply, whom=whom) if whom and await claims(key, asked.asker, at) else reply

    async def _report_limit(self, work: Work) -> None:
        """Send the refusal: at least once as an ephemeral message, exactly once as a message that stays."""
        if not work.asked.parts:
            if work.asked.visibility is Visibility.DIRECT:
                await self._announce(work)
            await self.face.refuse(work.asked, describe_limits(self.limits, await self._sentences(work.asked)))
        await self.inbox.finish_refused(self.owner, work.asked)

    async def _withdraw(self, asked: StoredQuestion) -> None:
        for ref in asked.parts:
            await self.face.remove(asked, ref)
        await self.inbox.finish(self.owner, asked, (), QuestionState.WITHDRAWN)

    async def _leave_unsaid(self, work: Work) -> None:
        """End a question that nobody addressed to the bot without a word: the documentation does not answer it."""
        for ref in work.asked.parts:
            await self.face.remove(work.asked, ref)
        await self.inbox.finish(self.owner, work.asked, (), QuestionState.SILENT)
        work.asked = replace(work.asked, state=QuestionState.SILENT)
        work.answered()

    async def _reconciled(self, asked: StoredQuestion) -> StoredQuestion:
        """Find messages that were sent before their ids were recorded; return the question with all its messages."""
        await asyncio.sleep(max(0.0, SETTLE_SECONDS))
        seen = await self.face.find(asked)
        parts = list(asked.parts)
        ours = {each.number: each.ref for each in seen if each.question == asked.id}
        while (ref := ours.get(len(parts))) is not None:
            parts.append(ref)
        if not parts:
            nameless = [each.ref for each in seen if each.question is None]
            parts = (await self.inbox.unknown(asked, nameless))[:1]
        return await self.inbox.sent(self.owner, asked, parts)

    async def _made(self, work: Work) -> tuple[Reply, Live | None]:
        """Return the reply, from the engine unless that makes no sense, and the message that it was shown in."""
        asked = work.asked
        if asked.refusal is Refusal.BUSY:
            return build_sentence_reply((await self._sentences(asked)).busy), None
        if asked.age_seconds > OLD_SECONDS or asked.tries > MAX_TRIES:
            return build_sentence_reply((await self._sentences(asked)).apology), None
        made = _Made()
        try:
            await run_until(work.stopped, self._ask(work, made))
        except Stopped:
            text = "\n\n".join(filter(None, ("".join(made.shown).strip(), (await self._sentences(asked)).stopped)))
            shown = tuple(each for each in made.citations if f"[{each.number}]" in text)
            return made.reply(Answer(text, shown)), made.live
        except (StoreError, ConfigurationError, TryLater, Undeliverable):
            raise
        except FootnoteError as error:
            return build_sentence_reply(await self._explain(asked, error)), made.live
        assert made.answer is not None, "the engine ends with an Answer"
        if made.answer.abstention is Abstention.NO_CONTEXT and await is_empty(self.catalog, asked):
            return build_sentence_reply((await self._sentences(asked)).nothing_indexed), made.live
        return made.reply(made.answer), made.live

    async def _explain(self, asked: StoredQuestion, error: FootnoteError) -> str:
        """Return what members read of an error: why a question is refused; else an apology, and operators read why."""
        if isinstance(error, QuestionRefused):
            return str(error)
        _log.warning("Question %d ends in an apology: %s", asked.id, error)
        return (await self._sentences(asked)).apology

    async def _ask(self, work: Work, made: _Made) -> None:
        """Let the engine answer, and show the answer as it comes."""
        work.files = await read_files(work.asked.details.files, self.face.read_file)
        question = await build_question(
            work.asked,
            self.inbox,
            self.channels,
            self.face,
            self.catalog,
            language=self.language,
            files=work.files.texts,
            sampler=self.sampler,
        )
        async with AsyncExitStack() as stack:
            if not is_unasked(work.asked):
                await stack.enter_async_context(run_in_background(self.face.searching(work.asked)))
            await self._follow(work, made, question)
            await self._try_without_people(work, made, question)

    async def _try_without_people(self, work: Work, made: _Made, question: Question) -> None:
        """Ask once more without what people said since, where that led nowhere and no model weighs it."""
        first, hits = made.answer, made.hits
        if self.engine.generative or first is None or first.abstention is None or made.shown:
            return
        alone = await build_without_people(work.asked, self.inbox, question)
        if alone is None:
            return
        await self._follow(work, made, alone)
        if made.answer is None or made.answer.abstention is not None:
            made.answer, made.hits = first, hits

    async def _follow(self, work: Work, made: _Made, question: Question) -> None:
        """Let the engine answer a question, and show the answer as it comes."""
        is_eager, evidence = not is_unasked(work.asked), Evidence(())
        async with aclosing(self.engine.ask(question)) as events:
            async for event in events:
                match event:
                    case Evidence():
                        made.hits, evidence = event.hits, event
                        if is_eager and made.live is None:
                            made.live = await self._begin(work, event)
                    case Delta(text, citations):
                        made.citations = citations or made.citations
                        if not is_eager and not made.shown:
                            made.live = await self._begin(work, evidence)
                        made.shown.append(text)
                        made.unseen += text
                        if not await self._is_wanted(work, made):
                            raise Stopped
                    case Answer():
                        made.answer = event

    async def _is_wanted(self, work: Work, made: _Made) -> bool:
        """Show what is not shown yet, while the question is ours. Return False if its reader wants no more."""
        if made.live is None or not work.is_held:
            return True
        text, made.unseen = made.unseen, ""
        is_wanted = await made.live.append(text)
        if work.shown_at is None and made.live.shows_words:
            work.shown_at = clock()
        return is_wanted

    async def _begin(self, work: Work, evidence: Evidence) -> Live | None:
        """Begin a message that grows, unless there is one. Its id is recorded before anything else is done."""
        if work.asked.parts:
            return None
        try:
            language = await self._language(work.asked)
            live = await self.face.begin(work.asked, evidence, lambda: self._announce(work), language)
        except TryLater as later:
            work.asked = await (
                self.inbox.sent(self.owner, work.asked, ()) if later.certain else self._reconciled(work.asked)
            )
            return None
        if live is not None:
            work.asked = await self.inbox.sent(self.owner, work.asked, (live.ref,))
        return live

    async def _announce(self, work: Work) -> None:
        """Record that a message is about to be sent."""
        work.asked = await self.inbox.sending(self.owner, work.asked)

    async def _deliver(self, work: Work, pieces: Sequence[MessagePart], live: Live | None) -> None:
        """Make the messages in the chat match the pieces of the reply: rewrite, post or remove them."""
        parts = list(work.asked.parts)
        for piece in pieces:
            if piece.number < len(parts):
                if await self._is_written(work.asked, parts[piece.number], piece, live):
                    continue
                if await self._is_deleted(work.asked, parts[piece.number]):
                    await self._leave_deleted(work.asked, parts)
                    return
            for later in parts[piece.number :]:  # they would stand above the new one
                await self.face.remove(work.asked, later)
            parts[piece.number :] = [await self._post(work, piece)]
            if piece is not pieces[-1]:
                work.asked = await self.inbox.sent(self.owner, work.asked, parts)
        for extra in parts[len(pieces) :]:
            await self.face.remove(work.asked, extra)
        await self._finish(work.asked, parts[: len(pieces)])

    async def _is_deleted(self, asked: StoredQuestion, ref: str) -> bool:
        """Return whether somebody deleted a message of the reply. Then it stays deleted, until the question is edited.

        A message that is there and cannot be rewritten is posted once more.
        """
        if asked.revision:
            return False
        return ref not in {each.ref for each in await self.face.find(asked)}

    async def _leave_deleted(self, asked: StoredQuestion, parts: Sequence[str]) -> None:
        """End a question whose reply somebody deleted, without what is left of it."""
        for ref in parts:
            await self.face.remove(asked, ref)
        await self._finish(asked, parts)

    async def _post(self, work: Work, piece: MessagePart) -> str:
        """Post a piece and return the id of its message. One that was surely not sent is not looked for later."""
        await self.face.turn(work.asked)
        await self._announce(work)
        try:
            return await self.face.post(work.asked, piece)
        except TryLater as later:
            if later.certain:
                work.asked = await self.inbox.sent(self.owner, work.asked, work.asked.parts)
            raise

    async def _is_written(self, asked: StoredQuestion, ref: str, piece: MessagePart, live: Live | None) -> bool:
        if live is not None and live.ref == ref and await live.close(piece):
            return True
        return await self.face.rewrite(asked, ref, piece)

    async def _finish(self, asked: StoredQuestion, parts: Sequence[str]) -> None:
        try:
            await self.inbox.finish(self.owner, asked, parts, QuestionState.DONE)
        except LeaseLost:
            await self.inbox.sent(self.owner, asked, parts)  # edited just now: the next owner must know them


def is_unasked(asked: StoredQuestion) -> bool:
    """Return whether nobody addressed a question to the bot: no sign of life is given before there is an answer."""
    return asked.details.if_cited


def is_cited(reply: Reply) -> bool:
    """Return whether a reply is an answer that cites the documentation."""
    return reply.answer.abstention is None and bool(reply.answer.citations)
