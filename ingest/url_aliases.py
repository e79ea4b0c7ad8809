"""One page, several spellings: `x/`, `x/index.html` and `x/index.htm` are requested once, under a url the site uses.

    known from an earlier crawl ──else──> the shortest offered ──overruled by──> the server's redirect
    until it is requested                                                        a canonical of a page that is new
                                                                                 404, where the site uses another

Some servers (object stores, plain file servers) know only one of them, so none may be made up. A page changes its
spelling at most once per crawl, so two that point at each other make no loop. Sends nothing; rules and limits are in
`ingest.frontier`.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.net.urls import page_key


class Spellings:
    """The pages that are being or were requested in one crawl, each with its url. `known`: urls of earlier crawls."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = {page_key(url): url for url in known}
        self._asked: dict[str, str] = {}
        self._others: dict[str, str] = {}
        self._missing: set[str] = set()
        self._settled: set[str] = set()

    def __len__(self) -> int:
        return len(self._asked)

    def of(self, url: str) -> str:
        """Return the url of this page, or the one that it would get if it were requested now."""
        key = page_key(url)
        return self._asked.get(key) or self._known.get(key, url)

    def had(self, url: str) -> bool:
        """Return whether this page is being or was requested. Remembers `url`, in case the requested one is missing."""
        key = page_key(url)
        asked = self._asked.get(key)
        if asked is not None and asked != url:
            self._others[key] = url
        return asked is not None

    def wanted(self, url: str) -> bool:
        """Return whether this page was missing under its only spelling so far, and `url` is another."""
        key = page_key(url)
        return key in self._missing and key not in self._settled and self._asked[key] != url

    def ask(self, url: str, offered: str) -> None:
        """Record that a page is requested as `url`, and that the site spelled it `offered`."""
        key = page_key(url)
        self._asked[key] = url
        if offered != url:
            self._others[key] = offered

    def shorter(self, url: str) -> str:
        """Return the shorter spelling that the site uses of a page about to be requested.

        Returns `url` where the page is known or settled under it.
        """
        key = page_key(url)
        other = self._others.get(key, url)
        fixed = key in self._known or key in self._settled or len(other) >= len(url)
        return url if fixed else other

    def other(self, url: str, named: str = "") -> str:
        """Return another spelling of a page that is not at `url`: `named`, or one seen; "" where there is none."""
        key = page_key(url)
        self._missing.add(key)
        other = named or self._others.get(key, "")
        return other if key not in self._settled and other != self._asked.get(key) else ""

    def settle(self, url: str) -> None:
        """Store this page as `url`, and try no other spelling in this crawl."""
        key = page_key(url)
        self._asked[key] = url
        self._settled.add(key)

    def may_become(self, url: str, canonical: str) -> bool:
        """Return whether a page at `url` may be stored as `canonical` without a request.

        It may where both are the same page, which is new and was never missing.
        """
        key = page_key(url)
        return url != canonical and key == page_key(canonical) and key not in self._settled and key not in self._known
