"""Where staged pages wait until the crawl knows its duplicates: in memory while they are few, then on disk.

    add(page), add(page), ... ──> batches(without=withdrawn) ──> stage

A page cannot be taken back once it is staged, and which url owns a text is known at the end only. Lives for one crawl;
its file has no name, so nothing is left of it however the process ends.
"""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from core.errors import StoreFull
from core.ports import StagedPage

IN_MEMORY = 8_000_000
"""Bytes that are held before there is a file."""


class Spool:
    """Pages in the order they came: `with Spool() as spool`. Raises `StoreFull` where the temporary folder is full."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=in_memory)  # noqa: SIM115 - closed by __exit__
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, page: StagedPage) -> None:
        """Keep one page."""
        with _translated():
            pickle.dump(page, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def batches(self, size: int, without: Collection[str]) -> Iterator[list[StagedPage]]:
        """All of them but those at the urls in `without`, up to `size` at a time."""
        with _translated():
            self._file.seek(0)
        batch: list[StagedPage] = []
        for _ in range(self._count):
            page: StagedPage = pickle.load(self._file)  # our own objects, from a file that has no name
            if page.url not in without:
                batch.append(page)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreFull(
            f"The pages of this crawl cannot be kept in {tempfile.gettempdir()}: {error.strerror}."
        ) from error
