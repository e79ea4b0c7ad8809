"""`core.net.urls`: one spelling of each url, and the form in which two of them are compared."""

from __future__ import annotations

import pytest

from core.net.urls import check_url, is_in_scope, normalise, page_key

BASE = "https://h.example/b/c"


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("https://H.Example:443/A", "https://h.example/A"),
        ("../x/./y", "https://h.example/x/y"),
        ("x//y/?q=1#top", "https://h.example/b/x/y/?q=1"),
        ("x?utm_source=a&q=1&gclid=2", "https://h.example/b/x?q=1"),
        ("x;jsessionid=1?sid=2", "https://h.example/b/x"),
        ("%7ex/%e9 é", "https://h.example/b/~x/%E9%20%C3%A9"),
        ("\\x\\y?a=\\", "https://h.example/x/y?a=%5C"),
        ("mailto:a@h.example", None),
        ("https://a@h.example/", None),
    ],
)
def test_a_link_has_one_spelling(written: str, spelled: str | None) -> None:
    assert normalise(written, BASE) == spelled


@pytest.mark.parametrize("url", ["https://h/x/index.html", "https://h/x/", "https://h/x/INDEX.htm?q=1", "https://h/x"])
def test_what_is_asked_keeps_the_spelling_of_the_site(url: str) -> None:
    assert normalise(url) == url


def test_a_start_url_keeps_its_spelling() -> None:
    assert check_url("https://h.example/docs/index.html") == "https://h.example/docs/index.html"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://h/x/index.html", "https://h/x/"),
        ("https://h/x/Index.HTM?q=1", "https://h/x/?q=1"),
        ("https://h/x/", "https://h/x/"),
        ("https://h/x", "https://h/x"),
        ("https://h/x/genindex.html", "https://h/x/genindex.html"),
        ("https://h/index.html/x", "https://h/index.html/x"),
        ("https://h/x?to=/index.html", "https://h/x?to=/index.html"),
    ],
)
def test_a_folder_and_its_index_are_one_page(url: str, key: str) -> None:
    assert page_key(url) == key


@pytest.mark.parametrize("scope", ["/docs/", "/docs/index.html", "https://h/docs/index.html"])
def test_a_scope_that_names_an_index_means_its_folder(scope: str) -> None:
    assert is_in_scope("https://h/docs/a", "https://h/docs/v2/", scope)
    assert not is_in_scope("https://h/blog/a", "https://h/docs/v2/", scope)
