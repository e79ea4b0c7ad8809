"""How much memory a graph takes while it is built, and how much it may have. Asks the machine, knows no database.

    rows, dimensions ──graph_memory──> need ─┐
    maintenance_work_mem of the server ──────┼──choose_build──> Build(memory, parallel)
    the embedded server's machine ───────────┘

A graph that does not fit is still built, but on disk: many times slower (docs/decisions/0026).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.embedded.settings import free_shared_memory

_ROW_BYTES, _SPARE = 720, 1.1
"""A row takes its vector and 707 to 717 bytes more with m = 16 (measured, pgvector 0.8.5). Rows are added meanwhile."""

_BASE = 16 << 20
LEAST_MEMORY = 64 << 20
"""What Postgres gives by default, and as much shared memory as a container has by default."""

_CGROUPS, _OUR_CGROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_LIMITS = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
"""Files of a control group: those of version 2, and of version 1."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that an embedded server runs on: bytes of memory that are free, and of shared memory."""

    available: int
    shared: int


@dataclass(frozen=True, slots=True)
class Build:
    """How a graph is built: bytes of memory, several processes or one, and whether it fits."""

    memory: int
    parallel: bool
    fits: bool


def graph_memory(rows: int, dimensions: int) -> int:
    """Return the bytes that pgvector needs to build a graph over half-precision vectors without a detour to disk.

    `(1_000_000, 384)` -> 1.65 GB
    """
    return int(rows * (2 * dimensions + _ROW_BYTES) * _SPARE) + _BASE


def choose_build(need: int, own: int, machine: Machine | None) -> Build:
    """Choose what a build may take. `own`: the server's maintenance_work_mem in bytes; `machine` None: it is elsewhere.

    Elsewhere the server's own is all it may have. On this machine it may have half of what is free. Several processes
    share the memory, which is taken as a whole at the start; if it is known not to be there, one process builds.
    """
    most = own if machine is None else max(own, machine.available // 2)
    memory = min(max(need, LEAST_MEMORY), most)
    return Build(memory, parallel=machine is None or machine.shared >= memory, fits=need <= most)


def look_at_machine() -> Machine:
    """Return the bytes that are free now, within the limits of our container."""
    limits = [psutil.virtual_memory().available, *free_in_cgroups(_CGROUPS, _OUR_CGROUP)]
    return Machine(min(limits), free_shared_memory())


def free_in_cgroups(root: Path, ours: Path) -> Iterator[int]:
    """Yield the bytes that each control group around this process leaves us.

    Cache that can be dropped counts as free.
    """
    for folder in _folders(root, ours):
        for limit_file, usage_file in _LIMITS:
            limit, used = _number(folder / limit_file), _number(folder / usage_file)
            if limit is not None and used is not None:
                yield max(0, limit - used + _inactive(folder / "memory.stat"))


def _folders(root: Path, ours: Path) -> Iterator[Path]:
    """Yield our group and those around it; in a container the outermost folder is ours, whatever the path says."""
    yield from (root, root / "memory")
    for line in _lines(ours):
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            parts = [part for part in path.split("/") if part]
            for count in range(1, len(parts) + 1):
                yield Path(root, controllers, *parts[:count])


def _inactive(file: Path) -> int:
    found = (line.split() for line in _lines(file))
    return max((int(value) for name, value in found if name in ("inactive_file", "total_inactive_file")), default=0)


def _number(file: Path) -> int | None:
    """Return the number that a file holds; None if the file is not there, or says `max`."""
    text = "".join(_lines(file)).strip()
    return int(text) if text.isdigit() else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
