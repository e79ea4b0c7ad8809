"""The parent's side of parsing: `async with Parser() as parser`, one child process that may be killed, pages in turn.

    parse(...) ──queue──> one task ──request──> child ──answer──> Parsed
                              └── the child ended, or the clock ran out: killed, that page fails, a new child

What a page may cost is processor time of the child: 5 s, which the kernel counts there (`ingest.parsing.child`), from
when it has the page. Starting the child costs a page nothing, and neither does a busy machine, whose questions come
before the low-priority child. The clock is for a child that waits without using the processor, and for a PDF.

Only one task talks to the child, so a cancelled caller cannot leave half an exchange behind, and a page that kills the
child takes no other page with it. Keeps no page and retries none: what fails once fails again.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from core.config.settings import child_environment
from ingest.pages import Parsed
from ingest.parsing.wire import LARGEST_ANSWER, LENGTH, MalformedAnswer, clock, encode_request, read_answer

SECONDS: Final = 5.0
"""Processor seconds that one page may take; a PDF may take `ingest.parsing.wire.PDF_PATIENCE` times as long."""

WAITS: Final = 60
"""A page may take this many times as long on the clock: a busy machine gives the low-priority child little time.

Not for a PDF: `ingest.documents.pdf` stops by itself, in time to return what it has read.
"""

_BOOT: Final = (
    "import sys; seconds, waits, *sys.path = sys.argv[1:]; "
    "from ingest.parsing import child; child.main(float(seconds), int(waits))"
)
"""The child gets the parent's import path as it is: `-m` would put the working folder, and its `ingest`, first."""

TIMED_OUT: Final = "parser timed out"

_BUFFER: Final = 1 << 20
_LAST_WORDS: Final = 10.0  # seconds for a child that closed its output to end by itself


class ParseFailed(Exception):
    """The page could not be parsed; `str(error)` is the reason, the same for the same cause."""


class _ChildLost(Exception):
    """The child ended or answered nonsense; never leaves this file."""


@dataclass(slots=True)
class _Job:
    body: bytes
    content_type: str
    url: str
    result: asyncio.Future[Parsed]


class Parser:
    """Parses pages in a child process. `seconds`: processor time that one page may take."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._group = asyncio.TaskGroup()
        self._talking: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._talking = self._group.create_task(self._talk())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._talking is not None:
            self._talking.cancel()
        await self._group.__aexit__(None, None, None)  # an error in the body is passed on as it is, not as a group

    @property
    def pid(self) -> int | None:
        """The child's process id; None without a child."""
        return self._child.pid if self._child is not None else None

    async def parse(self, body: bytes, content_type: str, url: str) -> Parsed:
        """Return the parsed page, split into passages. `content_type` is the header's. Raises `ParseFailed`."""
        result: asyncio.Future[Parsed] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(_Job(body, content_type, url, result))
        return await result

    async def _talk(self) -> None:
        try:
            while True:
                job = await self._jobs.get()
                if not job.result.done():
                    await self._do(job)
        finally:
            while not self._jobs.empty():
                self._jobs.get_nowait().result.cancel()
            await self._stop()

    async def _do(self, job: _Job) -> None:
        """Settle one job, whatever happens."""
        outcome: Parsed | str
        try:
            async with asyncio.timeout(clock(job.body, self._seconds, WAITS)):
                outcome = await self._exchange(job)
        except TimeoutError:
            outcome = TIMED_OUT
            await self._stop()
        except _ChildLost as lost:
            outcome = TIMED_OUT if await self._stop(_LAST_WORDS) == -signal.SIGPROF else str(lost)
        except BaseException:
            job.result.cancel()
            raise
        if job.result.done():  # the caller has given up
            return
        if isinstance(outcome, str):
            job.result.set_exception(ParseFailed(outcome))
        else:
            job.result.set_result(outcome)

    async def _exchange(self, job: _Job) -> Parsed | str:
        child = await self._running()
        if child.stdin is None or child.stdout is None:
            raise _ChildLost("parser crashed")
        try:
            child.stdin.write(encode_request(job.body, job.content_type, job.url))
            await child.stdin.drain()
            (length,) = LENGTH.unpack(await child.stdout.readexactly(LENGTH.size))
            if length > LARGEST_ANSWER:
                raise _ChildLost("parser crashed")
            outcome, retiring = read_answer(await child.stdout.readexactly(length), job.url)
        except (OSError, EOFError, MalformedAnswer) as error:
            raise _ChildLost("parser crashed") from error
        if retiring:
            await self._stop()
        return outcome

    async def _running(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is not None:
            await self._stop()
        if self._child is None:
            command = [sys.executable, "-P", "-c", _BOOT, str(self._seconds), str(WAITS), *sys.path]
            try:
                self._child = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    env=child_environment(),  # it reads strangers' pages, and ours holds keys
                    limit=_BUFFER,
                )
            except OSError as error:
                raise _ChildLost("parser cannot be started") from error
        return self._child

    async def _stop(self, patience: float = 0.0) -> int | None:
        """End the child, if there is one. -> its exit code; None without one.

        `patience`: seconds to wait for its own end first. To kill a child that has just ended loses its exit code, as
        asyncio and `subprocess` then wait for it at once.
        """
        child, self._child = self._child, None
        if child is None:
            return None
        if child.stdin is not None:
            child.stdin.close()
        if patience:  # not where the task is being cancelled: Python 3.11.2 then takes the timeout for a cancellation
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    return await child.wait()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        return await child.wait()
