"""The links below an answer: which of them are shown, under what heading, with what label and quote, to which address.

    an answer                              Sources: its citations, numbered as in the text, each address once, each
                                           with the sentence of the page that bears it out; and further sections
    a refusal, an apology                  Closest sections: where the asker may look; these are no sources
    nothing was found                      nothing

Labels and urls come from stored rows and yet are treated as hostile: a page's title is whatever its author wrote. Each
platform's module knows how a link is written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.markup.blocks import TICK, remove_links, to_one_line, width
from core.domain import Abstention, Answer, Citation, Fault
from core.sentences import ENGLISH, Sentences

SOURCES, CLOSEST, FURTHER = ENGLISH.sources, ENGLISH.closest, ENGLISH.further
FURTHER_MARK = "•"

MOST, LONGEST_LABEL, LONGEST_QUOTE, LONGEST_URL = 10, 150, 240, 700
"""Links of one answer (the engine cites eight); characters of a label, of a quote, and of a url that can be clicked."""

_WEB = re.compile(
    r"(?P<place>https?://(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?)(?P<rest>(?:[/?#].*)?)",
    re.IGNORECASE | re.DOTALL,
)
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&+,;=%]")


@dataclass(frozen=True, slots=True)
class Link:
    """One source: `marks` like "[1]", "[1][3]" or "•", a label on one line, and a url, empty where none can be clicked.

    `quote` is what the page says, on one line and without links; it may be empty.
    """

    marks: str
    label: str
    url: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of an answer and what they are; `further` are sections that it does not rest on."""

    heading: str
    links: tuple[Link, ...]
    further: tuple[Link, ...] = ()


def links_of(answer: Answer, sentences: Sentences = ENGLISH) -> Links | None:
    """Return what is shown below an answer; None: nothing."""
    match answer.abstention:
        case None if answer.citations:
            further = () if answer.faults else tuple(_without_numbers(answer.suggestions))
            return Links(sentences.sources, tuple(_once_each(answer.citations)), further)
        case _ if answer.suggestions:
            return Links(sentences.closest, tuple(_once_each(answer.suggestions)))
        case _:
            return None


def note_of(answer: Answer, sentences: Sentences = ENGLISH) -> str:
    """Return what the asker should know of how the answer was found; mostly empty."""
    by_words = Fault.EMBEDDER in answer.faults and answer.abstention is not Abstention.NO_CONTEXT
    return sentences.by_words if by_words else ""


def label_of(citation: Citation) -> str:
    """Return the label of a citation, like `"Guide > Set up"`, on one line and without links.

    A row without path and title is labelled with its address. "://" that leads nowhere is parted, too: Discord takes
    no label with it for a link.
    """
    names = (" > ".join(citation.path), citation.title, citation.url.partition("://")[2], citation.url)
    label = next(filter(None, (to_one_line(name, LONGEST_LABEL) for name in names)), "")
    return remove_links(label, (label,)).replace("://", ": //")


def quote_of(citation: Citation) -> str:
    """Return the quote of a citation on one line; empty: it has none, or one with a link, which may not be shown."""
    quoted = to_one_line(citation.quote, LONGEST_QUOTE) if citation.quote else ""
    return quoted if remove_links(quoted) == quoted else ""


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


def fit_lines(lines: Iterable[Sequence[str]], budget: int) -> Iterator[str]:
    """Yield of each line the first of its forms that fits into `budget` characters, longest first.

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
        leads_to = to_safe_url(same[0].target) or to_safe_url(url)
        yield Link(
            "".join(f"[{each.number}]" for each in same[:MOST]),
            label_of(same[0]),
            leads_to,
            quote_of(same[0]).replace("`", TICK),
        )


def _without_numbers(citations: Iterable[Citation]) -> Iterator[Link]:
    """Yield links with a dot in place of a number, which would be that of a source.

    A label alone could begin its line with markup: `>>> ` or `# `.
    """
    return (replace(link, marks=FURTHER_MARK) for link in _once_each(citations))
