"""The links below an answer: which of them are shown, under what heading, with what label, to which address.

    an answer                              Sources: its citations, numbered as in the text, each address once
    does not know, an apology              Closest sections: where the asker may look; these are no sources
    not relevant, no context               nothing

Labels and urls come from stored rows and yet are treated as hostile: a page's title is whatever its author wrote. Each
platform's module knows how a link is written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import quote

from bot.markup.blocks import remove_links, to_one_line, width
from core.domain import Abstention, Answer, Citation, Fault

SOURCES, CLOSEST = "Sources", "Closest sections"
BY_WORDS = "Searched by words alone: the search by meaning is not available just now."

MOST, LONGEST_LABEL, LONGEST_URL = 10, 150, 700
"""Links of one answer (the engine cites eight); characters of a label, and of a url that can be clicked."""

_WEB = re.compile(
    r"(?P<place>https?://(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?)(?P<rest>(?:[/?#].*)?)",
    re.IGNORECASE | re.DOTALL,
)
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&+,;=%]")


@dataclass(frozen=True, slots=True)
class Link:
    """One line: `marks` like "[1]" or "[1][3]", a label on one line, and a url, empty where none can be clicked."""

    marks: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Links:
    """The links of an answer and what they are."""

    heading: str
    links: tuple[Link, ...]


def links_of(answer: Answer) -> Links | None:
    """Return what is shown below an answer; None: nothing."""
    match answer.abstention:
        case None if answer.citations:
            return Links(SOURCES, tuple(_once_each(answer.citations)))
        case None | Abstention.DOES_NOT_KNOW if answer.suggestions:
            return Links(CLOSEST, tuple(_once_each(answer.suggestions)))
        case None | Abstention.DOES_NOT_KNOW | Abstention.NOT_RELEVANT | Abstention.NO_CONTEXT:
            return None
        case _:
            assert_never(answer.abstention)


def note_of(answer: Answer) -> str:
    """Return what the asker should know of how the answer was found; mostly empty."""
    return BY_WORDS if Fault.EMBEDDER in answer.faults and answer.abstention is not Abstention.NO_CONTEXT else ""


def label_of(citation: Citation) -> str:
    """Return the label of a citation, like `"Guide > Set up"`, on one line and without links.

    A row without path and title is labelled with its address.
    """
    names = (" > ".join(citation.path), citation.title, citation.url.partition("://")[2], citation.url)
    label = next(filter(None, (to_one_line(name, LONGEST_LABEL) for name in names)), "")
    return remove_links(label, (label,))


def to_safe_url(url: str) -> str:
    """Return the url so that no markup can end within it; empty where nobody should be led there.

    `"https://a.example/b c|d"` -> `"https://a.example/b%20c%7Cd"`, `"javascript:x"` -> `""`
    """
    web = _WEB.fullmatch(url)
    if web is None or len(url) > LONGEST_URL:
        return ""
    try:
        rest = _UNSAFE.sub(lambda match: quote(match.group(), safe=""), web["rest"])
    except UnicodeEncodeError:
        return ""
    return web["place"] + rest if len(rest) <= 2 * LONGEST_URL else ""


def fit_lines(lines: Iterable[tuple[str, str]], budget: int) -> Iterator[str]:
    """Yield the linked form of each (linked, plain) line where it fits into `budget` characters, else the plain form.

    It stops at the first line of which no form fits.
    """
    for forms in lines:
        fits = next((form for form in forms if width(form) < budget), None)
        if fits is None:
            return
        budget -= width(fits) + 1
        yield fits


def _once_each(citations: Iterable[Citation]) -> Iterator[Link]:
    by_url: dict[str, list[Citation]] = {}
    for citation in citations:
        by_url.setdefault(citation.url, []).append(citation)
    for url, same in list(by_url.items())[:MOST]:
        yield Link("".join(f"[{each.number}]" for each in same[:MOST]), label_of(same[0]), to_safe_url(url))
