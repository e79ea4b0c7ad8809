"""Every sentence that a command answers with, in markdown: reports of crawls and previews, lists, and help.

Where a command and the command line say the same, they use the same words. Text of sites and people is shown without
anything that a chat platform would act on: no mention, no link, no markup (`plain`); urls stand in code spans. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, assert_never

from bot.commands.context import Actor
from bot.commands.parse import Form
from core.check.links import map_outside_code, remove_invisible, to_quotable
from core.domain import Source
from core.inbox.channels import ChannelSettings
from core.index.crawling import Verdict
from core.plural import format_count
from core.work.port import Phase, Request, RequestKind, RequestState
from core.work.schedule import next_run

MOST_CHARACTERS = 1_800
"""Most characters of one report: a message of Discord holds 2,000."""

MOST_LINES = 40
"""Most lines of a list of sources, more than fit: if there are thousands, the others are not built at all."""

NO_WORKER = "No worker is running: start `footnote up` or `footnote worker`."
CONSOLE_LINK = "This link signs you in to the console. It works once, within five minutes, and is for you alone:"
NO_CONSOLE = (
    "The console has no address yet: let an operator set CONSOLE_URL to the one at which you reach it. On the machine "
    "itself, `footnote console --link` prints a link."
)
LONGEST_SPAN = 290
"""Most characters of a code span: `core.check.links.CODE_SPAN` does not match a longer one."""

SHOWN_PAGES, SHOWN_PASSAGES, SHOWN_GROUPS = 6, 2, 6
_MARKUP = str.maketrans({"`": "'", "*": "∗", "[": "(", "]": ")", "|": "/", "~": "-", "\\": "/"})
_ANGLES = str.maketrans({"<": "‹", ">": "›"})
_MENTION = re.compile(r"@(?=\S)")


def escape_mentions(text: str) -> str:
    """Return a sentence on one line, without a mention or a link.

    `"<!here> https://a.b @all"` -> "‹!here› `https://a.b` @ all"
    """
    return map_outside_code(to_quotable(_line(text)), lambda piece: _MENTION.sub("@ ", piece))


def to_plain_text(text: str, longest: int = 120) -> str:
    """Return text on one line, without mentions and markup, cut at `longest`: for titles and other words of a site."""
    words = _MENTION.sub("@ ", _line(text)).translate(_MARKUP)
    return words if len(words) <= longest else f"{words[:longest].rstrip()} ..."


def to_code_span(text: str) -> str:
    """Return a text as a code span that it cannot break out of; nothing in a code span is markup or a mention."""
    words = _line(text).replace("`", "'")
    return f"`{words if len(words) <= LONGEST_SPAN else f'{words[:LONGEST_SPAN]} ...'}`"


def to_code_block(text: str) -> str:
    """Return a text to be copied as a code span, or as a code block if it is too long for a span."""
    words = _line(text).replace("`", "'")
    return f"`{words}`" if len(words) <= LONGEST_SPAN else f"\n```\n{words}\n```"


def _line(text: str) -> str:
    return " ".join(remove_invisible(text).split()).translate(_ANGLES)


def format_list(head: str, lines: Sequence[str], tail: str = "", *, more: str = "more", count: int = 0) -> str:
    """Return a head, a list and a tail within `MOST_CHARACTERS`.

    The last line counts those that do not fit. `count`: how many there are in all, if `lines` holds fewer.
    """
    left = MOST_CHARACTERS - len(head) - len(tail) - 60
    shown: list[str] = []
    for line in lines:
        left -= len(line) + 3
        if left < 0:
            break
        shown.append(f"- {line}")
    if len(shown) < (count := max(count, len(lines))):
        shown.append(f"- ... and {count - len(shown):,} {more}")
    return "\n".join([part for part in (head, *shown) if part] + ([f"\n{tail}"] if tail else []))


def help_text(forms: Sequence[Form], *, unknown: bool, close: str = "") -> str:
    """Return the list of all commands; `close`: the verb that may have been meant."""
    meant = f" Did you mean `/docs {close}`?" if close else ""
    head = f"I do not know that command.{meant} These are for administrators:" if unknown else "For administrators:"
    return format_list(head, [f"`/docs {form.usage}`: {form.summary}" for form in forms])


def build_refusal(who: Actor, *, nobody: bool) -> str:
    """Return why somebody may not give commands. `nobody`: ADMINS is empty."""
    if nobody:
        return (
            "Nobody may do that yet: set ADMINS to the ids of the administrators, with commas, and start footnote "
            f"again. Your id is {to_code_span(who.name)}."
        )
    return (
        f"Only administrators may do that, and you are not one: ADMINS names them. Your id is {to_code_span(who.name)}."
    )


def source_line(source: Source, schedule: str, now: datetime) -> str:
    """Return the line of one source in the list. `schedule` is RECRAWL_CRON."""
    following = next_run(source, schedule, now)
    crawled = f"crawled {source.last_crawl:%Y-%m-%d %H:%M}" if source.last_crawl else "never crawled"
    parts = [
        source.verdict or "new",
        format_count(source.pages, "page"),
        format_count(source.passages, "passage"),
        crawled,
        f"next {following:%Y-%m-%d %H:%M}" if following else "paused" if source.paused else "next off",
        f"licence {to_plain_text(source.licence, 40)}" if source.licence else "licence not recorded",
    ]
    if source.visible_to is not None:
        parts.append("not for everybody")
    place = "a folder" if source.on_disk else to_code_span(source.root_url)
    return f"**{source.name}** ({place}): {', '.join(parts)}"


def sources_text(sources: Sequence[Source], schedule: str) -> str:
    """Return the list of sources, or how to add the first one."""
    if not sources:
        return "No sources yet. Add one with `/docs add https://docs.example.org/`."
    now = datetime.now(UTC)
    lines = [source_line(source, schedule, now) for source in sources[:MOST_LINES]]
    passages = sum(source.passages for source in sources)
    tail = f"{format_count(len(sources), 'source')}, {format_count(passages, 'passage')}. Times are in UTC."
    return format_list("", lines, tail, more="more: `footnote sources list` shows all of them", count=len(sources))


def progress_words(progress: Mapping[str, Any]) -> str:
    """Return how far a crawl is, without the name of its source."""
    match progress.get("stage"):
        case None:
            return "starting"
        case Phase.EMBED:
            return f"{_number(progress, 'embedded'):,} of {_number(progress, 'to_embed'):,} embedded"
        case Phase.SWITCH:
            return "letting readers see it"
        case Phase.GRAPH if 0 < _number(progress, "indexed") < _number(progress, "to_index"):
            return f"{_number(progress, 'indexed'):,} of {_number(progress, 'to_index'):,} in the graph"
        case Phase.GRAPH:
            return "building the graph"
        case _:
            return f"{format_count(_number(progress, 'pages'), 'page')}, {_number(progress, 'skipped'):,} skipped"


def request_lines(name: str, request: Request | None, *, briefly: bool) -> list[str]:
    """Return the state of a request. `name` is bold already; `request` None: its source is gone."""
    if request is None:
        return [f"{name}: it was removed meanwhile"]
    match request.state:
        case RequestState.WAITING:
            return [f"{name}: waits for its turn"]
        case RequestState.RUNNING:
            preview = request.kind is RequestKind.PREVIEW
            return [f"{name}: {'being read' if preview else progress_words(request.progress)}"]
        case RequestState.FAILED:
            return [f"{name}: did not work: {escape_mentions(request.error)}"]
        case RequestState.DONE if request.kind is RequestKind.PREVIEW:
            return preview_lines(request.report or {})
        case RequestState.DONE:
            lines = crawl_lines(name, request.source, request.report or {})
            return lines[:1] if briefly else lines
        case _:
            assert_never(request.state)


def crawl_lines(name: str, source: str, report: Mapping[str, Any]) -> list[str]:
    """Return what a crawl did, and what can be done about it."""
    verdict, reason = str(report.get("verdict", "")), escape_mentions(str(report.get("reason", "")))
    skipped = {str(key): int(count) for key, count in report.get("skipped", {}).items()}
    lines = [
        f"{name}: {verdict}{f': {reason}' if reason else ''} ({float(report.get('seconds', 0)):.1f} s)",
        f"{format_count(_number(report, 'pages'), 'page')} ({_number(report, 'fetched'):,} fetched, "
        f"{_number(report, 'not_modified'):,} unchanged), {format_count(_number(report, 'passages'), 'passage')}, "
        f"{_number(report, 'embedded'):,} embedded, {_number(report, 'removed'):,} removed, "
        f"{_number(report, 'dropped_short'):,} too short to keep",
    ]
    if skipped:
        reasons = format_reasons(skipped)
        lines.append(f"{sum(skipped.values()):,} skipped: {reasons}; each url: `footnote sources skipped {source}`")
    if verdict == Verdict.QUARANTINED:
        lines.append(
            f"Readers keep the old pages. If the site really is that much smaller: `/docs reindex {source} --force`"
        )
    elif verdict == Verdict.ABORTED:
        lines.append("Readers keep the old pages.")
    return lines


def format_reasons(counts: Mapping[str, int]) -> str:
    """Return the most frequent reasons with their counts, the most frequent first; the others as one count.

    `{"http 404": 1, "not a page": 12}` -> `"12 not a page, 1 http 404"`
    """
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    parts = [f"{count:,} {to_plain_text(reason, 60)}" for reason, count in ordered[:SHOWN_GROUPS]]
    rest = sum(count for _, count in ordered[SHOWN_GROUPS:])
    return ", ".join([*parts, *([f"{rest:,} for other reasons"] if rest else [])])


def preview_lines(report: Mapping[str, Any]) -> list[str]:
    """Return what a crawl of a site would keep (`ingest.preview.Preview` as JSON)."""
    pages: list[Mapping[str, Any]] = list(report.get("pages", ()))
    passages = sum(_number(page, "passages") for page in pages)
    lines = [f"would be kept: {format_count(len(pages), 'page')}, {format_count(passages, 'passage')}"]
    if not pages:
        lines = ["no page with text: a crawl would be aborted, and readers would see nothing new"]
    lines += [
        f"{to_plain_text(str(page.get('title', '')), 60) or '(no title)'}: "
        f"{format_count(_number(page, 'passages'), 'passage')}"
        for page in pages[:SHOWN_PAGES]
    ]
    lines += [*_left_out(report), _manners(report)]
    shown: list[Mapping[str, Any]] = list(report.get("passages", ()))
    for passage in shown[:SHOWN_PASSAGES]:
        path = to_plain_text(" > ".join(map(str, passage.get("path", ()))), 80) or "(no heading)"
        lines.append(f"for example {path}: {to_plain_text(_first_line(str(passage.get('text', ''))), 140)}")
    return [f"{to_code_span(str(report.get('url', '')))}: {lines[0]}", *lines[1:]]


def _left_out(report: Mapping[str, Any]) -> list[str]:
    groups = {str(group.get("reason", "")): _number(group, "count") for group in report.get("left_out", ())}
    lines = (
        [f"would be left out: {format_count(sum(groups.values()), 'url')}: {format_reasons(groups)}"] if groups else []
    )
    more = _number(report, "not_asked")
    return lines + ([f"not asked for: {format_count(more, 'more url')} (a preview reads a few pages)"] if more else [])


def _manners(report: Mapping[str, Any]) -> str:
    delay = float(report.get("crawl_delay", 0))
    asked = f"{delay:g} s between two requests" if delay else "no crawl delay"
    return f"robots.txt: {asked}; sitemaps: {len(report.get('sitemaps', ())) or 'none found'}"


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in lines if line and not line.startswith(("```", "~~~"))), "")


def settings_text(settings: ChannelSettings, seen: Iterable[str], usage: str) -> str:
    """Return the settings of a channel, and how to change them; `seen`: the sources that may be seen there."""
    there = [name for name in settings.sources if name in set(seen)]
    gone = len(settings.sources) - len(there)
    names = [f"**{name}**" for name in there] + ([f"{gone} that is not there any more"] if gone else [])
    lines = [
        f"sources: {', '.join(names) or 'all'}",
        f"tone: {to_plain_text(settings.tone, 200) or 'as everywhere'}",
        f"language: {to_plain_text(settings.language) or 'as everywhere'}",
        f"unmentioned: {'on, also questions that do not mention me are answered' if settings.unmentioned else 'off'}",
        f"ask: {to_plain_text(settings.ask, 200) or 'as everywhere'}",
    ]
    return format_list("Settings of this channel:", lines, f"To change them: `/docs {usage}`")


def _number(document: Mapping[str, Any], key: str) -> int:
    return int(document.get(key) or 0)
