"""A page of markdown as a page of HTML, so that what takes HTML apart does the rest: blocks, anchors, tables, code.

    text ──front matter off──> `ingest.dialects` ──> CommonMark with tables ──> tokens, headings given ids ──> HTML

Ids are those that GitHub gives: `## Set up & run` is `#set-up--run`, the second of a kind `-1`. An id that the author
wrote (`## Set up {#setup}`) goes before it, but where the page is read on a git host, which shows those braces as text.
Runs in the parse child; resolves no link.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from ingest.dialects import translated

GITHUB, GITLAB = "variant=GFM", "variant=GLFM"
"""Parameters of the content type of a page that is read on a git host (RFC 7763)."""

_FRONT_MATTER = re.compile(r"(?:---|\+\+\+)[ \t]*\n(.{0,20000}?\n)?(?:---|\+\+\+|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(\S.{0,300})$", re.MULTILINE)
_DRAFT = re.compile(r"^(?:draft[ \t]*[:=][ \t]*true|published[ \t]*[:=][ \t]*false)[ \t]*$", re.MULTILINE)
_LANGUAGE = re.compile(r"^lang(?:uage)?[ \t]*[:=][ \t]*[\"']?([A-Za-z-]{2,12})[\"']?[ \t]*$", re.MULTILINE)
_OWN_ID = re.compile(
    r"[ \t]*(?:\{:?[ \t]*#([\w:.-]{1,200})[^{}\n]{0,200}\}|\{/\*[ \t]*#([\w:.-]{1,200})[ \t]*\*/\})\s*\Z"
)
_ALERT = re.compile(r"\[!(\w{1,20})\][+-]?[ \t]*")
_ALERTS = {"note": "note", "tip": "tip", "important": "important", "warning": "warning", "caution": "caution"}
_UNSLUGGED = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A whole document of HTML. `title` is the author's own, from the front matter; "" where there is none."""

    html: str
    title: str = ""


def rendered(text: str, *, mdx: bool = False, variant: str = "") -> Rendered:
    """The page as HTML. `mdx`: four blanks make no code. `variant`: `GITHUB` or `GITLAB` where it is read there."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    said = (front[1] or "") if front else ""
    body = text[front.end() :] if front else text
    own = _TITLE.search(said)
    title = own[1].strip().strip("\"'") if own else ""
    environment = {"variant": variant}
    markdown = _markdown(mdx=mdx or "<TabItem" in body)
    tokens = markdown.parse(translated(body), environment)
    main = markdown.renderer.render(tokens, markdown.options, environment)
    language = _LANGUAGE.search(said)
    head = f"<title>{escape(title or _first_heading(tokens))}</title>"
    robots = '<meta name="robots" content="noindex">' if _DRAFT.search(said) else ""
    lang = f' lang="{language[1]}"' if language else ""
    return Rendered(f"<html{lang}><head>{head}{robots}</head><body><main>\n{main}</main></body></html>", title)


def slug(heading: str, variant: str = "") -> str:
    """`"What's new in 2.0?"` -> `"whats-new-in-20"`; GitLab makes one dash of several."""
    name = _UNSLUGGED.sub("", heading.strip().lower()).replace(" ", "-")
    return re.sub("-{2,}", "-", name) if variant == GITLAB else name


@lru_cache(2)
def _markdown(*, mdx: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"])
    markdown.use(deflist_plugin).use(footnote_plugin)
    markdown.add_render_rule("footnote_ref", _nothing)  # "[1]" in an answer is a citation
    markdown.add_render_rule("footnote_anchor", _nothing)
    markdown.core.ruler.after("block", "own_ids", _own_ids)
    markdown.core.ruler.after("own_ids", "alerts", _alerts)
    markdown.core.ruler.push("slugs", _slugs)
    return markdown.disable("code") if mdx else markdown


def _nothing(*_: object) -> str:
    return ""


def _own_ids(state: StateCore) -> None:
    """Take `{#id}` off each heading, and keep it."""
    if state.env.get("variant"):
        return
    for heading, content in _headings(state.tokens):
        found = _OWN_ID.search(content.content[-300:])
        if found:
            heading.attrSet("id", found[1] or found[2])
            content.content = content.content[: len(content.content) - len(found[0])]


def _slugs(state: StateCore) -> None:
    used: Counter[str] = Counter()
    for heading, content in _headings(state.tokens):
        if not heading.attrGet("id"):
            name = slug(_text(content), state.env.get("variant", ""))
            number = used[name]
            used[name] += 1
            heading.attrSet("id", f"{name}-{number}" if number else name)


def _alerts(state: StateCore) -> None:
    """`> [!NOTE]` is an admonition."""
    for quote, paragraph, content in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if quote.type != "blockquote_open" or paragraph.type != "paragraph_open":
            continue
        found = _ALERT.match(content.content)
        if found:
            quote.attrSet("class", f"admonition {_ALERTS.get(found[1].lower(), 'note')}")
            content.content = content.content[found.end() :].lstrip("\n")


def _headings(tokens: Sequence[Token]) -> list[tuple[Token, Token]]:
    return [(one, after) for one, after in pairwise(tokens) if one.type == "heading_open"]


def _first_heading(tokens: Sequence[Token]) -> str:
    return next((_text(content) for _, content in _headings(tokens)), "")


def _text(inline: Token) -> str:
    """What a reader sees of a heading."""
    kinds = {"text", "code_inline"}
    return "".join(token.content for token in inline.children or () if token.type in kinds).strip()
