"""Pages of generators and hands that were not at hand before: names with ids, titles, labels, and what stands around.

Each table is one kind: the markup, and what must be read of it.
"""

from __future__ import annotations

import pytest

from core.domain import Passage
from ingest.html.extract import extract
from ingest.split import split

URL = "https://docs.example/guide/page"
FILLER = "<p>The oven is lit before dawn, and the first loaves are on the table when the harbour wakes up.</p>" * 3


def read(html: str) -> list[Passage]:
    return list(split(extract(html, URL), URL)[0])


def passages(body: str) -> dict[str, Passage]:
    """Return the passages of a page by their anchors."""
    return {one.anchor: one for one in read(f"<body><main><h1 id=top>Oven</h1>{FILLER}{body}</main></body>")}


def blocks(body: str) -> list[str]:
    page = extract(f"<body><main><h1 id=top>Oven</h1>{FILLER}{body}</main></body>", URL)
    return [block.text for block in page.blocks[4:]]


@pytest.mark.parametrize(
    "body",
    [
        "<p><strong id=heat>heat</strong> is 220 by default.<p><strong id=steam>steam</strong> is 3 by default.",
        "<p><dfn id=heat>Heat</dfn> is 220 by default.<p><dfn id=steam>Steam</dfn> is 3 by default.",
        "<ul><li><code id=heat>heat</code>: 220 by default.<li><code id=steam>steam</code>: 3 by default.</ul>",
        "<ul><li><a href=#heat id=heat>heat</a> 220 by default<li><a href=#steam id=steam>steam</a> 3 by default</ul>",
        "<ul><li><p><b id=heat>heat</b>: 220 by default.<li><p><b id=steam>steam</b>: 3 by default.</ul>",
        "<dl><dt>heat<dd id=heat>It is 220 by default.<dt>steam<dd id=steam>It is 3 by default.</dl>",
        "<dl id=heat><dt>heat<dd>It is 220 by default.</dl><dl id=steam><dt>steam<dd>It is 3 by default.</dl>",
        "<p><a name=heat></a></p><h3>Heat</h3><p>It is 220 by default.</p><p><a name=steam></a></p><h3>Steam</h3>"
        "<p>It is 3 by default.</p>",
    ],
)
def test_an_id_on_a_name_or_near_it_leads_to_what_is_said_of_it(body: str) -> None:
    found = passages(body)
    assert "220 by default" in found["heat"].text
    assert "3 by default" in found["steam"].text
    assert "220" not in found["steam"].text


@pytest.mark.parametrize("body", ["<p><b id=s1>1.</b> Light it.</p>", "<p>First, <b id=heat>heat</b> it.</p>"])
def test_an_id_that_is_counted_or_within_a_sentence_begins_no_entry(body: str) -> None:
    assert list(passages(body)) == ["top"]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<div><span>loaves</span><span>integer</span></div>", "loaves integer"),
        ("<h3 id=x>bake<span class=badge>beta</span></h3><p>It bakes.</p>", "bake beta"),
        ("<p><code>heat</code><span class=param-type>number</span></p>", "`heat` number"),
        ("<p><span class=x>Sour</span><span class=x>dough</span></p>", "Sourdough"),
        ("<p><span>Sour</span><span>dough</span></p>", "Sourdough"),
        ("<div><span class=n>bake</span><span class=p>(2)</span></div>", "bake(2)"),
    ],
)
def test_labels_that_a_style_sheet_sets_apart_are_words_of_their_own(markup: str, expected: str) -> None:
    assert blocks(markup)[0] == expected


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("bake<div role=button>Copy</div>", "bake"),
        ("<span class=select-none>1</span>a\n<span class=select-none>2</span>b", "a\nb"),
        ("<span data-line class=remove>a\n</span><span data-line class=add>b</span>", "b"),
    ],
)
def test_controls_numbers_and_removed_lines_are_no_code(code: str, says: str) -> None:
    assert blocks(f"<pre><code>{code}</code></pre>") == [says]


def test_a_label_below_its_checkbox_opens_the_answer() -> None:
    box = "<div><input type=checkbox id={0}><label for={0}>{1}</label><div><p>{2}</p></div></div>"
    body = box.format("q", "Is it hot?", "Very.") + box.format("r", "Is it loud?", "No.")
    assert blocks(body) == ["**Is it hot?**", "Very.", "**Is it loud?**", "No."]


def test_a_tooltip_does_not_interrupt_the_sentence() -> None:
    assert blocks("<p>The <span>peel<span class=tooltiptext>a flat spade</span></span> is long.</p>") == [
        "The peel is long."
    ]


def test_a_formula_that_is_drawn_says_its_label() -> None:
    label = '<span role=math aria-label="x squared"><svg></svg></span>'
    assert blocks(f"<p>It is {label} here.</p>") == ["It is $x squared$ here."]


@pytest.mark.parametrize(
    ("title", "body", "called"),
    [
        ("Oven Manual: 1.1.12 Baking", f"<h3>1.1.12 Baking</h3>{FILLER}", "1.1.12 Baking"),
        ("Data.Oven", f"<p>Data.Oven</p><p>Description</p><h1>Types</h1>{FILLER}", "Data.Oven"),
        (
            "Oven: oven::Peel Class Reference",
            f"<div><div>Oven</div></div><div><div>oven::Peel Class Reference</div></div>{FILLER}",
            "oven::Peel Class Reference",
        ),
        ("Baking - Oven", f"<div>Oven</div>{FILLER}", "Baking - Oven"),
        ("Baking - Oven", f"<div>Oven</div><h1>How to bake</h1>{FILLER}", "How to bake"),
    ],
)
def test_a_page_is_called_what_it_says_above_its_text(title: str, body: str, called: str) -> None:
    assert extract(f"<html><head><title>{title}</title></head><body>{body}</body></html>", URL).title == called


def test_what_is_right_below_a_title_that_is_no_heading_is_kept_however_short() -> None:
    head = "<title>Oven: oven::Peel Class Reference</title>"
    body = "<div>Oven</div><div>oven::Peel Class Reference</div><p><code>#include &lt;oven/peel.h&gt;</code></p>"
    more = f"<h2><a name=d></a>Details</h2>{FILLER}"
    assert any("oven/peel.h" in one.text for one in read(f"<html><head>{head}</head><body>{body}{more}</body></html>"))


def test_the_package_above_the_name_of_a_class_is_kept_and_a_brand_is_not() -> None:
    page = "<main><div>{}</div><h1>Class Peel</h1><section id=d><h2>Details</h2>{}</section></main>"
    assert "org.oven" in read(page.format("Package <a href=p>org.oven</a>", FILLER))[0].text
    assert not any("Oven docs" in one.text for one in read(page.format("Oven docs", FILLER)))


def test_a_list_of_names_alone_is_kept_under_its_heading() -> None:
    page = f"<h1>Oven</h1>{FILLER}<section><h3>Public Constants</h3><dl><dt id=HOT>HOT</dl></section>"
    assert any("HOT" in one.text for one in read(page))


@pytest.mark.parametrize(
    "bar",
    [
        "<div class=NAVHEADER><table><tr><th colspan=3>Oven 2 Manual<tr><td><a href=a>Prev</a><td>Chapter 8. Tins"
        "<td><a href=b>Next</a></table></div>",
        "<p>[ <a href=a>previous</a> ] [ <a href=c>Contents</a> ] [ <a href=d>1</a> ] [ <a href=e>A</a> ] "
        "[ <a href=f>B</a> ] [ <a href=b>next</a> ]</p>",
    ],
)
def test_rows_of_chapters_and_neighbours_are_no_text(bar: str) -> None:
    assert blocks(f"{bar}<p>Kept.</p>") == ["Kept."]


def test_a_button_that_says_it_is_expanded_heads_what_is_below_it() -> None:
    button = "<div><button aria-expanded=true><span>GET</span><span>/loaves</span><div>All loaves.</div></button></div>"
    assert blocks(f"<div>{button}<div><p>At most 40.</p></div></div>") == ["**GET /loaves All loaves.**", "At most 40."]
    menu = "<div><button aria-expanded=false>Pages</button><div><a href=a>Oven</a> <a href=b>Peel</a></div></div>"
    assert "**Pages**" not in blocks(menu)


def test_a_note_that_is_written_within_its_sentence_stands_in_brackets() -> None:
    assert blocks("<p>It takes 12 loaves<span class=footnote>Of 1 kg.</span> a day.</p>") == [
        "It takes 12 loaves (Of 1 kg.) a day."
    ]
    assert "(" not in blocks("<table><tr><td>A<td>B<tr><td>C<td><div class=footnote>Of 1 kg.</div></table>")[0]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Kept.</p><p><a href=#top>Back to top</a></p><p>Kept.</p>", ["Kept.", "Kept."]),
        ("<p>Kept.</p><p><a href=#>\u2191 Top</a></p><p>Kept.</p>", ["Kept.", "Kept."]),
        ("<p>Kept.</p><p><a href=/top>Top</a></p><p>Kept.</p>", ["Kept.", "Top", "Kept."]),
        ("<p><code>light<br>bake</code></p><p>See <code>a<br>b</code>.</p>", ["light\nbake", "See `a b`."]),
        ("<p><samp>ready<br>on 9090</samp></p>", ["ready\non 9090"]),
    ],
)
def test_links_to_the_top_are_no_text_and_lines_of_code_are_lines(markup: str, expected: list[str]) -> None:
    assert blocks(markup) == expected
