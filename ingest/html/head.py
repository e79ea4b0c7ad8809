"""Reads the head of a page: title, base, canonical, translations, version, robots, refresh, styles.

Reads `<head>` only: users of a site may have written the same tags in the body. `ingest.html.extract` resolves urls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from ingest.html.known import VERSION_METAS
from ingest.media import MARKDOWN_TYPES
from ingest.web.headers import MAX_REFRESH_DELAY, NO_SNIPPET

AGENT = "footnote-bot"
"""Our name in `<meta name=...>`, in addition to "robots"."""

_REFRESH = re.compile(
    r"\s{0,20}(?P<delay>\d{0,6}(?:\.\d{1,6})?)[\d.]{0,20}\s{0,20}[;,]?\s{0,20}(?:url\s{0,20}=\s{0,20})?[\"']?\s{0,20}(?P<target>[^\"']{0,2048})",
    re.IGNORECASE,
)


_SNIPPET_OF_NONE = re.compile(r"\bmax-snippet\s{0,9}:\s{0,9}0(?!\d)", re.IGNORECASE)
_SPHINX = re.compile(r"DOCUMENTATION_OPTIONS\s{0,9}=.{0,400}?\bVERSION:\s{0,9}['\"]([^'\"]{1,40})['\"]", re.DOTALL)
_LONGEST_VERSION, _MOST_ALTERNATES = 40, 200


@dataclass(slots=True)
class Head:
    """The head of a page: values as written, "" where missing.

    `alternates`: (language, href) of its translations; `twin`: the page in markdown.
    """

    title: str = ""
    base: str = ""
    canonical: str = ""
    version: str = ""
    twin: str = ""
    alternates: list[tuple[str, str]] = field(default_factory=list)
    generator: str = ""
    refresh: str = ""
    robots: set[str] = field(default_factory=set)
    styles: list[str] = field(default_factory=list)
    scripted: bool = False


def read_head(node: LexborNode) -> Head:
    """Return the values of a page's `<head>`."""
    head = Head()
    for child in _children(node):
        if child.tag == "noscript":
            for inner in _children(child):  # meant for programs like ours, which run no scripts
                _read(head, inner)
        else:
            _read(head, child)
    return head


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _read(head: Head, node: LexborNode) -> None:
    match node.tag:
        case "title":
            head.title = head.title or " ".join((node.text() or "").split())
        case "meta":
            _meta(head, node)
        case "link":
            _link(head, node)
        case "base":
            head.base = head.base or (node.attributes.get("href") or "").strip()
        case "style":
            head.styles.append(node.text() or "")
        case "script":
            head.scripted = True
            _script(head, node)
        case _:
            pass


def _link(head: Head, node: LexborNode) -> None:
    attrs = node.attributes
    relations, href = (attrs.get("rel") or "").lower().split(), (attrs.get("href") or "").strip()
    if "canonical" in relations:
        head.canonical = head.canonical or href
    language = (attrs.get("hreflang") or "").strip()
    if "alternate" in relations and (attrs.get("type") or "").strip().lower() in MARKDOWN_TYPES:
        head.twin = head.twin or href
    if "alternate" in relations and href and language and len(head.alternates) < _MOST_ALTERNATES:
        head.alternates.append((language, href))


def _script(head: Head, node: LexborNode) -> None:
    """Read the version that Sphinx writes into a script."""
    if not head.version and not node.attributes.get("src"):
        found = _SPHINX.search((node.text() or "")[:2_000])
        head.version = found[1].strip() if found else ""


def _meta(head: Head, node: LexborNode) -> None:
    attrs = node.attributes
    content = attrs.get("content") or ""
    name = (attrs.get("name") or attrs.get("http-equiv") or "").strip().lower()
    if name in {"robots", AGENT}:
        head.robots |= set(re.split(r"[\s,;]+", content.strip().lower()))
        head.robots |= {NO_SNIPPET} if _SNIPPET_OF_NONE.search(content) else set()
    elif name == "generator":
        head.generator = head.generator or content.strip()
    elif name in VERSION_METAS:
        head.version = head.version or content.strip()[:_LONGEST_VERSION]
    elif name == "refresh":
        head.refresh = head.refresh or refresh_target(content)


def refresh_target(content: str) -> str:
    """Return a refresh's target: `"0; url='/new'"` -> `"/new"`; "" for a page that reloads itself, or a long delay."""
    found = _REFRESH.match(content)
    is_quick = found is not None and float(found["delay"] or 0) <= MAX_REFRESH_DELAY
    return found["target"].strip() if found is not None and is_quick else ""
