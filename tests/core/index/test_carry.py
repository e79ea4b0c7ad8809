"""`core.index.carry`: a new version of the site or a new number of a chapter embeds nothing."""

from __future__ import annotations

import pytest

from core.domain import Passage, Source
from core.index.carry import is_same_place, to_own_path, to_own_text
from core.index.corpus import PostgresCorpus
from core.index.crawling import StagedPage
from core.postgres.database import Database
from tests.core.index.helpers import ROOT, Embedder, add, embed, fetch, report, texts_of

TEXT = "Bricks are laid in rows, as Section 5.4.1 says."


@pytest.mark.parametrize(
    ("path", "own"),
    [
        (("5.4. Walls", "5.4.1. Doors"), ("Walls", "Doors")),
        (("Chapter 5. Walls", "Appendix B: Doors"), ("Walls", "Doors")),
        (("2.1 Walls",), ("Walls",)),
        (("Prod 3.2.25 documentation", "Walls"), ("Walls",)),
        (("What is new in 3.2",), ("What is new in 3.2",)),
        (("3 walls", "A wall"), ("3 walls", "A wall")),
    ],
)
def test_a_path_of_its_own_has_no_numbering(path: tuple[str, ...], own: tuple[str, ...]) -> None:
    assert to_own_path(path) == own


def test_a_text_of_its_own_has_no_numbers_of_sections() -> None:
    assert to_own_text("### 5.4.1. Doors\n\nSee Table 9.2 and Section 5, or 5.4 bricks.") == (
        "### Doors\n\nSee Table and Section, or 5.4 bricks."
    )


def test_a_place_is_the_same_with_and_without_the_site() -> None:
    assert is_same_place(("Site", "Walls", "Doors"), ("Walls", "Doors"))
    assert is_same_place(("Walls", "Doors"), ("Walls", "Doors", "--oak"))
    assert not is_same_place(("Site", "Walls", "Doors"), ("Doors",))
    assert not is_same_place(("Walls", "Doors"), ("Roofs", "Doors"))
    assert not is_same_place((), ())


async def _crawl(
    database: Database, source: Source, path: tuple[str, ...], *texts: str, page: str = "walls"
) -> Embedder:
    embedder = Embedder()
    passages = tuple(Passage(ROOT + page, "w", path, text, path[0], ordinal=n) for n, text in enumerate(texts))
    async with PostgresCorpus(database).crawl(source) as crawling:
        await crawling.stage([StagedPage(ROOT + page, path[0], passages=passages)])
        await embed(crawling, embedder)
        await crawling.switch([], [])
        await crawling.finish(report(source))
    return embedder


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Prod 3.2 docs", "Walls"), ("Prod 3.3 docs", "Walls")),
        (("Prod 3.2 docs", "Walls"), ("Walls",)),
        (("5.4. Walls", "5.4.1. Doors"), ("5.5. Walls", "5.5.1. Doors")),
    ],
)
async def test_passages_with_the_same_own_words_take_their_vectors_along(
    database: Database, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    source = await add(database)
    assert len((await _crawl(database, source, before, TEXT, "Doors are set last.")).texts) == 2
    renumbered = TEXT.replace("5.4.1", "5.5.1")
    assert (await _crawl(database, source, after, renumbered, "Doors are set last.")).texts == []
    assert await texts_of(database) == sorted([renumbered, "Doors are set last."])
    assert [row[0] for row in await fetch(database, "select distinct array_to_string(path, '>') from passage")] == [
        ">".join(after)
    ]


async def test_what_was_said_otherwise_or_elsewhere_is_embedded(database: Database) -> None:
    source = await add(database)
    await _crawl(database, source, ("5.4. Walls",), TEXT, "Doors are set last.")
    assert len((await _crawl(database, source, ("5.5. Walls",), TEXT, "Doors are set first.")).texts) == 1
    assert len((await _crawl(database, source, ("5.6. Roofs",), TEXT, "Doors are set first.")).texts) == 2
    assert len((await _crawl(database, source, ("5.7. Roofs",), TEXT, page="roofs")).texts) == 1
