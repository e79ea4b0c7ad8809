"""Questions and gaps as files: CSV, JSON lines and Markdown in which what people wrote is text, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from markdown_it import MarkdownIt

from bot.exports import (
    CELLS,
    escape_markdown,
    to_cell,
    to_csv_head,
    to_csv_line,
    to_document,
    to_json_line,
    to_markdown,
)
from core.domain import Answer, CheckedUnit, Citation, TokenUsage, UnitVerdict
from core.history.port import DocumentationGap, GapList, NearSection, QuestionRecord
from core.inbox.outcome import QuestionOutcome
from core.inbox.port import Platform, Reply, UsedPassage, Visibility

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
    first, second = csv.DictReader(io.StringIO(to_csv_head() + 2 * to_csv_line(RECORD), newline=""))
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


WRITTEN = (
    "@octocat and @everyone, <@U123> <!channel> <@&77> <#C1>",
    "see #12, GH-12, org/repo#7, !34 and $99",
    "[click](https://bad.example) https://bad.example/x www.bad.example <https://bad.example>",
    "![x](https://bad.example/x.png)",
    "<script>alert(1)</script> <img src=x onerror=alert(1)> &lt;b&gt;",
    "# not a heading\n## nor this\n- nor a list\n> nor a quote\n```\ncode\n```",
    "**bold** __bold__ `code` ~~gone~~ | a | table |",
    "\\[x\\](y) \\` \u202e\u200b",
    "＠everyone",
    "a@example.com",
)


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_wrote_is_plain_text_in_markdown(text: str) -> None:
    when = datetime(2026, 11, 30, tzinfo=UTC)
    near = NearSection("https://docs.example/a>b?x= y#c", (text, "Set up"), "guide")
    odd = NearSection("javascript:alert(1)", ("Odd",), "guide")
    gap = DocumentationGap((text, text), 2, 1, when, when, 1, 0, 1, (near, odd), 1, (text,))
    page = to_markdown(GapList(3, 1, (gap,)), 30, when)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable("linkify", ignoreInvalid=True).parse(page)
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inner)}
    assert not kinds & {
        "html_block",
        "html_inline",
        "image",
        "code_inline",
        "fence",
        "table_open",
        "strong_open",
        "s_open",
    }
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2"]
    links = [token.attrs["href"] for token in inner if token.type == "link_open"]
    assert links == ["https://docs.example/a%3Eb?x=%20y#c"]
    shown = "".join(child.content for child in inner if child.type == "text")
    assert not re.search(r"[@#!]\w|://|www\.\w|\u202e", shown.replace("https://docs.example", ""))
    assert "1 question asked in private" in page


def test_words_without_markup_stay_as_they_are() -> None:
    text = "How do I rotate keys (all 3), and is 2.4 + 1 fine? Ändern: 移動!"
    assert escape_markdown(text) == text


def test_a_line_of_json_is_the_document() -> None:
    assert json.loads(to_json_line(RECORD)) == to_document(RECORD)
    assert to_json_line(RECORD).count("\n") == 1
