"""Attribution, what goes with a lost unit, quotes, and links to them."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.check.numbers import Quantity, find_quantities
from core.check.quoting import pick_quote
from core.domain import Hit
from tests.fakes import hit

LIMITS = hit(
    """The default timeout is 30 seconds. The server stops before the backup starts.

`pool_size` (default: 4)
How many connections the pool holds.

`pool_wait` (default: 90 seconds)
How long a query waits for a connection.

The learning rate is 1e-6, the batch is 240.0, and browsers from chrome111 work. Sizes are measured in kilobytes.
""",
    anchor="limits",
)
STEPS = hit(
    "Stop the server. Copy the data folder. Start the server again. This works on Linux, except on a read-only disk. "
    "Run `pool migrate` once. A message has at most 4 KiB of text, and a file at most 2 MB.",
    anchor="steps",
)
HITS = [LIMITS, STEPS]


def check(draft: str, question: str = "How?", hits: list[Hit] = HITS) -> tuple[str, list[str]]:
    checker = Checker(hits, question)
    text = "".join([*checker.feed(draft), *checker.finish()])
    return text, [each.reason for each in checker.dropped]


def test_a_short_sentence_of_which_its_passage_holds_no_word_goes() -> None:
    assert check("The capital of Norway is Oslo [1].")[0] == ""
    assert check("Trust the vendor [1].")[0] == ""
    assert check("Ask Bob [1].")[0] == check("This is wrong [1].")[0] == check("Never do that [1].")[0] == ""
    assert check("You can [1].")[0] == "You can [1]."
    assert check("The pool waits a while [1].")[0] == "The pool waits a while [1]."


@pytest.mark.parametrize(
    "sentence",
    [
        "A pool holds 4 connections by default",
        "The pool holds four connections by default",
        "A query waits 90 seconds for a connection",
        "`pool_wait` is 90 seconds",
        "The timeout is half a minute, or 30 seconds",
        "The batch is 240",
        "The learning rate is 1e-6",
        "It works from Chrome 111 on",
        "Die Standardzeit beträgt 30 Sekunden",
        "既定のタイムアウトは30秒です",
    ],
)
def test_what_the_passage_says_passes(sentence: str) -> None:
    assert check(f"{sentence} [1].")[0] == f"{sentence} [1]."


@pytest.mark.parametrize(
    ("sentence", "is_shown"),
    [
        ("A message has at most 4096 bytes of text", True),
        ("A file has at most 2,000 KB of text", True),
        ("A file has at most 2,048 KB of text", True),
        ("A message has at most 4500 bytes of text", False),
        ("A message has at most 4 MB of text", False),
    ],
)
def test_a_size_is_proven_in_any_unit(sentence: str, is_shown: bool) -> None:
    assert bool(check(f"{sentence} [2].")[0]) == is_shown


@pytest.mark.parametrize(
    "sentence",
    [
        "A pool holds 5 connections by default",
        "The pool holds seven connections by default",
        "A query waits 90 minutes for a connection",
        "`pool_wait` is 4 by default",
        "The learning rate is 1e-4",
        "The batch is 24",
        "It works from Chrome 119 on",
        "Sizes of the batch are measured in megabytes",
        "Die Standardzeit beträgt 30 Wochen",
        "既定のタイムアウトは30時間です",
        "Run `migrate pool` with the batch",
    ],
)
def test_a_value_a_unit_an_order_that_is_another_one_is_dropped(sentence: str) -> None:
    assert check(f"{sentence} [1].")[0] == ""


def test_numbers_are_read_as_they_are_meant() -> None:
    read = list(find_quantities("1,000 ms, 1e-4, 240.0, 200ミリ秒, 5 Tage, the 3rd, 64-bit"))
    units = [("1000", "ms"), ("1e-4", ""), ("240", ""), ("200", "ms"), ("5", "d"), ("64", "bit")]
    assert read == [Quantity(digits, unit) for digits, unit in units]


@pytest.mark.parametrize(
    ("draft", "left"),
    [
        (
            "1. Stop the server [2]\n2. Delete the `trash` [2]\n3. Start the server again [2]\n\n"
            "Run `pool migrate` [2].",
            "1. Stop the server [1]\n\nRun `pool migrate` [1].",
        ),
        ("1. Open the `trash` [2]\n2. Stop the server [2]", ""),
        (
            "The timeout is 99 seconds [1]. However, the server stops [1]. Run `pool migrate` [2].",
            "Run `pool migrate` [1].",
        ),
        (
            "Copy the data folder [2]. But never copy it on `Solaris` [2]. Run `pool migrate` [2].",
            "Run `pool migrate` [1].",
        ),
        ("The timeout is 99 seconds [1]. It stops the server [2]. Run `pool migrate` [2].", "Run `pool migrate` [1]."),
        (
            "The timeout is 99 seconds [1]. It is possible to start the server again [2].",
            "It is possible to start the server again [1].",
        ),
        ("Run `frob` [2]. The command above stops the server [2]. Run `pool migrate` [2].", "Run `pool migrate` [1]."),
        (
            "- Stop the server [2]\n- Open the `trash` [2]\n- Start the server [2]",
            "- Stop the server [1]\n- Start the server [1]",
        ),
    ],
)
def test_what_leans_on_a_lost_unit_goes_with_it(draft: str, left: str) -> None:
    assert check(draft)[0] == left


def test_the_code_of_a_lost_step_and_the_steps_behind_it_go() -> None:
    code = "   ```sh\n   pool migrate\n   ```"
    draft = f"1. Stop the server [2]\n2. Open the `trash` [2]\n\n{code}\n3. Start the server again [2]"
    assert check(draft)[0] == "1. Stop the server [1]"


def test_a_table_loses_the_row_that_is_wrong_and_no_other() -> None:
    table = "| name | default |\n|---|---|\n| `pool_size` | 4 |\n| `pool_wait` | 80 seconds |\n\n[1]"
    text, reasons = check(table)
    assert text == "| name | default |\n|---|---|\n| `pool_size` | 4 [1] |"
    assert len(reasons) == 1


def test_the_quote_is_the_sentence_that_bears_it_out_and_none_where_it_is_said_already() -> None:
    said = LIMITS.passage.text
    assert pick_quote("The server stops first, before a backup", said) == "The server stops before the backup starts."
    assert pick_quote("The server stops before the backup starts.", said) is None
    assert pick_quote("Nothing of the kind whatsoever", "Other words.") is None
    long = pick_quote("the twentieth word", " ".join(f"word{n}" for n in range(99)) + " the twentieth word is here.")
    assert long is not None
    assert len(long) <= 240
    assert "twentieth" in long
