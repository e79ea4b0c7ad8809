"""Lessons from other makers' documentation: wikis, Ruby's and Scala's generators, pages written by hand."""

from __future__ import annotations

import pytest

from ingest.html.extract import extract
from ingest.pages import Block, BlockKind

URL = "https://docs.example/guide/page.html"
WORDS = "Ropes are tied to posts, and posts are driven into the ground before the tide comes in. "
FILLER = f"<p>{WORDS * 5}</p>"


def blocks(body: str) -> list[Block]:
    """Return the blocks of a page without marked text, without the filler at its end."""
    found = extract(f"<html><head><title>T</title></head><body>{body}{FILLER}</body></html>", URL).blocks
    return [block for block in found if not block.text.startswith(WORDS[:40])]


def texts(body: str) -> list[str]:
    return [block.text for block in blocks(body)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ol>A string, the <b>knot</b> of the rope.</ol>", ["A string, the knot of the rope."]),
        ("<ul>First.<li>One</li> and <i>then</i> <li>Two</li></ul>", ["First.", "- One", "and then", "- Two"]),
        ("<ul><li>One<ul>within<li>Two</ul></ul>", ["- One", "within", "  - Two"]),
        ("<dl>Above.<dt>Rope</dt><dd>A thing.</dd>Below.</dl>", ["Above.", "**Rope**", "A thing.", "Below."]),
    ],
)
def test_text_that_stands_in_a_list_next_to_its_items_is_kept(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


@pytest.mark.parametrize(
    ("title", "banner", "heading", "expected"),
    [
        ("62. Tying ropes", "Rope Mailer", "Chapter 62 - Tying ropes", "Chapter 62 - Tying ropes"),
        ("Rope 10 (10.1.5) - Tying", "Rope 10", "Tying", "Tying"),
        ("Tying - Rope 10", "Tying", "Overview", "Tying"),
        ("Tying ropes - Rope 10", "Tying ropes", "Ropes", "Tying ropes"),
        ("Rope 10", "Tying", "Overview", "Tying"),
    ],
)
def test_a_banner_that_names_the_site_is_not_the_title_of_its_pages(
    title: str, banner: str, heading: str, expected: str
) -> None:
    body = f"<div><h1>{banner}</h1></div><div id=content><h2 id=x>{heading}</h2>{FILLER}<h2>More</h2>{FILLER}</div>"
    found = extract(f"<html><head><title>{title}</title></head><body>{body}</body></html>", URL)
    assert found.title == expected
    below = (expected,) if heading == expected else (expected, heading)
    assert [block.path for block in found.blocks if block.anchor == "x"][1:2] == [below]


def test_a_title_in_the_body_is_the_title_as_browsers_have_it() -> None:
    found = extract(f"<center>Source</center><html><head><title>rope.h</title></head><body>{FILLER}</body></html>", URL)
    assert found.title == "rope.h"
    assert "rope.h" not in found.blocks[0].text


def test_what_a_wiki_writes_around_its_pages_is_no_text() -> None:
    assert texts(
        '<div id="siteSub">From the wiki of ropes</div><div id="contentSub">&lt; <a href="/c">knots</a></div>'
        '<h2><span class="mw-headline" id="Tie">Tie</span><span class="mw-editsection">[<a href="/e">edit</a>]</span>'
        "</h2><p>A knot.</p>"
        '<div class="printfooter">Retrieved from "<a href="/r">/r</a>"</div>'
        '<div id="catlinks" class="catlinks"><div>Category: <ul><li><a href="/k">Knots</a></li></ul></div></div>'
    ) == ["Tie", "A knot."]


@pytest.mark.parametrize("name", ["mw-highlight mw-highlight-lang-cpp mw-content-ltr", "cpp source-cpp"])
def test_the_language_of_code_in_a_wiki_is_found(name: str) -> None:
    assert blocks(f'<div class="{name}"><pre>int a;\nint b;</pre></div>')[0].language == "cpp"


def test_a_method_of_rdoc_is_a_declaration_and_its_source_is_left_out() -> None:
    method = (
        '<div id="method-i-{0}" class="method-detail"><div class="method-header"><div class="method-heading">'
        '<span class="method-name">{0}</span><span class="method-args">(rope)</span>'
        '<span class="method-click-advice">click to toggle source</span></div></div>'
        '<div class="method-description"><p>Says {0}.</p><div class="method-source-code"><pre>def {0}(rope)\n  x\nend'
        "</pre></div></div></div>"
    )
    found = blocks(f"<section><h3>Methods</h3>{method.format('tie')}{method.format('free')}</section>")
    assert [(block.kind, block.text, block.anchor) for block in found[1:]] == [
        (BlockKind.SIGNATURE, "`tie(rope)`", "method-i-tie"),
        (BlockKind.PARAGRAPH, "Says tie.", "method-i-tie"),
        (BlockKind.SIGNATURE, "`free(rope)`", "method-i-free"),
        (BlockKind.PARAGRAPH, "Says free.", "method-i-free"),
    ]


def test_the_source_that_yard_shows_on_a_click_is_left_out() -> None:
    assert texts(
        '<h2>Details <small><a href="#" class="summary_toggle">collapse</a></small></h2><h3 id="tie">#tie</h3>'
        '<p>Ties.</p><table class="source_code"><tr><td><pre class="lines">\n1\n2</pre></td>'
        '<td><pre class="code"># File "rope.rb", line 1\ndef tie</pre></td></tr></table>'
    ) == ["Details", "#tie", "Ties."]


def test_a_comment_of_scaladoc_is_said_once_and_its_filter_is_no_text() -> None:
    assert texts(
        '<div id="mbrsel"><div id="order"><span>Ordering</span><ol><li>Alphabetic</li></ol></div></div>'
        '<ol><li fullComment="yes"><a id="tie"></a><h4 class="signature">def tie()</h4>'
        '<p class="shortcomment cmt">Ties.</p>'
        '<div class="fullcomment"><div class="comment cmt"><p>Ties.</p></div><p>And more.</p></div></li>'
        '<li fullComment="no"><h4 class="signature">def free()</h4><p class="shortcomment cmt">Frees.</p></li></ol>'
    ) == ["def tie()", "Ties.", "And more.", "def free()", "Frees."]


def test_links_to_neighbours_that_nothing_holds_together_are_no_text() -> None:
    body = '<a href="a">Up</a><br><h1>Ropes</h1><a href="a">&lt;-previous</a><a href="i">Table of Contents</a>'
    end = '<p>Index</p><p>A knot.</p><a href="a">&lt;-previous</a><a href="i">Up</a><a href="b">next-&gt;</a>'
    found = extract(f"<html><body>{body}<h2 id=a>Tying</h2>{FILLER}{end}</body></html>", URL).blocks
    assert [block.text for block in found][:2] == ["Ropes", "Tying"]
    assert [block.text for block in found][3:] == ["Index", "A knot."]


def test_a_term_has_the_empty_anchor_before_it() -> None:
    found = blocks('<dl><dt>One</dt><dd>First.</dd><a name="two"></a> <dt>Two</dt><dd>Second.</dd></dl>')
    assert [block.anchor for block in found] == ["", "", "two", "two"]


@pytest.mark.parametrize(
    "html",
    [
        '<a href="a.htm">next chapter</a><br><a href="i.htm#s1">back to table of contents</a>',
        '<a class="previous_page" href="a">&lt;-previous</a><a href="i">Table of Contents</a><a href="b">next-&gt;</a>',
        '[<a href="o">Methods</a> (<a href="n">by name</a>)] [<a href="p">Properties</a>] [<a href="e">Events</a>]',
        '[<a href="o">Overview</a>][<a href="c">Constants</a>][<a href="t">Types</a>][<a href="i">Index</a>]',
    ],
)
def test_more_menus_are_told_by_what_they_say(html: str) -> None:
    assert texts(f"<p>{html}</p><h2 id=a>Tying</h2><p>A knot.</p>") == ["Tying", "A knot."]


def test_a_note_that_is_laid_out_as_a_table_is_text_under_its_title() -> None:
    found = blocks(
        '<div class="note"><table border="0" summary="Note"><tr><td rowspan="2"><img alt="[Note]" src="note.png"></td>'
        "<th>Old ropes</th></tr><tr><td><p>They break.</p><p>Soon.</p></td></tr></table></div>"
        '<div class="tip"><table><tr><td rowspan="2"><img src="tip.png"></td></tr><tr><td>Burn.</td></tr></table></div>'
    )
    assert [(block.kind, block.text) for block in found] == [
        (BlockKind.PARAGRAPH, "Old ropes:"),
        (BlockKind.PARAGRAPH, "They break."),
        (BlockKind.PARAGRAPH, "Soon."),
        (BlockKind.PARAGRAPH, "Tip:"),
        (BlockKind.PARAGRAPH, "Burn."),
    ]
    assert [block.note for block in found] == ["note", "note", "note", "tip", "tip"]


def test_a_tooltip_of_doxygen_is_none_of_the_code() -> None:
    (only,) = blocks(
        '<div class="fragment"><div class="line">tie(rope);</div>'
        '<div class="ttc" id="x"><div class="ttname">tie</div><div class="ttdef">int tie()</div></div></div>'
    )
    assert only.text == "tie(rope);"


def test_who_wrote_a_book_heads_no_section() -> None:
    found = blocks(
        '<h1>Ropes</h1><div><div class="author"><h3 class="author">Jo Doe</h3></div></div>'
        '<h3 class="corpauthor">Us</h3><p>A book.</p>'
    )
    assert [block.path for block in found] == [("Ropes",)] * 4
    assert [block.kind for block in found][1:3] == [BlockKind.PARAGRAPH] * 2


def test_a_table_of_contents_with_a_number_is_none_of_the_text() -> None:
    entries = "".join(f'<li><a href="#s{n}">Ropes {n}</a></li>' for n in range(4))
    assert texts(f"<h2>2. Table of Contents</h2><ul>{entries}</ul><h2 id=s1>3. Tying</h2><p>A knot.</p>") == [
        "3. Tying",
        "A knot.",
    ]


def manual(places: int, lines: int) -> str:
    line = "Before {0} <a name=p{0}>*tie-{0}*</a> <a name=q{0}>*t{0}*</a>\n"
    parts = (line.format(n) + "A line.\n" * lines for n in range(places))
    return f"<pre>Top\n{''.join(parts)}</pre>"


def test_places_in_a_manual_that_is_one_pre_have_links() -> None:
    found = [block for block in blocks(manual(4, 150)) if block.kind is BlockKind.CODE]
    assert [block.anchor for block in found] == ["", "p0", "p1", "p2", "p3"]
    assert found[0].text == "Top"
    assert [block.text.split("\n")[0] for block in found[1:]] == [f"Before {n} *tie-{n}* *t{n}*" for n in range(4)]
    assert all(block.text.endswith("A line.") for block in found[1:])


@pytest.mark.parametrize(("places", "lines"), [(4, 20), (200, 2)])
def test_code_that_is_short_or_has_a_place_a_line_stays_whole(places: int, lines: int) -> None:
    assert len([block for block in blocks(manual(places, lines)) if block.kind is BlockKind.CODE]) == 1


def test_what_exdoc_sets_next_to_a_name_is_not_part_of_it() -> None:
    body = (
        '<main><h1><a href="https://h.example/rope.ex" class="icon-action">View Source</a> <span>Rope</span></h1>'
        f'{FILLER}<section class="detail" id="tie/1"><div class="detail-header"><h1 class="signature">tie(rope)</h1>'
        '<a href="https://h.example/rope.ex#L1" class="icon-action">View Source</a></div><p>Ties.</p></section></main>'
    )
    found = extract(f"<html><head><title>Rope — Ropes v1</title></head><body>{body}</body></html>", URL)
    assert found.title == "Rope"
    assert [(block.text, block.anchor) for block in found.blocks[2:]] == [("tie(rope)", "tie/1"), ("Ties.", "tie/1")]


def test_docstrings_of_documenter_and_symbols_of_dokka_are_declarations() -> None:
    found = blocks(
        '<article class="docstring"><header><a class="docstring-binding" id="Rope.tie" href="#Rope.tie"><code>Rope.tie'
        "</code></a> — <span>Function</span></header><section><p>Ties.</p>"
        '<a class="docs-sourcelink" href="x">source</a>'
        '</section></article><div class="symbol monospace"><span>fun </span><a href="tie.html">tie</a>()'
        '<div class="copy-popup-wrapper"><span>Content copied to clipboard</span></div></div>'
    )
    assert [(block.kind, block.text, block.anchor) for block in found] == [
        (BlockKind.SIGNATURE, "`Rope.tie — Function`", "Rope.tie"),
        (BlockKind.PARAGRAPH, "Ties.", "Rope.tie"),
        (BlockKind.SIGNATURE, "`fun tie()`", "Rope.tie"),
    ]


def test_a_page_of_mintlify_keeps_what_it_is_about_its_languages_and_its_notes() -> None:
    found = extract(
        '<html><body><div><header id="header"><div><h1 id="page-title">Tying</h1></div><p>How to tie.</p></header>'
        f'<div id="content">{FILLER}<div data-component-part="code-block-header-filename">Terminal</div>'
        '<pre language="shellscript"><code language="shellscript">rope tie\nrope free</code></pre>'
        '<div class="callout" data-callout-type="info"><div>Old ropes break.</div></div>'
        '<div class="step"><div data-component-part="step-number"><div>1</div></div><p>Tie it</p></div>'
        '<a class="card" href="/b"><h2>Knots</h2><p>Learn them.</p></a></div></div></body></html>',
        URL,
    ).blocks
    described = [(block.text, block.language, block.note, block.path) for block in found if WORDS[:9] not in block.text]
    assert described == [
        ("Tying", "", "", ("Tying",)),
        ("How to tie.", "", "", ("Tying",)),
        ("Terminal:", "", "", ("Tying",)),
        ("rope tie\nrope free", "shellscript", "", ("Tying",)),
        ("Info:", "", "info", ("Tying",)),
        ("Old ropes break.", "", "info", ("Tying",)),
        ("Tie it", "", "", ("Tying",)),
        ("Knots", "", "", ("Tying",)),
        ("Learn them.", "", "", ("Tying",)),
    ]


def test_links_that_say_the_direction_and_the_page_in_one_are_a_pager() -> None:
    pager = '<div><a href="/p">Previous<span>Posts</span></a><a href="/n">Next<span>Knots</span></a></div>'
    links = '<div><a href="/p">Next.js</a> <a href="/n">Previous releases</a></div>'
    assert texts(f"<h2>Tying</h2><p>A knot.</p>{links}{pager}") == ["Tying", "A knot.", "Next.js Previous releases"]


def test_numbers_and_the_language_that_stand_within_a_block_of_code_are_none_of_it() -> None:
    line = '<span class="highlight-line"><span class="highlight-line-number">{0}</span><span>tie({0});</span>\n</span>'
    assert texts(
        f"<pre><code>{line.format(1)}{line.format(2)}</code></pre>"
        '<div class="listingblock"><pre><code data-lang="java">a();\nb();</code></pre>'
        '<div class="source-toolbox"><span class="source-lang">java</span></div></div>'
    ) == ["tie(1);\ntie(2);", "a();\nb();"]


@pytest.mark.parametrize("when", ["on March 3, 2026", "3 March 2026", "1 year ago", "2026-03-03", "on 03/03/2026"])
def test_when_a_page_was_updated_is_none_of_its_text(when: str) -> None:
    assert texts(f"<h2>Tying</h2><p>A knot.</p><p>Last updated {when}</p><h2>More</h2><p>Last updated ropes</p>") == [
        "Tying",
        "A knot.",
        "More",
        "Last updated ropes",
    ]
