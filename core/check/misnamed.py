"""Whether a sentence says of a name what the passage says of another one, by the sentences about each.

    "`--on` skips all hooks."     the passage: "`--on` runs them. With `--off` all hooks are skipped."     -> --on

The sentences and definitions that hold the name have to lack two words that one about another name has, which holds
nearly all of them. A passage whose heading is the name is about it as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from core.check.clauses import stem_word, stems_in_order
from core.check.evidence import EvidenceText, holds_compound
from core.check.languages import is_foreign
from core.check.links import CODE_SPAN
from core.check.quoting import split_sentences
from core.check.tokens import is_literal

_COVERED, _MISSING, _FEWEST = 0.75, 2, 3


def find_misnamed(text: str, grounds: Sequence[EvidenceText]) -> str:
    """Return the one name of a sentence, where the passages say it of another name; empty: they do not."""
    spans = dict.fromkeys(span.strip("`").strip() for span in CODE_SPAN.findall(text))
    names = [name for name in spans if name and not is_literal(name)]
    if len(names) != 1 or all(is_foreign(text, ground.text) for ground in grounds):
        return ""
    name = names[0]
    words = set(stems_in_order(CODE_SPAN.sub(" ", text)))
    if len(words) < _FEWEST or any(holds_compound(ground.headings, name) for ground in grounds):
        return ""
    about = {stem for ground in grounds for part in _about(name, ground) for stem in stems_in_order(part)}
    if not about:
        return ""
    for sentence in (each for ground in grounds for each in split_sentences(ground.text)):
        held = words & set(stems_in_order(sentence))
        if len(held) < _COVERED * len(words) or len(held - about) < _MISSING:
            continue
        return name if _names_another(sentence, name) else ""
    return ""


def _about(name: str, ground: EvidenceText) -> Iterator[str]:
    """Yield what a passage says of a name: its definition, the sentences that hold it, and the one behind each."""
    yield from ground.define(name)
    sentences = split_sentences(ground.text)
    for at, sentence in enumerate(sentences):
        if holds_compound(sentence, name):
            yield from (each for each in sentences[at : at + 2] if each == sentence or not _names_another(each, name))


def _names_another(sentence: str, name: str) -> bool:
    others = {stem_word(span) for span in CODE_SPAN.findall(sentence)} | set(
        re.findall(r"(?<!\w)[-/][\w/-]+", sentence)
    )
    return any(other != name and not is_literal(other) for other in others) and not holds_compound(sentence, name)
