"""A folder of documents read as a source: what is found, what is left out, and that nothing is lost with a mount."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Source
from core.errors import SiteUnreachable
from core.index.crawling import CrawlReport, KnownPage, Outlook, Verdict
from ingest.folders import files
from ingest.folders.addresses import Addresses, file_url
from ingest.folders.checkout import checkout_of, find_web_url
from ingest.folders.files import read, scan
from ingest.folders.folder import Folder
from ingest.folders.opening import FileRefused
from ingest.frontier import Bounds
from ingest.pages import Editions, Failed, Kept, Outcome, Skipped, Unchanged, Visited
from ingest.parsing.parse import Parser
from ingest.sync import sync
from ingest.verdict import Tally, judge, leavers
from ingest.web.body import decode_text
from tests.fakes import FakeEmbedder
from tests.ingest.crawling import MemoryCorpus
from tests.ingest.pdfs import paragraph, pdf

BLOB = "https://github.com/o/r/blob/main/docs/"
WORDS = "Each page of this manual explains one thing in so many words that it is worth keeping for those who ask."


def page(title: str, more: str = "") -> str:
    return f"# {title}\n\n## Part & more\n\n{title}. {WORDS}\n\n{more}"


def write(root: Path, name: str, text: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    root = Path(os.path.realpath(tmp_path)) / "docs"
    write(root, "index.md", page("Start", "[next](guide/start.md#x), [out](https://e.example/), [none](lost.md)"))
    write(root, "guide/start.md", page("Guide"))
    write(root, "guide/page.html", f"<h1 id=top>Page</h1><p>Of HTML. {WORDS}</p>")
    return root


@pytest.fixture
async def parser() -> AsyncIterator[Parser]:
    async with Parser() as opened:
        yield opened


def make_link(folder: Path) -> None:
    """Move the folder elsewhere, with a symbolic link in its place."""
    folder.rename(folder.parent / "moved")
    folder.symlink_to(folder.parent / "moved")


def empty(folder: Path) -> None:
    """Empty the folder, as a file system looks that is not mounted."""
    shutil.rmtree(folder)
    folder.mkdir()


def source_of(root: Path, url: str = BLOB) -> Source:
    return Source(1, "docs", url, served_at=file_url(root), kind="folder")


async def walked(
    source: Source, parser: Parser, known: Mapping[str, KnownPage] | None = None, bounds: Bounds | None = None
) -> dict[str, Outcome]:
    """Return the outcome of each file, by the part of its url after the root."""
    async with aclosing(Folder(source, parser, bounds).walk(known or {}, {})) as outcomes:
        found = {one.url: one async for one in outcomes if not isinstance(one, (Visited, Editions))}
    return {url.removeprefix(source.root_url): outcome for url, outcome in found.items()}


def known_from(found: Mapping[str, Outcome]) -> dict[str, KnownPage]:
    pages = [outcome for outcome in found.values() if isinstance(outcome, Kept)]
    return {page.url: KnownPage(page.url, page.etag, "", page.links, 0, page.fingerprint) for page in pages}


def kept(found: Mapping[str, Outcome]) -> list[str]:
    return sorted(name for name, outcome in found.items() if isinstance(outcome, Kept))


def reasons(found: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: outcome.reason for name, outcome in found.items() if isinstance(outcome, (Skipped, Failed))}


async def test_documents_are_pages_whose_links_lead_to_where_they_can_be_read(docs: Path, parser: Parser) -> None:
    found = await walked(source_of(docs), parser)
    assert kept(found) == ["guide/page.html", "guide/start.md", "index.md"]
    start = found["index.md"]
    assert isinstance(start, Kept)
    assert (start.title, start.passages[0].link) == ("Start", f"{BLOB}index.md#part--more")
    assert start.links == (f"{BLOB}guide/start.md", "https://e.example/")


async def test_what_is_no_document_of_the_folder_is_left_out_with_its_reason(docs: Path, parser: Parser) -> None:
    secret = write(docs.parent, "secret.md", page("Secret"))
    (docs / "link.md").symlink_to(secret)
    (docs / "outside").symlink_to(docs.parent)
    os.mkfifo(docs / "pipe.md")
    for name in (".hidden/a.md", "node_modules/x/README.md", "_build/html/index.html", "image.svg", "code.py"):
        write(docs, name, page("No"))
    write(docs, "a.org", "* Title\n")
    write(docs, "b.pdf", pdf([paragraph(WORDS, 700)]))
    write(docs, "c.md", "")
    write(docs, "d.md", page("Start", "[next](guide/start.md#x), [out](https://e.example/), [none](lost.md)"))
    write(docs, "e.md", f"---\ndraft: true\n---\n{page('Draft')}")
    found = await walked(source_of(docs), parser)
    assert kept(found) == ["d.md", "guide/page.html", "guide/start.md"]
    assert reasons(found) == {
        "link.md": "symbolic link",
        "pipe.md": "not a page",
        "a.org": "not a page",
        "b.pdf": "pdf",
        "c.md": "no text",
        "e.md": "noindex",
        "index.md": "duplicate",
    }


async def test_a_folder_of_built_pages_has_its_indexes_and_sources_left_out(docs: Path, parser: Parser) -> None:
    body = f"<h1>Index</h1><p>{WORDS * 9}</p>"
    names = ("genindex.html", "_modules/x.html", "search.html", "api/class_list.html", "api/class-use/A.html")
    for number, name in enumerate((*names, "guide/search.html", "search.md")):
        write(docs, name, f"{body}<p>Number {number}.</p>" if name.endswith("html") else page("Search"))
    found = await walked(source_of(docs), parser)
    assert set(kept(found)) > {"guide/search.html", "search.md"}
    assert reasons(found) == dict.fromkeys(names, "print, index or search page")


async def test_patterns_pdfs_size_and_page_limit_are_those_of_a_site(
    docs: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(docs, "manual.pdf", pdf([paragraph(WORDS, 700)], title="Manual"))
    write(docs, "big.md", "x" * 2_000)
    monkeypatch.setattr(files, "MAX_BODY", 1_000)
    source = replace(source_of(docs), pdf=True, exclude=("guide/*.html",))
    found = await walked(source, parser)
    assert kept(found) == ["guide/start.md", "index.md", "manual.pdf"]
    assert reasons(found) == {"guide/page.html": "excluded", "big.md": "too large"}
    manual = found["manual.pdf"]
    assert isinstance(manual, Kept)
    assert manual.passages[0].link == f"{BLOB}manual.pdf#page=1"
    found = await walked(replace(source_of(docs), include=("guide/**",)), parser, bounds=Bounds(pages=1))
    assert sorted(reasons(found).values()) == ["not included", "not included", "page limit", "pdf"]


async def test_a_folder_whose_time_is_up_keeps_what_was_read_before(docs: Path, parser: Parser) -> None:
    known = known_from(await walked(source_of(docs), parser))
    late = await walked(source_of(docs), parser, known, Bounds(seconds=0.0))
    assert sum(reason == "time limit" for reason in reasons(late).values()) == len(known) - 1
    tally = Tally()
    for outcome in late.values():
        tally.take(outcome)
    assert judge(tally, known, Outlook(len(known), len(known))).verdict is Verdict.PARTIAL
    assert leavers(tally, known) == ([], [])


async def test_gitignore_is_obeyed_with_that_of_the_folders_above(docs: Path, parser: Parser) -> None:
    (docs.parent / ".git").mkdir()
    write(docs.parent, ".gitignore", "/docs/guide/*.html\n*.tmp.md\n# a comment\nbad\\\n")
    write(docs, ".gitignore", "drafts/\n/top.md\n!keep.tmp.md\n")
    for name in ("a.tmp.md", "keep.tmp.md", "drafts/x.md", "top.md", "guide/top.md"):
        write(docs, name, page(name))
    found = await walked(source_of(docs), parser)
    assert kept(found) == ["guide/start.md", "guide/top.md", "index.md", "keep.tmp.md"]
    assert reasons(found) == dict.fromkeys(["a.tmp.md", "guide/page.html", "top.md"], "ignored by git")


async def test_an_unchanged_file_is_not_parsed_and_an_edited_one_is(docs: Path, parser: Parser) -> None:
    known = known_from(await walked(source_of(docs), parser))
    write(docs, "guide/start.md", page("Guide", "An edit."))
    found = await walked(source_of(docs), parser, known)
    assert kept(found) == ["guide/start.md"]
    assert isinstance(found["index.md"], Unchanged)


async def test_a_duplicate_of_an_unchanged_page_stays_one(docs: Path, parser: Parser) -> None:
    write(docs, "longer-name.md", (docs / "index.md").read_bytes())
    first = await walked(source_of(docs), parser)
    again = await walked(source_of(docs), parser, known_from(first))
    assert reasons(first) == reasons(again) == {"longer-name.md": "duplicate"}


async def test_versions_in_a_folder_are_told_apart_also_where_nothing_changed(docs: Path, parser: Parser) -> None:
    for version in ("v1.0", "v2.0"):
        for name in ("a", "b", "c"):
            write(docs, f"versions/{version}/{name}.md", page(name))
    known = known_from(await walked(source_of(docs), parser))
    assert len(known) == 9
    async with aclosing(Folder(source_of(docs), parser).walk(known)) as found:
        (editions,) = [one async for one in found if isinstance(one, Editions)]
    assert editions.by_url[f"{BLOB}versions/v1.0/a.md"].version == "v1.0"


async def test_a_folder_that_cannot_be_opened_says_nothing_about_its_files(docs: Path, parser: Parser) -> None:
    known = known_from(await walked(source_of(docs), parser))
    (docs / "index.md").unlink()
    scan = files.scan

    def half_blind(root: Path, *, pdf: bool, checkout: Path | None = None) -> files.Scanned:
        found = scan(root, pdf=pdf, checkout=checkout)
        return files.Scanned([], {}, ["guide/"]) if found.names else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.folders.folder.scan", half_blind)
        found = await walked(source_of(docs), parser, known)
    assert found == {
        "guide/page.html": Failed(f"{BLOB}guide/page.html", "cannot be read"),
        "guide/start.md": Failed(f"{BLOB}guide/start.md", "cannot be read"),
        "index.md": Skipped(f"{BLOB}index.md", "file deleted"),
    }


def test_a_path_that_became_a_link_since_the_scan_is_not_read(docs: Path) -> None:
    write(docs.parent, "secret/start.md", page("Secret"))
    shutil.rmtree(docs / "guide")
    (docs / "guide").symlink_to(docs.parent / "secret")
    with pytest.raises(files.FileRefused, match="symbolic link"):  # type: ignore[attr-defined]  # where the code under test has it
        files.read(docs, "guide/start.md")
    (docs / "index.md").unlink()
    (docs / "index.md").symlink_to(docs.parent / "secret" / "start.md")
    with pytest.raises(OSError, match="symbolic link"):
        files.read(docs, "index.md")


async def test_a_folder_that_leads_elsewhere_now_is_not_read(docs: Path, parser: Parser) -> None:
    source = source_of(docs)
    make_link(docs)
    with pytest.raises(SiteUnreachable, match="leads to another"):
        await walked(source, parser)


@pytest.mark.parametrize(
    ("generator", "urls"),
    [
        ("mkdocs.yml", ["", "guide/", "guide/start/", "a%20b/", "x.html"]),
        ("docusaurus.config.js", ["", "guide/", "guide/start", "a%20b", "x.html"]),
        ("docs/conf.py", ["", "guide/README.html", "guide/start.html", "a%20b.html", "x.html"]),
        ("nothing", ["index.md", "guide/README.md", "guide/start.mdx", "a%20b.md", "x.html"]),
    ],
)
def test_published_urls_are_those_that_the_generator_makes(tmp_path: Path, generator: str, urls: list[str]) -> None:
    write(tmp_path, generator, "")
    (tmp_path / "docs").mkdir(exist_ok=True)
    names = ["index.md", "guide/README.md", "guide/start.mdx", "a b.md", "x.html"]
    root = "https://docs.example.org/v1/"
    addresses = Addresses(root, tmp_path / "docs", names)
    assert [addresses.url(name) for name in names] == [root + url for url in urls]
    assert Addresses(BLOB, tmp_path / "docs", names).url("a b.md") == f"{BLOB}a%20b.md"


async def crawled(source: Source, corpus: MemoryCorpus, parser: Parser) -> CrawlReport:
    return await sync(source, corpus, FakeEmbedder(), Folder(source, parser).walk, watch=lambda _: None)


async def test_a_deleted_file_leaves_at_once_and_an_emptied_folder_empties_no_index(docs: Path, parser: Parser) -> None:
    for number in range(8):
        write(docs, f"p{number}.md", page(f"P{number}"))
    corpus, source = MemoryCorpus(), source_of(docs)
    first = await crawled(source, corpus, parser)
    assert (first.verdict, first.pages) == (Verdict.OK, 11)
    (docs / "p1.md").unlink()
    second = await crawled(source, corpus, parser)
    assert (second.verdict, second.skipped, len(corpus.pages)) == (Verdict.OK, {"file deleted": 1}, 10)

    shutil.rmtree(docs / "guide")
    for number in range(2, 8):
        (docs / f"p{number}.md").unlink()
    assert (await crawled(source, corpus, parser)).verdict is Verdict.QUARANTINED
    empty(docs)
    emptied = await crawled(source, corpus, parser)
    shutil.rmtree(docs)
    missing = await crawled(source, corpus, parser)
    assert (emptied.verdict, missing.verdict) == (Verdict.ABORTED, Verdict.ABORTED)
    assert "is not there" in missing.reason
    assert len(corpus.pages) == 10


def test_a_pipe_in_place_of_a_file_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / ".git").mkdir()
    for name in (".gitignore", ".git/HEAD", ".git/config", "docs/.gitignore", "docs/b.md"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "docs" / "a.md").write_text(f"# A\n\n{WORDS}")
    assert find_web_url(tmp_path / "docs") == ""
    scanned = scan(tmp_path / "docs", pdf=False, checkout=checkout_of(tmp_path / "docs"))
    assert scanned.names == ["a.md", "b.md"]
    with pytest.raises(FileRefused, match="not a page"):
        read(tmp_path / "docs", "b.md")


def test_what_is_no_text_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "picture.md").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "wide.md").write_bytes(f"# Größe\n\n{WORDS}".encode("utf-16"))
    (tmp_path / "stray.md").write_bytes(f"# Stray\0\n\n{WORDS}".encode())
    with pytest.raises(FileRefused, match="not a page"):
        read(tmp_path, "picture.md")
    assert decode_text(read(tmp_path, "wide.md"), "text/markdown; charset=utf-8").startswith("# Größe")
    assert read(tmp_path, "stray.md")
