"""Whether a source may become another one: what its kind allows, and whether its patterns can be read.

Only `ingest` knows; the command line passes this on to the console (`core` and `bot` do not know `ingest`).
"""

from __future__ import annotations

from core.config.settings import Settings
from core.domain import Source
from ingest.assembly import check_rendering
from ingest.kinds.port import SourceOption
from ingest.kinds.registry import refuse_option
from ingest.patterns import compiled_all


async def check_change(settings: Settings, before: Source, after: Source) -> None:
    """Raise `UsageError` where a source may not become the other one."""
    for patterns in (after.include, after.exclude):
        compiled_all(patterns)
    if after.include != before.include or after.exclude != before.exclude:
        refuse_option(before, SourceOption.PATTERNS)
    if after.render and not before.render:
        refuse_option(before, SourceOption.RENDER)
        await check_rendering(after, settings)
