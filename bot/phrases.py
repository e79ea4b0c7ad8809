"""What both platforms take for a question, and the words that both use: thanks, feedback, sharing.

Judges texts and nothing else; each platform's `events` module decides who may ask where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from core.domain import Evidence
from core.inbox.port import IntakeLimits, NewQuestion, StoredQuestion, Visibility
from core.sentences import ENGLISH, GERMAN, Sentences

CHOICES = ("wrong", "sources", "incomplete", "outdated", "unasked")
"""Why an answer was bad, as it is stored."""

LONGEST_COMMENT, LONGEST_COURTESY, LONGEST_PERSON = 1_000, 200, 80
ALREADY_ANSWERED = ENGLISH.already_answered

_THANKS = (
    r"(?:many )?(?:thanks|thank you|thx|ty|cheers|danke|merci|gracias|grazie|obrigad[oa]|bedankt|tack|dzięki|спасибо|"
    r"谢谢|謝謝|多谢|ありがとう(?:ございます)?|감사합니다|شكرا)"
)
_CONTENT = r"(?:(?:ah |oh )?ok(?:ay)?|great|nice|cool|perfect|awesome|got it|will do|done|lol|haha|yes|yep|no|nope)"
_WORKED = (
    r"(?:(?:that|it|this) )?(?:work(?:s|ed)|help(?:s|ed)|did it|did the trick|solved it|fixed it)(?: now| fine| great)?"
)
_MUCH = r"(?: (?:so much|very much|a lot|again|all|dir|euch|beaucoup|mille|vielmals|everyone|footnote))?"
_COURTESY = re.compile(rf"(?:(?:{_THANKS}{_MUCH}|{_CONTENT}|{_WORKED})(?:[\s,.!;:)]+|$))+", re.IGNORECASE)
_BEGINS_SO = re.compile(
    rf"(?:{_THANKS}|ok(?:ay)?|great|nice|cool|perfect|got it|will do|done|lol)(?:\b.{{0,30}})?",
    re.IGNORECASE | re.DOTALL,
)
_WONDERS = re.compile(r"\b(?:how|why|where|which)\b", re.IGNORECASE)
_GREETING = (
    r"(?:hi|hello|hey|hallo|moin|howdy|bonjour|salut|hola|ciao|olá|привет|你好|您好|こんにちは|안녕하세요|مرحبا|"
    r"good (?:morning|afternoon|evening|day)|guten (?:tag|morgen))(?: (?:there|all|everyone|bot|footnote))?"
)
_ABOUT_US = (
    r"help(?: me)?|test(?:ing)?(?: \d{1,3})*|ping|"
    r"(?:who|what) are you|what (?:can|do) you (?:do|answer|know)(?: about)?|what can i ask(?: you)?|"
    r"what (?:do you know|can you help(?: me)? with)"
)
_MEETS = re.compile(rf"(?:{_GREETING}|{_GREETING}[\s,.!]+(?:{_ABOUT_US})|{_ABOUT_US})[\s,.!?]*", re.IGNORECASE)
_CALLS = re.compile(rf"(?:{_ABOUT_US})[\s,.!?]*", re.IGNORECASE)
_PROMPTS = frozenset({ENGLISH.what_can_you_answer, GERMAN.what_can_you_answer})
_EMOJI = re.compile(r":[a-z0-9_+'-]{1,60}:(?::skin-tone-\d:)?")
_ASKS = re.compile(
    r"(?:how|what|why|where|when|who|which|whose|can|could|do|does|did|is|are|was|were|should|would|will|has|have)\b",
    re.IGNORECASE,
)
_PARTS = ("?", "？", "؟", "¿")


def describe_choices(sentences: Sentences) -> Mapping[str, str]:
    """Return the reasons why an answer was bad, in words."""
    words = (
        sentences.is_wrong,
        sentences.is_not_in_sources,
        sentences.is_incomplete,
        sentences.is_outdated,
        sentences.is_about_else,
    )
    return dict(zip(CHOICES, words, strict=True))


def describe_search(evidence: Evidence, sentences: Sentences) -> str:
    """Return how much was searched: `"Searched 8 passages"`."""
    count = len(evidence.hits)
    return sentences.searched_one if count == 1 else sentences.searched_many.format(count=count)


def is_thanks(text: str) -> bool:
    """Return whether a follow-up is thanks, or has no words, and asks for nothing."""
    if any(part in text for part in _PARTS) or _WONDERS.search(text):
        return False
    return is_courtesy(text) or is_wordless(text) or _BEGINS_SO.fullmatch(text.strip()) is not None


def is_courtesy(text: str) -> bool:
    """Return whether a text is surely nothing but thanks or assent, so needs no answer: "ok, thanks! :+1:"."""
    if len(text) > LONGEST_COURTESY or any(part in text for part in _PARTS):
        return False
    words = "".join(each for each in _EMOJI.sub(" ", text) if each.isalnum() or each.isspace() or each in ",.!;:)")
    return _COURTESY.fullmatch(words.strip()) is not None


def is_wordless(text: str) -> bool:
    """Return whether a text has no letter or digit outside the names of emoji, as platforms write them: `:+1:`."""
    return not any(each.isalnum() for each in _EMOJI.sub(" ", text))


def is_greeting(text: str) -> bool:
    """Return whether somebody greets the bot, or asks what it is for: no page answers that."""
    stripped = text.strip()
    return len(stripped) <= LONGEST_COURTESY and (stripped in _PROMPTS or _MEETS.fullmatch(stripped) is not None)


def is_about_us(text: str) -> bool:
    """Return whether somebody tries whether the bot is there, or asks for help with it: "test", "ping", "help"."""
    return len(text) <= LONGEST_COURTESY and _CALLS.fullmatch(text.strip()) is not None


def looks_like_question(text: str) -> bool:
    """Return whether a message that nobody addressed to the bot looks like a question."""
    return any(part in text for part in _PARTS) or _ASKS.match(text.lstrip(" >*_-")) is not None


def is_stop(text: str) -> bool:
    """Return whether somebody asks the answer under way to end."""
    return text.strip().lower().rstrip(".!") == "stop"


def may_share(asked: StoredQuestion, user: str) -> bool:
    """Return whether `user` may show a private answer to its channel: only its asker may, once there is one."""
    return asked.asker == user and asked.visibility is Visibility.PRIVATE and asked.reply is not None


def describe_sharing(asked: StoredQuestion, sentences: Sentences, escape: Callable[[str, int], str]) -> str:
    """Return the line that says who asked and shared an answer; empty: it is not shared, or nobody is named."""
    who = asked.details.by
    return sentences.shared_by.format(who=escape(who, LONGEST_PERSON)) if who else ""


def build_shared_question(asked: StoredQuestion, by: str) -> NewQuestion:
    """Return a private answer as a question for everybody, whose reply is known. `by`: the name of who shares it.

    Its keys are the same however often it is shared, so it is stored once.
    """
    key = f"share:{asked.id}"
    return NewQuestion(
        platform=asked.platform,
        tenant=asked.tenant,
        event_key=key,
        place_key=key,
        channel=asked.channel,
        thread=key,
        asker=asked.asker,
        visibility=Visibility.SHARED,
        text=asked.text,
        details=replace(asked.details.without_secret(), by=by),
        reply=asked.reply,
    )


def describe_limits(limits: IntakeLimits, sentences: Sentences) -> str:
    """Return the sentence of a limit: `"... I take 5 open questions and 10 questions a minute ..."`."""
    rules = [
        sentences.limit_open.format(count=limits.an_asker_open) if limits.an_asker_open else "",
        sentences.limit_minute.format(count=limits.an_asker_a_minute) if limits.an_asker_a_minute else "",
    ]
    return sentences.limit.format(rules=sentences.limit_and.join(filter(None, rules)))
