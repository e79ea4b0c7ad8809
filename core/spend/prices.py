"""The setting PRICES, read. Pure.

'{"gpt-6.1-terra": {"in": 0.25, "out": 2}, "rerank-v5.0-fast": {"unit": 0.002}}'
    ──parse_prices──> {"gpt-6.1-terra": Price(0.25, 2.0), "rerank-v5.0-fast": Price(unit=0.002)}
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.spend.port import Price

FORM = 'must be JSON such as {"gpt-6.1-terra": {"in": 0.25, "out": 2}}: prices of a million tokens, none below 0'
MOST = 1e9
_NAMES = {"in": "sent", "out": "received", "unit": "unit"}


def parse_prices(value: str) -> dict[str, Price]:
    """Return the price of each model; empty: none. Raises `ValueError`."""
    try:
        parsed = json.loads(value or "{}")
    except ValueError:
        raise ValueError(FORM) from None
    if not isinstance(parsed, dict):
        raise ValueError(FORM)  # noqa: TRY004 - pydantic takes a ValueError
    return {model: _price(each) for model, each in parsed.items()}


def _price(value: object) -> Price:
    if not isinstance(value, Mapping) or not value or set(value) - set(_NAMES):
        raise ValueError(FORM)
    if not all(_is_amount(each) for each in value.values()):
        raise ValueError(FORM)
    return Price(**{_NAMES[name]: float(each) for name, each in value.items()})


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST
