"""`ingest.web.sitemap`: what a site lists, and what a hostile list costs."""

from __future__ import annotations

import gzip

import pytest

from ingest.web.sitemap import MAX_URLS, Sitemap, parse_sitemap, read_llms, read_sitemaps
from tests.ingest.crawling import fetcher_of
from tests.servers.site import DocSite, serve_site

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*urls: str) -> bytes:
    return (
        f"<?xml version='1.0'?><urlset {NS}>{''.join(f'<url><loc> {u} </loc></url>' for u in urls)}</urlset>".encode()
    )


def index(*urls: str) -> bytes:
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{u}</loc></sitemap>' for u in urls)}</sitemapindex>".encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_pages_are_read_packed_or_not(pack: type[bytes]) -> None:
    assert parse_sitemap(pack(urlset("https://h/a?x=1&amp;y=2", "https://h/b"))).pages == (
        "https://h/a?x=1&y=2",
        "https://h/b",
    )


def test_a_plain_list_is_one_url_a_line() -> None:
    assert parse_sitemap(b"\xef\xbb\xbfhttps://h/a\r\nhttps://h/b\n").pages == ("https://h/a", "https://h/b")


def test_an_index_names_sitemaps_and_image_locs_are_no_pages() -> None:
    assert parse_sitemap(index("https://h/1.xml")).sitemaps == ("https://h/1.xml",)
    inner = b"<urlset><url><loc>https://h/a</loc><image><loc>https://h/i.png</loc></image></url></urlset>"
    assert parse_sitemap(inner).pages == ("https://h/a",)


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset><url><loc>&a;</loc></url></urlset>",
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><urlset/>",
        b"<urlset>" + b"<a>" * 100_000,
        b"<html><body>Not a sitemap</body></html>",
        gzip.compress(b"<urlset>" + bytes(60_000_000), mtime=0),
        b"",
        b"\x00\xff",
    ],
)
def test_a_hostile_or_broken_sitemap_gives_a_trouble_and_no_urls(body: bytes) -> None:
    found = parse_sitemap(body)
    assert found.trouble
    assert found == Sitemap(trouble=found.trouble)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "fault",
    [
        b"<url><loc>https://h/x?a=1&b=2</loc></url>",
        b"<url><title>A & B</title></url>",
        b"<url><loc>https://h/x?a=1&b=2</url>",
        b"<url></loc></url>",
        b"</url>",
        b"\xff\xfe<!-- latin caf\xe9 -->",
        b"<xhtml:link rel='alternate'/>",
    ],
)
def test_the_urls_around_a_fault_are_read(pack: type[bytes], fault: bytes) -> None:
    whole = urlset(*(f"https://h/{n}?x=1&amp;y=2" for n in range(3_000)))
    found = parse_sitemap(pack(whole.replace(b"<url><loc> https://h/1500?", fault + b"<url><loc> https://h/1500?")))
    assert "broken xml" in found.trouble
    assert set(found.pages) - {"https://h/x?a=1&b=2"} == {f"https://h/{n}?x=1&y=2" for n in range(3_000)}


def test_a_fault_before_the_first_element_or_in_an_index_costs_nothing_else() -> None:
    assert parse_sitemap(b"\n<br>" + urlset("https://h/a")).pages == ("https://h/a",)
    broken = index("https://h/1.xml", "https://h/2.xml").replace(b"<sitemap>", b"<sitemap><a>", 1)
    assert parse_sitemap(broken).sitemaps == ("https://h/1.xml", "https://h/2.xml")


def test_a_sitemap_that_is_cut_off_gives_the_urls_that_arrived_whole() -> None:
    whole = urlset(*(f"https://h/{n}" for n in range(500)))
    for body in (whole[: whole.index(b"https://h/321 ") + 11], gzip.compress(whole)[:-9]):
        found = parse_sitemap(body)
        assert found.trouble
        assert found.pages == tuple(f"https://h/{n}" for n in range(len(found.pages)))
        assert len(found.pages) >= 321


def test_urls_beyond_the_limit_are_left() -> None:
    assert len(parse_sitemap(b"https://h/a\n" * (MAX_URLS + 5)).pages) == MAX_URLS


async def test_indexes_are_followed_two_deep_and_each_once() -> None:
    async with serve_site(DocSite()) as site, fetcher_of(site.base_url) as fetcher:
        site.files = {
            "/sitemap.xml": index("/one.xml", "/sitemap.xml", "/one.xml"),
            "/one.xml": index("/two.xml"),
            "/two.xml": index("/three.xml"),
            "/three.xml": urlset(site.url("/too-deep")),
            "/docs/sitemap.xml": urlset(site.url("/docs/a")),
        }
        found = await read_sitemaps(fetcher, (), site.url("/docs/"))
        assert list(found.pages) == [site.url("/docs/a")]
        assert site.asked == {"/sitemap.xml": 1, "/docs/sitemap.xml": 1, "/one.xml": 1, "/two.xml": 1}


async def test_a_sitemap_that_robots_name_stands_for_the_usual_places() -> None:
    async with serve_site(DocSite()) as site, fetcher_of(site.base_url) as fetcher:
        site.files["/maps.xml"] = b"<broken"
        found = await read_sitemaps(fetcher, [site.url("/maps.xml")], site.url("/docs/"))
        assert list(site.asked) == ["/maps.xml"]
        assert list(found.troubles) == [site.url("/maps.xml")]


async def test_a_place_that_may_not_be_asked_is_not_asked() -> None:
    async with serve_site(DocSite()) as site, fetcher_of(site.base_url) as fetcher:
        site.redirects["/sitemap.xml"] = "/other.xml"

        def place(url: str, base: str | None) -> str | None:
            return site.url(url.removeprefix(site.base_url)) if "sitemap" in url else None

        found = await read_sitemaps(fetcher, (), site.url("/"), place)
        assert not found.pages
        assert "/other.xml" not in site.asked


async def test_llms_txt_names_the_pages_behind_its_twins() -> None:
    async with serve_site(DocSite()) as site, fetcher_of(site.base_url) as fetcher:
        assert await read_llms(fetcher, site.url("/docs/")) == {}
        site.files["/docs/llms.txt"] = (
            b"- [A](/docs/a.md#x)\n- [I](/docs/b/index.md)\n- [H](c.html.md): text\n- [A](/docs/a.md)"
        )
        assert await read_llms(fetcher, site.url("/docs/")) == {
            "/docs/a": "/docs/a.md",
            "/docs/b/": "/docs/b/index.md",
            "c.html": "c.html.md",
        }


RSS = (
    "<rss><channel><link>https://h/</link><item><title>A</title><link>https://h/a</link></item></channel></rss>",
    "<rss><channel><item><guid>1</guid><link> https://h/a </link></item></channel></rss>",
)
ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><link href='https://h/'/><entry><link href='https://h/a'/>"
    "<link rel='edit' href='https://h/edit'/></entry></feed>"
)


@pytest.mark.parametrize("body", [*RSS, ATOM])
def test_a_feed_names_the_pages_of_its_entries(body: str) -> None:
    assert parse_sitemap(body.encode()) == Sitemap(("https://h/a",))


async def test_a_relative_place_is_resolved_where_its_sitemap_lies() -> None:
    async with serve_site(DocSite()) as site, fetcher_of(site.base_url) as fetcher:
        site.files = {"/maps/all.xml": index("one.xml"), "/maps/one.xml": urlset("/docs/a", "b", "http://[")}
        found = await read_sitemaps(fetcher, [site.url("/maps/all.xml")], site.url("/docs/"))
        assert list(found.pages) == [site.url("/docs/a"), site.url("/maps/b"), "http://["]


async def test_llms_txt_may_name_its_pages_without_links() -> None:
    async with serve_site(DocSite()) as site, fetcher_of(site.base_url) as fetcher:
        site.files["/docs/llms.txt"] = (
            b"- Tides: https://h/docs/tides.\n- <https://h/docs/fog.md>\n[https://h/docs/ice](ice)"
        )
        assert await read_llms(fetcher, site.url("/docs/")) == {
            "https://h/docs/tides": "",
            "https://h/docs/fog": "https://h/docs/fog.md",
            "https://h/docs/ice": "",
            "ice": "",
        }
