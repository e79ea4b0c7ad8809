"""Editions from end to end: a served site of three versions and a translation, crawled and asked as a user would."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.site_server import serve_site
from tests.bot.called import call
from tests.bot.install import Install

_HELLO = {"en": "The frobnicator greets who starts it", "de": "Der Frobnicator begrüßt jeden, der ihn startet"}
_WORDS = (
    "It reads a file of settings from the folder where it is started, and says what it found there before anything "
    "else happens. The file may be empty, and need not be there at all. This page is about release"
)


def _page(title: str, release: str, language: str, links: list[str]) -> str:
    menu = "".join(f'<li><a href="/{link}">{link}</a></li>' for link in links)
    text = f"{_HELLO[language]}. {_WORDS} {release}."
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><nav><ul>{menu}</ul></nav><main><h1>{title}</h1><p>{text} {title}.</p></main></body></html>"
    )


def write_site(folder: Path, *versions: str) -> None:
    """Write `/`, the versions, and `/de/`; each with the same three pages, but for the release that they name."""
    folders = dict.fromkeys(versions, "en") | {"de": "de"}
    names = ("install.html", "settings.html", "usage.html")
    links = [f"{each}/{name}" for each in folders for name in names]
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text(_page("Frobnicator", "overview", "en", links), "utf-8")
    for each, language in folders.items():
        (folder / each).mkdir(exist_ok=True)
        for name in names:
            title = name.removesuffix(".html").title()
            (folder / each / name).write_text(_page(title, each, language, links), "utf-8")


async def folders(install: Install, *filters: str) -> set[str]:
    """Return the folders of the site in which a search finds something."""
    found = await call(install, "search", "frobnicator settings", "--limit", "50", "--json", *filters)
    assert found.code == 0, found.err
    return {"/".join(hit["url"].split("/")[3:-1]) for hit in found.json["hits"]}


async def test_the_newest_version_and_the_operators_language_win_and_others_are_found_by_filter(
    install: Install, tmp_path: Path
) -> None:
    pages = tmp_path / "site"
    write_site(pages, "1.0", "2.0")
    async with serve_site(pages) as root:
        await call(install, "sources", "add", root, "--name", "frob", "--allow-private")
        first = await install.run("crawl", "frob", "--json")
        assert (first.json["verdict"], first.json["pages"], first.json["skipped"]) == ("ok", 10, {}), first.err
        assert await folders(install) == {"", "2.0"}
        write_site(pages, "1.0", "2.0", "latest")
        second = await install.run("crawl", "frob", "--json")
        assert (second.json["verdict"], second.json["removed"]) == ("ok", 0), second.err
        assert await folders(install) == {"", "latest"}
        again = await install.run("crawl", "frob", "--json")
        assert (again.json["verdict"], again.json["embedded"], again.json["fetched"]) == ("ok", 0, 0)
    for filters, expected in (
        (("--version", "v1.0"), {"1.0"}),
        (("--version", "2.0", "--language", "en"), {"2.0"}),
        (("--language", "de"), {"de"}),
    ):
        assert await folders(install, *filters) == expected
    asked = await install.run("ask", "What does the frobnicator read its settings from?", "--version", "1.0", "--json")
    assert asked.json["citations"], asked.out
    assert all("/1.0/" in each["url"] and "(1.0, en)" in each["title"] for each in asked.json["citations"])
    unknown = await call(install, "ask", "anything", "--version", "9")
    assert (unknown.code, "there are latest, 2.0, 1.0" in unknown.err.replace("current, ", "")) == (1, True), (
        unknown.err
    )


@pytest.mark.long
async def test_an_operator_of_another_language_gets_that_one(dsn: str, tmp_path: Path) -> None:
    install, pages = Install(tmp_path, {"DATABASE_URL": dsn, "DOCS_LANGUAGE": "de"}), tmp_path / "site"
    write_site(pages, "1.0", "2.0")
    async with serve_site(pages) as root:
        await call(install, "sources", "add", root, "--name", "frob", "--allow-private")
        assert (await install.run("crawl", "frob", "--json")).code == 0
    assert await folders(install) == {"de"}
    assert await folders(install, "--language", "en") == {"", "2.0"}
