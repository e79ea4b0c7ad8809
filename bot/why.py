"""Why an answer says what it says, in lines for the person who asks: passages, their ranks on each side, times, model.

The lines are the same on every platform, which escapes them itself.
"""

from __future__ import annotations

from core.inbox.port import Reply, StoredQuestion, UsedPassage, Visibility

_STAGES = ("rewrite", "embed", "search", "rerank", "read", "total")


def may_see(asked: StoredQuestion, user: str, channel: str, thread: str = "") -> bool:
    """Return whether somebody who presses a control in a channel may see what an answer rests on.

    Only where the answer stands: sources may be seen in one channel and not in the next. A private answer is for its
    asker alone. `thread`: a thread that is a channel inside `channel` (Discord); it counts if the question was asked in
    one.
    """
    around = str(asked.details.get("around", ""))
    stands_there = asked.channel == channel and around in ("", thread)
    return stands_there and (asked.way is not Visibility.PRIVATE or asked.asker == user)


def lines_of(reply: Reply) -> list[str]:
    """Return two lines about the whole answer, then one line for each passage, best first."""
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
    """Return `"1. Guide > Set up (docs), cited: by meaning no. 2 (0.71), by words no. 1, fused no. 1"`."""
    meaning = "not found" if found.vector_rank is None else f"no. {found.vector_rank}"
    similarity = f" ({found.similarity:.2f})" if found.similarity is not None else ""
    words = "not found" if found.lexical_rank is None else f"no. {found.lexical_rank}"
    place = f"{'reranked' if reranked else 'fused'} no. {found.place}"
    name = " > ".join(found.path) or found.url
    mark = ", cited" if cited else ""
    return f"{found.place}. {name} ({found.source}){mark}: by meaning {meaning}{similarity}, by words {words}, {place}"
