"""The products of the table in docs/models.md: the real SDK and the engine against an imitation of each.

Each row of that table names a product of `ROWS`, and each of `ROWS` is in the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.answer.engine import Engine
from core.answer.prompt import APOLOGY, QUOTED, Style
from core.domain import Answer, Question
from core.models.openai_chat import ChatOptions
from core.models.openai_client import ModelServer, Patience
from core.models.openai_reader import OpenAIReader, ReaderLimits
from core.quote.reader import ExtractiveReader
from tests.fakes import FakeEmbedder, FakeIndex, hit
from tests.servers.openai_server import events, serve_openai
from tests.servers.products import (
    DONE,
    chunk,
    cuts,
    error,
    reads,
    spoken,
    streams,
    unless,
    usage,
    whole,
    without_system,
)
from tests.servers.scripted import Behaviour, ScriptedServer, status

ROOT = Path(__file__).parents[3]
KEY = "sk-canary-1618033988"
FACT = "The dev server listens on port 5173 by default."
ANSWER = "The dev server listens on port 5173 by default [1]."
QUESTION = Question("Which port does the dev server listen on?")
FILLER = "Nothing of this matters for the answer, it is here to make the prompt long. " * 14
HITS = [
    hit(FACT if not number else f"{FILLER} Part {number}.", url=f"https://docs.example/{number}") for number in range(8)
]
QUICK = Patience(tries=2, longest_wait=0.05, first_wait=0.01)
LIMITS = ReaderLimits(answer_seconds=60.0, silence_seconds=60.0, rewrite_seconds=60.0, patience=QUICK)


@dataclass(frozen=True)
class Row:
    """What a product sends, what is to be shown, and how many requests that may take.

    `quoted`: quotes of the pages stand in. `says`: words of the server that the operator must find in the log.
    """

    behaviour: Behaviour
    requests: int = 1
    quoted: bool = False
    says: str = ""
    options: ChatOptions = field(default_factory=lambda: ChatOptions(temperature=0.0))
    check: Callable[[ScriptedServer], bool] = lambda _: True


OPENAI_PARAMETER = error(
    400,
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
    param="temperature",
    code="unsupported_value",
)
VERIFIED = error(
    400,
    "Your organization must be verified to stream this model. Please go to the settings to verify it.",
    param="stream",
    code="unsupported_value",
)
LLAMA_CONTEXT = status(
    400,
    {
        "error": {
            "code": 400,
            "message": "request (2400 tokens) exceeds the available context size (2048 tokens), try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 2400,
            "n_ctx": 2048,
        }
    },
)
VLLM_CONTEXT = error(
    400,
    "This model's maximum context length is 2048 tokens. However, you requested 2400 tokens in the messages, "
    "Please reduce the length of the messages.",
    kind="BadRequestError",
    code=400,
)
MISTRAL_EXTRA = status(
    422,
    {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs", "input": {}}]},
)
THOUGHTS = ("Okay, which port. ", "Passage [1] says it is 5173. ", "Let me also check passage [2].\n</think>\n\n")
HARMONY = "Passage 1 has it.<|end|><|start|>assistant<|channel|>final<|message|>"

ROWS: dict[str, list[Row]] = {
    "OpenAI, chat models": [Row(streams("The dev server listens ", "on port 5173 by default [1].", prompt=2400))],
    "OpenAI, reasoning models": [
        Row(unless("temperature", OPENAI_PARAMETER, streams(ANSWER, prompt=2400)), 2),
        Row(events(chunk({"refusal": "I can't help with that."}), chunk(finish="stop"), DONE), quoted=True),
        Row(
            streams(ANSWER),
            options=ChatOptions(effort="minimal"),
            check=lambda server: server.requests[-1].body["reasoning_effort"] == "minimal",
        ),
    ],
    "OpenAI, streaming only for verified organisations": [Row(unless("stream", VERIFIED, spoken(ANSWER)), 2)],
    "Azure OpenAI": [
        Row(
            events(
                'data: {"id": "", "choices": [], "prompt_filter_results": []}\n\n',
                chunk({"role": "assistant", "content": ""}),
                chunk({"content": ANSWER}),
                chunk(finish="stop"),
                usage(2400),
                DONE,
            )
        ),
        Row(error(400, "The response was filtered", code="content_filter"), quoted=True, says="filtered"),
    ],
    "Anthropic's compatible endpoint": [
        Row(streams(ANSWER, prompt=2400)),
        Row(
            error(400, "Your credit balance is too low to access the Anthropic API."),
            quoted=True,
            says="credit balance is too low",
        ),
    ],
    "Gemini's compatible endpoint": [
        Row(events(chunk({"content": ANSWER}), DONE)),
        Row(events(chunk({"content": ANSWER}, "STOP"), DONE)),
        Row(events(chunk({"content": "The dev server"}, "SAFETY"), DONE), quoted=True),
        Row(
            status(400, [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}]),
            quoted=True,
            says="API key not valid",
        ),
    ],
    "Mistral": [
        Row(unless("stream_options", MISTRAL_EXTRA, streams(ANSWER)), 2),
        Row(
            events(
                chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Port [1]?"}]}]}),
                chunk({"content": [{"type": "text", "text": ANSWER}]}),
                chunk(finish="stop"),
                DONE,
            )
        ),
    ],
    "DeepSeek-R1 and others that think, without a parser": [
        Row(streams(*THOUGHTS, ANSWER)),
        Row(streams("<think>\n", *THOUGHTS, ANSWER)),
        Row(streams("\n\n", ANSWER, "<｜end▁of▁sentence｜>")),
        Row(events(chunk({"reasoning_content": "Hm [1]."}), chunk({"content": ANSWER}), chunk(finish="stop"), DONE)),
    ],
    "gpt-oss without a parser": [
        Row(streams(HARMONY, ANSWER, "<|return|>")),
        Row(streams("<|channel|>analysis<|message|>", HARMONY, ANSWER)),
        Row(streams("analysisPassage 1 has it.", "assistantfinal", ANSWER)),
    ],
    "Ollama": [
        Row(cuts(2048, [ANSWER], ["The port is 8080."]), 2),
        Row(
            reads(
                2048, streams(ANSWER), error(400, "the prompt is too long: 2400, model maximum context length: 2048")
            ),
            2,
        ),
        Row(
            error(500, "model requires more system memory (5.6 GiB) than is available (3.1 GiB)", kind="api_error"),
            2,
            quoted=True,
            says="requires more system memory",
        ),
        Row(events(chunk({"content": ANSWER}, ""), chunk(finish="stop"), DONE)),
    ],
    "vLLM": [
        Row(reads(2048, streams(ANSWER, prompt=2000), VLLM_CONTEXT), 2),
        Row(events(chunk({"content": ANSWER}, "stop", stop_reason=None), usage(2400), DONE)),
    ],
    "llama.cpp": [
        Row(reads(2048, streams(ANSWER), LLAMA_CONTEXT), 2),
        Row(streams(ANSWER, "<|im_end|>\n<|im_start|>user\nAnd then?")),
        Row(streams("The dev server listens on port 5173 by default [1]<|im_end|>")),
    ],
    "LM Studio": [
        Row(
            status(404, {"error": "No models loaded. Please load a model in the developer page."}),
            quoted=True,
            says="No models loaded",
        ),
        Row(
            reads(
                2048,
                streams(ANSWER),
                status(400, {"error": "Trying to keep the first 2400 tokens when context length is only 2048 tokens."}),
            ),
            2,
        ),
    ],
    "LiteLLM": [
        Row(events(*(chunk({"content": f"{word} "}, "stop") for word in ANSWER.split()), DONE)),
        Row(
            error(400, "ExceededBudget: budget has been exceeded! Current cost: 10.2", kind="budget_exceeded"),
            quoted=True,
            says="budget has been exceeded",
        ),
        Row(
            unless(
                "temperature",
                error(400, "litellm.UnsupportedParamsError: does not support parameters: ['temperature']"),
                streams(ANSWER),
            ),
            2,
        ),
    ],
    "OpenRouter": [
        Row(events(": OPENROUTER PROCESSING\n\n", chunk({"content": ANSWER}), chunk(finish="stop"), usage(2400), DONE)),
        Row(
            events(chunk(finish="error", error={"code": 502, "message": "Provider returned error"})),
            quoted=True,
            says="Provider returned error",
        ),
        Row(error(402, "This request requires more credits."), quoted=True, says="requires more credits"),
    ],
    "Gemma and others without a system role": [
        Row(without_system(error(400, "System role not supported"), streams(ANSWER)), 2),
        Row(streams("<|channel>thought\nPort 5173 [1].\n<channel|>", ANSWER, "<end_of_turn>")),
    ],
    "A gateway that does not stream": [
        Row(whole(ANSWER)),
        Row(unless("stream", error(501, "Streaming is not supported by this deployment."), whole(ANSWER)), 2),
    ],
}
"""What each product of the table does, one behaviour a row here; the table says it in words."""

CASES = [(f"{name} {number}", row) for name, rows in ROWS.items() for number, row in enumerate(rows, 1)]


@pytest.mark.parametrize("row", [row for _, row in CASES], ids=[name for name, _ in CASES])
async def test_an_answer_of_each_product_is_shown_or_the_pages_are_quoted(
    row: Row, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve_openai() as server:
        server.otherwise = row.behaviour
        answer = await ask(server, row.options)
    assert len(server.requests) == row.requests
    assert row.check(server)
    if row.quoted:
        assert answer.text.startswith(APOLOGY)
        assert FACT[:-1] in answer.text.partition(QUOTED)[2]
    else:
        assert answer.text.rstrip(".") == ANSWER.rstrip(".")
        assert not answer.faults
    assert row.says in caplog.text
    assert row.says == "" or row.says not in answer.text, "members see none of the server's words"
    assert KEY not in caplog.text + answer.text


async def ask(server: ScriptedServer, options: ChatOptions) -> Answer:
    reader = OpenAIReader(
        ModelServer(KEY, server.base_url), model="m", style=Style(), budget=6_000, options=options, limits=LIMITS
    )
    async with aclosing(reader):
        engine = Engine(FakeIndex(HITS), FakeEmbedder(), reader, quoter=ExtractiveReader())
        *_, answer = [event async for event in engine.ask(QUESTION)]
    assert isinstance(answer, Answer)
    return answer


def test_the_table_of_the_docs_has_a_row_for_each_product() -> None:
    page = (ROOT / "docs/models.md").read_text("utf-8").partition("## Which servers have been tried?")[2]
    named = re.findall(r"^\| ([^|]+?) +\|", page.partition("\n## ")[0], re.MULTILINE)
    assert [name for name in named if name != "Server" and not set(name) <= set("-: ")] == list(ROWS)
