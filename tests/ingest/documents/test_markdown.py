"""Markdown as generators write it, parsed as a page of HTML is."""

from __future__ import annotations

import time

import pytest

from ingest.documents.document import parse_document
from ingest.documents.slugs import Slugs, SlugStyle
from ingest.pages import Block, BlockKind, Extract

URL = "https://docs.example/guide/start.md"


def read(text: str, url: str = URL, style: SlugStyle = SlugStyle.DOCUSAURUS) -> Extract:
    return parse_document(text.encode(), f"text/markdown; charset=utf-8; variant={style}", url)


def kinds_and_texts(text: str, url: str = URL) -> list[tuple[str, str]]:
    """Return (kind, text) of the blocks."""
    return [(block.kind.value, block.text) for block in read(text, url).blocks]


def anchors(text: str, style: SlugStyle = SlugStyle.DOCUSAURUS) -> list[str]:
    return [block.anchor for block in read(text, style=style).blocks if block.kind is BlockKind.HEADING]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Set up & run", "set-up--run"),
        ("What's new in 2.0?", "whats-new-in-20"),
        ("`foo_bar()` -- now", "foo_bar----now"),
        ("Gr\u00fc\u00dfe, \u4e16\u754c", "gr\u00fc\u00dfe-\u4e16\u754c"),
    ],
)
def test_slugs_are_those_of_github(heading: str, name: str) -> None:
    assert anchors(f"# {heading}\n\ntext") == [name]


@pytest.mark.parametrize(
    ("style", "names"),
    [
        (SlugStyle.GITHUB, ["what-is-a_b--c-20", "what-is-a_b--c-20-1"]),
        (SlugStyle.GITLAB, ["what-is-a_b-c-20", "what-is-a_b-c-20-1"]),
        (SlugStyle.MKDOCS, ["what-is-a_b-c-20", "what-is-a_b-c-20_1"]),
        (SlugStyle.SPHINX, ["what-is-a-b-c-2-0", ""]),
        (SlugStyle.VITEPRESS, ["what-is-a-b-c-2-0", "what-is-a-b-c-2-0-1"]),
        (SlugStyle.MINTLIFY, ["what-is-a_b-&-c-2-0", "what-is-a_b-&-c-2-0-2"]),
    ],
)
def test_other_programs_make_other_ids(style: SlugStyle, names: list[str]) -> None:
    slugs = Slugs(style)
    assert [slugs.of("What is a_b & c 2.0?") for _ in range(2)] == names


def test_a_heading_without_an_id_of_its_own_leads_to_the_one_above() -> None:
    assert anchors("# A\n\ntext\n\n## A\n\ntext", SlugStyle.SPHINX) == ["a", "a"]


def test_headings_that_say_the_same_have_numbers() -> None:
    assert anchors("# A\n\n## A\n\n## A\n") == ["a", "a-1", "a-2"]


@pytest.mark.parametrize(
    "text", ["# Set up {#go}", "# Set up {: #go .x }", "Set up { #go }\n===", "# Set up {/* #go */}"]
)
def test_an_id_of_the_authors_own_goes_before_but_not_on_a_git_host(text: str) -> None:
    assert anchors(text) == ["go"]
    assert read(text).title == "Set up"
    assert anchors(text, SlugStyle.GITHUB)[0].startswith("set-up-")
    assert read(text, style=SlugStyle.GITHUB).title == "Set up"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('---\ntitle: "From the front"\nlayout: x\n---\n# A heading\n\ntext', "From the front"),
        ('+++\ntitle = "Hugo"\n+++\n\ntext', "Hugo"),
        ("Some text.\n\n## First heading\n\ntext", "start"),
        ("Some text.\n\n# First heading\n\ntext", "First heading"),
        ("Some text.", "start"),
        ("---\n\nA rule, no front matter\n\n---\n", "start"),
    ],
)
def test_the_title_is_the_front_matters_then_the_first_heading_then_the_file_name(text: str, title: str) -> None:
    found = read(text)
    assert found.title == title
    assert "layout" not in str(found.blocks)


def test_a_draft_is_not_for_the_index() -> None:
    assert read("---\ndraft: true\n---\n# T\n").noindex


@pytest.mark.parametrize(
    "text",
    [
        '!!! warning "Mind"\n    Never **do**.\n\n    Or else.\n',
        '???+ warning "Mind"\n    Never do.\n\n    Or else.\n',
        ":::warning[Mind]\nNever do.\n\nOr else.\n:::\n",
        "::: warning Mind\nNever do.\n\nOr else.\n:::\n",
        "```{warning} Mind\n:class: x\nNever do.\n\nOr else.\n```\n",
        ":::{warning} Mind\nNever do.\n\nOr else.\n:::\n",
        '<Admonition type="warning" title="Mind">\n\nNever do.\n\nOr else.\n\n</Admonition>\n',
        '<Warning title="Mind">\nNever do.\n\nOr else.\n</Warning>\n',
    ],
)
def test_admonitions_of_all_dialects_are_notes(text: str) -> None:
    blocks = read(f"# T\n\n{text}\nAfter.").blocks[1:]
    assert [(block.text, block.note) for block in blocks] == [
        ("Mind:", "warning"),
        ("Never do.", "warning"),
        ("Or else.", "warning"),
        ("After.", ""),
    ]


def test_alerts_of_github_are_notes() -> None:
    blocks = read("# T\n\n> [!CAUTION]\n> Do not.\n\n> [!NOTE] Do.\n").blocks[1:]
    assert [(block.text, block.note) for block in blocks] == [
        ("Caution:", "caution"),
        ("Do not.", "caution"),
        ("Note:", "note"),
        ("Do.", "note"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '=== "pip"\n\n    ```bash\n    pip install x\n    ```\n\n'
        '=== "conda"\n\n    ```bash\n    conda install x\n    ```\n',
        '<Tabs>\n  <TabItem value="pip" label="pip">\n\n    ```bash\n    pip install x\n    ```\n\n  </TabItem>\n'
        '  <TabItem\n    value="conda"\n    label="conda"\n  >\n\n    ```bash\n    conda install x\n    ```\n\n'
        "  </TabItem>\n</Tabs>\n",
        "::: code-group\n```bash [pip]\npip install x\n```\n```bash [conda]\nconda install x\n```\n:::\n",
    ],
)
def test_tabs_keep_their_labels(text: str) -> None:
    expected = [("paragraph", "pip:"), ("code", "pip install x"), ("paragraph", "conda:"), ("code", "conda install x")]
    assert kinds_and_texts(text) == expected
    assert {block.language for block in read(text).blocks if block.kind is BlockKind.CODE} == {"bash"}


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ('python title="a.py" {1,3-4}', "python"),
        ("js{2}", "js"),
        ("{.yaml .copy}", "yaml"),
        ("rust,ignore", "rust"),
        ("{code-block} c++\n:linenos:", "c++"),
        ("{python}", "python"),
        ("", ""),
    ],
)
def test_of_a_fences_options_the_language_alone_stays(info: str, language: str) -> None:
    (block,) = read(f"```{info}\n<Tabs>\n  x = {{y}}\n!!! note\n```\n").blocks
    assert (block.text, block.language) == ("<Tabs>\n  x = {y}\n!!! note", language)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{% hint style="warning" %}\nHot.\n{% endhint %}', [("warning", "Warning:"), ("warning", "Hot.")]),
        ('{{% alert title="Mind" color="tip" %}}\nHot.\n{{% /alert %}}', [("tip", "Mind:"), ("tip", "Hot.")]),
        ("{{< note >}}\nHot.\n{{< /note >}}", [("note", "Note:"), ("note", "Hot.")]),
        ('{% include tip.html content="Hot." %}', [("tip", "Tip:"), ("tip", "Hot.")]),
        ('{% tab title="npm" %}\nHot.\n{% endtab %}', [("", "npm:"), ("", "Hot.")]),
        ('{{< tab "npm" >}}\nHot.\n{{< /tab >}}', [("", "npm:"), ("", "Hot.")]),
        ('{{< figure title="An oven" >}}\nHot.', [("", "Hot.")]),
        ("{{% notice note %}}Hot.{{% /notice %}}", [("", "Hot.")]),
        ("{% highlight ruby %}\na\n  b\n{% endhighlight %}\n\nHot.", [("", "a\n  b"), ("", "Hot.")]),
        (
            "{{< note >}}\n{{< highlight go >}}\na\n{{< /highlight >}}\nHot.\n{{< /note >}}\n\nb",
            [("note", "Note:"), ("note", "a"), ("note", "Hot."), ("", "b")],
        ),
        ("* TOC\n{:toc}\n\nHot.", [("", "Hot.")]),
        ("{{#include a.md}}\n\n```rs\n{{#include a.rs:2:9}}\nbake();\n```", [("", "bake();")]),
    ],
)
def test_tags_of_templates_are_what_they_show(text: str, kinds: list[tuple[str, str]]) -> None:
    assert [(block.note, block.text) for block in read(f"# Oven\n\n{text}\n").blocks[1:]] == kinds


def test_an_id_that_stands_below_a_heading_is_that_of_the_heading() -> None:
    assert anchors("# Oven\n\ntext\n\n## Bake\n{: .no_toc #baking }\n\ntext") == ["oven", "baking"]


def test_what_only_machines_read_is_gone() -> None:
    text = (
        "import Tabs from '@theme/Tabs';\n\nimport {\n  A,\n} from \"b\";\n\n"
        "export const x = {\n  a: 1,\n\n  b: 2,\n};\n\n"
        "<!-- ignore all\n\nprevious -->\n\n{/* a comment */}\n\n(target)=\n# T\n\n<Foo a={() => 1}>\nText `{kept}` "
        '{% raw %}of{% endraw %} it{{< br >}}.\n</Foo>\n\n[TOC]\n\n--8<-- "snippet.md"\n\n![](x.png){ .wide }\n'
    )
    assert kinds_and_texts(text, URL + "x") == [("heading", "T"), ("paragraph", "Text `{kept}` of it.")]


def test_roles_of_myst_are_their_text() -> None:
    text = "See {ref}`the guide <guide>`, {doc}`intro`, {py:func}`~pkg.run` and {meth}`Pool.map`."
    assert kinds_and_texts(text) == [("paragraph", "See the guide, intro, `run` and `Pool.map`.")]


def test_tables_lists_and_definitions_are_those_of_a_page() -> None:
    text = "| A | B |\n|---|---|\n| `x` | 2 |\n\n1. one\n   ```sh\n   ls\n   ```\n2. two\n\nTerm\n: Its meaning.\n"
    assert kinds_and_texts(text) == [
        ("table", "| A | B |\n| --- | --- |\n| `x` | 2 |"),
        ("item", "1. one"),
        ("code", "ls"),
        ("item", "2. two"),
        ("signature", "**Term**"),
        ("paragraph", "Its meaning."),
    ]


def test_links_are_resolved_and_footnotes_look_like_no_citation() -> None:
    found = read("# T\n\nSee [the rest](../rest.md#x)[^1].\n\n[^1]: A remark.\n")
    assert found.links == ("https://docs.example/rest.md",)
    assert "[1]" not in "".join(block.text for block in found.blocks)


def test_plain_text_named_md_is_markdown_and_html_named_md_is_not() -> None:
    assert parse_document(b"# Title", "text/plain", "https://raw.example/README.md").title == "Title"
    page = b"<!doctype html><h1>Title</h1><p># no heading</p>"
    assert parse_document(page, "text/plain", URL).blocks[1] == Block(
        BlockKind.PARAGRAPH, "# no heading", "", ("Title",)
    )


@pytest.mark.heavy
@pytest.mark.parametrize(
    "text",
    [
        "`" * 100_000,
        "[" * 50_000,
        "> " * 5_000 + "x",
        "!!! note\n" * 20_000,
        "".join(f"{'    ' * depth}!!! note\n" for depth in range(400)),
        ":::note\n" * 20_000,
        "<Foo\n" * 20_000,
        "{" * 100_000,
        "{a}`" * 20_000,
        "import x\n" * 20_000,
        "---\n" * 50_000,
        "*a_ " * 30_000,
    ],
)
def test_no_markdown_takes_long(text: str) -> None:
    assert any(processor_seconds(text) < 5 for _ in range(3)), "the best of three: neighbours slow a processor down"


def processor_seconds(text: str) -> float:
    started = time.process_time()
    read(text)
    return time.process_time() - started
