"""Why an answer says what it says, for the person who asks: in words with links; and figures for who wants details.

    explain(reply)    what was read, who wrote it, what it rests on           no figure, no rank
    figures_of(reply) passages, their ranks on each side, times, the model    one line each

Both are the same on every platform, which escapes them itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.markup.sources import Link, Links, links_of
from core.domain import Answer, Citation
from core.inbox.port import Reply, StoredQuestion, UsedPassage, Visibility
from core.sentences import Sentences

MOST_READ = 5
"""Sections that are named as read and not used."""

_STAGES = ("rewrite", "embed", "search", "rerank", "read", "total")


def may_see(asked: StoredQuestion, user: str, channel: str, thread: str = "") -> bool:
    """Return whether somebody who presses a control in a channel may see what an answer rests on.

    Only where the answer stands: sources may be seen in one channel and not in the next. A private answer is for its
    asker alone. `thread`: a thread that is a channel inside `channel` (Discord); it counts if the question was asked in
    one.
    """
    around = asked.details.around
    stands_there = asked.channel == channel and around in ("", thread)
    return stands_there and (asked.visibility is not Visibility.PRIVATE or asked.asker == user)


@dataclass(frozen=True, slots=True)
class WhyText:
    """Sentences about an answer, then the sections that it rests on, and those that were read as well."""

    summary: tuple[str, ...]
    links: tuple[Links, ...]


def explain(reply: Reply, sentences: Sentences) -> WhyText:
    """Return what a member of a chat may want to know of an answer."""
    answer = reply.answer
    cited = {each.url for each in answer.citations}
    sections = {each.url: each for each in reversed(reply.found)}
    others = [Citation(0, url, each.path, "") for url, each in reversed(sections.items()) if url not in cited]
    groups = ((sentences.used, _links(answer.citations)), (sentences.also_read, _links(others[:MOST_READ], marks="•")))
    left_out = sentences.left_out_one if answer.dropped == 1 else sentences.left_out_many.format(count=answer.dropped)
    lines = [_describe_author(answer.model, sentences), _describe_reading(len(sections), sentences)]
    return WhyText(
        (*lines, *([left_out] if answer.dropped else [])),
        tuple(Links(heading, links) for heading, links in groups if links),
    )


def _links(citations: Iterable[Citation], marks: str = "") -> tuple[Link, ...]:
    found = links_of(Answer("", tuple(citations)))
    return tuple(Link(marks or each.marks, each.label, each.url) for each in found.links) if found else ()


def _describe_author(model: str, sentences: Sentences) -> str:
    match model:
        case "":
            return sentences.why_ours
        case "extractive":
            return sentences.why_quoted
        case _:
            return sentences.why_written.format(model=model)


def _describe_reading(count: int, sentences: Sentences) -> str:
    match count:
        case 0:
            return sentences.why_nothing_read
        case 1:
            return sentences.why_read_one
        case _:
            return sentences.why_read_many.format(count=count)


def figures_of(reply: Reply) -> list[str]:
    """Return two lines about the whole answer, then one line for each passage, best first."""
    answer = reply.answer
    times = [f"{stage} {answer.timings_ms[stage]:.0f} ms" for stage in _STAGES if stage in answer.timings_ms]
    reranked = "rerank" in answer.timings_ms
    cited = {citation.url for citation in answer.citations}
    lines = [
        f"{_written_by(answer.model)}; {', '.join(times) or 'no times were taken'}.",
        _summary(len(reply.found), answer.dropped),
    ]
    return lines + [_line(each, reranked=reranked, cited=each.url in cited) for each in reply.found]


def _written_by(model: str) -> str:
    match model:
        case "":
            return "Said by footnote itself"
        case "extractive":
            return "Quoted from the pages, without a model"
        case _:
            return f"Written by {model}"


def _summary(count: int, dropped: int) -> str:
    if not count:
        return "No passage was read for it."
    left_out = f" {dropped} sentences were left out: no passage held them." if dropped else ""
    return f"It was read from {count} passages, best first.{left_out}"


def _line(found: UsedPassage, *, reranked: bool, cited: bool) -> str:
    """Return `"1. Guide > Set up (docs), cited: by meaning no. 2 (0.71), by words no. 1, fused no. 1"`."""
    meaning = "not found" if found.vector_rank is None else f"no. {found.vector_rank}"
    similarity = f" ({found.similarity:.2f})" if found.similarity is not None else ""
    words = "not found" if found.lexical_rank is None else f"no. {found.lexical_rank}"
    place = f"{'reranked' if reranked else 'fused'} no. {found.place}"
    name = " > ".join(found.path) or found.url
    mark = ", cited" if cited else ""
    return f"{found.place}. {name} ({found.source}){mark}: by meaning {meaning}{similarity}, by words {words}, {place}"
