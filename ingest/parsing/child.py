"""The child process that parses pages: requests on standard input, answers on standard output.

Started by `ingest.parsing.parse`. A stranger's page may make any parser hang or use too much memory, so this process
may be lost at any time: its memory is limited; so is the processor time of a page, which the kernel counts and ends it
by SIGPROF; an alarm ends it if it waits after its parent is gone; the end of its input ends it; and it retires by
itself once a page has made it grow. It uses no network, no database and no event loop.
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
from ingest.documents.time_limit import TimeBudget
from ingest.pages import Parsed
from ingest.parsing.wire import PDF_PATIENCE, REQUEST, clock, encode_answer, encode_failure, patience
from ingest.split import split

ADDRESSES = 800 << 20
"""Bytes of address space (RLIMIT_AS)."""

MEMORY = 440 << 20
"""Bytes of private memory (RLIMIT_DATA): with the libraries, the resident set stays below 512 MB."""

GIVES_WAY = 10
"""Added to the nice value of the process: questions come first."""

COLLECT_EVERY = 200
"""Pages between two garbage collections."""

GROWN = 256 << 20
"""Peak resident bytes above which the child retires after answering."""


_READING, _READING_CLOCK = 2 / 3, 8 / 9  # shares of a PDF's time: the rest is for making passages of what has been read
_LATER = 1.0  # seconds after our parent would end us for a page over its time: the alarm is for a child without one
_LARGE = 200_000  # bytes of a page that may make us grow; checking after each small one costs a thirtieth of the time
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def main(seconds: float, waits: int) -> None:
    """Serve until standard input ends. `seconds`: of the processor, for a page. `waits`: as for `clock`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent closes our input
    for limit_reached in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(limit_reached, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {limit_reached})
    os.nice(GIVES_WAY)
    limit()
    gc.disable()  # it takes a third of the time, and `extract` leaves no cycles: a collection now and then is enough
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    try:
        serve(source, sink, seconds, waits)
    except BrokenPipeError:  # the parent is gone
        os._exit(0)


def limit() -> None:
    """Limit the memory of this process; where the system does not know a limit, the others hold."""
    wanted = [(resource.RLIMIT_AS, ADDRESSES), (resource.RLIMIT_DATA, MEMORY), (resource.RLIMIT_CORE, 0)]
    for name, size in wanted:
        try:
            resource.setrlimit(name, (size, size))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


def serve(source: BinaryIO, sink: BinaryIO, seconds: float, waits: int) -> None:
    """Answer requests one by one, until the input ends or the child retires."""
    for number in itertools.count(1):
        asked = _read(source)
        if asked is None:
            return
        most = clock(asked[2], seconds, waits)
        signal.setitimer(signal.ITIMER_REAL, most + _LATER)
        signal.setitimer(signal.ITIMER_PROF, seconds * patience(asked[2]))
        data, retiring = _answer(*asked, TimeBudget(seconds * PDF_PATIENCE * _READING, most * _READING_CLOCK))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sink.write(data)
        sink.flush()
        if retiring:
            return
        if number % COLLECT_EVERY == 0:
            gc.collect()


def _answer(content_type: str, url: str, body: bytes, pdf: TimeBudget) -> tuple[bytes, bool]:
    try:
        page = parse_document(body, content_type, url, pdf=pdf)
        passages, dropped = split(page, url)
        retiring = len(body) > _LARGE and _has_grown()
        return encode_answer(Parsed(page, passages, dropped), retiring=retiring), retiring
    except MemoryError:
        return encode_failure("parser ran out of memory", retiring=True), True
    except RecursionError:
        return encode_failure("page nested too deeply", retiring=False), False


def _has_grown() -> bool:
    """Return whether this process has used more than `GROWN` bytes.

    On Linux by /proc: `ru_maxrss` starts with what the parent had when it forked.
    """
    try:
        found = _PEAK.search(Path("/proc/self/status").read_text("ascii", "replace"))
    except OSError:
        found = None
    if found is not None:
        return int(found[1]) * 1024 > GROWN
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) > GROWN


def _read(source: BinaryIO) -> tuple[str, str, bytes] | None:
    """Return the next request as (content type, url, body); None where the input ends, even in the middle of one."""
    header = source.read(REQUEST.size)
    if len(header) < REQUEST.size:
        return None
    kind, place, size = REQUEST.unpack(header)
    rest = source.read(kind + place + size)
    if len(rest) < kind + place + size:
        return None
    return rest[:kind].decode(), rest[kind : kind + place].decode(), rest[kind + place :]
