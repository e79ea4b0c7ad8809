"""What stands above code or a list: shown only if a passage says it, and what its "not" makes of what stands below."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.domain import Hit, Passage

PAGE = """Packs a store. Back up the store before you pack it, since packing cannot be undone.

```
store pack --all
```

Options:

- `--fast`: packs in parallel.
- `--slow`: packs one file at a time.

| Option | Default size in MB |
|---|---|
| `size` | 64 |

Steps to upgrade:

1. Stop the server.
2. Run `store upgrade`.

Never do the following:

- Open the port to the internet.
- RAID arrays

```
store drop --force
```

If the store does not open, try the following:

- Restart the machine.
"""
CODE = "```\nstore pack --all\n```"
OPTIONS = "- `--fast` packs in parallel [1].\n- `--slow` packs one file at a time [1]."
STEPS = "1. Stop the server [1].\n2. Run `store upgrade` [1]."
FORBIDDEN = "- Open the port to the internet [1]."


def show(draft: str) -> str:
    passage = Passage("https://docs.example/store", "pack", ("Pack",), PAGE)
    checker = Checker([Hit(passage, "docs", 1.0)], "How do I pack a store?")
    return "".join([*checker.feed(draft), *checker.finish()])


@pytest.mark.parametrize(
    ("lead_in", "below"),
    [
        ("Run this", CODE),
        ("Back up the store, then run this", CODE),
        ("To pack a store", CODE),
        ("These are the options", OPTIONS),
        ("Steps to upgrade", STEPS),
        ("Never do the following", FORBIDDEN),
        ("If the store does not open", "- Restart the machine [1]."),
    ],
)
def test_a_lead_in_that_a_passage_says_is_shown(lead_in: str, below: str) -> None:
    assert show(f"{lead_in} [1]:\n\n{below}") == f"{lead_in} [1]:\n\n{below}"
    assert show(f"{lead_in}:\n\n{below}").startswith(f"{lead_in}:\n\n{below}")


@pytest.mark.parametrize("mark", ["", " [1]"])
@pytest.mark.parametrize(
    ("lead_in", "below"),
    [
        ("The capital of Australia is Canberra, so run this", CODE),
        ("This deletes all of your files and the vendor recommends it", CODE),
        ("To delete a store", CODE),
        ("These options are deprecated and will be removed", OPTIONS),
        ("Both options corrupt the store", OPTIONS),
        ("To downgrade the server", STEPS),
        ("## To downgrade the server", STEPS),
        ("**These options are deprecated{}**", OPTIONS),
    ],
)
def test_a_lead_in_that_no_passage_says_is_not_shown_and_what_it_introduces_is(
    lead_in: str, below: str, mark: str
) -> None:
    written = lead_in.format(mark) if "{}" in lead_in else f"{lead_in}{mark}{'' if lead_in[0] == '#' else ':'}"
    text = show(f"{written}\n\n{below}")
    assert text in (below, f"{below}\nFrom [1].")


@pytest.mark.parametrize("mark", ["", " [1]"])
@pytest.mark.parametrize(
    ("lead_in", "below"),
    [
        ("Never make a backup before you run this", CODE),
        ("Do not use any of these options", OPTIONS),
        ("These must not be done", FORBIDDEN),
    ],
)
def test_what_stands_below_a_not_goes_with_it(lead_in: str, below: str, mark: str) -> None:
    assert show(f"{lead_in}{mark}:\n\n{below}") == ""


@pytest.mark.parametrize(
    "draft",
    [
        FORBIDDEN,
        f"Do the following [1]:\n\n{FORBIDDEN}",
        "Use these [1]:\n\n- RAID arrays [1]",
        "Run this [1]:\n\n```\nstore drop --force\n```",
    ],
)
def test_what_a_passage_has_below_a_not_is_not_shown_without_it(draft: str) -> None:
    assert show(draft) == ""


def test_items_below_a_lead_in_that_is_not_shown_keep_its_mark() -> None:
    assert show("Flags of Canberra [1]:\n\n- `--fast`\n- `--slow`") == "- `--fast` [1]\n- `--slow` [1]"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("| Setting | Default size |", "| Setting | Default size |"),
        ("| Setting | Will be removed in |", "| Setting |  |"),
        ("| Attackers choose | Default |", "|  | Default |"),
        ("| Setting | Seconds |", "| Setting |  |"),
        ("| Unsupported | Default |", "|  | Default |"),
    ],
)
def test_a_column_is_named_as_a_passage_does_or_by_one_word(written: str, shown: str) -> None:
    row = "|---|---|\n| `size` | 64 [1] |"
    assert show(f"{written}\n{row}") == f"{shown}\n{row}"


@pytest.mark.parametrize("sentence", ["**Back up the store before you pack it [1].**", "**It packs a store [1].** [1]"])
def test_an_answer_that_is_all_in_bold_is_a_sentence_and_no_heading(sentence: str) -> None:
    assert show(sentence) == sentence
    assert show("**The capital of Australia is Canberra [1].**") == ""
