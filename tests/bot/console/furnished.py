"""A console that has something on every screen, and an address of each of its pages.

`paths_of` takes the pages from the registry of screens: a new one is covered by itself. One whose path has a part that
is not known here fails, and says which: put a value of it into `furnish`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from bot.console.request import Screen
from bot.console.screens.registry import SCREENS
from core.calls import ModelCall, Purpose
from core.domain import Answer, Asker, TokenUsage
from core.inbox.channels import AuditEntry, ChannelSettings, Outcome
from core.inbox.conversation import ThreadKey, Utterance, UtteranceKind
from core.inbox.port import Platform, Reply
from core.spend.port import SpendCaps
from core.spend.postgres import PostgresSpend
from core.work.port import RequestKind
from tests.bot.console.asked import judge, new_question, store_answer, store_hostile
from tests.bot.console.served import ServedConsole

ASKED = (
    "How do I install it?",
    "What does the beta parameter say?",
    "How do I fine-tune a mistral model with DPO?",
    "Who won the world cup in 1998?",
)
BETA = "https://docs.example/guide/training.html#beta"
DOWNLOADS = re.compile(r"\.(?:csv|jsonl|json|md)$")
_PART = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\})?[^{}]*)?\}")


async def furnish(served: ServedConsole) -> Mapping[str, str]:
    """Ask, judge, set, crawl, preview and spend on a database with the source `docs`. -> values by parts of paths."""
    footnote, inbox = served.console.footnote, served.console.inbox
    numbers = [
        await store_answer(served.console, asked)
        for number, text in enumerate(ASKED)
        if (asked := new_question(number, text))
    ]
    await judge(served.console, new_question(1, ASKED[1]), numbers[1])
    await store_answer(served.console, new_question(7, "How do I mend it?"), Reply(Answer("Sorry, I could not.")))
    await store_hostile(served.console)
    source = await footnote.catalog.get("docs")
    await footnote.requests.put(RequestKind.CRAWL, source=source, asked_by="slack:UADMIN")
    preview = await footnote.requests.put(
        RequestKind.PREVIEW, options={"url": "https://new.example/"}, asked_by="slack:UADMIN"
    )
    await footnote.channels.put(Platform.SLACK, "T1", "C2", ChannelSettings(sources=("docs",), tone="dry"))
    entry = AuditEntry(Platform.SLACK, "T1", "UADMIN", "C1", "settings", {"tone": "dry"})
    await footnote.audit.end(await footnote.audit.begin(entry), Outcome.DONE, {})
    mute = Utterance("C1:9", frozenset({"UASKER"}), 9.0, UtteranceKind.MUTE)
    assert await inbox.conversation.remember(ThreadKey("slack", "T1", "C1", "9"), mute)
    spent = [
        ModelCall("gpt-6.1-terra", Purpose.ANSWER, TokenUsage(3_000, 90)),
        ModelCall("e", Purpose.EMBED, TokenUsage(9, 0, estimated=True)),
    ]
    await PostgresSpend(footnote.database, SpendCaps(), {}).record(Asker("slack", "T1", "UASKER", "C1"), spent)
    return {
        "/questions/{number}": f"/questions/{numbers[1]}",
        "/sources/preview/{number}": f"/sources/preview/{preview.id}?url={quote('https://new.example/')}&name=new",
        "/passage": f"/passage?source=docs&url={quote(BETA, safe='')}",
        "/channel": "/channel?platform=slack&tenant=T1&channel=C2",
        "/forget": "/forget?person=slack:U7",
        "{name}": source.name,
    }


def paths_of(known: Mapping[str, str], screens: Sequence[Screen] = SCREENS) -> list[str]:
    """Return an address for each page of each screen. Raises `KeyError` for a part of a path without a value."""
    routes = [route.path for screen in screens for route in screen.routes if route.method == "GET"]
    return [_fill(_PART.sub(r"{\1}", path), known) for path in routes]


def _fill(path: str, known: Mapping[str, str]) -> str:
    if path in known:
        return known[path]
    return re.sub(r"\{\w+\}", lambda part: known[part[0]], path)
