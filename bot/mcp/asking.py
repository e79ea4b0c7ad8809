"""Questions of callers, answered as everywhere else, and what they report as missing.

Question ──Engine.ask──> Evidence, Answer ──> AskResult, each citation with its source, version and time
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.mcp.library import Library
from bot.mcp.results import AskResult, CitedSection, GapNumber, NearbySection
from bot.service.caller import Caller, CallerQuestion
from core.domain import Abstention, Answer, Citation, Hit
from core.history.port import GapReports, ReportedGap
from core.inbox.callers import MCP


@dataclass(frozen=True, slots=True)
class ToolAnswers:
    """Asks for callers. Raises `FootnoteError`."""

    library: Library
    gap_reports: GapReports

    async def ask(self, asked: CallerQuestion, caller: Caller) -> AskResult:
        """Return the answer to a question, which is stored like those from chat."""
        async with self.library.answers.answer(caller, asked) as answering:
            answer = await answering.finish()
        if answer.abstention is Abstention.NO_CONTEXT:
            await self.library.check_indexed(caller)
        return to_result(answer, answering.hits, await self.library.crawl_times(answering.hits))

    async def report_gap(self, question: str, missing: str, caller: Caller) -> GapNumber:
        """Store what is missing in the documentation."""
        gap = ReportedGap(MCP, caller.asker, question, missing)
        return GapNumber(number=await self.gap_reports.report_gap(gap))


def to_result(answer: Answer, hits: Sequence[Hit], times: Mapping[tuple[str, str], datetime]) -> AskResult:
    """Return an answer with what the evidence says about each of its sections."""
    by_link = {hit.passage.link: hit for hit in reversed(hits)}

    def cite(citation: Citation) -> CitedSection:
        hit = by_link.get(citation.url)
        return CitedSection(
            number=citation.number,
            url=citation.url,
            path=list(citation.path),
            title=citation.title,
            source=hit.source if hit else "",
            version=hit.edition.version if hit else "",
            crawled_at=times.get((hit.source, hit.passage.url)) if hit else None,
            quote=citation.quote,
        )

    return AskResult(
        answer=answer.text,
        outcome=answer.outcome.value if answer.outcome else "not_answered",
        abstention=answer.abstention.value if answer.abstention else None,
        citations=[cite(each) for each in answer.citations],
        suggestions=[NearbySection(url=each.url, path=list(each.path)) for each in answer.suggestions],
        not_covered=list(answer.not_covered),
        dropped=answer.dropped,
        faults=[fault.value for fault in answer.faults],
    )
