"""How much of a page survives extraction, against gold, and what it costs: run as `python -m bench.extract`.

    gold     19 pages of ../shared/gold, scored by ../shared/gold/score.py, means over sites; where it takes for
             text what is none (`CORRECTIONS`, docs/decisions/0030-elements.md), it is corrected first
    anchors  every passage of every site in ../shared/sites: does its anchor exist in its page? (must be 0 missing)
    cost     processor ms a page of extract + split, by site

    python -m bench.extract [--site NAME] [--quick]

Says so and ends with 0 where the folder is missing. `--quick` leaves the sites out.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import re
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from ingest.html.extract import extract
from ingest.pages import Block, BlockKind, Extract
from ingest.pieces import fenced
from ingest.split import split

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
METRICS = ("para_exact", "inline_exact", "code_verbatim", "code_lang", "table_rows", "headings", "neg_rate")
_ID = re.compile(r"""\s(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")


CORRECTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "reference/code-blocks/index.html": (("etc.1:", "etc.:"), (" ↩", "")),
    "setup/setting-up-navigation/index.html": (("mobile.1 ", "mobile. "), (" ↩", "")),
    "reference/admonitions/index.html": (("note1:", "note:"), (" ↩", "")),
    "publishing-your-site/index.html": (("GitLab 17.4 1.", "GitLab 17.4."), (" ↩", "")),
    "functions-json.html": (("conversion;[a] ", "conversion; "), ("[a] For", "For")),
    "tutorial-join.html": (("match.[4] ", "match. "), ("[4] This", "This")),
    "guide/migration.html": (('    "vite": "npm:rolldown-vite@7.2.2"\n', ""),),
}
"""By page: what its gold says, and what it should say: signs of notes and lines that a change removes are no text."""


_ANNOTATION = re.compile(r"[ \t]*(?:#|//|/\*) \(\d\)!?(?: \*/)?$", re.MULTILINE)


@dataclass(slots=True)
class Site:
    """What was measured on one site."""

    pages: int = 0
    passages: int = 0
    characters: int = 0
    dropped: int = 0
    missing: int = 0
    milliseconds: float = 0.0
    longest: int = 0


def markdown(page: Extract) -> str:
    """Return the blocks as one markdown document, which is what the scorer reads."""
    return "\n\n".join(_rendered(block) for block in page.blocks)


def _rendered(block: Block) -> str:
    match block.kind:
        case BlockKind.HEADING:
            return f"{'#' * block.level} {block.text}"
        case BlockKind.CODE:
            return fenced(block.text, block.language)
        case _:
            return block.text


def score_gold(shared: Path) -> dict[str, dict[str, float]]:
    """Return site -> metric -> mean over its gold pages; `anchors` is the share of headings with the right anchor."""
    scorer = _scorer(shared / "gold" / "score.py")
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for gold in json.loads((shared / "gold" / "pages.json").read_text("utf-8")):
        text = (shared / "sites" / gold["site"] / gold["page"]).read_text("utf-8")
        page = extract(text, f"https://gold.example/{gold['page']}")
        code = {block.text.strip() for block in page.blocks if block.kind is BlockKind.CODE}
        scores = scorer.score(_correct(gold, code), markdown(page))
        scores["anchors"] = _anchors_right(gold["headings"], page)
        for name in (*METRICS, "anchors"):
            if scores.get(name) is not None:
                found[gold["site"]][name].append(scores[name])
    return {site: {name: statistics.fmean(values) for name, values in row.items()} for site, row in found.items()}


def _correct(gold: Mapping[str, Any], ours: Set[str]) -> dict[str, Any]:
    """Return the gold of a page with its corrections. Code that is not `ours` has no marks in its comments."""
    paragraphs, code = [dict(one) for one in gold["paras"]], [dict(one) for one in gold["code"]]
    for wrong, right in CORRECTIONS.get(gold["page"], ()):
        for paragraph in paragraphs:
            paragraph["t"] = paragraph["t"].replace(wrong, right)
        for block in code:
            block["text"] = block["text"].replace(wrong, right)
    for block in code:
        if block["text"].strip() not in ours:
            block["text"] = _ANNOTATION.sub("", block["text"])
    return {**gold, "paras": paragraphs, "code": code}


def means(by_site: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return metric -> mean over the sites that have it."""
    return {
        name: statistics.fmean(values)
        for name in (*METRICS, "anchors")
        if (values := [row[name] for row in by_site.values() if name in row])
    }


def _scorer(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("gold_score", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _anchors_right(headings: Sequence[Mapping[str, Any]], page: Extract) -> float | None:
    """Return the share of the gold headings that we have, in order, whose anchor is the gold one."""
    ours = [(_letters(block.text), block.anchor) for block in page.blocks if block.kind is BlockKind.HEADING]
    right: list[bool] = []
    at = 0
    for heading in headings:
        wanted = _letters(heading["text"])
        place = next((n for n in range(at, len(ours)) if ours[n][0] == wanted), None)
        if place is not None and heading["id"]:
            at = place + 1
            right.append(unquote(ours[place][1]) == unquote(heading["id"]))
    return statistics.fmean(right) if right else None


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def measure(pages: Iterable[Path], folder: Path) -> Site:
    """Extract and split pages one by one, and return the figures by site."""
    site = Site()
    for path in pages:
        text = path.read_text("utf-8", "replace")
        url = f"https://site.example/{path.relative_to(folder)}"
        begun = time.process_time()
        page = extract(text, url)
        passages, dropped = split(page, url)
        site.milliseconds += (time.process_time() - begun) * 1000
        ids = set(_ids(text))
        site.pages += 1
        site.passages += len(passages)
        site.dropped += dropped
        site.characters += sum(len(passage.text) for passage in passages)
        site.longest = max([site.longest, *(len(passage.text) for passage in passages)])
        site.missing += sum(bool(p.anchor) and p.anchor not in ids and unquote(p.anchor) not in ids for p in passages)
    return site


def _ids(text: str) -> Iterator[str]:
    for found in _ID.finditer(text):
        yield (
            (found[1] or found[2] or found[3] or "").replace("&amp;", "&").replace("&quot;", '"').replace("&#39;", "'")
        )


def _print_gold() -> None:
    by_site = score_gold(SHARED)
    names = (*METRICS, "anchors")
    print(f"{'gold':12}" + "".join(f"{name:>14}" for name in names))
    for site, row in [*by_site.items(), ("mean", means(by_site))]:
        print(f"{site:12}" + "".join(f"{row[name]:14.3f}" if name in row else f"{'-':>14}" for name in names))


def _print_sites(only: str) -> None:
    print("\nsite" + " " * 8 + "  pages  passages  dropped  mean ch  longest  missing  ms/page")
    for folder in sorted(path for path in (SHARED / "sites").iterdir() if path.is_dir()):
        if only in {"", folder.name}:
            row = measure(sorted(folder.rglob("*.html")), folder)
            print(
                f"{folder.name:12}{row.pages:7}{row.passages:10}{row.dropped:9}"
                f"{row.characters / max(row.passages, 1):9.0f}{row.longest:9}{row.missing:9}"
                f"{row.milliseconds / max(row.pages, 1):9.2f}"
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--site", default="", help="one folder of ../shared/sites")
    parser.add_argument("--quick", action="store_true", help="gold only")
    options = parser.parse_args()
    if not SHARED.is_dir():
        print(f"Nothing measured: the folder {SHARED} is not here.")
        return 0
    _print_gold()
    gc.disable()  # as the child does (ingest.parsing.child)
    if not options.quick:
        _print_sites(options.site)
    return 0


if __name__ == "__main__":
    sys.exit(main())
