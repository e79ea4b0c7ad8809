"""Markup of generators that the gold of ../shared does not have, on small pages written for these tests."""

from __future__ import annotations

import pytest

from ingest.html.extract import extract
from ingest.pages import Block, BlockKind, Extract
from ingest.split import split

URL = "https://docs.example/guide/page.html"
WORDS = "Ropes are tied to posts, and posts are driven into the ground before the tide comes in. "
FILLER = f"<p>{WORDS * 5}</p>"


def page(body: str) -> Extract:
    return extract(f"<html><head><title>T</title></head><body>{body}</body></html>", URL)


def main(html: str) -> tuple[Block, ...]:
    """Return the blocks of a page whose text is marked, without the filler at its end."""
    return page(f"<main>{html}{FILLER}</main>").blocks[:-1]


def texts(html: str) -> list[str]:
    return [block.text for block in main(html)]


def of_kind(html: str, kind: BlockKind) -> list[str]:
    return [block.text for block in main(html) if block.kind is kind]


def test_white_space_between_words_of_code_stays_when_a_block_stands_in_the_code() -> None:
    html = "<pre><b>a</b> <b>=</b> <b>1</b>\n<div class=popup><b>SET</b> <b>a</b></div></pre>"
    assert of_kind(html, BlockKind.CODE) == ["a = 1\nSET a"]


def test_the_language_of_code_is_found_around_the_table_of_its_line_numbers() -> None:
    html = (
        '<div class="language-python highlight"><table><tbody><tr><td class=linenos><pre>1\n2</pre>'
        "</td><td class=code><div><pre>a\nb</pre></div></td></tr></tbody></table></div>"
    )
    assert [(block.text, block.language) for block in main(html)] == [("a\nb", "python")]


def test_the_language_shown_next_to_code_is_no_text() -> None:
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


def test_plain_rows_stay_rows_next_to_rows_that_hold_more() -> None:
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


def test_a_picture_next_to_a_text_makes_no_table() -> None:
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


def test_numbers_in_columns_are_output_and_numbers_in_order_are_line_numbers() -> None:
    assert of_kind("<pre>1 2\n3 5</pre>", BlockKind.CODE) == ["1 2\n3 5"]
    assert of_kind("<pre>1\n1\n6</pre>", BlockKind.CODE) == ["1\n1\n6"]
    assert of_kind(
        "<table><tr><td><pre> 9\n10\n11</pre></td><td><pre>a\nb\nc</pre></td></tr></table>", BlockKind.CODE
    ) == ["a\nb\nc"]


@pytest.mark.parametrize(
    ("html", "text", "anchor"),
    [
        (
            '<dl><div id="tie,Rope"><dt><pre>proc <a href="#tie%2CRope">tie</a>(r: Rope)</pre></dt>',
            "proc tie(r: Rope)",
            "tie,Rope",
        ),
        (
            '<pre><span id="VALtie"><span>val</span> tie</span> : rope -&gt; unit</pre><div class="info">',
            "val tie : rope -> unit",
            "VALtie",
        ),
        (
            '<div class="spec value" id="val-tie"><a href="#val-tie"></a><code>val tie : rope</code></div>',
            "val tie : rope",
            "val-tie",
        ),
        (
            '<div class="entry" id="tie(n)"><div class="signature">def <b>tie</b>(n) <a class="method-permalink" '
            'href="#tie%28n%29">#</a></div></div>',
            "def tie(n)",
            "tie%28n%29",
        ),
    ],
    ids=["nim", "ocamldoc", "odoc", "crystal"],
)
def test_a_declaration_of_the_smaller_languages_is_one_too(html: str, text: str, anchor: str) -> None:
    first = main(html)[0]
    assert (first.kind, first.text, first.anchor) == (BlockKind.SIGNATURE, f"`{text}`", anchor)


def test_a_declaration_of_many_lines_stays_code_at_its_own_place() -> None:
    html = '<pre><span id="TYPEt"><span>type</span> t</span> = {\n  n : int;\n}</pre>'
    assert [(block.kind, block.text, block.anchor) for block in main(html)] == [
        (BlockKind.CODE, "type t = {\n  n : int;\n}", "TYPEt")
    ]


def test_the_names_of_gi_docgen_are_joined_by_what_its_style_sheet_writes() -> None:
    assert texts('<h1><a href="x">Rope</a><span class="sep"></span>tie</h1>') == ["Rope.tie"]


def test_a_sign_alone_is_no_paragraph() -> None:
    assert texts("<div>ⓘ</div><p>§</p><p>ab</p><p>語</p>") == ["ab", "語"]


def test_a_name_that_is_its_own_permalink_stays() -> None:
    """Seen with mandoc and VuePress."""
    body = (
        "<h1 class=Sh id=OPTIONS><a class=permalink href='#OPTIONS'>OPTIONS</a></h1><dl class=Bl-tag>"
        "<dt id=c><a class=permalink href='#c'><b>-c</b></a> <i>file</i></dt><dd>Reads the file.</dd></dl>"
        "<h2 id=more><a class=header-anchor href='#more'><span>More</span></a></h2><p>Words.</p>"
        "<h2 id=last>Last <a class=headerlink href='#last'>Permalink</a></h2><p>Words.</p>"
    )
    found = extract(f"<main>{body}</main>", URL).blocks
    named = [(block.text, block.anchor) for block in found if block.kind in {BlockKind.HEADING, BlockKind.SIGNATURE}]
    assert named == [("OPTIONS", "OPTIONS"), ("**-c file**", "c"), ("More", "more"), ("Last", "last")]


def test_an_anchor_at_the_end_of_a_paragraph_is_that_of_the_heading_after_it() -> None:
    """Seen with man2html, and in many pages that were written by hand."""
    body = "<h2>One</h2><p>Words. <a name=two>&nbsp;</a><h2>Two</h2><p>Words. <a name=no>Words</a><h2>Three</h2>"
    found = extract(f"<main>{body}</main>", URL).blocks
    assert [(block.text, block.anchor) for block in found if block.level] == [
        ("One", ""),
        ("Two", "two"),
        ("Three", ""),
    ]


def test_prompts_of_a_notebook_are_no_text_and_its_code_has_a_language() -> None:
    """Seen with Jupyter's nbconvert."""
    body = (
        "<div class=jp-InputArea><div class='jp-InputPrompt jp-InputArea-prompt'>In [1]:</div>"
        "<div class='highlight hl-python'><pre><span></span>a = 1\nb = 2</pre></div></div>"
        "<div class='jp-OutputPrompt'>Out[1]:</div><p>Words.</p>"
    )
    found = extract(f"<main>{body}</main>", URL).blocks
    assert [(block.text, block.language) for block in found] == [("a = 1\nb = 2", "python"), ("Words.", "")]


def test_the_language_stands_far_around_a_table_of_line_numbers() -> None:
    """Seen with Jekyll and rouge."""
    table = (
        "<table class=rouge-table><tbody><tr><td class=rouge-gutter><pre class=lineno>1\n2\n</pre></td>"
        "<td class=rouge-code><pre>a = 1\nb = 2\n</pre></td></tr></tbody></table>"
    )
    frame = f"<div class='language-ruby highlighter-rouge'><div class=highlight><pre class=highlight><code>{table}"
    (block,) = extract(f"<main>{frame}</code></pre></div></div></main>", URL).blocks
    assert (block.text, block.language) == ("a = 1\nb = 2", "ruby")


def test_what_a_search_has_not_found_yet_is_no_text() -> None:
    """Seen with HonKit."""
    body = (
        "<div id=book-search-results><div class=search-noresults><h1 id=a>Guide</h1><p>Words.</p></div>"
        "<div class=search-results><h1 class=search-results-title>results matching</h1></div></div>"
    )
    page = extract(f"<title>Guide</title>{body}", URL)
    assert (page.title, [block.text for block in page.blocks]) == ("Guide", ["Guide", "Words."])


def test_an_index_of_the_page_is_none_of_its_text() -> None:
    """Seen with man2html."""
    index = "<h2>Index</h2><dl><dt><a href='#a'>A</a><dd><dt><a href='#b'>B</a><dd><dt><a href='#c'>C</a><dd></dl>"
    end = "This document was created by man2html, using the manual pages."
    found = extract(f"<main><h2 id=a>A</h2><p>Words.</p>{index}<p>{end}</p></main>", URL).blocks
    assert "B" not in {block.text.strip("*") for block in found}
