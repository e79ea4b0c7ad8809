"""The link to a quote within its page: `page#anchor:~:text=...`, so that a browser scrolls to the words and marks them.

    "... of it. The size is 12 MB, whatever the `disk` holds. ..."
                -> #size:~:text=of%20it.-,The%20size%20is%2012%20MB%2C%20whatever%20the%20disk

Browsers look for the first place in the page that holds the words, and go to the anchor where none does. So a fragment
that is too exact costs nothing, and one that fits elsewhere leads astray: words in a row, never a beginning with an
end far from it; what stands before or after them in the same line; none where too little is said to tell places apart.
Built from the passage alone. Measured in a browser: `python -m bench.landing`, decision 0063.
"""

from __future__ import annotations

import re
from urllib.parse import quote as quote_url

from core.domain import Passage

MOST_WORDS, CONTEXT_WORDS = 14, 3
"""Words of a quote that are looked for, and words before or after them."""

FEWEST_WORDS, FEWEST_LETTERS, FEWEST_WIDE = 3, 25, 10
"""Words, and letters and digits, that tell places of a page apart; of a script without blanks letters alone."""

MOST_WIDE, LONGEST = 30, 700
"""Characters of a script without blanks, where each takes nine in a url; characters of a link, which chats take."""

SCREEN_LINES, LINE_LETTERS = 12, 80
"""What stands below an anchor on the screen that it leads to."""

_TICKS = re.compile(r"`+")
_UNLIKE = re.compile(r"\S*[\^\\]\S*|\*{2,}|\s{2,}|\n")
"""Where a passage is not written as its page shows it, or two blocks meet: exponents, escapes, breaks, gaps in code."""

_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_PAUSE = re.compile("(?<=[\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f])")
_EDGE = " \t.,;:!?…#\"'“”‘’«»()[]{}<>*_-–—|\u3001\u3002\uff0c\uff1b\uff1a\uff01\uff1f"
_LINE_MARK = re.compile(r"^\s*(?:[-*+•>]|\d{1,3}[.)])\s+")
_LETTER = re.compile(r"[^\W_]")


def link_to_text(passage: Passage, quote: str | None) -> str:
    """Return a link to the place of a quote in its page; empty where the passage's own link leads there.

    `quote` is a sentence, row or line of the passage, white space aside. Also empty for rows and code, and where no
    words of it can be found for sure.
    """
    place = find_place(passage.text, quote) if quote else None
    if place is None or not _is_prose(passage.text, place[0]):
        return ""
    if passage.anchor and not passage.ordinal and _is_near(passage.text[: place[0]]):
        return ""
    fragment = write_fragment(passage.text, *place)
    link = f"{passage.url}#{passage.anchor}:~:text={fragment}"
    return link if fragment and len(link) <= LONGEST else ""


def find_place(text: str, quote: str) -> tuple[int, int] | None:
    """Return where a quote begins and ends in a text, whatever white space is between its words; None: nowhere."""
    at = text.find(quote)
    if at >= 0:
        return at, at + len(quote)
    found = re.search(r"\s+".join(map(re.escape, quote.split())), text)
    return found.span() if found else None


def write_fragment(text: str, start: int, end: int) -> str:
    """Return the words of a text from `start` to `end` as a text directive, with context; empty where too few are."""
    runs = [_trim(text, *run) for run in _runs(text, start, end)]
    first, whole = max(runs, key=lambda run: _count_letters(text[run[0] : run[1]]), default=(start, start))
    last = _shorten(text, first, whole)
    words = _plain(text[first:last])
    before = _before(text, first)
    after = "" if before or last < whole else _after(text, last)
    if not (before or after or last < whole):
        before = _line_before(text, first)
    is_repeated = _plain(text).count(words) > 1
    if not _is_enough(words) or not (before or after or (_is_distinct(words) and not is_repeated)):
        return ""
    parts = [f"{_encode(before)}-"] * bool(before) + [_encode(words)] + [f"-{_encode(after)}"] * bool(after)
    return ",".join(parts)


def _is_prose(text: str, start: int) -> bool:
    """Return whether a place is in no row of a table and in no fence of code."""
    line = text[text.rfind("\n", 0, start) + 1 :]
    return not line.lstrip().startswith("|") and text[:start].count("```") % 2 == 0


def _is_enough(words: str) -> bool:
    return bool(_WIDE.search(words)) or len(words.split()) >= FEWEST_WORDS


def _is_distinct(words: str) -> bool:
    """Return whether words hardly stand twice in a page: `"Default is true"` may."""
    return _count_letters(words) >= (FEWEST_WIDE if _WIDE.search(words) else FEWEST_LETTERS)


def _is_near(above: str) -> bool:
    """Return whether text of that much stands on the screen together with what follows it."""
    return sum(1 + len(line) // LINE_LETTERS for line in above.splitlines()) <= SCREEN_LINES


def _runs(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return what is between signs that a page does not show as the passage has them."""
    runs, at = [], start
    for sign in _UNLIKE.finditer(text, start, end):
        runs.append((at, sign.start()))
        at = sign.end()
    return [(first, last) for first, last in (*runs, (at, end)) if _LETTER.search(text[first:last])]


def _shorten(text: str, first: int, last: int) -> int:
    """Return where to end, so that the words are not too many, at the end of a word."""
    piece = text[first:last]
    if _WIDE.search(piece):
        ends = [pause.start() for pause in _PAUSE.finditer(piece) if pause.start() <= MOST_WIDE]
        cut = len(piece) if len(piece) <= MOST_WIDE else max(ends, default=len(piece))
    else:
        words = [word for word in re.finditer(r"\S+", piece) if _LETTER.search(word.group())]
        cut = words[min(MOST_WORDS, len(words)) - 1].end() if words else 0
    return _trim(text, first, first + cut)[1]


def _before(text: str, first: int) -> str:
    """Return the last words before a place in its line, with what stands between; empty where the line begins there."""
    line = _UNLIKE.split(_LINE_MARK.sub("", text[text.rfind("\n", 0, first) + 1 : first]))[-1]
    words = _plain(line).split()
    if not words or _WIDE.search(line) or not _LETTER.search(words[-1]) or not line[-1:].isspace():
        return ""
    return " ".join(words[-CONTEXT_WORDS:])


def _line_before(text: str, first: int) -> str:
    """Return the last words of the line before that of a place, where that is prose; else nothing.

    Headings and names of entries often end with a sign that links to them, code with a button.
    """
    above, opening = text[:first].rpartition("\n")[::2]
    line = above.rstrip().rpartition("\n")[2]
    is_apart = not above.strip() or above.count("```") % 2 or line.lstrip().startswith(("|", "`", "~~~", "#", "**"))
    if is_apart or _LETTER.search(opening) or _UNLIKE.search(line.strip()) or _WIDE.search(line):
        return ""
    words = _plain(_LINE_MARK.sub("", line)).split()
    return " ".join(words[-CONTEXT_WORDS:]) if words and _LETTER.search(words[-1]) else ""


def _after(text: str, last: int) -> str:
    """Return the first words after a place in its line, with what stands between; empty where the line ends there."""
    line = _UNLIKE.split(text[last:].partition("\n")[0])[0]
    words = _plain(line).split()
    if _WIDE.search(line) or not any(_LETTER.search(word) for word in words):
        return ""
    kept = " ".join(words[: CONTEXT_WORDS + 1]).rstrip(_EDGE)
    return kept if _LETTER.search(kept) else ""


def _trim(text: str, first: int, last: int) -> tuple[int, int]:
    """Return a place without the punctuation at its ends, which need not be part of what is looked for."""
    while first < last and text[first] in f"{_EDGE}`":
        first += 1
    while first < last and text[last - 1] in f"{_EDGE}`":
        last -= 1
    return first, last


def _plain(text: str) -> str:
    """Return a text as the page shows it: without the backticks of code, on one line."""
    return " ".join(_TICKS.sub("", text).split())


def _count_letters(text: str) -> int:
    return len(_LETTER.findall(text))


def _encode(words: str) -> str:
    """Return words for a directive, in which "-", "," and "&" mean something."""
    return quote_url(words, safe="").replace("-", "%2D")
