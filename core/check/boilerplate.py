"""What models write around an answer, though the prompt forbids it: courtesies, and their own list of sources.

Neither is part of the answer. Both are dropped without being counted, or "Sure! ... Let me know!" around one sentence
would make an answer of which most failed the check. So is a refusal in words ("The passages do not say ..."), since the
engine refuses in its own words. Knows English only; what it misses is dropped and counted like any other sentence.
"""

from __future__ import annotations

import re

from core.check.segments import MARK

_LONGEST, _LONGEST_REFUSAL = 200, 400
_COURTESY = re.compile(
    r"(?:(?:yes|no|sure|certainly|absolutely|of course|(?:great|good) question|you're welcome|that's (?:it|all))\b"
    r"[^.!?\n]{0,40}[.!]?$"
    r"|(?:please )?(?:let me know|feel free|don't hesitate)\b|i(?:'m| am) (?:happy|glad|here) to help\b"
    r"|(?:i )?hope (?:this|that|it) helps?\b|if you (?:have|need|want|would like|'d like)\b[^\n]{0,120}"
    r"\b(?:let me know|ask|questions?|help|assist\w*)\b)",
    re.IGNORECASE,
)
_SURELY_OURS = (
    r"(?:(?:the|these|this|those|any of the|your) )?(?:(?:numbered|cited|retrieved) )?(?:"
    r"(?:provided|given|available|supplied|indexed|above) "
    r"(?:passages?|excerpts?|documentation|docs|context|sources|text)"
    r"|(?:documentation )?(?:passages?|excerpts?)(?: (?:provided|given|above|i (?:have|was given)))?"
    r"|(?:documentation|docs|context|sources|text) (?:provided|given|i (?:have|was given)))"
)
_OURS = rf"(?:{_SURELY_OURS}|(?:(?:the|this) )?(?:documentation|docs))"
_NOT = (
    r"(?:do|does|did)(?: not|n['’]t)(?: (?:explicitly|directly|specifically|clearly|actually|appear to|seem to)){0,2}"
)
_SAY = r"(?:mention|say|state|specify|explain|describe|cover|discuss|address|answer|indicate)s?"
_GIVE = r"(?:provide|contain|include|give|offer|have)s?"
_FACTS = r"(?:information|mention|details?|instructions?|documentation|answer|guidance)"
_REFUSAL = re.compile(
    r"(?:(?:however|unfortunately|but|sorry|i(?:'m| am) sorry|i apologi[sz]e|based on[^,.\n]{1,60})\b[,;:]? ?){0,3}"
    rf"(?:{_SURELY_OURS} {_NOT} (?:{_SAY}|{_GIVE})\b|{_OURS} {_NOT} {_SAY}\b"
    rf"|{_OURS} {_NOT} {_GIVE} (?:(?:any|enough|a|an|specific|direct|sufficient) ){{0,2}}{_FACTS}\b"
    rf"|none of {_OURS} (?:{_SAY}|{_GIVE})\b"
    r"|i (?:could|can|was|am|do|did)(?: ?not|n['’]t| unable to) ?(?:able to )?"
    r"(?:find|locate|see|answer|have|determine|tell|confirm|know)\b"
    rf"|it is not possible to (?:answer|determine|tell|say)\b[^.\n]{{0,120}}\b(?:in|from|by|with|on) {_OURS}"
    rf"|(?:there (?:is|are|was) )?(?:no|not any|not enough|insufficient) (?:\w+ ){{0,2}}{_FACTS}\b[^.\n]{{0,120}}"
    rf"\b(?:in|from|within) {_OURS}"
    r"|there (?:is|was) no mention of\b"
    r"|[^.\n]{1,80} (?:is|are|was|were)(?: not|n['’]t) "
    r"(?:(?:mentioned|covered|described|documented|specified|stated|explained|addressed|answered|available|included|"
    r"found) )?"
    rf"(?:in|by) {_OURS})",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\b(?:but|however|though|although|only|instead|except|rather)\b", re.IGNORECASE)
_SOURCES = re.compile(
    rf"[#*_ \t]{{0,8}}(?:sources?|references?|citations?)(?: used| cited)?[*_ \t]{{0,4}}:?[*_ \t]{{0,4}}"
    rf"(?:\n|$|(?:{MARK}[ ,.\t]{{0,3}}){{1,12}}$)",
    re.IGNORECASE,
)
_ENTRY = re.compile(
    rf"[ \t]*(?:(?:[-*+•]|\d{{1,3}}[.)])[ \t]+)?(?:\*\*)?(?:{MARK}|\[link removed\]|https?:)", re.IGNORECASE
)


def is_courtesy(text: str) -> bool:
    """Return whether a text says nothing that a passage could support: `"I hope this helps!"`, `"Yes, you can."`."""
    return len(text) <= _LONGEST and _COURTESY.match(text) is not None


def is_refusal(text: str) -> bool:
    """Return whether a text is a refusal: a statement about the passages, and not from one.

    `"However, the passages do not say how it is removed [1]."`
    """
    refusal = _REFUSAL.match(text.lstrip("*_ \t")) if len(text) <= _LONGEST_REFUSAL else None
    return refusal is not None and not _GOES_ON.search(text, refusal.end())


def begins_sources(text: str) -> bool:
    """Return whether a list of sources begins: `"Sources:\\n[1] Guide"`, `"## References"`, `"Sources: [1], [2]"`."""
    return _SOURCES.match(text) is not None


def is_entry(text: str) -> bool:
    """Return whether a text is an entry of a list of sources: `"- [1] Guide"`."""
    return _ENTRY.match(text) is not None
