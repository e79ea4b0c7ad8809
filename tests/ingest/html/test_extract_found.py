"""Pages as other generators and hands make them, on which what was read was not what the page says.

Each table is one kind: the markup, and what must be read of it.
"""

from __future__ import annotations

import pytest

from core.domain import Passage
from ingest.documents.document import parse_document
from ingest.html.extract import extract
from ingest.split import split

URL = "https://docs.example/guide/page"
FILLER = "<p>The kiln reads its settings when it starts, and again each time that somebody asks it to.</p>" * 3


def blocks(body: str) -> list[str]:
    page = extract(f"<body><main><h1 id=top>Kiln</h1>{FILLER}{body}</main></body>", URL)
    return [block.text for block in page.blocks[4:]]


def line(body: str) -> str:
    (text,) = blocks(f"<p>{body}</p>")
    return text


def cell(body: str) -> str:
    (table,) = blocks(f"<table><tr><th>Kiln<th>Gas<tr><td>Large{body}</table>")
    return table.splitlines()[-1]


def passages(body: str) -> dict[str, Passage]:
    """Return the passages of a page by their anchors."""
    found, _ = split(extract(f"<body><main><h1 id=top>Kiln</h1>{FILLER}{body}</main></body>", URL), URL)
    return {passage.anchor: passage for passage in found}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('2<span style="font-size:80%;vertical-align: super">10</span> bytes', "2^10 bytes"),
        ('3<span class="superscript">4</span> and H<span class="subscript">2</span>O', "3^4 and H2O"),
        ("10 <sup>6</sup> bytes on 20 m <sup>2</sup>", "10^6 bytes on 20 m^2"),
        ("It costs $19<sup>99</sup> or 5<sup>00</sup>.", "It costs $19.99 or 5.00."),
        ("a third is <sup>1</sup>/3, 37.5<sup>\u2218</sup>C", "a third is 1/3, 37.5\u00b0C"),
        ("<sup>[1] </sup>In winter 40.", "In winter 40."),
        ('60<a epub:type="noteref" href="#n9">9</a> s', "60 s"),
        ('60<a href="#n9">9</a> s, and at noon.<a href="#n8">8</a>', "60 s, and at noon."),
        ('See IPv<a href="#ipv6">6</a>.', "See IPv6."),
        ('<img alt="$90^\\circ$" src=x.png> then', "$90^\\circ$ then"),
    ],
)
def test_raised_text_is_what_the_page_means(written: str, meant: str) -> None:
    assert line(written) == meant


def test_notes_that_share_a_line_are_explained_there() -> None:
    notes = "<p><sup>a</sup> In May, it was. <sup>b</sup> In June.</p>"
    assert blocks(f"<p>Use 90<sup>a</sup> or 95<sup>a,b</sup> of it.</p>{notes}") == [
        "Use 90 or 95 of it.",
        "In May, it was. In June.",
    ]


def test_a_link_to_a_function_is_no_sign_of_a_note() -> None:
    body = (
        '<section id=m.new><h4 class=code-header>pub fn <a href="#m.new" class="fn">new</a>() -&gt; Kiln</h4></section>'
    )
    assert blocks(body) == ["pub fn new() -> Kiln"]


def test_the_rows_of_a_matrix_and_a_product_below_a_line_keep_apart() -> None:
    row = "<mtr><mtd><mn>{}</mn></mtd><mtd><mn>{}</mn></mtd></mtr>"
    assert line(f"It is <math><mtable>{row.format(1, 2)}{row.format(3, 4)}</mtable></math>.") == "It is $1 2; 3 4;$."
    half = "<mfrac><mi>b</mi><mrow><mn>2</mn><mi>a</mi></mrow></mfrac>"
    assert line(f"It is <math>{half}</math>.") == "It is $b/(2a)$."


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        ('<td><span class="material-icons">check_circle</span>', "yes"),
        ('<td><span class="material-symbols-outlined" aria-hidden="true">close</span>', "no"),
        ('<td><i data-feather="x"></i>', "no"),
        ('<td><span class="badge badge-success"><i class="bi bi-check-circle-fill"></i></span>', "yes"),
        ('<td><i class="bi bi-check-lg"></i>', "yes"),
        ('<td><i class="fa fa-user-check"></i>', ""),
        ('<td><img src="/img/cross_red.gif">', "no"),
        ('<td><img alt="Yes check.svg" src=x>', "yes"),
        ('<td><x-icon name="check"></x-icon>', "yes"),
        ('<td><span aria-label="Not included" role="img">\u2013</span>', "Not included"),
        ('<td><div class="checkbox checkbox-on"></div>', "checked"),
        ('<td class="no">', "no"),
        ('<td class="total">', ""),
    ],
)
def test_a_cell_says_what_its_sign_means(holds: str, says: str) -> None:
    assert cell(holds) == f"| Large | {says} |"


@pytest.mark.parametrize(
    ("items", "is_marked"),
    [
        ("<li><input type=checkbox disabled checked> Lit<li><input type=checkbox disabled> Swept", "xo"),
        ("<li><label><input type=checkbox checked> Lit</label><li><label><input type=checkbox> Swept</label>", "xo"),
        ('<li><p><i class="fa fa-check-square-o"></i> Lit</p><li><p><i class="fa fa-square-o"></i> Swept</p>', "xo"),
        ("<li><button role=checkbox aria-checked=true></button> Lit<li><span role=checkbox></span> Swept", "xo"),
        ("<li>Lit<li>Swept", ""),
    ],
)
def test_an_item_says_whether_its_box_is_checked(items: str, is_marked: str) -> None:
    marks = ["[x] ", "[ ] "] if is_marked else ["", ""]
    assert blocks(f"<ul>{items}</ul>") == [f"- {marks[0]}Lit", f"- {marks[1]}Swept"]


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (
            '<div><span><a href="x">View Source</a></span><pre>const Max = 9</pre></div>',
            ["View Source", "const Max = 9"],
        ),
        ('<div class="language-sh vp-x"><span class="lang">sh</span><pre>npm i</pre></div>', ["npm i"]),
        (
            "<figure><pre>a\nb</pre><figcaption>Listing 2: a start.</figcaption></figure>",
            ["a\nb", "Listing 2: a start."],
        ),
        ('<div class="notecard warning"><p><strong>Warning:</strong> Hot.</p></div>', ["Warning: Hot."]),
        (
            "<div role=table><div role=row><span role=columnheader>A</span><span role=columnheader>B</span></div>"
            "<div role=row><span role=cell>hot</span><span role=cell>1</span></div></div>",
            ["| A | B |\n| --- | --- |\n| hot | 1 |"],
        ),
        (
            '<details><summary>Table of contents</summary><ol><li><a href="#a">A</a><li><a href="#b">B</a>'
            '<li><a href="#c">C</a></ol></details><p>It burns.</p>',
            ["It burns."],
        ),
        ('<p>Kept.</p><div><a href="/a"><svg></svg>Warp</a><a href="/b">Weft<svg></svg></a></div>', ["Kept."]),
        ('<p>Kept.</p><div><a href="/a">&lt;&lt; Clay</a> | <a href="/b">Fire &gt;&gt;</a></div>', ["Kept."]),
        ('<p>Kept.</p><p><a href="/a">Send<svg></svg></a></p>', ["Kept.", "Send"]),
        ('<p>Marked<span class="critic comment">who says so?</span>.</p>', ["Marked."]),
        ("<div popover id=p><p>Send all you know.</p></div><p>Kept.</p>", ["Kept."]),
    ],
)
def test_a_block_is_read_as_it_is_shown(body: str, read: list[str]) -> None:
    assert blocks(body) == read


def test_a_mark_in_a_comment_goes_where_the_code_stands_in_a_table_of_line_numbers() -> None:
    numbers = "<td class=linenos><div class=linenodiv><pre>1\n2</pre></div></td>"
    code = "<td class=code><div><pre><code>a: 1 # (1)!\nb: 2\n</code></pre></div></td>"
    table = f"<div class=highlight><span class=filename>a.yml</span><table><tr>{numbers}{code}</tr></table></div>"
    assert blocks(f"{table}<ol><li>The first.</ol>")[1] == "a: 1\nb: 2"


@pytest.mark.parametrize(
    "body",
    [
        "<div class=tab><button>Gas</button><button>Oil</button></div><div class=tabcontent>Blue.</div>"
        '<div class=tabcontent style="display:none">Red.</div>',
        '<div class="openblock tabs"><div><div class="ulist tablist"><ul><li id=g class=tab><p>Gas</p>'
        "<li id=o class=tab><p>Oil</p></ul></div><div class=tabpanel aria-labelledby=g><p>Blue.</p></div>"
        "<div class=tabpanel aria-labelledby=o><p>Red.</p></div></div></div>",
    ],
)
def test_tabs_of_classes_alone_keep_their_labels(body: str) -> None:
    assert blocks(body) == ["Gas:", "Blue.", "Oil:", "Red."]


def test_what_a_script_shows_is_text_under_the_button_before_it() -> None:
    button = '<button @click="o=!o">Is it new?</button>'
    assert blocks(f'<div>{button}<div x-show="o" style="display:none">Yes.</div></div>') == ["**Is it new?**", "Yes."]


def test_a_section_that_a_heading_opens_ends_with_what_is_opened() -> None:
    heading = "<h3><button aria-expanded=false aria-controls=chot>Is it hot?</button></h3>"
    body = (
        f"<div>{heading}<div id=chot hidden>1200 degrees.</div></div><div id=loud><p><b>Noise</b> is 60 dB.</p></div>"
    )
    found = passages(body)
    assert [found[name].path for name in ("chot", "loud")] == [("Kiln", "Is it hot?"), ("Kiln",)]


def test_an_entry_ends_with_its_section() -> None:
    body = (
        '<section id=fire><div class="attr function">def <span class=name>fire</span><span class="signature pdoc-code">'
        "(n: int)</span></div><p>Fires.</p><h6 id=args>Arguments</h6><ul><li>n: how often it fires.</ul></section>"
        '<section id=MOST><div class="attr variable">MOST: int = 7</div><p>Most fires.</p></section>'
    )
    found = passages(body)
    assert found["fire"].text.startswith("`def fire(n: int)`")
    assert (found["MOST"].path, found["MOST"].text) == (("Kiln",), "`MOST: int = 7`\nMost fires.")


@pytest.mark.parametrize("holder", ["div class=footnotes", "section data-footnotes", "aside class=footnotes"])
def test_footnotes_stand_under_the_page_and_not_under_its_last_heading(holder: str) -> None:
    notes = f"<{holder}><ol><li id=user-note><p>Counted in the month of May.</ol></{holder.split()[0]}>"
    body = f"<h2 id=use>Use</h2><p>Fire it.</p>{notes}"
    found = passages(body)
    assert found["user-note"].path == ("Kiln",)
    assert "May" not in found["use"].text


@pytest.mark.parametrize(
    ("body", "anchor", "says"),
    [
        ("<div id=opt-coal class=option><code>coal</code><p>Default 12 kg.</p></div>", "opt-coal", "Default 12 kg."),
        ("<section id=opt-peat><p><b>peat</b></p><p>Default 31 kg.</p></section>", "opt-peat", "Default 31 kg."),
        (
            "<dl><div id=t-ash><dt>ash<dd>Left over.</div><div id=t-bat><dt>bat<dd>A plate.</div></dl>",
            "t-bat",
            "A plate.",
        ),
        (
            "<div class=m id=post-fire><div><span>POST</span> /fire</div><p>Fires it.</p></div>"
            "<div class=m id=get-fire><div><span>GET</span> /fire</div><p>Shows it.</p></div>",
            "post-fire",
            "Fires it.",
        ),
        (
            '<div class="param-head" id=param-heat><div>heat</div><div>integer</div></div><div>At most 12.</div>',
            "param-heat",
            "12.",
        ),
        ('<a name="q-hot"><h3>Is it hot?</h3></a><p>Yes.</p>', "q-hot", "Yes."),
        ('<p>Before.</p><a name="q-old"><b>Is it old?</b></a> Ten years.', "q-old", "Ten years."),
        (
            '<h5><a id="FOOT1" href="#DOCF1">Of it</a></h5><p>Not in rain. <a id=DOCF1>x</a></p>',
            "FOOT1",
            "Not in rain.",
        ),
    ],
)
def test_what_an_author_gave_an_id_is_cited_by_it(body: str, anchor: str, says: str) -> None:
    found = passages(
        f"<h2 id=opts>Options</h2><p>There are some options.</p>{body}<h2 id=end>End</h2><p>That is all.</p>"
    )
    assert says in found[anchor].text
    assert not any(says in passage.text for name, passage in found.items() if name != anchor)


def test_a_section_of_its_own_does_not_join_the_entry_before_it() -> None:
    entries = "<dl><dt id=opt-d>-d<dd>Debug it.<dt id=opt-q>-q<dd>Be quiet.</dl>"
    found = passages(f"<h2 id=about>About</h2><p>It fires kilns.</p>{entries}<h3 id=modes>Modes</h3><p>Two.</p>")
    assert "Two." not in found["opt-q"].text
    assert "### Modes\n\nTwo." in found["about"].text


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (
            "<div>Kiln docs</div><h1>Kiln</h1><p>It weighs 10 tonnes.</p><h2 id=a>More</h2><p>Much more of it.</p>",
            "10 tonnes",
        ),
        ("<h1>Kiln</h1><h2 id=err>Errors</h2><h3>Mind</h3><p>It costs 5.</p>", "It costs 5."),
    ],
)
def test_a_short_text_that_a_link_of_the_page_leads_to_is_kept(page: str, says: str) -> None:
    found, _ = split(extract(f"<body><main>{page}</main></body>", URL), URL)
    assert any(says in passage.text for passage in found)
    assert not any("Kiln docs" in passage.text for passage in found)


def test_a_short_document_without_a_heading_is_kept() -> None:
    page = parse_document(
        b"---\ntitle: Kiln\n---\n\nFire it at night.\n", "text/markdown", "https://docs.example/kiln.md"
    )
    assert [passage.text for passage in split(page, URL)[0]] == ["Fire it at night."]


@pytest.mark.parametrize(
    ("markdown", "kept"),
    [
        ("See [[Other page|the other]] and ![[kiln.png]]here.", "See the other and here."),
        ("Hot %%who knows%%and ==marked== text ^block-1", "Hot and marked text"),
        ("Press ++ctrl+c++ in C++ or g++ now.", "Press `ctrl+c` in C++ or g++ now."),
        ("If a == b, then b == a.", "If a == b, then b == a."),
        ("Text.\n\n<<< @/snippets/a.js", "Text."),
        ('<Accordion title="How long?">\n\nText.\n\n</Accordion>', "How long?"),
    ],
)
def test_markdown_of_other_programs_says_what_they_show(markdown: str, kept: str) -> None:
    page = parse_document(f"# Kiln\n\n{markdown}\n".encode(), "text/markdown", URL)
    assert page.blocks[1].text == kept


def test_what_visitors_wrote_is_no_text_of_a_page() -> None:
    comments = "<div class=article-comments><h2>Comments</h2><p>Mine took 90 days, beware.</p></div>"
    assert blocks(comments) == []


def test_html_in_the_descriptions_of_an_api_is_read() -> None:
    api = b"openapi: 3.0.0\ninfo: {title: Kiln, version: '1', description: 'At most 2<sup>9</sup> fires.'}\npaths: {}\n"
    page = parse_document(api, "application/yaml", "https://docs.example/openapi.yaml")
    assert page.blocks[1].text == "At most 2^9 fires."


def test_a_class_that_a_style_sheet_raises_is_raised() -> None:
    style = "<style>.c1{text-decoration:line-through}.c2{font-size:8pt;vertical-align:super}</style>"
    page = extract(f"<body><main>{style}<h1>T</h1><p>{FILLER}<p>6 m<span class='c2 c7'>2</span></main></body>", URL)
    assert page.blocks[-1].text == "6 m^2"


def test_a_section_of_two_words_with_a_link_does_not_stand_under_its_sibling() -> None:
    found = passages("<h2 id=fire>fire(n)</h2><p>It fires it.</p><h2 id=stop>stop()</h2><p>Stops.</p>")
    assert (found["fire"].text, found["stop"].text) == ("It fires it.", "Stops.")
