"""Writes docs/transcript-slack.md: a conversation with the real `footnote up`, as people read it.

    python -m bench.transcripts

The documentation is footnote's own (the folder docs/), no key is set, and Slack is the one on loopback of the tests.
Nothing is touched up: the text below a name is what that message shows.
"""

from __future__ import annotations

import asyncio
import html
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from core.embedded.postgres import EmbeddedPostgres
from tests.bot.install import Install
from tests.bot.up import ADMIN, slack_settings, up
from tests.core.embedded.helpers import sweep
from tests.servers.slack import Message, Slack, serve_slack

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "transcript-slack.md"
BASE = "https://footnote.invalid/docs/"
ASKED = "How do I let several machines share the work?"
FOLLOW_UP = "what happens if a worker is killed?"
LIMIT = "How do I leave pages out of a crawl?"
HELPED = (
    ("Ben", "is that folder below the start page?"),
    ("Ana", "it is. do I need a second source for it?"),
    ("Ben", "no, set `--exclude` on the one that you have"),
    ("Ana", "ah, thanks"),
)
"""What people say to each other below an answer."""

LEFT_ALONE = (
    "The bot posts nothing: what Ben asks and Ana answers is theirs. A mention wakes it, and it knows what Ben wrote."
)
STAYS_QUIET = "The bot stays quiet in this thread until somebody mentions it."
NEEDS_WORDS = "does it make a difference whether I write that in upper or lower case?"
QUIET, UNHEARD = "please stop replying here, Ben is helping me", "does it also read PDFs?"
PERSON = "can I talk to a person about this?"
WHO = {"WHO_TO_ASK": "<!subteam^S0DOCS|@docs-team>"}
UNKNOWN = "How do I export my dashboards to a spreadsheet?"
HEAD = """\
# Slack: a transcript

A channel mention, a follow-up, "Why this answer?", a person who helps and takes the thread over, a follow-up that needs
that person's words, an order of quiet, a question that the documentation does not answer with whom to ask instead, and
a reindex by an administrator. `python -m bench.transcripts` made it from a real run: `footnote up` without any key,
with this documentation as its source, and a Slack on loopback. What stands below a name is what the message shows;
buttons are in brackets.
"""
_LINK = re.compile(r"<([^|<>]+)\|([^<>]*)>")


def shown(message: Message) -> Iterator[str]:
    """Yield the lines of a message."""
    is_text_shown = False
    for block in message.blocks:
        match block["type"]:
            case "task_card":
                yield f"*✓ {block['title']}*"
            case "rich_text" if not is_text_shown:
                is_text_shown = True
                yield message.text if message.stream is not None else _typed(block)
            case "markdown":
                yield block["text"]
            case "context":
                yield "\n".join(line for part in block["elements"] for line in _mrkdwn(part["text"]))
            case "context_actions":
                yield "`[ 👍 ]` `[ 👎 ]`"
            case "actions":
                yield " ".join(f"`[ {each['text']['text']} ]`" for each in block["elements"])


def _typed(block: Mapping[str, Any]) -> str:
    texts = (each["text"] for part in block["elements"] for each in part["elements"])
    return "```\n" + "".join(texts) + "\n```"


def _mrkdwn(text: str) -> Iterator[str]:
    for line in text.splitlines():
        linked = _LINK.sub(lambda match: f"- [{_plain(match[2])}]({match[1]})", line)
        yield html.unescape(linked) if linked != line else html.unescape(linked.replace("*", "**")) + "\n"


def _plain(label: str) -> str:
    return html.unescape(label).replace("[", "\\[").replace("]", "\\]")


def quote_message(name: str, where: str, lines: Iterable[str], depth: int = 1) -> str:
    """Return a message as a quotation, replies one level deeper."""
    mark = "> " * depth
    body = [f"**{name}** {where}".strip(), "", *"\n\n".join(lines).splitlines()]
    return "\n".join(f"{mark}{line}".rstrip() for line in body)


def _markdown(mrkdwn: str) -> str:
    return html.unescape(
        re.sub(r"(?m)^• ", "- ", re.sub(r"\*([^*\n]+)\*", r"**\1**", mrkdwn)).replace(":\n- ", ":\n\n- ")
    )


async def answered(slack: Slack, channel: str, thread: str, count: int = 1) -> Message:
    """Return the reply, once it is complete."""
    await slack.until(lambda: len([m for m in slack.replies(channel, thread) if not m.streaming]) >= count, within=60)
    done = [each for each in slack.replies(channel, thread) if not each.streaming]
    return done[count - 1]


async def conversation(slack: Slack) -> Iterator[str]:
    """Return everything that is written, in order."""
    parts = ["## A mention, and a follow-up"]
    first = await slack.say("C1", f"<@{slack.bot_user}> {ASKED}", user="UANA")
    parts.append(quote_message("Ana", "in #help", [f"@footnote {ASKED}"]))
    reply = await answered(slack, "C1", first)
    parts.append(quote_message("footnote", "", shown(reply), 2))
    await slack.say("C1", FOLLOW_UP, user="UANA", thread_ts=first)
    parts.append(quote_message("Ana", "(in the thread, without a mention)", [FOLLOW_UP], 2))
    parts.append(quote_message("footnote", "", shown(await answered(slack, "C1", first, 2)), 2))
    parts += ["## Why this answer?", "Ana presses the button; only she sees this."]
    await slack.click(reply, "why", user="UANA")
    await slack.until(lambda: slack.views)
    parts.append(quote_message("Why this answer?", "", view_lines(list(slack.views.values())[-1].body["blocks"])))
    parts += [*await helped(slack), *await handed_over(slack)]
    return iter([*parts, *await reindex(slack)])


def view_lines(blocks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of a modal."""
    for block in blocks:
        match block["type"]:
            case "section":
                yield html.unescape(block["text"]["text"]).replace("<", "&lt;").replace("\n", "\n\n")
            case "context":
                yield "\n".join(line for part in block["elements"] for line in _mrkdwn(part["text"]))
            case "actions":
                yield " ".join(f"`[ {each['text']['text']} ]`" for each in block["elements"])


async def helped(slack: Slack) -> list[str]:
    """Return a thread that a person takes over, with a mention that wakes the bot, and an order of quiet."""
    root = await slack.say("C1", f"<@{slack.bot_user}> {LIMIT}", user="UANA")
    parts = ["## A person helps", quote_message("Ana", "in #help", [f"@footnote {LIMIT}"])]
    parts.append(quote_message("footnote", "", shown(await answered(slack, "C1", root)), 2))
    for name, words in HELPED:
        await slack.say("C1", words, user=f"U{name.upper()}", thread_ts=root)
        parts.append(quote_message(name, "", [words], 2))
    parts.append(LEFT_ALONE)
    await slack.say("C1", f"<@{slack.bot_user}> {NEEDS_WORDS}", user="UANA", thread_ts=root)
    parts.append(quote_message("Ana", "", [f"@footnote {NEEDS_WORDS}"], 2))
    parts.append(quote_message("footnote", "", shown(await answered(slack, "C1", root, 2)), 2))
    parts.append("## Quiet")
    await slack.say("C1", QUIET, user="UANA", thread_ts=root)
    there = slack.channels["C1"].messages
    await slack.until(lambda: any(each.ephemeral for each in there.values()))
    confirmed = next(each for each in there.values() if each.ephemeral)
    parts.append(quote_message("Ana", "(in the thread)", [QUIET], 2))
    parts.append(quote_message("footnote", "(only Ana sees this)", [confirmed.visible], 2))
    await slack.say("C1", UNHEARD, user="UANA", thread_ts=root)
    parts += [quote_message("Ana", "", [UNHEARD], 2), STAYS_QUIET]
    return parts


async def handed_over(slack: Slack) -> list[str]:
    """Return a refusal with the closest sections and whom to ask, and a wish for a person."""
    other = await slack.say("C1", f"<@{slack.bot_user}> {UNKNOWN}", user="UBEN")
    parts = ["## What the documentation does not answer, and whom to ask"]
    parts.append(quote_message("Ben", "in #help", [f"@footnote {UNKNOWN}"]))
    parts.append(quote_message("footnote", "", shown(await answered(slack, "C1", other)), 2))
    parts.append(quote_message("footnote", "", [_mentions((await answered(slack, "C1", other, 2)).text)], 2))
    wish = await slack.say("C1", f"<@{slack.bot_user}> {PERSON}", user="UANA")
    parts.append(quote_message("Ana", "in #help", [f"@footnote {PERSON}"]))
    return [*parts, quote_message("footnote", "", [_mentions((await answered(slack, "C1", wish)).text)], 2)]


def _mentions(text: str) -> str:
    """Return a text with the name of the group that it mentions: `WHO_TO_ASK` names one."""
    return html.unescape(re.sub(r"<!subteam\^\w+\|([^<>]+)>", r"**\1**", text))


async def reindex(slack: Slack) -> list[str]:
    """Return an administrator's command, with each state that its answer went through."""
    call = await slack.slash("/docs", "reindex docs", user=ADMIN, channel="C1")
    await slack.until(lambda: any("passages" in each.text for each in call.responses), within=120)
    states = [_markdown(each.text) for each in call.responses]
    command = [quote_message("Kim", "in #help, an administrator", ["/docs reindex docs"])]
    command += [quote_message("footnote", "(only Kim sees this)", [state]) for state in states]
    return ["## A reindex", *command]


@asynccontextmanager
async def documented() -> AsyncIterator[tuple[str, Path]]:
    """Open a database that holds this documentation, and a folder; both are removed afterwards."""
    folder = Path(tempfile.mkdtemp())
    with EmbeddedPostgres(folder / "postgres") as postgres:
        dsn = postgres.start()
        install = Install(folder, {"DATABASE_URL": dsn})
        place = ("--url", BASE, "--exclude", "**/transcript*", "--exclude", "**/decisions/**")
        add = ("sources", "add", str(ROOT / "docs"), "--name", "docs", "--licence", "MIT", *place)
        for command in (add, ("crawl", "docs")):
            ended = await install.run(*command)
            assert ended.code == 0, ended.err
        yield dsn, folder
    sweep(folder / "postgres")


async def main() -> None:
    """Write the page."""
    async with documented() as (dsn, folder), serve_slack() as slack, up(dsn, folder, slack_settings(slack), WHO):
        text = "\n\n".join([HEAD, *await conversation(slack)])
    PAGE.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
