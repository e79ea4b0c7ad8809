"""The dashboard shows figures that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Metrics, SourceMetrics, SpendMetrics
from core.calls import Purpose
from core.domain import Answer, Fault, FaultCause, SpendCap, TokenUsage
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Thumb
from core.index.crawling import Verdict
from core.index.port import SourceFigures
from core.spend.port import SpendCaps, SpendReport, Spent
from tests.conftest import ROOT

DASHBOARD = json.loads((ROOT / "docs/grafana.json").read_text("utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def served() -> Iterator[str]:
    """Yield the name of each figure that a process serves, with those of histograms as they are queried."""
    meters = Metrics()
    meters.count_question(Platform.SLACK)
    meters.count_ending(Platform.SLACK, QuestionOutcome.PARTLY, 1.0)
    away = FaultCause(Fault.MODEL, "refused", "It is away.")
    meters.count_answer(Platform.SLACK, Answer("", usage=TokenUsage(1, 1), timings_ms={"read": 1.0}, causes=(away,)))
    meters.count_answer(Platform.SLACK, Answer("", cap=SpendCap.DAY))
    meters.count_first_words(Platform.SLACK, 1.0)
    meters.count_thumb(Platform.SLACK, Thumb.UP)
    meters.count_postponed(Platform.SLACK)
    meters.set_platform("slack", is_up=True)
    sources = SourceMetrics([SourceFigures("docs", 1, 2, None, Verdict.OK)])
    models = {("m", Purpose.ANSWER): Spent(1, 1, 1)}
    spend = SpendMetrics(SpendReport(1, Spent(), {}, {}, {}, models, caps=SpendCaps(day=1)))
    for text in (meters.text(), generate_latest(sources), spend.text()):
        for family in text_string_to_metric_families(text.decode()):
            yield from (sample.name for sample in family.samples)
            yield family.name


def test_each_query_names_figures_that_are_served() -> None:
    names = {name for query in QUERIES for name in re.findall(r"\b(?:footnote|process)_\w+", query)}
    assert len(names) > 8
    assert names - set(served()) == set()


def test_each_figure_of_ours_is_on_the_dashboard() -> None:
    ours = {
        name for name in served() if name.startswith("footnote_") and not name.endswith(("_created", "_count", "_sum"))
    }
    shown = " ".join(QUERIES)
    assert [name for name in ours if name not in shown] == []


def test_panels_do_not_overlap_and_have_numbers_of_their_own() -> None:
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
