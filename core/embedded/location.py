"""Where the embedded Postgres lives and as whom it runs. Makes folders; never widens the rights of one.

    plain user   FOOTNOTE_HOME/postgres/                    everything, 0700, owned by that user
    root         FOOTNOTE_HOME/postgres.where ── names ──>  /var/lib/footnote/<hash of FOOTNOTE_HOME>/
                                              <── names ──  home.path
                                                            0700, owned by an unprivileged user (postgres, else nobody)

Postgres refuses to run as root, and nobody else can traverse a home that is closed (0700): hence the second row. It
needs both names: a copied home has the pointer of its original, whose index it must not change. Where the named home no
longer has the pointer, it was moved, and the folder goes with it. Where root finds the folder of a plain user in
FOOTNOTE_HOME, the server runs as that user. The Unix socket is in the same folder, or, where its path would pass 107
bytes, in a 0700 folder under the system's temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from core.errors import ConfigurationError

ROOT_FOLDER = Path("/var/lib/footnote")
POINTER, OWNER = "postgres.where", "home.path"
ACCOUNTS = ("postgres", "nobody", "daemon")
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_BYTES = 107 if os.uname().sysname == "Linux" else 103
"""Bytes that `sockaddr_un.sun_path` holds, without its final zero."""

_HASH = re.compile(r"[0-9a-f]{16}")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]*")  # no comma, quote or blank: Postgres and asyncpg read lists of folders


class Identity(TypedDict, total=False):
    """Keywords of `subprocess` for the user that a program runs as; empty: ours."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged user that the server runs as, where we are root."""

    name: str
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        """The keywords for this user, with its primary group alone."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True, slots=True)
class ServerLocation:
    """Where a server lives. `folder` holds cluster, locks and log; `account` None: the server runs as our user."""

    home: Path
    folder: Path
    account: Account | None

    @property
    def uid(self) -> int:
        return os.geteuid() if self.account is None else self.account.uid

    @property
    def identity(self) -> Identity:
        return {} if self.account is None else self.account.identity

    @property
    def user(self) -> str:
        return user_name(self.uid)


def locate(home: Path) -> ServerLocation:
    """Return where the server of `home` is or will be; changes nothing. Raises `ConfigurationError`, `OSError`."""
    home = home.expanduser().resolve()
    if not str(home).isprintable():
        raise ConfigurationError("The path of FOOTNOTE_HOME holds a control character or bytes that are not UTF-8.")
    inside = home / "postgres"
    if os.geteuid() != 0:
        return ServerLocation(home, inside, None)
    owner = _owner(inside / "data" / "PG_VERSION")
    if owner:
        return ServerLocation(home, inside, _account_of(owner, inside))
    folder = _read_pointer(home / POINTER)
    if folder is None:
        folder = _free_folder(home)
    elif other := _other_home(folder, home):
        raise ConfigurationError(
            f"{home} is a copy of {other}, and the index of both is the one in {folder}: remove {home / POINTER} to "
            f"begin with an empty index here, or set FOOTNOTE_HOME to {other}."
        )
    owner = _owner(folder)
    return ServerLocation(home, folder, _account_of(owner, folder) if owner else _first_account())


def make_folders(place: ServerLocation) -> None:
    """Make the folders that are missing; safe in two processes at once. Raises `ConfigurationError`, `OSError`."""
    if not place.home.is_dir():
        place.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if place.account is None:
        _refuse_roots_home(place)
    elif place.folder.parent == ROOT_FOLDER:
        _make_root_folder()
        _write_pointer(place)
    _make_private(place.folder, place.account)
    if place.folder.parent == ROOT_FOLDER:
        _write_owner(place)


def make_socket_folder(place: ServerLocation) -> Path:
    """Return the folder for the socket, made where it is missing. Raises `ConfigurationError`, `OSError`.

    Nobody but the server's user can have put anything there.
    """
    if _socket_fits(place.folder):
        return place.folder
    for temporary in (Path(tempfile.gettempdir()), Path("/tmp")):
        folder = temporary / f"footnote-{place.uid}-{_hash(place.folder)}"
        if _socket_fits(folder):
            return _make_trusted_folder(folder, place)
    raise ConfigurationError("No folder has a path short enough for a Unix socket: set TMPDIR to a short one.")


def open_private(path: Path, account: Account | None) -> int:
    """Open or make a file to read and append to, never through a link: as root we work in another user's folder."""
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if account is not None:  # only a file made here: one that was there may be a hard link to anything
        os.fchown(handle, account.uid, account.gid)
    return handle


def _make_trusted_folder(folder: Path, place: ServerLocation) -> Path:
    """Return `folder` if the server's user owns it and it is closed, else a fresh one: others can guess its name."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        there = folder.lstat()
        private = stat.S_ISDIR(there.st_mode) and not stat.S_IMODE(there.st_mode) & 0o077
        if private and there.st_uid == place.uid:
            return folder
        folder = Path(tempfile.mkdtemp(prefix="footnote-", dir=folder.parent))
    if place.account is not None:
        os.chown(folder, place.account.uid, place.account.gid, follow_symlinks=False)
    return folder


def _socket_fits(folder: Path) -> bool:
    return bool(_PLAIN_PATH.fullmatch(str(folder))) and len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_BYTES


def _hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _owner(path: Path) -> int:
    """Return the uid that owns a path; 0 (root) also for one that is not there."""
    try:
        return path.lstat().st_uid
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _read_pointer(pointer: Path) -> Path | None:
    """Return the folder that the pointer names, so that a renamed home keeps its index; None unless it is one of ours.

    Anybody who can write FOOTNOTE_HOME can write the pointer: it may only name a direct child of the root folder.
    """
    try:
        said = Path(pointer.read_bytes()[:4096].decode("utf-8", "replace").strip())
    except (FileNotFoundError, NotADirectoryError):
        return None
    ours = said.parent == ROOT_FOLDER and _HASH.fullmatch(said.name) is not None
    return said if ours and said.is_dir() and not said.is_symlink() else None


def _free_folder(home: Path) -> Path:
    """Return the folder for a home without a pointer.

    It is named after the home's path, unless a home that was moved took the folder of that name along.
    """
    names = (_hash(home), *(_hash(Path(f"{home}\0{number}")) for number in range(2, 1000)))
    return next(folder for name in names if _other_home(folder := ROOT_FOLDER / name, home) is None)


def _other_home(folder: Path, home: Path) -> Path | None:
    """Return the home that `folder` belongs to, if that one still points there and is not `home` under another name."""
    other = _read_home(folder)
    if other is None or other == home or _read_pointer(other / POINTER) != folder:
        return None
    return None if home.is_dir() and other.samefile(home) else other


def _read_home(folder: Path) -> Path | None:
    """Return the home that the folder names; None where it is not there yet, or an older version made it."""
    try:
        handle = os.open(folder / OWNER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # the folder is another user's
    except (FileNotFoundError, NotADirectoryError):
        return None
    with os.fdopen(handle, "rb") as file:
        return Path(os.fsdecode(file.read(8192).removesuffix(b"\n")))


def _write_pointer(place: ServerLocation) -> None:
    """Replace the pointer in one step, and only where it names another folder: a reader never sees half a path."""
    pointer = place.home / POINTER
    if _read_pointer(pointer) != place.folder:
        _replace(pointer, os.fsencode(place.folder))


def _write_owner(place: ServerLocation) -> None:
    """Replace the name of the home in the folder, likewise; the name of a home that was moved is corrected."""
    if _read_home(place.folder) != place.home:
        _replace(place.folder / OWNER, os.fsencode(place.home))


def _replace(path: Path, line: bytes) -> None:
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(line + b"\n")
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _make_root_folder() -> None:
    """Make a folder of root that others may traverse, whatever the umask. Raises `ConfigurationError`."""
    try:
        if not ROOT_FOLDER.is_dir():
            _open_folder(ROOT_FOLDER)
        there = ROOT_FOLDER.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"As root the embedded Postgres lives in {ROOT_FOLDER}, which cannot be made ({error.strerror}): run "
            "footnote as an ordinary user, or set DATABASE_URL."
        ) from error
    if there.st_uid != 0 or not stat.S_ISDIR(there.st_mode) or there.st_mode & 0o022 or not there.st_mode & 0o001:
        raise ConfigurationError(f"{ROOT_FOLDER} must be a folder of root that only root can write and all can enter.")


def _open_folder(folder: Path) -> None:
    """Make a folder that all may traverse, opened before it gets its name, not after; another process may be first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".footnote-", dir=folder.parent))
    scratch.chmod(0o711)
    try:
        scratch.rename(folder)
    except OSError:
        scratch.rmdir()
        if not folder.is_dir():
            raise


def _make_private(folder: Path, account: Account | None) -> None:
    """Make the folder, ours and 0700; rights are narrowed, never widened. Raises `ConfigurationError`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    there = folder.lstat()
    if not stat.S_ISDIR(there.st_mode):
        raise ConfigurationError(f"{folder} is not a folder: move it away, or set FOOTNOTE_HOME to another folder.")
    if account is not None and there.st_uid == 0:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    elif there.st_uid != (os.geteuid() if account is None else account.uid):
        raise ConfigurationError(
            f"{folder} belongs to the user {user_name(there.st_uid)}: run footnote as that user, or set "
            "FOOTNOTE_HOME to a folder of your own."
        )
    if stat.S_IMODE(there.st_mode) & 0o077:
        folder.chmod(0o700)


def _refuse_roots_home(place: ServerLocation) -> None:
    """Raise `ConfigurationError` where root made the index, which would silently look empty to a plain user."""
    if (place.home / POINTER).exists() and not place.folder.exists():
        raise ConfigurationError(
            f"The index of {place.home} was made by root ({place.home / POINTER} says where it is): run footnote as "
            "root, or set FOOTNOTE_HOME to another folder."
        )


def _first_account() -> Account:
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "Postgres does not run as root and this machine has no user postgres or nobody to run it: run footnote as an "
        "ordinary user, or set DATABASE_URL."
    )


def _account_of(uid: int, folder: Path) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        raise ConfigurationError(
            f"{folder} belongs to the user number {uid}, whom this machine does not know: give it to the user postgres "
            "or nobody (chown -R), or set FOOTNOTE_HOME to another folder."
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def user_name(uid: int) -> str:
    """Return the name of a user of this machine, or the number of one that it does not know."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
