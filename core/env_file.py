"""The file `.env` as a person wrote it: which lines say nothing, and which names are close to a setting but none.

What the lines mean is read by `core.settings`; this finds what somebody meant and would not get.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from dotenv.parser import parse_stream

CLOSE = 0.8
"""Of `difflib`: SLACK_TOKEN is close to SLACK_BOT_TOKEN, POSTGRES_PASSWORD to nothing."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """`unread`: numbers of lines, from 1."""

    path: Path
    names: tuple[str, ...]
    unread: tuple[int, ...]

    def misspelt(self, known: Collection[str]) -> Iterator[tuple[str, str]]:
        """Names that are none of `known`, with the one that may be meant: `("SLACK_TOKEN", "SLACK_BOT_TOKEN")`."""
        for name in self.names:
            close = get_close_matches(name.upper(), known, 1, CLOSE)
            if name not in known and close:
                yield name, close[0]


def read_env_file(path: Path) -> EnvFile | None:
    """None where there is no such file. Raises `OSError`, `UnicodeDecodeError`."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8") as text:
        lines = list(parse_stream(text))
    return EnvFile(
        path.absolute(),
        tuple(line.key for line in lines if line.key),
        tuple(line.original.line for line in lines if line.error),
    )
