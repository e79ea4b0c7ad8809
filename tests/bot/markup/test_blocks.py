"""The text of an answer as blocks, and its links, before a platform writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import discord, slack
from bot.markup.blocks import LONGEST, MarkdownBlock, clean, known_in, parse_blocks, split_blocks, to_one_line, width
from bot.markup.sources import CLOSEST, LONGEST_LABEL, SOURCES, fit_lines, label_of, links_of, to_safe_url
from core.domain import Abstention, Answer, Citation, Fault
from tests.bot.hostile import hunted, texts
from tests.fakes import hit

CITATION = Citation(1, "https://docs.example/guide#train", ("Guide", "Train"), "Guide")


def test_paragraphs_and_code_are_stretches() -> None:
    assert parse_blocks("Use `fit`\nnow.\n\n```py\nfit()\n\n```\nFrom [1].") == [
        MarkdownBlock("Use `fit`\nnow."),
        MarkdownBlock("fit()", code=True, language="py"),
        MarkdownBlock("From [1].", tight=True),
    ]


@pytest.mark.parametrize(
    ("text", "code", "language"),
    [
        ("~~~\na\n```\nb\n~~~", "a\n```\nb", ""),
        ("````\n```\na\n```\n````", "```\na\n```", ""),
        ("```c++ title=x\na", "a", "c++"),
        ("  ```\n  a\n    b\n  ```", "a\n  b", ""),
        ("```\n`````", "", ""),
        ("```python\n```js\na\n```", "```js\na", "python"),
    ],
)
def test_fences_in_fences_open_fences_and_indented_fences_are_read_as_markdown_does(
    text: str, code: str, language: str
) -> None:
    assert parse_blocks(text) == ([MarkdownBlock(code, code=True, language=language)] if code else [])


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ("| Name | Default |\n|:--|--:|\n| `A` | **1** [1] |", "Name  Default\n----  -------\nA     1 [1]"),
        ("a|b\n-|-\nlonger|c|more", "a       b\n------  -  ----\nlonger  c  more"),
        ("| 名 | x |\n|---|---|\n| a | b\\|c |", "名  x\n--  ---\na   b|c"),
        (
            "|a|b|\n|-|-|\n|ht**tp**s://evil.example/|`c`|",
            "a                      b\n---------------------  -\n[link removed]  c",
        ),
        (f"| {'x' * 90} |\n|---|\n| `y` |", f"| {'x' * 90} |\n|---|\n| `y` |"),
        ("|\n|-\n" + "|x\n" * 200, "|\n|-\n" + "|x\n" * 199 + "|x"),
    ],
)
def test_the_columns_of_a_table_stand_below_each_other_where_there_is_room(table: str, shown: str) -> None:
    assert [(each.text, each.code) for each in parse_blocks(table)] == [(shown, True)]


def test_code_is_verbatim_but_for_what_is_not_seen() -> None:
    code = 'if a<b and c>d: print("<!channel> & \\\\n ||x|| @here")\n\n\treturn  \t'
    assert parse_blocks(f"```\n{code}\u202e\x1b\n```") == [MarkdownBlock(code, code=True)]


def test_piles_of_marks_are_levelled_and_letters_keep_theirs() -> None:
    assert clean("Z" + "\u0301" * 50 + "e\u0301") == "Z" + "\u0301" * 4 + "e\u0301"


def test_emoji_of_several_characters_stay_whole() -> None:
    assert clean("👩‍👩‍👧 ❤️ 🇩🇪") == "👩‍👩‍👧 ❤️ 🇩🇪"


def test_only_addresses_of_the_evidence_are_known() -> None:
    hits = [hit("Run `curl https://docs.example/get?a=1` or see torch.nn.")]
    text = "Run `curl https://docs.example/get?a=1`, not https://evil.example/, see torch.nn."
    assert known_in(text, hits) == {"https://docs.example/get?a=1", "torch.nn"}


def test_a_volume_of_docker_is_an_address_that_a_passage_may_hold() -> None:
    code = "docker run --rm -v footnote:/data footnote ask"
    known = known_in(f"```\n{code}\n```", [hit(f"```\n{code}\n```")])
    assert [block.text for block in parse_blocks(f"```\n{code}\n```", known)] == [code]
    assert "[link removed]" in parse_blocks(f"```\n{code}\n```")[0].text


@pytest.mark.parametrize("before", ["", "0", "a" * 40, "_", "é", "x:", "<t:", "\u200b"])
def test_a_url_goes_wherever_it_begins(before: str) -> None:
    (block,) = parse_blocks(f"See {before}https://evil.example/x now.")
    assert "evil" not in block.text
    assert block.text.endswith(" now.")


@hunted
@given(texts, st.integers(1, 120))
def test_one_line_is_one_line_and_fits(text: str, longest: int) -> None:
    line = to_one_line(text, longest)
    assert len(line.splitlines()) <= 1
    assert width(line) <= longest


@hunted
@given(st.lists(st.text("ab .\n", max_size=400), max_size=12), st.integers(150, 400))
def test_messages_fit_and_hold_every_word_in_order(parts: list[str], limit: int) -> None:
    whole = parse_blocks("\n\n".join(parts))
    messages = split_blocks(whole, lambda block: width(block.text), limit=limit, most=100)
    assert all(sum(width(each.text) + 2 for each in message) - 2 <= limit for message in messages)
    assert letters([block for message in messages for block in message]) == letters(whole)


def letters(parts: list[MarkdownBlock]) -> str:
    return "".join("".join(part.text.split()) for part in parts)


def test_a_text_is_cut_before_it_is_looked_at() -> None:
    assert sum(len(block.text) for block in parse_blocks("a b " * 100_000)) <= LONGEST


@pytest.mark.parametrize(
    "unit",
    ["<", "`", "[a](", "a.", "> ", "|", "\u0301", "# ", "```\n", "~~~\n", "&", "@everyone", "**", "| a |\n|-|\n", "[a](http://x",
     "1.", " ", "\n- a", "a@", "😀", "<a", "[", "](", "]:", "\\", "<t:", "-", "_a_", "http://", "[1]: x\n"],
)  # fmt: skip
def test_hostile_text_of_any_length_is_done_with(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    answer = Answer(text, tuple(Citation(number, f"https://a/{text}", (text,), text) for number in range(1, 20)))
    # A pattern that repeats without bound would take minutes here.
    assert 1 <= len(slack.render(answer, question=1)) <= 5
    assert 1 <= len(discord.render(answer)) <= 5
    assert 1 <= len(discord.thread_title(text)) <= 100


def test_links_are_shown_once_each_and_keep_their_numbers() -> None:
    again = Citation(3, CITATION.url, ("Other",), "")
    links = links_of(Answer("Yes.", (CITATION, Citation(2, "file:///a", (), "A"), again)))
    assert links is not None
    assert [(link.marks, link.label, link.url) for link in links.links] == [
        ("[1][3]", "Guide > Train", CITATION.url),
        ("[2]", "A", ""),
    ]


@pytest.mark.parametrize(
    ("answer", "heading"),
    [
        (Answer("Yes.", (CITATION,), suggestions=(CITATION,)), SOURCES),
        (Answer("Sorry.", faults=(Fault.MODEL,), suggestions=(CITATION,)), CLOSEST),
        (Answer("No.", (CITATION,), Abstention.DOES_NOT_KNOW, (CITATION,)), CLOSEST),
        (Answer("No.", (CITATION,), Abstention.NOT_RELEVANT, (CITATION,)), CLOSEST),
        (Answer("No.", (CITATION,), Abstention.NO_CONTEXT, (CITATION,)), CLOSEST),
        (Answer("No.", abstention=Abstention.NO_CONTEXT), None),
        (Answer("No.", abstention=Abstention.DOES_NOT_KNOW), None),
    ],
)
def test_a_refusal_has_no_sources(answer: Answer, heading: str | None) -> None:
    links = links_of(answer)
    assert (links.heading if links else None) == heading


@pytest.mark.parametrize(
    ("path", "title", "label"),
    [
        (("Guide", "Set\nup"), "", "Guide > Set up"),
        ((), "Guide", "Guide"),
        ((), " \u200b", "docs.example/guide#train"),
        (("See https://evil.example now",), "", "See [link removed] now"),
        (("core.answer.engine",), "", "core.answer.engine"),
        ((), "The sign :// in a scheme", "The sign : // in a scheme"),
    ],
)
def test_a_label_is_the_heading_path_or_the_title_or_the_address(path: tuple[str, ...], title: str, label: str) -> None:
    assert label_of(Citation(1, CITATION.url, path, title)) == label


def test_a_label_is_short() -> None:
    assert len(label_of(Citation(1, "https://a", ("word " * 100,), ""))) <= LONGEST_LABEL


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b?c=1&d=e#f", "https://a.example/b?c=1&d=e#f"),
        ("https://a.example/b%20c", "https://a.example/b%20c"),
        ('https://a.example/b c|d>"(e)', "https://a.example/b%20c%7Cd%3E%22%28e%29"),
        ("http://[::1]:81/é", "http://[::1]:81/%C3%A9"),
        ("https://a.example/#:~:text=a,b", "https://a.example/#:~:text=a,b"),
        ("https://a.example", "https://a.example"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("https://user:word@a.example/", ""),
        ("https://a.example|b", ""),
        ("https:///b", ""),
        ("//a.example/", ""),
        (" https://a.example/", ""),
        ("https://a.example/\ud800", ""),
        ("https://a.example/" + "a" * 700, ""),
    ],
)
def test_an_address_cannot_end_early_or_lead_off_the_web(url: str, shown: str) -> None:
    assert to_safe_url(url) == shown


def test_a_line_that_does_not_fit_gives_up_its_link_first() -> None:
    assert [*fit_lines([("linked", "l"), ("linked twice", "t"), ("third", "3"), ("4", "4")], 12)] == [
        "linked",
        "t",
        "3",
    ]
