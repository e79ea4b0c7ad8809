"""What people ask on Slack while nobody can take it in is answered later, once each, and with no help of Slack's."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.slack.app import OPTIONAL_SCOPES
from core.embedded.postgres import EmbeddedPostgres
from tests.bot.filled import TEMPLATE, fill
from tests.bot.gate import Gate
from tests.bot.talks import UNLIMITED, Talk, served_mind
from tests.bot.up import Up, model_settings, slack_settings, up
from tests.core.embedded.helpers import freeze, pid_of, sweep, thaw
from tests.servers.ports import own_port
from tests.servers.slack import Message, Slack, Tiers, serve_slack

NOBODY = "DU7"
"""A direct message from somebody who never asked before."""


@dataclass(slots=True)
class Asked:
    """What must be answered, by its place, with the thread that the answer belongs into; and what must not."""

    slack: Slack
    expected: dict[tuple[str, str], str] = field(default_factory=dict)
    silent: list[tuple[str, str]] = field(default_factory=list)

    async def expect(self, channel: str, words: str, user: str = "U1", thread_ts: str | None = None) -> str:
        """Write what must be answered. -> its ts."""
        ts = await self.slack.say(channel, words, user=user, thread_ts=thread_ts)
        self.expected[channel, ts] = thread_ts or ts
        return ts

    async def ignore(
        self, channel: str, words: str, user: str = "U1", thread_ts: str | None = None, **extra: str
    ) -> str:
        """Write what must not be answered. -> its ts."""
        ts = await self.slack.say(channel, words, user=user, thread_ts=thread_ts, extra=dict(extra))
        self.silent.append((channel, ts))
        return ts


@asynccontextmanager
async def forgetful(tiers: Tiers | None = None) -> AsyncIterator[Slack]:
    """Serve a Slack that sends nothing again, and keeps nothing for a socket that comes later."""
    async with serve_slack(tiers=tiers or Tiers.none()) as slack:
        slack.sockets.keeps = False
        yield slack


@asynccontextmanager
async def talking(
    dsn: str, folder: Path, slack: Slack, *settings: Mapping[str, str], seen: str = ""
) -> AsyncIterator[Talk]:
    """Run a process on a database that the test reaches as `seen`."""
    async with (
        served_mind() as (mind, models),
        up(dsn, folder, slack_settings(slack), model_settings(models), UNLIMITED, *settings) as bot,
    ):
        yield Talk(seen or dsn, slack, mind, bot)


@asynccontextmanager
async def crashed(home: Path) -> AsyncIterator[None]:
    """Kill the Postgres of a home; it is started again when the block ends."""
    os.kill(pid_of(home), signal.SIGKILL)
    yield
    with EmbeddedPostgres(home) as again:
        await asyncio.to_thread(again.start)


@asynccontextmanager
async def frozen(home: Path) -> AsyncIterator[None]:
    """Freeze the Postgres of a home until the block ends."""
    processes = freeze(pid_of(home))
    try:
        yield
    finally:
        thaw(processes)


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """Fill a database on a separate server. -> its DSN, and the server's home."""
    home = tmp_path / "server"
    with EmbeddedPostgres(home) as embedded:
        server = await asyncio.to_thread(embedded.start)
        await fill(server, tmp_path / "filled")
        yield server.replace("/postgres?", f"/{TEMPLATE}?"), home
    sweep(home)


async def begin(talk: Talk) -> str:
    """Begin a thread that the bot has answered in. -> its ts."""
    ts = await talk.ask("C2", "How is it trained?", user="U2")
    await talk.answered("C2", ts)
    await talk.settled()
    return ts


async def ask_everywhere(talk: Talk, thread: str) -> Asked:
    """Ask wherever people ask, and write what asks nothing of the bot. `thread`: of `begin`."""
    slack, asked = talk.slack, Asked(talk.slack)
    expect, ignore, mention = asked.expect, asked.ignore, f"<@{slack.bot_user}> "
    mentioned = await expect("C1", f"{mention}How is a chosen answer found?")
    await expect("C1", "And how is a rejected one found?", thread_ts=mentioned)
    await expect("C2", "And what does beta do?", user="U2", thread_ts=thread)
    await ignore("C2", "Does it need a compiler?", user="U3", thread_ts=thread)
    await expect(slack.dm("U4").id, "How do I remove it?", user="U4")
    await expect(NOBODY, "What is a trainer?", user="U7")
    talked = await ignore("C3", "How do you all do this?", user="U5")
    await ignore("C3", "What did you try?", user="U6", thread_ts=talked)
    await expect("C3", f"{mention}can you help?", user="U5", thread_ts=talked)
    edited = await expect("C1", f"{mention}How is it dropped?", user="U8")
    await slack.edit("C1", edited, f"{mention}How is it removed?")
    deleted = await ignore("C1", f"{mention}How is it deleted?")
    await slack.delete("C1", deleted)
    stopped = await ignore("C4", f"{mention}How is it stopped?")
    await slack.say("C4", "stop", thread_ts=stopped)
    await ignore("C2", "thanks!", user="U2", thread_ts=thread)
    await ignore("C1", f"{mention}I am a program, am I not?", bot_id="B77")
    return asked


async def judge(talk: Talk, asked: Asked, *bots: Up) -> None:
    """Wait for the replies, and count them: one each, and none to what asked nothing."""
    try:
        rows = {place: await talk.over(*place, seconds=120) for place in asked.expected}
    except TimeoutError:
        raise AssertionError("\n".join(each.logged[-4_000:] for each in bots or (talk.bot,))) from None
    parts = [(channel, ref) for (channel, _), row in rows.items() for ref in row["parts"]]
    assert {row["state"] for row in rows.values()} == {"done"}
    assert all(len(row["parts"]) == 1 for row in rows.values())
    shown = {(each.channel, each.ts): each.root for each in replies(talk.slack)}
    for place, row in rows.items():
        assert shown[place[0], row["parts"][0]] == asked.expected[place]
    assert len(set(parts)) == len(rows)
    silent = [f"{channel}:{ts}" for channel, ts in asked.silent]
    async with talk.database() as connection:
        wrong = await connection.fetch(
            "select * from question where place_key = any ($1) and state <> 'withdrawn'", silent
        )
    assert not wrong


def replies(slack: Slack) -> Sequence[Message]:
    """Return all messages of the bot."""
    return [each for channel in slack.channels for each in slack.messages(channel) if each.bot_id == slack.bot_id]


async def unheard(talk: Talk, since: int) -> None:
    """Wait until the bot tried in vain to store each envelope since then, but for those that mean nothing to it."""
    delivered, words = talk.slack.envelopes[since:], "is not stored, and not acknowledged"
    await talk.slack.until(
        lambda: talk.bot.logged.count(words) >= sum(each.acked_at is None for each in delivered) > len(delivered) / 2,
        within=240,
    )


# --- Postgres is away


@pytest.mark.slow
@pytest.mark.parametrize("away", [crashed, pytest.param(frozen, marks=pytest.mark.long)])
async def test_what_is_asked_while_postgres_is_away_is_answered_once_when_it_is_back(
    postgres: tuple[str, Path], tmp_path: Path, away: object
) -> None:
    dsn, home = postgres
    async with forgetful() as slack, talking(dsn, tmp_path, slack) as talk:
        thread, heard = await begin(talk), len(slack.envelopes)
        async with away(home):  # type: ignore[operator]
            asked = await ask_everywhere(talk, thread)
            await unheard(talk, heard)
        await judge(talk, asked)
        assert len(replies(slack)) == len(asked.expected) + 1
        edited = await talk.row(
            next(f"{channel}:{ts}" for channel, ts in asked.expected if user(slack, channel, ts) == "U8")
        )
        assert edited["body"] == "How is it removed?"
        assert "questions missed, and answered now" in talk.bot.logged
        assert "Traceback" not in talk.bot.logged


def user(slack: Slack, channel: str, ts: str) -> str:
    return slack.channels[channel].messages[ts].user


async def test_what_signed_http_could_not_take_in_is_answered_once_when_postgres_is_back(
    filled: str, tmp_path: Path
) -> None:
    async with Gate(filled) as gate, forgetful() as slack:
        with own_port() as port:
            signed = {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": slack.signing_secret}
            address = f"127.0.0.1:{port}"
            async with (
                talking(gate.dsn, tmp_path, slack, signed, {"HTTP_ADDRESS": address}, seen=filled) as talk,
                slack.deliver_over_http(f"http://{address}/slack/events") as over,
            ):
                over.patience, over.delays = 60.0, ()
                thread, heard = await begin(talk), len(slack.envelopes)
                await gate.shut()
                asked = await ask_everywhere(talk, thread)
                await unheard(talk, heard)
                await gate.open()
                await judge(talk, asked)
                assert len(replies(slack)) == len(asked.expected) + 1


# --- no process, or no socket


@pytest.mark.slow
async def test_what_is_asked_while_no_process_runs_is_answered_once_by_those_that_start_next(
    filled: str, tmp_path: Path
) -> None:
    async with forgetful() as slack, talking(filled, tmp_path, slack) as talk:
        thread = await begin(talk)
        await talk.bot.kill()
        asked = await ask_everywhere(talk, thread)
        other = Up(talk.bot.install, tmp_path / "other.log")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(talk.bot.start())
                group.create_task(other.start())
            await judge(talk, asked, talk.bot, other)
            assert len(replies(slack)) == len(asked.expected) + 1
        finally:
            await other.kill()


async def test_what_falls_between_two_sockets_is_answered_once(filled: str, tmp_path: Path) -> None:
    async with forgetful() as slack, talking(filled, tmp_path, slack) as talk:
        thread = await begin(talk)
        slack.faults.sockets = "refuse"
        slack.sockets.cut()
        await slack.until(lambda: not slack.sockets.live)
        asked = await ask_everywhere(talk, thread)
        slack.faults.sockets = "up"
        await judge(talk, asked)
        assert len(replies(slack)) == len(asked.expected) + 1


# --- what is left alone


def write(slack: Slack, channel: str, text: str, seconds: float, **more: str) -> str:
    """Put a message into a channel that was written this many seconds ago, without an event. -> its ts."""
    at = time.time() - seconds
    message = Message(slack.channel(channel).id, f"{at:.6f}", more.pop("user", "U1"), text, **more)  # type: ignore[arg-type]
    slack.channel(channel).messages[message.ts] = message
    if message.thread_ts is not None:
        slack.channel(channel).threads.setdefault(message.thread_ts, []).append(message)
    return message.ts


async def test_what_is_over_an_hour_old_or_was_said_before_the_bot_came_is_left_alone(
    filled: str, tmp_path: Path
) -> None:
    async with forgetful() as slack:
        mention = f"<@{slack.bot_user}> "
        old = write(slack, "C1", f"{mention}How is it trained?", 3_700)
        below = write(slack, "C1", f"{mention}Anybody?", 3_650, thread_ts=old)
        begun = write(slack, "C2", "How do you all do this?", 3_000, user="U2")
        before = write(slack, "C2", "What have you tried so far?", 2_900, user="U3", thread_ts=begun)
        asked = write(slack, "C2", f"{mention}How is it trained?", 2_800, user="U2", thread_ts=begun)
        after = write(slack, "C2", "What does beta do?", 2_700, user="U3", thread_ts=begun)
        lately = write(slack, "C1", f"{mention}How is it removed?", 3_300)
        async with talking(filled, tmp_path, slack) as talk:
            expected = {("C2", asked): begun, ("C1", lately): lately}
            silent = [("C1", old), ("C1", below), ("C2", begun), ("C2", before), ("C2", after)]
            await judge(talk, Asked(slack, expected, silent))
            assert len(replies(slack)) == 2


async def test_without_the_scopes_to_list_and_to_read_it_works_where_it_may_and_says_so(
    filled: str, tmp_path: Path
) -> None:
    async with forgetful() as slack:
        slack.scopes -= OPTIONAL_SCOPES | {"groups:history"}
        slack.channel("C9", kind="group")
        async with talking(filled, tmp_path, slack) as talk:
            thread = await begin(talk)
            private = await talk.ask("C9", "How is it trained?")
            await talk.answered("C9", private)
            await talk.bot.kill()
            missed = await slack.say("C2", "What does beta do?", user="U2", thread_ts=thread)
            unread = await talk.ask("C9", "What does beta do?")
            strange = await talk.ask("C5", "What does beta do?")
            await talk.bot.start()
            await judge(talk, Asked(slack, {("C2", missed): thread}, [("C9", unread), ("C5", strange)]))
            await slack.until(lambda: "look everywhere" in talk.bot.logged)
            assert talk.bot.logged.count("does not let us look everywhere for what was missed (missing_scope)") == 1
            assert "only where somebody asked before: the app lacks the scopes channels:read," in talk.bot.logged
            assert "Traceback" not in talk.bot.logged


# --- Slack's limits, and the price


@pytest.mark.slow
async def test_slacks_pauses_are_kept_and_small_pages_are_put_together(filled: str, tmp_path: Path) -> None:
    async with forgetful() as slack:
        slack.longest_page = 15
        thirty = [write(slack, "C1", f"<@{slack.bot_user}> How is {each} trained?", 600 - each) for each in range(30)]
        slack.faults.refuse("conversations.history", "ratelimited", times=2, status=429, retry_after="1")
        slack.faults.refuse("users.conversations", "internal_error")
        async with talking(filled, tmp_path, slack) as talk:
            await judge(talk, Asked(slack, {("C1", ts): ts for ts in thirty}))
            assert len(replies(slack)) == 30
            rows = [await talk.over("C1", ts) for ts in thirty]
            assert [row["id"] for row in rows] == sorted(row["id"] for row in rows), "in the order of asking"


async def test_where_nothing_was_missed_a_look_costs_a_call_a_conversation(filled: str, tmp_path: Path) -> None:
    async with forgetful() as slack, talking(filled, tmp_path, slack) as talk:
        for channel in ("C1", "C2", "C3"):
            await talk.answered(channel, await talk.ask(channel, "How is it trained?"))
        await talk.bot.kill()
        before = len(slack.calls)
        await talk.bot.start()
        looked = ("conversations.history", "conversations.replies", "users.conversations")
        await slack.until(lambda: {each.args.get("channel") for each in slack.calls[before:]} >= {"C1", "C2", "C3"})
        assert await talk.bot.stop() == 0
        calls = [each.method for each in slack.calls[before:] if each.method in looked]
        assert sorted(calls) == ["conversations.history"] * 3 + ["users.conversations"]
        assert len(replies(slack)) == 3
