"""A parser for tests: with little processor time for a page, and patient where a busy machine gives its child none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ingest.parsing import parse
from ingest.parsing.parse import Parser


@asynccontextmanager
async def patient_parser(seconds: float = 1.5) -> AsyncIterator[Parser]:
    """Open a parser with `seconds` of the processor for one page, and four hundred times as long by the clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "WAITS", 400)
        async with Parser(seconds=seconds) as opened:
            yield opened
