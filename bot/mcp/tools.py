"""The tools: what each takes, and what it does for the caller. Their texts are short, because every host sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mcp.types import CallToolResult

from bot.mcp.arguments import (
    USUAL_HITS,
    USUAL_TOKENS,
    Around,
    EditionName,
    Limit,
    Missing,
    PageUrl,
    SourceNames,
    Text,
    Tokens,
    Turns,
)
from bot.mcp.asking import ToolAnswers
from bot.mcp.caller import CALLER
from bot.mcp.library import Library
from bot.mcp.results import AskResult, GapNumber, SearchResult, SectionText, SourceList, to_tool_result
from bot.service.caller import CallerQuestion
from core.domain import Edition, Turn
from core.errors import UsageError


@dataclass(frozen=True, slots=True)
class ToolSpecification:
    """What a host learns of a tool, besides its schemas. `reads`: it changes nothing."""

    name: str
    description: str
    reads: bool = True


SPECIFICATIONS = (
    ToolSpecification(
        "ask_docs",
        "Answer a question from the documentation. Each sentence is checked; [n] is citations[n]. "
        "version, language: of the documentation; previous: earlier turns.",
    ),
    ToolSpecification("search_docs", "Find whole passages, best first: at most limit (20), within max_tokens."),
    ToolSpecification("read_section", "Read the stored section, or the page around it, of a url from other tools."),
    ToolSpecification("list_sources", "List the sources, with versions and age."),
    ToolSpecification("report_gap", "Report what the documentation lacks for a question.", reads=False),
)


@dataclass(frozen=True, slots=True)
class Tools:
    """One method for each tool, by its name."""

    library: Library
    asking: ToolAnswers

    async def ask_docs(
        self,
        question: Text,
        sources: SourceNames = [],  # noqa: B006 - never changed
        version: EditionName = "",
        language: EditionName = "",
        previous: Turns = [],  # noqa: B006 - never changed
    ) -> Annotated[CallToolResult, AskResult]:
        """Answer a question."""
        caller = CALLER.get()
        await self.library.check_sources(sources, caller)
        turns = tuple(Turn(turn.question, turn.answer) for turn in previous)
        edition = Edition(version.strip(), language.strip())
        return to_tool_result(await self.asking.ask(CallerQuestion(question, turns, tuple(sources), edition), caller))

    async def search_docs(
        self,
        query: Text,
        sources: SourceNames = [],  # noqa: B006 - never changed
        version: EditionName = "",
        language: EditionName = "",
        limit: Limit = USUAL_HITS,
        max_tokens: Tokens = USUAL_TOKENS,
    ) -> Annotated[CallToolResult, SearchResult]:
        """Find passages."""
        edition = Edition(version.strip(), language.strip())
        return to_tool_result(await self.library.search(query, CALLER.get(), sources, edition, limit, max_tokens))

    async def read_section(self, url: PageUrl, around: Around = "section") -> Annotated[CallToolResult, SectionText]:
        """Read a section or a page."""
        return to_tool_result(await self.library.read(url, CALLER.get(), around))

    async def list_sources(self) -> Annotated[CallToolResult, SourceList]:
        """List the sources."""
        return to_tool_result(await self.library.list_sources(CALLER.get()))

    async def report_gap(self, question: Missing, missing: Missing) -> Annotated[CallToolResult, GapNumber]:
        """Report what is missing."""
        if not any(letter.isalnum() for letter in question):
            raise UsageError("Say in `question` what the documentation should answer.")
        return to_tool_result(await self.asking.report_gap(question.strip(), missing.strip(), CALLER.get()))
