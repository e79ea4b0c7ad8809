"""The id of a heading, made of its words as the program that shows the page makes it.

    "What's new in 2.0?"    GITHUB, DOCUSAURUS, MDBOOK  whats-new-in-20      GITLAB    the same, one dash for several
                            MKDOCS                      whats-new-in-20      SPHINX    what-s-new-in-2-0
                            VITEPRESS                   what-s-new-in-2-0
                            MINTLIFY                    what’s-new-in-2-0
    the second of a kind    -1; MKDOCS _1; MINTLIFY -2; SPHINX none, since docutils counts them with much else

Follows what these programs do, not their documentation: docutils `make_id`, Python-Markdown `slugify`, mdit-vue
`slugify`, github-slugger. Mintlify is not published: there its documentation is followed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from enum import StrEnum


class SlugStyle(StrEnum):
    """The program that makes the ids; a parameter of a page's content type (`variant=`, RFC 7763)."""

    GITHUB = "gfm"
    GITLAB = "glfm"
    DOCUSAURUS = "docusaurus"
    MDBOOK = "mdbook"
    MKDOCS = "mkdocs"
    SPHINX = "sphinx"
    VITEPRESS = "vitepress"
    MINTLIFY = "mintlify"


GIT_HOSTS = frozenset({SlugStyle.GITHUB, SlugStyle.GITLAB})
"""They show `{#id}` as text."""

_UNWORDED = re.compile(r"[^\w\- ]")
_DASHES = re.compile(r"-{2,}")
_SPECIAL = re.compile(r"[\s~`!@#$%^&*()\-_+=\[\]{}|\\;:\"'\u201c\u201d\u2018\u2019<>,.?/]+")
_VARIANT = re.compile(r";\s*variant=([a-z]{1,20})")


class Slugs:
    """The ids of one page, in the order of its headings."""

    def __init__(self, style: SlugStyle) -> None:
        self._style = style
        self._used: Counter[str] = Counter()

    def of(self, heading: str) -> str:
        """Return the id of the next heading: `"Usage"` -> `"usage"`, then `"usage-1"`; "" where it cannot be known."""
        name = _SLUG_MAKERS.get(self._style, _github)(heading)
        number = self._used[name]
        self._used[name] += 1
        if not number or not name:
            return name
        if self._style is SlugStyle.SPHINX:
            return ""
        if self._style is SlugStyle.MINTLIFY:
            return f"{name}-{number + 1}"
        return f"{name}{'_' if self._style is SlugStyle.MKDOCS else '-'}{number}"


def style_of(content_type: str) -> SlugStyle:
    """Return the style that a content type names: `"text/markdown; variant=mkdocs"` -> `Style.MKDOCS`.

    Where it names none, the style is `DOCUSAURUS`, as most generators make ids like that.
    """
    found = _VARIANT.search(content_type)
    known = found is not None and found[1] in set(SlugStyle)
    return SlugStyle(found[1]) if found is not None and known else SlugStyle.DOCUSAURUS


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


def _mintlify(heading: str) -> str:
    """Follow mintlify.com/docs/create/text: apostrophes are curled and kept, full stops become dashes."""
    plain = re.sub(r"[\s.]+", "-", heading.strip().lower().replace("'", "’"))
    return re.sub(r"[^\w\-/&’]", "", plain).strip("-")


_SLUG_MAKERS: dict[SlugStyle, Callable[[str], str]] = {
    SlugStyle.GITLAB: _gitlab,
    SlugStyle.MKDOCS: _mkdocs,
    SlugStyle.SPHINX: _sphinx,
    SlugStyle.VITEPRESS: _vitepress,
    SlugStyle.MINTLIFY: _mintlify,
}
