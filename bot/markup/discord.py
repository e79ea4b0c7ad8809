"""An answer on Discord: contents of at most 2,000 characters, and one embed with the sources.

    DiscordMessage.content   prose, and code fences closed within it
                  .embed     {"title": "Sources", "description": "[1] [Guide > Set up](url)"}, on the last message alone

What Discord does, and what follows from it (docs/decisions/0014-rendering-in-chat.md):
- Mentions, spoilers, headings, `>>>` and timestamps work wherever they stand; a backslash stops markdown, but not what
  is shown as a mention. So a zero-width space breaks mentions, as in discord.py, and markdown is escaped.
- Only three backticks fence code, anywhere in a line. So neither code nor prose keeps three backticks.
- The flag that stops unfurling hides a message's own embeds too. So the message with the embed goes without the flag;
  no content holds a url except in code, where none is unfurled.

It posts nothing and knows no SDK: `payload` is the body of a request; discord.py takes the same as keywords.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.markup.blocks import (
    BREAK,
    TICK,
    MarkdownBlock,
    break_fences,
    join_blocks,
    parse_blocks,
    remove_links,
    split_blocks,
    split_spans,
    to_one_line,
    width,
)
from bot.markup.sources import Link, Links, fit_lines, links_of, note_of
from core.check.links import REMOVED
from core.domain import Answer
from core.inbox.whom import MENTION, escape_around_mention
from core.sentences import ENGLISH, Sentences

CONTENT_LIMIT, MOST_MESSAGES, DESCRIPTION_LIMIT, TITLE_LIMIT = 1_900, 5, 4_000, 100
"""Characters of a content (Discord: 2,000), messages of an answer, characters of the embed (4,096) and of a title."""

SUPPRESS_EMBEDS = 1 << 2
UNTITLED = "Question"

_MENTION = re.compile(r"<(?=[@#!&:/+]|[a-z]{1,20}:)|@(?=everyone|here)", re.IGNORECASE)
_QUOTE = re.compile(r"^([ ]{0,3})>(?:[ \t]{0,3}>)+[ \t]{0,3}", re.MULTILINE)
_BEGIN = r"^(?P<begin>[ \t]{0,40}(?:(?:[-*>]|\d{1,3}\.)[ \t]{1,4}){0,5})"
_HEADING = re.compile(rf"{_BEGIN}#{{1,6}}[ \t]{{1,4}}(?P<words>[^*\n]{{1,300}}?)[ \t#]{{0,20}}$", re.MULTILINE)
_SHOUT = re.compile(rf"{_BEGIN}(?=-?#{{1,3}}[ \t])", re.MULTILINE)
_AROUND = re.compile(r"(?<!\w)(?P<signs>\*{1,3}|~~|_{1,3})(?=\S)(?P<words>[^*~\n]{1,200}?)(?<=\S)(?P=signs)(?!\w)")
_MARKUP = re.compile(r"[\\*_~|#>`\[\]()-]")


@dataclass(frozen=True, slots=True)
class DiscordMessage:
    """One message of a reply. No mention in it may ping but that of `whom` to ask, which an administrator wrote."""

    content: str
    embed: dict[str, Any] | None = None
    whom: str = ""

    @property
    def suppress_embeds(self) -> bool:
        """Whether the message is sent with the flag that stops unfurling."""
        return self.embed is None

    def payload(self) -> dict[str, Any]:
        """Return the body of a request that creates or edits the message."""
        return {
            "content": self.content,
            "embeds": [self.embed] if self.embed else [],
            "allowed_mentions": {"parse": []} | _pings(self.whom),
            "flags": SUPPRESS_EMBEDS if self.suppress_embeds else 0,
        }


def _pings(whom: str) -> dict[str, list[str]]:
    """Return what the one mention of a text may notify: `"ask <@&7>"` -> `{"roles": ["7"]}`."""
    found = MENTION.search(whom)
    target = found.group()[1:-1].partition("|")[0] if found else ""
    kind = "roles" if target.startswith("@&") else "users" if target.startswith("@") else ""
    return {kind: [target.lstrip("@&!")]} if kind else {}


def render_whom(line: str) -> DiscordMessage:
    """Return a message that names whom to ask. Its one mention, which an administrator wrote, notifies."""
    return DiscordMessage(escape_around_mention(line, _without_mentions), whom=line)


def render(answer: Answer, *, known: Collection[str] = (), sentences: Sentences = ENGLISH) -> list[DiscordMessage]:
    """Return the messages of an answer, one at least. `known`: what `known_in` returns for its text and evidence."""
    *before, last = render_contents(answer.text, known)
    return [*map(DiscordMessage, before), DiscordMessage(last, embed_of(answer, sentences))]


def render_contents(text: str, known: Collection[str] = ()) -> list[str]:
    """Return the contents of a text, one at least.

    Of an answer that still grows, all but the last two stay as they are.
    """
    parts = split_blocks(
        parse_blocks(text, known), lambda block: width(_markdown(block)), limit=CONTENT_LIMIT, most=MOST_MESSAGES
    )
    return [join_blocks(part, _markdown) for part in parts or [[MarkdownBlock("…")]]]


def embed_of(answer: Answer, sentences: Sentences = ENGLISH) -> dict[str, Any] | None:
    """Return the embed with the sources, or the closest sections, of an answer; None: it has none."""
    links = links_of(answer, sentences)
    if links is None:
        return None
    further = [(f"**{sentences.further}**",), *map(_line, links.further)] if links.further else []
    description = "\n".join(fit_lines([*map(_line, links.links), *further], DESCRIPTION_LIMIT))
    note = note_of(answer, sentences)
    return {"title": links.heading, "description": description} | ({"footer": {"text": note}} if note else {})


def add_footer(message: DiscordMessage, words: str) -> DiscordMessage:
    """Return a message with small print below its sources; one without sources stays as it is."""
    if message.embed is None:
        return message
    before = str((message.embed.get("footer") or {}).get("text") or "")
    return replace(message, embed=message.embed | {"footer": {"text": "\n".join(filter(None, [before, words]))}})


def render_why(summary: Sequence[str], links: Sequence[Links]) -> DiscordMessage:
    """Return a message that says what an answer rests on."""
    lines: list[tuple[str, ...]] = []
    for each in links:
        lines += [(f"**{each.heading}**",), *map(_line, each.links)]
    description = "\n".join(fit_lines(lines, DESCRIPTION_LIMIT))
    return DiscordMessage("\n".join(map(escape, summary)), {"description": description} if description else None)


def thread_title(question: str) -> str:
    """Return a name for the thread of a question: 1 to 100 characters, one line, no mention, no link."""
    line = _without_markup(remove_links(to_one_line(question, 1_000)).replace(REMOVED, "…"))
    line = re.sub(r"<(?:[@#][!&]?|id:|/[^<>:\n]{1,40}:|a?:\w{1,40}:)\w{1,40}>", "", line)
    while (stripped := _MENTION.sub("", line)) != line:
        line = stripped
    return to_one_line(line, TITLE_LIMIT) or UNTITLED


def _without_markup(line: str) -> str:
    """Return a line without signs of markdown around its words, which titles show as they are: `"**how** is `x`"`."""
    line = re.sub(r"^(?:[>#*+-]{1,6}[ \t]+)+", "", line).replace("`", "").replace("||", "")
    return _AROUND.sub(r"\g<words>", line)


def escape(text: str, longest: int = 300) -> str:
    """Return somebody's own words for a content of ours: on one line, as they were typed, without effect."""
    return _without_mentions(_MARKUP.sub(r"\\\g<0>", to_one_line(text, longest)))


def _markdown(block: MarkdownBlock) -> str:
    """Return a block in Discord's markdown."""
    if block.code:
        language = "" if block.language.lower() == "ansi" else block.language
        return f"```{language}\n{break_fences(block.text)}\n```"
    text = _QUOTE.sub(r"\1> ", block.text)
    text = _SHOUT.sub(r"\g<begin>\\", _HEADING.sub(r"\g<begin>**\g<words>**", text))
    return "".join(f"`{piece}`" if code else _plain(piece) for piece, code in split_spans(text))


def _plain(prose: str) -> str:
    return _without_mentions(prose.replace("||", r"\|\|"))


def _without_mentions(text: str) -> str:
    return _MENTION.sub(rf"\g<0>{BREAK}", text)


def _line(link: Link) -> tuple[str, ...]:
    """Return a source as a masked link with what it says below, as a masked link, and as words.

    Brackets in its label would end the link.
    """
    label = _without_effect(link.label.replace("[", "(").replace("]", ")").replace("`", TICK))
    linked = f"{link.marks} [{label}]({link.url})".strip() if link.url else f"{link.marks} {label}".strip()
    quoted = f"{linked}\n> {_without_effect(link.quote)}" if link.quote else linked
    return quoted, linked, f"{link.marks} {label}".strip()


def _without_effect(text: str) -> str:
    return _without_mentions(re.sub(r"[\\*_~|]", r"\\\g<0>", text))
