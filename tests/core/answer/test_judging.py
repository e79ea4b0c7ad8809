"""Judge mode: quotes of the pages, and a model that says whether they answer, through the real SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from core.answer.engine import Engine
from core.answer.judging import Ruling, build_judge_messages, gather_quotes, keep_sections, read_ruling
from core.answer.prompt import APOLOGY, QUOTED, Style
from core.domain import Abstention, Answer, Hit, Question
from core.health import Health
from core.health_reader import check_reader
from core.models.judge import JudgingReader
from core.models.openai_client import ModelServer
from core.models.openai_reader import OpenAIReader
from core.quote.reader import ExtractiveReader
from tests.core.models.test_openai_reader import LIMITS
from tests.fakes import FakeEmbedder, FakeIndex, FakeReader, hit
from tests.servers.openai_server import serve_openai, text
from tests.servers.products import error, unless
from tests.servers.scripted import Behaviour, ScriptedServer

ASKED = Question("Which port does the dev server listen on?")
PIECES = ("The dev server listens on port 5173 by default [1].", " Set `server.port` to change it [1].")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serve_openai() as served:
        yield served


async def ask(server: ScriptedServer, *script: Behaviour, quoter: FakeReader | None = None) -> Answer:
    server.script(*script)
    writer = OpenAIReader(ModelServer("key", server.base_url), model="m", style=Style(), budget=6_000, limits=LIMITS)
    reader = JudgingReader(writer, quoter or FakeReader(*PIECES))
    hits: list[Hit] = [hit("The dev server listens on port 5173 by default. Set `server.port` to change it.")]
    async with aclosing(reader):
        engine = Engine(FakeIndex(hits), FakeEmbedder(), reader, quoter=quoter or FakeReader(*PIECES))
        *_, answer = [event async for event in engine.ask(ASKED)]
    assert isinstance(answer, Answer)
    return answer


async def test_quotes_that_answer_are_shown_word_for_word(server: ScriptedServer) -> None:
    answer = await ask(server, text('{"answered": true, "quotes": [1, 2]}'))
    assert answer.text == "".join(PIECES)
    assert [citation.number for citation in answer.citations] == [1]
    (asked,) = server.requests
    assert asked.body["response_format"]["type"] == "json_schema"
    assert "stream" not in asked.body
    assert "[1]" not in asked.body["messages"][-1]["content"], "a mark is no number of a quote"
    assert answer.usage is not None


async def test_a_section_is_shown_as_it_was_quoted_and_others_are_left_out(server: ScriptedServer) -> None:
    answer = await ask(server, text('{"answered": true, "quotes": [2]}'))
    assert answer.text == "".join(PIECES), "one section"
    links = ["a", "b", "a"]
    quotes = ["One [1].", "Two [2].", "```\ncode\n```", "Three [3]."]
    assert keep_sections(quotes, [4], links) == ["One [1].", "Three [3]."]
    assert keep_sections(quotes, [3], links) == ["Two [2].", "```\ncode\n```"]
    assert keep_sections(quotes, [], links) == quotes


async def test_quotes_that_do_not_answer_are_not_shown(server: ScriptedServer) -> None:
    answer = await ask(server, text('{"answered": false, "quotes": []}'))
    assert answer.abstention is Abstention.DOES_NOT_KNOW
    assert "5173" not in answer.text


@pytest.mark.parametrize("behaviour", [text("I would say so."), error(401, "no"), text("", finish="stop")])
async def test_without_a_ruling_the_quotes_stand_under_a_line_of_their_own(
    server: ScriptedServer, behaviour: Behaviour
) -> None:
    answer = await ask(server, behaviour)
    assert answer.text.startswith(APOLOGY)
    assert "5173" in answer.text.partition(QUOTED)[2]


async def test_a_server_that_knows_no_schema_is_asked_without_one(server: ScriptedServer) -> None:
    refuses = unless("response_format", error(400, "response_format json_schema is not supported"), text("yes"))
    answer = await ask(server, refuses, refuses)
    assert answer.text == "".join(PIECES)


async def test_where_the_pages_say_nothing_no_model_is_asked(server: ScriptedServer) -> None:
    answer = await ask(server, quoter=FakeReader("CONTEXT_NOT_RELEVANT"))
    assert answer.abstention is Abstention.NOT_RELEVANT
    assert server.requests == []
    assert answer.usage is None


@pytest.mark.parametrize(
    ("reply", "ruling"),
    [
        ('{"answered": true, "quotes": [2, 1, 9, 0]}', Ruling(answered=True, chosen=(1, 2))),
        ('```json\n{"answered": false, "quotes": [1]}\n```', Ruling(answered=False)),
        ('Here it is: {"answered": "true", "quotes": ["3"', Ruling(answered=True, chosen=(3,))),
        ("{'answered': True, 'quotes': []}", Ruling(answered=True)),
        ("answered: no", Ruling(answered=False)),
        ("Yes, quote 1 does.", Ruling(answered=True)),
        ("**No.**", Ruling(answered=False)),
        ("Perhaps.", None),
        ("", None),
        ('{"answered": null}', None),
    ],
)
def test_a_ruling_is_read_in_the_forms_in_which_small_models_write_it(reply: str, ruling: Ruling | None) -> None:
    assert read_ruling(reply.replace("'", '"'), 3) == ruling


def test_quotes_stand_by_themselves_and_are_data() -> None:
    assert gather_quotes(["**a.b**", "\n\n- Type: `c` [1]", "\n\nIt is d [1]."]) == [
        "**a.b**\n\n- Type: `c` [1]",
        "\n\nIt is d [1].",
    ]
    assert gather_quotes(["Run this [1]:", "\n\n- a [1]", "\n\nIt runs [1]."]) == [
        "Run this [1]:\n\n- a [1]",
        "\n\nIt runs [1].",
    ]
    messages = build_judge_messages("Which {0} %s?", ["It runs [1].", "So it does [2]."])
    assert "Quote 1:\nIt runs.\n\nQuote 2:\nSo it does." in messages[-1]["content"]
    assert "Question: Which {0} %s?" in messages[-1]["content"]


@pytest.mark.parametrize(
    ("reply", "health"), [('{"answered": true, "quotes": [1]}', Health.OK), ('{"answered": false}', Health.NOTE)]
)
async def test_doctor_asks_a_judge_about_a_quote(server: ScriptedServer, reply: str, health: Health) -> None:
    server.otherwise = text(reply)
    writer = OpenAIReader(ModelServer("key", server.base_url), model="m", style=Style(), budget=6_000, limits=LIMITS)
    reader = JudgingReader(writer, ExtractiveReader())
    async with aclosing(reader):
        checks = [check async for check in check_reader(reader, 6_000, 60.0, judges=True)]
    assert health in {check.health for check in checks}
    assert any("a quote that answers" in check.says for check in checks)


async def test_a_section_that_never_names_the_kind_of_thing_asked_for_is_not_shown(server: ScriptedServer) -> None:
    server.script(text('{"answered": true, "quotes": [1]}'))
    writer = OpenAIReader(ModelServer("key", server.base_url), model="m", style=Style(), budget=6_000, limits=LIMITS)
    hits: list[Hit] = [hit("The dev server listens on port 5173 by default. Set `server.port` to change it.")]
    async with aclosing(JudgingReader(writer, FakeReader(*PIECES))) as reader:
        engine = Engine(FakeIndex(hits), FakeEmbedder(), reader, quoter=FakeReader(*PIECES))
        *_, answer = [event async for event in engine.ask(Question("Which environment variable sets the port?"))]
    assert isinstance(answer, Answer)
    assert answer.abstention is Abstention.DOES_NOT_KNOW
