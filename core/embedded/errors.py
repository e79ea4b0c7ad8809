"""Translates the complaints of the operating system and of Postgres' own programs into `core.errors`.

    no space, quota                      -> StoreFull
    not allowed, read-only, in the way   -> ConfigurationError
    anything else                        -> StoreUnavailable

Judges text and error numbers only; `core.postgres.errors` translates what asyncpg raises once the server runs.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.location import user_name
from core.errors import ConfigurationError, FootnoteError, StoreFull, StoreUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_IN_THE_WAY = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST),
    *(errno.ENOTEMPTY, errno.ELOOP, errno.ENAMETOOLONG),
)
_NO_FOLDER = (os.strerror(errno.ENOTDIR), os.strerror(errno.EEXIST))
_FULL_TEXT = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_MEMORY_TEXT = re.compile(
    r"cannot allocate memory|could not (?:map|create) .*shared memory|out of memory", re.IGNORECASE
)
_DENIED_TEXT = re.compile(r"permission denied|operation not permitted|read-only file system", re.IGNORECASE)
_NAMELESS_TEXT = re.compile(r"could not look up (?:effective )?user(?: ID)? (\d+)", re.IGNORECASE)
_PATH_TEXT = re.compile(r'"(/[^"]+)"')
_SERIOUS = re.compile(r"(?:FATAL|PANIC|error):\s+(.+)")
NEARLY_FULL = 1 << 20
"""Bytes free. A disk with less cannot hold the message that it is full: the log is empty or ends before it."""


@contextmanager
def translate_os_errors(folder: Path) -> Iterator[None]:
    """Raise `core.errors` in place of every `OSError` of the block."""
    try:
        yield
    except OSError as error:
        raise _of_os(error, folder) from error


def _of_os(error: OSError, folder: Path) -> FootnoteError:
    where = error.filename if isinstance(error.filename, str) else str(folder)
    if error.errno in _FULL:
        return build_full_error(folder)
    if error.errno in _IN_THE_WAY:
        return ConfigurationError(
            f"The embedded Postgres cannot use {_explain_path(Path(where), os.strerror(error.errno))}"
        )
    return StoreUnavailable(f"The embedded Postgres cannot use {where}: {error.strerror or error}.")


def _explain_path(where: Path, reason: str) -> str:
    """Return the end of a sentence about what is in the way: what there is of a path, whose it is, and what to do."""
    there, uid, is_folder = _nearest(where)
    if not is_folder and reason in _NO_FOLDER:
        return f"{where}: {there} is a file and no folder: set FOOTNOTE_HOME to a folder."
    if uid in (os.geteuid(), None):
        mend = "make it writable for the user that runs footnote, or set FOOTNOTE_HOME to another folder."
        return f"{there} ({reason}): {mend}"
    mend = "make a folder there that is yours" if uid == 0 else "run footnote as that user"
    return (
        f"{there} ({reason}), which belongs to the user {user_name(uid)}: {mend}, or set FOOTNOTE_HOME to a folder of "
        "your own."
    )


def _nearest(where: Path) -> tuple[Path, int | None, bool]:
    """Return what there is of a path, as far as we may look, with its owner and whether it is a folder."""
    for there in (where, *where.parents):
        try:
            found = there.stat()
        except OSError:  # it is not there, or in a folder that is closed to us
            continue
        return there, found.st_uid, stat.S_ISDIR(found.st_mode)
    return where, None, True


def build_full_error(folder: Path) -> StoreFull:
    return StoreFull(f"The disk that holds {folder} is full: free some space, then run the command again.")


def explain_failure(action: str, said: str, folder: Path, log: Path) -> FootnoteError:
    """Return the error for a failed program of Postgres, from what it wrote. `action`: "create its folder", "start"."""
    if _FULL_TEXT.search(said) or (not _SERIOUS.search(said) and is_nearly_full(folder)):
        return build_full_error(folder)
    reason = _last_serious(said)
    if nameless := _NAMELESS_TEXT.search(said):
        return ConfigurationError(
            f"The embedded Postgres needs a user with a name to be made, and this machine has none for the user number "
            f"{nameless[1]}: install libnss-wrapper (the image has it), add a line to /etc/passwd, or set DATABASE_URL."
        )
    if foreign := _find_foreign(reason, folder):
        path, owner = foreign
        return ConfigurationError(
            f"The embedded Postgres may not use {path}, which belongs to the user {owner}: give it to the user that "
            f"the server runs as (chown -R {folder.owner()} {folder}), or set FOOTNOTE_HOME to another folder."
        )
    if _MEMORY_TEXT.search(said):
        return StoreUnavailable(f"The embedded Postgres could not {action} for want of memory: {reason}.")
    if _DENIED_TEXT.search(said):
        return ConfigurationError(
            f"The embedded Postgres may not use {folder} ({reason}): make it writable for the user that runs footnote, "
            "or set FOOTNOTE_HOME to another folder."
        )
    return StoreUnavailable(f"The embedded Postgres could not {action}: {reason} (its log: {log}).")


def _find_foreign(reason: str, folder: Path) -> tuple[str, str] | None:
    """Return the file that Postgres complains of and its owner, where that is not the owner of `folder`."""
    for path in _PATH_TEXT.findall(reason):
        try:
            uid = Path(path).stat().st_uid
            if Path(path).is_relative_to(folder) and uid != folder.stat().st_uid:
                return path, user_name(uid)
        except OSError:
            continue
    return None


def _last_serious(said: str) -> str:
    r"""Return the last complaint: `"LOG: a\nFATAL:  b\nHINT: c"` -> `"b"`."""
    serious = _SERIOUS.findall(said)
    lines = serious or said.strip().splitlines() or ["it said nothing"]
    return str(lines[-1]).strip().rstrip(".")[:300]


def is_nearly_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NEARLY_FULL
    except OSError:  # the folder is gone: then it is not for want of space
        return False
