"""One page, several spellings: `x/`, `x/index.html` and `x/index.htm` are asked once, under a url that the site uses.

    known from an earlier crawl ──else──> the shortest offered ──overruled by──> the server's redirect
    until it is asked                                                            a canonical of a page that is new
                                                                                 404, where the site uses another

Some servers (object stores, plain file servers) know only one of them, so that none may be made up. A page changes its
spelling at most once a crawl: two that point at each other make no loop. Sends nothing; rules and limits are
`ingest.frontier`'s.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.net.urls import page_key


class Spellings:
    """The pages that are or were asked in one crawl, each with its url. `known`: urls of earlier crawls."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = {page_key(url): url for url in known}
        self._asked: dict[str, str] = {}
        self._others: dict[str, str] = {}
        self._missing: set[str] = set()
        self._settled: set[str] = set()

    def __len__(self) -> int:
        return len(self._asked)

    def of(self, url: str) -> str:
        """The url that stands for this page, or would if it were asked now."""
        key = page_key(url)
        return self._asked.get(key) or self._known.get(key, url)

    def had(self, url: str) -> bool:
        """Whether this page is or was asked. Remembers the spelling, should the one that was asked be missing."""
        key = page_key(url)
        asked = self._asked.get(key)
        if asked is not None and asked != url:
            self._others[key] = url
        return asked is not None

    def wanted(self, url: str) -> bool:
        """Whether this page was missing under its only spelling so far, and this is another."""
        key = page_key(url)
        return key in self._missing and key not in self._settled and self._asked[key] != url

    def ask(self, url: str, offered: str) -> None:
        """This page is asked as `url`; the site spelled it `offered`."""
        key = page_key(url)
        self._asked[key] = url
        if offered != url:
            self._others[key] = offered

    def shorter(self, url: str) -> str:
        """The shorter spelling that the site uses of a page about to be asked; `url` where it is known by that."""
        key = page_key(url)
        other = self._others.get(key, url)
        fixed = key in self._known or key in self._settled or len(other) >= len(url)
        return url if fixed else other

    def other(self, url: str, named: str = "") -> str:
        """Another spelling of a page that is not at `url`: the one `named`, or one seen; "" where there is none."""
        key = page_key(url)
        self._missing.add(key)
        other = named or self._others.get(key, "")
        return other if key not in self._settled and other != self._asked.get(key) else ""

    def settle(self, url: str) -> None:
        """This page is stored as `url`, and no other spelling is tried in this crawl."""
        key = page_key(url)
        self._asked[key] = url
        self._settled.add(key)

    def may_become(self, url: str, canonical: str) -> bool:
        """Whether a page at `url` may be stored as `canonical` unasked: the same page, new, and never seen missing."""
        key = page_key(url)
        return url != canonical and key == page_key(canonical) and key not in self._settled and key not in self._known
