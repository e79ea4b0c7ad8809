"""Wake-ups and leases over any number of machines, by pgqueuer. Implements the port `core.work.port.JobQueue`.

    put_jobs(connection, job, payloads) ──in the caller's transaction──> a row, a NOTIFY
    run(handlers) ── a separate connection ──> handler(payload) ──┬─ None: done
                                                                 └─ seconds: called again so much later

A job is delivered at least once: one that its process does not finish goes to another when the heartbeats stop. All
that a job means is in our own tables, so doing it twice is harmless. Needs a direct connection to Postgres (LISTEN),
not one through a pooler in transaction mode; `footnote doctor` checks that. Every name is passed, because pgqueuer
reads PGQUEUER_*.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    DBSettings,
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import Durability
from pgqueuer.domain.types import Channel

from core.errors import ConfigurationError, FootnoteError, StoreError, StoreUnavailable
from core.postgres.connect import Connection, Connector
from core.postgres.database import CONNECT_SECONDS, Database
from core.postgres.errors import translate_errors
from core.tasks import run_in_background, wait_for_event
from core.work.port import Handler

SETTINGS: Final = DBSettings(
    prefix="",
    db_schema="footnote_queue",
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
    widen_id=True,
)
"""The settings that core/postgres/migrations/0003_queue.sql was generated with."""

AT_ONCE: Final = 4
"""Jobs that one process does at once: two crawls and two batches, for example."""

HEARTBEAT_SECONDS, POLL_SECONDS = 8.0, 2.0
"""Another process takes a job over when its heartbeats have stopped for the first; the second is between two looks."""

WORKER: Final = "footnote-worker"
"""The name of workers' connections, for people who look into `pg_stat_activity`."""

_STATEMENT_SECONDS = 30.0
_PROBE, _PROBE_SECONDS = "footnote_probe", 3.0
_RECONNECT_SECONDS, _SETTLED_SECONDS = 2.0, 15.0
_log = logging.getLogger(__name__)


def queries_of(connection: Connection) -> Queries:
    """Return pgqueuer's statements on one connection of ours."""
    return Queries(
        AsyncpgDriver(connection),  # type: ignore[arg-type]  # a connection of a pool is one, too
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=QueryQueueBuilder(SETTINGS),
        qbs=QuerySchedulerBuilder(SETTINGS),
    )


async def put_jobs(connection: Connection, job: str, payloads: Sequence[bytes]) -> None:
    """Add jobs, which wake workers up once the caller's transaction is committed. Raises what asyncpg raises."""
    count = len(payloads)
    if count:
        await queries_of(connection).enqueue([job] * count, list(payloads), [0] * count)


class PgqueuerJobs:
    """Runs handlers until it is to stop; reconnects when Postgres went away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def workers(self) -> int:
        """Return the number of processes that take jobs just now, by their connections."""
        with translate_errors():
            return int(await self._database.readers.fetchval(self._database.sql["workers"], WORKER))

    async def wakes(self) -> bool:
        """Return whether a wake-up arrives: listen on one connection, notify on another, and wait for three seconds."""
        arrived = asyncio.Event()
        with translate_errors():
            connection = await self._connect()
            try:
                await connection.add_listener(_PROBE, lambda *_: arrived.set())
                await self._database.writers.execute(self._database.sql["wake"], _PROBE)
                async with asyncio.timeout(_PROBE_SECONDS):
                    await arrived.wait()
            except TimeoutError:
                return False
            finally:
                with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    await connection.close(timeout=5)
        return True

    async def _connect(self) -> Connection:
        connector = Connector(self._database.dsn, {"application_name": WORKER}, CONNECT_SECONDS)
        return await connector.connect(command_timeout=_STATEMENT_SECONDS)

    async def run(self, handlers: Mapping[str, Handler], stop: asyncio.Event) -> None:
        """Do jobs until `stop` is set and the handlers have returned; wait while Postgres is away or refuses us."""
        outage = OutageLog()
        while not stop.is_set():
            try:
                await self._until_lost(handlers, stop, outage)
            except (StoreError, ConfigurationError) as error:  # also a password: it may be changed back
                outage.report(error)
            await wait_for_event(stop, _RECONNECT_SECONDS)

    async def _until_lost(self, handlers: Mapping[str, Handler], stop: asyncio.Event, outage: OutageLog) -> None:
        with translate_errors():
            connection = await self._connect()
        try:
            with translate_errors(), _of_pgqueuer():
                async with run_in_background(outage.end_after(_SETTLED_SECONDS)):
                    await self._work(connection, handlers, stop)
        finally:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await connection.close(timeout=5)

    async def _work(self, connection: Connection, handlers: Mapping[str, Handler], stop: asyncio.Event) -> None:
        manager = QueueManager(queries_of(connection), channel=SETTINGS.channel)
        for name, handler in handlers.items():
            manager.entrypoint(name, accepts_context=False)(_job(handler))
        async with run_in_background(_shut_down(manager, stop)):
            await manager.run(
                dequeue_timeout=timedelta(seconds=POLL_SECONDS),
                batch_size=1,
                max_concurrent_tasks=AT_ONCE,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=timedelta(seconds=HEARTBEAT_SECONDS),
            )


@dataclass(slots=True)
class OutageLog:
    """Logs that Postgres is away, once for each sentence, and once that it is back: an outage may go on for hours."""

    _reported: str = ""

    def report(self, error: FootnoteError) -> None:
        """Log why the worker cannot go on, unless that is what was logged last."""
        if str(error) != self._reported:
            _log.warning("%s The worker tries again.", error)
        self._reported = str(error)

    async def end_after(self, seconds: float) -> None:
        """Log that the worker goes on, once that held for so long; do nothing where nothing was reported."""
        if self._reported:
            await asyncio.sleep(seconds)
            self._reported = ""
            _log.info("Postgres is back, and the worker goes on.")


@contextmanager
def _of_pgqueuer() -> Iterator[None]:
    """Translate pgqueuer's errors: a wake-up to itself that did not come, or (a bare RuntimeError) a missing table."""
    try:
        yield
    except FailingListenerError as error:
        raise StoreUnavailable("Postgres does not wake workers up in time.") from error
    except RuntimeError as error:
        if "is missing" not in str(error):
            raise
        raise StoreUnavailable(
            "The tables of the queue are not there: is a backup being restored? If the database is a new one, restart."
        ) from error


async def _shut_down(manager: QueueManager, stop: asyncio.Event) -> None:
    await stop.wait()
    manager.shutdown.set()


def _job(handler: Handler) -> Any:
    async def run(job: Job) -> None:
        again = await handler(job.payload or b"")
        if again is not None:
            raise RetryRequested(timedelta(seconds=again))

    return run
