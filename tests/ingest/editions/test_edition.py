"""Recognising editions: what is one, and the many things that only look like one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from core.domain import Edition
from ingest.editions.branches import Says
from ingest.editions.edition import recognise_editions

ROOT = "https://h/docs/"
PAGES = ("", "install", "guide/start", "guide/usage", "reference")


def site(*folders: str, says: Mapping[str, Says] | None = None, pages: Iterable[str] = PAGES) -> dict[str, str]:
    """Return the same pages in each folder. `says`: the editions that the pages of a folder claim."""
    return {f"{ROOT}{folder}{page}": str((says or {}).get(folder, "")) for folder in folders for page in pages}


def found(pages: Mapping[str, str], folder: str = ROOT) -> dict[str, str]:
    """Return path of each start page -> its edition in words; a page without one is left out."""
    editions = recognise_editions(pages, folder)
    starts = {url: edition for url, edition in editions.items() if f"{url}install" in pages or url.endswith("/")}
    return {url.removeprefix(folder): str(edition) for url, edition in starts.items()}


EN, DE = Says("en"), Says("de")


VERSIONS = {
    "dotted": (("1.0/", "2.0/", "10.1/"), {"1.0/": "1.0", "2.0/": "2.0", "10.1/": "10.1"}),
    "with names": (("v1.2/", "latest/", "stable/"), {"v1.2/": "v1.2", "latest/": "latest", "stable/": "stable"}),
    "lines": (("1.x/", "2.x/", "next/"), {"1.x/": "1.x", "2.x/": "2.x", "next/": "next"}),
    "prefixed": (("release-1.9/", "main/"), {"release-1.9/": "release-1.9", "main/": "main"}),
    "majors next to a name": (("v1/", "v2/", "latest/"), {"v1/": "v1", "v2/": "v2", "latest/": "latest"}),
    "deeper": (("book/1.0/", "book/2.0/"), {"book/1.0/": "1.0", "book/2.0/": "2.0"}),
    "current without a version": (("", "1.0/"), {"": "current", "1.0/": "1.0"}),
    "current next to next": (("", "next/"), {"": "current", "next/": "next"}),
    "pre-releases": (("3.0rc1/", "2.9/"), {"3.0rc1/": "3.0rc1", "2.9/": "2.9"}),
}


@pytest.mark.parametrize(("folders", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_versions_that_hold_the_same_paths_are_recognised(folders: tuple[str, ...], expected: dict[str, str]) -> None:
    assert found(site(*folders)) == expected


LANGUAGES = {
    "their pages say so": (site("en/", "de/", says={"en/": EN, "de/": DE}), {"en/": "en", "de/": "de"}),
    "silent siblings": (site("en/", "pt-br/", "zh_CN/"), {"en/": "en", "pt-br/": "pt-br", "zh_CN/": "zh-cn"}),
    "one next to the root": (site("", "de/", says={"": EN, "de/": DE}), {"": "en", "de/": "de"}),
    "one next to a silent root": (site("", "zh-hans/", says={"zh-hans/": Says("zh-CN")}), {"zh-hans/": "zh-hans"}),
    "a silent one next to one that says so": (site("de/", "ja/", says={"de/": DE}), {"de/": "de", "ja/": "ja"}),
    "the root's region does not make another language": (
        site("", "en/", "fr/", says={"": Says("en-US"), "en/": EN, "fr/": Says("fr")}),
        {"": "en", "en/": "en", "fr/": "fr"},
    ),
}


@pytest.mark.parametrize(("pages", "expected"), LANGUAGES.values(), ids=LANGUAGES)
def test_languages_are_recognised(pages: dict[str, str], expected: dict[str, str]) -> None:
    assert found(pages) == expected


@pytest.mark.parametrize("form", ["{language}/{version}/", "{version}/{language}/", "docs/{language}/{version}/"])
def test_versions_and_languages_together_in_either_order(form: str) -> None:
    pairs = [(version, language) for version in ("1.0", "2.0", "latest") for language in ("en", "de")]
    folders = {form.format(version=version, language=language): (version, language) for version, language in pairs}
    pages = site(*folders, says={folder: Says(language) for folder, (_, language) in folders.items()})
    assert found(pages) == {folder: f"{version}, {language}" for folder, (version, language) in folders.items()}


def test_a_translation_next_to_the_versions_is_its_languages_current_version() -> None:
    says = {"": EN, "1.0/": EN, "latest/": EN, "de/": DE}
    pages = site("1.0/", "latest/", "de/", says=says) | {ROOT: str(EN)}
    assert found(pages) == {"": "en", "1.0/": "1.0, en", "latest/": "latest, en", "de/": "current, de"}


def test_hreflang_tells_languages_that_no_path_shows() -> None:
    pages = {f"{ROOT}{page}": str(Says("en", "en")) for page in ("install", "use")}
    pages |= {f"{ROOT}{page}": str(Says("en", "de")) for page in ("einrichten", "benutzen")}
    assert {str(edition) for edition in recognise_editions(pages, ROOT).values()} == {"en", "de"}
    assert recognise_editions(pages, ROOT)[f"{ROOT}einrichten"] == Edition(language="de")


def test_two_products_have_two_lines_of_versions() -> None:
    editions = recognise_editions(site("akka/2.6/", "akka/2.7/", "alpakka/4.0/", "alpakka/5.0/"), ROOT)
    assert {edition.place for edition in editions.values()} == {"akka", "alpakka"}


def test_a_version_that_was_written_again_is_one_next_to_others() -> None:
    pages = site("1.0/", "2.0/") | {f"{ROOT}3.0/{page}": "" for page in ("begin", "tour", "index")}
    assert recognise_editions(pages, ROOT)[f"{ROOT}3.0/tour"] == Edition("3.0")


def test_majors_count_where_their_pages_name_them() -> None:
    says = {"v1/": Says("en", "", "1.4.2"), "v2/": Says("en", "", "2.0.0,latest")}
    assert found(site("v1/", "v2/", says=says)) == {"v1/": "v1", "v2/": "v2"}


TRAPS = {
    "a plain site": site(""),
    "one version": site("1.0/"),
    "one language": site("en/", says={"en/": EN}),
    "one language and a start page": site("en/", says={"en/": EN}) | {ROOT: str(EN)},
    "the Go language": site("go/", "python/", says={"go/": EN, "python/": EN}),
    "words that are codes, in English": site("is/", "it/", "as/", says={"is/": EN, "it/": EN, "as/": EN}),
    "SDKs whose names are codes": site("ts/", "cs/", says={"ts/": EN, "cs/": EN}),
    "silent SDKs next to others": site("ts/", "cs/", "py/"),
    "two interfaces": site("v1/", "v2/"),
    "interfaces below api": site("api/v1/", "api/v2/", "guide/"),
    "interfaces with dots": site("api/1.0/", "api/1.1/"),
    "interfaces and a latest one": site("rest/api/2/", "rest/api/3/", "rest/api/latest/"),
    "years of a blog": {f"{ROOT}blog/{year}/{name}": "" for year in (2023, 2024) for name in ("a", "b", f"c{year}")},
    "release notes": {f"{ROOT}releases/{number}/": "" for number in ("1.0", "1.1", "1.2")},
    "pages of releases": {f"{ROOT}{number}": "" for number in ("1.0", "1.1", "1.2")},
    "chapters": {
        f"{ROOT}{chapter}/{name}": "" for chapter, name in (("1.1", "a"), ("1.1", "b"), ("1.2", "c"), ("1.2", "d"))
    },
    "frameworks, one of them called next": site("", "next/", "nuxt/", "remix/"),
    "a page called latest": site("") | {f"{ROOT}latest/": "", f"{ROOT}main": ""},
    "a wrong lang on one page": site("", says={"": EN}) | {f"{ROOT}odd": str(DE)},
}


@pytest.mark.parametrize("pages", TRAPS.values(), ids=TRAPS)
def test_what_only_looks_like_an_edition_is_none(pages: dict[str, str]) -> None:
    assert recognise_editions(pages, ROOT) == {}


def test_numbers_below_a_source_that_is_an_interface_are_no_versions() -> None:
    pages = {url.replace(ROOT, "https://h/api/"): text for url, text in site("1.0/", "2.0/").items()}
    assert recognise_editions(pages, "https://h/api/") == {}


def test_interfaces_within_versions_stay_within_them() -> None:
    pages = site("1.0/", "2.0/", pages=(*PAGES, "api/v1/users", "api/v2/users", "api/v1/groups", "api/v2/groups"))
    editions = recognise_editions(pages, ROOT)
    assert editions[f"{ROOT}2.0/api/v1/users"] == editions[f"{ROOT}2.0/api/v2/users"] == Edition("2.0")


def test_what_a_page_says_is_stored_and_read_again() -> None:
    for says in (Says(), Says("en"), Says("", "de", "1.0"), Says("a;b", "", "2")):
        assert str(Says.of(str(says))) == str(says)
    assert (str(Says()), Says.of("nonsense")) == ("", Says())
