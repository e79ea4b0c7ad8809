"""Why an answer says what it says, in lines for whoever asks: passages, their places on each side, times, model.

The same on every platform, which escapes the lines itself.
"""

from __future__ import annotations

from core.inbox.port import Reply, StoredQuestion, UsedPassage, Visibility

_STAGES = ("rewrite", "embed", "search", "rerank", "read", "total")


def may_see(asked: StoredQuestion, user: str, channel: str, thread: str = "") -> bool:
    """Return whether somebody who presses a control in a channel may be shown what an answer rests on.

    Where the answer stands, and nowhere else: sources may be seen in one channel and not in the next. A private answer
    is its asker's alone. `thread`: a channel of its own inside of `channel` (Discord); one that was asked in counts.
    """
    around = str(asked.details.get("around", ""))
    stands_there = asked.channel == channel and around in ("", thread)
    return stands_there and (asked.way is not Visibility.PRIVATE or asked.asker == user)


def lines_of(reply: Reply) -> list[str]:
    """One line a passage, best first, after two about the whole."""
    answer = reply.answer
    times = [f"{stage} {answer.timings_ms[stage]:.0f} ms" for stage in _STAGES if stage in answer.timings_ms]
    reranked = "rerank" in answer.timings_ms
    cited = {citation.url for citation in answer.citations}
    told = [
        f"{_written_by(answer.model)}; {', '.join(times) or 'no times were taken'}.",
        _summary(len(reply.found), answer.dropped),
    ]
    return told + [_line(each, reranked=reranked, cited=each.url in cited) for each in reply.found]


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
    """`"1. Guide > Set up (docs), cited: by meaning 2nd (0.71), by words 1st, https://..."`."""
    meaning = "not found" if found.vector_rank is None else f"no. {found.vector_rank}"
    similarity = f" ({found.similarity:.2f})" if found.similarity is not None else ""
    words = "not found" if found.lexical_rank is None else f"no. {found.lexical_rank}"
    place = f"{'reranked' if reranked else 'fused'} no. {found.place}"
    name = " > ".join(found.path) or found.url
    mark = ", cited" if cited else ""
    return f"{found.place}. {name} ({found.source}){mark}: by meaning {meaning}{similarity}, by words {words}, {place}"
