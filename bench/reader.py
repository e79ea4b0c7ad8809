"""The reader without a model on sites that nothing was tuned on: celery, knot and scrapy of evals/.

    pages of Debian packages ──crawl──> index ──ask each question──> figures, with 95 % intervals (Wilson)

    python -m bench.reader --docs pages/usr/share/doc --home DIR [--site NAME ...] [--answers FILE] [--marks FILE]

evals/README.md says where the pages come from and how an answer is judged. `--home` is kept: pages are embedded once.
`--answers` writes what was said, for a person to judge; `--marks` reads such marks, lines of `ID MARK`, and counts
them.
What is counted without a person: first citation right (the first citation is a gold section), right section shown or
linked (some citation or suggestion is), holds the fact (the words of `holds` are shown), answered with confidence.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.served import ROOT
from core.answer.scoring import Location
from core.config.settings import Settings
from core.domain import Answer, Question
from core.wiring import Footnote, open_footnote

SITES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "celery": (
        "python-celery-doc/html",
        ("_*", "reference", "internals", "genindex.html", "py-modindex.html", "search.html", "changelog-[123].*.html",
         "whatsnew-[123].*.html", "*.js", "*.inv", "*.gz"),
    ),
    "knot": ("knot-doc", ("_*", "search.html", "*.js", "*.gz", "copyright")),
    "scrapy": (
        "python-scrapy-doc/html",
        ("_*", "404.html", "README.html", "genindex.html", "py-modindex.html", "search.html", "*.js", "*.inv"),
    ),
}  # fmt: skip
"""Where a site's pages lie below `--docs`, and the names that are left out."""

DEPTH = 50
ANSWERABLE = ("docs-words", "user-words")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question of a set with its answer. `found`: what a search finds, best first."""

    site: str
    row: Mapping[str, object]
    answer: Answer
    found: tuple[Location, ...]

    @property
    def kind(self) -> str:
        """Return the kind of question."""
        return str(self.row["kind"])

    @property
    def confident(self) -> bool:
        """Return whether something is asserted: no abstention."""
        return self.answer.abstention is None

    @property
    def gold(self) -> tuple[Location, ...]:
        """Return the sections that answer."""
        rows = self.row["gold"]
        assert isinstance(rows, list)
        return tuple(Location(f"file:///{self.site}/{each['url']}", each["anchor"]) for each in rows)

    @property
    def first_is_right(self) -> bool:
        """Return whether the first citation is a gold section."""
        return self.confident and self._is_gold(url.url for url in self.answer.citations[:1])

    @property
    def is_linked(self) -> bool:
        """Return whether some citation or suggestion is a gold section."""
        return self._is_gold(url.url for url in (*self.answer.citations, *self.answer.suggestions))

    @property
    def holds_fact(self) -> bool:
        """Return whether the words that a useful answer needs are shown."""
        wanted = self.row.get("holds", [])
        assert isinstance(wanted, list)
        answer_text = self.answer.text.lower()
        return self.confident and all(any(one in answer_text for one in each.lower().split("|")) for each in wanted)

    @property
    def ndcg(self) -> float:
        """Return nDCG@10 of the search by section; each question wants one of its gold sections."""
        ranks = [rank for rank, each in enumerate(dict.fromkeys(self.found), 1) if any(map(each.is_at, self.gold))]
        return 1 / math.log2(ranks[0] + 1) if ranks and ranks[0] <= 10 else 0.0

    def _is_gold(self, urls: Iterable[str]) -> bool:
        shown = [Location(url.partition("#")[0], url.partition("#")[2].partition(":~:")[0]) for url in urls]
        return any(each.is_at(gold) for each in shown for gold in self.gold)


def interval(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, hits / of
    middle, width = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - width) / (1 + z * z / of), (middle + width) / (1 + z * z / of)


def copy_pages(docs: Path, home: Path, sites: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Copy the pages of each site that are asked about below `home`, once, and yield their folders."""
    for name in sites:
        place, left_out = SITES[name]
        folder = home / "pages" / name
        if not folder.is_dir():
            ignore = shutil.ignore_patterns(*left_out)
            shutil.copytree(docs / place, folder, ignore=ignore, ignore_dangling_symlinks=True)
        yield name, folder


def index_pages(docs: Path, home: Path, sites: Sequence[str]) -> None:
    """Add and crawl each site that the index in `home` does not have yet."""
    environment = {"FOOTNOTE_HOME": str(home), "EMBEDDING_MODEL": "local", "PATH": os.defpath}
    command = [sys.executable, "-c", "from bot.cli.main import run; run()"]
    for name, folder in copy_pages(docs, home, sites):
        added = subprocess.run(
            [*command, "sources", "add", str(folder), "--name", name], env=environment, cwd=ROOT, check=False
        )
        if added.returncode == 0:
            subprocess.run([*command, "crawl", name], env=environment, cwd=ROOT, check=True)


async def ask(home: Path, sites: Sequence[str]) -> list[Outcome]:
    """Ask every question of the sets."""
    settings = Settings(_env_file=None, FOOTNOTE_HOME=home, EMBEDDING_MODEL="local", CHAT_MODEL="extractive")
    async with open_footnote(settings) as footnote:
        return [
            await _answer(footnote, name, json.loads(line))
            for name in sites
            for line in (ROOT / "evals" / f"{name}.jsonl").read_text("utf-8").splitlines()
        ]


async def _answer(footnote: Footnote, site: str, row: Mapping[str, object]) -> Outcome:
    text = str(row["question"])
    *_, answer = [event async for event in footnote.engine.ask(Question(text, sources=(site,)))]
    assert isinstance(answer, Answer)
    hits = await footnote.engine.search(text, limit=DEPTH, sources=(site,))
    return Outcome(site, row, answer, tuple(Location(hit.passage.url, hit.passage.anchor) for hit in hits))


def show(outcomes: Sequence[Outcome], marks: Mapping[str, str]) -> None:
    """Print the figures: of all answerable questions, of each half, and of what has no answer."""
    for kinds in (ANSWERABLE, *((kind,) for kind in ANSWERABLE)):
        asked = [each for each in outcomes if each.kind in kinds]
        print(f"\n{' + '.join(kinds)}: {len(asked)}")
        _print_share("first citation right", sum(each.first_is_right for each in asked), len(asked))
        _print_share("right section shown or linked", sum(each.is_linked for each in asked), len(asked))
        _print_share("holds the fact", sum(each.holds_fact for each in asked), len(asked))
        _print_share("not answered", sum(not each.confident for each in asked), len(asked))
        print(f"  {'search: section nDCG@10, one gold':34} {sum(each.ndcg for each in asked) / len(asked):.3f}")
        judged = Counter(marks[str(each.row["id"])] for each in asked if str(each.row["id"]) in marks)
        for mark, count in sorted(judged.items()):
            _print_share(f"judged: {mark}", count, len(asked))
    for kind in ("near-miss", "off-topic"):
        asked = [each for each in outcomes if each.kind == kind]
        bold = [str(each.row["id"]) for each in asked if each.confident]
        print(f"\n{kind}: {len(asked)}")
        _print_share("answered with confidence", len(bold), len(asked))
        print(f"  {' '.join(bold)}")


def _print_share(name: str, hits: int, of: int) -> None:
    low, high = interval(hits, of)
    print(f"  {name:34} {hits / of:.3f} [{low:.2f}, {high:.2f}]  {hits} of {of}")


def write_answers(outcomes: Sequence[Outcome], file: Path) -> None:
    """Write each answer with its question and its fact, for a person to judge."""
    with file.open("w", encoding="utf-8") as out:
        for each in outcomes:
            gold = ", ".join(f"{place.url.removeprefix('file:///')}#{place.anchor}" for place in each.gold)
            out.write(
                f"\n======== {each.row['id']}  {each.row['question']}\nfact: {each.row.get('key', '')}\ngold: {gold}\n"
            )
            out.write(f"abstention: {each.answer.abstention}, dropped {each.answer.dropped}\n{each.answer.text}\n")
            for link in (*each.answer.citations, None, *each.answer.suggestions):
                shown = f"  [{link.number}] {re.sub('.*/pages/', '', link.url)}  {link.path[-1:]}" if link else "  --"
                out.write(f"{shown}\n")


def read_marks(file: Path | None) -> dict[str, str]:
    """Return the mark of each question that was judged."""
    lines = file.read_text("utf-8").splitlines() if file else []
    return dict(line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))


def main() -> int:
    """Index what is missing, ask, and print."""
    parser = argparse.ArgumentParser(description="Asks the reader without a model about unseen documentations.")
    parser.add_argument("--docs", type=Path, default=Path("/usr/share/doc"))
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--site", action="append", choices=SITES, help="one set alone; may be repeated")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--marks", type=Path)
    options = parser.parse_args()
    sites = options.site or list(SITES)
    if not all((options.docs / SITES[name][0]).is_dir() for name in sites) and not (options.home / "pages").is_dir():
        print(f"skipped: the pages are not in {options.docs}; evals/README.md says where to get them")
        return 0
    options.home.mkdir(parents=True, exist_ok=True)
    index_pages(options.docs.resolve(), options.home.resolve(), sites)
    outcomes = asyncio.run(ask(options.home.resolve(), sites))
    if options.answers:
        write_answers(outcomes, options.answers)
    show(outcomes, read_marks(options.marks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
