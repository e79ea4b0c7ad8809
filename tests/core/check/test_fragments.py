"""`core.check.fragments`: which words a link leads to, and when it leads to none."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from bot.markup.sources import LONGEST_URL, to_safe_url
from core.check.citations import Checker
from core.check.fragments import LONGEST, link_to_text
from core.domain import Hit, Passage

PAGE = "https://a.example/p"
FAR = 7  # not the first passage of its page: its anchor may be far above it


def words_of(text: str, quote: str) -> str:
    """Return the directive of a link, as it reads."""
    return unquote(link_to_text(Passage(PAGE, "x", ("P",), text, ordinal=FAR), quote).partition(":~:text=")[2])


@pytest.mark.parametrize(
    ("text", "quote", "directive"),
    [
        ("First of all. Set the `size` to 12 MB.", "Set the `size` to 12 MB.", "First of all.-,Set the size to 12 MB"),
        ("Set it to 12 MB. Restart it then.", "Set it to 12 MB.", "Set it to 12 MB,-. Restart it then"),
        (
            "The size of a page is twelve kilobytes.",
            "The size of a page is twelve kilobytes.",
            "The size of a page is twelve kilobytes",
        ),
        (
            "aaa bbb ccc ddd eee fff ggg hhh iii jay kay ell emm enn and so on",
            "aaa bbb ccc ddd eee fff ggg hhh iii jay kay ell emm enn and so on",
            "aaa bbb ccc ddd eee fff ggg hhh iii jay kay ell emm enn",
        ),
        ("- A default of 3.\n- Default is true", "Default is true", "default of 3.-,Default is true"),
        (
            "It has 2^32 rows of a very large table at the very most.",
            "It has 2^32 rows of a very large table at the very most.",
            "rows of a very large table at the very most",
        ),
        (
            "1. Stop the server before all of the others.",
            "Stop the server before all of the others.",
            "Stop the server before all of the others",
        ),
        (
            "`--all`\nDo not skip these packages in its output",
            "`--all` Do not skip these packages in its output",
            "Do not skip these packages in its output",
        ),
        ("数据库的端口是五千四百三十二。其他", "数据库的端口是五千四百三十二。", "数据库的端口是五千四百三十二"),
        (
            "حجم الصفحة الواحدة اثنا عشر ميغابايت",
            "حجم الصفحة الواحدة اثنا عشر ميغابايت",
            "حجم الصفحة الواحدة اثنا عشر ميغابايت",
        ),
    ],
)
def test_the_words_are_those_of_the_page_in_a_row_with_what_tells_their_place(
    text: str, quote: str, directive: str
) -> None:
    assert words_of(text, quote) == directive


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Default is true", "Default is true"),  # so it is said of many
        ("}", "}"),
        ("Before it. See there. After it.", "See there."),  # too few words
        (
            "| `a_b` | 3 |\n| `pool_wait_seconds` | It waits for eighty seconds. |",
            "| `pool_wait_seconds` | It waits for eighty seconds. |",
        ),
        (
            "```\n  run(size=12)  # the size of each and all of it, in MB\n```",
            "run(size=12)  # the size of each and all of it, in MB",
        ),
        ("A sentence of the page.", "A sentence that a model made up."),
    ],
)
def test_words_that_tell_no_place_or_are_not_there_are_left_out(text: str, quote: str) -> None:
    assert words_of(text, quote) == ""


def test_a_link_leads_to_the_anchor_alone_where_that_shows_the_quote() -> None:
    quote = "The one that matters (at last) is-here now, we hope."
    prose = "Words that come first. " * 90 + quote
    assert link_to_text(Passage(PAGE, "x", ("P",), prose), quote) == (
        f"{PAGE}#x:~:text=that%20come%20first.-,The%20one%20that%20matters%20%28at%20last%29%20is%2Dhere%20now%2C%20we%20hope"
    )
    assert link_to_text(Passage(PAGE, "x", ("P",), quote), quote) == ""
    assert link_to_text(Passage(PAGE, "", ("P",), quote), quote).startswith(f"{PAGE}#:~:text=The%20one")
    assert link_to_text(Passage(PAGE, "x", ("P",), "a\n" * 40 + quote), quote)
    assert link_to_text(Passage(PAGE, "x", ("P",), prose), None) == ""


@pytest.mark.parametrize("sign", ["|", ">", "<", ")", "(", "]", " ", "&", ",", "-", "%", "`", '"', "…", "é", "\u00a0"])
def test_no_sign_of_a_page_ends_a_link_or_a_directive(sign: str) -> None:
    quote = f"The quick brown fox jumps{sign}over it {sign} all"
    link = link_to_text(Passage(PAGE, "x", ("P",), quote, ordinal=FAR), quote)
    assert link.startswith(f"{PAGE}#x:~:text=The%20quick%20brown%20fox")
    assert not set("|<>()[] &,-`\"'") & set(link.partition(":~:text=")[2])
    assert to_safe_url(link) == link


def test_what_is_shown_word_for_word_has_no_quote_and_yet_its_link_leads_there() -> None:
    text = "Nothing comes first. " * 9 + "The pool waits for eighty seconds."
    checker = Checker([Hit(Passage(PAGE, "x", ("Pool",), text, ordinal=FAR), "docs", 0.9)], "How long does it wait?")
    shown = checker.feed("The pool waits for eighty seconds [1].\n") + checker.finish()
    assert "".join(shown).strip() == "The pool waits for eighty seconds [1]."
    (cited,) = checker.citations
    assert cited.quote is None
    assert cited.target == f"{PAGE}#x:~:text=Nothing%20comes%20first.-,The%20pool%20waits%20for%20eighty%20seconds"


def test_a_link_that_chats_would_not_take_is_the_same_as_elsewhere() -> None:
    quote = "The pool waits for eighty seconds before it gives up"
    far = Passage(f"{PAGE}/{'x' * 650}", "x", ("P",), quote, ordinal=FAR)
    assert link_to_text(far, quote) == ""
    assert LONGEST == LONGEST_URL
