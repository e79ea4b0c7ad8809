"""What callers read of the index, for them: passages, sections, sources. Knows no protocol.

    search ──> SearchResult      read ──> SectionText      list_sources ──> SourceList

Stored rows alone: nothing here asks the network. A source that the caller does not see does not exist, in errors as
well.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches

from bot.mcp.arguments import quote_name
from bot.mcp.results import FoundPassage, IndexedSource, SearchResult, SectionText, SourceList
from bot.mcp.sections import find_section, name_anchors, split_sections, write_sections
from bot.service.answers import AnswerService
from bot.service.caller import Caller
from core.answer.prompt import estimate_tokens
from core.domain import Edition, Hit, Source
from core.errors import IngestError, SourceUnknown
from core.index.port import PageStore, StoredPage

NOTHING_INDEXED = (
    "Nothing is indexed yet. The operator adds documentation with `footnote sources add URL` and `footnote crawl`; "
    "ask again after that."
)
MOST_LISTED, MOST_NAMED = 300, 20


@dataclass(frozen=True, slots=True)
class Library:
    """Reads for callers. Raises `FootnoteError` with sentences that say what to do."""

    answers: AnswerService
    pages: PageStore

    async def search(
        self, query: str, caller: Caller, sources: Sequence[str], edition: Edition, limit: int, max_tokens: int
    ) -> SearchResult:
        """Return the best passages that fit into `max_tokens` by estimate, and at least the first."""
        await self.check_sources(sources, caller)
        hits = await self.answers.search(caller, query, limit, tuple(sources), edition)
        if not hits:
            await self.check_indexed(caller)
        kept = _fitting(hits, max_tokens)
        times = await self.crawl_times(kept)
        return SearchResult(hits=[_to_found(hit, times) for hit in kept], left_out=len(hits) - len(kept))

    async def read(self, url: str, caller: Caller, around: str, *, source: str = "") -> SectionText:
        """Return a stored section, or the whole page around it. Raises `IngestError` where there is none."""
        page = await self.pages.read_page(url, caller.audience, source=source)
        if page is None:
            await self.check_indexed(caller)
            raise IngestError(
                f"No page is stored for {quote_name(url)}. Take a url from search_docs or ask_docs; nothing is "
                "fetched from the web."
            )
        return _to_text(page, url, around)

    async def list_sources(self, caller: Caller) -> SourceList:
        """Return the sources that the caller sees, by name."""
        sources = await self.seen_sources(caller)
        editions = await self.pages.list_editions(caller.audience)
        now = datetime.now(UTC)
        listed = []
        for source in sources[:MOST_LISTED]:
            of = editions.get(source.name)
            listed.append(
                IndexedSource(
                    name=source.name,
                    root=source.root_url,
                    versions=list(of.versions) if of else [],
                    languages=list(of.languages) if of else [],
                    age_hours=round((now - source.last_crawl).total_seconds() / 3600, 1) if source.last_crawl else None,
                    verdict=source.verdict,
                )
            )
        return SourceList(sources=listed, left_out=len(sources) - len(listed))

    async def seen_sources(self, caller: Caller) -> list[Source]:
        """Return the sources that the caller sees, by name."""
        return await self.answers.list_sources(caller)

    async def check_sources(self, names: Collection[str], caller: Caller) -> None:
        """Raise `SourceUnknown`, with the names that there are, unless all are sources that the caller sees."""
        if not names:
            return
        there = [source.name for source in await self.seen_sources(caller)]
        unknown = sorted(set(names) - set(there))
        if not unknown:
            return
        if not there:
            raise IngestError(NOTHING_INDEXED)
        near = get_close_matches(unknown[0], there, MOST_NAMED, cutoff=0.3)
        named = list(dict.fromkeys((*near, *there)))[:MOST_NAMED]
        more = f" and {len(there) - len(named)} more, see list_sources" if len(there) > len(named) else ""
        raise SourceUnknown(
            f"There is no source named {quote_name(unknown[0])}. There are: {', '.join(named)}{more}. "
            "Leave sources out to search all of them."
        )

    async def check_indexed(self, caller: Caller) -> None:
        """Raise `IngestError` if the caller sees no passage at all."""
        if not any(source.passages for source in await self.seen_sources(caller)):
            raise IngestError(NOTHING_INDEXED)

    async def crawl_times(self, hits: Collection[Hit]) -> Mapping[tuple[str, str], datetime]:
        """Return when the pages of hits were crawled last, by source and url."""
        return await self.pages.crawl_times({(hit.source, hit.passage.url) for hit in hits})


def _fitting(hits: Sequence[Hit], tokens: int) -> list[Hit]:
    kept: list[Hit] = []
    for hit in hits:
        tokens -= estimate_tokens(hit.passage.text)
        if kept and tokens < 0:
            break
        kept.append(hit)
    return kept


def _to_found(hit: Hit, times: Mapping[tuple[str, str], datetime]) -> FoundPassage:
    return FoundPassage(
        url=hit.passage.link,
        path=list(hit.passage.path),
        kind=hit.passage.kind.value,
        text=hit.passage.text,
        source=hit.source,
        version=hit.edition.version,
        vector_rank=hit.vector_rank,
        lexical_rank=hit.lexical_rank,
        crawled_at=times.get((hit.source, hit.passage.url)),
    )


def _to_text(page: StoredPage, url: str, around: str) -> SectionText:
    sections = split_sections(page.passages)
    place = find_section(sections, url)
    if place is None:
        raise IngestError(name_anchors(page, sections))
    is_page = around == "page"
    written = write_sections(sections if is_page else sections[place : place + 1])
    following = written.left if is_page else sections[place + 1] if place + 1 < len(sections) else None
    before = sections[place - 1] if place and not is_page else None
    return SectionText(
        url=page.url if is_page else sections[place].link,
        title=page.passages[0].title,
        markdown=written.markdown,
        previous=before.link if before else None,
        next=following.link if following else None,
        is_cut=written.is_cut,
        source=page.source,
        version=page.edition.version,
        language=page.edition.language,
        crawled_at=page.crawled_at,
    )
