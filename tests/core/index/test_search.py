"""Hybrid search: its formula, words that are code, filters that lose nothing, and hostile questions."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pgvector import HalfVector

from core.domain import DEFAULT_EDITION, Hit, Vector
from core.errors import SourceUnknown
from core.index import corpus, graph
from core.index import search as index
from core.index.fusion import Candidate, Weights, fuse
from core.index.search import PostgresIndex, to_half_vector
from core.index.synonyms import find_synonyms
from core.index.terms import HIGHEST_WEIGHT, question_words, split_terms
from core.postgres.database import Database
from tests.core.index.helpers import Pages, add, crawl, fetch, fill, vector

SITE: Pages = {
    "trainer": [
        "Use `DPOTrainer` from trl to train with preferences.",
        "The trainer takes a `--learning-rate` of 1e-5 by default.",
        "Layers are built from torch.nn.Linear and an activation.",
    ],
    "other": [
        "Train a model with the trainer of your choice and a rate that suits it.",
        "Learning is a matter of patience; linear algebra helps.",
        "Zymurgy is mentioned once.",
        "Preferences are stored in the settings of the model.",
    ],
}
HOSTILE = [
    *(
        "",
        " \n\t",
        "\0",
        "a\0b",
        "'",
        "''; drop table passage; --",
        '"',
        "\\",
        "$1 $2",
        "%s {0} :name",
        "/* nearest */",
    ),
    *("the of and is", "a & b | !c", "!!", "foo:*", "<-> & ()", ":A*B", "'#1'", "#1 | #2", "é", "\U0001f600\U0001f680"),
    *(
        "half \ud800 pair",
        "\u202e\u200b",
        "日本語のドキュメント",
        "ﬁ ① ² Ⅷ",
        "١٢٣",
        "x" * 4000,
        "word " * 800,
        "' " * 2000,
    ),
    "".join(chr(number) for number in range(1, 2000)),
    " ".join(f"term{number}" for number in range(600)),
]


def texts(hits: list[Hit]) -> list[str]:
    return [hit.passage.text for hit in hits]


FOUND = [
    ("DPOTrainer", SITE["trainer"][0]),
    ("dpo trainer", SITE["trainer"][0]),
    ("What does --learning-rate do?", SITE["trainer"][1]),
    ("learning_rate", SITE["trainer"][1]),
    ("learningRate", SITE["trainer"][1]),
    ("torch.nn.Linear", SITE["trainer"][2]),
    ("nn.Linear", SITE["trainer"][2]),
    ("what is zymurgy", SITE["other"][2]),
]


async def test_identifiers_and_rare_words_come_first_by_words_alone(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    for asked, text in FOUND:
        (first, *_) = await PostgresIndex(database).search(asked, None, limit=5)
        assert first.passage.text == text, asked
        assert (first.lexical_rank, first.vector_rank, first.similarity) == (1, None, None)


async def test_vector_and_words_find_what_only_one_of_them_knows(either: Database) -> None:
    await crawl(either, await add(either), SITE)
    search = PostgresIndex(either).search
    by_vector = vector("other\nZymurgy is mentioned once.")
    hits = await search("DPOTrainer", by_vector, limit=2)
    assert sorted(texts(hits)) == [SITE["trainer"][0], SITE["other"][2]]
    (nearest, *_) = await search("qqq", by_vector, limit=1)
    assert nearest.similarity == pytest.approx(1, abs=0.01)
    assert (nearest.vector_rank, nearest.lexical_rank) == (1, None)


async def test_a_hit_holds_the_passage_as_it_was_staged(database: Database) -> None:
    await crawl(database, await add(database), SITE)
    (hit,) = await PostgresIndex(database).search("zymurgy", None, limit=1)
    assert (hit.source, hit.passage.link, hit.passage.path) == ("docs", "https://docs.example/other#s2", ("other",))
    assert (hit.passage.title, hit.passage.kind, hit.passage.ordinal) == ("other", "prose", 2)


async def test_an_empty_index_finds_nothing_and_an_unknown_source_is_named(database: Database) -> None:
    search = PostgresIndex(database).search
    assert await search("anything", vector("anything"), limit=5) == []
    await add(database)
    assert await search("anything", vector("anything"), limit=5, sources=["docs"]) == []
    with pytest.raises(SourceUnknown, match="named nothing"):
        await search("anything", None, limit=5, sources=["docs", "nothing"])


async def test_no_question_is_an_error(either: Database) -> None:
    await crawl(either, await add(either), SITE)
    search = PostgresIndex(either).search
    for text, sources in itertools.product(HOSTILE, ((), ("docs",))):
        assert len(await search(text, None, limit=10, sources=sources)) <= 7, text
        assert len(await search(text, vector("x"), limit=10, sources=sources)) == 7, text


async def test_a_page_is_found_by_the_word_that_it_has_for_the_questions_own(database: Database) -> None:
    pages: Pages = {
        "a": ["Each directory is read once.", "The directory must exist.", "Kilns are hot."],
        "b": ["A directory may be empty.", "Bowls are blue.", "Clay is soft."],
        "c": ["Its folder is blue."],
    }
    await crawl(database, await add(database), pages)
    hits = await PostgresIndex(database).search("folder", None, limit=9)
    assert hits[0].passage.text == "Its folder is blue."
    assert {hit.passage.text for hit in hits[1:]} == {
        "Each directory is read once.", "The directory must exist.", "A directory may be empty."
    }  # fmt: skip


async def test_the_filter_is_no_word_that_can_be_asked_for(database: Database) -> None:
    source = await add(database)
    await crawl(database, source, {"other": SITE["other"]})
    assert await PostgresIndex(database).search(f"#{source.id} '#{source.id}'", None, limit=5) == []
    assert await fetch(database, "select term from lexeme where term like '#%'") == []


async def test_words_weigh_in_a_named_source_as_if_it_were_alone(database: Database) -> None:
    def scores(hits: list[Hit]) -> list[tuple[str, float | None]]:
        return [(hit.passage.text, hit.lexical_score) for hit in hits]

    await crawl(database, await add(database), SITE)
    search = PostgresIndex(database).search
    alone = await search("trainer of preferences", vector("x"), limit=5)
    await crawl(database, await add(database, "rest", "https://rest.example/"), {"a": ["preferences of mine"]})
    assert scores(await search("trainer of preferences", vector("x"), limit=5, sources=("docs",))) == scores(alone)
    assert scores(await search("trainer of preferences", vector("x"), limit=5)) != scores(alone)


# Random rows, held against the same computation in Python.

_words = st.sampled_from(
    [
        "crawl",
        "index",
        "DPOTrainer",
        "--learning-rate",
        "torch.nn",
        "the",
        "Zürich",
        "42",
        "日本語",
        "folder",
        "directory",
    ]
)
_sites = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.lists(_words, max_size=8).map(" ".join), min_size=1, max_size=6), min_size=1
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    site=_sites,
    asked=st.lists(_words, min_size=1, max_size=4).map(" ".join),
    by=st.sampled_from([Weights(), Weights(0.7, 0.3, 0.2), Weights(0, 1, 0), Weights(1, 0, 0.5)]),
    with_vector=st.booleans(),
)
async def test_the_statement_is_the_formula(
    database: Database, site: Pages, asked: str, by: Weights, with_vector: bool
) -> None:
    await database.writers.execute("truncate source, lexeme cascade")
    await crawl(database, await add(database), site)
    vector_asked = vector(asked) if with_vector else None
    hits = await PostgresIndex(database, by).search(asked, vector_asked, limit=200)
    scored = [
        Candidate(hit.passage.url, hit.similarity or 0.0, bm25(site, asked, hit.passage.path[0], hit.passage.text))
        for hit in hits
    ]
    assert [hit.lexical_score or 0.0 for hit in hits] == pytest.approx(
        [each.lexical_score for each in scored], abs=1e-4
    )
    assert [hit.score for hit in hits] == pytest.approx(fuse(scored, by, attainable(site, asked)), abs=1e-3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits if vector_asked is not None else []:
        assert hit.similarity == pytest.approx(cosine(hit, vector_asked), abs=0.01)
    expected = {(name, text) for name, all_texts in site.items() for text in all_texts}
    if with_vector:
        assert {(hit.passage.path[0], hit.passage.text) for hit in hits} == expected


def cosine(hit: Hit, asked: Vector | None) -> float:
    assert asked is not None
    return sum(a * b for a, b in zip(vector(hit.passage.embedded_text), asked, strict=True))


def attainable(site: Pages, asked: str) -> float:
    """Return the sum of the question's inverse document frequencies, times what a term's weight comes close to."""
    rows = [split_terms(f"{name}\n{each}") for name, all_texts in site.items() for each in dict.fromkeys(all_texts)]
    df = Counter(term for row in rows for term in set(row))
    terms = {term for word in question_words(asked) for term in (*word.parts, word.joined) if term}
    return sum(math.log(1 + (len(rows) - df[term] + 0.5) / (df[term] + 0.5)) * HIGHEST_WEIGHT for term in terms)


def bm25(site: Pages, asked: str, path: str, text: str) -> float:
    """Return the score of Robertson & Zaragoza 2009 in plain Python, over the site's passages, each once a page."""
    rows = [split_terms(f"{name}\n{each}") for name, all_texts in site.items() for each in dict.fromkeys(all_texts)]
    df = Counter(term for row in rows for term in set(row))
    asked_terms = [term for word in question_words(asked) for term in (*word.parts, word.joined) if term]
    terms = set(asked_terms) & df.keys()
    counts = dict.fromkeys(terms, 1.0)
    for synonym, term in find_synonyms(asked_terms):
        counts[synonym] = max(counts.get(synonym, 0.0), 0.5 * df[synonym] / max(df[synonym] + df[term], 1))
    mine, total = split_terms(f"{path}\n{text}"), 0.0
    for term in counts.keys() & set(mine):
        tf = mine.count(term)
        idf = math.log(1 + (len(rows) - df[term] + 0.5) / (df[term] + 0.5))
        total += counts[term] * idf * tf * 2.2 / (tf + 1.2 * (1 - 0.75 + 0.75 * len(mine) / 130))
    return total


# Large tables, filled without a crawl.

SIZES = [
    {"tiny": 10, "rest": 200},
    {"tiny": 15, "half": 600, "rest": 2_400},
    {"tiny": 12, "tenth": 700, "rest": 6_000},
]


@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: str(sum(sizes.values())))
async def test_a_filter_that_asks_for_ten_gets_ten(
    database: Database, monkeypatch: pytest.MonkeyPatch, sizes: dict[str, int]
) -> None:
    await fill(database, sizes)
    async with database.writers.acquire() as connection:
        await corpus.tend(database, connection, changed=sum(sizes.values()))
    assert await graph.build_graph(database, lambda _: None) is (sum(sizes.values()) >= graph.GRAPH_ROWS)
    search = PostgresIndex(database).search
    filters: list[tuple[str, ...]] = [(), *((name,) for name in sizes), tuple(sizes)[:2]]
    for exact_rows, named in itertools.product((index.EXACT_ROWS, 0), filters):  # 0: the graph, where there is one
        monkeypatch.setattr(index, "EXACT_ROWS", exact_rows)
        for turn, words in itertools.product(range(5), ("common", "nothing of the kind")):
            hits = await search(words, vector(f"{turn}"), limit=10, sources=named)
            assert len(hits) == 10, (named, turn, words, exact_rows)
            assert {hit.source for hit in hits} <= set(named or sizes)
        assert len(await search("common words", None, limit=10, sources=named)) == 10


async def test_what_a_filter_finds_exactly_is_the_nearest_there_is(database: Database) -> None:
    await fill(database, {"small": 300, "rest": 6_000})
    async with database.writers.acquire() as connection:
        await corpus.tend(database, connection, changed=6_300)
    assert await graph.build_graph(database, lambda _: None)
    for turn in range(10):
        asked = vector(f"{turn}")
        rows = "select passage from vector_1 where shelf = 1 order by embedding <#> $1::halfvec, passage limit 10"
        async with database.writers.acquire() as connection, connection.transaction():
            await connection.execute("set local enable_indexscan = off")
            nearest = {row[0] for row in await connection.fetch(rows, to_half_vector(asked))}
        bodies = {
            row[0] for row in await fetch(database, "select body from passage where id = any ($1)", list(nearest))
        }
        found = await PostgresIndex(database).search("nothing of the kind", asked, limit=10, sources=["small"])
        assert set(texts(found)) == bodies


@pytest.mark.parametrize(
    ("sources", "exact_rows", "by_graph"),
    [((), index.EXACT_ROWS, True), (("small",), index.EXACT_ROWS, False), (("rest",), 100, True)],
    ids=["all", "a small filter", "a large filter"],
)
async def test_the_plan_uses_the_word_index_and_the_graph_where_it_should(
    database: Database, monkeypatch: pytest.MonkeyPatch, sources: tuple[str, ...], exact_rows: int, by_graph: bool
) -> None:
    monkeypatch.setattr(index, "EXACT_ROWS", exact_rows)
    await fill(database, {"small": 300, "rest": 6_000})
    await database.writers.execute("insert into lexeme select 'rare', shelf, 1 from passage where id = 17")
    await database.writers.execute("update lexical set terms = terms || '''rare'''::tsvector where passage = 17")
    async with database.writers.acquire() as connection:
        await corpus.tend(database, connection, changed=6_300)
    assert await graph.build_graph(database, lambda _: None)
    plan = await plan_of(database, "rare", vector("x"), sources)
    assert "Bitmap Index Scan on lexical_terms" in plan
    assert ("Index Scan using vector_1_graph" in plan) is by_graph
    assert "Seq Scan on lexical" not in plan
    assert "Seq Scan on passage" not in plan


async def plan_of(database: Database, text: str, asked: Vector | None, sources: tuple[str, ...]) -> str:
    """Return the server's plan for any search.

    It is the adapter's statement as it is planned once, for no argument in particular.
    """
    found = PostgresIndex(database)
    async with database.readers.acquire() as connection:
        rows = await connection.fetch(database.sql["shelves_to_search"], None)
        scope = found._scope(rows, index._Wanted(frozenset(sources), DEFAULT_EDITION, None))
        statement = found._statement(scope, with_vector=asked is not None)
        arguments = ", ".join(map(literal, found._arguments(text, asked, scope, 10)))
        await connection.execute(f"prepare asked as {statement}")
        rows = await connection.fetch(f"explain execute asked ({arguments})")
    return "\n".join(row[0] for row in rows)


def literal(argument: object) -> str:
    """Return an argument as it is written in SQL."""
    match argument:
        case None:
            return "null"
        case int() | float():
            return str(argument)
        case list():
            return f"array[{', '.join(map(literal, argument))}]"
        case HalfVector():
            return f"'{argument.to_text()}'"
        case _:
            return f"'{argument}'" if "'" not in str(argument) else f"$${argument}$$"


async def test_a_word_in_half_of_the_rows_does_not_make_a_search_read_them_all(database: Database) -> None:
    await fill(database, {"docs": 3_000})
    await database.writers.execute("insert into lexeme select 'rare', id, 3 from source")
    await database.writers.execute("update lexical set terms = terms || '''rare'''::tsvector where passage <= 3")
    hits = await PostgresIndex(database).search("rare common", None, limit=200)
    assert len(hits) == 3  # the rare one filled the row budget: 'common' would have brought 3,000
    assert len(await PostgresIndex(database).search("common", None, limit=200)) == 100
