"""A process that stands still for longer than its lease, as on a machine that is suspended, and then goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bot.dispatch import HELD_SECONDS
from core.inbox.postgres import LEASE_SECONDS
from tests.bot.discord_talks import controls, talking
from tests.bot.talks import ANSWER, SHOWN, Held
from tests.bot.up import Up

MORE = ("Pairs come from people who read both answers [1]. ", "More is in the manual.")


def test_nobody_thinks_a_question_its_own_for_longer_than_the_database_does() -> None:
    assert HELD_SECONDS <= LEASE_SECONDS


@pytest.mark.slow
async def test_who_was_frozen_does_not_write_over_what_another_has_finished(
    server: str, filled_template: str, tmp_path: Path
) -> None:
    async with talking(server, filled_template, tmp_path) as talk:
        # What comes last lies in the socket of the frozen process, which shows it as soon as it goes on.
        held = Held(after=(ANSWER[2][9:] + " ", *MORE))
        talk.mind.on("medlar", held)
        asked = talk.ask(talk.channel(), "How do I train a medlar?")
        await talk.growing(asked, ANSWER[0].strip())
        frozen, other = talk.bot.process, Up(talk.bot.install, tmp_path / "other.log")
        assert frozen is not None
        await other.start()
        frozen.send_signal(signal.SIGSTOP)
        try:
            held.go.set()
            reply = await talk.answered(asked)
            finished = reply.content
            assert finished.startswith(SHOWN)
            assert controls(reply) == ["good", "bad", "why"]
            frozen.send_signal(signal.SIGCONT)
            next_one = talk.ask(talk.channel(), "And how do I start?")
            await talk.answered(next_one)
            assert await talk.bot.stop() == 0  # all of its work is over
        finally:
            await other.kill()
        assert (reply.content, controls(reply)) == (finished, ["good", "bad", "why"])
