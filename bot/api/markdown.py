"""An answer as markdown with links, for programs that show what a model writes as it is.

    "It is held near [1]."   ->   "It is held near [[1]](https://docs.example/guide#beta)."

Below it stand the sources as in chat. Labels, quotes and urls come from stored rows and yet are hostile: what they hold
has no effect there. `from_markdown` is the way back, for answers that come again as earlier turns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.markup.blocks import remove_links
from bot.markup.sources import Link, links_of, note_of, to_safe_url
from core.check.links import map_outside_code, remove_links_from_code
from core.domain import Answer, Citation
from core.sentences import ENGLISH, GERMAN, Sentences

_FENCE = re.compile(
    r"^(?P<begin>[ \t]{0,40}(?P<ticks>`{3,10}|~{3,10})[^\n]{0,80}\n)(?P<code>.*?)"
    r"(?P<end>^[ \t]{0,40}(?P=ticks)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_MARK = re.compile(r"\[(\d{1,3})\]")
_MASKED = re.compile(r"\](?=\()")
_DEFINITION = re.compile(r"^([ \t>*+0-9.)-]{0,20}\[[^\]\n]{1,200}\])(?=:)", re.MULTILINE)
_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_LINKED_MARK = re.compile(r"\[(\[\d{1,3}\])\]\([^()\s]{0,4000}\)")
_EFFECT = re.compile(r"[\\`*_~|<>\[\]#&!$]")
_HEADINGS = "|".join(re.escape(name) for each in (ENGLISH, GERMAN) for name in (each.sources, each.closest))
_END = re.compile(rf"\n\n\*\*(?:{_HEADINGS})\*\*\n.*", re.DOTALL)


def to_markdown(text: str, citations: Sequence[Citation], known: Collection[str]) -> str:
    """Return a text of an answer, its marks as links; `known`: addresses of its passages, which may stand in it.

    Takes whole units, as a `Delta` is one: a body of code is not cut in two.
    """
    links = {each.number: to_safe_url(each.target) or to_safe_url(each.url) for each in citations}
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        code = remove_links_from_code(fence["code"], known)
        parts += [_link_marks(text[at : fence.start()], links, known), fence["begin"], code, fence["end"]]
        at = fence.end()
    return "".join([*parts, _link_marks(text[at:], links, known)])


def _link_marks(prose: str, links: Mapping[int, str], known: Collection[str]) -> str:
    def link(found: re.Match[str]) -> str:
        url = links.get(int(found[1]), "")
        return f"[{found.group()}]({url})" if url else found.group()

    def change(piece: str) -> str:
        return _MARK.sub(link, _TAG.sub(r"\\<", _MASKED.sub("] ", piece)))

    if not prose.strip():
        return prose
    return map_outside_code(_DEFINITION.sub(r"\1 ", remove_links(prose, known)), change)


def render_end(answer: Answer, sentences: Sentences) -> str:
    """Return what stands below an answer: its sources with quotes, or the closest sections; "" where there are none."""
    links = links_of(answer)
    if links is None:
        return ""
    heading = sentences.closest if answer.abstention is not None else sentences.sources
    lines = [f"**{heading}**", "", *_lines(links.links)]
    if links.further:
        lines += ["", f"**{sentences.further}**", "", *_lines(links.further)]
    note = note_of(answer)
    return "\n\n" + "\n".join([*lines, "", note] if note else lines)


def _lines(links: Sequence[Link]) -> Iterator[str]:
    for link in links:
        label = _without_effect(link.label)
        marks = f"{_without_effect(link.marks)} " if link.marks.startswith("[") else ""
        quote = f": “{_without_effect(link.quote)}”" if link.quote else ""
        yield f"- {marks}[{label}]({link.url}){quote}" if link.url else f"- {marks}{label}{quote}"


def _without_effect(text: str) -> str:
    return _EFFECT.sub(r"\\\g<0>", text)


def from_markdown(text: str) -> str:
    """Return the text of an answer that `to_markdown` and `render_end` made, with plain marks and without its end."""
    return _LINKED_MARK.sub(r"\1", _END.sub("", text))
