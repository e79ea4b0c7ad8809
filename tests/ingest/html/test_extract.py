"""What is taken out of a page, on small pages as the generators write them, and on the gold of ../shared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.extract import means, measure, score_gold
from ingest.html.extract import extract
from ingest.pages import BlockKind, Extract
from tests.conftest import SHARED
from tests.examples import share_of

URL = "https://docs.example/guide/page"
FILLER = "<p>" + "These words make the page long enough to be read as one. " * 5 + "</p>"


def main(html: str) -> Extract:
    return extract(f"<html><body><main>{html}{FILLER}</main></body></html>", URL)


def texts(html: str) -> list[str]:
    """Return the text of each block but the filler."""
    return [block.text for block in main(html).blocks[:-1]]


def code(html: str) -> list[tuple[str, str]]:
    return [(block.text, block.language) for block in main(html).blocks if block.kind is BlockKind.CODE]


def anchors(html: str) -> dict[str, str]:
    return {block.text: block.anchor for block in main(html).blocks if block.kind is BlockKind.HEADING}


def test_blocks_stand_under_the_path_of_their_headings() -> None:
    page = main("<h1 id=a>Top</h1><p>one</p><h2>Sub</h2><p>two</p><h3>Deep</h3><p>three</p><h2>Next</h2><p>four</p>")
    assert page.title == "Top"
    assert [(block.text, block.path) for block in page.blocks if block.text in {"one", "two", "three", "four"}] == [
        ("one", ("Top",)),
        ("two", ("Top", "Sub")),
        ("three", ("Top", "Sub", "Deep")),
        ("four", ("Top", "Next")),
    ]


def test_a_page_without_a_first_heading_is_called_by_its_title() -> None:
    page = extract(f"<title>ls(1)</title><body><h2>Name</h2>{FILLER}", URL)
    assert page.blocks[-1].path == ("ls(1)", "Name")


def test_a_heading_outside_the_text_still_names_the_page() -> None:
    page = extract(
        f"<main><h1 id=_top>Title</h1><div class=sl-markdown-content><h2>Part</h2>{FILLER}</div></main>", URL
    )
    assert page.blocks[-1].path == ("Title", "Part")
    assert page.blocks[0].anchor == "_top"


@pytest.mark.parametrize(
    ("html", "anchor"),
    [
        ('<h2 id="x">A<a class="headerlink" href="#x">¶</a></h2>', "x"),
        ('<h2><a id="x" class="header-link" href="#x"><span></span></a><span>A</span></h2>', "x"),
        ('<h2><a class="header" href="#x" id="x">A</a></h2>', "x"),
        ('<h2><a name="x">A</a></h2>', "x"),
        ('<a id="x"></a>\n<h2>A</h2>', "x"),
        ('<section id="x"><span id="label"></span><h2>A<a class="headerlink" href="#x">¶</a></h2></section>', "x"),
        ('<div class="sect1" id="x"><div class="titlepage"><h2>A</h2></div></div>', "x"),
        ('<section id="x"><h2><a class="toc-backref" href="#id1">A</a></h2></section><p id="id1">b</p>', "x"),
        ('<h2 id="caf\u00e9">A<a class="hash-link" href="#caf%C3%A9"></a></h2>', "caf%C3%A9"),
        ('<h2>A<a class="headerlink" href="#nowhere">¶</a></h2>', ""),
        ("<h2>A</h2>", ""),
    ],
)
def test_the_anchor_of_a_heading_is_one_that_exists(html: str, anchor: str) -> None:
    assert anchors(html) == {"A": anchor}


def test_an_ancestor_names_only_its_first_heading() -> None:
    html = '<div class="sect1" id="x"><h2>A</h2></div><div class="sect1" id="y"><h2>B</h2><h3>C</h3></div>'
    assert anchors(html) == {"A": "x", "B": "y", "C": "y"}


def test_a_term_is_an_anchor_until_its_list_ends() -> None:
    page = main('<h2 id=h>H</h2><dl><dt id="t">term</dt><dd><p>said</p></dd></dl><p>after</p>')
    assert [(block.text, block.anchor) for block in page.blocks[1:4]] == [
        ("**term**", "t"),
        ("said", "t"),
        ("after", "h"),
    ]


def test_code_is_verbatim_with_its_language() -> None:
    assert code(
        '<div class="language-python"><pre><span></span><code>if x:\n    y()\n\n    z()\n</code></pre></div>'
    ) == [("if x:\n    y()\n\n    z()", "python")]


def test_lines_of_code_may_be_breaks_or_blocks() -> None:
    docusaurus = '<pre><code class="language-sh"><span>a<br></span><span>  b<br></span></code></pre>'
    expressive = (
        '<pre data-language="js"><code><div class="ec-line"><div class="gutter">1</div><div class="code">a</div></div>'
        '<div class="ec-line"><div class="code">\n</div></div>'
        '<div class="ec-line"><div class="code">  b</div></div></code></pre>'
    )
    doxygen = (
        '<div class="fragment"><div class="line"><span class="lineno">1</span>a</div><div class="line">  b</div></div>'
    )
    assert code(docusaurus) == [("a\n  b", "sh")]
    assert code(expressive) == [("a\n\n  b", "js")]
    assert code(doxygen) == [("a\n  b", "")]


def test_hidden_lines_and_line_numbers_are_left_out_of_code() -> None:
    mdbook = (
        '<pre><pre class="playground"><code class="language-rust">'
        '<span class="boring">fn main() {\n</span>x;\ny;</code></pre></pre>'
    )
    pygments = (
        '<table class="highlighttable"><tr><td class="linenos"><pre>1\n2</pre></td>'
        '<td class="code"><div class="highlight-python"><pre>a\nb</pre></div></td></tr></table>'
    )
    assert code(mdbook) == [("x;\ny;", "rust")]
    assert code(pygments) == [("a\nb", "python")]


def test_a_table_becomes_rows_with_its_header() -> None:
    html = (
        "<table><thead><tr><th>Option<th>Default</tr></thead><tr><td><code>a|b</code><td>1 <p>or</p> 2</tr>"
        "<tr><td rowspan=2>c<td>3</tr><tr><td>4</tr></table>"
    )
    assert texts(html) == ["| Option | Default |\n| --- | --- |\n| `a\\|b` | 1 or 2 |\n| c | 3 |\n| c | 4 |"]


def test_a_table_that_only_places_things_is_walked() -> None:
    assert texts("<table><tr><td><h2>A</h2><p>one</p></td></tr></table>") == ["A", "one"]


def test_signatures_and_terms_are_readable() -> None:
    sphinx = (
        '<dl><dt class="sig sig-object" id="m.f"><span>m.</span><span>f</span>(<em>a</em>, <em>b=1</em>)'
        '<a class="reference" href="_m"><span class="viewcode-link">[source]</span></a>'
        '<a class="headerlink" href="#m.f">¶</a></dt>'
        "<dd><p>Does f.</p></dd></dl>"
    )
    blocks = main(sphinx).blocks
    assert (blocks[0].kind, blocks[0].text, blocks[0].anchor) == (BlockKind.SIGNATURE, "`m.f(a, b=1)`", "m.f")
    assert (blocks[1].text, blocks[1].anchor) == ("Does f.", "m.f")


def test_a_note_keeps_its_title_and_is_given_one_where_it_has_none() -> None:
    mkdocs = '<div class="admonition tip"><p class="admonition-title">My tip</p><p>said</p></div>'
    docbook = '<div class="note"><h3 class="title">Note</h3><p>said</p></div>'
    bare = '<div class="warning custom-block"><p>said</p></div>'
    assert [(block.text, block.note) for block in main(mkdocs).blocks[:2]] == [("My tip:", "tip"), ("said", "tip")]
    assert [(block.text, block.note) for block in main(docbook).blocks[:2]] == [("Note", "note"), ("said", "note")]
    assert texts(bare) == ["Warning:", "said"]


def test_the_heading_of_a_note_does_not_end_the_section() -> None:
    page = main('<h1>T</h1><h2>S</h2><div class="note"><h3>Note</h3><p>a</p></div><p>b</p>')
    assert [block.path for block in page.blocks if block.text == "b"] == [("T", "S")]


@pytest.mark.parametrize(
    "html",
    [
        '<div class="tabs-container"><ul role="tablist"><li role="tab">npm</li><li role="tab">Yarn</li></ul><div>'
        '<div role="tabpanel"><p>one</p></div><div role="tabpanel" hidden><p>two</p></div></div></div>',
        '<x-tabs><ul role="tablist"><li><a role="tab" id="t1" href="#p1">npm</a></li><li>'
        '<a role="tab" id="t2">Yarn</a></li>'
        '</ul><div id="p1" role="tabpanel" aria-labelledby="t1"><p>one</p></div>'
        '<div role="tabpanel" aria-labelledby="t2" style="display:none"><p>two</p></div></x-tabs>',
        '<div class="tabbed-set"><input type=radio><input type=radio><div class="tabbed-labels"><label>npm</label>'
        '<label>Yarn</label></div><div class="tabbed-content"><div class="tabbed-block"><p>one</p></div>'
        '<div class="tabbed-block"><p>two</p></div></div></div>',
        '<div class="sd-tab-set"><input type=radio><label>npm</label><div class="sd-tab-content"><p>one</p></div>'
        '<input type=radio><label>Yarn</label><div class="sd-tab-content"><p>two</p></div></div>',
        '<div class="vp-code-group"><div class="tabs"><input type=radio><label>npm</label>'
        "<input type=radio><label>Yarn</label>"
        '</div><div class="blocks"><div class="active"><p>one</p></div><div><p>two</p></div></div></div>',
    ],
    ids=["docusaurus", "starlight", "mkdocs", "sphinx-design", "vitepress"],
)
def test_every_tab_is_kept_under_its_label(html: str) -> None:
    assert texts(html) == ["npm:", "one", "Yarn:", "two"]


@pytest.mark.parametrize(
    "html",
    [
        '<p style="display: none">SECRET</p>',
        "<p hidden>SECRET</p>",
        '<p>seen <span style="font-size:0">SECRET</span></p>',
        '<div style="visibility:hidden"><p>SECRET</p></div>',
        '<div style="opacity: 0;">SECRET</div>',
        '<div style="position:absolute; left:-9999px">SECRET</div>',
        '<p style="color:#FFF;background:#fff">SECRET</p>',
        '<div aria-hidden="true">SECRET</div>',
        '<span class="sr-only">SECRET</span>',
        '<div class="hidden">SECRET</div>',
        '<style>.x { color: red } .y, .x { display: none }</style><p class="x">SECRET</p>',
        "<!-- SECRET -->",
        "<template>SECRET</template>",
        '<img alt="SECRET words that nobody sees">',
        '<div role="tabpanel" hidden>SECRET</div>',
        "<script>SECRET</script>",
    ],
)
def test_text_that_no_reader_sees_is_dropped(html: str) -> None:
    assert "SECRET" not in str(main(html).blocks)


@pytest.mark.parametrize(
    "html",
    [
        '<p style="opacity:0.5;font-size:0.9em">SEEN</p>',
        '<span class="hidden md:block">SEEN</span>',
        "<details><summary>more</summary><p>SEEN</p></details>",
        "<style>@media print { .x { display: none } }</style><p class=x>SEEN</p>",
        '<aside class="sidebar"><p>SEEN content next to the text, no links.</p></aside>',
        "<form><h2>SEEN</h2></form>",
    ],
)
def test_text_that_a_reader_sees_is_kept(html: str) -> None:
    assert "SEEN" in str(main(html).blocks)


@pytest.mark.parametrize(
    "html",
    [
        "<nav><p>MENU</p></nav>",
        "<footer>MENU</footer>",
        '<div class="toc"><ul><li><a href=x>MENU</a></li></ul></div>',
        '<div id="my-sidebar"><a href=x>MENU one</a> <a href=y>two</a></div>',
        '<div role="navigation">MENU</div>',
        "<button>MENU</button>",
        "<aside><a href=x>MENU one</a> <a href=y>two</a></aside>",
    ],
)
def test_the_furniture_of_the_site_is_dropped(html: str) -> None:
    assert "MENU" not in str(main(html).blocks)


def test_a_formula_is_said_once() -> None:
    katex = (
        '<p>so <span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow>'
        '<annotation encoding="application/x-tex">x^2</annotation></semantics></math></span>'
        '<span class="katex-html" aria-hidden="true">x2</span></span> is</p>'
    )
    assert texts(katex) == ["so $x^2$ is"]


def test_inline_code_holds_its_backticks_and_prose_opens_no_fence() -> None:
    assert texts("<p>run <code>a`b</code> or <code>c</code></p>") == ["run ``a`b`` or `c`"]
    assert texts("<p>```sh is a fence</p>") == ["\\```sh is a fence"]


def test_lists_show_their_depth_and_numbers() -> None:
    assert texts("<ul><li>a<ol start=3><li>b</li><li>c</li></ol></li><li>d</li></ul>") == [
        "- a",
        "  3. b",
        "  4. c",
        "- d",
    ]


def test_links_are_absolute_in_order_and_followed_only_where_allowed() -> None:
    page = extract(
        '<head><base href="https://docs.example/v2/"></head><nav><a href="a.html#x">1</a></nav>'
        '<a href="a.html">again</a>'
        '<a rel="nofollow noopener" href="no">2</a><a href="#here">3</a><a href="mailto:x@y">4</a>'
        '<iframe src="/frame"></iframe><a href="https://else.example/?utm_source=q">5</a>',
        URL,
    )
    assert page.links == (
        "https://docs.example/v2/a.html",
        "https://docs.example/frame",
        "https://else.example/",
    )


def test_frames_are_links() -> None:
    page = extract('<frameset><frame src="menu.html"><frame src="text.html"></frameset>', URL)
    assert page.links == ("https://docs.example/guide/menu.html", "https://docs.example/guide/text.html")


def test_the_head_says_what_the_page_is() -> None:
    page = extract(
        '<html lang="de"><head><link rel="canonical" href="/other"><meta name="generator" content="Sphinx 8">'
        '<meta name="robots" content="max-snippet:-1, NOINDEX"><meta name="footnote-bot" content="nofollow">'
        '<meta http-equiv="refresh" content="0; url=\'/new\'"></head><body><p>x</p>',
        URL,
    )
    assert (page.canonical, page.language, page.generator) == ("https://docs.example/other", "de", "Sphinx 8")
    assert (page.noindex, page.nofollow, page.refresh) == (True, True, "https://docs.example/new")


def test_a_page_that_forwards_who_runs_no_scripts_forwards_us() -> None:
    forward = "<noscript><meta http-equiv=refresh content='0;url=new/'></noscript><script>location='new/'</script>"
    assert extract(f"<head>{forward}</head>", URL).refresh == "https://docs.example/guide/new/"
    assert extract(f"<head></head><body><p>x</p>{forward}</body>", URL).refresh == ""


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0;url=/new", "/new"),
        ("5; url='/new'", "/new"),
        ("0.5, URL=/new", "/new"),
        ("0 /new", "/new"),
        ("6;url=/new", ""),
        ("5.9;url=/new", ""),
        ("300;url=/new", ""),
        ("3000000000;url=/new", ""),
        ("0", ""),
        ("", ""),
    ],
)
def test_a_refresh_is_a_forward_within_five_seconds(content: str, target: str) -> None:
    page = extract(f'<head><meta http-equiv="refresh" content="{content}"></head><p>x</p>', URL)
    assert page.refresh == (f"https://docs.example{target}" if target else "")


def test_the_body_cannot_speak_for_the_head() -> None:
    page = extract(
        "<head></head><body><p>x</p><meta name=robots content=noindex><link rel=canonical href=/y></body>", URL
    )
    assert not page.noindex
    assert page.canonical == ""


@pytest.mark.parametrize(
    ("html", "trouble"),
    [
        ("<html></html>", "no text"),
        ("<script>1</script><noscript>Please enable JavaScript</noscript><div id=root></div>", "needs javascript"),
        ("<div id=app></div><script src=app.js></script>", "needs javascript"),
        ("<script>1</script><div id=app><nav><a href=a>A</a><a href=b>B</a></nav></div>", "needs javascript"),
        ("<script>1</script><nav><a href=a>A</a></nav><main><h1>Appendices</h1></main>", "no text"),
        ("<script>1</script><nav><a href=a>A</a></nav><main><h1>Syntax</h1><p>Input is text.</p></main>", ""),
        ("<title>404</title><h1>Page not found</h1><p>Sorry.</p>", "soft 404"),
        ("<h1>Sign in</h1><form><input name=u><input type=password></form><p>Log in to read.</p>", "login wall"),
        (f"<h1>404 Not Found</h1>{FILLER * 5}", ""),
        (f"<h1>Guide</h1>{FILLER}", ""),
    ],
)
def test_a_page_without_text_says_why(html: str, trouble: str) -> None:
    assert extract(html, URL).trouble == trouble


def test_nested_beyond_reason_is_still_read() -> None:
    page = extract("<div>" * 3_000 + "<p>deep</p><a href=x>y</a>", URL)
    assert "deep" in str(page.blocks)
    assert page.links == ("https://docs.example/guide/x",)


NAMES = "p div ul li ol dl dt dd table tr td th pre code span a h1 h2 section main nav br details summary aside b math"
TAGS = st.sampled_from(NAMES.split())


@given(st.lists(st.tuples(TAGS, st.booleans(), st.sampled_from(["", "x", "a b", "```"])), max_size=40))
@settings(max_examples=share_of(150), deadline=None)
def test_no_soup_of_tags_is_too_much_and_every_anchor_exists(soup: list[tuple[str, bool, str]]) -> None:
    html = "".join(
        f'<{tag} id="i{n}" class="tabs note">{text}' if opens else f"</{tag}>{text}"
        for n, (tag, opens, text) in enumerate(soup)
    )
    page = extract(html, URL)
    assert all(not block.anchor or f'id="{block.anchor}"' in html for block in page.blocks)


BARS = {
    "code_verbatim": 0.97,
    "code_lang": 0.95,
    "para_exact": 0.98,
    "table_rows": 0.97,
    "headings": 0.97,
    "anchors": 0.99,
}


@pytest.mark.shared
def test_the_gold_pages_survive() -> None:
    reached = means(score_gold(SHARED))
    assert {name: reached[name] for name, bar in BARS.items() if reached[name] < bar} == {}
    assert reached["neg_rate"] <= 0.05


@pytest.mark.shared
@pytest.mark.parametrize("site", ["mkdocs_rtd", "starlight", "vite", "pip_furo"])
def test_no_passage_of_a_real_site_has_an_anchor_that_its_page_lacks(site: str) -> None:
    folder = SHARED / "sites" / site
    measured = measure(sorted(folder.rglob("*.html"))[:60], folder)
    assert measured.passages > 100
    assert measured.missing == 0
