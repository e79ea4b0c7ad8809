"""The child process that takes pages apart: a request on standard input, an answer on standard output, until it ends.

Started by `ingest.parsing.parse`. A stranger's page may hang or bloat any parser, so this process is made to be lost:
its memory is limited, an alarm ends it should its parent be gone while it hangs, the end of its input ends it, and it
retires by itself once a page has made it grow. It knows no network, no database and no event loop.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import resource
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from ingest.documents.document import parse_document
from ingest.documents.time_limit import Budget
from ingest.pages import Parsed
from ingest.parsing.wire import PDF_PATIENCE, REQUEST, answer, clock, failure
from ingest.split import split

ADDRESSES = 800 << 20
"""Bytes of address space (RLIMIT_AS)."""

MEMORY = 440 << 20
"""Bytes of private memory (RLIMIT_DATA): with the libraries, the resident set stays below 512 MB."""

GIVES_WAY = 10
"""Added to the priority's number: questions come first."""

COLLECT_EVERY = 200
"""Pages between two garbage collections."""

GROWN = 256 << 20
"""Peak resident bytes above which the child retires after answering."""


_READING, _READING_CLOCK = 2 / 3, 8 / 9  # of the time of a PDF: the rest is for making passages of what has been read
_LATER = 1.0  # than our parent, who ends us when a page has had its time: the alarm is for a child without one
_LARGE = 200_000  # bytes of a page that may make us grow; asking after each small one costs a thirtieth
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def main(seconds: float, waits: int) -> None:
    """Serves until standard input ends. `seconds`, `waits`: how long a page may take before the alarm ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent closes our input
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.nice(GIVES_WAY)
    limit()
    gc.disable()  # a third of the time, and `extract` leaves no circles: a look now and then is enough
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    try:
        serve(source, sink, seconds, waits)
    except BrokenPipeError:  # the parent is gone
        os._exit(0)


def limit() -> None:
    """Lowers what this process may take; where the system knows no such limit, the others hold."""
    wanted = [(resource.RLIMIT_AS, ADDRESSES), (resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CORE, 0)]
    for name, size in wanted:
        try:
            resource.setrlimit(name, (size, size))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


def serve(source: BinaryIO, sink: BinaryIO, seconds: float, waits: int) -> None:
    """Answers requests one by one."""
    for number in itertools.count(1):
        asked = _read(source)
        if asked is None:
            return
        most = clock(asked[2], seconds, waits)
        signal.setitimer(signal.ITIMER_REAL, most + _LATER)
        data, retiring = _answer(*asked, Budget(seconds * PDF_PATIENCE * _READING, most * _READING_CLOCK))
        signal.setitimer(signal.ITIMER_REAL, 0)
        sink.write(data)
        sink.flush()
        if retiring:
            return
        if number % COLLECT_EVERY == 0:
            gc.collect()


def _answer(content_type: str, url: str, body: bytes, pdf: Budget) -> tuple[bytes, bool]:
    try:
        page = parse_document(body, content_type, url, pdf=pdf)
        passages, dropped = split(page, url)
        retiring = len(body) > _LARGE and _has_grown()
        return answer(Parsed(page, passages, dropped), retiring=retiring), retiring
    except MemoryError:
        return failure("parser ran out of memory", retiring=True), True
    except RecursionError:
        return failure("page nested too deeply", retiring=False), False


def _has_grown() -> bool:
    """By Linux's own account where there is one: `ru_maxrss` starts with what the parent had when it forked."""
    try:
        found = _PEAK.search(Path("/proc/self/status").read_text("ascii", "replace"))
    except OSError:
        found = None
    if found is not None:
        return int(found[1]) * 1024 > GROWN
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) > GROWN


def _read(source: BinaryIO) -> tuple[str, str, bytes] | None:
    """The next request; None at the end of the input, also in the middle of one."""
    header = source.read(REQUEST.size)
    if len(header) < REQUEST.size:
        return None
    kind, place, size = REQUEST.unpack(header)
    rest = source.read(kind + place + size)
    if len(rest) < kind + place + size:
        return None
    return rest[:kind].decode(), rest[kind : kind + place].decode(), rest[kind + place :]
