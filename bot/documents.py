"""The JSON of answers and hits, the same on the command line and for callers (docs/command-line.md)."""

from __future__ import annotations

from dataclasses import asdict

from core.domain import Answer, Citation, Hit


def answer_to_document(answer: Answer) -> dict[str, object]:
    """Return the JSON shape of an answer."""
    return {
        "answer": answer.text,
        "abstention": answer.abstention.value if answer.abstention else None,
        "outcome": answer.outcome.value if answer.outcome else None,
        "not_covered": list(answer.not_covered),
        "citations": [citation_to_document(each) for each in answer.citations],
        "suggestions": [citation_to_document(each) for each in answer.suggestions],
        "faults": [fault.value for fault in answer.faults],
        "dropped": answer.dropped,
        "model": answer.model,
        "usage": asdict(answer.usage) if answer.usage else None,
        "cap": answer.cap.value if answer.cap else None,
        "timings_ms": {stage: round(spent, 1) for stage, spent in answer.timings_ms.items()},
    }


def citation_to_document(citation: Citation) -> dict[str, object]:
    """Return the JSON shape of a citation."""
    return {
        "number": citation.number,
        "url": citation.url,
        "path": list(citation.path),
        "title": citation.title,
        "quote": citation.quote,
        "href": citation.target,
    }


def hit_to_document(rank: int, hit: Hit) -> dict[str, object]:
    """Return the JSON shape of a hit."""
    return {
        "rank": rank,
        "url": hit.passage.url,
        "anchor": hit.passage.anchor,
        "path": list(hit.passage.path),
        "text": hit.passage.text,
        "score": hit.score,
        "vector_rank": hit.vector_rank,
        "lexical_rank": hit.lexical_rank,
        "similarity": hit.similarity,
        "lexical_score": hit.lexical_score,
        "source": hit.source,
        "version": hit.edition.version,
        "language": hit.edition.language,
    }
