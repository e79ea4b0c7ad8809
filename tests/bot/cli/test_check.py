"""`footnote check`: JSON lines in, JSON lines out, without a database."""

from __future__ import annotations

import json

from click.testing import CliRunner

from bot.cli.check import command

PASSAGES = [
    {
        "url": "https://a.example/x",
        "anchor": "s",
        "path": ["X", "Size"],
        "title": "X",
        "text": "The size of a file is 12 MB.",
    },
    {"url": "https://a.example/y", "anchor": "", "path": ["Y"], "title": "Y", "text": "Restart the server first."},
]


def check(*drafts: str) -> list[dict[str, object]]:
    rows = [{"id": n, "question": "How large?", "passages": PASSAGES, "draft": draft} for n, draft in enumerate(drafts)]
    done = CliRunner().invoke(command, input="".join(json.dumps(row) + "\n" for row in rows))
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_a_draft_comes_back_with_what_was_decided_about_each_unit() -> None:
    answer, abstention = check("The size of a file is at most 12 MB [2]. It is 13 MB [1].", "DOES_NOT_KNOW")
    shown = {"verdict": "shown", "reason": None, "quote": "The size of a file is 12 MB.", "cites": [1]}
    assert answer == {
        "id": 0,
        "units": [
            {"text": "The size of a file is at most 12 MB [1].", **shown},
            {"text": "It is 13 MB [1].", "verdict": "dropped", "reason": "not in its source: 13", "quote": None}
            | {"cites": []},
        ],
        "text": "The size of a file is at most 12 MB [1].",
        "abstention": None,
    }
    assert (abstention["text"], abstention["abstention"], abstention["units"]) == ("", "does_not_know", [])


def test_a_line_that_is_no_draft_is_named() -> None:
    done = CliRunner().invoke(command, input='{"id": 1}\n')
    assert "Line 1 is not" in str(done.exception)
