"""`footnote sources export`: writes the passages of a source as JSON lines, with a few in memory at a time."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TextIO

import click

from bot.cli.running import notices, with_footnote
from core.domain import Passage
from core.errors import IngestError, UsageError
from core.wiring import Footnote


@click.command("export")
@click.argument("name")
@click.option("--jsonl", is_flag=True, default=True, help="One JSON document a line: the only form, and the default.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write to this file, which appears when it is complete. Default: standard output.",
)
def command(name: str, *, jsonl: bool, output: Path | None) -> None:
    """Write all passages of the source NAME, page by page, in the order of each page.

    \b
    footnote sources export guide > guide.jsonl
    footnote sources export guide --output guide.jsonl
    """
    assert jsonl, "the flag has no other side"
    written = with_footnote(lambda footnote: _export(footnote, name, output))
    if output is not None:
        notices().print(f"Wrote {written:,} passages to {output}.", markup=False, soft_wrap=True)


def to_document(passage: Passage) -> dict[str, object]:
    """Return the JSON shape of an exported passage (docs/command-line.md)."""
    return {
        "url": passage.url,
        "anchor": passage.anchor,
        "link": passage.link,
        "section": list(passage.path),
        "title": passage.title,
        "kind": passage.kind.value,
        "language": passage.language,
        "text": passage.text,
    }


async def _export(footnote: Footnote, name: str, output: Path | None) -> int:
    written = 0
    async with aclosing(footnote.catalog.passages(name)) as passages:
        first = await anext(passages, None)
        if first is None:
            raise IngestError(f"There is nothing to export, nothing crawled yet: read it with `footnote crawl {name}`.")
        with _opened(output) as file:
            _write(file, first)
            async for passage in passages:
                _write(file, passage)
                written += 1
    return written + 1


def _write(file: TextIO, passage: Passage) -> None:
    file.write(json.dumps(to_document(passage), ensure_ascii=False) + "\n")


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Open standard output, or a file that gets its name when all is written. Raises `UsageError` if it cannot."""
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(output)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
