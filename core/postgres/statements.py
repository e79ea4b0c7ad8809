"""The SQL files as named statements. Reads files of the package, knows no database.

Each package of `core` keeps its own statements; the files that `FILES` names hold blocks of `-- name: x`, a line of
explanation, and the statement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

FILES = (
    "postgres/start.sql",
    "index/queries.sql",
    "index/pages.sql",
    "work/work.sql",
    "inbox/inbox.sql",
    "inbox/callers.sql",
    "inbox/chat.sql",
    "inbox/conversation.sql",
    "history/history.sql",
    "overview/overview.sql",
    "console/console.sql",
    "tokens/tokens.sql",
    "spend/spend.sql",
    "history/samples.sql",
    "index/move.sql",
)
SPACE = "index/space.sql"

_TABLE = re.compile(r"^create (?:unlogged )?table (?:if not exists )?([\w.]+)", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements() -> Mapping[str, str]:
    """Return the SQL of every statement by name, without comments and the closing semicolon."""
    parts = _NAME.split("\n".join(map(read, FILES)))[1:]
    return {name: _bare(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


@cache
def statements_of_space(space: int) -> Mapping[str, str]:
    """Return the statements with the tables of one embedding space in place."""
    return {name: sql.replace("space_id", str(int(space))) for name, sql in statements().items()}


def space_tables(space: int, dimensions: int) -> str:
    """Return the DDL of one embedding space's tables."""
    sql = read(SPACE).replace("space_id", str(int(space)))
    return sql.replace("space_dimensions", str(int(dimensions)))


def space_table_names(space: int) -> list[str]:
    """Return the names of one embedding space's tables."""
    return _TABLE.findall(space_tables(space, 1))


def table_names() -> list[str]:
    """Return the name of every table that the migrations make, except those of embedding spaces."""
    return [name for _, sql in migrations() for name in _TABLE.findall(sql)]


def migrations() -> list[tuple[int, str]]:
    """Return (number, SQL) of every migration, in order."""
    folder = files("core") / "postgres" / "migrations"
    found = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(int(name.split("_")[0]), (folder / name).read_text("utf-8")) for name in found]


def read(name: str) -> str:
    """Return the text of a file of `core`."""
    return files("core").joinpath(name).read_text("utf-8")


def _bare(body: str) -> str:
    lines = [line for line in body.strip().splitlines() if not line.startswith("--")]
    return "\n".join(lines).strip().removesuffix(";")
