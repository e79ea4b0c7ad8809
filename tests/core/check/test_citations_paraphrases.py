"""Drafts in other words than their page that are shown, and drafts that say another thing of it and are not."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.domain import Hit, Passage

QUEUE = """
`retry_delay`
Set the seconds between two tries, for workers and schedulers. Default is 5. Allowed range is from 1 to 900.

`retry_limit`
Set how often both kinds of job are tried. Default is 3. Allowed range is from -1 to 64.

- `drain.total` - the jobs that were drained. If the poll interval is shorter than a drain, the same value may be
  shown twice. The count is not exact.
- `drain.last` - the time of the last drain.

It is therefore not currently possible, for example, to join two queues into one. Splitting a queue into two is
possible. Unlike older versions of the queue, jobs can be moved between both hosts and regions. Using "-" instead
of the name of a queue will select all queues. Deletes from a WITHOUT LOG queue do not change the counter.

Run it at ten past, and once more 20 minutes later:

```sh
queue-run --at 0:10,+20
```

Signals that are forwarded: HUP, USR1, INT, and TERM.
"""
MANUAL = "**--sort [<key>]**\nList the entries in the order of the key, or of their names."


def show(page: str, sentence: str, url: str = "https://docs.example/queue.html") -> str:
    passage = Passage(url, "it", (url.rpartition("/")[2].removesuffix(".html"),), page)
    checker = Checker([Hit(passage, "docs", 1.0)], "")
    return "".join([*checker.feed(f"{sentence} [1]."), *checker.finish()])


@pytest.mark.parametrize(
    "sentence",
    [
        "The default of `retry_limit` is 3",
        "`retry_delay` may be from 1 to 900, the default is 5",
        "If the poll interval is shorter than a drain, one value may be shown twice",
        "Two queues cannot be joined into one at present",
        "Older versions of the queue could not move jobs between both hosts and regions",
        '"-" selects all queues',
        "Deletes from a WITHOUT LOG queue leave the counter as it is",
        "`queue-run --at 0:10,+20` runs it at ten past and again 20 minutes later",
        "Four signals are forwarded",
    ],
)
def test_what_the_page_says_in_other_words_is_shown(sentence: str) -> None:
    assert show(QUEUE, sentence)


def test_a_command_may_be_named_by_the_page_that_is_about_it() -> None:
    url = "https://docs.example/vault-list.html"
    assert show(MANUAL, "Run `vault list --sort <key>`, by name if you give no key", url)
    assert not show(MANUAL, "Run `vault drop --sort <key>`, by name if you give no key", url)


ENTRY = "- Type: `number`\n- Default: `30`\n\nTimeout of a connection, {measure}. A connection is tried for 5 minutes."
TABLE = "| Name | Default (ms) | Use |\n| --- | --- | --- |\n| `poll` | 500 | how often it polls |"


@pytest.mark.parametrize(
    ("page", "sentence", "shown"),
    [
        (ENTRY.format(measure="in seconds"), "A connection times out after 30 seconds by default", True),
        (ENTRY.format(measure="(in s)"), "The default timeout of a connection is 30 seconds", True),
        (ENTRY.format(measure="in seconds"), "A connection times out after 30 minutes by default", False),
        (ENTRY.format(measure="as a number"), "A connection times out after 30 seconds by default", False),
        ("Default: 10.\n\nThe largest body (in MB).", "The largest body is 10 MB by default", True),
        ("Default: 10.\n\nThe largest body (in MB).", "The largest body is 10 GB by default", False),
        ("Default: 10.\n\n## Body\n\nThe largest body (in MB).", "The default is 10 MB for the body", False),
        (TABLE, "It polls every 500 ms by default", True),
        (TABLE, "It polls every 500 seconds by default", False),
    ],
)
def test_a_bare_default_is_in_the_unit_that_its_entry_or_its_column_names(
    page: str, sentence: str, shown: bool
) -> None:
    assert bool(show(page, sentence)) is shown


@pytest.mark.parametrize(
    ("page", "sentence", "shown"),
    [
        ("Number of workers. Defaults to the number of CPUs.", "It defaults to one worker for each CPU", True),
        ("Number of workers. Defaults to the number of CPUs.", "It defaults to one worker for each GPU", False),
        ("Supported formats: JSON, YAML, TOML.", "Three formats are supported: JSON, YAML and TOML", True),
        ("Supported formats: JSON, YAML, TOML.", "Four formats are supported: JSON, YAML and TOML", False),
    ],
)
def test_a_plural_names_one_and_a_list_behind_a_colon_counts_its_members(page: str, sentence: str, shown: bool) -> None:
    assert bool(show(page, sentence)) is shown
