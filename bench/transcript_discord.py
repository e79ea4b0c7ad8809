"""Writes docs/transcript-discord.md, as `bench.transcripts` does for Slack: `python -m bench.transcript_discord`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from bench.transcripts import (
    ASKED,
    FOLLOW_UP,
    HELPED,
    LEFT_ALONE,
    LIMIT,
    NEEDS_WORDS,
    QUIET,
    ROOT,
    STAYS_QUIET,
    UNHEARD,
    UNKNOWN,
    documented,
    quote_message,
)
from tests.bot.up import discord_settings, up
from tests.servers.discord.model import Asked, Intents, Posted
from tests.servers.discord.server import Discord, serve_discord

PAGE = ROOT / "docs" / "transcript-discord.md"
WHO = {"WHO_TO_ASK": "<@&77001>", "DISCORD_MESSAGE_CONTENT": "1"}
PRIVATE = "How do I back up the embedded database?"
HEAD = """\
# Discord: a transcript

A mention that becomes a thread, a follow-up, a person who helps and takes the thread over, a follow-up that needs that
person's words, an order of quiet, a question that the documentation does not answer with whom to ask instead, a private
`/ask`, and a reindex by an administrator. `python -m bench.transcript_discord` made it from a real run: `footnote up`
without any key, with the intent for message content, with this documentation as its source, and a Discord on loopback.
What stands below a name is what the message shows; buttons are in brackets.
"""


def shown(message: Posted) -> Iterator[str]:
    """Yield the lines of a message: text, the embed with its sources, buttons."""
    yield message.content
    for embed in message.embeds:
        yield f"**{embed.get('title', '')}**\n\n" + "\n".join(f"- {line}" for line in embed["description"].splitlines())
    rows = [row["components"] for row in message.components]
    if rows:
        labels = [(each.get("emoji") or {}).get("name") or each.get("label", "") for row in rows for each in row]
        yield " ".join(f"`[ {label} ]`" for label in labels)


async def finished(discord: Discord, find: Callable[[], list[Posted]], count: int = 1) -> Posted:
    """Return the nth message once it has its buttons, which says that it is complete."""

    def done() -> list[Posted]:
        return [each for each in find() if "Why" in str(each.components)]

    await discord.until(lambda: len(done()) >= count, seconds=60)
    return done()[count - 1]


async def conversation(discord: Discord) -> list[str]:
    """Return everything that is written, in order."""
    ana, ben = discord.user, 4321
    asked = discord.say(discord.channel, f"<@{discord.bot_id}> {ASKED}", user_id=ana)

    def thread() -> list[Posted]:
        return discord.replies(asked) if asked in discord.world.places else []

    first = await finished(discord, thread)
    parts = ["## A mention, and a follow-up", quote_message("Ana", "in #help", [f"@footnote {ASKED}"])]
    parts.append(quote_message("footnote", f"in a thread, *{discord.place(asked).name}*", shown(first), 2))
    discord.say(asked, FOLLOW_UP, user_id=ana)
    parts.append(quote_message("Ana", "(without a mention)", [FOLLOW_UP], 2))
    parts.append(quote_message("footnote", "", shown(await finished(discord, thread, 2)), 2))
    parts += await helped(discord, ana, ben)
    other = discord.say(discord.channel, f"<@{discord.bot_id}> {UNKNOWN}", user_id=ben)
    refusal = await finished(discord, lambda: discord.replies(other) if other in discord.world.places else [])
    parts += [
        "## What the documentation does not answer, and whom to ask",
        quote_message("Ben", "in #help", [f"@footnote {UNKNOWN}"]),
    ]
    parts.append(quote_message("footnote", "in a thread", shown(refusal), 2))
    await discord.until(lambda: len(discord.replies(other)) > 1)
    parts.append(
        quote_message(
            "footnote", "", [discord.replies(other)[-1].content.replace(WHO["WHO_TO_ASK"], "**@docs-team**")], 2
        )
    )
    call = discord.slash("ask", {"question": PRIVATE, "private": True}, user_id=ben)
    answer = await finished(discord, lambda: call.shown)
    parts += ["## A private question", quote_message("Ben", "", [f"/ask question: {PRIVATE} private: True"])]
    parts.append(quote_message("footnote", "(only Ben sees this)", shown(answer)))
    return [*parts, *await reindex(discord)]


async def helped(discord: Discord, ana: int, ben: int) -> list[str]:
    """Return a thread that a person takes over, with a mention that wakes the bot, and an order of quiet."""
    root = discord.say(discord.channel, f"<@{discord.bot_id}> {LIMIT}", user_id=ana)

    def thread() -> list[Posted]:
        return discord.replies(root) if root in discord.world.places else []

    parts = ["## A person helps", quote_message("Ana", "in #help", [f"@footnote {LIMIT}"])]
    parts.append(quote_message("footnote", "in a thread", shown(await finished(discord, thread)), 2))
    for name, words in HELPED:
        discord.say(root, words, user_id=ana if name == "Ana" else ben)
        parts.append(quote_message(name, "", [words], 2))
    discord.say(root, f"<@{discord.bot_id}> {NEEDS_WORDS}", user_id=ana)
    parts += [LEFT_ALONE, quote_message("Ana", "", [f"@footnote {NEEDS_WORDS}"], 2)]
    parts.append(quote_message("footnote", "", shown(await finished(discord, thread, 2)), 2))
    order = discord.say(root, QUIET, user_id=ana)
    await discord.until(lambda: bool(discord.world.messages[order].reactions))
    discord.say(root, UNHEARD, user_id=ana)
    sign = discord.world.messages[order].reactions[0]
    parts += ["## Quiet", quote_message("Ana", "(in the thread)", [QUIET, f"`{sign}` *a reaction of footnote*"], 2)]
    return [*parts, quote_message("Ana", "", [UNHEARD], 2), STAYS_QUIET]


async def reindex(discord: Discord) -> list[str]:
    """Return an administrator's command, with each state that its answer went through."""
    call: Asked = discord.slash("docs reindex", {"name": "docs"}, user_id=discord.admin)
    await discord.until(lambda: any("passages" in each.content for each in call.shown), seconds=120)
    assert call.original is not None
    states = [each.content for each in call.original.edits if each.content] + [call.original.content]
    states = [each.replace(":\n- ", ":\n\n- ") for each in states]
    command = [quote_message("Kim", "an administrator", ["/docs reindex name: docs"])]
    where = "(only Kim sees this; each takes the place of the last)"
    return ["## A reindex", *command, *(quote_message("footnote", where, [state]) for state in dict.fromkeys(states))]


async def main() -> None:
    """Write the page from a run in a folder that is removed afterwards."""
    async with (
        documented() as (dsn, folder),
        serve_discord() as discord,
    ):
        discord.grant(Intents.MESSAGE_CONTENT)
        async with up(dsn, folder, discord_settings(discord), WHO):
            await discord.ready()
            await write(discord)


async def write(discord: Discord) -> None:
    """Write the page."""
    text = "\n\n".join([HEAD, *await conversation(discord)])
    PAGE.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    asyncio.run(main())
