"""What models write around an answer, though the prompt forbids it: courtesies, and their own list of sources.

Neither is part of the answer. Both are dropped without being counted, or "Sure! ... Let me know!" around one sentence
would make an answer of which most failed the check. So is a refusal in words ("The passages do not say ..."), since the
engine refuses in its own words: it names the passages or the documentation, and what they lack, in whatever language.
Courtesies are known in English only; what is missed is dropped and counted like any other sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from core.check.segments import MARK

_LONGEST, _LONGEST_REFUSAL = 200, 400
_COURTESY = re.compile(
    r"(?:(?:yes|no|sure|certainly|absolutely|of course|(?:great|good) question|you're welcome|that's (?:it|all))\b"
    r"[^.!?\n]{0,40}[.!]?$"
    r"|(?:answer|assistant|response|antwort|a):\W{0,4}$"
    r"|(?:i(?:'m| am) sorry|sorry|i apologi[sz]e) for the confusion\b[^.!?\n]{0,40}[.!]?$"
    r"|(?:please )?(?:let me know|feel free|don't hesitate)\b|i(?:'m| am) (?:happy|glad|here) to help\b"
    r"|(?:i )?hope (?:this|that|it) helps?\b|if you (?:have|need|want|would like|'d like)\b[^\n]{0,120}"
    r"\b(?:let me know|ask|questions?|help|assist\w*)\b)",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"\b(?:passages?|excerpts?|snippets?|passagen?|textstellen?|auszüge?n?|extraits?|pasajes?"
    r"|fragmentos?|passagens?|trechos?"
    r"|passaggi|brani|estratti|fragmenten)\b|(?:パッセージ|抜粋|一節|段落|구절|발췌|фрагмент)"
    r"|\b(?:provided|given|available|supplied|retrieved|indexed|above|bereitgestellte\w*|vorliegende\w*|fourni\w*"
    r"|proporcionad\w*|fornecid\w*|fornit\w*)\s(?:\w+\s)?(?:documentation|docs|documents?|context"
    r"|sources?|text|information)\b"
    r"|\b(?:documentation|context|sources?|text|information|documentación|contexto|contesto|contexte|kontext)\s"
    r"(?:provided|given|above|i (?:have|was given)|proporcionad\w*|fourni\w*|fornecid\w*|fornit\w*)"
    r"|提供的|给定的|与えられた|提供された|제공된",
    re.IGNORECASE,
)
_DOCS = re.compile(
    r"\b(?:documentation|docs|dokumentation|documentación|documentação|documentazione"
    r"|documentatie)\b|ドキュメント|文書|資料|文档|文件|资料|上下文|문서|자료|документаци"
    r"|контекст",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"mention|mencion|\bsay|state|specif|explain|describ|cover|discuss|address|answer|indicat|information"
    r"|details?\b|\bfound\b|\bfind\b"
    r"|unclear|whether|nothing about|evidence"
    r"|erwähn|\bsag|beschr|enthält|enthalten|behandel|hervor|\bfinden|gefunden|angabe|beantwort|steht"
    r"|indiqu|précis|décri|contien|trouv|répond|\bdi(?:ce|t)\b|menzion|descriv|\btrov|descrev"
    r"|cont[eé]m|encontr|encuentr|\brespond(?:e|en|em)\b"
    r"|vermeld|beschrijf|bevat|vind|упомина|указан|опис|содерж|информ|найд"
    r"|記載|言及|説明|見つか|書かれ|触れ|情報|提到|提及|说明|包含|找到|信息|描述|涉及|介绍|언급|설명|포함|찾|정보|나와",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|no|none|nothing|neither|unclear|unable|only|cannot|lacks?|fails?|insufficient|without"
    r"|nicht|nichts|kein\w*|weder|nur"
    r"|unklar|ne|pas|aucune?|rien|seulement|ningun\w*|nada|sin|tampoco|solo|não|nenhum\w*|non"
    r"|nessun\w*|nulla|niente|niet|geen"
    r"|niets|не|нет|nie)\b|n['’](?:t\b|\w)|ません|ない|なし|不明|没有|沒有|未|不|无|없|않|못",
    re.IGNORECASE,
)
_SPEAKS_OF_ITSELF = re.compile(
    r"(?:(?:however|unfortunately|but|sorry|i(?:'m| am) sorry|i apologi[sz]e|based on[^,.\n]{1,60})\b[,;:]? ?){0,3}"
    r"(?:i (?:could|can|was|am|do|did)(?: ?not|n['’]t| unable to) ?(?:able to )?"
    r"(?:find|locate|see|answer|have|determine|tell|confirm|know)\b"
    r"|(?:there (?:is|are|was) )?(?:no|not any|not enough|insufficient) (?:\w+ ){0,2}"
    r"(?:information|mention|details?|instructions?|documentation|answer|guidance)\b"
    r"(?: (?:about|on|of|for|regarding|in|from|is|was|are)\b|$)"
    r"|it is (?:not possible|impossible|unclear)\b[^.\n]{0,120}\b(?:passages?|documentation|docs|context)\b"
    r"|there (?:is|was) no mention of\b)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[,;] ?(?:but|however|though|although|instead|except|rather|aber|sondern|mais|pero|mas|ma|maar"
    r"|но)\b|[,、，](?:が|但)"
    r"|\b(?:but|however|although)\b",
    re.IGNORECASE,
)
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


def refuses(text: str, known: Collection[str] = ()) -> bool:
    """Return whether a text, in one of a dozen languages, is about the passages and what they lack, not from them.

    `"However, the passages do not say how it is removed."`, `"Los pasajes no mencionan Kubernetes."` A word for
    passages that is `known`, since the passages themselves are about such things ("excerpts"), counts only where they
    are said to say something.
    """
    bare = text.lstrip("*_ \t")
    if len(bare) > _LONGEST_REFUSAL:
        return False
    spoken = _SPEAKS_OF_ITSELF.match(bare)
    if spoken is not None:
        return not _GOES_ON.search(bare, spoken.end())
    about = _OURS.search(bare)
    if about is None or about.group().lower().split()[-1] in known:
        about = (about or _DOCS.search(bare)) if _SAYS.search(bare) else None
    if about is None:
        return False
    lacks = _NOT.search(bare)
    return lacks is not None and not _GOES_ON.search(bare, max(lacks.end(), about.end()))


def begins_sources(text: str) -> bool:
    """Return whether a list of sources begins: `"Sources:\\n[1] Guide"`, `"## References"`, `"Sources: [1], [2]"`."""
    return _SOURCES.match(text) is not None


def is_entry(text: str) -> bool:
    """Return whether a text is an entry of a list of sources: `"- [1] Guide"`."""
    return _ENTRY.match(text) is not None
