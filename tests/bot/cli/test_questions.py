"""`footnote questions` and `footnote report`, as an operator calls them on a database with questions."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from bot.cli.questions import to_line
from bot.exports import (
    CELLS,
)
from core.inbox.outcome import QuestionOutcome
from core.postgres.database import Database
from tests.bot.called import call
from tests.bot.install import Install
from tests.made_history import make_history, store_history


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

    drawn = await call(install, "questions", "--limit", "3")
    assert drawn.code == 0
    kept = Counter(row.outcome is QuestionOutcome.WITHDRAWN for row in rows if row.is_kept)
    assert f"The latest 3 of {kept[False]} questions: --limit {kept[False]} shows all." in drawn.out
    assert f"{kept[True]} more deleted by their askers: --outcome withdrawn." in drawn.out
    none = await call(install, "questions", "--text", "nobody says this")
    assert none.out == "0 questions. Times are in UTC.\n"

    written = await call(install, "questions", "--csv", "--days", "20")
    assert (written.code, written.out.splitlines()[0]) == (0, ",".join(CELLS))

    page = (await call(install, "report", "--markdown", "--days", "20")).out
    assert page.startswith("# What the documentation does not answer\n")
    assert "## 1. “" in page

    reported = await install.run("report", "--json", "--days", "20")
    assert reported.code == 0
    assert sum(reported.json["outcomes"].values()) == reported.json["questions"] > 20
    assert (await call(install, "report", "--days", "20")).out.startswith(f"{reported.json['questions']} questions in")

    wrong = await call(install, "questions", "--json", "--csv")
    assert (wrong.code, wrong.json) == (2, {"error": "Choose one of --json, --jsonl and --csv."})


async def test_lines_of_json_are_the_same_questions(database: Database, tmp_path: Path) -> None:
    await store_history(database, make_history(60))
    install = Install(tmp_path, {"DATABASE_URL": database.dsn})
    lines = (await call(install, "questions", "--jsonl", "--limit", "1000")).out.splitlines()
    listed = await call(install, "questions", "--json", "--limit", "1000")
    assert [json.loads(line) for line in lines] == listed.json["questions"]
    given = await call(install, "questions", "--json", "--reason", "wrong")
    assert given.json["questions"]
    assert all("wrong" in each["reasons"] for each in given.json["questions"])
