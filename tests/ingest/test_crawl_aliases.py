"""`ingest.outcomes` over real crawls: one page at several urls, by redirect, refresh, canonical or the same text."""

from __future__ import annotations

import pytest

from ingest.pages import Failed, Gone, Kept, Skipped, Unchanged
from tests.ingest.crawling import kept, known_from, walked
from tests.servers.site import DocSite, page, serve_site


async def test_a_redirect_to_a_page_that_is_had_already_is_counted_not_fetched() -> None:
    site = DocSite({"/docs/": page("Start", "a", "old"), "/docs/a": page("A")}, {"/docs/old": "/docs/a"})
    async with serve_site(site):
        outcomes = await walked(site)
        assert outcomes["/docs/old"] == Skipped(site.url("/docs/old"), "another url of a page")
        assert site.asked["/docs/a"] == 1


async def test_a_redirect_is_followed_to_a_page_of_its_own() -> None:
    site = DocSite({"/docs/": page("Start", "old"), "/docs/new": page("New")}, {"/docs/old": "/docs/new"})
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", "/docs/new"]


async def test_a_redirect_out_of_scope_is_not_followed() -> None:
    site = DocSite({"/docs/": page("Start", "out"), "/blog/": page("Blog")}, {"/docs/out": "/blog/"})
    async with serve_site(site):
        outcomes = await walked(site)
        assert outcomes["/docs/out"] == Skipped(site.url("/docs/out"), "redirect, out of scope")
        assert "/blog/" not in site.asked


async def test_a_known_page_that_redirects_to_a_new_one_has_moved() -> None:
    site = DocSite({"/docs/": page("Start", "a"), "/docs/a": page("A")})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.pages["/docs/z"] = site.pages.pop("/docs/a")
        site.redirects["/docs/a"] = "/docs/z"
        outcomes = await walked(site, known=known)
        assert outcomes["/docs/a"] == Skipped(site.url("/docs/a"), "moved")
        assert isinstance(outcomes["/docs/z"], Kept)


async def test_known_pages_that_all_redirect_to_one_have_moved_once() -> None:
    site = DocSite({"/docs/": page("Start", "a", "b", "c")} | {f"/docs/{name}": page(name) for name in "abc"})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.redirects |= {f"/docs/{name}": "/docs/all-in-one" for name in "abc"}
        site.pages["/docs/all-in-one"] = page("All")
        outcomes = await walked(site, known=known)
        reasons = sorted(getattr(outcomes[f"/docs/{name}"], "reason", "") for name in "abc")
        assert reasons == ["another url of a page", "another url of a page", "moved"]


async def test_a_known_page_behind_a_login_failed_and_an_unknown_one_is_left_out() -> None:
    async with serve_site(DocSite({"/docs/": page("Start", "a"), "/docs/a": page("A")})) as site:
        known = known_from(await walked(site))
        site.pages["/docs/"] = page("Start again", "a", "new")
        site.mode = "login"
        outcomes = await walked(site, known=known)
        assert outcomes["/docs/a"] == Failed(site.url("/docs/a"), "login")
        assert outcomes["/docs/new"] == Skipped(site.url("/docs/new"), "redirect, login")
        assert "/login" not in site.asked


async def test_one_text_at_two_urls_belongs_to_the_shortest() -> None:
    twin = page("Twin", text="The same words.")
    site = DocSite({"/docs/": page("Start", "guide/long", "g"), "/docs/guide/long": twin, "/docs/g": twin})
    async with serve_site(site):
        outcomes = await walked(site)
        assert outcomes["/docs/guide/long"] == Skipped(site.url("/docs/guide/long"), "duplicate")
        again = await walked(site, known=known_from(outcomes))
        assert isinstance(again["/docs/g"], Unchanged)
        assert again["/docs/guide/long"] == Skipped(site.url("/docs/guide/long"), "duplicate")


async def test_the_owner_of_a_text_stays_while_it_cannot_be_read() -> None:
    twin = page("Twin", text="The same words.")
    site = DocSite({"/docs/": page("Start", "long", "g"), "/docs/long": twin, "/docs/g": twin})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.statuses["/docs/g"] = [500]
        outcomes = await walked(site, known=known)
        assert isinstance(outcomes["/docs/g"], Failed)
        assert outcomes["/docs/long"] == Skipped(site.url("/docs/long"), "duplicate")


async def test_a_canonical_that_is_there_takes_the_page() -> None:
    head = '<link rel="canonical" href="/docs/a">'
    site = DocSite({"/docs/": page("Start", "a2"), "/docs/a2": page("A2", head=head), "/docs/a": page("A", "b")})
    async with serve_site(site):
        outcomes = await walked(site)
        assert outcomes["/docs/a2"] == Skipped(site.url("/docs/a2"), "canonical elsewhere")
        assert isinstance(outcomes["/docs/a"], Kept)


@pytest.mark.parametrize(
    "canonical",
    ["file:///docs/a", "https://elsewhere.example/docs/a", "/blog/a", "/docs/missing", "/docs/back", "/docs/a", "::"],
)
async def test_a_canonical_that_leads_nowhere_costs_no_page(canonical: str) -> None:
    head = f'<link rel="canonical" href="{canonical}">'
    site = DocSite({"/docs/": page("Start", "a"), "/docs/a": page("A", head=head), "/blog/a": page("Blog")})
    site.redirects["/docs/back"] = "/docs/a"
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", "/docs/a"]


async def test_pages_that_call_each_other_canonical_are_both_kept() -> None:
    site = DocSite({"/docs/": page("Start", "a", "c")})
    site.pages |= {
        "/docs/a": page("A", head='<link rel="canonical" href="/docs/b">'),
        "/docs/b": page("B", head='<link rel="canonical" href="/docs/a">'),
        "/docs/c": page("C", head='<link rel="canonical" href="/docs/a">'),
    }
    async with serve_site(site):
        assert kept(await walked(site)) == ["/docs/", "/docs/a", "/docs/b"]


async def test_a_refresh_is_followed_in_page_and_header() -> None:
    site = DocSite({"/docs/": page("Start", "one", "two", "three")})
    site.pages |= {
        "/docs/one": page("1", head='<meta http-equiv="refresh" content="0;url=target1">'),
        "/docs/two": page("2"),
        "/docs/three": page("3", head='<meta http-equiv="refresh" content="0;url=/blog/">'),
        "/docs/target1": page("T1"),
        "/docs/target2": page("T2"),
    }
    site.headers["/docs/two"] = {"Refresh": "0; url=/docs/target2"}
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", "/docs/target1", "/docs/target2"]
        assert outcomes["/docs/three"] == Skipped(site.url("/docs/three"), "redirect, out of scope")


async def test_a_canonical_that_is_the_start_page_is_a_mistake_of_the_template() -> None:
    head = '<link rel="canonical" href="/docs/">'
    pages = {f"/docs/{name}": page(name, head=head) for name in "ab"}
    site = DocSite({"/docs/": page("Start", "a", "b", "home"), "/docs/home": page("Start", "a", "b", "home"), **pages})
    site.pages["/docs/home"] = site.pages["/docs/"]
    async with serve_site(site):
        outcomes = await walked(site)
        assert kept(outcomes) == ["/docs/", "/docs/a", "/docs/b"]
        assert outcomes["/docs/home"] == Skipped(site.url("/docs/home"), "duplicate")


async def test_a_missing_page_whose_text_is_at_a_new_url_has_moved() -> None:
    site = DocSite({"/docs/": page("Start", "a", "b"), "/docs/a": page("A"), "/docs/b": page("B")})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.pages = {"/docs/": page("Start", "new/a", "c"), "/docs/new/a": page("A"), "/docs/c": page("C")}
        outcomes = await walked(site, known=known)
        assert outcomes["/docs/a"] == Skipped(site.url("/docs/a"), "moved")
        assert isinstance(outcomes["/docs/new/a"], Kept)
        assert outcomes["/docs/b"] == Gone(site.url("/docs/b"), 404)


async def test_a_missing_page_with_the_text_of_a_known_one_is_missing() -> None:
    same = page("A", text="The tide is low at noon.")
    site = DocSite({"/docs/": page("Start", "a", "b"), "/docs/a": same, "/docs/b": page("B")})
    async with serve_site(site):
        known = known_from(await walked(site))
        site.pages = {"/docs/": page("Start", "a", "b"), "/docs/b": same}
        assert (await walked(site, known=known))["/docs/a"] == Gone(site.url("/docs/a"), 404)
