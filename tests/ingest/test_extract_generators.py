"""Markup of generators that the gold of ../shared does not have, on small pages written for these tests."""

from __future__ import annotations

import pytest

from ingest.extract import extract
from ingest.pages import Block, BlockKind, Extract
from ingest.split import split

URL = "https://docs.example/guide/page.html"
WORDS = "Ropes are tied to posts, and posts are driven into the ground before the tide comes in. "
FILLER = f"<p>{WORDS * 5}</p>"


def page(body: str) -> Extract:
    return extract(f"<html><head><title>T</title></head><body>{body}</body></html>", URL)


def main(html: str) -> tuple[Block, ...]:
    """The blocks of a page whose text is marked, without the filler at its end."""
    return page(f"<main>{html}{FILLER}</main>").blocks[:-1]


def texts(html: str) -> list[str]:
    return [block.text for block in main(html)]


def of_kind(html: str, kind: BlockKind) -> list[str]:
    return [block.text for block in main(html) if block.kind is kind]


def test_what_stands_before_the_densest_section_is_text_too() -> None:
    html = (
        '<div class="book"><div class="refentry"><div class="refnamediv"><h2>rope_tie</h2><p>ties a rope</p></div>'
        f'<div class="refsect1"><h2>Details</h2>{FILLER * 3}</div></div>'
        '<div class="menu"><a href="a">One page</a> <a href="b">Another page</a></div></div>'
    )
    assert [block.text for block in page(html).blocks][:3] == ["rope_tie", "ties a rope", "Details"]


def test_a_page_of_many_articles_keeps_what_stands_between_them() -> None:
    articles = "".join(f"<div><article class=func><h4>f{n}</h4>{FILLER}</article></div>" for n in "ab")
    html = f"<div><div class=box><section><h2>Description</h2><p>Said first.</p></section>{articles}</div></div>"
    assert [block.text for block in page(html).blocks][:3] == ["Description", "Said first.", "fa"]


def test_white_space_between_words_of_code_stays_when_a_block_stands_in_the_code() -> None:
    html = "<pre><b>a</b> <b>=</b> <b>1</b>\n<div class=popup><b>SET</b> <b>a</b></div></pre>"
    assert of_kind(html, BlockKind.CODE) == ["a = 1\nSET a"]


def test_the_language_of_code_is_found_around_the_table_of_its_line_numbers() -> None:
    html = (
        '<div class="language-python highlight"><table><tbody><tr><td class=linenos><pre>1\n2</pre>'
        "</td><td class=code><div><pre>a\nb</pre></div></td></tr></tbody></table></div>"
    )
    assert [(block.text, block.language) for block in main(html)] == [("a\nb", "python")]


def test_the_language_shown_beside_code_is_no_text() -> None:
    html = '<div class="language-sh"><button></button><span class="lang">sh</span><pre><code>a\nb</code></pre></div>'
    assert [(block.text, block.language) for block in main(html)] == [("a\nb", "sh")]
    assert texts('<p>It is <span class="lang">German</span>.</p>') == ["It is German."]


def test_code_of_scribble_is_code_and_its_definitions_are_signatures() -> None:
    code = (
        '<blockquote class="SCodeFlow"><table class="RktBlk"><tr><td>&gt; (tie<span class="hspace">&nbsp;</span>1)</td>'
        "</tr><tr><td><p>#t</p></td></tr></table></blockquote>"
    )
    defined = (
        '<blockquote><table class="boxed RBoxed"><tr><td><blockquote><div class=RBackgroundLabel><p>form</p></div>'
        '<p>(<a name="(def._tie)"></a>tie v) → any</p></blockquote></td></tr><tr><td>v : rope?</td></tr></table>'
        "</blockquote>"
    )
    assert of_kind(code, BlockKind.CODE) == ["> (tie 1)\n#t"]
    assert [(block.kind, block.text, block.anchor) for block in main(defined)] == [
        (BlockKind.SIGNATURE, "`(tie v) → any`", "(def._tie)"),
        (BlockKind.SIGNATURE, "`v : rope?`", "(def._tie)"),
    ]


@pytest.mark.parametrize(
    ("html", "text", "anchor"),
    [
        (
            '<div class="top"><p class="src"><a id="v:tie" class="def">tie</a> :: Rope -&gt; '
            '<a href="Int.html">Int</a> <a href="src/R.html#tie" class="link">Source</a> '
            '<a href="#v:tie" class="selflink">#</a></p><p>Ties.</p></div>',
            "tie :: Rope -> Int",
            "v:tie",
        ),
        (
            '<section id="tie"><div class="attr function"><span class="def">def</span> <span>tie</span>'
            '<span>(<span>rope</span>)</span>:<label class="view-source-button">View Source</label></div>'
            '<div class="pdoc-code"><pre>def tie(rope):\n    ...</pre></div><p>Ties.</p></section>',
            "def tie(rope):",
            "tie",
        ),
        (
            '<div class="tsd-signature" id="tie-1"><span>tie</span>(<span>n</span>: <a href="Rope.html">Rope</a>)</div>'
            "<p>Ties.</p>",
            "tie(n: Rope)",
            "tie-1",
        ),
        (
            '<dl><dt class="sig sig-object" id="m.tie"><span>m.tie</span>(<dl><dd><em>a</em>,</dd><dd><em>b</em>,</dd>'
            "</dl>) → int</dt><dd><p>Ties.</p></dd></dl>",
            "m.tie(a, b) → int",
            "m.tie",
        ),
    ],
    ids=["haddock", "pdoc", "typedoc", "sphinx"],
)
def test_a_declaration_is_one_line_with_a_place_of_its_own(html: str, text: str, anchor: str) -> None:
    first, second = main(html)
    assert (first.kind, first.text, first.anchor) == (BlockKind.SIGNATURE, f"`{text}`", anchor)
    assert (second.text, second.anchor) == ("Ties.", anchor)


def test_a_declaration_makes_its_passage_one_of_the_api() -> None:
    html = f'<main><section id="tie"><div class="attr function">def tie(rope)</div>{FILLER}</section></main>'
    passages, _ = split(page(html), URL)
    assert [(passage.kind, passage.anchor) for passage in passages] == [("api", "tie")]


def test_the_anchor_before_the_list_that_a_heading_opens_is_its_own() -> None:
    member = '<a name="{0}"><!-- --></a><ul><li><h4>{0}</h4><pre>void {0}()\n</pre></li></ul>'
    html = f'<a name="detail"></a><h3>Methods</h3>{member.format("tie")}{member.format("free")}'
    assert {block.text: block.anchor for block in main(html) if block.kind is BlockKind.HEADING} == {
        "Methods": "detail",
        "tie": "tie",
        "free": "free",
    }


def test_a_table_of_divs_becomes_rows() -> None:
    html = (
        '<div class="summary-table two-column-summary"><div class="table-header col-first">Name</div>'
        '<div class="table-header col-last">Description</div><div class="col-first"><code>tie()</code></div>'
        '<div class="col-last">Ties.</div></div>'
    )
    assert texts(html) == ["| Name | Description |\n| --- | --- |\n| `tie()` | Ties. |"]


def test_plain_rows_stay_rows_beside_rows_that_hold_more() -> None:
    doxygen = (
        "<table><tr><td colspan=2><h2>Members</h2></td></tr><tr><td>bool</td><td>tie(int n)</td></tr>"
        "<tr><td>&nbsp;</td><td>Ties.</td></tr><tr><td>void</td><td>free()</td></tr></table>"
    )
    jsdoc = (
        "<table><thead><tr><th>Name</th><th>Description</th></tr></thead><tr><td>rope</td><td>which</td></tr>"
        "<tr><td>options</td><td>what else<table><tr><th>Name<th>Default</tr><tr><td>knots</td><td>2</td></tr></table>"
        "</td></tr></table>"
    )
    assert texts(doxygen) == ["Members", "| bool | tie(int n) |\n|  | Ties. |\n| void | free() |"]
    assert texts(jsdoc) == [
        "| Name | Description |\n| --- | --- |\n| rope | which |",
        "| options |",
        "what else",
        "| Name | Default |\n| --- | --- |\n| knots | 2 |",
    ]


def test_a_picture_beside_a_text_makes_no_table() -> None:
    html = (
        '<div class="admonitionblock note"><table><tr><td class="icon"><i class="fa"></i></td>'
        '<td class="content"><div class="title">Mind</div>Said.</td></tr></table></div>'
    )
    assert texts(html) == ["Note:", "Mind", "Said."]


def test_the_type_of_a_parameter_is_told_apart_from_its_name() -> None:
    html = '<dl><dt><strong>sep</strong><span class="classifier">str, default “,”</span></dt><dd>What parts.</dd></dl>'
    assert texts(html) == ["**sep : str, default “,”**", "What parts."]


def test_a_heading_keeps_the_blank_that_is_set_as_code() -> None:
    assert texts("<h2>4.1<tt>&nbsp;</tt>Pairs</h2>") == ["4.1 Pairs"]


def test_a_heading_with_the_id_of_a_menu_is_a_heading() -> None:
    assert texts("<h2 id=toc>Tables of contents</h2>") == ["Tables of contents"]


@pytest.mark.parametrize(
    "html",
    [
        '<div><p>To: <a rel="next" href="b">MENU</a> Up: <a rel="up" href="c">P</a> [<a href="d">I</a>]</p></div>',
        '<div><a accesskey="p" href="a"><img alt="Prev"></a><a accesskey="n" href="b">MENU</a></div>',
        '<p>MENU <a rel="alternate" hreflang="fr" href="f">fr</a> <a rel="alternate" hreflang="ja" href="j">ja</a></p>',
        '<div>MENU « <a href="a">previous</a> | <a href="b">up</a> | <a href="c">next</a> »</div>',
        '<table><tr><td>[MENU<a href="a">&lt;</a>]</td><td>[<a href="b">Top</a>]</td><td>[<a href="c">Up</a>]</td></tr>'
        "</table>",
        '<div>MENU: <a href="t">Top</a> <a href="1">1</a> <a href="2">2</a> <a href="3">3</a></div>',
        '<p><a href="x">Edit this page</a></p>',
        "<p>Was this page helpful?</p>",
        '<ul><li><a href="#a">MENU one</a></li><li><a href="#b">two</a></li><li><a href="#c">three</a></li></ul>',
        '<table><tr><td><a href="a">MENU</a></td><td><a href="b">All</a></td><td><a href="c">Us</a></td></tr></table>',
        '<div class="footer">MENU made by a generator</div>',
    ],
)
def test_links_to_neighbours_and_to_the_page_itself_are_no_text(html: str) -> None:
    assert texts(html) == []


@pytest.mark.parametrize(
    "html",
    [
        '<p>SEEN: read the <a rel="next" href="b">next chapter</a> after you have tied a rope to a post or two.</p>',
        '<p>SEEN in the <a href="i">index</a>.</p>',
        '<ul><li><a href="a">SEEN</a></li><li><a href="b">two</a></li><li><a href="c">three</a></li></ul>',
        '<ul><li><a href="#a">SEEN</a>, which ties ropes</li><li><a href="#b">b</a></li><li><a href="#c">c</a>'
        "</li></ul>",
        '<table><tr><td><a href="a">SEEN</a></td><td>ties a rope</td><td>and frees it</td></tr></table>',
        "<h2>Copyright</h2><p>Copyright SEEN by us.</p>",
        "<p>Contents of the box: SEEN.</p>",
    ],
)
def test_text_that_mentions_neighbours_is_text(html: str) -> None:
    assert "SEEN" in str(main(html))


def test_a_caption_goes_with_the_list_of_the_page_that_it_stands_above() -> None:
    listed = "".join(f'<li><a href="#{name}">{name}</a></li>' for name in "abc")
    assert texts(f"<h1>T</h1><p>Contents:</p><ul>{listed}</ul><h2>a</h2><p>said</p>") == ["T", "a", "said"]
    assert texts("<h1>T</h1><h2>On this page</h2><h2>a</h2><p>said</p>") == ["T", "a", "said"]
    assert texts("<h2>Contents</h2><p>Two ropes.</p>") == ["Contents", "Two ropes."]


def test_who_made_the_page_is_left_out_at_its_end_only() -> None:
    ends = "<p>Generated by Ropes 2.1</p><p>© 2024 Example. All rights reserved.</p>"
    assert [block.text for block in page(f"<main><h1>T</h1>{FILLER}{ends}</main>").blocks][2:] == []
    assert texts("<p>Generated by hand, ropes last longer.</p>") == ["Generated by hand, ropes last longer."]


def test_the_name_of_a_manual_page_and_its_footnotes_stand_outside_the_text() -> None:
    html = (
        '<div id="header"><h1>rope(1)</h1><h2>NAME</h2><div class="sectionbody"><p>rope - ties things</p></div></div>'
        f'<div id="content"><h2 id="_o">OPTIONS</h2>{FILLER}</div><div id="footnotes"><hr><div>1. A note.</div></div>'
    )
    found = page(html).blocks
    assert [block.text for block in found if block.text != WORDS.strip()][:4] == [
        "rope(1)",
        "NAME",
        "rope - ties things",
        "OPTIONS",
    ]
    assert found[-1].text == "1. A note."
