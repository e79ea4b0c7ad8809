"""What models took, as `footnote report` shows it: lines for a terminal, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from rich.text import Text

from bot.cli.questions import to_line
from core.plural import format_count
from core.spend.port import SpendReport, Spent

MOST = 10
"""People and channels that are listed."""


def spend_to_document(report: SpendReport) -> dict[str, object]:
    """Return the JSON shape of what was spent (docs/command-line.md)."""
    return {
        "total": _to_document(report.total),
        "days": [{"day": day.isoformat(), **_to_document(spent)} for day, spent in report.by_day.items()],
        "people": [{"person": name, **_to_document(spent)} for name, spent in report.people.items()],
        "channels": [{"channel": name, **_to_document(spent)} for name, spent in report.channels.items()],
        "models": [
            {"model": model, "purpose": purpose.value, **_to_document(spent)}
            for (model, purpose), spent in report.models.items()
        ],
        "today": report.today,
        "caps": asdict(report.caps),
    }


def _to_document(spent: Spent) -> dict[str, object]:
    return asdict(spent) | {"cost": round(spent.cost, 6)}


def spend_to_lines(report: SpendReport) -> Iterator[Text]:
    """Yield the lines for a terminal; none where no model was called and there is no cap."""
    caps = report.caps
    if not report.total.calls and not caps.is_set:
        return
    yield Text(f"Models: {format_count(report.total.calls, 'call')}, {describe_spent(report.total)}", "bold")
    if caps.day:
        yield Text(f"  {'today':<14}{report.today:>12,} of {caps.day:,} tokens")
    named = {day.isoformat(): spent for day, spent in report.by_day.items()}
    yield from _table("By day", named)
    yield from _table("By model", {f"{model} ({purpose})": each for (model, purpose), each in report.models.items()})
    yield from _table("By person", report.people, caps.person)
    yield from _table("By channel", report.channels, caps.channel)


def _table(head: str, rows: Mapping[str, Spent], cap: int = 0) -> Iterator[Text]:
    if rows:
        yield Text(f"{head}, at most {cap:,} tokens a day" if cap else head, "dim")
    for name, spent in rows.items():
        cost = f"   cost {spent.cost:,.2f}" if spent.cost else ""
        yield Text(f"  {spent.tokens:>12,}   {to_line(name)}{cost}")


def describe_spent(spent: Spent) -> str:
    """Return the tokens in words: `"3,204 tokens (3,120 sent, 84 received), 12 of them estimated, cost 0.01"`."""
    parts = [f"{spent.tokens:,} tokens ({spent.sent:,} sent, {spent.received:,} received)"]
    parts += [f"{spent.estimated:,} of them estimated"] if spent.estimated else []
    parts += [format_count(spent.units, "search", "searches")] if spent.units else []
    parts += [f"cost {spent.cost:,.2f}"] if spent.cost else []
    parts += [f"{spent.unpriced:,} tokens without a price"] if spent.cost and spent.unpriced else []
    return ", ".join(parts)
