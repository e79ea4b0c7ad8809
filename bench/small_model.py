"""A real small model behind footnote: what it shows, and what the keyless reader shows without it.

    ../shared/sites/vite ──crawl──> index ──40 questions──> written | judged | keyless ──> right, refused, ...

    python -m bench.small_model ask --model FILE.gguf --server PYTHON --home DIR [--mode writer|judge] [--most 12]
    python -m bench.small_model replay --home DIR        the same drafts through the check as it is now; no model

The model is a file that llama.cpp reads, its server that of the wheel `xllamacpp`, in an environment of its own
(PYTHON): neither is a dependency of footnote. Without them, or without ../shared, this says so and does nothing. What
was measured: Qwen2.5-Coder 1.5B, 4 bits. `ask` keeps drafts (MODE.jsonl) and prompts as they
were sent (MODE-requests.jsonl) in DIR, and goes on where it stopped; `replay` reads them. "Right": what is shown holds
the fact (`holds`, a regular expression of evals/vite-40.jsonl), the rest is for a person to read (`--show`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from bench.model_server import record_requests, serve_model
from core.answer.engine import Engine
from core.answer.judging import lacks_what_is_asked
from core.answer.limits import AnswerLimits
from core.answer.prompt import QUOTED, REFUSALS
from core.config.settings import Settings
from core.domain import Abstention, Answer, Edition, Hit, Passage, PassageKind, Question, TokenUsage, Vector
from core.errors import ModelError, ModelUnavailable
from core.index.search import PostgresIndex
from core.model_wiring import build_quoter
from core.ports import DraftPiece, DraftRestarted, GateRuling, PromptSent, Reader, Reading, StandaloneQuestion
from core.wiring import open_footnote

ROOT = Path(__file__).parent.parent
SITE = ROOT.parent / "shared/sites/vite"
QUESTIONS = ROOT / "evals/vite-40.jsonl"
MODES = ("writer", "judge", "keyless")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A question as it was asked: what the search found, and what the reader yielded. `error`: how that ended."""

    id: str
    found: tuple[Hit, ...]
    pieces: tuple[DraftPiece, ...]
    error: str = ""
    seconds: float = 0.0


class RecordingReader:
    """Keeps what a reader yields for the last question."""

    def __init__(self, inner: Reader) -> None:
        self._inner, self.model, self.generative = inner, inner.model, inner.generative
        self.found: tuple[Hit, ...] = ()
        self.pieces: list[DraftPiece] = []
        self.error = ""

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return what the reader makes of a follow-up."""
        return await self._inner.standalone(question)

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        """Yield what the reader yields."""
        self.found, self.pieces, self.error = reading.found, [], ""
        try:
            async for piece in self._inner.read(reading):
                self.pieces.append(piece)
                yield piece
        except ModelError as error:
            self.error = str(error)
            raise


class ReplayingReader:
    """Yields what was recorded."""

    generative = True

    def __init__(self, recorded: Recorded, mode: str) -> None:
        self._recorded, self.model, self.generative = recorded, "recorded", mode != "keyless"
        self._is_judge = mode == "judge"

    async def standalone(self, question: Question) -> StandaloneQuestion:
        """Return the question as it is: none is a follow-up."""
        return StandaloneQuestion(question.text)

    async def read(self, reading: Reading) -> AsyncGenerator[DraftPiece, None]:
        """Yield the pieces, and fail as it failed; quotes that a judge chose must still hold what is asked for."""
        quotes = [piece for piece in self._recorded.pieces if isinstance(piece, str)]
        if self._is_judge and lacks_what_is_asked(reading, quotes):
            yield REFUSALS[Abstention.DOES_NOT_KNOW]
            return
        for piece in self._recorded.pieces:
            yield piece
        if self._recorded.error:
            raise ModelUnavailable(self._recorded.error)


class RecordedIndex:
    """Finds what was found; the embedder of a replay as well."""

    model, dimensions = "none", 1

    def __init__(self, found: Sequence[Hit]) -> None:
        self._found = list(found)

    async def search(self, text: str, vector: Vector | None, *, limit: int, **filters: object) -> list[Hit]:
        """Return what was recorded."""
        return self._found[:limit]

    async def embed_query(self, text: str) -> Vector:
        """Raise: the words are as good here."""
        raise ModelUnavailable("No embedder in a replay.")

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Raise: nothing is embedded."""
        raise ModelUnavailable("No embedder in a replay.")


def main() -> None:
    """Run a part of the bench."""
    options = read_options()
    if options.part == "replay":
        for mode in MODES:
            if records := read_records(options.home, mode):
                asyncio.run(replay(mode, records, show=options.show))
        return
    has_model = options.url or (options.model and options.model.is_file() and options.server)
    if not SITE.is_dir() or not (has_model or options.mode == "keyless"):
        print("skipped: needs ../shared/sites/vite, and a model with --model and --server, or --url")
        return
    options.home.mkdir(parents=True, exist_ok=True)
    index_pages(options.home)
    if options.url or options.mode == "keyless":
        asyncio.run(ask(options, options.url))
    else:
        with serve_model(options.model, options.server, options.home / "server.log") as url:
            asyncio.run(ask(options, url))
    asyncio.run(replay(options.mode, read_records(options.home, options.mode), show=options.show))


def read_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("ask", "replay"))
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--server", type=Path, help="a python that has xllamacpp")
    parser.add_argument("--url", default="", help="a running server instead of --model and --server")
    parser.add_argument("--mode", choices=MODES, default="writer")
    parser.add_argument("--most", type=int, default=40, help="questions, spread evenly over the kinds")
    parser.add_argument("--tokens", type=int, default=1_400, help="PROMPT_TOKENS of the writer")
    parser.add_argument("--show", action="store_true")
    return parser.parse_args()


def choose_questions(most: int) -> list[Mapping[str, str]]:
    """Return the questions of the set, or as many that are spread evenly over it."""
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    step = max(1.0, len(rows) / most)
    return [rows[int(number * step)] for number in range(min(most, len(rows)))]


async def ask(options: argparse.Namespace, url: str) -> None:
    """Ask the questions that are not recorded yet, and record each."""
    os.nice(10)
    settings = Settings(
        _env_file=None,
        home=options.home,
        openai_base_url=url,
        openai_api_key="",
        chat_model="extractive" if options.mode == "keyless" else "small",
        chat_role="judge" if options.mode == "judge" else "writer",
        embedding_model="local",
        prompt_tokens=options.tokens,
        answer_seconds=600,
        silence_seconds=600,
    )
    asked = {record.id for record in read_records(options.home, options.mode)}
    async with AsyncExitStack() as closing:
        if url:
            kept = options.home / f"{options.mode}-requests.jsonl"
            url = await closing.enter_async_context(record_requests(url, kept))
        footnote = await closing.enter_async_context(
            open_footnote(settings.model_copy(update={"openai_base_url": url}))
        )
        recorder = RecordingReader(footnote.reader)
        index = PostgresIndex(footnote.database, model=footnote.embedder.model, language=settings.docs_language)
        engine = Engine(index, footnote.embedder, recorder, None, AnswerLimits.within(600.0))
        for row in choose_questions(options.most):
            if row["id"] in asked:
                continue
            began = time.monotonic()
            async for _ in engine.ask(Question(row["question"])):
                pass
            record = Recorded(
                row["id"], recorder.found, tuple(recorder.pieces), recorder.error, time.monotonic() - began
            )
            with (options.home / f"{options.mode}.jsonl").open("a", encoding="utf-8") as out:
                out.write(json.dumps(to_json(record), ensure_ascii=False) + "\n")
            print(row["id"], f"{record.seconds:.0f} s", record.error or repr(text_of(record.pieces))[:150], flush=True)


def index_pages(home: Path) -> None:
    """Add and crawl the pages, unless the index in `home` has them."""
    environment = {"FOOTNOTE_HOME": str(home), "EMBEDDING_MODEL": "local", "PATH": os.defpath}
    command = [sys.executable, "-c", "from bot.cli.main import run; run()"]
    patterns = ["--include", "config/*.md", "--include", "guide/*.md"]
    added = subprocess.run(
        [*command, "sources", "add", str(SITE), "--name", "vite", *patterns], env=environment, cwd=ROOT, check=False
    )
    if added.returncode == 0:
        subprocess.run([*command, "crawl", "vite"], env=environment, cwd=ROOT, check=True)


async def replay(mode: str, records: Sequence[Recorded], *, show: bool) -> None:
    """Put the recorded drafts through the engine as it is, and print the figures."""
    rows = {row["id"]: row for row in choose_questions(10_000)}
    counts: Counter[str] = Counter()
    for record in records:
        if record.id not in rows:
            continue
        reader = ReplayingReader(record, mode)
        index = RecordedIndex(record.found)
        engine = Engine(cast("Any", index), index, reader, quoter=build_quoter())
        *_, answer = [event async for event in engine.ask(Question(rows[record.id]["question"]))]
        assert isinstance(answer, Answer)
        outcome = judge(rows[record.id], answer)
        counts[outcome] += 1
        counts["instead" if QUOTED in answer.text else "own"] += 1
        if show:
            draft = text_of(record.pieces)
            print(f"\n{record.id} {rows[record.id]['question']}\n  {outcome}")
            print(f"  draft: {draft!r}\n  shown: {answer.text!r}")
    answerable = sum(record.id.startswith("a") for record in records)
    print(
        f"\n{mode}: {len(records)} questions; answerable {answerable}: right {counts['right']}, without the answer "
        f"{counts['without the answer']}, not answered {counts['not answered']}; unanswerable "
        f"{len(records) - answerable}: shown {counts['shown']}, refused {counts['refused']}; quotes in place of a "
        f"draft {counts['instead']}"
    )


def judge(row: Mapping[str, str], answer: Answer) -> str:
    """Return what became of a question."""
    shown = (answer.abstention is None and not answer.text.startswith("Sorry")) or QUOTED in answer.text
    if "holds" not in row:
        return "shown" if shown else "refused"
    if not shown:
        return "not answered"
    return "right" if re.search(row["holds"], answer.text, re.IGNORECASE) else "without the answer"


def text_of(pieces: Sequence[DraftPiece]) -> str:
    """Return the draft: the text since it began for the last time."""
    text = ""
    for piece in pieces:
        text = "" if isinstance(piece, DraftRestarted) else text + piece if isinstance(piece, str) else text
    return text


def read_records(home: Path, mode: str) -> list[Recorded]:
    """Return what was recorded in a mode."""
    file = home / f"{mode}.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return [from_json(json.loads(line)) for line in lines]


def to_json(record: Recorded) -> dict[str, Any]:
    """Return a record as JSON can hold it."""
    pieces = [piece if isinstance(piece, str) else {type(piece).__name__: asdict(piece)} for piece in record.pieces]
    return {**asdict(record), "pieces": pieces}


def from_json(record: Mapping[str, Any]) -> Recorded:
    """Return the record that `to_json` wrote."""
    kinds = {kind.__name__: kind for kind in (PromptSent, DraftRestarted, GateRuling, TokenUsage)}
    pieces = [
        piece if isinstance(piece, str) else kinds[name](**fields)
        for piece in record["pieces"]
        for name, fields in ([("", {})] if isinstance(piece, str) else piece.items())
    ]
    return Recorded(
        record["id"], tuple(map(_hit_of, record["found"])), tuple(pieces), record["error"], record["seconds"]
    )


def _hit_of(found: Mapping[str, Any]) -> Hit:
    written = found["passage"]
    passage = Passage(**{**written, "path": tuple(written["path"]), "kind": PassageKind(written["kind"])})
    return replace(Hit(**{**found, "passage": passage}), edition=Edition(**found["edition"]))


if __name__ == "__main__":
    main()
