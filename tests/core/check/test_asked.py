"""What a question asks for: only a passage makes a thing one of that kind."""

from __future__ import annotations

import pytest

from core.check.asked import find_asked
from core.check.citations import Checker
from core.domain import Hit
from tests.fakes import hit

PROXY = hit("**web.proxy**\n\n- Default: `web.host`\n\nRules for the proxy of the web server.", anchor="proxy")
SIZE = hit("**build.warnAbove**\n\n- Default: `500`\n\nLimit for warnings about the size of a chunk.", anchor="size")


def check(draft: str, question: str, *hits: Hit) -> str:
    checker = Checker(hits or [PROXY, SIZE], question)
    return "".join([*checker.feed(draft), *checker.finish()])


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Which environment variable sets the limit?", ["environment"]),
        ("What is the default user name of the proxy?", ["user"]),
        ("What is the rate limit of the server?", ["rate"]),
        ("And what's the port of the server?", []),
        ("How do I set the limit?", []),
        ("Which option sets the limit?", []),
    ],
)
def test_the_kind_of_thing_is_what_stands_behind_the_question_word(question: str, asked: list[str]) -> None:
    assert find_asked(question) == asked


@pytest.mark.parametrize(
    ("question", "draft"),
    [
        ("What is the default user name of the proxy?", "The default user name of the proxy is `web.host` [1]."),
        (
            "Which environment variable sets the limit?",
            "The environment variable `build.warnAbove` sets this [2].",
        ),
    ],
)
def test_a_name_that_only_the_question_gives_a_thing_is_not_shown(question: str, draft: str) -> None:
    assert check(draft, question) == ""


@pytest.mark.parametrize(
    ("question", "draft"),
    [
        ("Which option sets the limit?", "The option `build.warnAbove` sets the limit for warnings [2]."),
        ("What is the default of the proxy?", "The default of the proxy is `web.host` [1]."),
        ("Which host does the proxy use?", "By default the proxy uses the host `web.host` [1]."),
    ],
)
def test_a_name_that_the_page_gives_it_too_is_shown(question: str, draft: str) -> None:
    assert check(draft, question) != ""


def test_a_short_sentence_rests_on_what_bears_out_the_one_before_it() -> None:
    page = hit(
        "Pages that are smaller than this threshold are stored inline.\n\n- Default: `4096` (4 KiB)\n\n"
        "Browsers:\n\n- Swift >=111\n- Otter >=64\n\nThis is not used in library mode."
    )
    said = "Pages smaller than this threshold are stored inline"
    assert "4096" in check(f"{said}. The default value for this option is 4096 bytes (4 KiB).", "How large?", page)
    assert "Otter >=64 [1]" in check(f"{said}. The browsers are:\n\n- Swift >=111\n- Otter >=64", "Which?", page)
    assert "512" not in check(f"{said}. The default value for this option is 512 bytes.", "How large?", page)
    assert "fast" not in check(f"{said}. This is very fast.", "How large?", page)
