"""`footnote questions` and `footnote report`, as an operator calls them on a database with questions."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.questions import CELLS, to_cell, to_csv, to_document, to_line
from core.domain import Answer, CheckedUnit, Citation, TokenUsage, UnitVerdict
from core.history.port import QuestionRecord
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Reply, UsedPassage, Visibility
from core.postgres.database import Database
from tests.bot.install import Install
from tests.made_history import make_history, store_history

RECORD = QuestionRecord(
    7,
    Platform.SLACK,
    "T1",
    "C1",
    "U1",
    Visibility.PRIVATE,
    '=HYPERLINK("https://bad.example", "a, b")\nand "so"',
    datetime(2026, 11, 30, tzinfo=UTC),
    QuestionOutcome.PARTLY,
    2.5,
    Reply(
        Answer(
            "+1 is so [1].",
            (Citation(1, "https://a/b#c", ("A",), "A"),),
            model="m",
            not_covered=("-x", "y"),
            dropped=1,
            units=(CheckedUnit("@all.", UnitVerdict.DROPPED, "no source"), CheckedUnit("So.", UnitVerdict.SHOWN)),
            usage=TokenUsage(900, 40, estimated=True),
        ),
        (UsedPassage("https://a/b#c", ("A",), "guide", 1),),
    ),
    1,
    2,
    ("wrong",),
    ("\tno",),
)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\uff1d1"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert to_cell(text) == f"'{text}"
    assert to_cell([text, "more"]).startswith("'")


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (1.5, "1.5"), ("a=b", "a=b"), (["a", "b"], "a\nb"), ([], "")])
def test_any_other_cell_stays_as_it_is(value: object, cell: str) -> None:
    assert to_cell(value) == cell


def test_csv_reads_back_with_one_row_for_each_question() -> None:
    first, second = csv.DictReader(io.StringIO(to_csv([RECORD, RECORD]), newline=""))
    assert first == second
    assert tuple(first) == CELLS
    assert first["question"] == f"'{RECORD.text}"
    assert (first["answer"], first["not_covered"], first["dropped"]) == ("'+1 is so [1].", "'-x\ny", "'@all.")
    assert (first["sent"], first["estimated"], first["thumbs_down"]) == ("900", "True", "2")
    assert first["comments"] == "'\tno"


def test_json_says_what_was_dropped_and_why() -> None:
    document = to_document(RECORD)
    assert document["dropped"] == [{"text": "@all.", "reason": "no source"}]
    assert (document["outcome"], document["visibility"], document["sources"]) == ("partly", "private", ["guide"])
    assert json.loads(json.dumps(document)) == document
    assert set(CELLS) - {"sent", "received", "estimated"} == set(document) - {"tokens"}


def test_a_terminal_gets_no_control_characters() -> None:
    assert to_line("a\x1b]8;;https://bad.example\x07b\nc\u202ed\x9b2J") == "a ]8;;https://bad.example b c d 2J"


async def test_the_commands_read_a_history(database: Database, tmp_path: Path) -> None:
    rows = make_history(60)
    await store_history(database, rows)
    install = Install(tmp_path, {"DATABASE_URL": database.dsn})

    listed = await install.run("questions", "--json", "--limit", "5", "--outcome", "partly")
    assert (listed.code, listed.err) == (0, ""), listed.err
    assert 0 < len(listed.json["questions"]) <= 5
    assert {each["outcome"] for each in listed.json["questions"]} == {"partly"}

    drawn = await install.run("questions", "--limit", "3")
    assert drawn.code == 0
    assert "3 questions, as many as --limit says. Times are in UTC." in drawn.out

    written = await install.run("questions", "--csv", "--days", "20")
    assert (written.code, written.out.splitlines()[0]) == (0, ",".join(CELLS))

    reported = await install.run("report", "--json", "--days", "20")
    assert reported.code == 0
    assert sum(reported.json["outcomes"].values()) == reported.json["questions"] > 20
    assert (await install.run("report", "--days", "20")).out.startswith(f"{reported.json['questions']} questions in")

    wrong = await install.run("questions", "--json", "--csv")
    assert (wrong.code, wrong.json) == (2, {"error": "Choose one of --json and --csv."})
