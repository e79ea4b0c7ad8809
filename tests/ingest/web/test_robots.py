"""`ingest.web.robots`: rules, and what a robots.txt that cannot be read means."""

from __future__ import annotations

import pytest

from core.errors import SiteUnreachable
from ingest.web.robots import Robots, load_robots
from tests.ingest.crawling import fetcher_of
from tests.servers.site import DocSite, serve_site

RULES = """\ufeffUser-agent: *
Disallow: /*?
Disallow: /private/
Allow: /private/open
Crawl-delay: 100
Sitemap: /maps/one.xml
Sitemap: https://h.example/two.xml

User-agent: footnote-bot
Disallow: /not-for-us
"""


async def loaded(site: DocSite) -> Robots:
    async with fetcher_of(site.base_url) as fetcher:
        return await load_robots(fetcher, site.base_url)


def test_the_most_precise_agent_has_rules_of_its_own() -> None:
    rules = Robots(RULES, "https://h.example/robots.txt")
    assert not rules.allows("https://h.example/not-for-us/a")
    assert rules.allows("https://h.example/private/x")
    assert rules.sitemaps == ("https://h.example/maps/one.xml", "https://h.example/two.xml")


def test_wildcards_and_the_longest_match_count() -> None:
    rules = Robots(RULES.partition("\nUser-agent: footnote-bot")[0])
    assert not rules.allows("https://h.example/a?b=1")
    assert not rules.allows("https://h.example/private/x")
    assert rules.allows("https://h.example/private/open/a")
    assert (rules.delay, rules.capped) == (30.0, True)


def test_no_rules_allow_all() -> None:
    rules = Robots()
    assert rules.allows("https://h.example/a?b")
    assert (rules.delay, rules.sitemaps) == (0.0, ())


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_client_error_means_no_rules(status: int) -> None:
    async with serve_site(DocSite(robots=status)) as site:
        assert (await loaded(site)).allows(site.url("/a"))


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_rules_that_cannot_be_had_are_not_guessed(status: int) -> None:
    async with serve_site(DocSite(robots=status)) as site:
        with pytest.raises(SiteUnreachable, match=f"http {status}"):
            await loaded(site)


async def test_a_site_that_is_not_there_is_unreachable() -> None:
    async with serve_site(DocSite()) as site:
        pass
    with pytest.raises(SiteUnreachable, match="cannot connect"):
        await loaded(site)


async def test_a_huge_file_is_read_up_to_its_cap() -> None:
    text = "User-agent: *\nDisallow: /a\n" + "# filler\n" * 100_000 + "Disallow: /b\n"
    async with serve_site(DocSite(robots=text)) as site:
        rules = await loaded(site)
        assert not rules.allows(site.url("/a"))
        assert rules.allows(site.url("/b"))
