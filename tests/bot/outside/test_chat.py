"""The chat in a terminal: a real pseudo terminal, as a person uses it."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import subprocess
from collections.abc import Iterator

import pytest

from bot.site_server import serve_site
from tests.bot.install import PROGRAM, Install, kept_running, write_site

PROMPT = b">\x1b[0m "
CTRL_C = b"\x03"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    """Prepare an install that has read the site."""
    install = Install(tmp_path_factory.mktemp("install"), {"TERM": "xterm-256color", "COLUMNS": "200"})

    async def prepare() -> None:
        async with serve_site(write_site(install.folder / "site")) as root:
            await install.run("sources", "add", root, "--name", "frob", "--allow-private")
            crawl = await install.run("crawl", "frob", "--json")
            assert crawl.code == 0, crawl.err

    with kept_running(install):
        asyncio.run(prepare())
        yield install


def _hear_ctrl_c() -> None:
    """Undo what a shell does to commands that it starts in the background, as these tests may be."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def converse(install: Install, *lines: bytes) -> tuple[int, bytes]:
    """Type each line once the prompt is there. -> the exit code, and all that the terminal showed."""
    ours, theirs = pty.openpty()
    command = [PROGRAM, "ask"]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=install.environment,
        preexec_fn=_hear_ctrl_c,
    ) as process:
        os.close(theirs)
        waiting, shown, seen = list(lines), b"", 0
        while chunk := _read(ours):
            shown += chunk
            if waiting and PROMPT in shown[seen:]:
                seen = len(shown)
                line = waiting.pop(0)
                process.send_signal(signal.SIGINT) if line == CTRL_C else os.write(ours, line)
        process.wait(60)
    os.close(ours)
    return process.returncode, shown


def _read(terminal: int) -> bytes:
    ready, _, _ = select.select([terminal], [], [], 120)
    assert ready, "the chat fell silent"
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux gives EIO when the other side has closed
        return b""


def test_a_chat_answers_remembers_its_thread_and_links_its_sources(crawled: Install) -> None:
    code, shown = converse(
        crawled, b"How do I fine-tune a mistral model with DPO?\n", b"And what does its beta parameter do?\n", b"\x04"
    )
    assert code == 0
    assert shown.count(b"Sources") == 2
    assert b"\x1b]8;" in shown, "sources are terminal hyperlinks"
    assert b"training.html#dpo" in shown
    assert b"training.html#beta" in shown


def test_a_greeting_gets_what_can_be_asked_and_thanks_are_not_searched(crawled: Install) -> None:
    code, shown = converse(crawled, b"hello\n", b"thanks!\n", b"\n")
    assert code == 0
    assert b"I answer from the documentation that I have read: frob." in shown
    assert b"You are welcome." in shown
    assert b"Closest sections" not in shown


def test_a_chat_goes_on_after_a_question_that_was_refused(crawled: Install) -> None:
    code, shown = converse(crawled, b"???\n", b"Which version do I need to install?\n", b"exit\n")
    assert code == 0
    assert b"Ask me a question about the documentation" in shown
    assert b"install.html#with-pip" in shown


def test_ctrl_c_at_the_prompt_ends_the_chat_at_once(crawled: Install) -> None:
    code, shown = converse(crawled, CTRL_C)
    assert code == 130
    assert shown.endswith(b"footnote: interrupted\r\n")
    assert b"Traceback" not in shown
