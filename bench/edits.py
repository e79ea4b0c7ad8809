"""What happens to a site between two crawls, on its pages in memory. Pure: html in, html out.

edited    one sentence more in the longest paragraph of some pages
rebuilt   another version in the navigation and the footer of every page; no sentence of the text changes
salted    a word more in every heading and paragraph, so that every passage is a new one
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

LONG = 300
"""Characters of a paragraph that is worth an edit."""

_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?>(.*?)</p>", re.DOTALL)
_BODY = re.compile(r"<body[^>]*>")
_ARROW = re.compile(r'(<a accesskey="[a-z]"[^>]*>)(\w+)</a>')
_OPENED = re.compile(r"(<(?:h[1-6]|p)(?:\s[^>]*)?>)")


def edited(html: str, sentence: str = "This sentence was added between two crawls.") -> str:
    """Return the page with one more sentence at the end of its longest paragraph; unchanged where none is long."""
    longest = max(_PARAGRAPH.finditer(html), key=lambda found: len(found[1]), default=None)
    if longest is None or len(longest[1]) < LONG:
        return html
    return f"{html[: longest.end(1)]} {sentence}{html[longest.end(1) :]}"


def rebuilt(html: str, version: str) -> str:
    """Return the page for another version, in navigation, menu and footer: `Next` -> `Next 9.1`."""
    html = _ARROW.sub(rf"\g<1>\g<2> {version}</a>", html)
    html = _BODY.sub(rf'\g<0><nav><a href="#">Version {version}</a> of this manual is the current one.</nav>', html)
    return html.replace("</body>", f"<footer>Built as version {version}. All rights reserved.</footer></body>")


def salted(html: str, word: str) -> str:
    """Return the page with a word more everywhere: `<p>You install it` -> `<p>salt3 You install it`."""
    return _OPENED.sub(rf"\g<1>{word} ", html)


def some(pages: Mapping[str, str], share: float) -> list[str]:
    """Return the paths of this share of the pages, spread over the site, among those that `edited` changes."""
    worth = [path for path in sorted(pages) if edited(pages[path]) != pages[path]]
    wanted = round(len(pages) * share)
    return worth[:: max(1, len(worth) // max(1, wanted))][:wanted]


def changes(kind: str, pages: Mapping[str, str], word: str) -> Iterator[tuple[str, str]]:
    """Yield (path, html as it is now) of each page that such an edit touches. `kind`: edited, rebuilt, salted."""
    match kind:
        case "edited":
            for path in some(pages, 0.01):
                yield path, edited(pages[path])
        case "rebuilt":
            for path, html in pages.items():
                yield path, rebuilt(html, word)
        case "salted":
            for path, html in pages.items():
                yield path, salted(html, word)
        case _:
            raise ValueError(kind)
