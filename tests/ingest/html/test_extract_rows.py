"""Rows of a table that the page has links to are entries: each is a passage under its own link, with the header."""

from __future__ import annotations

import pytest

from ingest.html.extract import extract
from ingest.split import split

URL = "https://docs.example/reference"
HEADER = "<thead><tr><th>Option<th>What it does</tr></thead>"
LINES = "| Option | What it does |\n| --- | --- |\n"


def passages(table: str) -> list[tuple[str, tuple[str, ...], str]]:
    intro = "<p>The kiln reads its options when it starts, and each time that somebody asks it to read them.</p>"
    page = extract(f"<body><main><h1 id=options>Options</h1>{intro}{table}</main></body>", URL)
    found, _ = split(page, URL)
    return [(each.anchor, each.path[1:], each.text) for each in found[1:]]


@pytest.mark.parametrize(
    ("heat", "draft"),
    [
        ("<tr id=opt-heat><td>heat", "<tr id=opt-draft><td>draft"),
        ("<tr><td id=opt-heat>heat", "<tr><td id=opt-draft>draft"),
        ("<tr><td><a name=opt-heat></a>heat", "<tr><td><a name=opt-draft></a>draft"),
        ("<tr><td><code id=opt-heat>heat</code>", "<tr><td><code id=opt-draft>draft</code>"),
        (
            '<tr><td><p><a id=opt-heat href="#opt-heat">heat</a></p>',
            '<tr><td><p><a id=opt-draft href="#x">draft</a></p>',
        ),
    ],
)
def test_a_row_with_a_link_is_an_entry(heat: str, draft: str) -> None:
    table = f"<table>{HEADER}{heat}<td>How hot it gets</tr>{draft}<td>How much air</tr></table>"
    found = [(anchor, path, text.replace("`", "")) for anchor, path, text in passages(table)]
    assert found == [
        ("opt-heat", ("heat",), f"{LINES}| heat | How hot it gets |"),
        ("opt-draft", ("draft",), f"{LINES}| draft | How much air |"),
    ]


def test_a_row_without_a_link_goes_on_with_the_one_before_it() -> None:
    heat = "<tr id=opt-heat><td rowspan=2>heat<td>How hot</tr><tr><td>1,200 at most</tr>"
    rows = f"{heat}<tr id=opt-air><td>air<td>Draft</tr>"
    assert [text for _, _, text in passages(f"<table>{HEADER}{rows}</table>")] == [
        f"{LINES}| heat | How hot |\n| heat | 1,200 at most |",
        f"{LINES}| air | Draft |",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        "<tr id=row-1><td>heat<td>How hot</tr><tr id=row-2><td>air<td>How much</tr>",  # a generator counts
        "<tr id=opt-heat><td>heat<td>How hot</tr><tr><td>air<td>a</tr><tr><td>ash<td>b</tr><tr><td>door<td>c</tr>",
        "<tr><td>heat<td>How hot</tr><tr><td>air<td>How much</tr>",
    ],
)
def test_a_table_of_few_links_stays_whole(rows: str) -> None:
    (only,) = {anchor for anchor, _, _ in passages(f"<table>{HEADER}{rows}</table>")} or {"options"}
    assert only == "options"


def test_what_follows_the_table_is_not_under_its_last_row() -> None:
    rows = "<tr id=opt-heat><td>heat<td>How hot</tr><tr id=opt-air><td>air<td>How much</tr>"
    after = "<p>The door of the kiln must be closed before any of these options is changed by somebody.</p>"
    assert passages(f"<table>{HEADER}{rows}</table>{after}")[-1][0] == "options"
