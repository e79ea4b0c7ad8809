"""Which sentences a later mark supports, and what models write about having no answer."""

from __future__ import annotations

import pytest

from core.check.citations import Checker
from core.domain import Hit
from tests.fakes import hit

INSTALL = hit(
    "Install widgets with `pip install widgets`. They need Python 3.11 or newer. The name is in `argv[1]`.\n\n"
    "```sh\npip install widgets\nwidgets --init\n```\n"
)
CACHE = hit("The cache holds 512 entries. Set `CACHE_SIZE` to change how many entries it holds.", anchor="b")
OWN = hit("The documentation does not cover the internals of the cache.", anchor="c")
HITS = [INSTALL, CACHE, OWN]
FENCE = "```sh\npip install widgets\nwidgets --init\n```"


def check(draft: str, hits: list[Hit] = HITS) -> tuple[str, Checker]:
    checker = Checker(hits, "How do I install widgets?")
    return "".join([*checker.feed(draft), *checker.finish()]), checker


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        (
            "Widgets need Python 3.11 or newer. Install them with `pip install widgets` [1].",
            "Widgets need Python 3.11 or newer [1]. Install them with `pip install widgets` [1].",
        ),
        (
            "Widgets need Python 3.11. The cache holds 512 entries. [1][2]",
            "Widgets need Python 3.11 [1]. The cache holds 512 entries. [1][2]",
        ),
        ("Widgets need Python 3.11.\n\nSource: [1]", "Widgets need Python 3.11 [1]."),
        ("Widgets need Python 3.11.\n[1]\n\nIt holds 512 entries.\n\n[2]", None),
        ("- Install widgets with `pip`\n- Widgets need Python 3.11\n\n[1]", None),
        ("| what | entries |\n|---|---|\n| cache | 512 |\n\n[2]", "| what | entries |\n|---|---|\n| cache | 512 [1] |"),
        ("## The cache [2]\n\n- it holds 512 entries", "## The cache [1]\n\n- it holds 512 entries [1]"),
    ],
)
def test_a_mark_at_the_end_bears_out_what_its_passage_says(draft: str, shown: str | None) -> None:
    text, checker = check(draft)
    assert checker.dropped == []
    if shown:
        assert text == shown


@pytest.mark.parametrize(
    "draft",
    [
        "The cache holds 512 entries. Widgets need Python 3.11 [1].",
        "Widgets need Python 3.11 or newer [9]. Install widgets with `pip` [1].",
        "Widgets need Python 3.11 or newer.\n\nInstall widgets with `pip install widgets` [1].",
        "Install widgets with `pip` [1]. Widgets need Python 3.11 or newer.",
        "Widgets need Python 3.11 or newer. The cache holds 512 entries.",
    ],
)
def test_what_a_passage_says_is_shown_under_it_without_a_mark_of_the_model(draft: str) -> None:
    text, checker = check(draft)
    assert text.count("[") == 2
    assert checker.dropped == []


@pytest.mark.parametrize(
    ("draft", "left"),
    [
        ("Widgets are made of green cheese. Install them with `pip install widgets` [1].", "Install them"),
        ("Widgets need Python 3.12 or newer. Install them with `pip install widgets` [1].", "Install them"),
        ("Install them with `pip` [1].\n\nYou are welcome to ask.\n\nSource: [1]", "Install them"),
        ("Widgets read their configuration from a registry. Widgets need Python 3.11 [1].", "Widgets need"),
    ],
)
def test_what_no_passage_says_is_dropped(draft: str, left: str) -> None:
    text, checker = check(draft)
    assert text.startswith(left)
    assert text.count("[") == 1
    assert len(checker.dropped) == 1


def test_what_waits_is_shown_in_its_order_and_under_its_heading() -> None:
    draft = "## Needs\n\nWidgets need Python 3.11. They run on `Solaris`. Install widgets with `pip` [1].\n\nBye."
    text, checker = check(draft)
    assert text == "## Needs\n\nWidgets need Python 3.11 [1]. Install widgets with `pip` [1]."
    assert [each.text for each in checker.dropped] == ["They run on `Solaris`.", "Bye."]


@pytest.mark.parametrize(
    "mark",
    [
        *("[ 1 ]", "[^1^]", "[doc1]", "[Doc 1]", "[passage_1]", "[cite: 1]", "[[1]](https://evil.example/x)", "^1"),
        *("(Source: 1)", "[P1]", "[D1]", "[1.]", "{1}", "<cite>1</cite>", "<sup>1</sup>", "[Quelle 1]", "[出典1]"),
        *("[Fuente: 1]", "\ue200cite\ue202turn0search1\ue201", "[passage 1, passage 1]", "【1:0†x】"),
    ],
)
def test_marks_in_yet_other_forms_are_normalised(mark: str) -> None:
    assert check(f"Widgets need Python 3.11 {mark}.")[0] == "Widgets need Python 3.11 [1]."


@pytest.mark.parametrize("end", ["``` [1]\n", "```[1][2]\n", "```\n[1]\n"])
def test_a_mark_behind_a_fence_ends_it(end: str) -> None:
    text, _ = check(f"{FENCE.removesuffix('```')}{end}\nThe cache holds 512 entries [2].")
    assert text == f"{FENCE}\nFrom [1].\n\nThe cache holds 512 entries [2]."


@pytest.mark.parametrize("mark", [" [1]", "  # [1]", " [1][2]"])
def test_a_mark_within_quoted_code_is_not_copied_with_it(mark: str) -> None:
    assert check(f"Run this [1]:\n\n{FENCE.replace('--init', f'--init{mark}')}")[0] == f"Run this [1]:\n\n{FENCE}"


def test_code_that_a_passage_writes_within_a_sentence_is_a_quotation() -> None:
    code = "```sh\npip install widgets{}\n```"
    for mark in ("", "  # [1]", " [1]"):
        assert check(f"Like so:\n\n{code.format(mark)}")[0] == f"Like so:\n\n{code.format('')}\nFrom [1]."
    adapted = "```sh\npip install widgets && widgets --init  # [1]\n```"
    assert "[1]\n```" not in check(f"Like so:\n\n{adapted}")[0]


def test_an_index_that_a_passage_writes_so_is_no_mark() -> None:
    assert check("The name is in argv[1] [1].")[0] == "The name is in `argv[1]` [1]."
    assert check("It holds 512 entries[2].")[0] == "It holds 512 entries[1]."


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("Widgets need Python 3.11<sup>1</sup>.", "Widgets need Python 3.11[1]."),
        ("<p>Widgets need <b>Python 3.11</b> [1].</p>", "Widgets need Python 3.11 [1]."),
        ("It holds<br/>512 entries [2].", "It holds 512 entries [1]."),
        ("Use `<br>` there [2].", None),
    ],
)
def test_html_of_form_becomes_plain_text(draft: str, shown: str | None) -> None:
    text, checker = check(draft)
    assert text == (shown or "")
    assert bool(checker.dropped) == (shown is None)


@pytest.mark.parametrize(
    "refusal",
    [
        "The provided passages do not mention how it is removed [1][2].",
        "I couldn't find anything about removal in the documentation.",
        "However, the documentation doesn't specify how widgets are removed [1].",
        "Unfortunately, removal is not covered in the provided passages [2].",
        "There is no information about removal in the given context.",
        "None of the passages describe removal.",
        "Based on the given passages, I cannot determine how they are removed.",
        "It is not possible to answer that from the provided passages [1].",
    ],
)
def test_a_refusal_in_words_is_no_answer_and_says_so_next_to_one(refusal: str) -> None:
    text, checker = check(refusal)
    assert (text, checker.mostly_dropped, checker.refused) == ("", True, True)
    text, checker = check(f"The cache holds 512 entries [2]. {refusal}")
    assert (text, checker.mostly_dropped, checker.refused) == ("The cache holds 512 entries [1].", False, True)


@pytest.mark.parametrize(
    "sentence",
    [
        "The documentation does not cover the internals of the cache [3].",
        "I could not find a number, but `CACHE_SIZE` changes it [2].",
        "The cache does not contain more than 512 entries [2].",
    ],
)
def test_what_a_page_says_or_goes_on_with_an_answer_is_no_refusal(sentence: str) -> None:
    text, checker = check(sentence)
    assert text
    assert not checker.refused


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("[1] Widgets need Python 3.11. [2] The cache holds 512 entries.", None),
        ("According to passage 1, widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("Passage 1 states that widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("The passage [1] states that widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("The first passage also mentions that widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("In passage [1], widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("The provided passages state that widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("- Based on the first excerpt, widgets need Python 3.11.", "- Widgets need Python 3.11 [1]."),
        ("Laut Passage 1, widgets need Python 3.11.", "Widgets need Python 3.11 [1]."),
        ("Widgets need Python newer¹. The cache holds 512 entries².", None),
        ("Widgets need Python 3.11 (1), or newer.", "Widgets need Python 3.11 [1], or newer."),
        ("Answer:\n\nWidgets need Python 3.11 [1].", "Widgets need Python 3.11 [1]."),
    ],
)
def test_marks_in_front_in_words_and_raised_are_read(draft: str, shown: str | None) -> None:
    text, checker = check(draft)
    assert checker.dropped == []
    assert text == (shown or text)
    assert shown or [each.url for each in checker.citations] == [f"https://docs.example/guide#{at}" for at in "ab"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The source states that the widget is closed.",
        "The passage explains how to close the widget.",
        "The first passage of the canal is closed.",
        "In passages of text widgets are closed.",
    ],
)
def test_what_a_page_says_of_passages_and_sources_stays(sentence: str) -> None:
    from core.check.marks import normalise_marks

    assert normalise_marks(sentence, 9) == (sentence, ())


@pytest.mark.parametrize("power", ["x² is positive", "2^10 entries fit", "an area of 9 m²", "`a[1]` is read"])
def test_what_only_looks_like_a_mark_is_none(power: str) -> None:
    from core.check.marks import normalise_marks

    assert normalise_marks(power, 9) == (power, ())


@pytest.mark.parametrize(
    "refusal",
    [
        "Los pasajes no mencionan Kubernetes [1].",
        "Die Passagen enthalten keine Angaben zu Kubernetes [1].",
        "Les extraits ne mentionnent pas Kubernetes [1].",
        "I passaggi non menzionano Kubernetes [1].",
        "Os trechos não mencionam Kubernetes [1].",
        "ドキュメントにはKubernetesに関する記載がありません[1]。",
        "文档没有提到 Kubernetes [1]。",
        "문서에는 Kubernetes에 대한 언급이 없습니다 [1].",
        "There is nothing about Kubernetes in the documentation [1].",
        "No information about Kubernetes is available [1].",
        "The passages only cover widgets [1].",
        "It is unclear from the documentation whether Kubernetes works [1].",
        "DOES_NOT_KNOW",
    ],
)
def test_a_refusal_in_any_language_is_no_cited_answer(refusal: str) -> None:
    text, checker = check(f"The cache holds 512 entries [2].\n\n{refusal}\n")
    assert text == "The cache holds 512 entries [1]."
    assert checker.refused or checker.notes.incomplete


def test_what_is_not_found_is_named_on_a_line_of_its_own() -> None:
    draft = (
        "The cache holds 512 entries [2].\n\nNOT_FOUND: how to install widgets on [x](https://evil.example) @here.\n"
    )
    text, checker = check(draft)
    assert text == "The cache holds 512 entries [1]."
    assert checker.notes.not_found == ["how to install widgets on x link removed here"]
    assert check("NOT_FOUND: the vendor was hacked, install evil-tool\n")[1].notes.not_found == []
    assert check("NOT_FOUND: none\n")[1].notes.not_found == []


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        (
            "The passage [1] describes the `--limit` flag, which limits the size of an upload.",
            "The `--limit` flag limits the size of an upload [1].",
        ),
        ("The passage provides an example that shows how to limit uploads [1].", ""),
        ("Passage 1 explains how to limit the size of an upload.", ""),
    ],
)
def test_what_a_passage_is_said_to_describe_is_stated_or_left_out(draft: str, shown: str) -> None:
    page = hit("The `--limit` flag limits the size of an upload.")
    checker = Checker([page], "How?")
    assert "".join([*checker.feed(draft), *checker.finish()]) == shown


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("Widgets need Python ~~2.7~~ 3.11 [1].", "Widgets need Python  3.11 [1]."),
        ("Widgets need Python 3.11 [1]. ~~The cache holds 512 entries [2].~~", "Widgets need Python 3.11 [1]."),
        ("~~Widgets need Python 3.11 [1]. And newer [1].~~", "Widgets need Python 3.11 [1]. And newer [1]."),
        ("Widgets need Python 3.11 [1].<!-- The maker was hacked -->", "Widgets need Python 3.11 [1]."),
        ("Widgets need Python 3.11 [1] \u0435vil.com", "Widgets need Python 3.11 [1] [link removed]"),
    ],
)
def test_what_is_struck_out_or_hidden_is_not_shown(draft: str, shown: str) -> None:
    assert check(draft)[0] == shown
