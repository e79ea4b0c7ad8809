"""What an anchor of the author's leads to is a passage of its own, with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.links import measure
from core.domain import Passage, PassageKind
from ingest.html.extract import extract
from ingest.html.outline import name_of
from ingest.split import split

URL = "https://docs.example/page"
LONG = "It is a sentence with enough words to be kept as a passage of its own here. "


def passages(body: str) -> list[Passage]:
    page = f"<html><head><title>T</title></head><body><main>{body}</main></body></html>"
    return list(split(extract(page, URL), URL)[0])


def under(body: str) -> dict[str, str]:
    return {passage.anchor: passage.text for passage in passages(body)}


def test_each_term_with_an_id_is_a_passage_however_short() -> None:
    body = "<h2 id=s>S</h2><dl><dt id=alpha>alpha</dt><dd>The first one.</dd><dt id=beta>beta</dt><dd>5</dd></dl>"
    first, second = passages(body)
    assert passages("<h2 id=s>S</h2><dl><dt id=a>-h</dt><dd>Help.</dd></dl>")[0].anchor == "a"
    assert (first.anchor, first.path, first.text) == ("alpha", ("T", "S", "alpha"), "**alpha**\nThe first one.")
    assert (second.anchor, second.text) == ("beta", "**beta**\n5")


def test_each_passage_of_a_long_entry_holds_its_name_and_those_of_the_entries_around() -> None:
    inner = f"<dl><dt class=sig id=c.run>run(x)</dt><dd><p>{LONG * 9}</p><p>{LONG * 9}</p></dd></dl>"
    found = passages(f"<h2 id=s>S</h2><dl><dt class=sig id=c>class C(a)</dt><dd><p>{LONG}</p>{inner}</dd></dl>")
    assert [passage.anchor for passage in found] == ["c", "c.run", "c.run"]
    assert all(passage.text.startswith("`run(x)`\n") for passage in found[1:])
    assert found[2].path == ("T", "S", "class C", "run")
    assert all(passage.kind is PassageKind.API for passage in found)


def test_terms_that_share_a_description_are_one_entry() -> None:
    (only,) = passages("<h2 id=s>S</h2><dl><dt id=a>-n</dt><dt id=b>--dry-run</dt><dd>Do nothing at all.</dd></dl>")
    assert (only.anchor, only.path[-1], only.text) == (
        "b",
        "-n, --dry-run",
        "**-n**\n**--dry-run**\nDo nothing at all.",
    )


def test_a_term_without_an_id_is_not_quoted_under_the_term_before() -> None:
    body = f"<h2 id=s>S</h2><dl><dt id=a>alpha</dt><dd>{LONG}</dd><dt>beta</dt><dd>{LONG}It has 12 links.</dd></dl>"
    found = under(body)
    assert "12 links" in found["s"]
    assert "beta" not in found["a"]


def test_text_after_an_inner_list_stands_under_the_outer_entry_and_names_it() -> None:
    inner = f"<dl><dt id=in>inner</dt><dd>{LONG}</dd></dl>"
    found = passages(f"<dl><dt id=out>outer</dt><dd><p>{LONG}</p>{inner}<p>{LONG}The end of it.</p></dd></dl>")
    assert [passage.anchor for passage in found] == ["out", "in", "out"]
    assert found[2].text.startswith("**outer**\n")


def test_names_that_nothing_describes_go_to_what_is_said_above_or_below_their_list() -> None:
    names = "<dl><dt id=x>x</dt><dd></dd><dt id=y>y</dt><dd></dd></dl>"
    (above,) = passages(f"<h2 id=s>S</h2><p>{LONG}</p>{names}")
    assert (above.anchor, above.text.endswith("**x**\n**y**")) == ("s", True)
    (below,) = passages(f"<h2 id=s>S</h2>{names}<p>{LONG}</p>")
    assert (below.anchor, below.text.startswith("**x**\n**y**\nIt is")) == ("s", True)


@pytest.mark.parametrize(
    "body",
    [
        "<p id=loud><b>--loud</b> prints {}</p><p id=low><b>--low</b> is quiet.</p>",
        "<a name=loud></a><p><code>--loud</code> prints {}</p><a name=low></a><p><code>--low</code> is quiet.</p>",
        "<p><a name=loud></a><b>--loud</b> prints {}</p><p><a name=low></a><b>--low</b> is quiet.</p>",
        "<ul><li id=loud><code>--loud</code> prints {}</li><li id=low><code>--low</code> is quiet.</li></ul>",
        "<div id=loud class=ulist><p>--loud prints {}</p></div><div id=low class=ulist><p>--low is quiet.</p></div>",
        "<p id=loud></p><p>--loud prints {}</p><p id=low></p><p>--low is quiet.</p>",
        "<a name=loud></a><b>--loud</b> prints {}<br><a name=low></a><b>--low</b> is quiet.<br>",
        "<span id=loud class=field><code>--loud</code></span><div>prints {}</div>"
        "<span id=low class=field><code>--low</code></span><div>is quiet.</div>",
        "<a name=loud></a><div class=directive><table><tr><th>Syntax:</th><td>--loud</td></tr></table></div><p>{}</p>"
        "<a name=low></a><div class=directive><table><tr><th>Syntax:</th><td>--low pitch</td></tr></table></div>",
    ],
)
def test_a_block_that_the_author_named_is_a_passage(body: str) -> None:
    found = under(f"<h2 id=s>S</h2><p>{LONG}</p>" + body.format(LONG))
    assert list(found) == ["s", "loud", "low"]
    assert "--low" in found["low"]
    assert "--low" not in found["loud"]


@pytest.mark.parametrize(
    "name",
    [
        "id-1.7.3.8",
        "index-12",
        "idm4711",
        "p3",
        "fnref:1",
        "user-content-fn-2",
        "cite_note-x-3",
        "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfb",
    ],
)
def test_an_id_that_a_generator_counted_up_begins_nothing(name: str) -> None:
    (only,) = passages(f'<h2 id=s>S</h2><p>{LONG}</p><p id="{name}">{LONG}</p>')
    assert only.anchor == "s"


def test_a_heading_within_an_item_or_an_entry_is_above_nothing_that_follows() -> None:
    overload = (
        '<li class="tsd-signature"><a id="{0}"></a>run(x: {0}): void</li><li>Runs it.<h4>Returns</h4><p>Nothing.</li>'
    )
    found = passages(f"<h3 id=run>run</h3><ul>{overload.format('number')}{overload.format('string')}</ul>")
    assert [(passage.anchor, passage.path) for passage in found] == [
        ("number", ("T", "run")),
        ("string", ("T", "run")),
    ]
    assert all("#### Returns\n\nNothing." in passage.text for passage in found)


def test_a_heading_without_an_anchor_is_linked_by_the_section_it_is_in() -> None:
    body = f"<h1 id=t>T</h1><h2 id=a>A</h2><p>{LONG}</p><h2>B</h2><p>{LONG}</p><h3>C</h3><p>{LONG * 3}</p>"
    assert [(passage.anchor, passage.path[-1]) for passage in passages(body)] == [("a", "A"), ("t", "B"), ("t", "C")]
    around = f"<div id=page><div><h2>A</h2><p>{LONG}</p></div><div><h2>B</h2><p>{LONG}</p></div></div>"
    assert [(passage.anchor, passage.path[-1]) for passage in passages(around)] == [("page", "A"), ("page", "B")]


def test_sections_of_a_note_have_their_own_links() -> None:
    title = "<p class=admonition-title>Block</p>"
    note = f'<div class="admonition block">{title}<h4 id=name>name</h4><p>The name of it.</p></div>'
    found = under(f"<h3 id=theme>theme</h3><p>{LONG}</p>{note}<p>After the note.</p>")
    assert found["name"] == "The name of it."
    assert found["theme"].endswith("After the note.")


def test_the_end_of_a_long_section_is_not_dropped() -> None:
    found = passages(f"<h2 id=u>Undo</h2><p>{LONG * 15}</p><p>Or undo it with</p><pre>tool --abort</pre>")
    assert "Or undo it with\n\n```\ntool --abort\n```" in found[-1].text


def test_a_declaration_in_a_heading_that_nothing_describes_is_kept() -> None:
    (only,) = passages("<h2 id=m>Methods</h2><h4 id=len class=code-header>fn len(&amp;self) -&gt; usize</h4>")
    assert (only.anchor, only.text) == ("len", "`fn len(&self) -> usize`")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("`f(a, b=1)`", "f"),
        ("`class json.JSONEncoder(*, skipkeys=False)`", "class json.JSONEncoder"),
        ("**timeout** (integer)", "timeout"),
        ("`-d, --dbname=DB`", "-d, --dbname=DB"),
        ("`(operator)`", "(operator)"),
    ],
)
def test_the_name_of_an_entry_is_what_stands_before_its_arguments(line: str, name: str) -> None:
    assert name_of(line) == name


def test_the_bench_counts_entries_by_the_anchor_that_holds_them(tmp_path: Path) -> None:
    terms = "".join(f"<dt id=opt-{n}>opt{n}</dt><dd>The option number {n} of all these.</dd>" for n in (1, 2, 3))
    (tmp_path / "a.html").write_text(f"<title>T</title><main><h1 id=t>T</h1><p>{LONG}</p><dl>{terms}</dl></main>")
    found = measure(tmp_path, 0)
    assert (found.entries["dd"], found.right["dd"], found.lost["dd"]) == (3, 3, 0)
    assert (found.named, found.under, found.missing, found.dropped) == (3, 3, 0, 0)


def test_a_row_that_labels_the_rows_below_is_not_parted_from_them() -> None:
    rows = "".join(f"<tr><td>Group {n}</td><td></td></tr><tr><td>--opt{n}</td><td>{LONG}</td></tr>" for n in range(40))
    found = passages(f"<h2 id=s>S</h2><table><tr><th>Name</th><th>Use</th></tr>{rows}</table>")
    assert len(found) > 3
    assert not any("Group" in passage.text.splitlines()[-1] for passage in found)


def test_a_heading_without_a_link_that_says_it_all_stays_with_the_text_above() -> None:
    run, stop = f"<h3 id=run>run</h3><p>{LONG}</p>", f"<h3 id=stop>stop</h3><h4>Notes</h4><h5>A</h5><p>{LONG}</p>"
    found = under(f"{run}<h4>Returns void</h4>{stop}")
    assert found["run"].endswith("#### Returns void")
    assert "Notes" not in found["run"]
