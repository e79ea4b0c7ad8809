"""Charts as numbers: where each bar and line goes. `templates/charts.html` draws them as SVG, with a table of the same.

    build_bars([("answered", 12), ("partly", 3)])      a table of labels and figures, with a bar in each row
    build_lines(["Mon", "Tue"], {"slack": [3, 4]})     columns or lines over time; the table is below, folded

No markup is made here: labels are escaped by the template. A screen reader gets the table, and never the drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 200, 44, 24, 8
"""The drawing in units of its view box; the page scales it."""

SERIES = 6
"""Series that have a colour of their own in the stylesheet."""

_STEPS = (1, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One row: its label, its figure, its length in percent of the longest, and where its label leads ("": nowhere)."""

    label: str
    value: float
    length: float
    href: str = ""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One series: its label, its values, and its points as an SVG polyline has them."""

    label: str
    values: tuple[float, ...]
    points: str


@dataclass(frozen=True, slots=True)
class ChartTick:
    """A mark on an axis: the label, and where it stands."""

    label: str
    at: float


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over common labels, with the marks of both axes."""

    labels: tuple[str, ...]
    lines: tuple[ChartLine, ...]
    across: tuple[ChartTick, ...]
    up: tuple[ChartTick, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(any(line.values) for line in self.lines)


def format_short(value: float) -> str:
    """Return a figure in few letters: `2.5` -> `"2.5"`, `5000` -> `"5,000"`, `251100000` -> `"251.1 M"`."""
    for unit, size in (("G", 1e9), ("M", 1e6)):
        if value >= size:
            return f"{value / size:,.1f}".removesuffix(".0") + f" {unit}"
    return f"{value:,.1f}".removesuffix(".0")


def build_bars(rows: Iterable[tuple[str, float] | tuple[str, float, str]]) -> list[ChartBar]:
    """Return bars for (label, figure) or (label, figure, link), in the order given."""
    listed = [(row[0], row[1], row[2] if len(row) > 2 else "") for row in rows]
    longest = max((value for _, value, _ in listed), default=0)
    return [ChartBar(label, value, _share(value, longest), href) for label, value, href in listed]


def build_lines(labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> LineChart:
    """Return lines for series of figures, each as long as `labels`."""
    top = _round_up(max((value for values in series.values() for value in values), default=0))
    lines = tuple(
        ChartLine(name, tuple(values), " ".join(_point(n, value, len(labels), top) for n, value in enumerate(values)))
        for name, values in series.items()
    )
    every = max(1, -(-len(labels) // 6))
    across = tuple(ChartTick(label, _across(n, len(labels))) for n, label in enumerate(labels) if n % every == 0)
    up = tuple(ChartTick(format_short(top * part / 2), _up(top * part / 2, top)) for part in range(3))
    return LineChart(tuple(labels), lines, across, up)


def _share(value: float, longest: float) -> float:
    return round(100 * value / longest, 1) if longest > 0 else 0.0


def _point(number: int, value: float, count: int, top: float) -> str:
    return f"{_across(number, count):g},{_up(value, top):g}"


def _across(number: int, count: int) -> float:
    return round(LEFT + (WIDTH - LEFT - 8) * (number / (count - 1) if count > 1 else 0.5), 1)


def _up(value: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)


def _round_up(value: float) -> float:
    """Return the next round number that is not below: `0 -> 1`, `37 -> 40`, `204 -> 300`."""
    power = 1.0
    while power * 10 < value:
        power *= 10
    return next((step * power for step in _STEPS if step * power >= value), 10 * power)
