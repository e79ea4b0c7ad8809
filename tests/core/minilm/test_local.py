"""The keyless embedder for real: its ids, its vectors, and a child that is killed, stopped, cancelled and outlived."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Vector
from core.errors import ModelUnavailable
from core.minilm.embed_frames import pack_texts, unpack_texts, unpack_vectors
from core.minilm.encoder import Arithmetic, Encoder
from core.minilm.files import DIMENSIONS, MODEL, TOKENS, find_model_file, to_readable
from core.minilm.local import LocalEmbedder
from core.minilm.onnx_file import read_tensors
from core.ports import Embedder

CLS, SEP, UNKNOWN = 101, 102, 100
SENTENCES = [
    "The crawler obeys robots.txt and waits between two requests to one host.",
    "Set `DATABASE_URL` to use a Postgres server of your own instead of the embedded one.",
    "An answer without a source is never shown.",
    "Slack asks for an acknowledgement within three seconds.",
    "def open_session(path: str) -> Session: ...",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
async def embedder() -> AsyncIterator[LocalEmbedder]:
    async with LocalEmbedder(threads=2) as opened:
        yield opened


def cosine(left: Vector, right: Vector) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [CLS, SEP]),
        (" \t\n ", [CLS, SEP]),
        ("Hello, World!", [CLS, 7592, 1010, 2088, 999, SEP]),
        ("HELLO, wORLD!", [CLS, 7592, 1010, 2088, 999, SEP]),
        ("h\u00e9ll\u00f2", [CLS, 7592, SEP]),
        ("he\u0301llo\u0300", [CLS, 7592, SEP]),
        ("hello\x00\x07\u200bworld", [CLS, 7592, 11108, SEP]),
        ("hello\u00a0world", [CLS, 7592, 2088, SEP]),
        ("x" * 101, [CLS, UNKNOWN, SEP]),
        ("\u4e2d\u56fd", [CLS, 1746, 1799, SEP]),
        ("a_b", [CLS, 1037, 1035, 1038, SEP]),
    ],
)
def test_ids_are_those_of_the_reference_tokenizer(encoder: Encoder, text: str, ids: list[int]) -> None:
    assert encoder.tokenize(text) == ids


def test_a_long_text_is_read_up_to_256_ids(encoder: Encoder) -> None:
    ids = encoder.tokenize("hello " * 1000)
    assert (len(ids), ids[0], ids[-1], set(ids[1:-1])) == (TOKENS, CLS, SEP, {7592})
    assert encoder.encode("hello " * 1000) == encoder.encode("hello " * 254)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_gets_a_vector_of_length_one(encoder: Encoder, text: str) -> None:
    vector = encoder.encode(text)
    assert len(vector) == DIMENSIONS
    assert cosine(vector, vector) == pytest.approx(1, abs=1e-5)


@given(texts=st.lists(st.text(max_size=50)))
def test_texts_cross_the_pipe_unchanged(texts: list[str]) -> None:
    clean = [to_readable(text) for text in texts]
    assert unpack_texts(pack_texts(clean)) == clean


@pytest.mark.parametrize("arithmetic", [Arithmetic.FLOATS, Arithmetic.AS_SHIPPED])
def test_whole_numbers_agree_with_floats(encoder: Encoder, arithmetic: Arithmetic) -> None:
    other = Encoder(arithmetic)
    assert other.arithmetic is arithmetic
    for text in [*SENTENCES, " ".join(SENTENCES), "word " * 300]:
        assert cosine(encoder.encode(text), other.encode(text)) > 0.998
    assert cosine(encoder.encode(""), other.encode("")) > 0.99


def test_a_model_file_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "model.onnx"
    broken.write_bytes(find_model_file().read_bytes()[:5000])
    with pytest.raises(ValueError, match="ONNX"):
        read_tensors(broken)


def test_half_a_vector_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        unpack_vectors(b"\0" * 1537)


async def test_it_is_what_the_port_asks_for(embedder: LocalEmbedder) -> None:
    port: Embedder = embedder
    assert (port.model, port.dimensions) == (MODEL, 384)


async def test_nothing_gives_nothing_and_starts_no_child(embedder: LocalEmbedder) -> None:
    assert await embedder.embed_passages([]) == []
    assert embedder.child_pid is None


async def test_related_texts_are_closer_than_unrelated_ones(embedder: LocalEmbedder) -> None:
    question = await embedder.embed_query("How long may a bot take to acknowledge an event?")
    scores = [cosine(question, passage) for passage in await embedder.embed_passages(SENTENCES)]
    assert max(scores) == scores[3]


async def test_vectors_come_in_the_order_of_the_texts_and_alike_in_any_company(embedder: LocalEmbedder) -> None:
    texts = [f"{SENTENCES[number % 5]} {'word ' * (number * 7 % 40)}{number}" for number in range(90)]
    together = await embedder.embed_passages(texts)
    for number in (0, 1, 44, 89):
        assert together[number] == (await embedder.embed_passages([texts[number]]))[0]
        assert cosine(together[number], await embedder.embed_query(texts[number])) > 0.99999


async def test_empty_huge_and_unprintable_texts_are_embedded_like_others(embedder: LocalEmbedder) -> None:
    texts = ["", "x" * 1_000_000, "word " * 200_000, "\x00\x1b[31m\u202e", "lone \ud800 half", "\U0001f600"]
    vectors = await embedder.embed_passages(texts)
    assert [len(vector) for vector in vectors] == [384] * len(texts)
    assert await embedder.embed_query("x" * 1_000_000) == pytest.approx(vectors[1], abs=1e-5)


async def test_a_question_asked_again_gives_an_equal_vector_of_its_own(embedder: LocalEmbedder) -> None:
    first = await embedder.embed_query("where?")
    kept = array("f", first)
    first[0] = 9.0
    assert await embedder.embed_query("where?") == kept


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_child_takes_only_time_that_is_left_over(embedder: LocalEmbedder) -> None:
    await embedder.embed_passages(["a"])
    child = embedder.child_pid
    assert child is not None
    assert (psutil.Process(child).nice(), os.sched_getscheduler(child)) == (19, os.SCHED_IDLE)
    assert os.getpriority(os.PRIO_PROCESS, 0) < 19


async def test_a_killed_child_is_replaced(embedder: LocalEmbedder) -> None:
    before = await embedder.embed_passages(SENTENCES)
    child = embedder.child_pid
    assert child is not None
    os.kill(child, signal.SIGKILL)
    assert await embedder.embed_passages(SENTENCES) == before
    assert embedder.child_pid not in (None, child)


async def test_a_child_killed_at_work_loses_nothing(embedder: LocalEmbedder) -> None:
    texts = [f"{number} {' '.join(SENTENCES)}" for number in range(60)]
    before = await embedder.embed_passages(texts[:2])
    child = embedder.child_pid
    assert child is not None
    async with asyncio.TaskGroup() as group:
        task = group.create_task(embedder.embed_passages(texts))
        await asyncio.sleep(0.1)
        os.kill(child, signal.SIGKILL)
    assert task.result()[:2] == before
    assert len(task.result()) == 60


async def test_a_child_that_hangs_is_replaced() -> None:
    async with LocalEmbedder(threads=1, deadline=6.0) as embedder:
        before = await embedder.embed_passages(["a"])
        child = embedder.child_pid
        assert child is not None
        os.kill(child, signal.SIGSTOP)
        assert await embedder.embed_passages(["a"]) == before
        assert embedder.child_pid != child


async def test_a_child_that_cannot_run_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/nowhere"])
    async with LocalEmbedder(threads=1) as embedder:
        with pytest.raises(ModelUnavailable, match="failed twice"):
            await embedder.embed_passages(["a"])


async def test_a_cancelled_call_leaves_the_next_one_its_own_vectors(embedder: LocalEmbedder) -> None:
    expected = await embedder.embed_passages(SENTENCES)
    for delay in (0, 0.01, 0.05, 0.2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(delay):
                await embedder.embed_passages([f"{number} {' '.join(SENTENCES)}" for number in range(100)])
        assert await embedder.embed_passages(SENTENCES) == expected


async def test_questions_and_several_crawls_at_once_get_what_is_theirs(embedder: LocalEmbedder) -> None:
    expected = await embedder.embed_passages(SENTENCES)
    async with asyncio.TaskGroup() as group:
        crawls = [group.create_task(embedder.embed_passages(SENTENCES * 8)) for _ in range(3)]
        questions = [group.create_task(embedder.embed_query(sentence)) for sentence in SENTENCES]
    assert all(crawl.result() == expected * 8 for crawl in crawls)
    for question, passage in zip(questions, expected, strict=True):
        assert cosine(question.result(), passage) > 0.99999


async def test_closing_ends_a_child_at_work_and_tells_who_waits() -> None:
    embedder = LocalEmbedder(threads=1)
    await embedder.embed_passages(["a"])
    child = embedder.child_pid
    assert child is not None
    outcomes: list[str] = []

    async def crawl() -> None:
        try:
            await embedder.embed_passages([f"{number} {' '.join(SENTENCES)}" for number in range(400)])
        except ModelUnavailable as exc:
            outcomes.append(str(exc))

    async with asyncio.TaskGroup() as group:
        group.create_task(crawl())
        group.create_task(crawl())
        await asyncio.sleep(0.1)
        await embedder.aclose()
    assert outcomes == ["The local embedder is closed."] * 2
    assert not psutil.pid_exists(child)
    with pytest.raises(ModelUnavailable, match="closed"):
        await embedder.embed_query("a")
    await embedder.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="kill -9 and /proc")
def test_the_child_dies_with_a_parent_that_was_killed() -> None:
    script = (
        "import asyncio, sys, time; sys.path[:] = sys.argv[1:]\n"
        "from core.minilm.local import LocalEmbedder\n"
        "async def main():\n"
        "    embedder = LocalEmbedder(threads=1)\n"
        "    await embedder.embed_passages(['a'])\n"
        "    print(embedder.child_pid, flush=True)\n"
        "    await embedder.embed_passages(['word ' * 200] * 10_000)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-P", "-c", script, *sys.path], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        gone, left = psutil.wait_procs([child], timeout=60)
    assert (gone, left) == ([child], [])


@pytest.mark.parametrize("asked", ["embed_query('a')", "embed_passages(['a'])"])
def test_the_model_leaves_nothing_in_a_home_that_asks_for_reports(tmp_path: Path, asked: str) -> None:
    script = (
        "import asyncio, sys; sys.path[:] = sys.argv[1:]\n"
        "from core.minilm.local import LocalEmbedder\n"
        "async def main():\n"
        "    async with LocalEmbedder(threads=1) as embedder:\n"
        f"        await embedder.{asked}\n"
        "asyncio.run(main())\n"
    )
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "ORT_DISABLE_TELEMETRY": "0"}
    subprocess.run([sys.executable, "-P", "-c", script, *sys.path], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []


def test_no_library_that_talks_to_a_hub_is_loaded_with_the_model() -> None:
    script = (
        "import sys; sys.path[:] = sys.argv[1:]\n"
        "import core.models.cohere, core.models.openai_reader\n"
        "from core.minilm.encoder import Encoder\n"
        "Encoder().encode('hello')\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    ended = subprocess.run([sys.executable, "-P", "-c", script, *sys.path], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.split())
    assert {"onnxruntime", "tokenizers"} <= loaded
    assert not loaded & {"huggingface_hub", "hf_xet", "sentry_sdk", "logfire", "opentelemetry"}
