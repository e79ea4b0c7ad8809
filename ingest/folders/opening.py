"""Opens a file of a folder that is not trusted: only if it is a regular file.

Refuses links, pipes (which block until somebody writes), sockets and devices; their names do not matter. Blocks: call
it in a thread.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

NOT_A_PAGE = "not a page"


class FileRefused(Exception):
    """A file may not be read; `str(error)` is the reason in a few words."""


def read_start(path: Path, most: int) -> bytes:
    """Return the first `most` bytes of a file. Raises `FileRefused`, and `OSError` where it cannot be read now."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileRefused(NOT_A_PAGE)
        return file.read(most)


def read_small_text(path: Path, most: int) -> str:
    """Return the first `most` bytes as text, for files next to the documents; "" where they cannot be read."""
    try:
        return read_start(path, most).decode("utf-8", "replace")
    except (FileRefused, OSError):
        return ""
