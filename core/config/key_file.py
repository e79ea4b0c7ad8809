"""A key in a file that something else renews: a mounted secret, or a token that a side process fetches.

    OPENAI_API_KEY_FILE=/var/run/secrets/gateway/key      read at the start, and again whenever the file changes

The file is named by the environment alone (`core.config.env_file`): a `.env` of a strange folder could send any file of
the machine to its own address.
"""

from __future__ import annotations

from pathlib import Path

_LONGEST, _MOST_SEEN = 64_000, 4
"""Bytes of a key at most; how many keys of before are still kept out of logs."""


class KeyFile:
    """Gives the key as the file has it now. While the file is being replaced, the key of before stays."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._stamp: tuple[int, int, int] | None = None
        self._seen: list[str] = []

    def read(self) -> str:
        """Return the key. Raises `OSError` and `ValueError` where there has been none yet."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino, status.st_size)
            if stamp != self._stamp:
                key = read_key(self._path)
                self._seen = [*self._seen, key][-_MOST_SEEN:]
                self._stamp = stamp
        except (OSError, ValueError):
            if not self._seen:
                raise
        return self._seen[-1]

    @property
    def seen(self) -> tuple[str, ...]:
        """The keys that no log line and no message may hold."""
        return tuple(self._seen)


def read_key(path: Path) -> str:
    """Return the only line of a file. Raises `OSError`, and `ValueError`, which repeats nothing of it."""
    with path.open("rb") as file:
        written = file.read(_LONGEST + 1)
    key = written.decode("ascii", "replace").strip()
    if not key or len(written) > _LONGEST or not key.isprintable() or " " in key or "\ufffd" in key:
        raise ValueError("names a file that holds no key: one line of letters, digits and signs")
    return key


def check_key_file(path: str) -> str:
    """Return the path where it is empty or names a file with a key. Raises `ValueError`."""
    if path:
        try:
            read_key(Path(path))
        except OSError as error:
            raise ValueError(f"names a file that cannot be read: {path}") from error
    return path
