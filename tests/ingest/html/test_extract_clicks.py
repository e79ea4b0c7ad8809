"""`ingest.html` on what opens on a click, on controls within sentences, and on names that hide nothing."""

from __future__ import annotations

import pytest

from ingest.html.extract import extract
from ingest.pages import Block

URL = "https://docs.example/guide/page"
FILLER = "<p>The kiln reads its settings when it starts, and again each time that somebody asks it to.</p>" * 3
Q, A = "May it stay open?", "At most for two minutes."


def blocks(body: str, head: str = "") -> tuple[Block, ...]:
    page = extract(f"<head>{head}</head><body><main><h1 id=top>Kiln</h1>{FILLER}{body}</main></body>", URL)
    return page.blocks[4:]


def texts(body: str, head: str = "") -> list[str]:
    return [block.text for block in blocks(body, head)]


HEADED = {
    "bootstrap": f'<h2 id=q><button data-bs-toggle=collapse data-bs-target="#a" aria-controls=a>{Q}</button></h2>'
    f'<div id=a class="accordion-collapse collapse"><div>{A}</div></div>',
    "radix": f'<h3 id=q data-state=closed><button aria-controls="radix-:r1:" aria-expanded=false id=t>{Q}</button></h3>'
    f'<div id="radix-:r1:" role=region aria-labelledby=t hidden><div>{A}</div></div>',
    "uswds": f'<h4 id=q class="usa-accordion__heading"><button class="usa-accordion__button" aria-controls=a>{Q}'
    f"</button></h4><div id=a class=usa-prose hidden><p>{A}</p></div>",
    "link": f'<h3 id=q><a href="#" aria-expanded=false aria-controls=a>{Q}</a></h3>'
    f'<div id=a style="height: 0px; overflow: hidden; display: none">{A}</div>',
    "mui": f"<h3><button type=button aria-controls=a id=q><span><span>{Q}</span></span><svg></svg></button></h3>"
    f'<div class="MuiCollapse-hidden" style="height:0px;visibility:hidden"><div id=a role=region>{A}</div></div>',
    "panel": f"<h4><button aria-controls=q>{Q}</button></h4><div id=q hidden><p>{A}</p></div>",
    "role": f"<div role=heading aria-level=3 id=q><button aria-controls=a>{Q}</button></div><div id=a hidden>{A}</div>",
    "jquery": f'<h3 id=q class="ui-accordion-header">{Q}</h3>'
    f'<div class="ui-accordion-content" style="display: none" aria-hidden=true>{A}</div>',
    "details": f"<details><summary><h3 id=q>{Q}</h3></summary><p>{A}</p></details>",
}

UNHEADED = {
    "mui": f'<div class="MuiAccordion-root"><div role=button id=q aria-controls=a aria-expanded=false><div><p>{Q}</p>'
    f'</div><div><svg></svg></div></div><div style="min-height: 0px; height: 0px; overflow: hidden"><div '
    f"aria-labelledby=q id=a role=region><p>{A}</p></div></div></div>",
    "bootstrap 3": f'<div class=panel><div class=panel-title><a data-toggle=collapse href="#q">{Q}</a></div>'
    f'<div id=q class="panel-collapse collapse"><p>{A}</p></div></div>',
    "button": f"<div id=q><button aria-controls=a aria-expanded=false>{Q}</button><div id=a hidden>{A}</div></div>",
    "terms": f'<dl class=accordion><dt id=q>{Q}</dt><dd style="display:none">{A}</dd></dl>',
    "terms with buttons": f"<dl><dt id=q><button aria-controls=a>{Q}</button></dt><dd id=a hidden>{A}</dd></dl>",
    "terms with panels": f"<dl><div><dt><button aria-controls=q>{Q}</button></dt><dd id=q hidden>{A}</dd></div></dl>",
    "by class alone": f'<div class="faq-item" id=q><div class="faq-question">{Q}</div>'
    f'<div class="faq-answer" style="display:none"><p>{A}</p></div></div>',
    "confluence": f'<div class="expand-container" id=x><div class="expand-control" id=q><span>{Q}</span></div>'
    f'<div class="expand-content" style="display:none"><p>{A}</p></div></div>',
    "a button by class alone": f'<div id=q><button class="accordion">{Q}</button>'
    f'<div style="max-height:0">{A}</div></div>',
    "docusaurus": f'<details class="alert alert--info" id=q><summary>{Q}</summary><div><p>{A}</p></div></details>',
    "details": f"<details id=q><summary>{Q}</summary><p>{A}</p></details>",
    "checkbox": f'<div class="collapsible" id=x><input type=checkbox id=c><label for=c id=q>{Q}</label>'
    f"<div>{A}</div></div>",
}


@pytest.mark.parametrize("html", HEADED.values(), ids=HEADED)
def test_a_heading_that_opens_its_text_is_a_heading(html: str) -> None:
    found = blocks(f"{html}<h2 id=next>Next</h2>")
    assert [(block.text, block.anchor) for block in found] == [(Q, "q"), (A, "q"), ("Next", "next")]


@pytest.mark.parametrize("html", UNHEADED.values(), ids=UNHEADED)
def test_a_question_that_opens_its_answer_stands_above_it_under_its_own_anchor(html: str) -> None:
    found = blocks(f"{html}<p>Below.</p>")
    assert [(block.text, block.anchor) for block in found] == [(f"**{Q}**", "q"), (A, "q"), ("Below.", "top")]


def test_what_a_menu_or_a_dialog_opens_is_no_text() -> None:
    links = "<a href=/a>One thing</a> <a href=/b>Two things</a>"
    assert texts(f"<button aria-controls=m>Menu of it</button><div id=m hidden>{links}</div>") == []
    assert texts("<button aria-controls=d>Ask me</button><div id=d role=dialog hidden>Who?</div>") == []
    assert texts("<button aria-haspopup=menu aria-controls=d>Ask me</button><div id=d hidden>Who?</div>") == []


def test_hidden_text_that_nothing_opens_stays_hidden() -> None:
    assert texts(f'<p>{Q}</p><div hidden>{A}</div><div class="sr-only" id=a>{A}</div>') == [Q]
    assert texts(f'<h3 id=q><button aria-controls=a>{Q}</button></h3><div id=a class="sr-only">{A}</div>') == [Q]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Press the <button>Fire</button> button, then <button>Stop</button>.", "Press the Fire button, then Stop."),
        ('Choose <label>Gas</label> and press <input type=submit value="Fire">.', "Choose Gas and press Fire."),
        ("fire --hot <button>Copy</button>", "fire --hot"),
        ("<code>fire</code> <button>Run</button>", "`fire`"),
    ],
)
def test_a_control_within_a_sentence_keeps_its_label(written: str, expected: str) -> None:
    assert texts(f"<p>{written}</p>") == [expected]


def test_a_button_next_to_the_words_of_a_heading_is_none_of_them() -> None:
    assert texts("<h2 id=a>Firing <button>Copy link</button></h2><p>Text.</p>") == ["Firing", "Text."]


def test_of_a_style_the_last_declaration_that_a_browser_understands_counts() -> None:
    assert texts('<p style="display: none; display: block">Seen.</p>') == ["Seen."]
    assert texts('<p style="display: block; display: none">Unseen.</p>') == []
    assert texts('<p style="display: none !important; display: block">Unseen.</p>') == []
    assert texts('<p style="display: none; display: bogus">Unseen.</p>') == []
    head = "<style>.x { display: none } .x { display: block } .y { display: block; display: none }</style>"
    assert texts("<p class=x>Seen.</p><p class=y>Unseen.</p>", head) == ["Seen."]


@pytest.mark.parametrize("name", ["permalink", "heading-anchor", "anchor-link", "related", "feedback", "toc", "footer"])
def test_a_class_alone_never_hides_a_heading(name: str) -> None:
    assert texts(f'<h2 id=a class="{name}">Firing</h2><p>Text.</p>') == ["Firing", "Text."]


@pytest.mark.parametrize("name", ["permalink", "heading-anchor", "related", "feedback", "view-source"])
def test_a_name_of_small_links_hides_small_links_alone(name: str) -> None:
    prose = "Each kiln has a valve that closes when the door is opened by hand."
    assert texts(f'<div class="{name}"><p>{prose}</p></div>') == [prose]
    assert texts(f'<p class="{name}">{prose}</p>') == [prose]
    assert texts(f'<p>Text. <a class="{name}" href="/x">#</a></p><div class="{name}"><a href=/y>More</a></div>') == [
        "Text."
    ]
    assert texts(f'<div class="{name}">Was this page helpful? <button>Yes</button></div>') == []
