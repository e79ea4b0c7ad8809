"""Turns a page of markdown into a page of HTML; the HTML parser does the rest: blocks, anchors, tables, code.

    text ──front matter off──> `dialects` ──> CommonMark with tables ──> tokens, headings with ids ──> HTML

`ingest.documents.slugs` makes ids of the words of headings. An id that the author wrote (`## Set up {#setup}`) wins;
where a git host takes those braces for text, they are part of the slug. Runs in the parse child; resolves no link.
"""

from __future__ import annotations

import re
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

from ingest.documents.dialects import translate_dialects
from ingest.documents.slugs import GIT_HOSTS, Slugs, SlugStyle

_FRONT_MATTER = re.compile(r"(?:---|\+\+\+)[ \t]*\n(.{0,20000}?\n)?(?:---|\+\+\+|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(\S.{0,300})$", re.MULTILINE)
_DRAFT = re.compile(r"^(?:draft[ \t]*[:=][ \t]*true|published[ \t]*[:=][ \t]*false)[ \t]*$", re.MULTILINE)
_LANGUAGE = re.compile(r"^lang(?:uage)?[ \t]*[:=][ \t]*[\"']?([A-Za-z-]{2,12})[\"']?[ \t]*$", re.MULTILINE)
_OWN_ID = re.compile(
    r"[ \t]*(?:\{:?[ \t]*#([\w:.-]{1,200})[^{}\n]{0,200}\}|\{/\*[ \t]*#([\w:.-]{1,200})[ \t]*\*/\})\s*\Z"
)
_LOST_NOTE = re.compile(r"\[\^[\w.-]{1,60}\]")
_COMPONENT = re.compile(
    r"^[ \t]*<(?:TabItem|Tab|ParamField|ResponseField|Update|Step|Accordion|Expandable)[\s>]", re.MULTILINE
)
_ALERT = re.compile(r"\[!(\w{1,20})\][+-]?[ \t]*")
_ALERTS = {"note": "note", "tip": "tip", "important": "important", "warning": "warning", "caution": "caution"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A whole document of HTML. `title` is the author's, from the front matter; "" where there is none."""

    html: str
    title: str = ""


def render_markdown(text: str, *, mdx: bool = False, style: SlugStyle = SlugStyle.DOCUSAURUS) -> Rendered:
    """Return the page as HTML. `mdx`: four blanks make no code. `style`: the generator whose ids its headings get."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    said = (front[1] or "") if front else ""
    body = text[front.end() :] if front else text
    own = _TITLE.search(said)
    title = own[1].strip().strip("\"'") if own else ""
    environment = {"style": style}
    markdown = _markdown(mdx=mdx or _COMPONENT.search(body) is not None)
    tokens = markdown.parse(translate_dialects(body), environment)
    main = markdown.renderer.render(tokens, markdown.options, environment)
    language = _LANGUAGE.search(said)
    head = f"<title>{escape(title or _page_heading(tokens))}</title>"
    robots = '<meta name="robots" content="noindex">' if _DRAFT.search(said) else ""
    lang = f' lang="{language[1]}"' if language else ""
    return Rendered(f"<html{lang}><head>{head}{robots}</head><body><main>\n{main}</main></body></html>", title)


@lru_cache(2)
def _markdown(*, mdx: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"])
    markdown.use(deflist_plugin).use(footnote_plugin)
    markdown.add_render_rule("footnote_ref", _nothing)  # "[1]" in an answer is a citation
    markdown.add_render_rule("footnote_anchor", _nothing)
    markdown.core.ruler.after("block", "own_ids", _own_ids)
    markdown.core.ruler.after("own_ids", "alerts", _alerts)
    markdown.core.ruler.push("slugs", _slugs)
    markdown.core.ruler.push("lost_notes", _lost_notes)
    return markdown.disable("code") if mdx else markdown


def _nothing(*_: object) -> str:
    return ""


def _lost_notes(state: StateCore) -> None:
    """Take the signs of notes off that the page does not explain."""
    noted = (one for one in state.tokens if one.type == "inline" and "[^" in one.content)
    for token in (kid for inline in noted for kid in inline.children or ()):
        if token.type == "text":
            token.content = _LOST_NOTE.sub("", token.content)


def _own_ids(state: StateCore) -> None:
    """Take `{#id}` off each heading, and make it the heading's id."""
    for heading, content in _headings(state.tokens):
        found = _OWN_ID.search(content.content[-300:])
        if found:
            if state.env["style"] in GIT_HOSTS:
                heading.meta["braces"] = found[0].rstrip()
            else:
                heading.attrSet("id", found[1] or found[2])
            content.content = content.content[: len(content.content) - len(found[0])]


def _slugs(state: StateCore) -> None:
    slugs = Slugs(state.env["style"])
    for heading, content in _headings(state.tokens):
        if not heading.attrGet("id") and (name := slugs.of(_text(content) + heading.meta.get("braces", ""))):
            heading.attrSet("id", name)


def _alerts(state: StateCore) -> None:
    """Make an admonition of each quote that begins with `[!NOTE]` or the like."""
    for quote, paragraph, content in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if quote.type != "blockquote_open" or paragraph.type != "paragraph_open":
            continue
        found = _ALERT.match(content.content)
        if found:
            quote.attrSet("class", f"admonition {_ALERTS.get(found[1].lower(), 'note')}")
            content.content = content.content[found.end() :].lstrip("\n")


def _headings(tokens: Sequence[Token]) -> list[tuple[Token, Token]]:
    return [(one, after) for one, after in pairwise(tokens) if one.type == "heading_open"]


def _page_heading(tokens: Sequence[Token]) -> str:
    """Return the heading of the whole page; "" for a page that begins with text or with a section."""
    return next((_text(content) for heading, content in _headings(tokens) if heading.tag == "h1"), "")


def _text(inline: Token) -> str:
    """Return the text of a heading as a reader sees it."""
    kinds = {"text", "code_inline"}
    return "".join(token.content for token in inline.children or () if token.type in kinds).strip()
