"""A parser for tests: patient where a busy machine gives its child no processor time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ingest.parsing import parse
from ingest.parsing.parse import Parser


@asynccontextmanager
async def patient_parser(seconds: float = parse.SECONDS) -> AsyncIterator[Parser]:
    """Open a parser with `seconds` of the processor for one page, and four hundred times as long by the clock.

    Few seconds are for pages that hang: what must be read needs the usual ones, as a second of a processor that others
    use as well does less than one of a quiet one.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "WAITS", 400)
        async with Parser(seconds=seconds) as opened:
            yield opened
