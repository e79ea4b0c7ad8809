"""Renders the templates of the console. Jinja2 is loaded with the first page: an unopened console costs little."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console import charts
from bot.console.static import SCRIPT, STYLE, version_of
from bot.console.words import OUTCOMES

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render_template(name: str, **values: Any) -> str:
    """Return a page. Every value is escaped; a name that a template misses raises `jinja2.UndefinedError`."""
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": format_number,
        "short": charts.format_short,
        "money": format_money,
        "seconds": format_seconds,
        "when": format_time,
        "age": format_age,
        "is_web": is_web_address,
    }
    environment.globals |= {
        "outcome_words": {name.value: words for name, words in OUTCOMES.items()},
        "chart": {name: getattr(charts, name) for name in ("WIDTH", "HEIGHT", "LEFT", "BOTTOM", "TOP", "SERIES")},
        "style": f"/static/{STYLE}?v={version_of(STYLE)}",
        "script": f"/static/{SCRIPT}",
    }
    return environment


def format_number(value: float) -> str:
    """Return a figure with commas: `12345` -> `"12,345"`, `1.25` -> `"1.2"`."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def format_money(value: float) -> str:
    """Return an amount in the currency of PRICES: `1234.5` -> `"1,234.50"`, `0.004` -> `"0.004"`, `0` -> `"-"`."""
    return "-" if not value else f"{value:,.2f}" if value >= 0.01 else f"{value:.2g}"


def format_seconds(value: float | None) -> str:
    """Return a duration: `0.24` -> `"240 ms"`, `3.21` -> `"3.2 s"`, None -> `"-"`."""
    if value is None:
        return "-"
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.1f} s"


def is_web_address(url: str) -> bool:
    """Return whether a url may be a link: one of http or https. A page may call itself `javascript:...`."""
    return url.startswith(("https://", "http://"))


def format_time(value: datetime | None) -> str:
    """Return a time in UTC, to the minute; None -> `"never"`."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}" if value else "never"


def format_age(value: datetime | None) -> str:
    """Return how long ago a time is, in the largest unit that fits: `"3 hours"`; None -> `"never"`."""
    if value is None:
        return "never"
    seconds = max(0.0, (datetime.now(UTC) - value).total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := int(seconds // size)) > 0:
            return f"{count:,} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
