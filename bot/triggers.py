"""Decides whether a message is a question to the bot, by what is remembered of its thread; and remembers the rest.

    message ──bot.attention──> a question: as it is to be stored
                          └──> left alone: remembered without its text; an order of quiet is reported

Other modules read a platform's message, and store questions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from bot.attention import Addressing, Answering, Decision, ThreadState, Trigger, decide, read_form, read_thread
from bot.forms.people import remove_name
from bot.phrases import is_about_us, is_wordless
from bot.speech import Speech
from core.domain import Answer
from core.inbox.channels import Channels
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.port import Inbox, NewQuestion, Reply, StoredQuestion, Visibility
from core.sentences import sentences_in

_OPEN = ThreadState(engaged=True)
"""A channel as a whole: nobody asks there before others."""

ORDERS = frozenset({UtteranceKind.MUTE, UtteranceKind.UNMUTE, UtteranceKind.HAND_OVER})


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What becomes of a message: the question to be stored, or an order that was followed; mostly neither."""

    question: NewQuestion | None = None
    order: UtteranceKind | None = None


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """Decides by the turns of a thread, which the inbox knows, and by a channel's settings. Raises `StoreError`.

    `names`: what people call the bot in plain words. `whom`: whom people may ask instead, and `language`: of fixed
    sentences, where a channel names none.
    """

    inbox: Inbox
    channels: Channels
    names: Collection[str] = field(default=("footnote",))
    whom: str = ""
    language: str = ""

    async def judge(self, incoming: NewQuestion, why: Trigger, *, to_people: bool = False) -> Acceptance:
        """Return the question that a message asks, if any. What is left alone in the bot's threads is remembered."""
        if why is Trigger.CHOSEN or incoming.visibility is Visibility.PRIVATE:
            return Acceptance(incoming)
        called = remove_name(incoming.text, self.names)
        named = remove_name(incoming.text, self.names, generic=False) is not None
        addressing = Addressing(why, incoming.asker, incoming.visibility is Visibility.DIRECT, named, to_people)
        state = await self._state(incoming, addressing)
        if state is None:
            return Acceptance()
        if called is not None:  # "bot" is the name of this one in its own threads alone: there are others
            addressing = replace(addressing, by_name=named or why is Trigger.FOLLOW_UP)
            incoming = replace(incoming, text=called or incoming.text)
        form = read_form(incoming.text)
        if (why is Trigger.ADDRESSED or addressing.by_name) and _is_answered_anyway(incoming):
            form = replace(form, asks=True)
        decision = decide(form, addressing, state)
        if form.wishes and decision.kind is UtteranceKind.HAND_OVER:
            return await self._hand_over(incoming, addressing, decision)
        if decision.answering is Answering.ALWAYS:
            await self._wake_channel(incoming, addressing, state)
            return Acceptance(incoming)
        if decision.answering is Answering.IF_CITED and not await self._is_left_alone(incoming):
            return Acceptance(replace(incoming, details=replace(incoming.details, if_cited=True)))
        return await self._leave_alone(incoming, addressing, decision)

    async def _state(self, incoming: NewQuestion, addressing: Addressing) -> ThreadState | None:
        """Return the state of the thread, or of the channel; None where nobody listens."""
        key, at = _thread_of(incoming, addressing), _moment(incoming)
        if addressing.why in (Trigger.OVERHEARD, Trigger.POST):
            settings = await self.channels.get(incoming.platform, incoming.tenant, incoming.channel)
            if not (settings.unmentioned or addressing.by_name):
                return None
            heard = await self.inbox.conversation.heard(key, at)
            return replace(_OPEN, quiet=read_thread(heard).quiet)
        heard = await self.inbox.conversation.heard(key, at, all_threads=addressing.direct)
        state = read_thread(heard, () if addressing.direct else key.roots)
        is_ours = state.engaged or addressing.why is Trigger.ADDRESSED or addressing.by_name
        return state if is_ours else None

    async def _is_left_alone(self, incoming: NewQuestion) -> bool:
        """Return whether it was left alone before: by another process, or before it was edited."""
        return await self.inbox.conversation.is_left_alone(incoming.platform, incoming.tenant, incoming.place_key)

    async def _leave_alone(self, incoming: NewQuestion, addressing: Addressing, decision: Decision) -> Acceptance:
        utterance = Utterance(incoming.place_key, frozenset({incoming.asker}), _moment(incoming), decision.kind)
        is_new = await self.inbox.conversation.remember(_thread_of(incoming, addressing), utterance)
        return Acceptance(order=decision.kind if is_new and decision.kind in ORDERS else None)

    async def _hand_over(self, incoming: NewQuestion, addressing: Addressing, decision: Decision) -> Acceptance:
        """Return the reply that names whom to ask, once in a thread; where nobody is named, only who asked is told."""
        settings = await self.channels.get(incoming.platform, incoming.tenant, incoming.channel)
        whom, key = settings.ask or self.whom, _thread_of(incoming, addressing)
        is_addressed = addressing.why is Trigger.ADDRESSED or addressing.by_name
        if not whom:
            if not is_addressed:
                return await self._leave_alone(incoming, addressing, decision)
            language = await self._language(incoming)
            sentence = sentences_in(language).hand_over_nobody
            return Acceptance(replace(incoming, reply=Reply(Answer(sentence), language=language)))
        thread = replace(key, thread=incoming.thread)
        if not await self.inbox.conversation.claim_hand_over(thread, incoming.asker, _moment(incoming)):
            return await self._leave_alone(incoming, addressing, decision)
        reply = Reply(Answer(""), whom=whom, language=await self._language(incoming))
        return Acceptance(replace(incoming, reply=reply))

    async def _language(self, asked: NewQuestion | StoredQuestion) -> str:
        return await Speech(self.channels, self.language).language_of(asked)

    async def hand_over_after(self, asked: StoredQuestion, person: str, at: float) -> NewQuestion | None:
        """Return what names whom to ask below an answer that somebody found bad: once in a thread, and where it shows.

        `at`: when they said so, in seconds.
        """
        settings = await self.channels.get(asked.platform, asked.tenant, asked.channel)
        whom, key = settings.ask or self.whom, ThreadKey(asked.platform, asked.tenant, asked.channel, asked.thread)
        if not whom or asked.visibility not in (Visibility.THREAD, Visibility.DIRECT):
            return None
        if not await self.inbox.conversation.claim_hand_over(key, person, at):
            return None
        return NewQuestion(
            platform=asked.platform,
            tenant=asked.tenant,
            event_key=f"bad:{asked.id}",
            place_key=f"bad:{asked.id}",
            channel=asked.channel,
            thread=asked.thread,
            asker=person,
            visibility=asked.visibility,
            text="",
            details=asked.details.keep_place(at),
            reply=Reply(Answer(""), whom=whom, language=await self._language(asked)),
        )

    async def _wake_channel(self, incoming: NewQuestion, addressing: Addressing, state: ThreadState) -> None:
        """End the quiet of a channel as a whole, where somebody addresses the bot outside of its threads.

        `state`: that of where the message stands, mostly the channel itself, which is not read a second time then.
        """
        if addressing.direct or incoming.details.in_thread:
            return
        key = ThreadKey(incoming.platform, incoming.tenant, incoming.channel, "")
        at = _moment(incoming)
        is_read = key == _thread_of(incoming, addressing)
        if (state if is_read else read_thread(await self.inbox.conversation.heard(key, at))).quiet:
            place = f"{incoming.place_key}:wakes"
            await self.inbox.conversation.remember(
                key, Utterance(place, frozenset({incoming.asker}), at, UtteranceKind.UNMUTE)
            )


def _is_answered_anyway(incoming: NewQuestion) -> bool:
    """Return whether a message asks without asking: for what its files say, or whether the bot is there."""
    return is_about_us(incoming.text) or bool(incoming.details.files and is_wordless(incoming.text))


def _thread_of(incoming: NewQuestion, addressing: Addressing) -> ThreadKey:
    """Return where a message is said: its thread; the channel itself, if it stands outside of threads."""
    outside = addressing.why is Trigger.OVERHEARD or not (incoming.details.in_thread or addressing.direct)
    thread = "" if outside and addressing.why is not Trigger.POST else incoming.thread
    return ThreadKey(incoming.platform, incoming.tenant, incoming.channel, thread)


def _moment(incoming: NewQuestion) -> float:
    """Return when a message was written, by the platform's clock."""
    return incoming.details.at
