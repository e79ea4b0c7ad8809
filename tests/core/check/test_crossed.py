"""What is said of another: clauses, rows, sides, defaults, a name's number, and a value in a line of code."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.domain import Hit
from tests.fakes import hit

POOL = hit(
    """Set `POOL_SIZE` to choose how many connections are open. Set `POOL_SIZE_ARGS` to pass additional arguments.

The fast mode, `turbo`, keeps the index in memory. In the case of `eco` the index stays on the disk.

Page sizes are `2MB` and `8MB` (Sparrow and Finch), `16MB` and `32MB` (Heron).

Here `word_width` is `32` bits when compiling for a `32` bit system, on a `64` bit machine as well.

By default, the server makes log files optional. This setting can be used to make log files required.

The value of the user file takes precedence over the value of the system file. Compiling happens in the folder of the
workspace and not the package.
""",
    anchor="pool",
)
CACHE = hit(
    """- Type: `boolean`
- Default: `false`

Enables the cache option for pages.

```sh
warm --jobs 4 --tries 9
fill(3, "pages")
```

```ini
relay_from = local, office
deny_from = abroad
cache.depth = 7
cache.width = 5
```
""",
    anchor="cache",
)
OTHER = hit("- Type: `boolean`\n- Default: `true`\n\nThe option for images.", anchor="images")
HITS = [POOL, CACHE, OTHER]


def check(draft: str, hits: list[Hit] = HITS, question: str = "How?") -> str:
    checker = Checker(hits, question)
    return "".join([*checker.feed(draft), *checker.finish()])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "`POOL_SIZE` chooses the open connections, and additional arguments are passed with `POOL_SIZE_ARGS`",
            "`POOL_SIZE_ARGS` chooses the open connections, and additional arguments are passed with `POOL_SIZE`",
        ),
        (
            "With `turbo` the index is kept in memory, with `eco` it stays on the disk",
            "With `eco` the index is kept in memory, with `turbo` it stays on the disk",
        ),
        ("`word_width` has 32 bits for a 32 bit system", "`word_width` has 64 bits for a 32 bit system"),
        ("Log files are optional unless you change it", "Log files are required unless you change it"),
        (
            "The value of the user file takes precedence over that of the system file",
            "The value of the system file takes precedence over that of the user file",
        ),
        (
            "Compiling happens in the folder of the workspace, not of the package",
            "Compiling happens in the folder of the package, not of the workspace",
        ),
    ],
)
def test_what_is_said_of_another_thing_of_the_passage_is_dropped(right: str, wrong: str) -> None:
    assert check(f"{right} [1].") == f"{right} [1]."
    assert check(f"{wrong} [1].") == ""


def test_rows_that_exchanged_their_values_are_lost_and_others_stay() -> None:
    head = "| Bird | Sizes |\n|---|---|\n"
    right = "| Sparrow and Finch | 2MB, 8MB |\n| Heron | 16MB, 32MB |"
    wrong = "| Sparrow and Finch | 16MB, 32MB |\n| Heron | 2MB, 8MB |"
    assert check(f"{head}{right}\n\n[1]") == f"{head}{right[:-2]} [1] |"
    assert check(f"{head}{wrong}\n\n[1]") == ""


def test_a_default_that_is_denied_does_not_move_to_another_section_of_the_page() -> None:
    assert check("The option is off (`false`) by default [2].") == "The option is off (`false`) by default [1]."
    assert check("The option is on (`true`) by default [2].") == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "`a.env` overrides `b.env`, which is read at the start",
        "Sparrow pages are faster than Heron images on a disk",
        "Build the pages before the search index is written",
        "`frugal` doesn't enable the cache of the images",
        "`fast` reads pages and images, while `slow` reads images alone",
    ],
)
def test_the_same_in_other_words_is_shown(sentence: str) -> None:
    page = hit(
        "`a.env` is read at the start, and `b.env` does not override `a.env`, which overrides `b.env`. "
        "Heron images are slower than Sparrow pages on a disk. The search index is written after the pages are built. "
        "`frugal` disables the cache of the images. "
        "`slow` reads images alone; pages and images are read by `fast`."
    )
    assert check(f"{sentence} [1].", [page]) == f"{sentence} [1]."


def test_words_that_say_the_order_are_believed() -> None:
    said = "`turbo` and `eco` keep the index on the disk and in memory, respectively"
    assert check(f"{said} [1].") == f"{said} [1]."


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("sh", "warm --jobs 4", "warm --jobs 9"),
        ("python", 'fill(3, "pages")\nwarm()', 'fill(7, "pages")\nwarm()'),
        ("ini", "relay_from = local, office\n\ndeny_from = abroad", "relay_from = local, abroad"),
        ("python", "cache.width = 5", "cache.width = 7"),
    ],
)
def test_a_value_of_another_setting_is_not_shown_in_code(language: str, right: str, wrong: str) -> None:
    assert right.splitlines()[0] in check(f"Fill the cache for pages [2]:\n\n```{language}\n{right}\n```\n")
    assert wrong.splitlines()[0] not in check(f"Fill the cache for pages [2]:\n\n```{language}\n{wrong}\n```\n")


def test_a_setting_that_the_page_shows_empty_gets_no_value() -> None:
    page = hit("To switch the banner off:\n\n```ini\nserver.conf:\n    greet_banner =\n```\n\nThere is no other way.")
    assert check("Do this [1]:\n\n```ini\ngreet_banner = no\n```", [page]) == ""
    assert check("Do this [1]:\n\n```ini\ngreet_banner =\n```", [page]) != ""


def test_capitals_in_front_of_a_noun_are_those_of_the_page() -> None:
    page = hit("The server announces the support in the EHLO response. The HELO command is old.")
    assert check("The server announces the support in the HELO response [1].", [page]) == ""
    assert check("The support is announced by the server in the EHLO response [1].", [page]) != ""


def test_a_default_is_that_of_the_setting_that_the_sentence_describes() -> None:
    page = hit(
        "**scan_delay (default: 30 seconds)**\nHow often the manager scans the folder for new files.\n\n"
        "**wait_time (default: 400 seconds)**\nHow long a file waits at most before it is given up."
    )
    assert check("The manager scans the folder for new files every 400 seconds by default [1].", [page]) == ""
    assert check("The manager scans the folder for new files every 30 seconds by default [1].", [page]) != ""
