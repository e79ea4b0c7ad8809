"""What models took, as *Today* shows it: figures, lines over the days, and who took most. Values for `spend.html`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.console.charts import build_bars, build_lines
from core.spend.port import SpendReport

SPENDERS = 10
"""People and channels that are shown."""


def build_spend(report: SpendReport) -> dict[str, Any]:
    """Return what `spend.html` draws: `spend`, `spend_days`, `spend_people`, `spend_channels`, `spend_models`.

    A day on which nothing was spent is a day of the chart as well.
    """
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=back) for back in range(report.days - 1, -1, -1)]
    sent, received = ([getattr(report.by_day.get(day), name, 0) for day in days] for name in ("sent", "received"))
    return {
        "spend": report,
        "spend_days": build_lines([f"{day:%d %b}" for day in days], {"sent": sent, "received": received}),
        "spend_people": build_bars((name, each.tokens) for name, each in report.people.items()),
        "spend_channels": build_bars((name, each.tokens) for name, each in report.channels.items()),
        "spend_models": list(report.models.items()),
    }
