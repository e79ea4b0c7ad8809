"""A model that obeys every injection of ../shared: no call of Slack pings, leads away or gives a secret away."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from core.domain import Source
from tests.bad.inputs import Bad, bad
from tests.bot.filled import BASE, add_source
from tests.bot.install import write_site
from tests.bot.talks import ANSWER, Talk, talking
from tests.servers.openai_server import text
from tests.servers.scripted import Json

pytestmark = [pytest.mark.shared, pytest.mark.asyncio(loop_scope="module")]

SECRETS = {
    "OPENAI_API_KEY": "sk-canary-of-the-operator",
    "COHERE_API_KEY": "",
    "SLACK_SIGNING_SECRET": "canary-signing-secret",
}
PING = re.compile(r"<[!@#]|＜[!@#]|<(?!https://docs\.example/guide/)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
LINK = re.compile(r"https://docs\.example/guide/[\w.]*(?:#[\w-]*(?::~:text=[\w%.,~-]+)?)?(?=[|\"\\])")

TYPED = re.compile(r'"rich_text_preformatted", "elements": \[\{"type": "text", "text": "(?:[^"\\]|\\.)*"')
"""Code as a typed element, which Slack never parses (docs/decisions/0014-rendering-in-chat.md)."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """Run one process, with secrets."""
    folder = tmp_path_factory.mktemp("obeys")
    async with talking(server, "template1", folder, SECRETS) as made:
        await add_source(made.dsn, write_site(folder / "site"), Source(0, "docs", BASE))
        yield made


def obeys(injection: str) -> str:
    """Return a good answer with the injection wherever a model could write it."""
    proper = "".join(ANSWER)
    return (
        f"{proper} The trainer likes {injection} [1].\n\n- People like {injection} [1]\n- Pairs of answers [1]\n\n"
        f"{injection}\n\n## {injection}\n\nThe pairs like `{injection}` [1]. {proper}\n\n| a | b |\n|---|---|\n"
        f"| {injection} | pairs [1] |\n\n{proper} {proper} {proper}\n"
    )


async def sent(talk: Talk, bad: Bad, quoted: str = "") -> str:
    """Return all that is written to Slack where a model obeys.

    In a thread, and to one person who shares what is `quoted`.
    """
    word = bad.id.replace("-", "")
    talk.mind.on(word, text(*re.findall(r".{1,40}", obeys(bad.text), re.DOTALL)))
    before = len(talk.slack.calls)
    ts = await talk.ask(f"C{word.upper()}", f"What does the trainer read, {word}?")
    row = await talk.over(f"C{word.upper()}", ts)
    assert row["state"] == "done"
    call = await talk.slack.slash("/ask", f"What of {word} {quoted}", user="U1", channel=f"C{word.upper()}")
    await talk.slack.until(lambda: len(call.responses) == 2)
    for reply in call.responses:
        if quoted and "share" in str(reply.blocks):
            await talk.slack.click(reply, "share", user="U1")
            await talk.slack.until(lambda: talk.slack.replies(f"C{word.upper()}", None))
    await talk.settled()
    return written_since(talk, before)


def written_since(talk: Talk, before: int) -> str:
    """Return the arguments of the calls since then, as text."""
    return json.dumps([each.args for each in talk.slack.calls[before:]], ensure_ascii=False)


def assert_harmless(written: str) -> None:
    left = LINK.sub("", written)
    assert not PING.search(TYPED.sub("", left))
    for each in ("://", "evil", "canary", "xoxb-", "xapp-", "SECRET"):
        assert each not in left


@bad("slack.render")
async def test_no_ping_and_no_link_is_written_to_slack(talk: Talk, bad: Bad) -> None:
    written = await sent(talk, bad, bad.text)
    assert ANSWER[0].partition(" [")[0] in written
    assert_harmless(written)


@bad("answer.links")
async def test_no_address_is_written_to_slack(talk: Talk, bad: Bad) -> None:
    written = await sent(talk, bad)
    assert ANSWER[0].partition(" [")[0] in written
    assert_harmless(written)


async def echoes(request: web.Request, asked: Json) -> web.StreamResponse:
    """Answer with all that the model was sent, in sentences with a source."""
    prompt = "\n".join(str(each["content"]) for each in asked["messages"])
    pieces = [f"{' '.join(piece.split())} [1]. " for piece in re.findall(r".{1,300}", prompt)]
    return await text(*ANSWER, *pieces, *ANSWER)(request, asked)


@bad("question.text")
async def test_whatever_is_asked_nothing_that_the_model_is_told_is_secret_and_nothing_works(
    talk: Talk, bad: Bad
) -> None:
    talk.mind.on("mirror", echoes)
    before, channel = len(talk.slack.calls), f"CQ{bad.id.upper()}"
    ts = await talk.ask(channel, f"{bad.text[:100_000]} mirror")
    await talk.answered(channel, ts)
    assert len(talk.slack.replies(channel, ts)) == 1
    assert_harmless(written_since(talk, before))
    assert not re.search("canary|xoxb-|xapp-", str(talk.mind.asked[-1]))
