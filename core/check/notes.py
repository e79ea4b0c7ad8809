"""Lines of a draft that are for us, not for the reader of the answer: the words of the prompt, read back.

NOT_FOUND: how to do it on Windows      what is missing in the passages; the answer is a partial one
SEE_ALSO: [4][2]                        further sections, shown as links
DOES_NOT_KNOW                           a refusal (`core.domain.Abstention`); behind an answer: not all was found
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from core.check.links import remove_links_from_prose
from core.check.marks import normalise_marks
from core.check.segments import Unit, UnitKind
from core.domain import Abstention

REFUSALS = {each: each.value.upper() for each in Abstention}
"""What a reader writes, alone, instead of an answer."""

NOT_FOUND, SEE_ALSO = "NOT_FOUND", "SEE_ALSO"

_LONGEST, _MOST = 160, 3
_NOTE = re.compile(r"[\W_]{0,6}(?P<name>NOT_FOUND|SEE_ALSO)[*_`]{0,3}\s{0,3}[:：][*_`]{0,3}(?P<rest>.*)", re.DOTALL)
_NOTHING = re.compile(
    r"[\W_]*(?:(?:none|nothing|n/?a)\b.{0,60}"
    r"|(?:all|everything)\b.{0,60}\b(?:answered|found|covered|included|addressed).{0,20}|-)?[\W_]*",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(
    r"[\s#>*_`(\-•+]{0,12}(?P<name>NOT[_ ]FOUND|not_found|Not_Found|SEE[_ ]ALSO)[*_`]{0,3}\s{0,3}"
    r"(?:[:：]|[-–—](?=\s))[*_`]{0,3}(?P<rest>.*)",
    re.DOTALL,
)
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+")
_MAY_BE_NOTE = (UnitKind.SENTENCE, UnitKind.ITEM, UnitKind.HEADING)
NOT_FOUND_MEANS = "and names what is missing in the language of the answer"
"""How the prompt says what stands behind NOT_FOUND. Not as a line: a small model repeats one in place of an answer."""

_MARKDOWN = re.compile(r"[*_`#|<>\[\]\\]+")


@dataclass(slots=True)
class Notes:
    """What the notes of one draft say. `incomplete`: a note said that something is missing."""

    not_found: list[str] = field(default_factory=list)
    see_also: tuple[int, ...] = ()
    incomplete: bool = False
    _goes_on: bool = False

    def find_in(self, unit: Unit) -> str:
        """Return the note that a unit is, wherever it stands; empty: it is none.

        A note may be a list item, a heading or in brackets, follow a sentence, or have a list below it.
        """
        is_listed = self._goes_on and unit.kind is UnitKind.ITEM
        found = _ANYWHERE.match(unit.text) if unit.kind in _MAY_BE_NOTE else None
        self._goes_on = is_listed or (found is not None and not _plain(found["rest"]))
        if unit.kind is UnitKind.NOTE:
            self._goes_on = _NOTE.match(unit.text) is not None and unit.text.rstrip(" *_`").endswith((":", "："))
            return unit.text
        if is_listed:
            return f"{NOT_FOUND}: {_BULLET.sub('', unit.text)}"
        return f"{found['name'].upper().replace(' ', '_')}: {found['rest'].rstrip(')')}" if found else ""

    def read(self, line: str, passages: int, is_known: Callable[[str], bool]) -> None:
        """Read one note of a draft that has `passages` passages; what is missing is named if its words are known."""
        note = _NOTE.match(line)
        if note is None:
            self.incomplete = True
        elif note["name"] == SEE_ALSO:
            self.see_also = normalise_marks(note["rest"], passages)[1]
        elif not _NOTHING.fullmatch(note["rest"]):
            self.incomplete = True
            missing = _plain(note["rest"])
            if not _is_parroted(note["rest"]) and is_known(missing):
                self.not_found = [*self.not_found, missing][:_MOST]


def _is_parroted(text: str) -> bool:
    """Return whether a note repeats the prompt's own words, or a part of them."""
    words = re.findall(r"\w+", text.lower())
    return len(words) > 2 and " ".join(words) in NOT_FOUND_MEANS


def _plain(text: str) -> str:
    """Return a model's words as one plain line: no link, no markup, no mention."""
    bare = _MARKDOWN.sub("", remove_links_from_prose(text, (), "")).replace("@", "")
    line = " ".join(bare.split()).rstrip(" .")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"
