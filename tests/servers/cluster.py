"""A separate Postgres for a test, set up as companies do: with TLS, with rules of who may connect, with a replica.

with clusters() as make:
    primary = make(binaries, "listen_addresses=''")
    replica = make(binaries, copy_of=primary)

`with_tls()` finds a Postgres of this machine that was built with TLS; the one that footnote embeds was not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.core.embedded.helpers import nobody

_PLACES = "/usr/lib/postgresql/*/bin"


def with_tls() -> Path | None:
    """Return the folder of programs of the newest Postgres of this machine that speaks TLS."""
    found = sorted(Path("/").glob(_PLACES.lstrip("/")), key=lambda folder: int(folder.parent.name))
    return next((each for each in reversed(found) if (each / "postgres").exists() and _speaks_tls(each)), None)


def _speaks_tls(folder: Path) -> bool:
    options = subprocess.run([folder / "pg_config", "--configure"], capture_output=True, text=True, check=False).stdout
    return "--with-openssl" in options or "--with-ssl" in options


@dataclass(slots=True)
class Cluster:
    """One server; its socket is in `folder`, its data below it."""

    binaries: Path
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one of its programs to the end, as the user that it runs as."""
        command = [self.binaries / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, **self._as_user())

    def write(self, name: str, text: str) -> None:
        """Put a file of settings into its data, readable by it alone."""
        (self.data / name).write_text(text)
        self._own(self.data / name)

    def take(self, source: Path, name: str) -> None:
        """Copy a file into its data, readable by it alone."""
        shutil.copy(source, self.data / name)
        self._own(self.data / name)

    def start(self, *settings: str, port: int = 5432) -> None:
        """Start it, and wait until it answers."""
        options = [word for each in (*settings, f"port={port}") for word in ("-c", each)]
        ready: list[str | Path] = [self.binaries / "pg_isready", "-q", "-h", self.folder, "-p", str(port)]
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.data, "-k", self.folder, *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_user())
        deadline = time.monotonic() + 120
        while subprocess.run(ready, check=False).returncode:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill(self) -> None:
        """End it at once, as a machine does that is gone."""
        if self._process is not None:
            self._process.send_signal(3)  # SIGQUIT: all of its processes end at once
            self._process.wait(60)
            self._process = None

    def _own(self, path: Path) -> None:
        path.chmod(0o600)
        if account := nobody():
            os.chown(path, account.uid, account.gid)

    def _as_user(self) -> dict[str, Any]:
        account = nobody()
        return {"cwd": "/", "env": {"LC_ALL": "C", "PATH": os.defpath}, **(account.identity if account else {})}


@contextmanager
def clusters() -> Iterator[Callable[..., Cluster]]:
    """Yield a function that makes clusters, each in a separate folder; all end with the block."""
    made: list[Cluster] = []

    def make(binaries: Path, *, copy_of: Cluster | None = None) -> Cluster:
        cluster = Cluster(binaries, Path(tempfile.mkdtemp(prefix="footnote-cluster-")))
        made.append(cluster)
        if account := nobody():
            os.chown(cluster.folder, account.uid, account.gid)
        if copy_of is None:
            cluster.run("initdb", "-D", cluster.data, "-U", "postgres", "--auth=trust", "--no-sync")
        else:
            options = ["--write-recovery-conf", "--no-sync", "--checkpoint=fast"]
            cluster.run("pg_basebackup", "-D", cluster.data, "-h", copy_of.folder, "-U", "postgres", *options)
        return cluster

    try:
        yield make
    finally:
        for cluster in made:
            cluster.kill()
            shutil.rmtree(cluster.folder, ignore_errors=True)
