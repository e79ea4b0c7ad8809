"""`ingest.assembly`: a crawl from settings, with the real fetcher and the real parse child."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config.settings import Settings
from core.index.crawling import Verdict
from ingest.assembly import crawl_source, user_agent
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import MemoryCorpus, source_of
from tests.servers.site import DocSite, serve_site

WORDS = "Each page of this manual explains one thing in so many words that it is worth keeping for those who ask."


def manual(title: str, *links: str) -> str:
    anchors = "".join(f'<a href="{link}">next</a> ' for link in links)
    text = f"<main><h1>{title}</h1><p>{title}. {WORDS}</p></main>"
    return f"<html><head><title>{title}</title></head><body>{text}<nav>{anchors}</nav></body></html>"


async def test_a_source_is_crawled_with_what_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = MemoryCorpus()
    names = [f"p{number}" for number in range(6)]
    site = DocSite({"/docs/": manual("Start", *names)} | {f"/docs/{name}": manual(name) for name in names})
    async with serve_site(site):
        settings = Settings(CRAWL_MAX_PAGES=4)
        report = await crawl_source(
            source_of(site), corpus, FakeEmbedder(), settings, watch=lambda _: None, connections=1
        )
        assert (report.verdict, report.pages) == (Verdict.PARTIAL, 4)
        assert report.skipped["page limit"] == 3
        assert site.peak == 1
        assert set(site.agents) == {user_agent()}
        assert all(WORDS in passage.text for passages in corpus.passages.values() for passage in passages)


def test_the_agent_names_itself_its_version_and_a_contact() -> None:
    name, _, rest = user_agent().partition("/")
    assert name == "footnote-bot"
    assert "(+https://" in rest
