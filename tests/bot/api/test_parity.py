"""One engine behind all: a question gets the same answer, citations, quotes and outcome wherever it is asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest

from bot.api.markdown import from_markdown
from bot.documents import answer_to_document
from core.config.settings import Settings
from core.domain import Answer, Question, Source
from core.wiring import Footnote, open_footnote
from tests.bot.filled import add_source
from tests.bot.served_api import ServedApi, serve_api
from tests.conftest import ROOT
from tests.servers.openai_server import serve_openai, text

DIFFERENT = ("id", "timings_ms")


def questions() -> list[str]:
    """Return a hundred questions about footnote's own documentation: answered, answered in part, and not at all."""
    lines = (ROOT / "evals/own.jsonl").read_text("utf-8").splitlines()
    own = [str(json.loads(line)["question"]) for line in lines if line.strip()]
    others = ["How do I bake bread?", "Does it run on PostgreSQL 9.1?", "?", "hello", "Wie füge ich eine Seite hinzu?"]
    return [*own, *others]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the docs as markdown, without the decisions."""
    folder = tmp_path_factory.mktemp("docs")
    for page in (ROOT / "docs").glob("*.md"):
        (folder / page.name).write_text(page.read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture
async def footnote(filled: str, pages: Path, tmp_path: Path) -> AsyncIterator[Footnote]:
    await add_source(filled, pages, Source(0, "own", "https://own.example/"))
    async with open_footnote(Settings(DATABASE_URL=filled, FOOTNOTE_HOME=tmp_path, EMBED_THREADS=1)) as opened:
        yield opened


async def of_engine(footnote: Footnote, question: str) -> tuple[dict[str, Any], str]:
    """Return what `footnote ask --json` prints, or its error."""
    try:
        answer = [event async for event in footnote.engine.ask(Question(question))][-1]
    except Exception as error:  # noqa: BLE001 - compared with what the others say
        return {}, str(error)
    assert isinstance(answer, Answer)
    return plain(json.loads(json.dumps(answer_to_document(answer)))), ""


def plain(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in DIFFERENT}


async def of_api(api: ServedApi, question: str) -> tuple[dict[str, Any], str]:
    got = await api.ask(question)
    return (plain(got.json), "") if got.status == 200 else ({}, got.sentence)


async def of_stream(api: ServedApi, question: str) -> tuple[dict[str, Any], str]:
    got = await api.call("POST", "/v1/ask", {"question": question}, headers={"Accept": "text/event-stream"})
    return (plain(got.events[-1][1]), "") if got.status == 200 else ({}, got.sentence)


async def of_openai(client: openai.AsyncOpenAI, question: str) -> tuple[dict[str, Any], str]:
    try:
        completion = await client.chat.completions.create(
            model="footnote", messages=[{"role": "user", "content": question}]
        )
    except openai.BadRequestError as error:
        return {}, str(error.body["message"]) if isinstance(error.body, dict) else ""
    document = plain((completion.model_extra or {})["footnote"])
    content = from_markdown(completion.choices[0].message.content or "")
    assert to_letters(content) == to_letters(str(document["answer"])), question
    for citation in document["citations"]:
        assert f"[[{citation['number']}]](" in (completion.choices[0].message.content or "")
    return document, ""


def to_letters(text: str) -> str:
    """Return a text without what markdown needs to show it as it is."""
    return text.replace("\\<", "<").replace("] (", "](")


async def compare(footnote: Footnote, wanted: list[str]) -> dict[str, int]:
    """Ask each question everywhere, and return how many ended how."""
    counted: dict[str, int] = {}
    async with (
        serve_api(footnote) as api,
        openai.AsyncOpenAI(base_url=f"{api.url}/v1", api_key=api.token, max_retries=0) as client,
    ):
        for question in wanted:
            expected = await of_engine(footnote, question)
            assert await of_api(api, question) == expected, question
            assert await of_stream(api, question) == expected, question
            assert await of_openai(client, question) == expected, question
            outcome = str(expected[0].get("outcome", "refused"))
            counted[outcome] = counted.get(outcome, 0) + 1
    for name in ("ci", "web"):
        await footnote.tokens.revoke(name)
    return counted


@pytest.mark.long
async def test_a_hundred_questions_are_answered_alike_without_a_model(footnote: Footnote) -> None:
    counted = await compare(footnote, questions())
    assert sum(counted.values()) >= 100
    assert counted["answered"] > 20
    assert counted["not_answered"] > 3
    assert counted["refused"] >= 1


async def test_drafts_of_a_model_are_answered_alike(filled: str, tmp_path: Path) -> None:
    drafts = [
        "The beta parameter says how near the trained model is held to its reference [1]. A dragon lives there [1].",
        "See [the guide](https://evil.example/x) [1]. The default of 0.1 suits most pairs of answers [1].",
        "DOES_NOT_KNOW [2][1]",
        "Use it:\n\n```python\ntrainer.train()\n```\n\nThe trainer reads the pairs [1]. <b>Bold</b> claims 42 [1].",
    ]
    async with serve_openai() as models:
        made = Settings(
            DATABASE_URL=filled,
            FOOTNOTE_HOME=tmp_path,
            EMBED_THREADS=1,
            OPENAI_BASE_URL=models.base_url,
            CHAT_MODEL="served-model",
            EMBEDDING_MODEL="local",
        )
        async with open_footnote(made) as footnote:
            for draft in drafts:
                models.otherwise = text(draft)
                assert sum((await compare(footnote, ["What does the beta parameter say?"])).values()) == 1
