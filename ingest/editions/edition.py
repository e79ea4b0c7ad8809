"""Recognises the version and language of each page of a crawl; decided once, when all pages are known. Pure.

    urls, what pages say of themselves ──> languages ──> versions, in what is left of the paths ──> Edition by url

A segment of a path alone proves nothing: `/is/` may be about "is", `/api/v2/` another interface. Where there is doubt,
nothing is recognised: a product that is mistaken for an old version of another one is hidden. `core.index.editions`
decides which edition wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.domain import DEFAULT_EDITION, Edition
from ingest.editions.branches import EditionPage, Says, parts_of
from ingest.editions.languages import recognise_languages
from ingest.editions.versions import is_denied, versions_of


def recognise_editions(pages: Mapping[str, str], folder: str) -> dict[str, Edition]:
    """Return the editions, by url, of pages that have one. `pages`: `str(Says)` by url; `folder`: the source's."""
    read = [
        EditionPage(url, parts_of(url, folder), Says.of(said)) for url, said in pages.items() if url.startswith(folder)
    ]
    spoken = recognise_languages(read)
    versions = versions_of(spoken, denied=is_denied(folder.rstrip("/").rpartition("/")[2]))
    editions = {page.url: replace(versions.get(page.url, DEFAULT_EDITION), language=page.language) for page in spoken}
    return {url: edition for url, edition in editions.items() if edition != DEFAULT_EDITION}
