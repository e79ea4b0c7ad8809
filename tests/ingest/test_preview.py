"""`ingest.preview`: what a crawl would do, with the real fetcher and the real parse child, and nothing stored."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from core.config.settings import Settings
from core.domain import Source
from core.errors import SiteUnreachable
from ingest.folders.addresses import file_url
from ingest.preview import SHOWN_PASSAGES, preview
from tests.ingest.crawling import source_of
from tests.servers.site import DocSite, serve_site

WORDS = "Each page of this manual explains one thing in so many words that it is worth keeping for those who ask. "
CODE = "<pre><code class='language-python'>for page in pages:\n    keep(page)</code></pre>"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings()


def manual(title: str, *links: str, more: str = "") -> str:
    anchors = "".join(f'<a href="{link}">next</a> ' for link in links)
    text = f"<main><h1 id='top'>{title}</h1><p>{title}. {WORDS}</p>{more}</main>"
    return f"<html><head><title>{title}</title></head><body>{text}<nav>{anchors}</nav></body></html>"


def site_of(*links: str, pages: int = 3, more: str = "") -> DocSite:
    names = [f"p{number}" for number in range(pages)]
    return DocSite(
        {"/docs/": manual("Start", *names, *links)} | {f"/docs/{name}": manual(name, more=more) for name in names}
    )


async def test_pages_are_told_with_title_and_passages_and_the_rest_by_reason(settings: Settings) -> None:
    site = site_of("/blog/", "/elsewhere/", "logo.png", "lost", more=CODE)
    async with serve_site(site):
        shown = await preview(source_of(site), settings)
    assert [(page.title, page.passages) for page in shown.pages] == [("Start", 1), ("p0", 1), ("p1", 1), ("p2", 1)]
    assert {(group.reason, group.count) for group in shown.left_out} == {
        ("out of scope", 2),
        ("not a page", 1),
        ("http 404", 1),
    }
    assert shown.left_out[0].urls == (site.url("/blog/"), site.url("/elsewhere/"))
    assert shown.below == site.url("/docs/")
    assert shown.not_asked == 0


async def test_the_sample_is_the_page_with_the_most_to_show_and_its_code_is_whole(settings: Settings) -> None:
    site = site_of()
    site.pages["/docs/p1"] = manual("p1", more=CODE)
    async with serve_site(site):
        shown = await preview(source_of(site), settings)
    passage = shown.passages[0]
    assert shown.sample == site.url("/docs/p1")
    assert (passage.path, passage.link) == (("p1",), site.url("/docs/p1#top"))
    assert "```python\nfor page in pages:\n    keep(page)\n```" in passage.text


async def test_beyond_the_limit_nothing_is_asked_and_the_urls_are_counted(settings: Settings) -> None:
    site, read = site_of(pages=30), list[int]()
    async with serve_site(site):
        shown = await preview(source_of(site), settings, pages=5, watch=read.append)
    assert (len(shown.pages), shown.not_asked) == (5, 26)
    assert sum(path.startswith("/docs/p") for path in site.asked) == 4
    assert max(read) == 5


async def test_sitemaps_and_a_crawl_delay_are_told_and_each_is_asked_for_once(settings: Settings) -> None:
    site = site_of(pages=1)
    site.robots = "User-agent: *\nCrawl-delay: 0.01\nSitemap: /index.xml\nSitemap: /broken.xml\n"
    site.files["/index.xml"] = b"<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap></sitemapindex>"
    site.files["/pages.xml"] = b"<urlset><url><loc>/docs/p0</loc></url><url><loc>/docs/</loc></url></urlset>"
    site.files["/broken.xml"] = b"<urlset><url>"
    async with serve_site(site):
        shown = await preview(source_of(site), settings)
    found = {sitemap.url.removeprefix(site.base_url): sitemap for sitemap in shown.sitemaps}
    assert (found["/index.xml"].sitemaps, found["/pages.xml"].pages) == (1, 2)
    assert found["/broken.xml"].trouble.startswith("broken xml")
    assert shown.crawl_delay == 0.01
    assert shown.left_out == ()
    assert {path: count for path, count in site.asked.items() if count > 1} == {}


async def test_it_is_json_and_short_however_long_the_pages_are(settings: Settings) -> None:
    site = site_of(pages=1)
    sections = "".join(f"<h2 id='s{n}'>Section {n}</h2><p>{WORDS * 9} {n}</p>" for n in range(60))
    site.pages["/docs/p0"] = manual("Long", more=sections)
    async with serve_site(site):
        shown = await preview(source_of(site), settings)
    assert len(shown.passages) == SHOWN_PASSAGES
    assert json.loads(json.dumps(asdict(shown)))["pages"][1]["passages"] > SHOWN_PASSAGES
    assert len(json.dumps(asdict(shown))) < 20_000


async def test_a_site_that_cannot_be_read_is_an_error_with_its_reason(settings: Settings) -> None:
    async with serve_site(DocSite({})) as site:
        with pytest.raises(SiteUnreachable, match="http 404"):
            await preview(source_of(site), settings)


async def test_a_folder_is_previewed_from_its_files(settings: Settings, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("index", "install", "usage"):
        (docs / f"{name}.md").write_text(f"# {name}\n\n{name}. {WORDS * 3}\n", "utf-8")
    source = Source(0, "docs", "https://docs.example/", served_at=file_url(docs), kind="folder")
    shown = await preview(source, settings, pages=2)
    assert (shown.kind, len(shown.pages), shown.not_asked) == ("folder", 2, 1)
    assert shown.passages[0].link.startswith("https://docs.example/")


async def test_a_single_page_is_previewed_alone(settings: Settings) -> None:
    async with serve_site(site_of()) as site:
        shown = await preview(replace(source_of(site), kind="page"), settings)
    assert [page.title for page in shown.pages] == ["Start"]
