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


RELAY = """
All headers apply ONLY to the next request and are reset between requests. Each pipe can only hold frames from a
single source. A route matches if it matches at least one host and does not match any excluded path. It takes effect
only if there is a certificate. `--trace` may be given multiple times. Only compact frames are supported. Retry 4 is
skipped on later passes since the lock is already held. `2:3` refers to the fourth frame in the third pipe. One
gigabyte is enough for 8000 open pipes, or for 5000 queued frames. 1k means 1024. Requests to the cache are
unaffected. The relay stops before the disk is full: first list all sources, then all targets. Convert the log to
text prior to copying the log to a disk. It is not currently possible, for example, to join two pipes into a larger
pipe. The supported verbs are GET, POST and HEAD. A frame saves a few hundred bytes. Values must be whole
bytes in compact mode. Copying does not read a frame more than once. Checks are only made of the frame named and its
parts. A frame of version 3 can be read by version 2 as long as it has no checksum.

`depth`
Set the depth of the queue. Default is 0.

`width`
Set the width of the queue. Default is 1.

`--merge`
Merge the queues of all hosts into one, sorted by their age.

`--drain`
Empty the queue of this host.
"""
RIGHT = [
    "Headers apply to the next request only",
    "Each pipe can hold frames from one source only",
    "A route needs to match one host at least, and no excluded path",
    "It works only if there is a certificate",
    "You can give `--trace` several times",
    "Compact frames are the only ones supported",
    "Retry 4 is skipped on later passes because the lock is held already",
    "`2:3` is the fourth frame of the third pipe",
    "A gigabyte is enough for 5000 queued frames",
    "Requests to the cache are not affected",
    "List all sources first, then all targets",
    "Before copying the log to a disk, convert the log to text",
    "At present two pipes cannot be joined into a larger pipe",
    "The default of `depth` is 0",
    "`--merge` joins the queues of all hosts, sorted by their age",
    "The verbs GET, POST and HEAD are supported",
    "You may only use whole bytes in compact mode",
    "Copying reads a frame only once",
    "Just the frame that you name and its parts are checked",
    "La profondeur de la file est de 0 par défaut, et sa largeur de 1",
    "Three verbs are supported",
]
WRONG = [
    "Headers apply to all requests that follow",
    "Each pipe can hold frames from several sources",
    "A route matches if it matches all hosts and no excluded path",
    "It takes effect even if there is no certificate",
    "`--trace` may be given only once",
    "Compact and wide frames are supported",
    "Retry 4 is skipped on later passes because the disk is full",
    "`2:3` refers to the third frame in the second pipe",
    "A gigabyte is enough for 8000 queued frames",
    "1k means 1000",
    "Requests to the cache are affected",
    "List all targets first, then all sources",
    "Convert the log to text after copying the log to a disk",
    "It is possible to join two pipes into a larger pipe",
    "`depth` is 1 by default",
    "`--drain` merges the queues of all hosts into one, sorted by their age",
    "The supported verbs are GET, POST and PATCH",
    "A frame saves a few hundred kilobytes",
    "A frame of version 3 can be read by version 2 even if it has a checksum",
    "Requests to the cache fail, so the operator must restart",
]


@pytest.mark.parametrize("sentence", RIGHT)
def test_what_counts_orders_or_explains_as_the_page_does_is_shown(sentence: str) -> None:
    assert show(RELAY, sentence)


@pytest.mark.parametrize("sentence", WRONG)
def test_what_counts_orders_or_explains_otherwise_is_not_shown(sentence: str) -> None:
    assert not show(RELAY, sentence)


def test_a_part_behind_a_colon_and_exchanged_values_are_not_shown_in_code() -> None:
    page = "```\nmix -c:a wav -c:v raw in.mix\nmix -id 0:33 -id 1:36 out.mix\n```\nSets stream 0 to 33 and 1 to 36."
    code = "```\n{}\n```\n"
    assert "-c:a wav" in show(page, f"Run this [1]:\n\n{code.format('mix -c:a wav -c:v raw in.mix')}")
    assert "-c:s" not in show(page, f"Run this [1]:\n\n{code.format('mix -c:s wav -c:v raw in.mix')}")
    assert "0:36" not in show(page, f"Run this [1]:\n\n{code.format('mix -id 0:36 -id 1:33 out.mix')}")


ENTRY = "- Type: `number`\n- Default: `30`\n\nTimeout of a connection, {measure}. A connection is tried for 5 minutes."
CONFIGURATION = """
Entries of this configuration live for `ttl`, and are swept every `sweep`.

```ini
ttl = 60
sweep = 5
```

`ttl` is in seconds, `sweep` is another matter.

- `sweep` is given in minutes.
"""
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
        (CONFIGURATION, "Entries live for 60 seconds with this configuration", True),
        (CONFIGURATION, "Entries are swept every 5 minutes with this configuration", True),
        (CONFIGURATION, "Entries live for 60 minutes with this configuration", False),
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


@pytest.mark.parametrize(
    ("page", "sentence", "shown"),
    [
        (
            "A store needs a read and a write function.",
            "A store needs two functions, one to read and one to write",
            True,
        ),
        (
            "If hosts A and B share a store, A may overwrite B.",
            "If two hosts share a store, one may overwrite it",
            True,
        ),
        ("A store needs a read and a write function.", "A store needs 2 seconds to read and to write", False),
        ("A folder is searched one level deep for a store.", "A folder is searched two levels deep for a store", False),
        ("Hosts: `1`. Lists the hosts of a store.", "By default two hosts of a store are listed", False),
        ("Use the `-fast` and `-small` forms of zip-fast.", "The `-fast` forms of zip are used", True),
        ("Use zip-fast to pack a store quickly.", "Use one of the `-slow` forms to pack a store quickly", False),
        ("Set `--store-path DIR` to pack a store there.", "The key `store-path` says where to pack a store", True),
        ("Set `--store-path DIR` to pack a store there.", "The key `store-root` says where to pack a store", False),
        ("Run `curl -XPATCH host/store` to change a store.", "Send a `PATCH` request to change a store", True),
        ("Run `curl -XPATCH host/store` to change a store.", "Send a `DELETE` request to change a store", False),
        ("- `dry`: whether to pack a store. Defaults to `false`.", "Set `dry` to `true` to pack a store", True),
        ("- `dry`: whether to pack a store. Defaults to `false`.", "By default `dry` is `true` for a store", False),
        ("`pack(store, dry=False)` packs. `dry`: only look.", "Call `pack` with `dry=True` only to look", True),
        (
            "`pack(store, size=1)` packs. `size`: of a store.",
            "Call `pack` with `size=2` for the size of a store",
            False,
        ),
        ("Logs are kept for the past 1h20m of a store.", "Logs of a store are kept for 80 minutes", True),
        ("Logs are kept for the past 1h20m of a store.", "Logs of a store are kept for 90 minutes", False),
        (
            "Rows are given to steps using `--rows`. They are not open to others.",
            "Rows of a step can't be used by others",
            True,
        ),
        ("The queue holds at most 1000 rows.", "Die Warteschlange fasst höchstens 1000 Reihen", True),
        ("The wait is in seconds. Default: 120.", "The default wait is 2 minutes", True),
        ("The wait is in seconds. Default: 120.", "The default wait is 3 minutes", False),
        ("A store lists its rows, since the log is kept.", "It lists its rows because the log isn't deleted", True),
    ],
)
def test_what_a_page_says_in_another_form_is_known(page: str, sentence: str, shown: bool) -> None:
    assert bool(show(page, sentence)) is shown
