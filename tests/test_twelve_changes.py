"""The table of changes in CONTRIBUTING.md: its files exist, and no change takes more of them than it may."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from bot.api.shapes import AnswerShape
from core.answer.prompt import REFUSALS, find_sentence
from core.check.segments import UnitKind, split_units
from core.domain import Abstention

ROOT = Path(__file__).parent.parent
FEW, MOST, LISTED = 3, 5, 12
_PATH = re.compile(r"`([\w./]*[./][\w./]*)`")


def read_rows() -> dict[str, tuple[str, str]]:
    """Return (files, what holds it) of each change."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    table = text.partition("| To change |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    return {name: (files, held) for name, files, held in cells}


ROWS = read_rows()


def count_files(files: str) -> int:
    """Return how many files a row names; a package, a new module and a migration count as one each."""
    new = (
        files.count("a migration")
        + files.count("its module")
        + files.count("its package")
        + files.count("its template")
    )
    return new + sum(not path.endswith("/") for path in _PATH.findall(files))


def test_twelve_changes_take_at_most_three_files_and_three_of_them_five() -> None:
    counts = sorted(count_files(files) for files, _ in ROWS.values())
    assert len(counts) >= LISTED
    assert counts[-4] <= FEW, {name: count_files(files) for name, (files, _) in ROWS.items()}
    assert counts[-1] <= MOST


@pytest.mark.parametrize("name", ROWS)
def test_the_files_of_a_change_are_there(name: str) -> None:
    folder = ""
    for path in _PATH.findall(" ".join(ROWS[name])):
        known = path if "/" in path else folder + path
        assert (ROOT / known).exists(), known
        folder = known.rpartition("/")[0] + "/" if known.rpartition("/")[0] else folder


@pytest.mark.parametrize("abstention", Abstention)
def test_an_abstention_is_read_back_has_a_sentence_and_is_in_the_schema_of_the_api(abstention: Abstention) -> None:
    assert find_sentence(abstention)
    (unit,) = split_units(f"{REFUSALS[abstention]}\n")
    assert unit.kind is UnitKind.NOTE
    named = {value for each in get_args(AnswerShape.model_fields["abstention"].annotation) for value in get_args(each)}
    assert named == {each.value for each in Abstention}
