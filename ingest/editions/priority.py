"""Which urls are requested last, if not all can be: languages that the operator does not read, and old versions.

    /docs/2.0/a  0      /docs/1.0/a  1, as soon as 2.0 is known      /docs/de/a  1 where English is wanted

An order, not a verdict: at a site within the bounds of a crawl every url is requested, so a guess by names is enough
here. What really is an edition is known at the end (`ingest.editions.edition`). Pure.
"""

from __future__ import annotations

from core.index.editions import language_fits, version_rank
from ingest.editions.branches import DEPTH, Parts, is_version, parts_of
from ingest.editions.languages import language_code


class Priority:
    """Ranks the urls of one crawl. `folder` is the source's, `language` the operator's."""

    def __init__(self, folder: str, language: str) -> None:
        self._folder = folder
        self._language = language
        self._newest: dict[Parts, tuple[int, tuple[int, ...], int]] = {}

    def of(self, url: str) -> int:
        """Return 0 for a url to request now, 1 for later. It may rise later, once a newer version is known."""
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
