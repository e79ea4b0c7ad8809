"""Which urls are asked last where not all can be: other languages than the operator's, and all versions but the newest.

    /docs/2.0/a  0      /docs/1.0/a  1, from the moment that 2.0 is known      /docs/de/a  1 where English is wanted

An order and no verdict: at a site within the bounds of a crawl every url is asked, so a guess by names is enough here.
What is an edition in truth is known at the end (`ingest.editions.edition`). Pure.
"""

from __future__ import annotations

from core.index.editions import language_fits, version_rank
from ingest.editions.branches import DEPTH, Parts, is_version, parts_of
from ingest.editions.languages import language_code


class Priority:
    """Of the urls of one crawl. `folder` is the source's, `language` the operator's."""

    def __init__(self, folder: str, language: str) -> None:
        self._folder = folder
        self._language = language
        self._newest: dict[Parts, tuple[int, tuple[int, ...], int]] = {}

    def of(self, url: str) -> int:
        """0: at once, 1: later. It may have risen when it is asked again: a newer version has been met since."""
        if not url.startswith(self._folder):
            return 0
        parts = parts_of(url, self._folder)
        return int(any(self._is_later(parts, at) for at in range(min(DEPTH, len(parts)))))

    def _is_later(self, parts: Parts, at: int) -> bool:
        if is_version(parts[at]):
            rank = version_rank(parts[at])
            newest = self._newest[parts[:at]] = max(rank, self._newest.get(parts[:at], rank))
            return rank < newest
        code = language_code(parts[at])
        return bool(code) and not language_fits(self._language, code)
