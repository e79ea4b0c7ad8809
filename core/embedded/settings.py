"""How the embedded Postgres is made and set up: small, safe on a power cut, quiet about what people ask.

Settings of the operator belong in postgresql.conf in the data folder; those given here win over them. None applies to a
Postgres that DATABASE_URL names.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import psutil

SHARED_MEMORY = Path("/dev/shm")
SHARED_MEMORY_NEEDED = 512 << 20
"""Bytes free, for queries and builds that several processes share; a container has 64 MB by default."""


def create_options(major: int) -> list[str]:
    """Return the arguments of initdb. Postgres >= 17 has its own rules for order and case, alike on every machine."""
    options = ["-U", "postgres", "--encoding=UTF8", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    if major >= 17:
        return [*options, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [*options, "--locale=C", f"--lc-ctype={'C.UTF-8' if sys.platform == 'linux' else 'UTF-8'}"]


def server_settings(major: int, sockets: Path) -> list[str]:
    """Return the arguments of postgres: `["-c", "jit=off", ...]`."""
    settings = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "cluster_name": "footnote",
        "max_connections": "200",
        **_memory(),
        "fsync": "on",
        "full_page_writes": "on",
        "wal_level": "minimal",  # nobody replicates from here: bulk loads into new tables then skip the log
        "max_wal_senders": "0",
        "max_logical_replication_workers": "0",
        "jit": "off",  # compiling costs more than any query of ours
        "timezone": "UTC",
        **_logging(),
    }
    if major >= 18:
        settings["io_method"] = "sync"  # three processes fewer; what we read is cached
    return [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]


def _memory() -> dict[str, str]:
    megabytes = psutil.virtual_memory().total >> 20
    settings = {
        "shared_buffers": f"{min(1024, max(64, megabytes // 16))}MB",  # 80,000 passages take 460 MB
        "effective_cache_size": f"{max(256, megabytes // 2)}MB",
        # The graph's build takes more where the machine has it (core/index/graph_memory.py).
        "maintenance_work_mem": f"{min(256, max(64, megabytes // 16))}MB",
        "autovacuum_work_mem": "64MB",
    }
    if free_shared_memory() < SHARED_MEMORY_NEEDED:
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def free_shared_memory() -> int:
    """Return the bytes free in shared memory; `sys.maxsize` on systems that have no such folder (macOS)."""
    if sys.platform != "linux":
        return sys.maxsize
    try:
        return shutil.disk_usage(SHARED_MEMORY).free
    except OSError:  # not mounted
        return 0


def _logging() -> dict[str, str]:
    """Return settings for a log file per weekday, overwritten each week, without statements: they hold questions."""
    return {
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgres-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "10MB",
        "log_truncate_on_rotation": "on",
        "log_timezone": "UTC",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
        "log_statement": "none",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
    }
