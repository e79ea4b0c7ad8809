"""The id that a heading gets, as whoever shows the page makes it from the heading's words.

    "What's new in 2.0?"    GITHUB, DOCUSAURUS, MDBOOK  whats-new-in-20      GITLAB    the same, one dash for several
                            MKDOCS                      whats-new-in-20      SPHINX    what-s-new-in-2-0
                            VITEPRESS                   what-s-new-in-2-0
    the second of a kind    -1; MKDOCS _1; SPHINX none, since docutils counts them with much else

Written after what these programs do, not after what they say: docutils `make_id`, Python-Markdown `slugify`, mdit-vue
`slugify`, github-slugger.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from enum import StrEnum


class Style(StrEnum):
    """Whose ids; a parameter of a page's content type (`variant=`, RFC 7763)."""

    GITHUB = "gfm"
    GITLAB = "glfm"
    DOCUSAURUS = "docusaurus"
    MDBOOK = "mdbook"
    MKDOCS = "mkdocs"
    SPHINX = "sphinx"
    VITEPRESS = "vitepress"


GIT_HOSTS = frozenset({Style.GITHUB, Style.GITLAB})
"""They show `{#id}` as text."""

_UNWORDED = re.compile(r"[^\w\- ]")
_DASHES = re.compile(r"-{2,}")
_SPECIAL = re.compile(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'\u201c\u201d\u2018\u2019<>,.?/]+")
_VARIANT = re.compile(r";\s*variant=([a-z]{1,20})")


class Slugs:
    """The ids of one page, in the order of its headings."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._used: Counter[str] = Counter()

    def of(self, heading: str) -> str:
        """`"Usage"` -> `"usage"`, and the next time `"usage-1"`; "" where none can be told."""
        name = _WAYS.get(self._style, _github)(heading)
        number = self._used[name]
        self._used[name] += 1
        if not number or not name:
            return name
        if self._style is Style.SPHINX:
            return ""
        return f"{name}{'_' if self._style is Style.MKDOCS else '-'}{number}"


def style_of(content_type: str) -> Style:
    """`"text/markdown; variant=mkdocs"` -> `Style.MKDOCS`; what says nothing is taken as most generators do it."""
    found = _VARIANT.search(content_type)
    known = found is not None and found[1] in set(Style)
    return Style(found[1]) if found is not None and known else Style.DOCUSAURUS


def _github(heading: str) -> str:
    return _UNWORDED.sub("", heading.strip().lower()).replace(" ", "-")


def _gitlab(heading: str) -> str:
    return _DASHES.sub("-", _github(heading))


def _mkdocs(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _sphinx(heading: str) -> str:
    plain = unicodedata.normalize("NFKD", heading.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"^[-0-9]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", " ".join(plain.split())))


def _vitepress(heading: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", heading) if not unicodedata.combining(one))
    name = _SPECIAL.sub("-", plain).strip("-")
    return f"_{name}".lower() if name[:1].isdigit() else name.lower()


_WAYS: dict[Style, Callable[[str], str]] = {
    Style.GITLAB: _gitlab,
    Style.MKDOCS: _mkdocs,
    Style.SPHINX: _sphinx,
    Style.VITEPRESS: _vitepress,
}
