"""Opens a file of a folder that may be anybody's: a regular one, or none.

Refused are links, pipes (which would hold us up until somebody writes), sockets and devices, whatever they are called.
Blocks: call it in a thread.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

NOT_A_PAGE = "not a page"


class FileRefused(Exception):
    """A file that may not be read; `str(error)` is the reason, a few words."""


def start_of(path: Path, most: int) -> bytes:
    """The first `most` bytes. Raises `FileRefused`, and `OSError` where it cannot be read just now."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileRefused(NOT_A_PAGE)
        return file.read(most)


def small_text(path: Path, most: int) -> str:
    """The same as text, for what lies beside the documents; "" where there is none that may be read."""
    try:
        return start_of(path, most).decode("utf-8", "replace")
    except (FileRefused, OSError):
        return ""
