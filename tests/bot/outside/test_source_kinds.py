"""Folders, pages, lists and patterns as users meet them: real files, a real Postgres, and crawls as processes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.site_server import serve_site
from tests.bot.called import call
from tests.bot.install import Install, write_site
from tests.ingest.pdfs import Row, paragraph, pdf

VALVE = (
    "Close the inlet valve before the filter is taken out, because the pump would otherwise draw air into the line and "
    "run dry within a minute. The filter itself is held by two clips that are opened by hand."
)
RELAY = (
    "The relay of the heater opens when the voltage falls below the limit that the operator has set, and closes again "
    "once it has been above that limit for a minute. Until then the heater stays cold and the lamp is lit."
)


def write_docs(folder: Path) -> Path:
    """Write a checkout with a folder of markdown and a PDF. -> that folder."""
    docs = folder / "handbook" / "docs"
    (docs / "guide").mkdir(parents=True)
    (docs / "index.md").write_text(
        "---\ntitle: Handbook\n---\n\n# Handbook\n\nAll about the machine and those who look after it.",
        "utf-8",
    )
    (docs / "guide" / "filter.md").write_text(
        f"# Filter\n\n## Change the filter\n\n!!! warning\n    {VALVE}\n", "utf-8"
    )
    rows = [Row("Heater relay", 740, size=18), *paragraph(RELAY, 700)]
    (docs / "heater.pdf").write_bytes(pdf([[], rows], marks=[("Heater relay", 1, 1)], title="Heater manual"))
    git = folder / "handbook" / ".git"
    git.mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (git / "config").write_text('[remote "origin"]\n\turl = https://bot:s3cret@github.com/acme/handbook.git\n', "utf-8")
    return docs


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_docs(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory, docs: Path, kept: str) -> Install:
    """Prepare an install that has read the folder."""
    install = Install(tmp_path_factory.mktemp("install"), {"DATABASE_URL": kept})

    async def prepare() -> None:
        added = await install.run("sources", "add", str(docs), "--include-pdf", "--licence", "MIT", "--json")
        assert added.code == 0, added.err
        assert added.json["name"] == "handbook-docs"
        assert added.json["root_url"] == "https://github.com/acme/handbook/blob/main/docs/"
        assert "s3cret" not in added.out
        crawl = await install.run("crawl", "handbook-docs", "--json")
        assert crawl.code == 0, crawl.err
        assert (crawl.json["verdict"], crawl.json["pages"], crawl.json["skipped"]) == ("ok", 3, {})

    asyncio.run(prepare())
    return install


async def test_an_answer_from_a_folder_links_to_the_section_on_the_git_host(crawled: Install) -> None:
    answered = await crawled.run("ask", "What must be closed before the filter is taken out?", "--json")
    assert answered.code == 0, answered.err
    assert "inlet valve" in answered.json["answer"]
    (first, *_) = answered.json["citations"]
    assert first["url"] == "https://github.com/acme/handbook/blob/main/docs/guide/filter.md#change-the-filter"
    assert first["path"] == ["Filter", "Change the filter"]


async def test_an_answer_from_a_pdf_links_to_its_page(crawled: Install) -> None:
    answered = await call(crawled, "ask", "When does the relay of the heater open?", "--json")
    (first, *_) = answered.json["citations"]
    assert first["url"] == "https://github.com/acme/handbook/blob/main/docs/heater.pdf#page=2"
    assert first["path"] == ["Heater manual", "Heater relay"]


async def test_a_second_crawl_reads_what_changed_and_a_deleted_file_leaves(install: Install, tmp_path: Path) -> None:
    docs = await asyncio.to_thread(write_docs, tmp_path)
    await call(install, "sources", "add", str(docs), "--name", "book", "--url", "https://docs.example.org/v1")
    first = await install.run("crawl", "book", "--json")
    assert (first.json["pages"], first.json["skipped"]) == (2, {"pdf": 1})
    await asyncio.to_thread((docs / "index.md").unlink)
    again = await install.run("crawl", "book", "--json")
    assert (again.json["verdict"], again.json["not_modified"], again.json["embedded"]) == ("ok", 1, 0)
    assert again.json["skipped"] == {"pdf": 1, "file deleted": 1}
    changed = await call(install, "sources", "set", "book", "--exclude", "a\\b")
    assert (changed.code, changed.err.count("\n")) == (2, 1)
    found = await call(install, "search", "filter", "--json")
    assert {hit["url"] for hit in found.json["hits"]} == {"https://docs.example.org/v1/guide/filter.md"}


async def test_pages_lists_and_patterns_of_a_site(install: Install, tmp_path: Path) -> None:
    site = await asyncio.to_thread(write_site, tmp_path / "site")
    async with serve_site(site) as root:
        urls = tmp_path / "urls.txt"
        await asyncio.to_thread(urls.write_text, f"# two pages\n{root}install.html\n\n{root}training.html\n", "utf-8")
        for name, arguments in {
            "page": (f"{root}install.html", "--page"),
            "list": (str(urls),),
            "part": (root, "--include", "install*", "--include", "training*", "--exclude", "training.*"),
        }.items():
            added = await call(install, "sources", "add", *arguments, "--name", name, "--allow-private", "--json")
            assert added.code == 0, added.err
            assert added.json["kind"] == ("site" if name == "part" else name)
        page, many, part = [(await install.run("crawl", name, "--json")).json for name in ("page", "list", "part")]
        changed = await call(install, "sources", "set", "list", "--include", "a/**")
    assert (changed.code, "one by one" in changed.err) == (2, True)
    assert (page["pages"], page["skipped"]) == (1, {})
    assert (many["pages"], many["skipped"]) == (2, {})
    assert (part["pages"], part["skipped"]) == (1, {"not included": 1, "excluded": 1})


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "Name what to add"),
        (("https://a.example/", "--list", "x.txt"), 2, "not both"),
        (("./nothing",), 2, "There is no folder or file"),
        (("nothing",), 2, "There is no folder or file nothing here, and a url begins with https://"),
        (("docs/guide",), 2, "There is no folder or file docs/guide here"),
        (("ftp://docs.example.org/",), 1, "must begin with http"),
        (("one.md",), 2, "name the folder that holds it"),
        (("/",), 2, "not the whole disk"),
        ((".", "--page"), 2, "--page is for a url"),
        ((".", "--scope", "https://a.example/"), 2, "--scope is for a site"),
        ((".", "--render"), 2, "--render is for what is read from a site"),
        ((".", "--url", "nonsense"), 1, "must begin with http"),
        (("https://a.example/", "--url", "https://b.example/"), 2, "--url says where"),
        (("https://a.example/", "--page", "--include", "a/**"), 2, "for sites and folders"),
        (("https://a.example/", "--include", "https://a.example/b"), 2, "no url"),
        (("--list", "empty.txt"), 2, "names no url"),
        (("--list", "missing.txt"), 2, "is no file"),
        (("--list", "hosts.txt"), 2, "line 3: all urls of a list are on one host"),
        (("--list", "broken.txt"), 1, "line 1: The url must begin with"),
        (("--list", "binary.txt"), 2, "is no text in UTF-8"),
    ],
)
async def test_a_wrong_use_gets_one_sentence(tmp_path: Path, arguments: Sequence[str], code: int, words: str) -> None:
    files = {
        "one.md": b"# One",
        "empty.txt": b"# nothing\n\n",
        "hosts.txt": b"https://a.example/x\n\nhttps://b.example/y\n",
        "broken.txt": b"ftp://a.example/x\n",
        "binary.txt": b"\xff\xfe\xff",
    }
    for name, body in files.items():
        await asyncio.to_thread((tmp_path / name).write_bytes, body)
    added = await call(Install(tmp_path), "sources", "add", *arguments)
    assert added.code == code
    assert words in added.err
    assert added.err.count("\n") == 1
    assert not await asyncio.to_thread((tmp_path / "home").exists)
