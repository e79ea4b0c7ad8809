"""Who may see a source, as the operator sets it on the command line, and that the operator sees all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.called import call
from tests.bot.install import Install, write_site

URL = "https://docs.example.org/"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, kept: str) -> Install:
    """Prepare an install for all tests of this module."""
    return Install(tmp_path_factory.mktemp("install"), {"DATABASE_URL": kept})


async def test_a_source_is_closed_shown_as_closed_and_opened_again(opened: Install) -> None:
    closed = ("--visible-to", "slack:T0001/C0123,Discord:8814", "--visible-to", "slack:T0002")
    added = (await call(opened, "sources", "add", URL, "--name", "closed", *closed, "--json")).json
    assert added["visible_to"] == ["discord:8814", "slack:T0001/C0123", "slack:T0002"]
    assert (await call(opened, "sources", "add", URL, "--name", "open", "--json")).json["visible_to"] is None
    shown = (await call(opened, "sources", "list")).out
    assert shown.count("visible to") == 1
    assert "visible to discord:8814, slack:T0001/C0123, slack:T0002\n" in shown
    changed = (await call(opened, "sources", "set", "closed", "--visible-to", "slack:T1", "--json")).json
    assert changed["visible_to"] == ["slack:T1"]
    kept = (await call(opened, "sources", "set", "closed", "--licence", "MIT", "--json")).json
    assert (kept["licence"], kept["visible_to"]) == ("MIT", ["slack:T1"])
    assert (await call(opened, "sources", "set", "closed", "--visible-to", "all", "--json")).json["visible_to"] is None


@pytest.mark.parametrize("place", ["", "T0001", "teams:T1", "slack:T1/C1/x", "all,slack:T1"])
@pytest.mark.parametrize("command", [("add", URL, "--name", "wrong"), ("set", "open")])
async def test_a_place_that_is_none_is_one_sentence(opened: Install, command: tuple[str, ...], place: str) -> None:
    ended = await call(opened, "sources", *command, "--visible-to", place)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "slack:" in ended.err


async def test_the_operators_own_questions_see_every_source(dsn: str, tmp_path: Path) -> None:
    install, folder = Install(tmp_path, {"DATABASE_URL": dsn}), write_site(tmp_path / "files")
    for arguments in (
        ("sources", "add", str(folder), "--name", "closed", "--url", URL, "--visible-to", "slack:T1"),
        ("crawl", "closed"),
    ):
        ended = await install.run(*arguments)
        assert ended.code == 0, ended.err
    hits = (await call(install, "search", "beta parameter", "--json")).json["hits"]
    assert {hit["source"] for hit in hits} == {"closed"}
