"""What models say around a statement: a label before it, and passages in words instead of marks.

    "Answer: It is so [1]."                          ->  "It is so [1]."
    "According to passage 3, it is so."              ->  "It is so [3]."
    "It is so (source: [2])."                        ->  "It is so [2]."
    "Passage [1] describes `x`, which is so."        ->  "`x` is so [1]."

Those who read an answer see sections and sentences, not the passages of a prompt. What a page says of passages and
sources of its own stays.
"""

from __future__ import annotations

import re

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_PASSAGE = (
    r"(?:(?:the|this|these|el|la|le|den|der) )?(?:(?P<nth{0}>"
    + "|".join(_ORDINALS)
    + r") )?(?:given |provided |cited )?"
    r"(?P<word{0}>passages?|sources?|excerpts?|passagen?|pasajes?)"
    r"(?P<numbers{0}> \[?\d{{1,2}}\]?(?:(?:, ?| and | und | et | y )\[?\d{{1,2}}\]?){{0,3}})?"
)
_SPOKEN = re.compile(
    r"^(?P<bullet>\s*(?:[-*+•>]\s+|\d{1,3}[.)]\s+)?)(?:"
    r"(?:(?:according to|as (?:stated|described|shown|explained|noted) in|per|laut|selon|según|secondo|volgens) "
    + _PASSAGE.format(1)
    + r",?\s+|(?:in|from|based on) "
    + _PASSAGE.format(2)
    + r"(?:,| (?:we|you) (?:learn|see|know|can see) that)\s+)(?:it (?:is|was) (?:stated|mentioned|noted|said|explained"
    r"|described|written) that )?|"
    r"as " + _PASSAGE.format(4) + r" (?:says?|states?|notes?|shows?|explains?|describes?|mentions?),?\s+|"
    r"it (?:is|was) (?:clearly |also )?(?:stated|mentioned|noted|said|explained|described|written|specified) in "
    + _PASSAGE.format(5)
    + r" that\s+|"
    r"(?:based on|according to|from) (?:the )?(?:provided|given|above|available|retrieved|supplied) "
    r"(?:documentation|docs|context|text|information|excerpts?),\s+|"
    + _PASSAGE.format(3)
    + r" (?:also |clearly |explicitly |further )?(?:(?:says?|states?|notes?)(?: that)?:?|(?:explains?|mentions?|shows?|"
    r"describes?|indicates?|specif(?:y|ies)|suggests?|confirms?|adds?|recommends?) that:?)\s+)(?P<rest>\S)",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(
    r"^(?P<bullet>\s*(?:[-*+•>]\s+|\d{1,3}[.)]\s+)?)"
    + _PASSAGE.format("").replace("|sources?", "")
    + r" (?:also |then )?(?:describes?|mentions?|explains?|shows?|covers?|discuss(?:es)?|introduces?|provides?|lists?"
    r"|contains?|defines?|refers? to|talks? about|gives?|presents?|outlines?|details?|deals? with|(?:is|are) about)"
    r" (?:(?P<article>the|an?) (?P<noun>[^,.:;]{2,80}?),? (?:which|that) (?P<verb>[a-z]+(?:s|re|n|st|ll|ve) .+)|.+)$",
    re.IGNORECASE | re.DOTALL,
)
_OF_TEXT = re.compile(
    r"\b(?:snippet|example|section|information|list|description|overview|instructions?|table|code|guide|details)$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^\s*(?P<emphasis>[*_]{0,3})(?:(?:the |my )?(?:final |short |direct |brief |quick )?(?:answer|question)|assistant"
    r"|antwort|frage|réponse|respuesta|risposta|resposta)(?: is)?[*_]{0,3}[:：](?P=emphasis)\s*(?=\S)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"^\s*[*_]{0,3}(?:passage |excerpt |source )?(\[\d{1,2}\])[*_]{0,3}:[*_]{0,3}\s+(?=\S)", re.IGNORECASE
)
_IN_BOLD = re.compile(r"^\s*[*_]{1,3}(\[\d{1,2}\])[*_]{1,3}\s+(?=\S)")
_COURTESY = re.compile(r"^\s*(?:sure|certainly|of course|absolutely|great question)[!.]\s+(?=\S)", re.IGNORECASE)
_CITED = re.compile(
    r"^\s*(?:according to|as per|per|from|based on|as (?:stated|described|shown|explained|noted|mentioned) in) "
    r"(?P<numbers>\[\d{1,2}\](?:(?:, ?| and )?\[\d{1,2}\]){0,3}),\s+(?P<rest>\S)",
    re.IGNORECASE,
)
_LINE_OF_PROMPT = re.compile(r"^(?:BEGIN|END) passage \[\d{1,2}\](?: [0-9a-f]{8,})?[ \t]*\n?", re.MULTILINE)
_TRAILING = re.compile(
    r"(?:,? \((?:see |from |as per |according to )?(?:(?:source|passage|excerpt|quelle|fuente|ref(?:erence)?)s?:? ?)?"
    r"(?P<numbers>\[\d{1,2}\](?:,? ?\[\d{1,2}\])*)\)"
    r"|, (?:see|as per|per|according to|as (?:stated|shown|described|noted|mentioned|explained) in) (?:the )?"
    r"(?:passages?|excerpts?) (?P<numbers2>\[?\d{1,2}\]?)(?=[.!?]?\s*$))",
    re.IGNORECASE,
)
# Without the lookbehind each of a run of blanks would be a start: 20,000 of them took three seconds.
_STOP = re.compile(r"(?:(?<!\s)|(?=[.!?。*_\[]))[.!?。]?[*_]{0,3}(?:\s|\[\d{1,3}\])*$")


def state_plainly(text: str) -> str:
    """Return a statement without a label, and with what it says of passages in words as marks."""
    for pattern, kept in ((_LINE_OF_PROMPT, ""), (_COURTESY, ""), (_LABEL, ""), (_NAMED, r"\1 "), (_IN_BOLD, r"\1 ")):
        text = pattern.sub(kept, text)
    cited = _CITED.match(text)
    if cited:
        text = f"{cited['numbers']} {cited['rest'].upper()}{text[cited.end() :]}"
    return _rephrase(_TRAILING.sub(_to_marks, text))


def _to_marks(match: re.Match[str]) -> str:
    return " " + "".join(f"[{number}]" for number in re.findall(r"\d+", match["numbers"] or match["numbers2"]))


def _rephrase(text: str) -> str:
    """Turn a passage that is named in words into a mark.

    `"According to passage 3, it is so."` -> `"It is so [3]."`, `"The passage states that it is so."` -> `"It is so."`
    """
    spoken = _SPOKEN.match(text)
    if spoken is None:
        return _state_described(text)
    named = next((digit for digit in "12345" if spoken[f"word{digit}"]), "")
    if not named:  # "Based on the provided documentation"
        return f"{spoken['bullet']}{spoken['rest'].upper()}{text[spoken.end('rest') :]}"
    numbers = [int(number) for number in re.findall(r"\d+", spoken[f"numbers{named}"] or "")]
    if nth := spoken[f"nth{named}"]:
        numbers = [_ORDINALS.index(nth.lower()) + 1]
    if not numbers and spoken[f"word{named}"].lower().startswith("source"):
        return text  # pages speak of sources, too
    rest = text[spoken.end("rest") :]
    end = _STOP.search(rest)
    at = end.start() if end else len(rest)
    marks = "".join(f"[{number}]" for number in numbers)
    return f"{spoken['bullet']}{spoken['rest'].upper()}{rest[:at]}{' ' * bool(marks)}{marks}{rest[at:]}"


def _state_described(text: str) -> str:
    """Turn what a passage is said to describe into a sentence of its own, where it says something.

    `"Passage [3] describes the `x` hook, which is called at the end."` -> `"The `x` hook is called at the end [3]."`
    """
    described = _DESCRIBED.match(text)
    if described is None or not described["verb"] or _OF_TEXT.search(described["noun"]):
        return text
    marks = "".join(f"[{number}]" for number in re.findall(r"\d+", described["numbers"] or ""))
    verb = described["verb"]
    end = _STOP.search(verb)
    at = end.start() if end else len(verb)
    article = described["article"].capitalize()
    sentence = f"{article} {described['noun']} {verb[:at]}{' ' * bool(marks)}{marks}{verb[at:]}"
    return f"{described['bullet']}{sentence}"


def describes_passages(text: str) -> bool:
    """Return whether a sentence says of the passages what they are about, and nothing else."""
    described = _DESCRIBED.match(text) if _SPOKEN.match(text) is None else None
    return described is not None and (not described["verb"] or _OF_TEXT.search(described["noun"]) is not None)
