"""An empty index says where it is, where a lost `.env` may be why it is empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.running import explain_empty_index
from core.config.settings import load


@pytest.mark.parametrize(
    ("written", "database", "is_named"),
    [("", "", True), ("LOG_LEVEL=info\n", "", False), ("", "postgresql://u@h/d", False)],
    ids=["no .env", "a .env", "a database"],
)
def test_an_empty_index_says_that_there_is_no_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, database: str, is_named: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOOTNOTE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database)
    if written:
        (tmp_path / ".env").write_text(written, "utf-8")
    hint = explain_empty_index(load())
    assert bool(hint) == is_named
    if is_named:
        assert all(str(place) in hint for place in (tmp_path / "home", tmp_path))
