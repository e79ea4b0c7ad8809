"""Which version and which language each page of a crawl belongs to; decided once, when all pages are known. Pure.

    urls, what pages say of themselves ──> languages ──> versions, in what is left of the paths ──> Edition by url

A segment of a path alone proves nothing: `/is/` may be about "is", `/api/v2/` another interface. Where there is doubt
nothing is decided: who mistakes a product for an old version of another one hides it. Which edition wins is
`core.index.editions`' matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.domain import DEFAULT_EDITION, Edition
from ingest.editions.branches import Page, Says, parts_of
from ingest.editions.languages import with_languages
from ingest.editions.versions import is_denied, versions_of


def recognise(pages: Mapping[str, str], folder: str) -> dict[str, Edition]:
    """Editions of the pages that have one. `pages`: what each says (`str(Says)`) by url; `folder`: the source's."""
    read = [Page(url, parts_of(url, folder), Says.of(said)) for url, said in pages.items() if url.startswith(folder)]
    spoken = with_languages(read)
    versions = versions_of(spoken, denied=is_denied(folder.rstrip("/").rpartition("/")[2]))
    editions = {page.url: replace(versions.get(page.url, DEFAULT_EDITION), language=page.language) for page in spoken}
    return {url: edition for url, edition in editions.items() if edition != DEFAULT_EDITION}
