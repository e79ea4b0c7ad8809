"""`footnote doctor` says whether the console is on, and how it is reached."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.console.address import check_console
from core.health_check import Health
from tests.bot.console.served import console_settings

ADDRESS = "127.0.0.1:1"
"""Nothing of ours listens there."""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CONSOLE_ADDRESS": "off"}, "off: set CONSOLE_ADDRESS"),
        ({"CONSOLE_ADDRESS": "0.0.0.0:8322"}, "other machines reach it"),
        ({"CONSOLE_ADDRESS": ADDRESS}, f"nothing listens at {ADDRESS}"),
    ],
)
def test_a_console_that_is_not_there_is_a_note_that_says_why(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    check = check_console(console_settings("", tmp_path, **settings))
    assert (check.health, words in check.says) == (Health.NOTE, True), check.says


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "set ADMINS and CONSOLE_URL"),
        ({"CONSOLE_URL": "https://footnote.example"}, "on, at https://footnote.example: "),
        ({"CONSOLE_URL": "https://footnote.example"}, "/docs console signs administrators in"),
        ({"CONSOLE_TRUSTED_HEADER": "X-Who", "CONSOLE_TRUSTED_PROXY": "127.0.0.1"}, "by the header X-Who"),
    ],
)
async def test_a_console_that_is_served_is_named_with_the_ways_in(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        check = check_console(console_settings("", tmp_path, CONSOLE_ADDRESS=address, **settings))
    assert (check.health, words in check.says) == (Health.OK, True), check.says
    assert "footnote console --link" in check.says
