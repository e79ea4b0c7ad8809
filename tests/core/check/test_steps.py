"""The steps of an answer stand in the order of the page, or the answer ends before the one that does not."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.domain import Hit, Passage

PAGE = """To upgrade:

1. Stop the server.
2. Run `store upgrade`:

   ```
   store upgrade
   ```

3. Copy the folder.
4. Run `store upgrade`.
5. Start the server.

To remove it:

1. Copy the folder.
2. Stop the server.
"""


def show(*steps: str) -> str:
    hits = [Hit(Passage("https://docs.example/store", "up", ("Upgrade",), PAGE), "docs", 1.0)]
    checker = Checker(hits, "How do I upgrade?")
    draft = "\n".join(f"{number}. {step} [1]." for number, step in enumerate(steps, 1))
    return "".join([*checker.feed(draft), *checker.finish()])


@pytest.mark.parametrize(
    "steps",
    [
        ("Stop the server", "Run `store upgrade`", "Start the server"),
        ("Stop the server", "Copy the folder", "Run `store upgrade`", "Start the server"),
        ("Copy the folder", "Stop the server"),
    ],
)
def test_steps_in_an_order_of_the_page_are_shown(steps: tuple[str, ...]) -> None:
    assert show(*steps).count("\n") == len(steps) - 1


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        (("Start the server", "Run `store upgrade`", "Stop the server"), "1. Start the server [1]."),
        (
            ("Stop the server", "Start the server", "Run `store upgrade`"),
            "1. Stop the server [1].\n2. Start the server [1].",
        ),
    ],
)
def test_a_list_ends_at_a_step_that_the_page_has_before_the_last_one(steps: tuple[str, ...], shown: str) -> None:
    assert show(*steps) == shown
