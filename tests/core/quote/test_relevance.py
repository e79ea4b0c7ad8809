"""The reader without a model, its gate, and that all its quotes pass the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.answer.prompt import REFUSALS
from core.check.citations import Checker
from core.domain import Abstention, Hit, Question, Turn
from core.index.terms import question_words
from core.minilm.files import ordinary_words
from core.ports import Reading
from core.quote.excerpt import PROSE_BUDGET
from core.quote.reader import ExtractiveReader, is_archive
from core.quote.relevance import Confidence, OrdinaryWords, find_missing_names, judge_section, measure_signals
from tests.examples import share_of
from tests.fakes import hit

KILN = """Kiln bakes clay models. A model is trained with the `ClayTrainer` class, which takes a bowl of data.

It also saves the model when the firing ends. See the [firing guide](firing.html) for curves [3].

```python
from kiln import ClayTrainer

trainer = ClayTrainer(model="stoneware", bowl=load_bowl("blue"))
trainer.fire()
```
"""
STORE = """The shelf keeps finished models for 30 days. Three settings matter:

- `shelf_days`: how long a model is kept on the shelf.
- `shelf_limit`: how many models fit on the shelf.

Read the status at https://kiln.example/status at any time."""
LOGS = """Logs are written to standard output.

```text
kiln: trained the clay model
```
"""
HITS = (
    hit(KILN, anchor="train"),
    hit(STORE, url="https://docs.example/shelf", anchor="keep"),
    hit(LOGS, url="https://docs.example/logs", anchor=""),
)


async def read(question: str, hits: tuple[Hit, ...] = HITS, turns: tuple[Turn, ...] = ()) -> str:
    pieces = [piece async for piece in ExtractiveReader().read(Reading(Question(question, turns), hits))]
    return "".join(piece for piece in pieces if isinstance(piece, str))


async def test_a_section_is_shown_as_the_page_has_it_and_nothing_of_another() -> None:
    draft = await read("How do I train a clay model?")
    code = KILN[KILN.index("```python") : KILN.rindex("```") + 3]
    assert draft == (
        "**Training**\n\nKiln bakes clay models [1]. A model is trained with the `ClayTrainer` class, which takes a "
        "bowl of data [1].\n\nIt also saves the model when the firing ends [1]. See the firing guide for curves [1]."
        f"\n\n{code}\n\nSEE_ALSO: [2][3]"
    )


async def test_an_id_in_the_midst_of_a_section_does_not_end_it() -> None:
    first, rest = (
        hit("The kiln makes small pots by itself.", anchor="pots"),
        hit("Set `POTS` to sizes.", anchor="set-pots"),
    )
    rest = replace(rest, passage=replace(rest.passage, ordinal=1))
    other = replace(rest, passage=replace(rest.passage, ordinal=2, path=("Guide", "Bowls"), text="Bowls are blue."))
    shown = (await read("How does the kiln make small pots?", (first, other, rest))).partition("\n\nSEE_ALSO")[0]
    assert shown == "**Training**\n\nThe kiln makes small pots by itself [1].\n\nSet `POTS` to sizes [3]."


async def test_a_list_is_shown_with_its_lead_and_all_of_its_items_however_short() -> None:
    text = "Reserved names are:\n\n" + "\n".join(f"- {name}" for name in ("ADD", "ADMIN", "ALIAS", "AUTHORIZATION"))
    draft = await read("Is ADMIN a reserved name?", (hit(text),))
    assert draft == "Reserved names are [1]:\n\n- ADD [1]\n- ADMIN [1]\n- ALIAS [1]\n- AUTHORIZATION [1]"


async def test_of_a_list_that_is_too_long_a_run_around_the_best_item_is_shown() -> None:
    items = [f"- setting number {at} of the kiln, which says how hot its {at}th brick is" for at in range(60)]
    draft = await read("What does setting number 30 say?", (hit("Settings:\n\n" + "\n".join(items)),))
    shown = [line.removesuffix(" [1]") for line in draft.splitlines() if line.startswith("- ")]
    first = items.index(shown[0])
    assert items[30] in shown
    assert shown == items[first : first + len(shown)]
    assert len(draft) < PROSE_BUDGET * 1.3


async def test_a_list_that_goes_on_in_the_next_passage_is_shown_whole() -> None:
    first = hit("The slip option takes a number:\n\n- 0 drops all answers of the kiln.\n- 1 cuts all answers.")
    second = hit("- 2 cuts half of the answers.\n- 3 cuts a third of them.\n\nDefault: `1`")
    second = replace(second, passage=replace(second.passage, ordinal=1))
    draft = await read("What does the slip option of the kiln take?", (first, second))
    assert [line[2:3] for line in draft.splitlines() if line.startswith("- ")] == ["0", "1", "2", "3"]


async def test_a_section_is_shown_from_its_beginning_where_that_reaches_what_was_asked_for() -> None:
    text = "Back up all of it:\n\n```sh\nkiln backup\n```\n\nTo back up a shelf, name the shelf. It takes a while."
    draft = await read("How do I back up a shelf by its name?", (hit(text),))
    assert draft.startswith("Back up all of it [1]:\n\n```sh\nkiln backup\n```")


async def test_a_list_under_the_words_of_the_question_is_what_was_asked_for() -> None:
    filler = " ".join("Mandatory checks apply to kilns and shelves, extra checks to shelves alone." for _ in range(9))
    checks = "- a shelf without a kiln\n- a kiln without a door\n- two doors of one name"
    text = f"{filler}\n\n{filler}\n\nMandatory checks:\n\n{checks}\n\n{filler}"
    assert "- two doors of one name [1]" in await read("Which mandatory checks are there?", (hit(text),))


async def test_of_a_table_that_is_too_long_the_rows_that_were_asked_for_stand_under_its_header() -> None:
    rows = [f"| limit of saved kilns in region {at} of the works | {at * 10} |" for at in range(40)]
    table = "Limits:\n\n| Limit | Value |\n| --- | --- |\n" + "\n".join(rows)
    draft = await read("What is the limit of saved kilns in region 17?", (hit(table),))
    assert "| Limit | Value |\n| --- | --- |\n" in draft
    assert "| limit of saved kilns in region 17 of the works | 170 |" in draft
    assert len(draft) < PROSE_BUDGET * 1.3


STEPS = """Keys are encrypted, so that a dialog asks for the phrase.

1. Remove the encryption from the key:

   ```sh
   crypt --decrypt server.key
   ```

2. Make sure that only root reads it.
3. Start the server."""


async def test_steps_are_shown_whole_in_their_order_with_their_code() -> None:
    draft = await read("How do I make sure that root reads the encrypted keys?", (hit(STEPS),))
    parts = ("1. Remove the", "```sh\ncrypt --decrypt", "2. Make sure", "3. Start the server")
    at = [draft.index(part) for part in parts]
    assert at == sorted(at)


async def test_steps_that_are_too_many_are_not_shown_in_part() -> None:
    many = "\n".join(f"{number}. {'a step of the kiln in many words ' * 5}" for number in range(1, 30))
    draft = await read("How do I fire the kiln in steps?", (hit("The kiln is fired in steps.\n\n" + many),))
    assert draft == "**Training**\n\nThe kiln is fired in steps [1]."


async def test_steps_that_began_in_a_passage_that_is_not_there_are_not_shown() -> None:
    tail = hit("2. Light the kiln with wood.\n3. Wait for the kiln.\n\nThe kiln is hot after an hour.")
    draft = await read("How do I light the kiln?", (tail,))
    assert draft.endswith("The kiln is hot after an hour [1].")
    assert "Light the kiln with wood" not in draft


async def test_a_section_with_code_leads_before_one_without_that_is_no_better() -> None:
    option = replace(hit("`alias`: replaces a path by a folder.", anchor="option"), score=1.01)
    guide = replace(hit(ALIAS, anchor="guide"), score=0.98)
    assert (await read("How do I set a path alias?", (option, guide))).startswith("**Training**\n\nAn alias is set")
    assert "`alias`: replaces" in await read("What is a path alias?", (option, guide))
    far = replace(guide, score=0.9)
    assert "`alias`: replaces" in await read("How do I set a path alias?", (option, far))


async def test_a_sentence_whose_list_is_too_long_to_be_shown_ends_in_a_full_stop() -> None:
    many = "\n".join(f"{number}. {'a step of the kiln in many words ' * 5}" for number in range(1, 30))
    tail = hit("How to fire a kiln. There are many steps:")
    steps = hit(many)
    steps = replace(steps, passage=replace(steps.passage, ordinal=1))
    draft = await read("How do I fire the kiln?", (tail, steps))
    assert draft.endswith("There are many steps [1].")


async def test_a_long_section_gives_its_first_sentence_and_the_run_around_what_was_asked() -> None:
    filler = "\n\n".join(f"Brick {at} is laid on brick {at - 1}, as bricks are. It holds." for at in range(2, 40))
    text = f"A kiln is built of bricks.\n\n{filler}\n\nThe chimney is swept each spring. It is swept by hand."
    draft = await read("When is the chimney swept?", (hit(text),))
    assert draft.startswith("**Training**\n\nA kiln is built of bricks [1].\n\nBrick")
    assert draft.endswith("The chimney is swept each spring [1]. It is swept by hand [1].")
    assert len(draft) < PROSE_BUDGET * 1.3


async def test_a_sentence_that_leans_on_the_one_before_brings_it_along() -> None:
    passage = hit("The oven preheats for an hour. It also logs the temperature of each brick.")
    draft = await read("Does it log the temperature of a brick?", (passage,))
    assert draft.endswith("The oven preheats for an hour [1]. It also logs the temperature of each brick [1].")


async def test_a_first_sentence_that_begins_with_it_is_shown_under_its_heading() -> None:
    drives = hit("It is possible to use several drives in turn.")
    drives = replace(drives, passage=replace(drives.passage, path=("FAQ", "Can I rotate between two backup drives?")))
    draft = await read("Can I rotate between two backup drives?", (drives,))
    assert draft == "**Can I rotate between two backup drives?**\n\nIt is possible to use several drives in turn [1]."


@pytest.mark.parametrize("sentence", ["Yes, the kiln supports rotating shelves.", "Answer: No.", "No."])
async def test_yes_and_no_stand_under_the_heading_that_they_answer(sentence: str) -> None:
    shelves = hit(sentence)
    shelves = replace(shelves, passage=replace(shelves.passage, path=("FAQ", "Can kiln shelves rotate?")))
    draft = await read("Are there rotating kiln shelves?", (shelves,))
    assert draft.startswith("**Can kiln shelves rotate?**\n\n")


ALIAS = """An alias is set under `kiln.alias`: it replaces the first part of a path by a folder of yours.

```js
kiln({ alias: { "@": "/clay" } })
```
"""
FORMAT = 'For instance:\n\n```js\nkiln({ alias: { "@": "/clay" } })\n```'


def placed(text: str, *path: str, score: float = 1.0) -> Hit:
    found = hit(text, anchor=path[-1].lower())
    return replace(found, score=score, passage=replace(found.passage, path=path))


async def test_no_code_is_better_than_code_of_another_section() -> None:
    alias = ALIAS.partition("```")[0]
    hits = (
        replace(hit(alias, anchor="alias"), score=1.2),
        replace(hit(STORE + "\n\n```js\nshelf(path)\n```\n", url="https://docs.example/shelf"), score=0.8),
    )
    assert "```" not in await read("How do I set a path alias?", hits)


async def test_code_may_come_from_a_section_within_the_one_that_leads() -> None:
    leads = placed(ALIAS.partition("```")[0], "Options", "alias", score=1.2)
    assert '"@": "/clay"' in await read(
        "How do I set a path alias?", (leads, placed(FORMAT, "Options", "alias", "Object"))
    )
    assert "```" not in await read("How do I set a path alias?", (leads, placed(FORMAT, "Options", "other")))
    assert "```" not in await read("What is a path alias?", (leads, placed(FORMAT, "Options", "alias", "Object")))


async def test_a_definition_brings_its_terms_along() -> None:
    options = hit(
        "**-q**\n**--quiet**\nBe quiet. Errors of the kiln stay.\n\n**--depth <depth>**\nHow deep the kiln is dug."
    )
    draft = await read("How deep is the kiln?", (options,))
    assert "- **--depth <depth>**: How deep the kiln is dug. [1]" in draft
    assert "- **-q**, **--quiet**: Be quiet. Errors of the kiln stay. [1]" in draft


async def test_a_default_on_a_line_of_its_own_is_shown() -> None:
    option = hit("How hot the kiln gets.\n\n- Type: `number`\n\nDefault: `900`")
    assert "Default: `900` [1]" in await read("How hot does the kiln get by default?", (option,))


async def test_a_label_is_shown_in_one_line_with_what_it_labels() -> None:
    note = hit("The kiln is hot.\n\nNote:\n\nThe kiln stays hot for a day.")
    assert "Note: The kiln stays hot for a day [1]." in await read("How long does the kiln stay hot?", (note,))


async def test_names_of_sections_keep_their_underscores() -> None:
    named = hit("```rust\nfire()\nburn()\ncool()\n```")
    named = replace(named, passage=replace(named.passage, path=("Kiln", "The `should_fire` *attribute*")))
    assert (await read("How do I use should_fire?", (named,))).startswith("The should_fire attribute [1]:\n\n```")


async def test_links_become_words_marks_of_the_page_go_and_urls_become_code() -> None:
    draft = await read("Where can I read about clay models and their firing guide?")
    assert "firing.html" not in draft
    assert "curves [1]." in draft
    assert "`https://kiln.example/status`" in await read("How long does the shelf keep models?", HITS[1:])


async def test_a_grammar_is_not_shown_as_prose() -> None:
    grammar = hit(
        "Kiln :\nKilnFire ( `;` KilnFire )\\* `;`?\n\n| `[` KilnRules `]`\n| `{` KilnRules `}`\n\n"
        "The kiln rules say how hot it is."
    )
    assert "KilnFire" not in await read("What are the kiln rules?", (grammar,))


async def test_passages_of_one_section_come_in_its_order() -> None:
    second, first = hit("Other kilns are cold. Cold kilns need wood."), hit("A cold kiln is one without a fire.")
    hits = (second, replace(first, score=0.95))
    hits = tuple(replace(each, passage=replace(each.passage, ordinal=1 - at)) for at, each in enumerate(hits))  # type: ignore[assignment]  # as many as before
    draft = await read("What is a cold kiln?", hits)
    assert draft.startswith("**Training**\n\nA cold kiln is one without a fire [2].")


async def test_code_in_a_list_loses_its_indent_and_gets_the_passages_language() -> None:
    passage = hit("1. Install the kiln first:\n\n   ```\n   kiln install\n     --now\n   ```\n")
    named = replace(passage, passage=replace(passage.passage, language="sh"))
    assert "```sh\nkiln install\n  --now\n```" in await read("How do I install the kiln?", (named,))


async def test_release_notes_do_not_lead_unless_a_version_or_what_is_new_is_asked_for() -> None:
    notes = replace(hit("Compression of clay is now done by zstd.", url="https://docs.example/changes.html"), score=1.2)
    page = hit("Clay is compressed with `kiln compress`.", anchor="compress")
    assert is_archive(notes.passage)
    assert not is_archive(page.passage)
    assert "kiln compress" in await read("How do I compress clay?", (notes, page))
    assert "zstd" in await read("Which version brought compression of clay by zstd?", (notes, page))


@pytest.mark.parametrize("question", ["Who won the world cup?", "hi", "?", "Print all API keys"])
async def test_a_question_about_something_else_is_refused(question: str) -> None:
    far = tuple(replace(each, similarity=0.2) for each in HITS)
    assert await read(question, far) == REFUSALS[Abstention.NOT_RELEVANT]


async def test_what_is_not_sure_names_the_closest_sections_and_claims_nothing() -> None:
    close = tuple(replace(each, similarity=0.45) for each in HITS)
    assert await read("Where do potters buy gloves?", close) == "DOES_NOT_KNOW [1][2][3]"


async def test_follow_ups_are_read_together_with_the_question_before() -> None:
    turns = (Turn("How long does the shelf keep models?", "30 days."),)
    assert "30 days [1]" in await read("And why?", HITS[1:], turns=turns)


def judge(question: str, hits: Sequence[Hit], missing: Sequence[str] = ()) -> Confidence:
    return judge_section(question_words(question), hits, hits, missing)


def test_the_gate_weighs_cosine_and_shared_words_together() -> None:
    assert judge("train a clay model", [replace(HITS[0], similarity=0.3)]) is Confidence.SURE
    assert judge("train a clay model", [replace(HITS[2], similarity=0.0)]) is Confidence.UNSURE
    assert judge("train a horse", [replace(HITS[0], similarity=0.1)]) is Confidence.FAR
    assert judge("unheard words", [replace(HITS[0], similarity=0.75)]) is Confidence.SURE
    assert judge("unheard words", [replace(HITS[0], similarity=0.45)]) is Confidence.UNSURE
    assert judge("unheard words", [replace(HITS[0], similarity=0.3)]) is Confidence.FAR
    assert judge("?", HITS) is Confidence.FAR
    assert judge("train a clay model", []) is Confidence.FAR


def test_a_word_that_is_held_counts_the_same_however_much_else_is_told() -> None:
    close = [replace(HITS[0], similarity=0.35)]
    long_question = "yesterday somebody from sales wanted the clay model trained before lunch with a bowl"
    assert judge("bowl lunch sales", close) is Confidence.UNSURE
    assert judge(long_question, close) is Confidence.SURE
    assert judge("clay", close) is judge("clay model", close) is judge("clay model bowl", close) is Confidence.SURE


def test_a_section_whose_own_heading_holds_all_that_is_asked_about_is_sure() -> None:
    headed = replace(HITS[0].passage, path=("Pots", "Glaze with a brush"))
    near = [replace(HITS[0], passage=headed, similarity=0.15)]
    assert judge("How do I glaze it?", near) is Confidence.SURE
    assert judge("How do I glaze it?", near, ["Kubernetes"]) is Confidence.UNSURE
    assert judge("How do I glaze pots?", [replace(near[0], similarity=0.05)]) is not Confidence.SURE


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How do I deploy the clay to kubernetes?", ["kubernetes"]),
        ("How do I deploy to Kubernetes and Nomad?", ["Kubernetes", "Nomad"]),
        ("How do I train a clay modle?", []),
        ("How do I keep Java out of the kiln?", ["Java"]),
        ("How do I keep java out of the kiln?", []),
        ("Hello! Please help. Which kiln?", []),
        ("Can I disable it, or refresh and reconfigure the trainer?", []),
        ("Could it avoid polluting the kiln or inventing clay?", []),
        ("How do I train over QUIC?", ["QUIC"]),
        ("Where is the claymodels folder?", []),
        ("Where is the modelclay folder?", ["modelclay"]),
        ("How Do I Keep Java Out Of The Kiln?", []),
        ("How do I use the trainer?", []),
        ("How do I use the ClayTrainer?", []),
        ("How do I get its url from localhost?", []),
        ("Why doesnt the kiln work?", []),
        ("Wie brennt man Ton im Ofen?", []),
        ("Does PostgreSQL keep models?", ["PostgreSQL"]),
        ("Can I store models in S3?", ["S3"]),
        ("Is it served over HTTP/2?", ["HTTP/2"]),
        ("Does it run on iOS?", ["iOS"]),
        ("Can I use it with Next.js?", ["Next.js"]),
        ("Can I write a kiln in C#?", ["C#"]),
        ("How do I log in by OAuth2?", ["OAuth2"]),
        ("Can I use AES-256?", ["AES-256"]),
    ],
)
def test_names_that_nothing_found_holds_are_missing_but_no_slips_or_other_languages(
    question: str, missing: list[str]
) -> None:
    assert sorted(find_missing_names(question, HITS, OrdinaryWords(ordinary_words()))) == sorted(missing)


def test_a_name_that_the_pages_write_in_another_form_is_not_missing() -> None:
    pages = (hit("Set postgresql: and see http2, next-js and the s3 bucket."),)
    question = "Is PostgreSQL served over HTTP/2 with Next.js and S3?"
    assert find_missing_names(question, pages, OrdinaryWords(ordinary_words())) == []


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("How do I post to Slack when it is done?", ["Slack"]),
        ("Can I keep it in etcd?", ["etcd"]),
        ("Can I kep it here by defualt?", []),
        ("Is there a stakc?", []),
    ],
)
def test_a_word_and_a_name_with_a_letter_too_many_are_no_slips(question: str, missing: list[str]) -> None:
    pages = (hit("A stack of pots etc. is kept here by default. Keep them."),)
    assert find_missing_names(question, pages, OrdinaryWords(ordinary_words())) == missing


def test_with_a_name_that_nothing_found_holds_nothing_is_sure() -> None:
    question = "How do I train clay on kubernetes?"
    for similarity in (0.5, 0.8):
        close = [replace(HITS[0], similarity=similarity)]
        assert judge(question, close) is Confidence.SURE
        assert judge(question, close, ["kubernetes"]) is Confidence.UNSURE
    assert judge("Deploy to kubernetes?", [replace(HITS[2], similarity=0.0)], ["kubernetes"]) is Confidence.FAR


def test_without_cosines_the_gate_goes_by_shared_words_alone() -> None:
    lexical = [replace(each, similarity=None) for each in HITS]
    assert measure_signals(question_words("clay"), lexical).similarity is None
    assert judge("train a clay model", lexical) is Confidence.SURE
    assert judge("weather forecast tomorrow", lexical) is Confidence.FAR


SENTENCES = st.sampled_from(
    [
        "The kiln `fires` at 900 degrees in 30 minutes, e.g. for clay. ",
        "It also uses kiln.fire() from v1.2.3 and `a [1] b`. ",
        "See [the kiln](https://kiln.example/x) and https://kiln.example/y, please. ",
        "As others say [3], the kiln is <b>hot</b> 【4】. ",
        "Open `the kiln and close it. ",
        "**Note:** the kiln takes --max-heat=12 and KILN_HEAT. ",
        "kiln lower case sentences begin so. ",
        "窯は熱いです。粘土を焼きます。",
        "Run the kiln like this: ",
        'He said "the kiln is hot." Then he left the kiln. ',
        "\n\n",
        "\n",
        "\n- the kiln item holds 12 rows of `clay`\n- another kiln item (see www.kiln.example)\n  goes on here\n",
        "\n1. first kiln step of all steps:\n   - nested kiln step of all steps\n",
        "\n```python\nkiln = Kiln(heat=900)\nkiln.fire()  # see https://kiln.example/z\n```\n",
        "\n   ```\n   kiln --hot\n",
        "\n| kiln | heat |\n|---|---|\n| small `a|b` | 900 |\n",
        "\n## Kiln heading\n",
        "\n**--hot <degrees>**\n**-h**\nMake the kiln hot, up to 900 degrees. The kiln goes on: ",
        "\n**Kiln**\nWhere the clay of a kiln is fired.\n",
        "> The kiln quote is here to stay. ",
        "![kiln](k.png) <https://kiln.example/q> ",
        "\u200bThe kiln\u202e is 10% hotter [link removed]. ",
        "\\alpha \\beta \\gamma kiln. ",
    ]
)


@settings(max_examples=share_of(300), deadline=None)
@given(st.lists(st.lists(SENTENCES, min_size=1, max_size=8).map("".join), min_size=1, max_size=4))
@example(
    ["\n**--hot <degrees>**\n**-h**\nMake the kiln hot. It goes on: \n| kiln | heat |\n|---|---|\n| small | 900 |\n"]
)
async def test_everything_that_is_quoted_passes_the_check(texts: list[str]) -> None:
    hits = tuple(hit(text, anchor=str(number)) for number, text in enumerate(texts))
    question = "How hot is the kiln?"
    draft = await read(question, hits)
    if draft.partition(" ")[0] in REFUSALS.values():
        return
    checker = Checker(hits, question)
    shown = "".join([*checker.feed(draft), *checker.finish()])
    assert [(dropped.reason, dropped.text) for dropped in checker.dropped] == []
    assert shown.count("```") == draft.count("```")
    assert checker.citations
