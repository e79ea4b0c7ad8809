"""What becomes of wrong sentences: planted errors against the check, and true sentences under the wrong passages.

    ../shared/truth/set.jsonl ──score.py──> footnote check                     caught, lost, by kind
                                       └──> the same with a second opinion     right, down, talking nonsense
    ../shared/evals/claude    ────────────> its answers with their own passages, and with another question's

    python -m bench.truth [--write docs/truth.md]        make truth

Without ../shared it says so and writes nothing. Intervals are 95 % (Wilson). The second opinion is scripted: one that
knows which statements are true shows what is left for a perfect one, not what a real model does.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.reader import interval
from core.answer.opinion import check_draft
from core.check.citations import Checker
from core.check.segments import split_units
from core.domain import Hit, Passage
from core.errors import ModelUnavailable
from core.ports import Statement, Verifier

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
KINDS: Mapping[str, tuple[str, ...]] = {
    "a token that no passage holds": (
        *("number", "version", "flag", "identifier", "link", "code_arg", "code_flag", "code_import"),
    ),
    "a value from elsewhere, a unit, a value in code": (
        *("value", "default", "small_number", "unit", "code_value", "wrong_mark"),
        *("value_swap", "number_swap", "identifier_swap", "version_swap", "flag_swap"),
    ),
    "what the question assumes": ("question_bait",),
    "general knowledge": ("own_knowledge",),
    "meaning: not, before, only, must, who does what": (
        *("negation", "order", "direction", "modality", "quantifier", "roles", "causality", "invented", "joined"),
    ),
}
MODES = ("right", "down", "nonsense")


class ScriptedVerifier:
    """A second opinion that knows the true drafts of the set, or is broken in one of two ways."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        rows = _rows(SHARED / "truth" / "set.jsonl")
        self._true = " ".join(_bare(row["sentence"]) for row in rows)

    async def doubt(self, statements: Sequence[Statement]) -> frozenset[int]:
        """Return what is not in a true draft, nothing, or raise `ModelUnavailable`."""
        if self.mode == "down":
            raise ModelUnavailable("The scripted model is down.")
        if self.mode == "nonsense":
            return frozenset({len(statements) + 7})
        return frozenset(
            place
            for place, each in enumerate(statements)
            if not all(_bare(line) in self._true for line in each.text.partition("\nAdapted from")[0].split("\n"))
        )


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many; prints as a share with its interval."""

    hits: int
    of: int

    def __str__(self) -> str:
        if not self.of:
            return "none"
        low, high = interval(self.hits, self.of)
        return f"{self.hits} of {self.of} ({self.hits / self.of:.0%}; {low:.0%} to {high:.0%})"


def score(rows: Sequence[Mapping[str, Any]], command: str) -> Mapping[str, Any]:
    """Return the figures of ../shared/truth/score.py for some rows: `all`, and `by` kind."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "rows.jsonl"
        part.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        scorer = [
            sys.executable,
            str(SHARED / "truth" / "score.py"),
            "--set",
            str(part),
            "--command",
            command,
            "--json",
        ]
        done = subprocess.run(scorer, capture_output=True, text=True, check=True, cwd=ROOT)  # our own words
    return dict(json.loads(done.stdout))


def score_own_answers() -> tuple[Count, Count]:
    """Return how many sentences of ../shared/evals/claude pass with their own passages, and with another question's."""
    answers = list(_own_answers())
    own: Counter[bool] = Counter()
    other: Counter[bool] = Counter()
    for at, (text, hits) in enumerate(answers):
        theirs = answers[(at + len(answers) // 3) % len(answers)][1]
        for unit in split_units(text):
            own[_passes(unit.text, hits)] += 1
            other[_passes(unit.text, theirs)] += 1
    return Count(own[True], own.total()), Count(other[True], other.total())


def write_page(today: datetime.date) -> str:
    """Return the text of docs/truth.md. Takes a minute."""
    rows = _rows(SHARED / "truth" / "set.jsonl")
    check = f"{Path(sys.executable).parent / 'footnote'} check"
    whole = score(rows, check)
    halves = [score([row for row in rows if _half(row) == half], check)["all"] for half in (0, 1)]
    opinions = {mode: score(rows, f"{sys.executable} -m bench.truth --as-check {mode}")["all"] for mode in MODES}
    own, other = score_own_answers()
    lines = [f"| {name} | {_caught(whole['by'], kinds)} |" for name, kinds in KINDS.items()]
    details = [
        f"| `{kind}` | {_of(part, 'caught')} | {_of(part, 'lost')} |" for kind, part in sorted(whole["by"].items())
    ]
    seconds = [
        f"| {mode} | {Count(each['caught'] + each.get('flagged', 0), each['pairs'])} | {_of(each, 'doubted')} |"
        for mode, each in opinions.items()
    ]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=True
    )  # git of the path
    return _PAGE.format(
        date=today.isoformat(),
        commit=commit.stdout.strip(),
        caught=_of(whole["all"], "caught"),
        lost=_of(whole["all"], "lost"),
        halves="; ".join(f"{_of(half, 'caught')} caught, {half['lost']} lost" for half in halves),
        groups="\n".join(lines),
        details="\n".join(details),
        seconds="\n".join(seconds),
        own=own,
        other=other,
    )


_PAGE = """\
# Does the check hold?

`make truth` writes this page, and nothing else does: a figure that got worse is published as
well. Measured on {date}, on top of commit {commit}. An interval is 95 % (Wilson).

## What becomes of a wrong sentence?

237 true sentences as a model writes them, over eight passages of real documentation each, and the
same sentences with one planted error. Mostly English, by one author. The set says what becomes of
an error, not how often models make one.

| | |
|---|---|
| wrong sentences that are not shown as they are | {caught} |
| true sentences that are lost | {lost} |

The first rules were developed on one half of the set, those of [decision 0048](decisions.md) with the
misses of both in sight. The two halves: {halves}.
On pages that nobody had read, less is caught and more is lost: [decision 0054](decisions.md) has those
figures.

| Kind of error | Caught |
|---|---|
{groups}

## What does a second model add?

With `CHECK_MODEL`, what is doubted is shown with a mark. These are scripted models: one that is
always right shows what is left for a perfect one, and the other two show that a fault changes
nothing.

| The second model is | Caught or marked | True sentences marked |
|---|---|---|
{seconds}

## Does a mark open the door?

144 sentences that were written by hand, each marked with passages.

| Their passages are | Shown |
|---|---|
| those that they were written from | {own} |
| another question's | {other} |

## Every kind

| Kind | Caught | True sentences lost |
|---|---|---|
{details}

## What do these figures not show?

- How often a real model makes such errors, or which ones.
- Whether a sentence that passes follows from its passage: half of the errors of meaning pass. The
  quote under each source is there for that, and so is a second model.
- Documentation in other languages than English: a tenth of the sentences is German, Japanese or
  Spanish.
- What the reader without a model does: [decision 0034](decisions.md) and `evals/README.md` have
  its figures.

For comparison, what others publish is measured on other data: on GaRAGe (2025), a benchmark of
answers with cited passages, the best model attributes with an F1 of .589, and refuses .31 of the
questions that its passages do not answer.
"""


def _caught(by: Mapping[str, Mapping[str, int]], kinds: Sequence[str]) -> Count:
    parts = [by[kind] for kind in kinds if kind in by]
    return Count(sum(part["caught"] for part in parts), sum(part["pairs"] for part in parts))


def _of(part: Mapping[str, int], name: str) -> Count:
    return Count(int(part.get(name, 0)), part["pairs"])


def _half(row: Mapping[str, Any]) -> int:
    return hashlib.sha256(str(row["id"]).encode()).digest()[0] % 2


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _bare(text: str) -> str:
    return " ".join(re.sub(r"\W+", " ", re.sub(r"\s*(?:\[\d+\])+", "", text)).split())


def _own_answers() -> Iterator[tuple[str, list[Hit]]]:
    folder = SHARED / "evals" / "claude"
    with gzip.open(folder / "sections.jsonl.gz", "rt") as lines:
        sections = [json.loads(line) for line in lines]
    for query in _rows(folder / "queries.jsonl"):
        wanted = {(each["url"], each["anchor"]) for each in query["gold"]}
        found = [
            each for each in sections for name in (each["anchor"], *each["aliases"]) if (each["url"], name) in wanted
        ]
        passages = [Passage(each["url"], each["anchor"], tuple(each["path"]), each["text"]) for each in found]
        yield query["answer"], [Hit(passage, "claude", 1.0) for passage in passages]


def _passes(sentence: str, hits: Sequence[Hit]) -> bool:
    marks = "".join(f"[{number}]" for number in range(1, len(hits) + 1))
    checker = Checker(hits, "")
    return bool([*checker.feed(f"{sentence.rstrip('.!?')} {marks}."), *checker.finish()])


async def _check_lines(verifier: Verifier) -> None:
    """Do what `footnote check` does, with a scripted second opinion."""
    for line in sys.stdin:
        row = json.loads(line)
        hits = [
            Hit(Passage(each["url"], each["anchor"], tuple(each["path"]), each["text"], each["title"]), "", 0.0)
            for each in row["passages"]
        ]
        checked = await check_draft(row["draft"], hits, row["question"], verifier)
        units = [
            {"text": unit.text, "verdict": unit.verdict.value, "cites": list(unit.passages)} for unit in checked.units
        ]
        sys.stdout.write(json.dumps({"id": row["id"], "units": units, "abstention": checked.abstention}) + "\n")


def main() -> None:
    """Measure, and write the page or print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, help="the page; without it, it is printed")
    parser.add_argument("--as-check", choices=MODES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.as_check:
        asyncio.run(_check_lines(ScriptedVerifier(options.as_check)))
        return
    if not (SHARED / "truth").is_dir():
        sys.exit("skipped: ../shared/truth is not here, and the page stays as it is")
    page = write_page(datetime.datetime.now(datetime.UTC).date())
    if options.write:
        options.write.write_text(page, "utf-8")
    else:
        sys.stdout.write(page)


if __name__ == "__main__":
    main()
