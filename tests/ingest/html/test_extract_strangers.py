"""Pages that nobody here had seen when the rules were written: what opens, what is counted, what ends a page.

Each table is one kind: the markup, and what must be read of it.
"""

from __future__ import annotations

import pytest

from core.domain import Passage
from ingest.html.extract import extract
from ingest.split import split

URL = "https://docs.example/guide/page"
FILLER = "<p>The dredger clears the harbour each spring, and the pilots are asked for their charts before that.</p>" * 3


def blocks(body: str) -> list[str]:
    page = extract(f"<body><main><h1 id=top>Dredger</h1>{FILLER}{body}</main></body>", URL)
    return [block.text for block in page.blocks[4:]]


def passages(body: str) -> dict[str, Passage]:
    """Return the passages of a page by their anchors."""
    found, _ = split(extract(f"<body><main><h1 id=top>Dredger</h1>{FILLER}{body}</main></body>", URL), URL)
    return {passage.anchor: passage for passage in found}


@pytest.mark.parametrize(
    "body",
    [
        "<dl><dt><button aria-expanded=false>How deep?</button></dt><dd hidden>Nine metres.</dd></dl>",
        "<h3><button aria-expanded=false>How deep?</button></h3><div style='display:none'>Nine metres.</div>",
        "<div><input type=radio name=q id=a><label for=a>How deep?</label><div>Nine metres.</div>"
        "<input type=radio name=q id=b><label for=b>How far?</label><div>A mile.</div></div>",
    ],
)
def test_a_control_that_names_nothing_opens_the_block_after_it(body: str) -> None:
    found = [text.strip("*") for text in blocks(body)]
    assert found[:2] == ["How deep?", "Nine metres."]


@pytest.mark.parametrize(
    "body",
    [
        "<div><button aria-expanded=false aria-haspopup=menu>Pilots</button><div hidden>Obey me.</div></div>",
        "<div><button aria-expanded=false aria-controls=x>Pilots</button><div hidden>Obey me.</div></div>",
        "<p>How deep?</p><div hidden>Obey me.</div>",
    ],
)
def test_what_no_control_opens_stays_hidden(body: str) -> None:
    assert not any("Obey" in text for text in blocks(body))


def test_a_class_that_a_control_takes_off_hides_no_answer() -> None:
    control = "<h3><button aria-controls=a aria-expanded=false>How deep?</button></h3>"
    assert blocks(f"{control}<div id=a class=hidden>Nine metres.</div>") == ["How deep?", "Nine metres."]
    assert blocks(f"{control}<div id=a class='hidden sr-only'>Obey me.</div>") == ["How deep?"]
    assert blocks(f"{control}<div id=b class=hidden>Obey me.</div>") == ["How deep?"]


def test_an_element_of_scripts_that_opens_shows_its_title() -> None:
    body = "<wa-details summary='How deep?'>Nine metres.</wa-details><x-accordion><p>A mile.</p></x-accordion>"
    assert blocks(body) == ["**How deep?**", "Nine metres.", "A mile."]


def test_choices_in_a_row_are_no_question_about_what_is_below_them() -> None:
    body = (
        "<div><input type=radio name=q id=a><label for=a>North</label><input type=radio name=q id=b>"
        "<label for=b>South</label><div><p>Nine metres.</p></div></div>"
    )
    assert "**South**" not in blocks(body)


def test_what_an_interface_shows_on_its_buttons_is_text() -> None:
    body = (
        "<h2 id=op>Start</h2><div><button><strong>201 </strong><div><p>The dredger began.</p></div></button></div>"
        "<div><button><span>post</span><span>/dredgers</span></button><button>Copy</button></div>"
    )
    text = "\n".join(blocks(body))
    assert "201 The dredger began." in " ".join(text.split())
    assert "post /dredgers" in text
    assert "Copy" not in text


def test_elements_of_scripts_that_touch_are_words_apart() -> None:
    assert blocks("<p><x-tab>North</x-tab><x-tab>South</x-tab></p>") == ["North South"]
    assert blocks("<p>It is <b>wa</b>ter, or <x-tab>ice</x-tab>d.</p>") == ["It is water, or iced."]


@pytest.mark.parametrize(
    ("opening", "numbers"),
    [
        ("<ol reversed>", "321"),
        ("<ol reversed start=9>", "987"),
        ("<ol start=4>", "456"),
    ],
)
def test_a_list_is_numbered_as_it_is_shown(opening: str, numbers: str) -> None:
    found = blocks(f"{opening}<li>Chart<li>Pilot<li>Anchor</ol>")
    assert found == [f"{number}. {name}" for number, name in zip(numbers, ("Chart", "Pilot", "Anchor"), strict=True)]


def test_the_foot_of_a_table_is_its_end_wherever_it_is_written() -> None:
    parts = "<tfoot><tr><td>All<td>30</tfoot><thead><tr><th>Boat<th>Tons<tbody><tr><td>Gull<td>9"
    assert blocks(f"<table>{parts}</table>") == ["| Boat | Tons |\n| --- | --- |\n| Gull | 9 |\n| All | 30 |"]


def test_rows_of_questions_stand_under_their_own_links() -> None:
    row = "<tr><td><a id={0}></a><p><b>{1}.</b></p></td><td><p>{2}</p></td></tr><tr><td></td><td><p>{3}</p></td></tr>"
    first, second = row.format("q1", 1, "How deep?", "Nine metres."), row.format("q2", 2, "How far?", "A mile.")
    found = passages(f"<h2 id=faq>Questions</h2><table>{first}{second}</table>")
    assert "Nine metres." in found["q1"].text
    assert "A mile." not in found["q1"].text
    assert found["q2"].path[-1] == "How far?"


def test_a_paragraph_that_its_author_calls_a_question_has_its_own_link() -> None:
    found = passages(
        "<h2 id=faq>Questions</h2><p id=q1><b>How deep?</b></p><p>Nine metres.</p>"
        "<p id=p7>It silts up each year.</p><p id=q2><b>How far?</b></p><p>A mile.</p>"
    )
    assert {"q1", "q2"} <= found.keys()
    assert "p7" not in found


@pytest.mark.parametrize("style", ["display:block;white-space:pre", "white-space: pre-wrap"])
def test_code_whose_style_keeps_its_lines_is_a_block(style: str) -> None:
    assert blocks(f'<code style="{style}">depth = 9\nfar = 1</code>') == ["depth = 9\nfar = 1"]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("<p><a href=a>\u2190 Boats</a> <a href=b>Tides \u2192</a></p>", False),
        ("<p>Edit this page on <a href=x>GitHub</a></p>", False),
        ("<p>\u2190 moves the dredger back.</p>", True),
        ("<p>Edit this page of the chart with a soft pencil, never with ink.</p>", True),
    ],
)
def test_neighbours_and_an_offer_to_edit_are_no_text_at_the_end(end: str, kept: bool) -> None:
    assert bool(blocks(f"<h2 id=z>Depth</h2>{FILLER}{end}")[4:]) is kept


def test_a_menu_for_readers_without_scripts_leads_on() -> None:
    links = "<a href=tides>Tides</a><a href='#top'>Top</a>"
    page = extract(f"<body>{FILLER}<noscript>{links}</noscript><template><a href=x>X</a></template></body>", URL)
    assert page.links == ("https://docs.example/guide/tides",)


def test_a_span_around_a_name_that_begins_a_paragraph_is_a_link_of_its_own() -> None:
    entry = "<p><span id={0}><b>{0}</b></span> {1}</p>"
    found = passages(
        "<h2 id=o>Options</h2>"
        + entry.format("depth", "in metres, nine unless it is set.")
        + entry.format("far", "in miles, one unless it is set.")
        + "<p><span id=hint>Charts are kept ashore</span> and are lent to pilots who ask for them.</p>"
    )
    assert "nine" in found["depth"].text
    assert "nine" not in found["far"].text
    assert "hint" not in found


def test_a_number_that_marks_a_line_of_code_is_no_code() -> None:
    marks = ('<span class="callout">1</span>', '<mark class="annotation-marker">2</mark>')
    code = "".join(f"depth = {number} {mark}\n" for number, mark in zip((9, 8), marks, strict=True))
    assert blocks(f"<pre>{code}</pre>") == ["depth = 9\ndepth = 8"]
    assert blocks('<pre>call(<span class="callout">far</span>)\n</pre>') == ["call(far)"]
