"""Components of MDX whose attributes hold text, pages without a first heading, links within a wiki."""

from __future__ import annotations

import pytest

from core.domain import Passage
from ingest.documents.document import parse_document
from ingest.split import split

URL = "https://docs.example.org/guide/02-hand-pump.mdx"


def passages(text: str, url: str = URL) -> tuple[Passage, ...]:
    return split(parse_document(text.encode(), "text/markdown", url), url)[0]


def whole(text: str) -> str:
    return "\n".join(f"{' > '.join(passage.path)}\n{passage.text}" for passage in passages(text))


INTRO = "The pump is worked by hand until water comes out of the spout, which takes about a minute in cold weather."


@pytest.mark.parametrize(
    ("tag", "facts"),
    [
        (
            '<ParamField path="depth" type="integer" required default="3">',
            ["depth", "path", "integer", "required", "3"],
        ),
        ("<ParamField query='depth' type={\"string\"} required={true}>", ["depth", "query", "string", "required"]),
        ('<ParamField body="depth" type="object" deprecated>', ["depth", "body", "object", "deprecated"]),
        ('<ResponseField name="depth" type="string[]" default={10}>', ["depth", "string[]", "default: 10"]),
        ('<ParamField query="depth" type="enum<string>" default="3">', ["depth", "enum<string>", "default: 3"]),
        (
            '<ParamField\n  path="depth"\n  type="map<string, int>"\n  required\n>',
            ["depth", "map<string, int>", "required"],
        ),
        ('<ParamField\n  header="depth"\n  type="string"\n>', ["depth", "header", "string"]),
    ],
)
def test_a_parameter_says_its_name_type_and_whether_it_is_required_with_its_text(tag: str, facts: list[str]) -> None:
    name = tag.removeprefix("<").split()[0]
    inside = "How deep the well is, from 1 to 64.\n\n  - `0` is refused"
    text = f"---\ntitle: Pump\n---\n{INTRO}\n\n{tag}\n  {inside}\n</{name}>\n\nAfter it."
    (holder,) = [passage.text for passage in passages(text) if "from 1 to 64" in passage.text]
    assert all(fact in holder for fact in facts), holder
    assert "required" not in holder or "required" in facts
    assert "is refused" in holder


def test_fields_within_fields_keep_their_text() -> None:
    text = (
        f'# Pump\n\n{INTRO}\n\n<ResponseField name="well" type="object">\n  The well.\n'
        '  <Expandable title="its parts">\n'
        '    <ResponseField name="rim" type="string" required>\n      Of what the rim is made.\n    </ResponseField>\n'
        "  </Expandable>\n</ResponseField>\n\nThe end of it."
    )
    body = whole(text)
    for part in (
        "`well` object",
        "The well.",
        "its parts",
        "`rim` string, required",
        "Of what the rim is made.",
        "The end",
    ):
        assert part in body


def test_an_update_is_a_section_and_a_tab_on_one_line_keeps_its_label() -> None:
    text = (
        f'# News\n\n{INTRO}\n\n<Update label="2026-05-01" description="v1.2">\n  The handle folds, so that the pump '
        "fits below a bench or a bed, and the valve is of brass.\n</Update>\n\n## Install\n\n<Tabs>\n"
        '<Tab title="pip">Run `pip install pump` in a new environment.</Tab>\n'
        '<Tab title="uv">Run `uv add pump`.</Tab>\n</Tabs>\n'
    )
    assert ("News", "2026-05-01 (v1.2)") in [passage.path for passage in passages(text)]
    text = text.replace("  The handle folds", "## The handle\n\nThe handle folds")
    assert ("News", "2026-05-01 (v1.2)", "The handle") in [passage.path for passage in passages(text)]
    assert ("News", "Install") in [passage.path for passage in passages(text)]
    body = whole(text)
    assert "pip:" in body
    assert body.index("uv:") < body.index("uv add pump")


def test_tabs_that_carry_no_label_get_those_of_their_list() -> None:
    text = (
        f"# Install\n\n{INTRO}\n\n<Tabs items={{['pnpm', 'npm']}}>\n"
        "  <Tabs.Tab>\n  Run `pnpm add pump`.\n  </Tabs.Tab>\n"
        "  <Tabs.Tab>\n  Run `npm i pump`.\n  </Tabs.Tab>\n</Tabs>\n"
    )
    body = whole(text)
    assert body.index("pnpm:") < body.index("pnpm add") < body.index("\nnpm:") < body.index("npm i pump")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("02-hand-pump.mdx", "hand pump"),
        ("guide/Oil-Change.md", "Oil Change"),
        ("valves/README.md", "valves"),
        ("3.md", "3"),
    ],
)
@pytest.mark.parametrize("text", [f"{INTRO}\n\n## Prime it\n\n{INTRO}", f"## Prime it\n\n{INTRO}"])
def test_a_page_without_a_first_heading_is_called_as_its_file(name: str, title: str, text: str) -> None:
    found = passages(text, f"https://docs.example.org/{name}")
    assert {passage.title for passage in found} == {title}
    assert (title, "Prime it") in [passage.path for passage in found]
    assert found[-1].anchor == "prime-it"


def test_a_page_with_a_title_in_its_front_matter_has_it_above_its_sections() -> None:
    found = passages(f"---\ntitle: 'The pump'\n---\n{INTRO}\n\n## Prime it\n\n{INTRO}")
    assert [passage.path for passage in found][-1] == ("The pump", "Prime it")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("[[Oil Change]]", "Oil Change"),
        ("[[the list of parts|Spare-Parts]]", "the list of parts"),
        ("[[spare-parts|the list of parts]]", "the list of parts"),
        ("[[Spare Parts#filters]]", "Spare Parts"),
        ("`[[table]]`", "`[[table]]`"),
    ],
)
def test_a_link_within_a_wiki_is_its_words(link: str, words: str) -> None:
    assert f"See {words} first. {INTRO}" in whole(f"# Pump\n\nSee {link} first. {INTRO}")


def test_a_tab_without_a_label_is_called_by_its_value() -> None:
    tab = '<{0} value="{1}">\n\nIt is {1} metres.\n\n</{0}>\n'
    text = whole(f"# Pump\n\n{INTRO}\n\n{tab.format('TabItem', 'nine')}{tab.format('Card', 'eight')}")
    assert "nine:\n" in text
    assert "eight:\n" not in text
