"""Does a message close a subject: thanks, assent, a farewell, or what its author tries or has done?"""

from __future__ import annotations

import re

from bot.forms.prose import to_prose
from bot.forms.words import any_of
from bot.phrases import is_courtesy, is_thanks

_CLOSES = re.compile(
    rf"^(?:{any_of('before')}\b[\s,]*)*(?:{any_of('farewell')}|{any_of('trying')}(?!.*\b(?:how|what|why)\b))"
)
_THANKS = re.compile(rf"(?:\S+ ){{0,3}}{any_of('thanks')}(?!\w)(?:\W+\w+){{0,4}}\W*")
_THANKS_UNSPACED = re.compile(rf".{{0,12}}{any_of('thanks_unspaced')}.{{0,12}}")
_PRAISES = re.compile(rf"\W*(?:{any_of('before')}\b[\s,]*)*{any_of('praise')}\W*")
_SAYS_SOMETHING = re.compile(r"[^\W_]|[\u2600-\u27bf\U0001f000-\U0001faff]")
"""A letter, a digit or an emoji: a message without any is a mention and nothing else."""

_LONGEST = 120
"""Characters of a message that only closes a subject."""


def closes_subject(text: str) -> bool:
    """Return whether a message that asks nothing closes a subject: `"thanks!"`, `"I'll try that"`, `"never mind"`."""
    if not _SAYS_SOMETHING.search(text):
        return False
    prose = to_prose(text).lower()
    if is_thanks(text) or is_courtesy(text) or (len(prose) <= _LONGEST and _CLOSES.match(prose)):
        return True
    return any(each.fullmatch(prose) for each in (_THANKS, _THANKS_UNSPACED, _PRAISES))
