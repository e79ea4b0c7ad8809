"""Turns a row of the inbox into a question for the engine, and the engine's hits into what is kept of them.

StoredQuestion + its thread's turns + its channel's settings ──> Question
Hit* ──> UsedPassage*        for "Why this answer?"
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.face import Face
from bot.phrases import is_greeting, is_wordless
from bot.samples import Sampler, build_scope
from bot.shortening import shorten_middle
from bot.speech import choose_language
from core.domain import Answer, Asker, Hit, Question, Source, Turn
from core.errors import QuestionRefused
from core.inbox.channels import Channels, build_audience, may_see
from core.inbox.conversation import ThreadKey, UtteranceKind
from core.inbox.port import Inbox, Platform, Reply, StoredQuestion, UsedPassage, Visibility
from core.index.port import Catalog
from core.sentences import ENGLISH, Sentences, sentences_in

TURNS = 5
"""Earlier questions of a thread that a follow-up may refer to."""

NOTHING, NOT_THERE = ENGLISH.nothing_indexed, ENGLISH.sources_gone
MOST_NAMES = 10
MESSAGE_CHARACTERS, CONTEXT_CHARACTERS = 600, 2_000
"""Most characters of one message that people wrote in the thread, and of all those messages together."""


async def build_question(  # noqa: PLR0913 - what is asked, where it is stored and shown, and what came with it
    asked: StoredQuestion,
    inbox: Inbox,
    channels: Channels,
    face: Face,
    catalog: Catalog | None = None,
    *,
    language: str = "",
    files: Sequence[str] = (),
    sampler: Sampler | None = None,
) -> Question:
    """Return the question for the engine. Raises `QuestionRefused` and `StoreError`.

    `language`: of fixed sentences, where the channel names none (`bot.speech`). `files`: the texts of the files of its
    message.

    A mention without words asks what its files say; without files, and below messages of others, it asks about the
    last of those. A greeting is refused with a sentence about what can be asked there. What is too long loses its
    middle.
    """
    settings = await channels.get(asked.platform, asked.tenant, asked.channel)
    spoken = choose_language(settings.language, language, asked.text)
    turns, messages = await _thread(asked, inbox, face)
    if turns and sampler is not None and await sampler.is_offered(asked.text):
        turns, messages = (), ()
    text, messages = asked.text, [shorten_middle(each.strip(), MESSAGE_CHARACTERS) for each in messages]
    if is_wordless(text) and files:
        text, files = "\n\n".join(files), ()
    elif is_wordless(text):
        text, messages = (messages[-1], messages[:-1]) if messages else ("", messages)
    text = shorten_middle(text.strip(), face.question_characters)
    turns = _join(turns, [*messages, *files])
    sources = asked.details.sources or settings.sources
    audience = audience_of(asked)
    if is_greeting(text) or not any(each.isalnum() for each in text):
        place = HelpPlace(asked.platform, asked.tenant, audience, sources, settings.language)
        raise QuestionRefused(await build_help(place, catalog, sampler, sentences_in(spoken)))
    if catalog is not None and sources == settings.sources:
        sources = await _seen_of(sources, catalog, audience, sentences_in(spoken))
    return Question(
        text,
        turns=turns,
        sources=sources,
        audience=audience,
        tone=settings.tone,
        language=spoken,
        asker=Asker(asked.platform, asked.tenant, asked.asker, asked.channel),
    )


async def _seen_of(
    names: tuple[str, ...], catalog: Catalog, audience: frozenset[str], sentences: Sentences
) -> tuple[str, ...]:
    """Return the sources of a channel that may be seen there. Raises `QuestionRefused` if none is left.

    An administrator chose the names: the person who asks did not, and learns no name that may not be seen.
    """
    seen = {each.name for each in await catalog.list() if may_see(each.visible_to, audience)} if names else set()
    if names and seen.isdisjoint(names):
        raise QuestionRefused(sentences.sources_gone)
    return tuple(name for name in names if name in seen)


@dataclass(frozen=True, slots=True)
class HelpPlace:
    """Where somebody asks what can be asked: who may read it, and how it is answered. `sources` empty: all seen.

    `audience` None: the operator, at a terminal.
    """

    platform: Platform
    tenant: str
    audience: frozenset[str] | None
    sources: Collection[str] = ()
    language: str = ""


async def find_place(
    channels: Channels, platform: Platform, tenant: str, channel: str, around: str = "", *, shared: bool = False
) -> HelpPlace:
    """Return a channel as a place to ask at. Raises `StoreError`.

    `around`: the channel that has the thread; `shared`: as in `build_audience`.
    """
    settings = await channels.get(platform, tenant, around or channel)
    audience = build_audience(platform, tenant, channel, around, shared=shared)
    return HelpPlace(platform, tenant, audience, settings.sources, settings.language)


async def build_help(place: HelpPlace, catalog: Catalog | None, sampler: Sampler | None, sentences: Sentences) -> str:
    """Return a text about what can be asked somewhere: the names of the sources, and questions that they answer."""
    if catalog is None:
        return sentences.help
    seen = await _read_from(catalog, place.audience)
    there = [each for each in seen if not place.sources or each.name in place.sources]
    if not there:
        return sentences.help if seen else sentences.nothing_indexed
    names = [each.name for each in there]
    named = ", ".join(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        named = sentences.answers_from_more.format(names=named, count=len(names) - MOST_NAMES)
    head = sentences.answers_from.format(names=named, help=sentences.help)
    offered = await sampler.offer(build_scope(place.platform, place.tenant, there, place.language)) if sampler else ()
    return "\n".join([head, *(["", sentences.for_example] if offered else []), *(f"- {each}" for each in offered)])


async def offer_samples(place: HelpPlace, catalog: Catalog, sampler: Sampler | None, seconds: float) -> tuple[str, ...]:
    """Return questions that are answered somewhere, waiting so long for the first time. Raises `StoreError`."""
    if sampler is None:
        return ()
    seen = await _read_from(catalog, place.audience)
    there = [each for each in seen if not place.sources or each.name in place.sources]
    return await sampler.offer(build_scope(place.platform, place.tenant, there, place.language), seconds)


async def is_empty(catalog: Catalog | None, asked: StoredQuestion) -> bool:
    """Return whether no source holds anything yet that could answer a question there. Raises `StoreError`."""
    return catalog is not None and not await _read_from(catalog, audience_of(asked))


async def _read_from(catalog: Catalog, audience: frozenset[str] | None) -> list[Source]:
    """Return the sources that may be seen there and hold passages."""
    return [each for each in await catalog.list() if each.passages and may_see(each.visible_to, audience)]


def audience_of(asked: StoredQuestion) -> frozenset[str]:
    """Return the places that a question was asked in: what they see may be in its answer."""
    thread = asked.details.around  # on Discord a thread is a channel, and `channel` is its parent
    return build_audience(asked.platform, asked.tenant, asked.channel, thread, shared=bool(asked.details.shared))


async def _thread(asked: StoredQuestion, inbox: Inbox, face: Face) -> tuple[tuple[Turn, ...], Sequence[str]]:
    """Return the turns of the thread; and what was written there since the last of them, as far as it matters.

    While its asker is alone with the bot, the questions say all; of what they write in between nothing is read.
    """
    if asked.visibility not in (Visibility.THREAD, Visibility.DIRECT):
        return (), ()
    turns, since = await inbox.turns(asked, TURNS), 0.0
    if turns and not is_wordless(asked.text):
        others, since = await _others_since(asked, inbox)
        if not others:
            return turns, ()
    messages = await face.context(asked)
    return turns, [each.text for each in messages if each.text.strip() and (each.at > since or not turns)]


async def build_without_people(asked: StoredQuestion, inbox: Inbox, question: Question) -> Question | None:
    """Return a question without what people said since the bot's last answer; None: it holds nothing of that, or only.

    Raises `StoreError`.
    """
    if not question.turns or asked.visibility not in (Visibility.THREAD, Visibility.DIRECT):
        return None
    turns = await inbox.turns(asked, TURNS)
    return replace(question, turns=turns) if turns and turns != question.turns else None


async def _others_since(asked: StoredQuestion, inbox: Inbox) -> tuple[bool, float]:
    """Return whether others than the asker spoke since the bot's last answer in a thread, and when that was asked."""
    key = ThreadKey(asked.platform, asked.tenant, asked.channel, asked.thread)
    at = asked.details.at or asked.asked_at.timestamp()
    heard = await inbox.conversation.heard(key, at)
    since = max((each.at for each in heard if each.kind is UtteranceKind.QUESTION), default=0.0)
    spoke = (UtteranceKind.REMARK, UtteranceKind.ASKS, UtteranceKind.HAND_OVER)
    return any(each.at > since and each.kind in spoke and asked.asker not in each.authors for each in heard), since


def _join(turns: tuple[Turn, ...], messages: Sequence[str]) -> tuple[Turn, ...]:
    """Return turns with what was written since the last: added to its question, so that a search finds both.

    The last of what was written counts, within `CONTEXT_CHARACTERS`.
    """
    kept: list[str] = []
    for each in reversed(messages):
        if sum(map(len, kept)) + len(each) > CONTEXT_CHARACTERS:
            break
        kept.insert(0, each)
    if not kept:
        return turns
    *before, last = turns or (Turn("", ""),)
    return (*before, Turn("\n".join(filter(None, [last.question, *kept])), last.answer))


def to_used_passages(hits: Sequence[Hit]) -> tuple[UsedPassage, ...]:
    """Return what is kept of the passages that an answer rests on."""
    return tuple(
        UsedPassage(
            hit.passage.link,
            hit.passage.path,
            hit.source,
            place,
            vector_rank=hit.vector_rank,
            lexical_rank=hit.lexical_rank,
            similarity=hit.similarity,
            score=round(hit.score, 6),
            identity=_identity_of(hit),
        )
        for place, hit in enumerate(hits, 1)
    )


def _identity_of(hit: Hit) -> str:
    """Return the identity of the stored passage: without the edition that a search adds to the first heading."""
    passage, mark = hit.passage, f" ({hit.edition})"
    if passage.path and hit.edition.version + hit.edition.language and passage.path[0].endswith(mark):
        passage = replace(passage, path=(passage.path[0].removesuffix(mark), *passage.path[1:]))
    return passage.identity.hex()


def build_sentence_reply(sentence: str) -> Reply:
    """Return a reply that is a sentence instead of an answer."""
    return Reply(Answer(sentence))
