"""`ingest.frontier` and `ingest.site`: what is requested, in which order, and why the rest is not."""

from __future__ import annotations

import pytest

from core.domain import Source
from ingest.duplicates import owner
from ingest.editions.priority import Priority
from ingest.frontier import MAX_REMEMBERED, PAGE_LIMIT, Bounds, Frontier, Rules
from ingest.site import Site

ROOT = "https://h.example/docs/"


def frontier(bounds: Bounds | None = None, known: tuple[str, ...] = (), forbidden: str = "/docs/secret/") -> Frontier:
    rules = Rules(Site(Source(1, "docs", ROOT)), lambda url: forbidden not in url)
    return Frontier(rules, bounds or Bounds(), known)


def taken(urls: Frontier) -> list[str]:
    found = []
    while due := urls.take():
        found.append(due.url.removeprefix(ROOT))
    return found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a", ""),
        ("guides/search", ""),
        ("guides/next.js", ""),
        ("sprint.html", ""),
        ("overall.html", ""),
        ("v1.2/notes", ""),
        ("manual.pdf", "pdf"),
        ("manual.PDF?download=1", "pdf"),
        ("logo.PNG", "not a page"),
        ("data.tar.gz", "not a page"),
        ("a.md", "not a page"),
        ("print.html", "print, index or search page"),
        ("book/print.html", "print, index or search page"),
        ("all.html", "print, index or search page"),
        ("_modules/torch/nn.html", "print, index or search page"),
        ("en/_sources/a.txt.html", "print, index or search page"),
        ("genindex.html", "print, index or search page"),
        ("genindex-A.html", "print, index or search page"),
        ("py-modindex.html", "print, index or search page"),
        ("api/class-use/Rope.html", "print, index or search page"),
        ("api/index-all.html", "print, index or search page"),
        ("api/index-files/index-3.html", "print, index or search page"),
        ("api/rope_8h_source.html", "print, index or search page"),
        ("api/classRope-members.html", "print, index or search page"),
        ("src/rope/knot.rs.html", "print, index or search page"),
        ("doc-index-A.html", "print, index or search page"),
        ("open_source.html", ""),
        ("team-members.html", ""),
        ("allclasses-index.html", ""),
        ("search.html", "print, index or search page"),
        ("search/", "print, index or search page"),
        ("search?q=a", "print, index or search page"),
        ("secret/a", "robots.txt"),
        ("../blog/", "out of scope"),
        ("https://elsewhere.example/docs/a", "out of scope"),
        ("http://h.example/docs/a", "out of scope"),
    ],
)
def test_a_url_is_queued_or_left_out_with_a_reason(path: str, reason: str) -> None:
    urls = frontier()
    url = Site(Source(1, "docs", ROOT)).stored(path, ROOT)
    assert url is not None
    urls.offer(url, 1)
    assert urls.left_out.get(url, "") == reason
    assert bool(taken(urls)) is not bool(reason)


def test_each_url_comes_once_and_the_shallow_ones_first() -> None:
    urls = frontier()
    for name, depth in (("deep", 3), ("a", 1), ("b", 1), ("a", 2), ("", 0)):
        urls.offer(ROOT + name, depth)
    assert taken(urls) == ["", "a", "b", "deep"]


def test_too_deep_a_url_is_left_until_a_sitemap_lists_it() -> None:
    urls = frontier(Bounds(depth=2))
    urls.offer(ROOT + "a", 3)
    assert urls.left_out == {ROOT + "a": "depth limit"}
    urls.offer(ROOT + "a", 1, listed=True)
    assert not urls.left_out
    assert taken(urls) == ["a"]


def test_eight_query_variants_of_a_path_and_those_that_are_listed() -> None:
    urls = frontier()
    for number in range(20):
        urls.offer(f"{ROOT}list?d={number}", 1)
    urls.offer(f"{ROOT}list?d=99", 1, listed=True)
    assert len(taken(urls)) == 9
    assert set(urls.left_out.values()) == {"query variants"}


def test_known_variants_have_their_place() -> None:
    known = tuple(f"{ROOT}list?d={number}" for number in range(8))
    urls = frontier(known=known)
    for number in range(90, 99):
        urls.offer(f"{ROOT}list?d={number}", 1)
    assert taken(urls) == []
    urls.offer_unlinked()
    assert len(taken(urls)) == 8


def test_a_path_that_repeats_itself_is_a_trap() -> None:
    urls = frontier()
    urls.offer(ROOT + "a/b/a/b/a/b/", 1)
    urls.offer(ROOT + "a/b/a/b/a/b/a/b/", 1)
    assert urls.left_out == {ROOT + "a/b/a/b/a/b/a/b/": "repeating path"}


def test_the_page_cap_counts_pages_and_names_what_is_beyond() -> None:
    urls = frontier(Bounds(pages=2))
    for name in "abcd":
        urls.offer(ROOT + name, 1)
    assert taken(urls) == ["a", "b"]
    urls.no_page()
    assert taken(urls) == ["c"]
    urls.close()
    assert urls.left_out == {ROOT + "d": "page limit"}


def test_a_site_without_pages_is_given_up() -> None:
    urls = frontier(Bounds(pages=3))
    asked = 0
    for number in range(60):
        urls.offer(f"{ROOT}{number}", 1)
        if urls.take():
            asked += 1
            urls.no_page()
    assert asked == 12


def test_a_redirect_claims_a_url_once() -> None:
    urls = frontier()
    urls.offer(ROOT + "a", 1)
    assert not urls.claim(ROOT + "a")
    assert urls.claim(ROOT + "b")
    urls.offer(ROOT + "b", 1)
    assert taken(urls) == ["a"]


def test_a_scope_may_be_wider_or_narrower_than_the_folder() -> None:
    wide = Site(Source(1, "docs", ROOT, scope="https://h.example/"))
    narrow = Site(Source(1, "docs", ROOT, scope="/docs/v2/"))
    assert wide.owns("https://h.example/blog/")
    assert not narrow.owns(ROOT + "v1/a")
    assert narrow.owns(ROOT)


def test_urls_are_stored_under_the_root_and_asked_where_it_is_served() -> None:
    site = Site(Source(1, "docs", ROOT, served_at="http://127.0.0.1:8000/"))
    assert site.stored("a/#x", "http://127.0.0.1:8000/") == ROOT + "a/"
    assert site.stored(ROOT + "b") == ROOT + "b"
    assert site.asked(ROOT + "b") == "http://127.0.0.1:8000/b"
    assert site.on_host(ROOT + "sitemap.xml") == "http://127.0.0.1:8000/sitemap.xml"
    assert site.on_host("https://elsewhere.example/sitemap.xml") is None


def test_the_owner_of_a_text_is_the_shortest_url() -> None:
    assert owner(["https://h/b", "https://h/index", "https://h/a"]) == "https://h/a"


def test_other_languages_and_older_versions_wait_where_not_all_can_be_asked() -> None:
    site = Site(Source(1, "docs", ROOT))
    urls = Frontier(Rules(site, lambda _: True), Bounds(pages=3), (), Priority(site.folder, "en"))
    for name in ("1.0/a", "de/a", "2.0/a", "dev/a", "2.0/b", "guide/is/a"):
        urls.offer(f"{ROOT}{name}", 1)
    asked = [due.url.removeprefix(ROOT) for _ in range(4) if (due := urls.take())]
    assert asked == ["2.0/a", "2.0/b", "1.0/a"]


def test_within_the_bounds_every_edition_is_asked() -> None:
    priority = Priority(ROOT, "de")
    assert [priority.of(f"{ROOT}{name}") for name in ("", "1.0/a", "2.0/a", "1.0/a", "de/a", "en/a")] == [
        0,
        0,
        0,
        1,
        0,
        1,
    ]
    assert priority.of("https://elsewhere.example/en/a") == 0


def test_urls_that_are_long_take_no_more_memory_than_many() -> None:
    urls = frontier(Bounds(pages=10))
    for number in range(2_000):
        urls.offer(f"https://h.example/docs/{'x' * 1_900}{number}", 1)
    queued = sum(reason != PAGE_LIMIT for reason in urls.left_out.values())
    assert queued == 0
    assert 1_950 <= len(urls.left_out) < 2_000
    for number in range(20_000):
        urls.offer(f"https://h.example/{'x' * 1_900}{number}", 1)
    assert sum(map(len, urls.left_out)) < MAX_REMEMBERED + 2_048
