"""An answer on Slack: messages with text, blocks and controls, none of which can ping, unfurl or lead astray.

    SlackMessage.text       mrkdwn: notifications, screen readers, clients without blocks; at most 4,000 characters
                .markdown   standard markdown of the same words, for streams
                .blocks     markdown | rich_text (code) ..., then .ending
                .ending     context (sources), context_actions (feedback), actions: on the last message alone

What Slack does, and what follows from it (docs/decisions/0014-rendering-in-chat.md):
- `<!channel>`, `<@U1>`, `<url|words>` work in mrkdwn, in code of mrkdwn, and in markdown blocks; `&lt;` is shown as "<"
  and is not read again. So no "<" leaves but ours.
- Nobody says whether a markdown block undoes `&lt;` within code. So code that holds "<", "&" or a fence is a typed
  element, which is never parsed; streams have none, and escape within code what would begin a mention or a link.

It posts nothing: `post_arguments` and the like return what `bot.slack` hands to the SDK, with all that must be off.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from bot.markup.blocks import (
    BREAK,
    TICK,
    MarkdownBlock,
    break_fences,
    gap_of,
    join_blocks,
    parse_blocks,
    split_blocks,
    split_spans,
    to_one_line,
    width,
)
from bot.markup.slack_controls import DETAILS, MORE, Block, build_button, build_controls
from bot.markup.sources import Link, Links, fit_lines, links_of, note_of
from core.domain import Answer
from core.inbox.whom import escape_around_mention
from core.sentences import ENGLISH, Sentences

MARKDOWN_LIMIT, TEXT_LIMIT, MOST_MESSAGES = 3_500, 3_900, 5
"""Characters of one message as markdown and as text, and messages of an answer.

chat.update takes 4,000 characters of text, a payload 12,000 of markdown.
"""

MOST_ROWS, MOST_CELL = 100, 1_000
"""Rows of a table, and characters of a cell: a payload has room for about 13,000."""

_SOURCES_BUDGET, _CONTEXT_LIMIT, _LINE_LIMIT, _MOST_TYPED = 6_000, 2_800, 1_500, 12
_QUOTE = re.compile(r"^([ ]{0,3})>(?:[ \t]{0,3}>)+[ \t]{0,3}", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w{1,31};)")
_TOKEN = re.compile(r"<(?=[!@#]|[a-z][a-z0-9+.-]{1,30}:)", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w@./:-])(?:[\w.+-]{1,64}@)?(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])", re.IGNORECASE)
_BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*")
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ \t]{1,4}([^\n]{1,300})$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]{0,40})[-*+][ \t]", re.MULTILINE)
_CUT_ENTITY = re.compile(r"&[a-z]{0,4}\Z")


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """One message of a reply, ready to be sent; `blocks` end with `ending`."""

    text: str
    markdown: str
    blocks: tuple[Block, ...]
    ending: tuple[Block, ...] = ()


def render(
    answer: Answer,
    *,
    question: int | None = None,
    known: Collection[str] = (),
    shareable: bool = False,
    note: str = "",
    sentences: Sentences = ENGLISH,
) -> list[SlackMessage]:
    """Return the messages of an answer, one at least. `known`: what `known_in` returns for its text and evidence.

    `question`: the id that the controls carry; None: no controls. `shareable`: with a button that shares it in channel.
    `note`: what stands below in small print, escaped. `sentences`: headings and buttons in one language.
    """
    messages = _messages(answer.text, known)
    links = links_of(answer, sentences)
    lines = [_line(link) for link in links.links] if links else []
    further = [_line(link) for link in links.further] if links else []
    lines += [(f"*{sentences.further}*",), *further] if further else []
    heading = f"*{links.heading}*" if links else ""
    ending = [
        *_context(heading, lines),
        *_note(note_of(answer, sentences)),
        *_note(note),
        *build_controls(question, sentences, shareable=shareable),
    ]
    last = messages[-1]
    text = _shortened(last.text)
    below = "\n".join([heading, *fit_lines(lines, TEXT_LIMIT - width(text) - width(heading) - 4)])
    text = f"{text}\n\n{below}" if links and "\n" in below else text
    text = f"{text}\n\n{note}" if note and width(text) + width(note) + 2 <= TEXT_LIMIT else text
    return [*messages[:-1], replace(last, text=text, blocks=(*last.blocks, *ending), ending=tuple(ending))]


def break_tokens(text: str) -> str:
    """Return plain text in which nothing begins a mention or a link: for fields that may be parsed or not."""
    return _TOKEN.sub("<\u200b", text)


def render_whom(line: str) -> SlackMessage:
    """Return a message that names whom to ask. Its one mention, which an administrator wrote, notifies."""
    words = escape_around_mention(line, _escaped)
    return SlackMessage(
        words, words, ({"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": True}},)
    )


def render_thanks(words: str, more: str, question: int) -> SlackMessage:
    """Return thanks for a good vote, with a button to say more."""
    section = {"type": "section", "text": {"type": "mrkdwn", "text": _escaped(words)}}
    return SlackMessage(words, words, (section, {"type": "actions", "elements": [build_button(MORE, more, question)]}))


def render_why(lines: Sequence[str], links: Sequence[Links], details: str, question: int) -> list[Block]:
    """Return the blocks of a view that says what an answer rests on; `details`: the words of a button for figures."""
    text = "\n".join(escape(each, _LINE_LIMIT) for each in lines)
    blocks: list[Block] = [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}]
    for each in links:
        blocks += _context(f"*{each.heading}*", [_line(link) for link in each.links])
    return [*blocks, {"type": "actions", "elements": [build_button(DETAILS, details, question)]}]


def render_delta(text: str, known: Collection[str] = ()) -> str:
    """Return the markdown of one `Delta` for a stream, with the white space in front of it."""
    gap, rest = gap_of(text)
    return gap + join_blocks(parse_blocks(rest, known), _markdown)


def render_sentence(text: str, known: Collection[str] = ()) -> SlackMessage:
    """Return a message in our own words, for example a notice, with what it quotes.

    `known`: urls in it that may stand there.
    """
    return _messages(text, known)[0]


def add_link(message: SlackMessage, url: str) -> SlackMessage:
    """Return a message with an address of ours below it; it is no url of a model, and needs no escaping."""
    below = {"type": "section", "text": {"type": "mrkdwn", "text": f"<{url}>"}}
    return replace(message, text=f"{message.text}\n<{url}>", blocks=(*message.blocks, below))


def render_table(text: str, rows: Sequence[Sequence[str]], known: Collection[str] = ()) -> SlackMessage:
    """Return a message in our own words as a native table of plain text; where there are no rows, as `render_sentence`.

    Its text says the same, for clients without tables and where Slack takes no table.
    """
    message = render_sentence(text, known)
    if len(rows) < 2:
        return message
    cells = [[{"type": "raw_text", "text": _bare(cell)} for cell in row] for row in rows[:MOST_ROWS]]
    return replace(message, blocks=({"type": "table", "rows": cells},))


def _bare(cell: str) -> str:
    """Return a cell without markdown, which a table shows as it is; one that is empty is refused."""
    return cell.replace("**", "").replace("`", "")[:MOST_CELL] or "–"


def escape(text: str, longest: int = 300) -> str:
    """Return somebody's own words for mrkdwn of ours: on one line, as they were typed, without effect."""
    return _escaped(to_one_line(text, longest).replace("`", TICK))


def post_arguments(message: SlackMessage, channel: str, thread: str | None = None, **more: Any) -> dict[str, Any]:
    """Return what `chat_postMessage` takes; `more`: further arguments, for example `metadata`."""
    off = {"unfurl_links": False, "unfurl_media": False}
    return more | _arguments(message) | off | {"channel": channel, "thread_ts": thread}


def ephemeral_arguments(message: SlackMessage, channel: str, user: str, thread: str | None = None) -> dict[str, Any]:
    """Return what `chat_postEphemeral` takes, which unfurls nothing."""
    return _arguments(message) | {"channel": channel, "user": user, "thread_ts": thread}


def update_arguments(message: SlackMessage, channel: str, ts: str, **more: Any) -> dict[str, Any]:
    """Return what `chat_update` takes; what is unfurled was settled when the message was posted."""
    return more | _arguments(message) | {"channel": channel, "ts": ts}


def response_arguments(message: SlackMessage) -> dict[str, Any]:
    """Return what a response_url takes for a message that only the person who used a command or control sees."""
    off = {"unfurl_links": False, "unfurl_media": False}
    return _arguments(message) | off | {"response_type": "ephemeral"}


def _arguments(message: SlackMessage) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks), "link_names": False, "parse": "none"}


def _messages(text: str, known: Collection[str]) -> list[SlackMessage]:
    parts = split_blocks(
        parse_blocks(text, known),
        lambda block: width(_markdown(block)),
        limit=MARKDOWN_LIMIT,
        most=MOST_MESSAGES,
    )
    return [_message(part) for part in parts or [[MarkdownBlock("…")]]]


def _message(part: Sequence[MarkdownBlock]) -> SlackMessage:
    text = join_blocks(part, _mrkdwn)
    return SlackMessage(_shortened(text), join_blocks(part, _markdown), tuple(_body(part)))


def _body(part: Sequence[MarkdownBlock]) -> list[Block]:
    """Return markdown blocks, and as typed text code that markdown might garble; a payload has room for fifty."""
    if sum(map(_is_typed, part)) > _MOST_TYPED:
        return [{"type": "markdown", "text": join_blocks(part, _markdown)}]
    blocks: list[Block] = []
    for typed, group in groupby(part, _is_typed):
        if typed:
            blocks += [_typed(block) for block in group]
        else:
            blocks.append({"type": "markdown", "text": join_blocks(list(group), _markdown)})
    return blocks


def _is_typed(block: MarkdownBlock) -> bool:
    return block.code and any(sign in block.text for sign in ("<", "&", "```"))


def _typed(block: MarkdownBlock) -> Block:
    code = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": block.text}]}
    return {"type": "rich_text", "elements": [code]}


def _markdown(block: MarkdownBlock) -> str:
    """Return a block in standard markdown."""
    if block.code:
        return f"```{block.language}\n{_TOKEN.sub('&lt;', break_fences(block.text))}\n```"
    pieces = [*split_spans(_QUOTE.sub(r"\1> ", block.text))]
    last = len(pieces) - 1
    return "".join(
        f"`{_TOKEN.sub('&lt;', piece)}`" if code else _plain(piece, " " if at else "", " " if at < last else "")
        for at, (piece, code) in enumerate(pieces)
    )


def _plain(prose: str, before: str, after: str) -> str:
    """Return prose between code, with names like `setup.py` as code, since Slack would make links of them.

    Such a name keeps apart from other code.
    """

    def named(match: re.Match[str]) -> str:
        begins, ends = match.start() == 0, match.end() == len(match.string)
        return f"{before if begins else ''}`{match.group()}`{after if ends else ''}"

    return _NAME.sub(named, _ENTITY.sub("&amp;", prose).replace("<", "&lt;").replace(BREAK, ""))


def _mrkdwn(block: MarkdownBlock) -> str:
    """Return a block in Slack's own markup."""
    if block.code:
        return f"```\n{_escaped(break_fences(block.text))}\n```"
    text = _BULLET.sub(r"\1• ", _HEADING.sub(r"*\1*", block.text))
    pieces = (
        f"`{_escaped(piece)}`" if code else _BOLD.sub(r"*\1*", _escaped(piece)) for piece, code in split_spans(text)
    )
    return "".join(pieces)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(BREAK, "")


def _shortened(text: str) -> str:
    """Return escaped text, cut where that leaves no half of an entity and no open fence."""
    if width(text) <= TEXT_LIMIT:
        return text
    cut = _CUT_ENTITY.sub("", text[: TEXT_LIMIT // 2 if not text.isascii() else TEXT_LIMIT - 8])
    return f"{cut}\n```…" if cut.count("```") % 2 else f"{cut}…"


def _line(link: Link) -> tuple[str, ...]:
    """Return a source as a link with what it says below, as a link, and as words."""
    label = f"{_escaped(link.marks)} {_escaped(link.label.replace('`', TICK))}".strip()
    linked = f"<{_escaped(link.url)}|{label}>"
    linked = linked if link.url and width(linked) <= _LINE_LIMIT else label
    quoted = f"{linked}\n“{_escaped(link.quote)}”" if link.quote else linked
    return quoted, linked, label


def _context(heading: str, lines: Sequence[Sequence[str]]) -> list[Block]:
    """Return the links in small print, in as many elements as they need."""
    if not lines:
        return []
    elements, element = [], heading
    for line in fit_lines(lines, _SOURCES_BUDGET):
        if width(element) + width(line) > _CONTEXT_LIMIT:
            elements.append(element)
            element = line
        else:
            element += f"\n{line}"
    return [_small(each) for each in [*elements, element]]


def _small(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _note(note: str) -> list[Block]:
    return [_small(note)] if note else []
