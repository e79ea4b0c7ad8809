"""The inspector: what each stage made of a question, two options next to each other, and nothing that is not seen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.console.inspection import InspectorOptions, choose_audience, inspect, read_options
from core.domain import Edition
from core.errors import UsageError
from core.inbox.port import IntakeLimits, NewQuestion, Platform, Visibility
from core.inbox.viewer import Viewer
from tests.bot.console.served import ADMIN, MACHINE, ServedConsole, serve_app
from tests.servers.openai_server import serve_openai, text

QUESTION = "How do I fine-tune a model with DPO?"
CANARY = "<script>alert(1)</script>"


@pytest.fixture
async def served(filled: str, tmp_path: Path) -> AsyncIterator[ServedConsole]:
    async with serve_app(filled, tmp_path) as made:
        yield made


async def test_a_keyless_answer_is_shown_with_both_sides_fusion_gate_and_evidence(served: ServedConsole) -> None:
    async with served.client(ADMIN) as client:
        page = await client.post("/inspector", {"text": QUESTION}, page="/inspector")
        assert page.status == 200
        for words in (
            "answered", "by extractive", "Fine-tune a mistral model with DPO", "Searched for:", "Fusion",
            "By vectors:", "By words:", "sure", "The best section scores", "No model was asked", "search", "embed",
        ):  # fmt: skip
            assert words in page.text, words
        trace = (await inspect(served.console.footnote.engine, QUESTION, InspectorOptions())).trace
        assert page.html.count('<th scope="row">') >= len(trace.found)
        assert f"{trace.found[0].score:.3f}" in page.html
        assert QUESTION in page.html
        assert await served.console.footnote.database.readers.fetchval("select count(*) from question") == 0


async def test_what_is_shown_is_what_the_engine_found(served: ServedConsole) -> None:
    engine = served.console.footnote.engine
    inspection = await inspect(engine, QUESTION, InspectorOptions())
    found = await engine.search(QUESTION, 40)
    assert [row.hit for row in inspection.hits] == found
    everything = await engine.search(QUESTION, 200)
    assert list(inspection.candidates) == everything
    assert [hit.vector_rank for hit in inspection.by_vector] == list(range(1, len(inspection.by_vector) + 1))
    assert [hit.lexical_rank for hit in inspection.by_words] == list(range(1, len(inspection.by_words) + 1))
    assert {hit.passage.identity for hit in everything} == set(inspection.fused_ranks)
    assert inspection.hits[0].evidence == 1
    assert all(row.reranked is None for row in inspection.hits)
    assert inspection.answer is not None
    assert inspection.answer.citations


async def test_two_options_are_shown_next_to_each_other(served: ServedConsole) -> None:
    both = {"text": QUESTION, "compare": "1", "sources2": "nowhere"}
    async with served.client(MACHINE) as client:
        page = await client.post("/inspector", both)
        assert "With the first options" in page.text
        assert "There is no source named nowhere" in page.text
        assert 'value="nowhere"' in page.html
        page = await client.post("/inspector", {"text": QUESTION, "version": "9.9"})
        assert "There is no version 9.9" in page.text
        assert "please shorten" in (await client.post("/inspector", {"text": "x " * 4_000})).text
        assert "Ask me a question" in (await client.post("/inspector", {"text": "?"})).text


async def test_a_model_is_shown_with_its_prompt_its_draft_and_what_the_check_dropped(
    filled: str, tmp_path: Path
) -> None:
    draft = "Run it with the trainer [1]. It takes 999 hours [1]."
    async with serve_openai() as models:
        models.script(text(f"Fine-tune a mistral model with DPO from pairs [1]. The beta is 77 [1]. {draft}"))
        settings = {"OPENAI_BASE_URL": models.base_url, "EMBEDDING_MODEL": "local", "CHAT_MODEL": "m"}
        async with serve_app(filled, tmp_path, **settings) as served, served.client(ADMIN) as client:
            page = await client.post(
                "/inspector", {"text": f"{QUESTION} {CANARY}", "compare": "1", "reader2": "keyless"}
            )
            for words in (
                "The model decides",
                "You answer questions about software documentation",
                "It takes 999 hours",
            ):
                assert words in page.text, words
            assert "dropped" in page.text
            assert "by m" in page.text
            assert "by extractive" in page.text
            assert "<script>alert" not in page.html
            assert len(models.requests) == 1
            spent = await served.console.footnote.spend.build_report(1, 5)
            assert list(spent.people) == ["slack:UADMIN"]
            assert spent.total.calls == 1


async def test_a_viewer_asks_from_their_own_places_alone(served: ServedConsole) -> None:
    catalog = served.console.footnote.catalog
    await catalog.change(replace(await catalog.get("docs"), visible_to=("slack:T2/C9",)))
    outside = Viewer(Platform.SLACK, "T2", "UADMIN", "C8")
    async with served.client(ADMIN) as client, served.client(outside) as other, served.client(MACHINE) as machine:
        for form in ({}, {"places": "slack:T1"}, {"sources": "docs"}, {"places": "slack:T1/C1", "sources": "docs"}):
            page = await client.post("/inspector", {"text": QUESTION, **form})
            assert "mistral" not in page.text.replace(QUESTION, "")
        for place in ("slack:T2/C9", "all", "slack:T2", "discord:881"):
            page = await client.post("/inspector", {"text": QUESTION, "places": place})
            assert page.status == 422
            assert "your own places" in page.text
        assert "docs" not in re.findall(r'<option value="([^"]+)"', (await client.get("/inspector")).html)
        assert "mistral" not in (await other.post("/inspector", {"text": QUESTION})).text
        assert "mistral" in (await machine.post("/inspector", {"text": QUESTION, "places": "slack:T2/C9"})).text
        assert "mistral" not in (await machine.post("/inspector", {"text": QUESTION, "places": "slack:T2"})).text
        assert "mistral" in (await machine.post("/inspector", {"text": QUESTION})).text


def test_places_are_those_that_a_question_from_there_has() -> None:
    assert choose_audience(ADMIN, "") == {"slack:T1", "slack:T1/C1"}
    assert choose_audience(ADMIN, "slack:t1") == {"slack:T1"}
    assert choose_audience(MACHINE, "") is None
    assert choose_audience(MACHINE, "all") is None
    assert choose_audience(MACHINE, "slack:T7/C1") == {"slack:T7", "slack:T7/C1"}
    with pytest.raises(UsageError):
        choose_audience(ADMIN, "slack:T1, slack:T2")
    with pytest.raises(UsageError):
        choose_audience(MACHINE, "the moon")
    options = read_options(ADMIN, {"sources": "a, b  c", "version": " 1.2 ", "language": "DE"})
    assert (options.sources, options.edition) == (("a", "b", "c"), Edition("1.2", "de"))


async def test_a_stored_question_fills_the_form_in_for_those_who_may_read_it(served: ServedConsole) -> None:
    inbox, ids = served.console.inbox, list[int]()
    for number, visibility in enumerate((Visibility.THREAD, Visibility.PRIVATE)):
        where = (Platform.SLACK, "T1", f"e{number}", f"p{number}", "C1", "t1", "U7")
        received = await inbox.receive(NewQuestion(*where, visibility, f"kestrel {number}"), IntakeLimits(), 0.0)
        assert received is not None
        ids.append(received.id)
    outside = Viewer(Platform.SLACK, "T2", "UADMIN", "C8")
    async with served.client(ADMIN) as client, served.client(outside) as other, served.client(MACHINE) as machine:
        page = await client.get(f"/inspector?question={ids[0]}")
        assert "kestrel 0" in page.html
        assert "<option selected>slack:T1/C1</option>" in page.html
        assert "kestrel" not in (await client.get(f"/inspector?question={ids[1]}")).html
        assert "kestrel" not in (await other.get(f"/inspector?question={ids[0]}")).html
        assert 'value="slack:T1/C1"' in (await machine.get(f"/inspector?question={ids[1]}")).html
        for wrong in ("x", "-1", "9" * 30, "0", "%00", "٣"):
            assert (await client.get(f"/inspector?question={wrong}")).status == 200
