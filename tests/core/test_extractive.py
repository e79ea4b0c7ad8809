"""The reader without a model, its gate, and that all its quotes pass the check."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.answer.prompt import REFUSALS
from core.check.citations import Checker
from core.domain import Abstention, Hit, Question, Turn
from core.index.terms import question_words
from core.minilm.files import ordinary_words
from core.ports import Reading
from core.quote.reader import PROSE_BUDGET, ExtractiveReader
from core.quote.relevance import is_relevant, measure_signals, unknown_names
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
    return "".join([piece async for piece in ExtractiveReader().read(Reading(Question(question, turns), hits))])


async def test_a_question_how_to_shows_the_code_that_matches_best_word_for_word() -> None:
    draft = await read("How do I train a clay model?")
    code = KILN[KILN.index("```python") : KILN.rindex("```") + 3]
    assert code in draft
    assert "Training [1]:\n\n```python" in draft
    assert "kiln: trained" not in draft


async def test_a_question_what_is_shows_no_code_unless_it_holds_the_words() -> None:
    assert "```" not in await read("What does the shelf keep?")
    assert "```python" in await read("ClayTrainer stoneware bowl")


async def test_sentences_are_quoted_whole_each_with_its_mark_best_first() -> None:
    draft = await read("How long is a model kept on the shelf?")
    assert "The shelf keeps finished models for 30 days [2]." in draft
    assert "[3](" not in draft


async def test_a_list_is_quoted_with_its_lead_in() -> None:
    draft = await read("Which settings limit the shelf?")
    assert (
        "Three settings matter [2]:\n\n- `shelf_days`: how long a model is kept on the shelf. [2]\n"
        "- `shelf_limit`: how many models fit on the shelf. [2]"
    ) in draft


ALIAS = """An alias is set under `kiln.alias`: it replaces the first part of a path by a folder of yours.

```js
kiln({ alias: { "@": "/clay" } })
```
"""
NEIGHBOUR = """The server that you set up in front of the kiln needs a path, another path and a folder of its own.

```js
const path = alias(folder, "set")
const server = set(path, folder)
server.alias(path, folder)
server.set(alias, path, folder)
server.up(alias, path)
```
"""


async def test_code_comes_from_the_section_that_leads_and_not_from_its_neighbour() -> None:
    hits = (
        replace(hit(ALIAS, anchor="alias"), score=1.2),
        replace(hit(NEIGHBOUR, url="https://docs.example/server", anchor="server"), score=0.7),
    )
    draft = await read("How do I set a path alias?", hits)
    assert '"@": "/clay"' in draft
    assert "server.alias" not in draft


async def test_short_blocks_of_one_passage_are_steps_of_the_same() -> None:
    steps = hit(
        "Make a kiln first:\n\n```sh\nkiln init mine\n```\n\nThen go there:\n\n```sh\ncd mine\n```\n\n"
        "At last light the kiln:\n\n```sh\nkiln fire\n```"
    )
    draft = await read("How do I start a kiln?", (steps,))
    assert [draft.index(code) for code in ("kiln init mine", "cd mine", "kiln fire")] == sorted(
        draft.index(code) for code in ("kiln init mine", "cd mine", "kiln fire")
    )
    long = hit("".join(f"Make kiln {n}:\n\n```sh\nkiln init {'mine' * 40}{n}\n```\n\n" for n in range(5)))
    assert (await read("How do I make kiln 3?", (long,))).count("```") == 2


async def test_who_says_what_to_do_gets_code_sooner_than_who_asks_what_is() -> None:
    mode = hit("Damp firing is off at first.\n\n```toml\n[kiln]\ndamp = true\n```")
    assert "```toml" in await read("turn on damp kiln firing of clay", (mode,))
    assert "```" not in await read("What turns on damp kiln firing of clay?", (mode,))


async def test_no_code_is_better_than_code_of_another_section() -> None:
    alias = ALIAS.partition("```")[0]
    hits = (
        replace(hit(alias, anchor="alias"), score=1.2),
        replace(hit(STORE + "\n\n```js\nshelf(path)\n```\n", url="https://docs.example/shelf"), score=0.8),
    )
    assert "```" not in await read("How do I set a path alias?", hits)


def placed(text: str, *path: str, score: float = 1.0) -> Hit:
    found = hit(text, anchor=path[-1].lower())
    return replace(found, score=score, passage=replace(found.passage, path=path))


FORMAT = 'For instance:\n\n```js\nkiln({ alias: { "@": "/clay" } })\n```'


async def test_code_may_come_from_a_section_within_the_one_that_leads() -> None:
    leads = placed(ALIAS.partition("```")[0], "Options", "alias", score=1.2)
    assert '"@": "/clay"' in await read(
        "How do I set a path alias?", (leads, placed(FORMAT, "Options", "alias", "Object"))
    )
    assert "```" not in await read("How do I set a path alias?", (leads, placed(FORMAT, "Options", "other")))


async def test_the_first_passage_leads_with_code_though_it_has_no_sentence_to_quote() -> None:
    switch = placed("To turn on the wet mode, do so:\n\n```sql\nPRAGMA mode=wet;\n```", "Wet", "Turning on", score=1.2)
    other = placed("The wet mode is on for good. A wet kiln can turn the mode on and off.", "Wet", "Persistence")
    assert (await read("How do I turn on wet mode?", (switch, other))).startswith(
        "To turn on the wet mode, do so [1]:\n\n```sql\nPRAGMA mode=wet;\n```"
    )


async def test_the_first_passage_leads_with_code_for_who_only_names_what_is_meant() -> None:
    limit = placed("To limit the size of a firing you might do so:\n\n```config\nLimitSize 10\n```", "Size", score=1.2)
    other = placed("The size of the kiln has no limit. It is set in `kiln.size`.", "Kiln")
    assert (await read("limit size of a firing", (limit, other))).startswith("To limit the size of a firing")
    assert (await read("What is the limit of the size?", (limit, other))).startswith("The size of the kiln")


async def test_an_example_of_the_page_about_it_stands_on_top() -> None:
    leads = placed("The firing of clay takes a kiln. Firing clay needs heat.", "Firing", "Heat", score=1.2)
    draft = await read("How do I start firing clay?", (leads, placed(FORMAT, "Firing", "Quick start", score=0.7)))
    assert draft.startswith("For instance [2]:\n\n```js")


async def test_the_passage_that_answers_comes_first_whatever_its_rank() -> None:
    hits = (
        replace(hit("Kilns are hot. The clay of a kiln is heavy and wet.", anchor="a"), score=1.0),
        replace(hit("A shelf limit keeps old models away from the kiln.", anchor="b"), score=0.98),
    )
    assert (await read("What is the shelf limit of a kiln?", hits)).startswith("A shelf limit keeps old models")


async def test_a_short_passage_that_answers_is_quoted_whole() -> None:
    option = hit(
        "- Type: `number`\n- Default: `5173`\n\nSpecify server port. Another free port is tried where it is taken."
    )
    draft = await read("change the port of the dev server", (option,))
    assert "Default: `5173` [1]" in draft
    assert "Specify server port [1]. Another free port is tried where it is taken [1]." in draft


async def test_a_definition_brings_its_terms_along() -> None:
    options = hit(
        "**-q**\n**--quiet**\nBe quiet. Errors of the kiln stay.\n\n**--depth <depth>**\nHow deep the kiln is dug."
    )
    assert "- **--depth <depth>**: How deep the kiln is dug. [1]" in await read("How deep is the kiln?", (options,))
    assert "- **-q**, **--quiet**: Be quiet. Errors of the kiln stay. [1]" in await read("a quiet kiln", (options,))


async def test_names_of_sections_keep_their_underscores() -> None:
    named = hit("```rust\nfire()\nburn()\ncool()\n```")
    named = replace(named, passage=replace(named.passage, path=("Kiln", "The `should_fire` *attribute*")))
    assert (await read("How do I use should_fire?", (named,))).startswith("The should_fire attribute [1]:\n\n```")


async def test_a_sentence_that_leads_to_code_is_quoted_without_it_where_it_tells_something() -> None:
    text = "Who asks for more than a kiln can fire gets an error, HTTP 529 in most kilns:\n\n```text\noverloaded\n```\n"
    draft = await read("Which error do I get when a kiln is overloaded by fire?", (hit(text),))
    assert "HTTP 529 in most kilns [1]" in draft
    assert draft.count("HTTP 529") == 1


async def test_a_sentence_that_leans_on_the_one_before_brings_it_along() -> None:
    passage = hit("The oven preheats for an hour. It also logs the temperature of each brick.")
    draft = await read("Does it log the temperature of a brick?", (passage,))
    assert draft == "The oven preheats for an hour [1]. It also logs the temperature of each brick [1]."


async def test_links_become_words_marks_of_the_page_go_and_urls_become_code() -> None:
    draft = await read("Where can I read the kiln status and the firing guide?")
    assert "`https://kiln.example/status`" in draft
    assert "firing.html" not in draft
    assert "curves [1]." in draft


async def test_prose_stays_within_its_budget() -> None:
    long = hit(" ".join(f"The kiln number {count} bakes clay very slowly today." for count in range(100)))
    assert len(await read("How slowly does the kiln bake clay?", (long,) * 5)) < PROSE_BUDGET * 1.2


async def test_a_grammar_is_not_quoted_as_prose() -> None:
    grammar = hit(
        "Kiln :\nKilnFire ( `;` KilnFire )\\* `;`?\n\n| `[` KilnRules `]`\n| `{` KilnRules `}`\n\n"
        "The kiln rules say how hot it is."
    )
    assert await read("What are the kiln rules?", (grammar,)) == "The kiln rules say how hot it is [1]."


async def test_passages_of_one_section_come_in_its_order() -> None:
    second, first = hit("Other kilns are cold. Cold kilns need wood."), hit("A cold kiln is one without a fire.")
    hits = (second, replace(first, score=0.95))
    hits = tuple(replace(each, passage=replace(each.passage, ordinal=1 - at)) for at, each in enumerate(hits))
    draft = await read("What is a cold kiln?", hits)
    assert draft.startswith("A cold kiln is one without a fire [2].")


async def test_headings_and_fragments_are_never_quoted() -> None:
    passage = hit(
        "of the kiln that was fired before.\n\n## Kiln clay\n\nKiln clay\n\nThe kiln holds forty bricks of clay."
    )
    assert await read("How much clay does the kiln hold?", (passage,)) == "The kiln holds forty bricks of clay [1]."


async def test_code_in_a_list_loses_its_indent_and_gets_the_passages_language() -> None:
    passage = hit("1. Install the kiln first:\n\n   ```\n   kiln install\n     --now\n   ```\n")
    named = replace(passage, passage=replace(passage.passage, language="sh"))
    assert "[1]:\n\n```sh\nkiln install\n  --now\n```" in await read("How do I install the kiln?", (named,))


@pytest.mark.parametrize("question", ["Who won the world cup?", "hi", "?", "Print all API keys"])
async def test_a_question_about_something_else_is_refused(question: str) -> None:
    far = tuple(replace(each, similarity=0.2) for each in HITS)
    assert await read(question, far) == REFUSALS[Abstention.NOT_RELEVANT]


async def test_passages_without_a_sentence_to_quote_are_not_an_answer() -> None:
    assert await read("kiln clay", (hit("kiln clay"),)) == REFUSALS[Abstention.DOES_NOT_KNOW]


async def test_follow_ups_are_read_together_with_the_question_before() -> None:
    turns = (Turn("How long does the shelf keep models?", "30 days."),)
    assert "30 days [2]" in await read("And why?", turns=turns)


def test_the_gate_weighs_cosine_and_shared_words_together() -> None:
    words = question_words("train a clay model")
    assert is_relevant(words, [replace(HITS[0], similarity=0.3)])
    assert not is_relevant(words, [replace(HITS[2], similarity=0.1)])
    assert is_relevant(question_words("unheard words"), [replace(HITS[0], similarity=0.6)])
    assert not is_relevant(question_words("unheard words"), [replace(HITS[0], similarity=0.3)])
    assert not is_relevant([], HITS)
    assert not is_relevant(words, [])


@pytest.mark.parametrize(
    ("question", "unheard"),
    [
        ("How do I deploy the clay to kubernetes?", ["kubernetes"]),
        ("How do I deploy to Kubernetes and Nomad?", ["kubernetes", "nomad"]),
        ("How do I train a clay modle?", []),
        ("How do I keep Java out of the kiln?", ["java"]),
        ("How do I deploy Apache with Kubernetes ingress?", ["kubernetes", "ingress", "apache"]),
        ("How do I keep java out of the kiln?", []),
        ("Hello! Please help. Which kiln?", []),
        ("Can I disable it, or refresh and reconfigure the trainer?", []),
        ("How do I train over QUIC?", ["quic"]),
        ("Where is the claymodels folder?", []),
        ("Where is the modelclay folder?", ["modelclay"]),
        ("How Do I Keep Java Out Of The Kiln?", []),
        ("How do I use the trainer?", []),
        ("How do I fix `zorkmid` in v2.1 of my/app?", []),
        ("How do I get its url from localhost?", []),
        ("Why doesnt the kiln work?", []),
        ("Wie brennt man Ton im Ofen?", []),
    ],
)
def test_names_that_nothing_found_holds_are_unheard_but_no_slips_code_or_other_languages(
    question: str, unheard: list[str]
) -> None:
    assert unknown_names(question, HITS, ordinary_words()) == unheard


def test_a_name_that_nothing_found_holds_closes_the_gate_to_middling_hits() -> None:
    words = question_words("How do I train clay on kubernetes?")
    middling = [replace(HITS[0], similarity=0.5)]
    assert is_relevant(words, middling)
    assert not is_relevant(words, middling, ["kubernetes"])
    assert is_relevant(words, [replace(HITS[0], similarity=0.8)], ["kubernetes"])


def test_without_cosines_the_gate_goes_by_shared_words_alone() -> None:
    lexical = [replace(each, similarity=None) for each in HITS]
    assert measure_signals(question_words("clay"), lexical).similarity is None
    assert is_relevant(question_words("train a clay model"), lexical)
    assert not is_relevant(question_words("weather forecast tomorrow"), lexical)


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


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(SENTENCES, min_size=1, max_size=8).map("".join), min_size=1, max_size=4))
async def test_everything_that_is_quoted_passes_the_check(texts: list[str]) -> None:
    hits = tuple(hit(text, anchor=str(number)) for number, text in enumerate(texts))
    question = "How hot is the kiln?"
    draft = await read(question, hits)
    if draft in REFUSALS.values():
        return
    checker = Checker(hits, question)
    shown = "".join([*checker.feed(draft), *checker.finish()])
    assert [(dropped.reason, dropped.text) for dropped in checker.dropped] == []
    assert shown.count("```") == draft.count("```")
    assert checker.citations
