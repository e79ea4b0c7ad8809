"""Is this message for the bot? One rule for all platforms, from the order of turns in a thread.

    Utterance* (who spoke, when, of which kind) ──read_thread──> ThreadState
    text ──read_form──> MessageForm
    MessageForm, Addressing, ThreadState ──decide──> Decision: ALWAYS, IF_CITED, NO; and the kind to remember

Whom it is for comes from the order of turns and from addressing, whether it asks from its form (`bot.forms`), and what
is not found is left unsaid (IF_CITED). In order:

    it orders quiet, or ends it              remembered, and confirmed to that person alone
    mention, direct, by name, and it asks    ALWAYS: also a refusal is said
    it names or calls another person         NO: it is theirs
    quiet; a guest; not one of the askers    NO
    a person has taken the thread over,
    or spoke right before                    NO
    it asks, corrects itself or fails        IF_CITED
    all else                                 NO

A person takes a thread over who asks something there, shows code or an address, is asked something, or is called;
until the bot is addressed again. Emoji, a +1, a notice, laughter of a bystander, thanks after an answer and commands
for other bots are no turns. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto

from bot.forms.asking import (
    asks_something,
    corrects_itself,
    goes_on,
    is_bare,
    mentions_failure,
    names_subject,
    reports_failure,
)
from bot.forms.closing import closes_subject
from bot.forms.noise import is_command, is_noise, laughs
from bot.forms.people import asks_around, calls_by_name, says_you, speaks_to_all, wishes_for_a_person
from bot.forms.prose import shows_something
from bot.forms.quiet import asks_for_quiet, calls_a_person, ends_quiet
from bot.phrases import is_wordless
from core.inbox.conversation import Utterance, UtteranceKind

LONGEST_READ = 1_000
"""Characters from either end of a message by which its form is read."""


class Trigger(Enum):
    """How a message reached the bot, and so why it may be a question."""

    ADDRESSED = auto()
    """It mentions the bot, replies to its message, or is written to it alone."""
    FOLLOW_UP = auto()
    """It stands in a thread."""
    OVERHEARD = auto()
    """It stands in a channel: a question where that channel is answered without a mention."""
    POST = auto()
    """It begins a post in a forum, where the same holds."""
    CHOSEN = auto()
    """Somebody asks for an answer by a command, or by choosing the message."""


class Answering(Enum):
    """Whether a message is answered."""

    NO = auto()
    IF_CITED = auto()
    """With a cited answer, or not at all."""
    ALWAYS = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message, and as what it is remembered."""

    answering: Answering
    kind: UtteranceKind


@dataclass(frozen=True, slots=True)
class Addressing:
    """Who says something to whom. `direct`: to the bot alone; `by_name`: it calls the bot by its name in plain words.

    `to_people`: it mentions other people, or replies to one.
    """

    why: Trigger
    author: str
    direct: bool = False
    by_name: bool = False
    to_people: bool = False


@dataclass(frozen=True, slots=True)
class MessageForm:
    """What a message is by its form."""

    asks: bool
    bare: bool
    """It asks in a word or two: about what was said before."""
    implies: bool
    """It corrects an earlier question, goes on with another case, or reports that something still fails."""
    subject: bool
    """It names a subject, as people write to a search."""
    fails: bool
    """It speaks of something that fails."""
    noise: bool
    laughs: bool
    closes: bool
    """It has words, and they close a subject: thanks, a farewell, what its author tries."""
    quiet: bool
    ends_quiet: bool
    calls: bool
    """It calls a person."""
    to_all: bool
    """It speaks to all who are there."""
    around: bool
    """It asks all who are there for what a documentation may know."""
    wishes: bool
    """It wishes for a person in plain words."""
    command: bool
    you: bool
    shows: bool
    """It has words, and shows an address or code with them."""


@dataclass(frozen=True, slots=True)
class ThreadState:
    """What is known of a thread before a message. `guest`: people began it, and called the bot in later."""

    engaged: bool = False
    guest: bool = False
    askers: frozenset[str] = frozenset()
    taken: bool = False
    quiet: bool = False
    talked: bool = False
    """People have talked with each other there."""
    last: str = ""
    """Who spoke last; empty: the bot."""


def read_form(text: str) -> MessageForm:
    """Return what a message is by its form; of a long one its begin and its end count."""
    text = text if len(text) <= 2 * LONGEST_READ else f"{text[:LONGEST_READ]}\n{text[-LONGEST_READ:]}"
    asks = asks_something(text)
    return MessageForm(
        asks=asks,
        bare=is_bare(text),
        implies=corrects_itself(text) or reports_failure(text) or goes_on(text),
        subject=names_subject(text),
        fails=mentions_failure(text),
        noise=is_noise(text),
        laughs=laughs(text),
        closes=not asks and closes_subject(text),
        quiet=asks_for_quiet(text),
        ends_quiet=ends_quiet(text),
        calls=calls_a_person(text) or wishes_for_a_person(text) or calls_by_name(text),
        to_all=speaks_to_all(text),
        around=asks_around(text),
        wishes=wishes_for_a_person(text),
        command=is_command(text),
        you=says_you(text),
        shows=shows_something(text),
    )


def takes_question_back(text: str, *, addressed: bool) -> bool:
    """Return whether a question that its author edited to this text asks nothing any more: `"solved, thanks"`.

    `addressed`: it still mentions the bot, or stands in a conversation with it alone; such words ask unless they close.
    """
    form = read_form(text)
    if form.asks or form.implies or (not addressed and (form.fails or form.subject)):
        return False
    says_nothing = bool(text) and is_wordless(text)
    return not addressed or form.closes or form.quiet or form.ends_quiet or says_nothing


def read_thread(utterances: Iterable[Utterance], roots: Collection[str] = ()) -> ThreadState:
    """Return the state of a thread after these utterances, oldest first.

    `roots`: the place keys that its first message may have; none where it has no first message.
    """
    state = ThreadState()
    for each in utterances:
        if not state.engaged and each.kind is UtteranceKind.QUESTION:
            state = replace(state, engaged=True, guest=bool(roots) and each.place_key not in roots)
        state = _heard(state, each)
    return state


def _heard(state: ThreadState, each: Utterance) -> ThreadState:
    match each.kind:
        case UtteranceKind.QUESTION | UtteranceKind.CALL:
            askers = state.askers | each.authors if each.kind is UtteranceKind.QUESTION else state.askers
            return replace(state, askers=askers, taken=False, quiet=False, last="")
        case UtteranceKind.MUTE:
            return replace(state, quiet=True)
        case UtteranceKind.UNMUTE:  # words to the bot, as a mention is
            return replace(state, quiet=False, taken=False, last="")
        case UtteranceKind.HAND_OVER:
            return replace(state, taken=True)
        case UtteranceKind.NOISE:
            return state
        case UtteranceKind.ASKS | UtteranceKind.REMARK:
            other = each.authors.isdisjoint(state.askers)
            asks = each.kind is UtteranceKind.ASKS
            return replace(state, taken=state.taken or asks, talked=state.talked or other, last=min(each.authors))
    raise AssertionError(each.kind)


def decide(form: MessageForm, addressing: Addressing, state: ThreadState) -> Decision:
    """Return what becomes of a message."""
    no = Answering.NO
    if form.quiet or form.ends_quiet:
        return Decision(no, UtteranceKind.MUTE if form.quiet else UtteranceKind.UNMUTE)
    if addressing.why is Trigger.ADDRESSED or addressing.by_name:
        return _decide_addressed(form, addressing, state)
    kind = _kind_of(form, addressing, state)
    is_thread = addressing.why is Trigger.FOLLOW_UP
    calls = form.calls and (is_thread or not form.around)
    if addressing.to_people or form.command or calls or form.noise:
        return Decision(no, kind)
    if not is_thread:
        return Decision(Answering.IF_CITED if _opens_question(form, addressing) and not state.quiet else no, kind)
    if _is_for_people(form, addressing.author, state) or not (form.asks or form.implies):
        return Decision(no, kind)
    return Decision(Answering.IF_CITED, kind)


def _decide_addressed(form: MessageForm, addressing: Addressing, state: ThreadState) -> Decision:
    if form.wishes:
        return Decision(Answering.NO, UtteranceKind.HAND_OVER)
    asks = form.asks or form.implies
    if addressing.direct and state.engaged and not addressing.by_name:
        asks = asks or (form.subject and not form.closes)
    elif not addressing.by_name:
        asks = asks or not form.closes
    return Decision(Answering.ALWAYS if asks else Answering.NO, UtteranceKind.CALL)


def _opens_question(form: MessageForm, addressing: Addressing) -> bool:
    """Return whether a message that stands in no thread asks something that the bot may know."""
    if addressing.why is Trigger.OVERHEARD:
        return form.around or (form.asks and not form.bare and not form.to_all)
    return form.asks or form.implies or form.fails


def _kind_of(form: MessageForm, addressing: Addressing, state: ThreadState) -> UtteranceKind:
    if form.noise or (form.laughs and addressing.author not in state.askers) or (form.closes and not state.last):
        return UtteranceKind.NOISE
    if form.calls:
        return UtteranceKind.HAND_OVER
    helps = form.shows and addressing.author not in state.askers
    return UtteranceKind.ASKS if form.asks or addressing.to_people or helps else UtteranceKind.REMARK


def _is_for_people(form: MessageForm, author: str, state: ThreadState) -> bool:
    """Return whether a message in a thread is for people there, by the order of turns."""
    if state.quiet or state.guest or author not in state.askers or state.taken:
        return True
    return state.last not in ("", author) or (state.talked and form.you)
