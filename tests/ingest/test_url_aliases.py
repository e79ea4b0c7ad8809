"""`ingest.url_aliases` over real crawls: `x/` and `x/index.html` are one page, one request, under one of its urls."""

from __future__ import annotations

import pytest

from ingest.pages import Failed, Gone, Kept, Skipped, Unchanged
from tests.ingest.crawling import kept, known_from, source_of, walked
from tests.servers.site import DocSite, page, serve_site

FOLDER, INDEX = "/docs/x/", "/docs/x/index.html"


def canonical(href: str) -> str:
    return f'<link rel="canonical" href="{href}">'


async def test_pages_that_are_served_as_index_html_alone_are_found() -> None:
    site = DocSite({"/docs/": page("Start", "x/index.html", "y/index.htm")})
    site.pages |= {INDEX: page("X"), "/docs/y/index.htm": page("Y")}
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", INDEX, "/docs/y/index.htm"]
        again = await walked(site, known=known_from(outcomes))
        assert isinstance(again[INDEX], Unchanged)
        assert not [path for path in site.asked if path in {FOLDER, "/docs/y/"}]


@pytest.mark.parametrize("links", [("x/", "x/index.html"), ("x/index.html", "x/"), ("x/index.htm", "x/", "x/")])
async def test_two_spellings_cost_one_request(links: tuple[str, ...]) -> None:
    site = DocSite({"/docs/": page("Start", *links), FOLDER: page("X"), INDEX: page("X")})
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", FOLDER]
        assert site.asked[FOLDER] + site.asked[INDEX] == 1


async def test_a_known_spelling_is_kept_whatever_the_links_say() -> None:
    site = DocSite({"/docs/": page("Start", "x/index.html"), FOLDER: page("X"), INDEX: page("X")})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.pages["/docs/"] = page("Start again", "x/")
        outcomes = await walked(site, known=known)
        assert isinstance(outcomes[INDEX], Unchanged)
        assert FOLDER not in site.asked


async def test_a_missing_spelling_is_no_missing_page_while_the_site_uses_another() -> None:
    site = DocSite({"/docs/": page("Start", "x/", "x/index.html"), INDEX: page("X")})
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", INDEX]
        assert (site.asked[FOLDER], site.asked[INDEX]) == (1, 1)
        assert FOLDER not in outcomes


async def test_another_spelling_that_shows_after_the_first_was_missing_is_asked() -> None:
    site = DocSite(
        {"/docs/": page("Start", "x/", "a"), "/docs/a": page("A", "b"), "/docs/b": page("B", "x/index.html")}
    )
    site.pages[INDEX] = page("X")
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", "/docs/a", "/docs/b", INDEX]


async def test_a_page_missing_in_both_spellings_is_asked_twice_and_gone() -> None:
    async with serve_site(DocSite({"/docs/": page("Start", "x/", "x/index.html", "x/index.htm")})) as site:
        outcomes = await walked(site)
        gone = [path for path, outcome in outcomes.items() if isinstance(outcome, Gone)]
        assert len(gone) == 1
        assert sum(count for path, count in site.asked.items() if path.startswith(FOLDER)) == 2


@pytest.mark.parametrize(("before", "now"), [(FOLDER, INDEX), (INDEX, FOLDER)])
async def test_a_known_page_whose_spelling_changes_has_moved(before: str, now: str) -> None:
    site = DocSite({"/docs/": page("Start", before), before: page("X")})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.pages = {"/docs/": page("Start again", now), now: page("X")}
        outcomes = await walked(site, known=known)
        assert isinstance(outcomes[now], Kept)
        assert outcomes[before] == Skipped(site.url(before), "moved")
        after = await walked(site, known=known_from(outcomes))
        assert isinstance(after[now], Unchanged)
        assert before not in after


async def test_a_known_page_stays_while_its_other_spelling_fails() -> None:
    site = DocSite({"/docs/": page("Start", "x/"), FOLDER: page("X")})
    async with serve_site(site):
        known = known_from(await walked(site))
        del site.pages[FOLDER]
        site.pages["/docs/"] = page("Start again", "x/index.html")
        site.statuses[INDEX] = [500]
        assert isinstance((await walked(site, known=known))[FOLDER], Failed)


@pytest.mark.parametrize(("asked", "lead"), [(INDEX, FOLDER), (FOLDER, INDEX)])
async def test_a_redirect_to_the_other_spelling_is_the_same_page(asked: str, lead: str) -> None:
    site = DocSite({"/docs/": page("Start", asked), lead: page("X", head=canonical(asked))}, {asked: lead})
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", lead]
        assert asked not in outcomes
        site.forget()
        assert isinstance((await walked(site, known=known_from(outcomes)))[lead], Unchanged)
        assert (site.asked[asked], site.asked[lead]) == (0, 1)


async def test_spellings_that_redirect_to_each_other_are_a_loop() -> None:
    site = DocSite({"/docs/": page("Start", "x/")}, {FOLDER: INDEX, INDEX: FOLDER})
    async with serve_site(site):
        outcomes = await walked(site)
        assert outcomes[INDEX] == Skipped(site.url(INDEX), "redirect loop")
        assert site.asked[FOLDER] + site.asked[INDEX] == 2


@pytest.mark.parametrize(("asked", "named"), [(INDEX, FOLDER), (FOLDER, INDEX)])
async def test_a_canonical_names_the_spelling_of_a_new_page_without_a_request(asked: str, named: str) -> None:
    site = DocSite({"/docs/": page("Start", asked), asked: page("X", head=canonical(named))})
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", named]
        found = outcomes[named]
        assert isinstance(found, Kept)
        assert {passage.url for passage in found.passages} == {site.url(named)}
        assert named not in site.asked


async def test_a_canonical_that_is_missing_is_taken_back_and_stays_so() -> None:
    site = DocSite({"/docs/": page("Start", "x/index.html"), INDEX: page("X", head=canonical("/docs/x/"))})
    async with serve_site(site):
        first = await walked(site)
        assert isinstance(first[FOLDER], Kept)
        second = await walked(site, known=known_from(first))
        assert isinstance(second[INDEX], Kept)
        assert second[FOLDER] == Skipped(site.url(FOLDER), "moved")
        third = await walked(site, known=known_from(first | second))
        assert isinstance(third[INDEX], Unchanged)


async def test_a_refresh_to_the_other_spelling_is_asked_once() -> None:
    head = '<meta http-equiv="refresh" content="0;url=index.html">'
    site = DocSite({"/docs/": page("Start", "x/"), FOLDER: page("Wait", head=head), INDEX: page("X", head=head)})
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", INDEX]
        assert (site.asked[FOLDER], site.asked[INDEX]) == (1, 1)


async def test_a_page_that_refreshes_to_each_of_its_spellings_ends() -> None:
    site = DocSite({"/docs/": page("Start", "x/")})
    site.pages[FOLDER] = page("A", head='<meta http-equiv="refresh" content="0;url=index.html">')
    site.pages[INDEX] = page("B", head='<meta http-equiv="refresh" content="0;url=/docs/x/">')
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", INDEX]


@pytest.mark.parametrize("start", ["/docs/index.html", "/docs/"])
async def test_a_start_url_may_be_spelled_either_way(start: str) -> None:
    site = DocSite({start: page("Start", "a", "index.html"), "/docs/a": page("A", "./")})
    async with serve_site(site):
        outcomes = await walked(site, source_of(site, start))
        assert kept(outcomes) == sorted([start, "/docs/a"])
        assert site.asked[start] == 1


async def test_a_start_url_known_by_a_spelling_that_is_gone_is_asked_as_the_operator_wrote_it() -> None:
    site = DocSite({"/docs/": page("Start")})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.pages = {"/docs/index.html": page("Start")}
        outcomes = await walked(site, source_of(site, "/docs/index.html"), known=known)
        assert kept(outcomes) == ["/docs/index.html"]
        assert outcomes["/docs/"] == Skipped(site.url("/docs/"), "moved")


async def test_what_is_left_out_is_so_in_each_spelling() -> None:
    site = DocSite({"/docs/": page("Start", "search/index.html", "print/index.html")})
    async with serve_site(site):
        outcomes = await walked(site)
        for path in ("/docs/search/index.html", "/docs/print/index.html"):
            assert outcomes[path] == Skipped(site.url(path), "print, index or search page")
