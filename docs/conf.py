"""Builds this documentation: `make docs`. Tables that must not drift are written from the code while building.

A line `<!-- generated: NAME -->` in a page becomes the table of that name below. Nothing is fetched.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a checkout builds from its own code, installed or not

from core.answer.limits import AnswerLimits
from core.config import settings
from core.index import fusion
from core.quote import relevance as gate

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "footnote"
author = "The footnote authors"
copyright = "2026, The footnote authors"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "footnote"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_last_updated_fmt = None


def _table(head: tuple[str, str], rows: dict[str, object]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    return "\n".join(lines) + "\n"


def weights() -> str:
    """Return what each part of the fused score counts (core/index/fusion.py)."""
    set_ = fusion.Weights()
    return _table(
        ("Part of the score", "Value"),
        {
            "`vector`, the weight of the vector side": set_.vector,
            "`words`, the weight of the lexical side (BM25)": set_.words,
            "`page`, the weight of the other passages of the page": set_.page,
            "`reach`, the share of what is attainable that the best BM25 score must have": set_.reach,
            "`synonym`, the weight of a synonym that the pages use alone": set_.synonym,
            "candidates of each side": fusion.CANDIDATES,
            "rows that the rarest terms may bring to be scored": f"{fusion.ROW_BUDGET:,}",
        },
    )


def limits() -> str:
    """Return the engine's sizes and deadlines (core/answer/limits.py)."""
    values = dataclasses.asdict(AnswerLimits())
    return _table(
        ("Limit", "Value"),
        {
            name.replace("_", " "): f"{value:g} s" if name.endswith("_seconds") else f"{value:,}"
            for name, value in values.items()
        },
    )


def gates() -> str:
    """Return the constants of the gate (core/quote/relevance.py)."""
    return _table(
        ("Constant", "Value"),
        {
            "weight of the section's similarity": gate.SIMILARITY_WEIGHT,
            "weight of the logarithm of 1 + the words that it holds": gate.WORDS_WEIGHT,
            "words that a shorter question counts as": gate.FEWEST_WORDS,
            "what the sum must reach to be sure": gate.THRESHOLD,
            "what the sum of some hit must reach to be about the question": gate.THRESHOLD_FAR,
            "coverage that is enough where there are no vectors": gate.COVERAGE_ALONE,
            "hits that are looked at": gate.LOOKED_AT,
        },
    )


GENERATED: dict[str, Callable[[], str]] = {
    "settings": settings.reference,
    "weights": weights,
    "limits": limits,
    "gate": gates,
}


def _fill(_app: Sphinx, _page: str, source: list[str]) -> None:
    for name, table in GENERATED.items():
        marker = f"<!-- generated: {name} -->"
        if marker in source[0]:
            source[0] = source[0].replace(marker, table())


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("source-read", _fill)
