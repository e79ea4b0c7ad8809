"""In which language a text is, by script and by common words; and whether two are in different ones."""

from __future__ import annotations

import re
from functools import lru_cache

_COMMON = {
    "en": "a an but been have had they was were does do did not no only any all into than then there these those "
    "which who about each other must should may such so the of and to in is that for it as with are "
    "this be by on not or from at an if can when you its has will",
    "de": "der die das und ist nicht ein eine einer den dem von zu mit für auf wird werden sich bei oder "
    "nach sie wenn kann im des auch als nur wie werden wurde wurden war sind hat haben ihr ihre ihrer "
    "ihren seine seiner eines einem aus über unter zwischen durch bis noch so dass aber sein man zum "
    "zur beim vom dann mehr kein keine",
    "fr": "de d à leur leurs être ces mais entre si son sa ses ont peut doit peuvent doivent "
    "le la les des et est une un dans pour que qui pas sur par avec ce cette sont il elle vous du au "
    "aux ou ne plus",
    "es": "el la los las de y es una un en para que no por con se del al lo su este esta son como más si o",
    "pt": "o a os as de e é uma um em para que não por com se do da dos das no na como mais ou são",
    "it": "il lo la gli le di e è una un in per che non con si del della dei delle come più o sono",
    "nl": "de het een en is niet van te met voor op wordt worden dat die bij of als je kan ook naar uit",
    "sv": "och att det som en ett är inte av för med på till den de om kan när eller från",
    "pl": "i w na nie jest się z do że to jak dla od po przez lub jeśli",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_LETTERS = {
    language: frozenset(letters)
    for language, letters in {"de": "äöüß", "fr": "çêèëœ", "es": "ñ¿¡", "pt": "ãõ", "sv": "åäö", "pl": "łąęśżć"}.items()
}
"""Letters that English has not: one of them counts like a common word."""

_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"`[^`\n]*`")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OTHER = re.compile(r"[\u0370-\u1fff\u3040-\u9fff\uac00-\ud7af]")
_LETTERS_READ = 3_000
_NAMES = {"de": "German"}
"""The languages of the catalogue of sentences other than English; models are told these names."""


def is_foreign(text: str, passage: str) -> bool:
    """Return whether a text is surely in another language than a passage: `"Das ist nicht so."` against English."""
    ours, theirs = detect_language(text), detect_language(passage[:_LETTERS_READ])
    return bool(ours and theirs) and ours != theirs


def name_language(text: str) -> str:
    """Return the name of a text's language, where fixed sentences are there in it: `"Wie geht das?"` -> `"German"`.

    Empty where it is another one, English, or not sure.
    """
    return _NAMES.get(detect_language(text), "")


@lru_cache(maxsize=256)
def detect_language(text: str) -> str:
    """Return a code of the language of a text; empty where that is not sure."""
    prose = _CODE.sub(" ", text)
    other = len(_OTHER.findall(prose))
    if other > len(_LATIN.findall(prose)) / 2 and other > 1:
        return "other"
    words = [word.lower() for word in _WORD.findall(prose)]
    if not words:
        return ""
    counts = {language: sum(word in common for word in words) for language, common in _WORDS.items()}
    for language, letters in _LETTERS.items():
        counts[language] += not letters.isdisjoint(prose.lower())
    first, second = sorted(counts.values(), reverse=True)[:2]
    if not first:
        return ""
    best = max(counts, key=counts.__getitem__)
    return best if first > second and (first >= 2 or len(words) <= 8) else ""
